"""What a visit's window has beyond warnings: getting on, the count, phases, the pacer, and being asked."""

from __future__ import annotations

from math import nan

import pytest

from sixten.ball.messages import DeviceEvent, Mark
from sixten.pressure.movement import Movement
from sixten.pressure.readings import Reading
from sixten.pressure.zero import TAKEN, ZeroNews
from sixten.session import limits as L
from sixten.session.guard import Status
from sixten.session.rules import Notice, Plan, State, start, step
from sixten.session.run import Run

DT_US = 10_000
CEILING = 40.0
WORK = 0.8 * CEILING


class Lab:
    def __init__(self, ceiling: float | None = CEILING, guard: bool = True, zeroed: bool = True, plan: Plan | None = None) -> None:
        self.state: State = start(plan or Plan(ceiling, guided=True, side="left"))
        self.state = self.state._replace(guard=Status(0, guard), guard_said=ceiling)
        self.t_us = 0
        self.zeroed = zeroed
        self.notices: list[Notice] = []

    def feel(self, kpa: float, seconds: float, quality: str = "ok", rate: float = 0.0) -> Lab:
        for _ in range(round(seconds * 1e6 / DT_US)):
            self.t_us += DT_US
            value = kpa if quality == "ok" else nan
            self.give(Reading(self.t_us, value, value, rate, quality, "rel.", self.zeroed, 0))
        return self

    def give(self, happened: Reading | Mark | Movement) -> Lab:
        self.state, notices = step(self.state, happened)
        self.notices += notices
        return self

    def press(self, kind: str, value: int | None = None) -> Lab:
        return self.give(Mark(self.t_us, kind, value))

    def on(self, kpa: float = WORK) -> Lab:
        """On the ball until the count is over."""
        return self.feel(0.0, 1).feel(kpa, L.STEADY_S + L.STARTING_SAID_S + L.COUNT_S + 0.1)

    @property
    def codes(self) -> list[str]:
        return [n.code for n in self.notices]

    def when(self, code: str, **values: object) -> list[float]:
        return [n.t_us / 1e6 for n in self.notices if n.code == code and all(n.values[k] == v for k, v in values.items())]


def test_getting_on_is_slowly_once_then_the_side_then_a_count_of_three() -> None:
    lab = Lab().feel(0.0, 1).feel(10.0, 1, rate=20.0).feel(WORK, 8)
    assert lab.codes[:5] == ["slowly", "starting", "count", "count", "count"]
    assert [n.values for n in lab.notices[1:5]] == [{"side": "left"}, {"left": 3}, {"left": 2}, {"left": 1}]
    assert lab.when("starting")[0] == pytest.approx(2 + L.STEADY_S, abs=0.05)
    begun = lab.when("starting")[0] + L.STARTING_SAID_S + L.COUNT_S
    assert lab.when("phase")[0] == pytest.approx(begun, abs=0.05)
    assert lab.state.window_us / 1e6 == pytest.approx(lab.t_us / 1e6 - begun, abs=0.05)


def test_until_then_only_over_speaks() -> None:
    lab = Lab().feel(0.0, 1).feel(10.0, 2, rate=20.0).feel(WORK, 2, rate=5.0)
    lab.give(Movement(2.0, 0.9, 0.1, too_fast=True)).feel(0.97 * CEILING, 1, rate=8.0).feel(1.1 * CEILING, 1)
    assert lab.codes == ["slowly", "over", "ease_off"]
    assert lab.state.window_us == 0


@pytest.mark.parametrize("leaves", ["off", "over", "stale"])
def test_leaving_the_ball_cancels_the_count_and_it_begins_anew(leaves: str) -> None:
    lab = Lab().feel(0.0, 1).feel(WORK, L.STEADY_S + L.STARTING_SAID_S + 1.5)
    assert lab.codes[-1] == "count"
    lab.feel({"off": 0.0, "over": 1.1 * CEILING, "stale": 0.0}[leaves], 0.5, "stale" if leaves == "stale" else "ok")
    assert "count_off" in lab.codes
    assert not lab.state.guided.begun  # type: ignore[union-attr]
    lab.feel(WORK, 9)
    assert lab.codes.count("starting") == 2
    assert lab.codes.count("slowly") == 1
    assert lab.state.guided.begun  # type: ignore[union-attr]


def test_weight_on_hand_and_foot_is_not_getting_on() -> None:
    lab = Lab(30.0).feel(L.RESTING_KPA - 0.5, 20)
    assert lab.codes == ["slowly"]
    lab.feel(20.0, 2, rate=9.0).feel(24.0, 2.9)
    assert lab.codes == ["slowly"]
    assert lab.feel(24.0, 0.2).codes == ["slowly", "starting"]


@pytest.mark.parametrize(("guard", "zeroed"), [(False, True), (True, False)])
def test_no_count_without_the_boards_alarm_and_a_zero(guard: bool, zeroed: bool) -> None:
    lab = Lab(guard=guard, zeroed=zeroed).on().feel(WORK, 20)
    assert "starting" not in lab.codes
    assert lab.state.window_us == 0


def test_the_phases_alternate_every_fifteen_seconds_of_counted_time() -> None:
    lab = Lab().on().feel(WORK, 20).feel(0.3 * CEILING, 10).feel(WORK, 45)
    said = [n for n in lab.notices if n.code == "phase"]
    assert [n.values["phase"] for n in said] == ["flexion", "rotation", "flexion", "rotation"]
    gaps = [round((b.t_us - a.t_us) / 1e6) for a, b in zip(said, said[1:], strict=False)]
    assert gaps == [15, 25, 15]  # ten of them did not count
    assert lab.state.ended == "done"


def test_the_pacer_beats_twice_a_cycle_while_the_clock_runs_and_only_then() -> None:
    lab = Lab().on().feel(WORK, 20)
    beats = lab.when("pacer")
    assert beats[0] == pytest.approx(lab.when("phase")[0], abs=0.02)
    assert {round(b - a, 1) for a, b in zip(beats, beats[1:], strict=False)} == {L.CYCLE_S / 2}
    assert [n.values["beat"] for n in lab.notices if n.code == "pacer"][:3] == ["in", "out", "in"]
    for kpa, quality in ((0.3 * CEILING, "ok"), (1.1 * CEILING, "ok"), (0.0, "ok"), (0.0, "stale")):
        lab.feel(kpa, 0.1, quality)
        n = lab.codes.count("pacer")
        assert lab.feel(kpa, 4, quality).codes.count("pacer") == n, (kpa, quality)
        lab.feel(WORK, 1.5)
        assert lab.codes.count("pacer") > n, "back in the clock, the pacer is back at once"


def test_a_rating_is_asked_for_at_ten_and_thirty_seconds() -> None:
    lab = Lab().on()
    begun = lab.when("phase")[0]
    lab.feel(WORK, 11).press("rate", 3).feel(WORK, 20).press("rate", 4).feel(WORK, 29)
    assert [round(t - begun) for t in lab.when("prompt", again=0)] == [10, 30]
    assert "unrated" not in lab.codes
    assert lab.when("prompt", again=1) == []
    assert [n.values["score"] for n in lab.notices if n.code == "rating"] == [3, 4]


def test_a_question_is_repeated_once_then_a_press_means_six_or_more() -> None:
    lab = Lab().on().feel(WORK, 10.5)
    asked = lab.when("prompt")[0]
    lab.feel(WORK, 11)
    assert lab.when("prompt", again=1) == [pytest.approx(asked + L.ANSWERED_WITHIN_S, abs=0.05)]
    assert lab.when("unrated", at_s=10.0) == [pytest.approx(asked + 2 * L.ANSWERED_WITHIN_S, abs=0.05)]
    lab.press("more")
    assert lab.notices[-1].code == "rating"
    assert lab.notices[-1].values["score"] == 6
    assert lab.state.ceiling_kpa == pytest.approx(WORK)


def test_somebody_who_never_answers_is_asked_twice_and_stands_as_unrated() -> None:
    lab = Lab().on().feel(WORK, 62)
    assert lab.state.ended == "done"
    assert [n.values["at_s"] for n in lab.notices if n.code == "unrated"] == [10.0, 30.0]
    assert "rating" not in lab.codes


def test_presses_are_counted_to_an_answer_of_what_was_felt_at_the_first() -> None:
    lab = Lab().on().feel(30.0, 3)
    for _ in range(6):
        lab.press("more").feel(36.0, 0.5)
    assert [n.values["score"] for n in lab.notices if n.code == "score"] == [1, 2, 3, 4, 5, 6]
    assert "rating" not in lab.codes
    lab.feel(36.0, L.PRESSES_WITHIN_S)
    assert [n.values["score"] for n in lab.notices if n.code == "rating"] == [6]
    assert lab.state.ceiling_kpa == pytest.approx(30.0)
    lab.feel(25.0, 2).press("less").feel(25.0, 2)
    assert [n.values["score"] for n in lab.notices if n.code == "rating"] == [6, 0]


def test_presses_before_the_end_still_become_a_rating() -> None:
    lab = Lab().on().feel(WORK, 5).press("more").press("more").press("stop").feel(10.0, 2)
    assert [n.values["score"] for n in lab.notices if n.code == "rating"] == [2]


def test_nobody_is_asked_while_easing_off() -> None:
    lab = Lab().on().feel(WORK, 9.5).feel(0.99 * CEILING, 0.3).feel(1.05 * CEILING, 2)
    assert "prompt" not in lab.codes
    lab.feel(WORK, 2)
    assert "prompt" in lab.codes


# --- by the person's own rating -----------------------------------------------------------------------------------------------------


def test_an_own_rating_window_has_a_clock_and_no_band() -> None:
    lab = Lab(None).on(30.0).feel(30.0, 62)
    assert not {"off", "settle", "work", "near"} & set(lab.codes)
    assert lab.codes.count("may_stop") == lab.codes.count("done") == 1
    assert lab.when("done")[0] - lab.when("phase")[0] == pytest.approx(60, abs=0.1)
    assert lab.state.ceiling_kpa is None


def test_there_a_rating_is_asked_for_every_ten_seconds() -> None:
    lab = Lab(None).on(30.0)
    begun = lab.when("phase")[0]
    for _ in range(59):
        lab.feel(30.0, 1.0)
        if lab.codes.count("prompt") > lab.codes.count("rating"):
            lab.press("rate", 3)
    assert [round(t - begun) for t in lab.when("prompt")] == [10, 20, 30, 40, 50]


def test_there_the_balls_own_limit_guards() -> None:
    lab = Lab(None).on(30.0).feel(96.0, 6)
    assert {"over", "ease_off", "ended"} <= set(lab.codes)
    assert lab.state.ended == "over"


def test_there_six_is_over_until_the_load_has_halved() -> None:
    lab = Lab(None).on(30.0).feel(30.0, 3).press("rate", 6).feel(30.0, 0.5)
    assert lab.codes[-1] == "over"
    counted = lab.state.window_us
    assert lab.feel(20.0, 1).state.window_us == counted
    assert lab.feel(14.0, 2).state.window_us > counted


def test_there_off_and_stillness_count_too() -> None:
    still = Movement(peak_to_peak_share=0.03, still=True)
    lab = Lab(None).on(30.0).feel(30.0, 12).give(still)
    assert lab.codes[-1] == "keep_moving"
    assert lab.feel(0.0, 21).state.ended == "off"


def test_a_missing_alarm_is_told_there_as_well() -> None:
    lab = Lab(None, guard=False).feel(30.0, 5)
    assert "guard_off" in lab.codes
    assert lab.state.window_us == 0


def test_a_session_without_a_visit_says_none_of_this() -> None:
    lab = Lab(plan=Plan(CEILING)).on().feel(WORK, 62)
    assert not {"slowly", "starting", "count", "phase", "pacer", "prompt", "score"} & set(lab.codes)
    assert lab.press("more").codes[-1] == "done"


def test_another_window_is_begun_by_a_key_only_after_the_end_and_only_once() -> None:
    lab = Lab().on().feel(WORK, 5).press("start")
    assert lab.state.window == 0 and lab.state.guided is not None and lab.state.guided.begun
    lab.feel(WORK, 61).feel(0.0, 1)
    assert lab.state.ended == "done"
    lab.press("start")
    assert (lab.state.window, lab.state.ended, lab.codes[-1]) == (1, "", "get_on")
    lab.on().press("stop").press("start")
    assert (lab.state.window, lab.state.ended, lab.codes[-1]) == (1, "stop", "enough")
    assert lab.notices[-1].values == {"why": "windows"}


def test_no_further_window_after_a_symptom_and_a_lowered_line_stays_lowered() -> None:
    lab = Lab().on().press("symptom").press("start")
    assert (lab.state.window, lab.notices[-1].values) == (0, {"why": "symptom"})
    lab = Lab().on().press("rate", 6).press("stop").press("start")
    assert lab.state.window == 1 and lab.state.ceiling_kpa is not None and lab.state.ceiling_kpa < CEILING


def test_a_zero_that_was_waited_for_is_followed_by_get_on() -> None:
    taken = ZeroNews(0, TAKEN)
    lab = Lab(zeroed=False).feel(0.0, 1)
    lab.state, said = step(lab.state, taken)
    assert [n.code for n in said] == ["get_on"]
    lab.zeroed = True
    lab.on()
    lab.state, said = step(lab.state, taken)
    assert said == []


@pytest.mark.parametrize(
    ("detail", "marks"), [("press", ["more"]), ("double", ["more", "more"]), ("stop", ["stop"]), ("something newer", [])]
)
def test_the_boards_button_counts_up_in_a_guided_window(detail: str, marks: list[str]) -> None:
    run = Run(Plan(CEILING, guided=True, side="left"))
    said = [out for out in run.feed(DeviceEvent(1_000_000, "button", detail)) if isinstance(out, Notice)]
    scores = [n.values["score"] for n in said if n.code == "score"]
    assert scores == list(range(1, marks.count("more") + 1))
    assert run.state.ended == ("stop" if "stop" in marks else "")
