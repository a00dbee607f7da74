"""What is remembered of a ball: kept, found again, never lost to a broken file, and in a session an event like any other."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sixten.ball.messages import Connection, FlatBoardPoints, Hello, LastZero, Mark, Remembered
from sixten.ball.virtual import VirtualSource
from sixten.pressure.newtons import Point, fit
from sixten.recording.balls import HISTORY, Balls, remembering
from sixten.recording.errors import RecordingError
from sixten.recording.file import Writer
from sixten.recording.lines import event_line, event_of, seal, unseal
from sixten.recording.replay import read, verify
from sixten.session.rules import Notice, Plan
from sixten.session.run import Run, pump

ZERO = LastZero("lps28dfw", "", 101.3, 21.5)
POINTS = FlatBoardPoints("lps28dfw", "kPa", 101.3, tuple((kg * 2.0, kg * 9.81, True) for kg in (5, 10, 15, 22, 32, 45)))
BOARD = fit([Point(*p) for p in POINTS.points], "kPa")
ID = "0000beef"


def test_what_was_kept_is_found_again_and_history_grows(tmp_path: Path) -> None:
    folder = tmp_path / "balls"
    assert Balls(folder).remembered(ID) == Remembered(ID)
    assert not folder.exists()
    for kpa in (101.0, 101.3):
        Balls(folder).keep_zero(ID, LastZero("lps28dfw", "", kpa, 21.5))
    Balls(folder).keep_flat_board(ID, POINTS, BOARD, 22.0, 15.0)
    balls = Balls(folder)
    assert balls.remembered(ID) == Remembered(ID, ZERO, POINTS)
    assert balls.trouble == ""
    stored = json.loads((folder / f"{ID}.json").read_text())
    assert [z["zero"]["zero_kpa"] for z in stored["zeros"]] == [101.0, 101.3]
    (board,) = stored["flat_boards"]
    assert {k: board[k] for k in ("id", "temperature_c", "wait_s", "lowest", "highest")} == {
        "id": POINTS.id, "temperature_c": 22.0, "wait_s": 15.0, "lowest": 10.0, "highest": 90.0,
    }  # fmt: skip
    assert (folder / f"{ID}.json").stat().st_mode & 0o077 == 0
    assert folder.stat().st_mode & 0o077 == 0
    assert [p.name for p in folder.iterdir()] == [f"{ID}.json"]


def test_history_is_bounded_by_its_oldest(tmp_path: Path) -> None:
    Balls(tmp_path).keep_zero(ID, ZERO)
    stored = json.loads((tmp_path / f"{ID}.json").read_text())
    stored["zeros"] *= HISTORY
    (tmp_path / f"{ID}.json").write_text(json.dumps(stored))
    Balls(tmp_path).keep_zero(ID, LastZero("lps28dfw", "", 99.0, None))
    stored = json.loads((tmp_path / f"{ID}.json").read_text())
    assert len(stored["zeros"]) == HISTORY
    assert stored["zeros"][-1]["zero"]["zero_kpa"] == 99.0


def good(tmp_path: Path) -> str:
    Balls(tmp_path).keep_flat_board(ID, POINTS, BOARD, 22.0, 15.0)
    return (tmp_path / f"{ID}.json").read_text()


def fewer(ball: dict, n: int) -> dict:  # type: ignore[type-arg]
    points = ball["flat_boards"][0]["points"]
    points["points"] = points["points"][:n]
    return ball


BROKEN = {
    "empty": lambda t: "",
    "half": lambda t: t[: len(t) // 2],
    "binary": lambda t: "\x00\xff" * 50,
    "another file": lambda t: '{"a": 1}',
    "deep": lambda t: "[" * 100_000,
    "huge": lambda t: t + " " * (1 << 22),
    "another ball's": lambda t: t.replace(ID, "0000cafe"),
    "two points": lambda t: json.dumps(fewer(json.loads(t), 2)),
    "text for a number": lambda t: t.replace('"wait_s": 15.0', '"wait_s": "15"'),
}  # fmt: skip


@pytest.mark.parametrize("how", sorted(BROKEN))
def test_a_broken_file_is_one_sentence_nothing_remembered_and_kept_aside(tmp_path: Path, how: str) -> None:
    bad = BROKEN[how](good(tmp_path))
    (tmp_path / f"{ID}.json").write_text(bad, "latin-1")
    before = (tmp_path / f"{ID}.json").read_bytes()
    balls = Balls(tmp_path)
    assert balls.remembered(ID) == Remembered(ID)
    assert "is damaged" in balls.trouble
    assert "nothing is remembered of this ball; it is kept as" in balls.trouble
    (aside,) = tmp_path.iterdir()
    assert aside.read_bytes() == before
    Balls(tmp_path).keep_zero(ID, ZERO)
    assert Balls(tmp_path).remembered(ID) == Remembered(ID, ZERO)
    assert aside.exists()


def test_a_file_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    newer = good(tmp_path).replace('"version": 1', '"version": 2')
    (tmp_path / f"{ID}.json").write_text(newer)
    balls = Balls(tmp_path)
    assert balls.remembered(ID) == Remembered(ID)
    assert "newer version" in balls.trouble
    balls.keep_zero(ID, ZERO)
    with pytest.raises(RecordingError, match="newer version"):
        balls.keep_flat_board(ID, POINTS, BOARD, None, 15.0)
    assert (tmp_path / f"{ID}.json").read_text() == newer


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        balls = Balls(folder)
        balls.keep_zero(ID, ZERO)
        assert balls.trouble
        with pytest.raises(RecordingError, match="cannot be"):
            Balls(folder).keep_flat_board(ID, POINTS, BOARD, None, 15.0)
    assert (tmp_path / "file").read_text() == "in the way"


@pytest.mark.parametrize("wild", ["", "../up", "a/b", "x" * 33, "a.b", "ü"])
def test_an_id_that_is_no_name_of_a_file_is_not_made_one(tmp_path: Path, wild: str) -> None:
    balls = Balls(tmp_path / "balls")
    assert balls.remembered(wild) == Remembered(wild)
    assert "cannot be remembered" in balls.trouble
    balls.keep_zero(wild, ZERO)
    with pytest.raises(RecordingError):
        balls.keep_flat_board(wild, POINTS, BOARD, None, 15.0)
    assert list(tmp_path.iterdir()) == []


def test_looking_up_only_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / f"{ID}.json").write_text("broken")
    balls = Balls(tmp_path, keep=False)
    assert balls.remembered(ID) == Remembered(ID)
    balls.keep_zero(ID, ZERO)
    assert (tmp_path / f"{ID}.json").read_text() == "broken"


def test_it_stands_right_behind_each_hello(tmp_path: Path) -> None:
    Balls(tmp_path).keep_flat_board(ID, POINTS, BOARD, None, 15.0)
    hello = Hello(1, 1, "0.2.0", "uno", ID, 1, "power")
    events = [Connection(0, "starting", ""), hello, Mark(1, "stop"), hello]
    kept = Remembered(ID, None, POINTS)
    assert list(remembering(events, Balls(tmp_path))) == [events[0], hello, kept, events[2], hello, kept]
    assert list(remembering(events, Balls(tmp_path), flat_board=False))[2] == Remembered(ID)


numbers = st.floats(allow_nan=False, allow_infinity=False)
zeros = st.builds(LastZero, st.text(max_size=20), st.text(max_size=8), numbers, st.none() | numbers)
points = st.lists(st.tuples(numbers, numbers, st.booleans()), max_size=9).map(tuple)
boards = st.builds(FlatBoardPoints, st.text(max_size=20), st.text(max_size=8), numbers, points)


@given(st.builds(Remembered, st.text(max_size=16), st.none() | zeros, st.none() | boards))
def test_it_survives_its_line_in_a_recording(event: Remembered) -> None:
    assert event_of(unseal(seal(event_line(event)))) == event


@pytest.mark.parametrize("off_kpa", [0.5, 5.0])
def test_a_replay_decides_the_same_from_the_recording_alone(tmp_path: Path, off_kpa: float) -> None:
    """A session with a remembered zero near and far, and the person's answer; the memory is gone by the time of the replay."""
    (tmp_path / "balls").mkdir()
    Balls(tmp_path / "balls").keep_zero("000000f5", LastZero("lps28dfw", "", 101.325 + off_kpa, 21.0))
    Balls(tmp_path / "balls").keep_flat_board("000000f5", POINTS, BOARD, None, 15.0)
    source, plan, outs = VirtualSource("leaks", 40.0, "lps28dfw"), Plan(40.0), []
    run = Run(plan)

    def see(what: object) -> None:
        outs.append(what)
        if isinstance(what, Notice) and what.values.get("reason") == "differs":
            source.mark("untouched")
        if isinstance(what, Notice) and what.code == "off":
            source.mark("zero")

    writer = Writer(tmp_path / "s.ndjson", {"virtual": True, "plan": asdict(plan)})
    pump(remembering(source, Balls(tmp_path / "balls")), writer, run, see)
    writer.close(run.summary())
    (tmp_path / "balls" / "000000f5.json").unlink()
    recording = read(tmp_path / "s.ndjson")
    assert any(isinstance(e, Remembered) for e in recording.events)
    assert recording.notices == [o for o in outs if isinstance(o, Notice)]
    assert verify(recording).same
    reasons = [n.values.get("reason") for n in recording.notices if n.code == "zero_needed"]
    assert ("differs" in reasons) == (off_kpa > 3)
    assert b'"k":"zero"' in (tmp_path / "s.ndjson").read_bytes()
    recording.events = [e for e in recording.events if not isinstance(e, (Remembered, Mark))]
    assert not verify(recording).same  # what entered mattered
