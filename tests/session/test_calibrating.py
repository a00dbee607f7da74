"""A calibration on the virtual ball at full rate: the same path as a session, and its replay finds the same line."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest

from sixten.ball.messages import Connection, DeviceEvent, Mark
from sixten.ball.virtual_person import PersonSource
from sixten.pain.model import POPULATION, prior_after
from sixten.pain.person import Person, draw
from sixten.pain.procedure import CalibrationPlan
from sixten.recording.errors import RecordingError
from sixten.recording.file import Writer
from sixten.recording.lines import seal, unseal
from sixten.recording.replay import Recording, read, verify
from sixten.session.calibrating import CalibrationRun
from sixten.session.rules import Notice
from sixten.session.run import pump

PLAN = CalibrationPlan("right", 4, prior_after([]), "partner")
SEED = 4


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[CalibrationRun, Path]:
    path = tmp_path_factory.mktemp("calibration") / "c.ndjson"
    run = CalibrationRun(PLAN)
    source = PersonSource(Person(draw(SEED), SEED))
    writer = Writer(path, {"kind": "calibration", "virtual": True, "person": "0123", "side": "right", "plan": asdict(PLAN)})
    pump(source, writer, run, lambda o: source.see(o) if isinstance(o, Notice) else None)
    writer.close(run.summary())
    assert writer.failure == ""
    return run, path


def test_it_comes_to_a_line(done: tuple[CalibrationRun, Path]) -> None:
    outcome = done[0].state.outcome
    assert outcome is not None
    assert outcome.ended == "calibrated"
    assert outcome.ramps >= 3


def test_its_replay_finds_exactly_the_same(done: tuple[CalibrationRun, Path]) -> None:
    recording = read(done[1])
    assert recording.calibrates
    again = recording.run()
    assert isinstance(again, CalibrationRun)
    assert again.state.plan == PLAN
    for event in recording.events:
        for _ in again.feed(event):
            pass
    assert again.state.outcome == done[0].state.outcome
    verdict = verify(recording)
    assert verdict.same, verdict.words
    assert "bit for bit" in verdict.words


def test_another_ceiling_in_the_recording_is_noticed(done: tuple[CalibrationRun, Path]) -> None:
    recording = read(done[1])
    *others, last = recording.notices
    changed = Notice(last.t_us, last.code, {**last.values, "ceiling_kpa": 1.0})
    assert not verify(Recording(recording.path, recording.header, recording.events, [*others, changed], recording.digests)).same


def test_another_prior_in_the_header_is_noticed(done: tuple[CalibrationRun, Path], tmp_path: Path) -> None:
    """The plan by value is what the ceiling was decided by."""
    header, *lines = done[1].read_bytes().splitlines(keepends=True)
    obj = unseal(header)
    obj.pop("c")
    obj["plan"]["prior"]["mean"][0] += 0.5
    other = tmp_path / "other.ndjson"
    other.write_bytes(b"".join([seal(obj), *lines]))
    assert not verify(read(other)).same


def test_a_plan_that_makes_no_sense_is_a_bad_recording(done: tuple[CalibrationRun, Path], tmp_path: Path) -> None:
    header, *_ = done[1].read_bytes().splitlines(keepends=True)
    for change in ({"side": "up"}, {"prior": {"mean": [1.0], "sd": [1.0]}}, {"seed": "x"}):
        obj = unseal(header)
        obj.pop("c")
        obj["plan"] |= change
        bad = tmp_path / f"{next(iter(change))}.ndjson"
        bad.write_bytes(seal(obj))
        with pytest.raises(RecordingError, match="no usable plan"):
            read(bad).run()


def test_the_boards_button_rates_and_stops() -> None:
    for detail, score in (("press", 1), ("double", 2)):
        run = CalibrationRun(CalibrationPlan("left"))
        out = [o for o in run.feed(DeviceEvent(1_000_000, "button", detail)) if isinstance(o, Notice)]
        assert out[-1].values == {"score": score}
    run = CalibrationRun(CalibrationPlan("left"))
    assert [o.code for o in run.feed(DeviceEvent(1_000_000, "button", "stop")) if isinstance(o, Notice)] == ["stop", "stopped_goes_on"]


def test_marks_and_the_cable_reach_the_procedure() -> None:
    run = CalibrationRun(CalibrationPlan("left", prior=POPULATION))
    assert list(run.feed(Connection(0, "live", ""))) == []
    assert [o.code for o in run.feed(Mark(5, "symptom")) if isinstance(o, Notice)] == ["symptom", "symptom"]
    assert run.summary()["ended"] == "symptom"
