"""What there is to see: newtons only where they were measured, and doubts about the zero."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sixten.ball.messages import Event, FlatBoardPoints, Samples
from sixten.ball.virtual import VirtualSource
from sixten.pressure.newtons import Point, fit
from sixten.recording.balls import Balls, remembering
from sixten.session.rules import Plan
from sixten.session.run import Run
from sixten.terminal import _frame
from sixten.view import View, look
from sixten.watch import Job, Watch

POINTS = FlatBoardPoints("lps28dfw", "kPa", 101.3, tuple((kg * 2.0, kg * 9.81, True) for kg in (5, 10, 15, 22, 32)))


def at(t_s: float, balls: Balls, scenario: str = "steady") -> View:
    source = VirtualSource(scenario, 40.0, "lps28dfw")

    def until() -> Iterator[Event]:
        for event in source:
            yield event
            if isinstance(event, Samples) and event.t_us[-1] >= t_s * 1e6:
                return

    watch = Watch(lambda: Job(source, remembering(until(), balls), Run(Plan(40.0)), None, "VIRTUAL", balls=balls))
    watch.start()
    watch.wait()
    assert watch.error is None
    return look(watch)


@pytest.fixture
def balls(tmp_path: Path) -> Balls:
    Balls(tmp_path).keep_flat_board("000000f5", POINTS, fit([Point(*p) for p in POINTS.points], "kPa"), None, 15.0)
    return Balls(tmp_path)


def test_newtons_stand_beside_kilopascals_inside_the_calibration_only(balls: Balls, tmp_path: Path) -> None:
    held = at(13.5, balls)  # 32 kPa
    assert held.newtons == "155 N flat board"
    assert "155 N flat board" in _frame(held).plain
    assert "kPa" in _frame(held).plain
    assert at(7.0, balls).newtons == ""  # unloaded, below the lightest load
    assert at(13.5, Balls(tmp_path / "none")).newtons == ""


def test_no_zero_and_a_doubtful_one_are_visible(tmp_path: Path) -> None:
    assert "no zero yet" in at(3.0, Balls(tmp_path)).trouble
    assert at(13.0, Balls(tmp_path)).trouble == ""
    assert "drift uncertain" in at(80.0, Balls(tmp_path), "warm").trouble


def test_a_memory_that_cannot_be_read_is_visible(balls: Balls, tmp_path: Path) -> None:
    (tmp_path / "000000f5.json").write_text("{")
    assert "is damaged" in at(6.0, Balls(tmp_path)).trouble
