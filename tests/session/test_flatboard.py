"""The guided flat-board calibration as a value: the good way, every refusal, and anything typed at any moment."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from sixten.ball.messages import Mark
from sixten.pressure.readings import Reading
from sixten.pressure.zero import ZeroNews
from sixten.session import flatboard as F
from sixten.words import FLAT_BOARD

N_PER_KPA = 5.0


class Bench:
    """A person, a scale and a ball of 5 N a unit."""

    def __init__(self) -> None:
        self.state, said = F.start()
        self.said = [s.code for s in said]
        self.t_us = 0

    def give(self, happened: Reading | ZeroNews | Mark) -> Bench:
        self.state, said = F.step(self.state, happened, 22.0)
        self.said += [s.code for s in said]
        for s in said:
            assert FLAT_BOARD[s.code].format(**s.values)
        return self

    def feel(self, kpa: float, seconds: float, quality: str = "ok", wobble: float = 0.0) -> Bench:
        for i in range(round(10 * seconds)):
            self.t_us += 100_000
            value = kpa + wobble * (-1) ** i if quality == "ok" else float("nan")
            self.give(Reading(self.t_us, value, value, 0.0, quality, "kPa", True, 0))
        return self

    def types(self, text: str) -> Bench:
        mark = F.meant(self.state, text)
        return self if mark is None else self.give(Mark(self.t_us, *mark))

    def zero(self) -> Bench:
        for _ in range(3):
            self.feel(40, 2).feel(0, 2)
        self.feel(0, 61).types("")
        return self.give(ZeroNews(self.t_us, "taken", 101.3))

    def load(self, kg: float, kpa: float | None = None, text: str | None = None) -> Bench:
        self.feel(kg * 9.81 / N_PER_KPA if kpa is None else kpa, 16.5)
        return self.types(f"{kg}" if text is None else text)

    def all(self) -> Bench:
        for kg in (*F.UP_KG, *F.DOWN_KG):
            self.load(kg)
        return self


def test_the_good_way() -> None:
    b = Bench().zero().all()
    assert b.state.phase == F.REVIEW
    assert b.state.board is not None
    assert b.state.board.newtons(40.0) == pytest.approx(40 * N_PER_KPA, rel=1e-6)
    assert F.calibration(b.state, "lps28dfw") is None  # not yet
    b.types("y")
    kept = F.calibration(b.state, "lps28dfw")
    assert kept is not None
    assert (kept.sensor, kept.unit, kept.zero_kpa, len(kept.points)) == ("lps28dfw", "kPa", 101.3, 9)
    assert b.state.temperature_c == 22.0


def test_the_order_is_kept() -> None:
    b = Bench()
    b.feel(40, 2).feel(0, 2).feel(40, 2)
    assert b.state.squeezes == 1
    b.feel(0, 1).feel(40, 1).feel(0, 30).feel(30, 1).feel(0, 50)
    assert b.state.phase == F.REST  # it was touched: the minute begins anew
    b.feel(0, 11)
    assert b.state.phase == F.ZERO
    assert b.give(ZeroNews(b.t_us, "taken", 101.0)).state.phase == F.ZERO  # nobody has said that nothing touches it
    b.types("").give(ZeroNews(b.t_us, "moving", asked=True))
    assert b.state.awaits
    b.types("").give(ZeroNews(b.t_us, "taken", 101.3))
    assert (b.state.phase, b.state.zero_kpa) == (F.HOLD, 101.3)


def test_a_load_counts_once_it_has_been_held_for_15_s() -> None:
    b = Bench().zero().feel(10, 14).types("5")
    assert b.said[-1] == "too_early"
    b.feel(14, 14)  # another load: the wait begins anew
    assert b.state.phase == F.HOLD
    b.feel(14, 2)
    assert b.state.phase == F.TYPE
    b.feel(0, 20).types("7,2 kg")  # hands are free again for typing
    assert b.said[-2:] == ["noted", "load"]
    assert b.state.points[0].force_n == pytest.approx(7.2 * 9.81)
    assert b.state.points[0].kpa == pytest.approx(14)


def test_a_wobbling_load_is_waited_for_and_helped() -> None:
    b = Bench().zero().feel(20, 44, wobble=1.0)
    assert b.state.phase == F.HOLD
    b.feel(20, 4, wobble=1.0)
    assert b.said[-1] == "unsteady"
    assert b.feel(20, 3).state.phase == F.TYPE


@pytest.mark.parametrize("quality", ["suspect", "stale", "saturated"])
def test_what_cannot_be_trusted_is_no_wait(quality: str) -> None:
    b = Bench().zero().feel(20, 10).feel(20, 1, quality).feel(20, 10)
    assert b.state.phase == F.HOLD


@pytest.mark.parametrize(
    ("text", "code"),
    [("-5", "not_above_zero"), ("0", "not_above_zero"), ("121", "too_heavy"), ("10000", "too_heavy"), ("0.2", "absurd"), ("110", "absurd")],
)
def test_absurd_weights_are_refused(text: str, code: str) -> None:
    b = Bench().zero().feel(10, 17).types(text)
    assert b.said[-1] == code
    assert b.state.phase == F.TYPE
    assert b.state.points == ()


def test_the_same_load_twice_a_lighter_one_and_a_pressure_that_goes_the_other_way() -> None:
    b = Bench().zero().load(5).load(10)
    assert b.load(10.3, 21.0).said[-1] == "same_again"
    assert b.load(8, 21.0).said[-1] == "not_heavier"
    assert b.load(15, 18.0).said[-1] == "against"
    assert len(b.state.points) == 2
    b = Bench().zero()
    for kg in F.UP_KG:
        b.load(kg)
    assert b.load(46).said[-1] == "not_lighter"


def test_one_load_may_be_skipped_on_the_way_up_and_the_way_down_follows() -> None:
    b = Bench().zero()
    for kg in F.UP_KG[:5]:
        b.load(kg)
    b.types("s")
    assert F.STEPS[b.state.step] == F.Step(22.0, False)  # 32 kg was the most
    b.types("s").types("s")
    assert b.state.phase == F.REVIEW
    assert b.state.board is not None
    b = Bench().zero().types("s")
    assert b.types("s").said[-1] == "too_few"


def test_undo_takes_the_last_point_back() -> None:
    b = Bench().zero().load(5).load(10).types("u")
    assert len(b.state.points) == 1
    assert F.STEPS[b.state.step].kg == 10
    b = Bench().zero().all().types("u")
    assert (b.state.phase, b.state.board) == (F.HOLD, None)
    b.load(10).types("n")
    assert b.state.phase == F.DISCARDED
    assert F.calibration(b.state, "x") is None


def test_points_that_are_no_calibration_cannot_be_kept() -> None:
    b = Bench().zero()
    for kg in F.UP_KG:
        b.load(kg)
    state = b.state._replace(taken=b.state.taken[:3], step=len(F.STEPS) - 1, phase=F.TYPE, held_kpa=1.0)
    state, _ = F.step(state, Mark(b.t_us, "skip"))
    assert state.phase == F.REVIEW
    assert state.board is None
    state, said = F.step(state, Mark(b.t_us, "keep"))
    assert [s.code for s in said] == ["cannot_keep"]
    assert F.calibration(state, "x") is None


@given(st.text(max_size=40))
def test_anything_may_be_typed(text: str) -> None:
    for phase in (F.SQUEEZE, F.REST, F.ZERO, F.HOLD, F.TYPE, F.REVIEW):
        mark = F.meant(F.State(phase=phase), text)
        assert mark is None or isinstance(mark[0], str)


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "1e300", "1_0_0" * 5, "٣", "0x10", "kg", "5kg kg"])
def test_what_is_no_weight_is_not_taken_for_one(text: str) -> None:
    assert F.meant(F.State(phase=F.TYPE), text) is None


class Anything(RuleBasedStateMachine):
    """Whatever happens in whatever order: no exception, stop always stops, and nothing is kept that was not kept on purpose."""

    def __init__(self) -> None:
        super().__init__()
        self.bench = Bench()
        self.kept_on_purpose = False

    @rule(kpa=st.sampled_from([-1.0, 0.0, 0.0, 10.0, 20.0, 29.0, 43.0, 63.0, 88.0, 200.0]), s=st.sampled_from([0.3, 2.0, 17.0, 61.0]))
    def feel(self, kpa: float, s: float) -> None:
        self.bench.feel(kpa, s)

    @rule(quality=st.sampled_from(["suspect", "stale", "saturated"]))
    def distrust(self, quality: str) -> None:
        self.bench.feel(20.0, 0.3, quality)

    @rule(
        text=st.sampled_from(["", "y", "n", "s", "u", "5", "10", "15,5", "22", "32", "45", "-3", "999", "what", "nan"])
        | st.text(max_size=5)
    )
    def types(self, text: str) -> None:
        before = self.bench.state
        mark = F.meant(before, text)
        self.bench.types(text)
        if mark == ("keep", None) and before.phase == F.REVIEW and before.board is not None:
            self.kept_on_purpose = True

    @rule(kind=st.sampled_from(["taken", "moving", "outside", "differs", "rest", "warm"]), asked=st.booleans())
    def zero(self, kind: str, asked: bool) -> None:
        self.bench.give(ZeroNews(self.bench.t_us, kind, 101.0, asked=asked))

    @rule()
    def work(self) -> None:
        """On with the good way from wherever it stands."""
        b = self.bench
        if b.state.phase in (F.SQUEEZE, F.REST):
            b.zero()
        elif b.state.phase in (F.HOLD, F.TYPE):
            b.load(F.STEPS[b.state.step].kg)

    @invariant()
    def stop_stops_and_nothing_is_kept_by_accident(self) -> None:
        state = self.bench.state
        stopped, _ = F.step(state, Mark(self.bench.t_us, "stop"))
        if state.phase not in F.OVER:
            assert stopped.phase == F.STOPPED
            assert F.calibration(stopped, "x") is None
        kept = F.calibration(state, "x")
        assert (kept is not None) == (state.phase == F.KEPT)
        if kept is not None:
            assert self.kept_on_purpose
            assert state.board is not None


TestAnything = Anything.TestCase
TestAnything.settings = settings(max_examples=25, stateful_step_count=25)
