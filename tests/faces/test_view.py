"""What there is to see: newtons only where they were measured, and doubts about the zero."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sixten.ball.messages import Event, FlatBoardPoints, Samples
from sixten.ball.virtual import VirtualSource
from sixten.pain.model import HOLD, POPULATION, Rating
from sixten.pressure.newtons import Point, fit
from sixten.recording.balls import Balls, remembering
from sixten.session.refit import Basis
from sixten.session.rules import Plan
from sixten.session.run import Run
from sixten.terminal import _frame
from sixten.view import BLANK, View, look
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


def test_a_guided_window_shows_side_what_to_do_count_and_beat() -> None:
    seen: list[View] = []
    source = VirtualSource("steady", 40.0)
    watch = Watch(lambda: Job(source, source, Run(Plan(40.0, guided=True, side="left")), None, "VIRTUAL"))
    watch.on_reading = lambda reading: seen.append(look(watch))
    watch.start()
    watch.wait()
    assert watch.error is None
    prompts = [v.prompt for i, v in enumerate(seen) if v.prompt and v.prompt != seen[i - 1].prompt]
    assert prompts[:4] == [
        "Leave the ball alone for five seconds, so that it finds its zero.",
        "Get on now, slowly, with weight on hand and foot.",
        "Left hip, starting.",
        "Bend and stretch the hip, slowly.",
    ]
    assert "How much does it hurt, 0 to 10?" in prompts
    assert {v.side for v in seen} == {"LEFT HIP"}
    counts = [v.count for i, v in enumerate(seen) if i and v.count != seen[i - 1].count]
    assert counts == ["3", "2", "1", ""]
    beating = [v for v in seen if v.beat]
    assert beating and all(v.clock.startswith(f"{v.window_s:.1f} s") and 0 <= v.beat_share <= 1 for v in beating)
    assert {v.beat for v in beating} == {"in", "out"}
    ways = [v.beat for i, v in enumerate(beating) if i == 0 or v.beat != beating[i - 1].beat]
    assert all(a != b for a, b in zip(ways, ways[1:], strict=False)) and len(ways) > 10


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # that is what dies here
def test_a_reader_that_hangs_or_dies_leaves_no_number() -> None:
    hangs = threading.Event()

    def until_it_hangs(dies: bool) -> Iterator[Event]:
        for event in source:
            yield event
            if isinstance(event, Samples) and event.t_us[-1] >= 20e6:
                if dies:
                    raise SystemExit  # a thread ends without a word
                hangs.wait(30)
                return

    for dies in (False, True):
        source = VirtualSource("steady", 40.0)
        watch = Watch(lambda: Job(source, until_it_hangs(dies), Run(Plan(40.0)), None, ""))  # noqa: B023
        watch.start()
        while watch.reading is None or watch.reading.t_us < 20e6 - 1e5:
            time.sleep(0.01)
        while watch.watched:
            time.sleep(0.01)
        view = look(watch)
        assert (view.watched, view.number, view.word, view.band, view.share) == (False, BLANK, "NO SIGNAL", "", 0.0)
        assert "stopped reading" in view.connection
        hangs.set()
        watch.wait()
        hangs.clear()


def test_an_expected_pain_is_shown_on_request_only_and_never_while_asked() -> None:
    ratings = tuple(Rating(10.0 + 6 * i, i, "ramp", 2.5, 0.0, 1) for i in range(1, 7)) + (Rating(30.0, 3, HOLD, 0.0, 10.0, 2),)
    plan = Plan(40.0, guided=True, side="left", basis=Basis(ratings, POPULATION))
    source = VirtualSource("steady", 40.0)
    seen: list[View] = []
    watch = Watch(lambda: Job(source, source, Run(plan), None, "VIRTUAL"))
    watch.on_reading = lambda reading: seen.append(look(watch, estimate=True)) if reading.t_us % 10 == 0 else None
    watch.start()
    watch.wait()
    assert watch.error is None
    shown = [v for v in seen if v.estimate]
    assert shown and all("of 10" in v.estimate and not v.asking for v in shown)
    assert any(v.asking for v in seen) and all(not v.estimate for v in seen if v.asking)
    assert look(watch).estimate == ""
