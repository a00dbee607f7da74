"""The rules, driven by readings made by hand: one sentence of the practice a test."""

from __future__ import annotations

from math import nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sixten.ball.messages import Connection, Mark
from sixten.pressure.movement import Movement
from sixten.pressure.readings import Reading
from sixten.pressure.zero import ZeroNews
from sixten.session import limits as L
from sixten.session.guard import Status
from sixten.session.rules import Notice, Plan, State, start, step
from sixten.session.values import moved_on
from sixten.words import say

DT_US = 10_000  # a reading every 10 ms is fine enough for rules
CEILING = 40.0


class Person:
    """Feeds readings and collects notices; time moves with what is fed."""

    def __init__(self, plan: Plan | None = None, zeroed: bool = True) -> None:
        self.state: State = start(Plan(CEILING) if plan is None else plan)
        # The board's own alarm is set, and that was said; what is said of it otherwise is tested in test_guard.py.
        self.state = self.state._replace(guard=Status(0, True), guard_said=self.state.ceiling_kpa)
        self.t_us = 0
        self.zeroed = zeroed
        self.notices: list[Notice] = []

    def feel(self, kpa: float, seconds: float, quality: str = "ok", rate: float = 0.0) -> Person:
        for _ in range(round(seconds * 1e6 / DT_US)):
            self.t_us += DT_US
            value = kpa if quality in ("ok", "saturated") else nan
            self.give(Reading(self.t_us, value, value, rate, quality, "rel.", self.zeroed, 0))
        return self

    def moves(self, movement: Movement, kpa: float, seconds: float) -> Person:
        """The same load for a while, with this judgement of the movement twice a second."""
        for _ in range(round(seconds * 2)):
            self.feel(kpa, 0.5).give(movement)
        return self

    def give(self, happened: Reading | Movement | ZeroNews | Mark | Connection) -> Person:
        self.state, notices = step(self.state, happened)
        self.notices += notices
        return self

    def press(self, kind: str, value: int | None = None) -> Person:
        return self.give(Mark(self.t_us, kind, value))

    @property
    def codes(self) -> list[str]:
        return [n.code for n in self.notices]

    def when(self, code: str) -> float:
        return next(n.t_us for n in self.notices if n.code == code) / 1e6


def share(s: float) -> float:
    return s * CEILING


BANDS = [(0.04, "off"), (0.09, "off"), (0.11, "settle"), (0.59, "settle"), (0.61, "work"), (0.94, "work"), (0.96, "near"), (1.01, "over")]


@pytest.mark.parametrize(("s", "band"), BANDS)
def test_bands(s: float, band: str) -> None:
    assert Person().feel(share(s), 1).state.band == band


def test_off_is_also_below_two_kpa() -> None:
    assert Person(Plan(10.0)).feel(1.9, 1).state.band == "off"
    assert Person(Plan(10.0)).feel(2.1, 1).state.band == "settle"


def test_over_is_said_at_once_and_left_five_percent_below() -> None:
    p = Person().feel(share(0.8), 5).feel(share(1.01), 0.01)
    assert p.codes[-1] == "over"
    assert p.feel(share(0.96), 1).state.band == "over"
    assert p.feel(share(0.94), 1).state.band == "work"
    assert p.codes.count("over") == 1


def test_the_clock_counts_work_and_near_only() -> None:
    p = Person().feel(share(0.3), 5)
    assert p.state.window_us == 0
    p.feel(share(0.8), 10).feel(share(0.97), 5)
    assert p.state.window_us / 1e6 == pytest.approx(15, abs=0.05)
    p.feel(share(1.1), 2).feel(share(0.3), 5).feel(0.0, 3)
    assert p.state.window_us / 1e6 == pytest.approx(15, abs=0.05)


@pytest.mark.parametrize("quality", ["suspect", "stale"])
def test_untrusted_time_never_counts(quality: str) -> None:
    p = Person().feel(share(0.8), 5).feel(share(0.8), 5, quality)
    assert p.state.window_us / 1e6 == pytest.approx(5, abs=0.05)
    assert p.feel(share(0.8), 5).state.window_us / 1e6 == pytest.approx(10, abs=0.05)


def test_thirty_seconds_may_stop_sixty_done() -> None:
    p = Person().feel(share(0.8), 62)
    assert p.when("may_stop") == pytest.approx(30, abs=0.05)
    assert p.when("done") == pytest.approx(60, abs=0.05)
    assert p.state.window_us / 1e6 == pytest.approx(60, abs=0.02)
    assert p.codes.count("may_stop") == p.codes.count("done") == 1


def test_lengths_are_the_plans() -> None:
    p = Person(Plan(CEILING, 35, 45)).feel(share(0.8), 50)
    assert p.when("may_stop") == pytest.approx(35, abs=0.05)
    assert p.when("done") == pytest.approx(45, abs=0.05)


@pytest.mark.parametrize(("low", "high"), [(20, 60), (30, 70), (50, 40)])
def test_lengths_stay_within_the_practice(low: float, high: float) -> None:
    with pytest.raises(ValueError, match="30 to 60"):
        Plan(CEILING, low, high)


@pytest.mark.parametrize("kpa", [0.0, -3.0, 4.9, 95.1, nan, float("inf")])
def test_a_ceiling_has_sane_ends(kpa: float) -> None:
    with pytest.raises(ValueError, match="between 5 and 95"):
        Plan(kpa)


def test_ease_off_after_0_7_s_once_a_spell() -> None:
    p = Person().feel(share(0.8), 5).feel(share(1.1), 2)
    assert p.when("ease_off") - p.when("over") == pytest.approx(L.EASE_OFF_AFTER_S, abs=0.02)
    p.feel(share(0.8), 2).feel(share(1.1), 1)
    assert p.codes.count("over") == p.codes.count("ease_off") == 2
    assert Person().feel(share(0.8), 5).feel(share(1.1), 0.5).feel(share(0.8), 5).codes.count("ease_off") == 0


def test_five_seconds_over_end_the_window() -> None:
    p = Person().feel(share(0.8), 5).feel(share(1.1), 6)
    assert p.when("ended") - p.when("over") == pytest.approx(5, abs=0.03)
    assert p.notices[-1].values["reason"] == "over"


def test_ten_seconds_over_in_total_end_the_window() -> None:
    p = Person()
    for _ in range(4):
        p.feel(share(0.8), 3).feel(share(1.1), 3)
    assert p.state.ended == "over"
    assert p.state.over_us / 1e6 == pytest.approx(10, abs=0.05)


def test_ninety_seconds_of_load_end_the_window_whatever_the_band() -> None:
    p = Person().feel(share(0.4), 100)
    assert p.state.ended == "load"
    assert p.when("ended") == pytest.approx(90, abs=0.1)


def test_twenty_seconds_off_end_the_window_but_not_before_it_began() -> None:
    assert Person().feel(0.0, 40).state.ended == ""
    p = Person().feel(share(0.8), 5).feel(0.0, 19)
    assert p.state.ended == ""
    assert p.feel(0.0, 1.5).state.ended == "off"


def test_saturated_is_over() -> None:
    p = Person().feel(share(0.8), 5).feel(195.0, 0.02, "saturated")
    assert p.state.band == "over"
    assert p.notices[-1].values["saturated"] == 1


def test_stale_is_said_once_blanks_the_band_and_back_is_said() -> None:
    p = Person().feel(share(0.8), 5).feel(0, 2, "stale")
    assert p.codes.count("stale") == 1
    assert p.state.band == ""
    p.feel(share(0.8), 1)
    assert p.notices[-2:][0].code == "back" or p.codes[-1] == "work"
    assert p.codes.count("back") == 1
    assert p.state.ended == ""


def test_ten_seconds_of_silence_interrupt_the_session() -> None:
    p = Person().feel(share(0.8), 5).feel(0, 11, "stale")
    assert p.codes[-2:] == ["lost", "ended"]
    assert p.state.ended == "interrupted"
    assert p.when("ended") == pytest.approx(15, abs=0.05)


def test_silence_after_the_end_closes_the_session_but_the_window_stays_done() -> None:
    p = Person().feel(share(0.8), 61).feel(0, 12, "stale")
    assert p.state.ended == "done"
    assert [n.values["reason"] for n in p.notices if n.code == "ended"] == ["interrupted"]


def test_a_pulled_cable_is_lost_at_once() -> None:
    p = Person().feel(share(0.8), 5).give(Connection(5_000_000, "lost", ""))
    assert p.codes[-2:] == ["stale", "lost"]


@pytest.mark.parametrize("kind", ["stop", "symptom"])
def test_stop_and_symptom_end_the_window_from_every_state(kind: str) -> None:
    states = {
        "fresh": Person(),
        "off": Person().feel(0.0, 1),
        "work": Person().feel(share(0.8), 5),
        "over": Person().feel(share(1.2), 2),
        "stale": Person().feel(share(0.8), 5).feel(0, 1, "stale"),
        "no ceiling": Person(Plan()).feel(30.0, 5),
        "no zero": Person(zeroed=False).feel(share(0.8), 5),
    }
    for name, p in states.items():
        p.press(kind)
        assert p.codes[-2:] == [kind, "ended"], name
        assert p.state.ended == kind, name
    done = Person().feel(share(0.8), 61).press(kind)
    assert done.codes[-1] == kind
    assert done.state.ended == "done"


def test_after_the_end_nothing_counts_but_over_still_warns() -> None:
    p = Person().feel(share(0.8), 5).press("stop")
    counted = p.state.window_us
    p.feel(share(0.8), 5)
    assert p.state.window_us == counted
    assert "work" not in p.codes[p.codes.index("stop") :]
    assert p.feel(share(1.1), 0.1).codes[-1] == "over"


def test_a_new_window_starts_from_nothing_but_a_lowered_ceiling_stays() -> None:
    p = Person().feel(share(0.8), 35).press("rate", 6).press("stop").press("start")
    assert p.state.window_us == 0
    assert p.state.ended == ""
    assert p.state.ceiling_kpa == pytest.approx(share(0.8))


def test_no_zero_no_window_but_the_line_still_warns() -> None:
    p = Person(zeroed=False).feel(share(0.8), 40)
    assert p.state.window_us == 0
    assert p.codes.count("zero_needed") == 1
    assert p.feel(share(1.1), 0.1).codes[-1] == "over"


def test_no_ceiling_no_band_no_window_but_the_device_limit() -> None:
    p = Person(Plan()).feel(60.0, 70)
    assert p.codes == []
    assert p.state.window_us == 0
    assert p.feel(96.0, 0.1).codes == ["over"]


def test_rating_six_lowers_the_ceiling_to_the_pressure_then() -> None:
    p = Person().feel(30.0, 5).press("rate", 6)
    assert p.state.ceiling_kpa == pytest.approx(30.0)
    assert p.notices[-1].values["lowered"] == 1


def test_rating_seven_looks_back_and_is_over_until_the_load_has_halved() -> None:
    p = Person().feel(30.0, 5).feel(36.0, 0.5).press("rate", 7)
    assert p.state.ceiling_kpa == pytest.approx(0.9 * 30.0)
    p.feel(30.0, 1)
    assert p.state.band == "over"
    p.feel(20.0, 0.5)
    assert p.state.band == "over"  # under the new line, but not half
    p.feel(17.0, 0.5)
    assert p.state.band != "over"


def test_a_rating_off_the_ball_or_without_a_ceiling_changes_nothing() -> None:
    assert Person().feel(0.0, 5).press("rate", 8).state.ceiling_kpa == CEILING
    assert Person(Plan()).feel(30.0, 5).press("rate", 6).state.ceiling_kpa is None


def test_rising_leads_over() -> None:
    p = Person().feel(share(0.8), 5)
    kpa = share(0.8)
    while kpa < share(1.05):
        kpa += 0.08
        p.feel(kpa, 0.01, rate=8.0)
    assert p.codes[-2:] == ["rising", "over"]
    assert p.when("over") - p.when("rising") == pytest.approx(L.RISING_LEAD_S, abs=0.05)


def test_a_rise_that_will_probably_not_reach_the_line_in_time_is_not_told() -> None:
    p = Person().feel(share(0.8), 5)
    for rate, kpa in ((2.0, 38.9), (0.3, 39.9), (0.0, 39.99), (-5.0, 39.9)):
        p.feel(kpa, 0.5, rate=rate)
    assert "rising" not in p.codes


@pytest.mark.parametrize(("ceiling", "rate", "on"), [(10.0, 2.9, True), (10.0, 3.1, False), (80.0, 7.9, True), (80.0, 8.1, False)])
def test_steady_is_three_a_second_or_a_tenth_of_the_line(ceiling: float, rate: float, on: bool) -> None:
    assert Person(Plan(ceiling)).feel(0.5 * ceiling, 4, rate=rate).state.on is on


def test_getting_on_fast_is_not_scolded_moving_fast_is() -> None:
    p = Person().feel(share(0.3), 1, rate=20.0)
    assert p.codes.count("slower") == 0
    p.feel(share(0.7), 4).feel(share(0.7), 0.5, rate=16.0)
    assert p.codes.count("slower") == 1


FAST, STILL = Movement(2.5, 0.9, 0.1, too_fast=True), Movement(peak_to_peak_share=0.03, still=True)


def test_cycles_under_four_seconds_are_told_slower_every_five_seconds() -> None:
    p = Person().feel(share(0.7), 4).moves(FAST, share(0.7), 10.5)
    said = [n for n in p.notices if n.code == "slower"]
    assert [n.values for n in said] == [{"cycle_s": 2.5}] * 3
    assert [round((n.t_us - said[0].t_us) / 1e6) for n in said] == [0, 5, 10]
    assert Person().feel(share(0.7), 4).moves(Movement(7.0, 0.9, 0.1), share(0.7), 10).codes.count("slower") == 0


def test_both_reasons_for_slower_share_their_spacing() -> None:
    p = Person().feel(share(0.7), 4).feel(share(0.7), 0.5, rate=16.0).moves(FAST, share(0.7), 4)
    assert [n.values for n in p.notices if n.code == "slower"] == [{"rate_kpa_s": 16.0}]
    assert p.moves(FAST, share(0.7), 2).codes.count("slower") == 2


def test_slower_is_not_said_while_getting_on_over_the_line_or_after_the_end() -> None:
    assert "slower" not in Person().moves(FAST, share(0.7), 2).codes
    assert "slower" not in Person().feel(share(0.7), 4).feel(share(1.2), 0.1).moves(FAST, share(1.2), 3).codes
    assert "slower" not in Person().feel(share(0.7), 4).press("stop").moves(FAST, share(0.7), 6).codes


@pytest.mark.parametrize("s", [0.3, 0.8])
def test_stillness_is_told_twice_in_a_window_ten_seconds_apart(s: float) -> None:
    p = Person().feel(share(s), 12).moves(STILL, share(s), 40)
    said = [n for n in p.notices if n.code == "keep_moving"]
    assert len(said) == L.KEEP_MOVING_MAX == 2
    assert (said[1].t_us - said[0].t_us) / 1e6 == pytest.approx(10, abs=0.5)


@pytest.mark.parametrize(
    "p",
    [
        Person().feel(share(0.97), 5),
        Person().feel(share(1.1), 1),
        Person().feel(0.0, 5),
        Person().feel(share(0.8), 5).press("stop"),
        Person(Plan()).feel(30.0, 5),
        Person(zeroed=False).feel(share(0.8), 5),
    ],
    ids=["near", "over", "off", "ended", "no ceiling", "no zero"],
)
def test_stillness_is_not_told_where_nobody_should_move_more(p: Person) -> None:
    assert "keep_moving" not in p.moves(STILL, p.state.recent[-1][1], 15).codes


def test_stillness_is_not_told_while_the_signal_is_lost() -> None:
    assert "keep_moving" not in Person().feel(share(0.8), 5).feel(0, 1, "stale").give(STILL).codes


def test_a_new_window_may_be_still_for_ten_seconds_again() -> None:
    p = Person().feel(share(0.8), 12).moves(STILL, share(0.8), 25).press("stop").press("start")
    begun_us, before = p.t_us, p.codes.count("keep_moving")
    p.moves(STILL, share(0.8), 9.5)
    assert p.codes.count("keep_moving") == before
    p.moves(STILL, share(0.8), 30)
    assert p.codes.count("keep_moving") == before + L.KEEP_MOVING_MAX
    assert min(n.t_us for n in p.notices if n.code == "keep_moving" and n.t_us > begun_us) - begun_us >= 10_000_000


events = st.one_of(
    st.tuples(st.just("feel"), st.floats(0, 80), st.floats(0.01, 8), st.sampled_from(["ok", "ok", "ok", "saturated", "suspect", "stale"])),
    st.tuples(st.just("press"), st.sampled_from(["stop", "symptom", "start"])),
    st.tuples(st.just("rate"), st.integers(0, 10)),
    st.tuples(st.just("lost")),
    st.tuples(st.just("moves"), st.sampled_from([FAST, STILL]), st.floats(0, 80), st.integers(1, 30)),
)


@given(st.lists(events, max_size=25))
def test_whatever_happens(story: list[tuple]) -> None:  # type: ignore[type-arg]
    """The ceiling never rises, the clock never counts more than trusted work and near time, and every code has words."""
    from sixten.words import say

    p = Person()
    counted = 0.0
    for kind, *args in story:
        before = p.state
        if kind == "feel":
            kpa, seconds, quality = args
            p.feel(kpa, seconds, quality)
            could = quality == "ok" and CEILING * L.SETTLE_SHARE * 0.0 <= kpa <= CEILING
            counted += seconds + 0.06 if could else 0.0
        elif kind == "moves":
            p.moves(*args)
            counted += args[2] + 0.06 if args[1] <= CEILING else 0.0
        elif kind == "lost":
            p.give(Connection(p.t_us, "lost", ""))
        elif kind == "rate":
            p.press("rate", args[0])
        else:
            p.press(args[0])
        assert p.state.ceiling_kpa is not None
        assert before.ceiling_kpa is not None
        assert p.state.ceiling_kpa <= before.ceiling_kpa
        assert p.state.window_us <= counted * 1e6 + DT_US
        assert p.state.window_us <= L.WINDOW_MAX_S * 1e6 + DT_US
    for notice in p.notices:
        assert say(notice.code, notice.values)


# --- the zero ---------------------------------------------------------------------------------------------------------------------


def reasons(p: Person) -> list[object]:
    return [n.values["reason"] for n in p.notices if n.code == "zero_needed"]


def rest(p: Person, off_kpa: float, missing_kpa: float = 0.0) -> ZeroNews:
    return ZeroNews(p.t_us, "rest", 101.0, off_kpa, missing_kpa)


def test_without_a_zero_the_reason_is_said() -> None:
    p = Person(zeroed=False).feel(0.0, 5).give(ZeroNews(5_000_000, "moving")).feel(0.0, 6)
    assert reasons(p) == ["moving"]
    assert reasons(Person(zeroed=False).feel(0.0, 10)) == ["none"]
    p.give(ZeroNews(p.t_us, "outside", 120.0)).give(ZeroNews(p.t_us, "moving")).give(ZeroNews(p.t_us, "outside", 120.0))
    assert reasons(p) == ["moving", "outside"]


def test_a_zero_far_from_the_last_one_is_asked_about_at_once_and_once() -> None:
    p = Person(zeroed=False).feel(0.0, 5.5)
    p.give(ZeroNews(p.t_us, "differs", 101.0, -4.2)).give(ZeroNews(p.t_us, "differs", 101.0, -4.2)).feel(0.0, 10)
    assert reasons(p) == ["differs"]
    assert p.notices[-1].values["off_kpa"] == -4.2
    p.give(ZeroNews(p.t_us, "taken", 101.0))
    p.zeroed = True
    assert reasons(p.feel(0.0, 10)) == ["differs"]
    assert p.feel(share(0.8), 1).state.running


def test_a_new_zero_is_offered_after_ten_seconds_off_once_each_time() -> None:
    p = Person().feel(0.5, 9)
    assert reasons(p.give(rest(p, 0.5))) == []
    p.feel(0.5, 2)
    assert reasons(p.give(rest(p, 0.5)).give(rest(p, 0.5))) == ["offer"]
    p.feel(share(0.8), 5).feel(0.5, 5)
    assert reasons(p.give(rest(p, 0.5))) == ["offer"]
    p.feel(0.5, 6)
    assert reasons(p.give(rest(p, 0.5))) == ["offer", "offer"]


def test_a_fall_below_the_zero_after_load_is_a_leak_and_without_load_an_offer() -> None:
    p = Person().feel(0.0, 11)
    assert reasons(p.give(rest(p, -0.9, 0.9))) == ["offer"]
    p.feel(share(0.8), 5).feel(-0.9, 11)
    assert reasons(p.give(rest(p, -0.9, 0.9))) == ["offer", "leak"]
    p.give(ZeroNews(p.t_us, "taken", 100.0)).feel(0.0, 11)
    assert reasons(p.give(rest(p, -0.9, 0.9))) == ["offer", "leak", "offer"]


def test_a_fall_that_cooling_explains_is_no_leak() -> None:
    p = Person().feel(share(0.8), 5).feel(-0.9, 11)
    assert reasons(p.give(rest(p, -0.9, 0.1))) == ["offer"]


def test_asking_for_a_zero_under_load_is_answered() -> None:
    assert reasons(Person().feel(share(0.8), 2).press("zero")) == ["loaded"]
    assert reasons(Person().feel(0.0, 2).press("zero")) == []
    p = Person().feel(0.0, 2).press("zero")
    assert reasons(p.give(ZeroNews(p.t_us, "outside", 120.0, asked=True))) == ["outside"]


def test_warm_is_told() -> None:
    p = Person().feel(share(0.8), 2)
    assert reasons(p.give(ZeroNews(p.t_us, "warm", warmed_k=8.2))) == ["warm"]
    assert p.notices[-1].values["warmed_k"] == 8.2


def test_every_reason_has_its_words() -> None:
    everything = {"off_kpa": -0.9, "warmed_k": 8.2}
    for reason in ("none", "moving", "outside", "loaded", "differs", "offer", "leak", "warm"):
        assert say("zero_needed", {"reason": reason, **everything})


def test_a_state_that_moves_on_is_the_same_but_for_what_was_named() -> None:
    state = Person().feel(30.0, 1.0).state
    first = state._fields.index("loaded_since_zero")
    assert moved_on(state, *state[1 : first + 1]) == state
    assert moved_on(state, 7, "stale") == state._replace(t_us=7, quality="stale")
    assert type(moved_on(state, 7)) is State
