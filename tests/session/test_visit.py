"""The visit as a pure machine: its order, its ways out, and what holds on every path."""

from __future__ import annotations

from math import nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sixten.ball.messages import Connection, Mark, Silence
from sixten.pain.next_trial import finish
from sixten.pressure.readings import Reading
from sixten.session import limits as L
from sixten.session import visit as V
from sixten.session import visit_values
from sixten.session.guard import Status
from sixten.session.plan import CHANGED, HURTS, OWN, SCREENING, WORSE, SidePlan, VisitPlan
from sixten.session.retest import Look
from sixten.session.values import Notice
from sixten.session.visit_values import ceiling_kpa
from visit_lab import CEILING, DT_US, EVERYWHERE, FIRST, SKIPS, TODAY, WORK, Lab, in_window, outcome, placed

# --- the questions ------------------------------------------------------------------------------------------------------------------


def test_a_first_visit_asks_every_question_one_at_a_time() -> None:
    lab = placed(FIRST)
    asked = [n.values["what"] for n in lab.notices if n.code == "ask"]
    assert asked == [*(q.key for q in SCREENING), "pain", "moving", "hurts"]
    assert lab.state.phase == V.PLACE
    assert lab.last("ready").values["todo"] == "calibration"


@pytest.mark.parametrize("i", range(len(SCREENING)))
def test_any_yes_ends_the_visit_and_nothing_leads_on(i: int) -> None:
    lab = Lab(FIRST).do(*(("no", n) for n in range(i)), ("yes", i))
    assert lab.codes[-2:] == ["no_session", "visit_over"]
    assert lab.last("no_session").values["why"] == SCREENING[i].key
    lab.do(*((kind, v) for kind in ("go", "no", "skip", "other", "again", "start", "press") for v in (None, i)))
    assert lab.state.phase == V.END


def test_an_answer_to_another_question_is_no_answer() -> None:
    lab = Lab(FIRST).press("no", 0).press("no", 0)
    assert lab.state.question == 1
    assert lab.codes[-1] == "not_now"
    assert lab.press("yes", WORSE).state.phase == V.SCREEN
    assert lab.press("press").state.question == 1  # the button answers no question


def test_worse_the_morning_after_is_rest_today() -> None:
    lab = Lab().press("yes", WORSE)
    assert lab.codes[-2:] == ["no_session", "visit_over"]
    assert lab.last("no_session").values["why"] == "worse"


def test_nothing_changed_is_one_key_and_something_asks_all() -> None:
    assert Lab().do(("no", WORSE), ("no", CHANGED)).state.phase == V.BEFORE
    lab = Lab().do(("no", WORSE), ("yes", CHANGED))
    assert (lab.state.phase, lab.state.question) == (V.SCREEN, 0)


def test_the_side_is_asked_where_it_is_not_known() -> None:
    lab = Lab(VisitPlan()).press("go")
    assert (lab.state.phase, lab.codes[-1]) == (V.SIDE, "not_now")
    assert lab.press("side", 1).state.side == "right"


def test_two_visits_a_day() -> None:
    lab = Lab(VisitPlan("left", visits_today=L.VISITS_MAX))
    assert lab.codes[:2] == ["no_session", "visit_over"]


@pytest.mark.parametrize("changes", [{"side": "up"}, {"min_s": 20}, {"max_s": 61}, {"rated_by": "x"}, {"left": SidePlan(ceiling_kpa=4.0)}])
def test_a_plan_that_makes_no_sense_is_refused(changes: dict) -> None:  # type: ignore[type-arg]
    with pytest.raises(ValueError):  # noqa: PT011
        VisitPlan(**changes)


# --- to the window ------------------------------------------------------------------------------------------------------------------


def test_no_zero_no_ball() -> None:
    lab = Lab()
    lab.zeroed = False
    lab.feel(0.0, 1).do(("no", WORSE), ("no", CHANGED), *SKIPS).feel(0.0, 5)
    assert lab.state.phase == V.ZERO
    assert lab.press("go").codes[-1] == "not_now"
    lab.zeroed = True
    assert lab.feel(0.0, 0.1).state.phase == V.PLACE


def test_another_ball_at_the_last_moment_needs_its_zero() -> None:
    for plan in (TODAY, FIRST):
        lab = placed(plan)
        lab.zeroed = False
        assert lab.feel(0.0, 0.1).press("go").state.phase == V.ZERO


def test_todays_line_needs_no_calibration() -> None:
    lab = placed()
    assert lab.last("ready").values["todo"] == "window"
    assert lab.press("go").last("get_on").values["ceiling_kpa"] == CEILING
    assert ceiling_kpa(lab.state) == CEILING
    assert in_window().state.rules.window_us > 0


def test_a_calibration_gives_the_line_and_its_basis() -> None:
    lab = placed(FIRST).press("go")
    assert lab.state.phase == V.CALIBRATE
    assert ceiling_kpa(lab.state) is None
    lab.calibrated(outcome(33.0))
    assert lab.last("line").values["ceiling_kpa"] == 33.0
    assert lab.press("go").state.rules.ceiling_kpa == 33.0
    assert lab.state.rules.plan.basis is not None


@pytest.mark.parametrize(("said", "hurts"), [("yes", True), ("no", False), ("skip", None)])
def test_whether_the_hip_hurts_on_most_days_is_asked_before_a_calibration_alone(said: str, hurts: bool | None) -> None:
    lab = EVERYWHERE["hurts"]().press(said, None if said == "skip" else HURTS).feel(0.0, 0.1).press("go")
    assert lab.state.here.asked_with is not None
    assert lab.state.here.asked_with.prior.hurts == hurts
    assert "hurts" not in [n.values.get("what") for n in placed().notices]


def test_the_button_and_go_mean_what_a_calibration_asks_for() -> None:
    lab = placed(FIRST).press("go").feel(0.0, 0.1).press("press")
    assert lab.codes[-1] == "score"
    lab.press("stop").press("go")
    assert lab.state.calibration is not None
    assert lab.state.calibration.phase != "paused"
    assert lab.press("other").codes[-1] == "not_now"


def test_without_a_line_the_words_no_ceiling_come_before_the_window() -> None:
    lab = placed(FIRST).press("go").calibrated(outcome(None, "refused", own=True))
    assert lab.state.phase == V.OFFER_OWN
    lab.press("yes", OWN)
    assert lab.codes[-2:] == ["no_ceiling", "get_on"]
    assert lab.state.rules.plan.own_rating
    lab = placed(FIRST).press("skip").press("no", OWN)
    assert lab.state.phase == V.NEXT
    assert lab.last("offer").values["again"] == 1  # the calibration was not tried
    tried = placed(FIRST).press("go").calibrated(outcome(None, "refused", own=True)).press("no", OWN)
    assert tried.last("offer").values["again"] == 0


def test_with_a_line_there_is_nothing_to_skip() -> None:
    assert placed().press("skip").codes[-1] == "not_now"


def test_refused_without_an_offer_is_no_window_on_this_side_today() -> None:
    lab = placed(FIRST).press("go").calibrated(outcome(None, "refused"))
    assert lab.last("offer").values == {"side": "left", "again": 0, "other": 1}


def test_a_line_too_low_for_a_window_is_none() -> None:
    lab = placed(FIRST).press("go").calibrated(outcome(L.CEILING_MIN_KPA - 0.1))
    assert "too_low" in lab.codes
    assert lab.last("offer").values["again"] == 0


def test_a_calibration_that_was_stopped_can_be_begun_again_while_there_is_load_left() -> None:
    lab = placed(FIRST).press("go").feel(0.0, 0.1).press("stop").press("stop")
    assert lab.last("offer").values["again"] == 1
    lab.state = V._here(lab.state, lab.state.here._replace(load_us=round((L.LOAD_BUDGET_S - visit_values.NEEDS_CALIBRATION_S + 1) * 1e6)))
    assert not V.may_again(lab.state, "left")


# --- the window and after -----------------------------------------------------------------------------------------------------------


def test_after_the_window_off_the_ball_then_the_same_again() -> None:
    before: list[tuple[str, int | None]] = [("rate", 5), ("go", None), ("skip", None), ("skip", None)]
    lab = in_window(before=before).feel(WORK, 60)
    assert (lab.state.phase, lab.state.here.windows) == (V.COME_OFF, 1)
    assert not lab.feel(WORK, 0.1).state.here.lowered
    lab.feel(WORK, L.COME_OFF_AGAIN_S + 0.1)
    assert lab.codes[-1] == "get_off"
    lab.feel(0.0, L.CAME_OFF_S + 0.2)
    assert lab.codes[-2:] == ["stand_up", "ask"]
    lab.press("rate", 3).press("go")
    assert lab.last("compared").values == {"what": "pain", "change": "less", "before": 5, "after": 3}
    assert lab.codes[-1] == "offer"
    assert lab.press("finish").last("visit_over").values == {"why": "finished", "windows": 1}


def test_skipped_before_is_not_retested_after() -> None:
    lab = in_window().feel(WORK, 61).feel(0.0, 2)
    assert lab.codes[-3:] == ["stand_up", "not_retested", "offer"]
    assert lab.state.here.before == Look()


def test_a_window_that_never_began_is_none() -> None:
    lab = placed().press("go").feel(WORK, 2).press("stop").feel(0.0, 2)
    assert lab.state.here.windows == 0
    assert lab.state.here.load_us > 0
    assert lab.codes[-1] == "offer"


def test_the_other_side_keeps_screening_and_zero() -> None:
    lab = in_window().feel(WORK, 61).feel(0.0, 2).press("other")
    assert (lab.state.side, lab.state.phase) == ("right", V.BEFORE)
    lab.do(*SKIPS).feel(0.0, 0.1).press("go")
    assert lab.state.phase == V.WINDOW
    assert lab.state.rules.plan.side == "right"


def test_two_windows_a_side_and_then_only_the_other() -> None:
    lab = in_window(VisitPlan("left", left=SidePlan(ceiling_kpa=CEILING), screened=True))
    for n in (1, 2):
        lab.feel(WORK, 61).feel(0.0, 2)
        assert lab.state.here.windows == n
        assert lab.last("offer").values["again"] == (1 if n == 1 else 0)
        lab.press("again").feel(0.0, 0.1).press("go").feel(WORK, 9)
    assert lab.state.phase == V.NEXT
    assert lab.press("other").state.side == "right"


def test_the_load_budget_ends_a_window_in_its_middle() -> None:
    lab = in_window()
    lab.state = V._here(lab.state, lab.state.here._replace(load_us=round((L.LOAD_BUDGET_S - 3) * 1e6)))
    lab.feel(WORK, 2.5)
    assert lab.state.phase == V.WINDOW
    lab.feel(WORK, 1)
    assert lab.state.phase == V.COME_OFF
    assert lab.last("ended").values["reason"] == "load"


def test_whoever_stays_on_the_ball_before_the_window_has_used_up_its_load() -> None:
    for lab in (placed(FIRST).press("go").calibrated(outcome(33.0)), placed(FIRST).press("skip")):
        lab.state = V._here(lab.state, lab.state.here._replace(load_us=round((L.LOAD_BUDGET_S - 60) * 1e6)))
        lab.feel(WORK, 21)
        lab.press("go" if lab.state.phase == V.LINE else "yes", None if lab.state.phase == V.LINE else OWN)
        assert lab.state.phase == V.NEXT
        assert lab.last("offer").values["again"] == 0


def test_a_lowered_line_stays_lowered_in_the_next_window_and_at_the_end() -> None:
    lab = in_window().feel(WORK, 3).press("rate", 6).press("stop").feel(0.0, 2)
    assert lab.state.here.ceiling_kpa == pytest.approx(WORK)
    assert lab.state.here.lowered
    lab.press("again").feel(0.0, 0.1).press("go")
    assert lab.state.rules.ceiling_kpa == pytest.approx(WORK)


def test_a_line_that_fell_too_low_ends_this_side() -> None:
    lab = in_window().feel(0.0, 1).feel(4.5, 2).press("rate", 7).feel(4.5, 0.5).press("stop").feel(0.0, 2)
    assert lab.last("offer").values["again"] == 0


def test_a_rating_while_coming_off_still_lowers_the_line() -> None:
    lab = in_window().press("stop").feel(WORK, 0.5).press("rate", 6).feel(WORK, 0.1)
    assert lab.state.here.ceiling_kpa == pytest.approx(WORK)


def test_a_lost_ball_comes_back_within_ten_seconds_or_the_window_is_over() -> None:
    lab = in_window().feel(WORK, 5).give(Connection(0, "lost", "")).feel(0, 5, "stale").feel(WORK, 2)
    assert lab.state.phase == V.WINDOW
    lab.feel(0, 11, "stale")
    assert lab.last("ended").values["reason"] == "interrupted"
    assert lab.codes[-1] == "offer"
    assert lab.state.here.windows == 1


def test_whoever_comes_off_unseen_says_so() -> None:
    lab = in_window().press("stop").feel(0, 1, "stale")
    assert lab.press("go").state.phase != V.COME_OFF
    assert in_window().press("stop").press("go").codes[-1] == "not_now"


# --- stop and symptom ---------------------------------------------------------------------------------------------------------------


def loads(state: V.State) -> bool:
    """Whether load is still asked for or timed."""
    if state.phase == V.CALIBRATE:
        return state.calibration is not None and state.calibration.phase != "paused"
    return state.phase == V.WINDOW


def test_the_list_of_everywhere_is_complete() -> None:
    phases = {make().state.phase for make in EVERYWHERE.values()}
    assert phases == {v for k, v in vars(visit_values).items() if k.isupper() and isinstance(v, str)}


@pytest.mark.parametrize("kind", ["stop", "symptom"])
@pytest.mark.parametrize("where", sorted(EVERYWHERE))
def test_stop_and_symptom_end_the_load_within_one_step(where: str, kind: str) -> None:
    lab = EVERYWHERE[where]()
    n = len(lab.notices)
    lab.press(kind)
    assert not loads(lab.state)
    assert kind in [x.code for x in lab.notices[n:]]
    if kind == "symptom":
        assert lab.state.phase == V.END
        ended = lab.state.ended
        lab.do(*((k, None) for k in ("go", "again", "other", "start", "press", "skip"))).feel(WORK, 10)
        assert (lab.state.phase, lab.state.ended) == (V.END, ended)
        assert not {"starting", "pacer"} & {x.code for x in lab.notices[n:]}


def test_after_a_stop_a_key_goes_on_and_a_second_stop_ends_the_visit() -> None:
    lab = Lab(FIRST).press("stop")
    assert lab.codes[-1] == "stopped_goes_on"
    assert lab.press("no", 0).codes[-1] == "not_now"
    assert lab.press("go").codes[-1] == "goes_on"
    assert lab.press("no", 0).state.question == 1
    assert lab.press("stop").press("stop").last("visit_over").values["why"] == "stopped"


def test_the_line_stays_in_the_board_while_the_load_is_still_on() -> None:
    lab = in_window().press("symptom")
    assert ceiling_kpa(lab.state) == CEILING
    assert lab.feel(1.1 * CEILING, 0.1).codes[-1] == "over"
    assert ceiling_kpa(lab.press("close").state) is None


def test_the_balls_own_limit_guards_outside_of_windows_too() -> None:
    assert "over" in placed().feel(96.0, 0.2).codes


# --- whatever happens ---------------------------------------------------------------------------------------------------------------

KINDS = [
    "go", "press", "yes", "no", "skip", "stop", "symptom", "start", "more", "less", "rate", "down", "type", "again", "other", "finish",
    "side", "moved", "zero", "untouched", "close", "nonsense",
]  # fmt: skip
NUMBERS = [None, 0, 1, 5, 6, 7, 10, WORSE, CHANGED, OWN, 103]


class AnyVisit(RuleBasedStateMachine):
    """Anything may be pressed or happen at any time. What must hold is checked after every single step."""

    @initialize(
        plan=st.sampled_from([TODAY, FIRST, VisitPlan(), VisitPlan("right", right=SidePlan(ceiling_kpa=6.0), screened=True)]),
        begin=st.sampled_from(["start", "place", "window"]),
    )
    def begin(self, plan: VisitPlan, begin: str) -> None:
        self.state, said = V.start(plan)
        self.t_us = 0
        self.zeroed = begin != "start"
        self.words = {n.code for n in said}
        self.one(Status(0, True))
        if begin == "start":
            return
        self.feel(0.0, 0.2, "ok")
        if not plan.side:
            self.press("side", 0)
        self.press("no", WORSE)
        self.press("no", CHANGED)
        for i in range(len(SCREENING)):
            self.press("no", i)
        for _ in range(4):
            self.press("skip", None)
        self.feel(0.0, 0.2, "ok")
        if begin == "window":
            self.press("go", None)
            self.feel(WORK, 9.0, "ok")

    def one(self, happened: V.Input) -> None:
        before = self.state
        self.state, said = V.step(before, happened)
        now, codes = self.state, [n.code for n in said]
        counted = now.rules.window_us - before.rules.window_us
        if counted > 0 and now.rules.plan == before.rules.plan:  # the clock counts nothing but trusted time under a fit load
            assert isinstance(happened, Reading)
            assert happened.quality == "ok"
            assert happened.zeroed
            assert now.rules.guard.confirmed
            assert before.phase == V.WINDOW
            assert now.rules.guided is not None
            assert now.rules.guided.begun
            assert now.rules.band in (("work", "near") if now.rules.ceiling_kpa is not None else ("",))
            assert counted <= L.MAX_STEP_S * 1e6
        for i in (0, 1):  # a line rises by a completed calibration alone
            a, b = before.sides[i], now.sides[i]
            if b.ceiling_kpa is not None and (a.ceiling_kpa is None or b.ceiling_kpa > a.ceiling_kpa):
                assert "calibrated" in codes
            assert b.windows <= L.WINDOWS_MAX
            assert b.load_us >= a.load_us
        if before.phase == V.WINDOW and now.phase == V.WINDOW and now.rules.plan == before.rules.plan:
            assert (now.rules.ceiling_kpa or 0) <= (before.rules.ceiling_kpa or 0)
        if now.phase == V.WINDOW and before.phase != V.WINDOW:  # the only ways in
            assert now.screened
            assert now.zeroed
            assert now.here.ceiling_kpa is not None or "no_ceiling" in codes
            assert now.here.load_us <= (L.LOAD_BUDGET_S - L.WINDOW_NEEDS_S) * 1e6
            assert now.here.windows < L.WINDOWS_MAX
        if now.phase == V.CALIBRATE and before.phase != V.CALIBRATE:
            assert now.screened
            assert now.zeroed
            assert now.here.load_us <= (L.LOAD_BUDGET_S - visit_values.NEEDS_CALIBRATION_S) * 1e6
        if now.phase == V.WINDOW:
            assert not now.rules.ended
            assert now.here.load_us < L.LOAD_BUDGET_S * 1e6
        if before.phase == V.END:
            assert now.phase == V.END
            assert now.ended == before.ended
        if isinstance(happened, Mark) and happened.kind in ("stop", "symptom"):
            assert not loads(now)
        if isinstance(happened, Mark) and happened.kind not in ("close", "zero", "untouched", "moved", "start"):
            assert codes or now != before or before.phase == V.END or before.phase == V.CALIBRATE, "a key that does nothing says so"

    @rule(kind=st.sampled_from(KINDS), value=st.sampled_from(NUMBERS))
    def press(self, kind: str, value: int | None) -> None:
        self.one(Mark(self.t_us, kind, value if value is None or value <= 10 or kind in ("yes", "no") else 0))

    @rule()
    def right_answer(self) -> None:
        """What leads on, wherever it stands; or nobody would get far by lot."""
        s = self.state
        number = {V.MORNING: WORSE, V.NEWS: CHANGED, V.SCREEN: s.question, V.OFFER_OWN: OWN, V.ASK_HURTS: HURTS}.get(s.phase)
        if number is not None:
            self.press("yes" if number == OWN else "no", number)
        elif s.phase == V.SIDE:
            self.press("side", 1)
        elif s.phase in (V.BEFORE, V.AFTER):
            self.press("skip", None)
        elif s.phase == V.NEXT:
            self.press("again", None)
            self.press("other", None)
        else:
            self.press("go", None)

    @rule(
        kpa=st.sampled_from([0.0, 3.0, 5.0, 20.0, 32.0, 39.0, 44.0, 96.0]),
        seconds=st.sampled_from([0.1, 1.0, 5.0, 9.0, 30.0]),
        quality=st.sampled_from(["ok", "ok", "ok", "saturated", "suspect", "stale"]),
    )
    def feel(self, kpa: float, seconds: float, quality: str) -> None:
        for _ in range(max(1, round(seconds * 1e6 / DT_US))):
            self.t_us += DT_US
            value = kpa if quality in ("ok", "saturated") else nan
            self.one(Reading(self.t_us, value, value, 0.0, quality, "rel.", self.zeroed, 0))

    @rule(what=st.sampled_from(["lost", "silence", "guard off", "guard on", "zero", "no zero", "calibrated", "refused"]))
    def happens(self, what: str) -> None:
        if what == "lost":
            self.one(Connection(self.t_us, "lost", ""))
        elif what == "silence":
            self.t_us += 100_000
            self.one(Silence(self.t_us))
        elif what.startswith("guard"):
            self.one(Status(self.t_us, what == "guard on", reason="" if what == "guard on" else "refused"))
        elif what.endswith("zero"):
            self.zeroed = what == "zero"
        elif self.state.calibration is not None:  # it ends by the person's pains alone, which are tested with it
            now, said = self.state.calibration, []  # type: ignore[var-annotated]
            now = finish(now, "stopped", said)
            found = outcome(33.0) if what == "calibrated" else outcome(None, "refused", own=True)
            before = self.state
            told = [Notice(self.t_us, found.ended, {})]
            self.state, _ = V._calibrated(before._replace(calibration=now._replace(outcome=found)), found, told)

    @invariant()
    def whole(self) -> None:
        if hasattr(self, "state"):
            assert self.state.phase
            assert (self.state.phase == V.END) == bool(self.state.ended)


AnyVisit.TestCase.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
TestAnyVisit = AnyVisit.TestCase


@given(st.integers(0, 200))
@settings(max_examples=20, deadline=None)
def test_the_same_inputs_decide_the_same(cut: int) -> None:
    """A state is a value: going on from a kept one is the same as having gone on."""
    lab, kept = in_window(), None
    states = []
    for i in range(200):
        if i == cut:
            kept = lab.state
        lab.feel(WORK if i % 50 else 1.05 * CEILING, 0.04)
        states.append(lab.state)
    if kept is None:
        return
    again = Lab()
    again.state, again.t_us = kept, states[cut].t_us - DT_US
    for i in range(cut, 200):
        again.feel(WORK if i % 50 else 1.05 * CEILING, 0.04)
    assert again.state == states[-1]
