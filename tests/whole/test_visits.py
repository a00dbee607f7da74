"""Whole visits: simulated people on the virtual ball, at full rate, held against stories that can be read (tests/recordings/visits)."""

from __future__ import annotations

import difflib
from dataclasses import asdict
from pathlib import Path

import pytest

from sixten.ball.messages import Mark
from sixten.recording.export import Wish, export
from sixten.recording.file import Writer
from sixten.recording.lines import seal, unseal
from sixten.recording.ratings import read_ratings
from sixten.recording.replay import Recording, read, verify
from sixten.session import limits as L
from sixten.session.plan import SIDES
from sixten.session.rules import Notice
from visits import FOLDER, VISITS, Played, plan_of, play, transcript

FIRST_MAX_S, RETURNING_MAX_S = 9 * 60, 4 * 60


def codes(played: Played) -> list[str]:
    return [o.code for o in played.told if isinstance(o, Notice)]


@pytest.mark.parametrize("name", VISITS)
def test_a_visit_is_told_as_in_its_story(name: str) -> None:
    visit = VISITS[name]
    played = play(visit)
    text, kept = transcript(visit, played), (FOLDER / f"{name}.txt").read_text("utf-8")
    changed = "\n".join(difflib.unified_diff(kept.splitlines(), text.splitlines(), "kept", "now", lineterm="", n=1))
    assert text == kept, f"{changed}\nif this is meant: PYTHONPATH=host:tests python tests/visits.py"
    took_s = played.run.summary()["duration_s"]
    assert isinstance(took_s, float)
    print(f"{name}: {took_s / 60:.1f} min of the ball's time")
    assert took_s <= (RETURNING_MAX_S if visit.returning and visit.story.retests else FIRST_MAX_S)
    for side in played.run.state.sides:
        assert side.load_us <= (L.LOAD_BUDGET_S + L.COME_OFF_AGAIN_S) * 1e6
        assert side.windows <= L.WINDOWS_MAX


def test_there_is_a_story_for_each_visit_and_no_other() -> None:
    assert {p.stem for p in FOLDER.glob("*.txt")} == set(VISITS)


@pytest.fixture(scope="module", params=["both-sides", "unplugged"])
def recorded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Played, Path]:
    path = tmp_path_factory.mktemp("visit") / "v.ndjson"
    visit = VISITS[request.param]
    writer = Writer(path, {"kind": "visit", "virtual": True, "person": "0123", "plan": asdict(plan_of(visit))})
    played = play(visit, writer)
    writer.close(played.run.summary())
    assert writer.failure == ""
    return played, path


def test_the_replay_of_a_whole_visit_tells_the_same(recorded: tuple[Played, Path]) -> None:
    played, path = recorded
    recording = read(path)
    assert recording.visits
    assert recording.notices == [o for o in played.told if isinstance(o, Notice)]
    assert [e for e in recording.events if isinstance(e, Mark)] == [o for o in played.told if isinstance(o, Mark)]
    verdict = verify(recording)
    assert verdict.same, verdict.words
    assert "bit for bit" in verdict.words


def test_a_changed_answer_or_plan_is_noticed(recorded: tuple[Played, Path], tmp_path: Path) -> None:
    recording = read(recorded[1])
    events = [Mark(e.t_us, "yes", e.value) if isinstance(e, Mark) and e.kind == "no" else e for e in recording.events]
    assert not verify(Recording(recording.path, recording.header, events, recording.notices, recording.digests)).same
    header, *lines = recorded[1].read_bytes().splitlines(keepends=True)
    obj = unseal(header)
    obj.pop("c")
    obj["plan"]["max_s"] = 45.0
    other = tmp_path / "other.ndjson"
    other.write_bytes(b"".join([seal(obj), *lines]))
    assert not verify(read(other)).same


def test_its_ratings_are_each_sides_calibration_and_windows(recorded: tuple[Played, Path], tmp_path: Path) -> None:
    played, path = recorded
    (table,) = export(read(path), tmp_path / "r.csv", Wish("ratings", person="Ana"))
    people = read_ratings(table.read_bytes()).people
    sides = {side: of for side, of in zip(SIDES, played.run.state.sides, strict=True) if of.outcome and of.outcome.ratings}
    assert list(people) == ([f"Ana {side}" for side in sides] if len(sides) > 1 else ["Ana"])
    for rated, of in zip(people.values(), sides.values(), strict=True):
        fitted = of.outcome.ratings
        assert tuple(rated[: len(fitted)]) == fitted
        windows = rated[len(fitted) :]
        assert [r.score for r in windows] == [r.score for r in of.rated]
        assert {r.trial for r in windows}.isdisjoint(r.trial for r in fitted)
