"""The visit, from screening to retest: ``step(state, input) -> (state, notices)``, a pure function.

worse the morning after? -> screening -> before -> zero -> calibration -> window -> off the ball -> after -> other side.
It embeds the machines that already decide (retest.py, pain/calibration.py, rules.py) and adds the order, the budgets and the ways out.
"""

from __future__ import annotations

from math import isnan

from sixten.ball.messages import Connection, Mark, Silence
from sixten.pain import calibration
from sixten.pain.model import prior_after
from sixten.pain.procedure import CalibrationPlan, Outcome
from sixten.pressure.movement import Movement
from sixten.pressure.readings import OK, SATURATED, STALE, STALE_US, Reading
from sixten.pressure.rise import Noise
from sixten.pressure.zero import ZeroNews
from sixten.session import limits as L
from sixten.session import retest, rules
from sixten.session.guard import Status
from sixten.session.plan import CHANGED, HURTS, OWN, SCREENING, SIDES, WORSE, VisitPlan, other
from sixten.session.refit import Basis
from sixten.session.retest import Look
from sixten.session.values import Notice, Plan
from sixten.session.visit_values import (
    AFTER,
    ASK_HURTS,
    BEFORE,
    CALIBRATE,
    COME_OFF,
    END,
    LINE,
    MORNING,
    NEWS,
    NEXT,
    OFFER_OWN,
    PLACE,
    SCREEN,
    SIDE,
    WINDOW,
    ZERO,
    Input,
    SideState,
    State,
    may_again,
)

GOES_ON = ("go", "press", "start")


def start(plan: VisitPlan) -> tuple[State, list[Notice]]:
    """The first question."""
    sides = tuple(SideState(of.ceiling_kpa, of.basis, refused=of.refused) for of in (plan.left, plan.right))
    state = State(plan, rules.start(Plan()), sides=(sides[0], sides[1]))
    if plan.visits_today >= L.VISITS_MAX:
        return _no_session(state, "visits")
    if not plan.side:
        return _to(state, SIDE, [Notice(0, "ask", {"what": "side"})])
    return _first_question(state._replace(side=plan.side))


def step(state: State, happened: Input) -> tuple[State, list[Notice]]:
    """The next state, and what to tell because of ``happened``."""
    if isinstance(happened, Mark):
        state = state._replace(t_us=max(state.t_us, happened.t_us))
        return _mark(state, happened)
    if isinstance(happened, Status | Noise):
        return _rules(state, happened)
    if isinstance(happened, Reading):
        return _reading(state, happened)
    if isinstance(happened, Silence):
        return _passes(state._replace(t_us=max(state.t_us, happened.t_us)))
    if state.phase == CALIBRATE:
        return (state, []) if isinstance(happened, Movement) else _calibrate(state, happened)
    state, said = _rules(state, happened)
    return _follow(state, said)


# --- the order ------------------------------------------------------------------------------------------------------------------------


def _to(state: State, phase: str, said: list[Notice]) -> tuple[State, list[Notice]]:
    return state._replace(phase=phase, paused=False), said


def _first_question(state: State) -> tuple[State, list[Notice]]:
    if state.screened:
        return _before(state)
    if state.plan.visited:
        return _to(state, MORNING, [Notice(state.t_us, "ask", {"what": "worse", "number": WORSE})])
    return _news(state)


def _news(state: State) -> tuple[State, list[Notice]]:
    if state.plan.screened:
        return _to(state, NEWS, [Notice(state.t_us, "ask", {"what": "changed", "number": CHANGED})])
    return _screen(state, 0)


def _screen(state: State, number: int) -> tuple[State, list[Notice]]:
    if number >= len(SCREENING):
        return _before(state._replace(screened=True))
    asked = Notice(state.t_us, "ask", {"what": SCREENING[number].key, "number": number, "of": len(SCREENING)})
    return _to(state._replace(question=number), SCREEN, [asked])


def _no_session(state: State, why: str) -> tuple[State, list[Notice]]:
    """Nobody lies on the ball this visit; there is no way round it."""
    return _end(state, "no_session", [Notice(state.t_us, "no_session", {"why": why})])


def _end(state: State, why: str, said: list[Notice]) -> tuple[State, list[Notice]]:
    windows = sum(side.windows for side in state.sides)
    over = Notice(state.t_us, "visit_over", {"why": why, "windows": windows})
    return _to(state._replace(ended=why, exam=None, calibration=None), END, [*said, over])


def _before(state: State) -> tuple[State, list[Notice]]:
    if state.here.refused:
        return _next(state, [Notice(state.t_us, "too_low", {})])
    exam, said = retest.start(state.side, state.t_us)
    return _to(state._replace(exam=exam), BEFORE, said)


def _hurts(state: State, said: list[Notice]) -> tuple[State, list[Notice]]:
    """Asked before a calibration: how pain climbs through a minute differs, and ten seconds cannot tell."""
    here = state.here
    if here.ceiling_kpa is not None or here.hurts_asked:
        return _zero(state, said)
    return _to(state, ASK_HURTS, [*said, Notice(state.t_us, "ask", {"what": "hurts", "number": HURTS})])


def _zero(state: State, said: list[Notice]) -> tuple[State, list[Notice]]:
    if state.zeroed:
        return _place(state, said)
    return _to(state, ZERO, [*said, Notice(state.t_us, "wait_for_zero", {})])


def _place(state: State, said: list[Notice]) -> tuple[State, list[Notice]]:
    here = state.here
    todo = "window" if here.ceiling_kpa is not None or here.own else "calibration"
    if not here.told:
        said.append(Notice(state.t_us, "guide", {"side": state.side}))
    state = _here(state, here._replace(told=True))
    return _to(state, PLACE, [*said, Notice(state.t_us, "ready", {"todo": todo, "side": state.side})])


def _placed(state: State) -> tuple[State, list[Notice]]:
    here, plan = state.here, state.plan
    if not may_again(state, state.side):
        return _next(state, [])
    if here.ceiling_kpa is not None or here.own:
        return _window(state)
    if not state.zeroed:  # another ball meanwhile
        return _zero(state, [])
    asked = CalibrationPlan(state.side, plan.seed, prior_after(plan.of(state.side).earlier, here.hurts), plan.rated_by, plan.max_s)
    state = _here(state, here._replace(asked_with=asked))
    begun = calibration.start(asked)._replace(t_us=state.t_us)
    return _to(state._replace(calibration=begun), CALIBRATE, [Notice(state.t_us, "calibration", {"side": state.side})])


def _offer_own(state: State, said: list[Notice]) -> tuple[State, list[Notice]]:
    return _to(state, OFFER_OWN, [*said, Notice(state.t_us, "ask", {"what": "own", "number": OWN})])


def _window(state: State) -> tuple[State, list[Notice]]:
    """Getting on. The only way into a window: screened, zeroed, and with a line or the words NO CEILING."""
    here, plan = state.here, state.plan
    assert state.screened and (here.ceiling_kpa is not None or here.own)
    if not may_again(state, state.side):
        return _next(state, [])
    if not state.zeroed:  # another ball meanwhile
        return _zero(state, [])
    ceiling = here.ceiling_kpa
    agreed = Plan(ceiling, plan.min_s, plan.max_s, here.basis if ceiling is not None else None, guided=True, side=state.side)
    state = state._replace(rules=rules.new_window(state.rules, agreed)._replace(rated=here.rated))
    said = [Notice(state.t_us, "no_ceiling", {"side": state.side})] if ceiling is None else []
    return _to(state, WINDOW, [*said, Notice(state.t_us, "get_on", {"side": state.side, "ceiling_kpa": ceiling})])


def _after(state: State, said: list[Notice]) -> tuple[State, list[Notice]]:
    """Off the ball: the same again as before, if there was anything before."""
    said.append(Notice(state.t_us, "stand_up", {}))
    guided = state.rules.guided
    if guided is None or not guided.begun:  # nothing has happened that could have changed anything
        return _next(state, said)
    before = state.here.before
    if before is None or before == Look():
        said.append(Notice(state.t_us, "not_retested", {}))
        return _next(state, said)
    exam, asked = retest.start(state.side, state.t_us, before)
    return _to(state._replace(exam=exam, rules=_idle(state.rules)), AFTER, said + asked)


def _next(state: State, said: list[Notice]) -> tuple[State, list[Notice]]:
    """What else may be done in this visit; nothing is the end."""
    state = state._replace(exam=None, calibration=None, rules=_idle(state.rules))
    again, across = may_again(state, state.side), may_again(state, other(state.side))
    if not (again or across):
        return _end(state, "finished", said)
    offer = Notice(state.t_us, "offer", {"side": state.side, "again": int(again), "other": int(across)})
    return _to(state, NEXT, [*said, offer])


def _here(state: State, here: SideState) -> State:
    sides = list(state.sides)
    sides[SIDES.index(state.side)] = here
    return state._replace(sides=(sides[0], sides[1]))


def _idle(now: rules.State) -> rules.State:
    """The rules between windows: nothing is timed, and the ball's own limit guards."""
    return now if now.plan == Plan() and not now.ended else rules.new_window(now, Plan())


# --- what the person does --------------------------------------------------------------------------------------------------------------


def _mark(state: State, mark: Mark) -> tuple[State, list[Notice]]:
    phase, kind = state.phase, mark.kind
    if kind in ("close", "zero", "untouched"):
        if phase == CALIBRATE:
            state = _rules(state, mark)[0]
            return _calibrate(state, mark)
        return _rules(state, mark)
    if kind == "symptom" and phase != CALIBRATE:
        if phase in (WINDOW, COME_OFF):
            state, said = _rules(state, mark)
            return _end(_counted(state), "symptom", said)
        said = [Notice(state.t_us, "symptom", {})]
        return (state, said) if phase == END else _end(state, "symptom", said)
    if phase == CALIBRATE:
        return _calibrate(state, mark)
    if phase in (WINDOW, COME_OFF):
        return _in_window(state, mark)
    if kind == "stop":
        return _stop(state)
    if state.paused:
        return _asked_again(state._replace(paused=False)) if kind in GOES_ON else _not_now(state)
    return _answer(state, mark)


def _stop(state: State) -> tuple[State, list[Notice]]:
    """Where nothing is loaded: the first stop waits, the second ends the visit."""
    said = [Notice(state.t_us, "stop", {})]
    if state.phase == END:
        return state, said
    if state.paused:
        return _end(state, "stopped", said)
    exam = state.exam
    if exam is not None and exam.at in (retest.COUNT_IN, retest.STANDING):
        exam = exam._replace(at=retest.STAND)
    return state._replace(paused=True, exam=exam), [*said, Notice(state.t_us, "stopped_goes_on", {})]


def _not_now(state: State) -> tuple[State, list[Notice]]:
    return state, [Notice(state.t_us, "not_now", {})]


def _asked_again(state: State) -> tuple[State, list[Notice]]:
    """After a pause it goes on where it stood."""
    return state, [Notice(state.t_us, "goes_on", {})]


def _answer(state: State, mark: Mark) -> tuple[State, list[Notice]]:
    phase, kind = state.phase, mark.kind
    yes, no = kind == "yes", kind == "no"
    if phase in (BEFORE, AFTER):
        assert state.exam is not None
        exam, said = retest.step(state.exam, mark)
        return _examined(state._replace(exam=exam), said)
    if phase == SIDE and kind == "side" and mark.value in (0, 1):
        return _first_question(state._replace(side=SIDES[mark.value or 0]))
    if phase == MORNING and (yes or no) and mark.value == WORSE:
        return _no_session(state, "worse") if yes else _news(state)
    if phase == NEWS and (yes or no) and mark.value == CHANGED:
        return _screen(state, 0) if yes else _before(state._replace(screened=True))
    if phase == SCREEN and (yes or no) and mark.value == state.question:
        return _no_session(state, SCREENING[state.question].key) if yes else _screen(state, state.question + 1)
    if phase == ASK_HURTS and (kind == "skip" or (yes or no) and mark.value == HURTS):
        return _zero(_here(state, state.here._replace(hurts=None if kind == "skip" else yes, hurts_asked=True)), [])
    if phase == PLACE and kind in GOES_ON:
        return _placed(state)
    if phase == PLACE and kind == "skip" and state.here.ceiling_kpa is None and not state.here.own:
        return _offer_own(state, [])
    if phase == LINE and kind in GOES_ON:
        return _window(state)
    if phase == OFFER_OWN and (yes or no) and mark.value == OWN:
        if yes:
            return _window(_here(state, state.here._replace(own=True)))
        return _next(_here(state, state.here._replace(refused=state.here.outcome is not None)), [])
    if phase == NEXT and kind == "again" and may_again(state, state.side):
        return _zero(state, [])
    if phase == NEXT and kind == "other" and may_again(state, other(state.side)):
        return _before(state._replace(side=other(state.side)))
    if phase == NEXT and kind == "finish":
        return _end(state, "finished", [])
    return _not_now(state)


def _examined(state: State, said: list[Notice]) -> tuple[State, list[Notice]]:
    """What follows once the look before or after is complete."""
    exam = state.exam
    if exam is None or exam.at != retest.DONE:
        return state, said
    state = state._replace(exam=None)
    if state.phase == BEFORE:
        return _hurts(_here(state, state.here._replace(before=exam.look, after=None)), said)
    before = state.here.before or Look()
    for v in retest.verdicts(before, exam.look):
        said.append(Notice(state.t_us, "compared", {"what": v.what, "change": v.change, "before": v.before, "after": v.after}))
    return _next(_here(state, state.here._replace(after=exam.look)), said)


def _in_window(state: State, mark: Mark) -> tuple[State, list[Notice]]:
    kind = mark.kind
    if kind == "press":
        mark = Mark(mark.t_us, "more")
    elif state.phase == COME_OFF and kind == "go" and state.rules.quality == STALE:
        return _after(state, [])  # nobody can see whether the load is off
    elif kind not in ("stop", "rate", "more", "less") or kind == "rate" and mark.value is None:
        return _not_now(state)
    state, said = _rules(state, mark)
    return _follow(state, said)


# --- what the ball says ----------------------------------------------------------------------------------------------------------------


def _rules(state: State, happened: Reading | Movement | ZeroNews | Mark | Connection | Status | Noise) -> tuple[State, list[Notice]]:
    """Through the rules. Between windows only what guards and what the zero needs is told."""
    now, said = rules.step(state.rules, happened)
    if state.phase not in (WINDOW, COME_OFF):
        said = [n for n in said if n.code not in ("ended", "stop", "symptom")]
    return state._replace(rules=now), said


def _reading(state: State, r: Reading) -> tuple[State, list[Notice]]:
    state = state._replace(t_us=max(state.t_us, r.t_us))
    if r.quality in (OK, SATURATED) and not isnan(r.gauge_kpa):
        state = _loaded(state, r)
    if state.phase == CALIBRATE:
        return _calibrate(state, r)
    state, said = _rules(state, r)
    state, said = _follow(state, said)
    state, more = _passes(state)
    return state, said + more


def _loaded(state: State, r: Reading) -> State:
    """Load counts for its side, whatever it was for."""
    loaded = r.quality == SATURATED or r.gauge_kpa >= L.RESTING_KPA
    off_us = None if loaded else (r.t_us if state.off_us is None else state.off_us)
    if loaded and state.side and state.trusted_us is not None and state.phase != END:
        dt_us = min(max(0, r.t_us - state.trusted_us), STALE_US)
        state = _here(state, state.here._replace(load_us=state.here.load_us + dt_us))
    return state._replace(trusted_us=r.t_us, zeroed=r.zeroed, off_us=off_us)


def _follow(state: State, said: list[Notice]) -> tuple[State, list[Notice]]:
    """What the visit makes of where the rules stand now."""
    if state.phase != WINDOW:
        return state, said
    if not state.rules.ended and state.here.load_us >= L.LOAD_BUDGET_S * 1e6:
        now, more = rules.end(state.rules, state.t_us, "load")
        state, said = state._replace(rules=now), said + more
    if not state.rules.ended:
        return state, said
    ended = state.rules.ended
    state = _counted(state)
    if ended == "interrupted":
        return _after(state, said)
    return _to(state._replace(said_us=state.t_us), COME_OFF, said)


def _counted(state: State) -> State:
    """The window that has just ended, in the visit's books: a line that has fallen stays where it fell to."""
    if state.phase != WINDOW:
        return state
    here, now = state.here, state.rules
    guided = now.guided
    if guided is not None and guided.begun:
        here = here._replace(windows=here.windows + 1, window_s=(*here.window_s, round(now.window_us / 1e6, 3)))
    here = here._replace(rated=now.rated)
    return _here(state, _line(here, now.ceiling_kpa))


def _line(here: SideState, kpa: float | None) -> SideState:
    """With its line at ``kpa`` if that is lower; too low for a window, and there is none any more today."""
    if here.ceiling_kpa is None or kpa is None or kpa >= here.ceiling_kpa:
        return here
    return here._replace(ceiling_kpa=kpa, lowered=True, refused=here.refused or kpa < L.CEILING_MIN_KPA)


def _passes(state: State) -> tuple[State, list[Notice]]:
    """What follows from time alone."""
    if state.phase in (BEFORE, AFTER) and not state.paused and state.exam is not None:
        exam, said = retest.step(state.exam, state.t_us)
        return _examined(state._replace(exam=exam), said)
    if state.phase == ZERO and state.zeroed and not state.paused:
        return _place(state, [])
    if state.phase != COME_OFF:
        return state, []
    state = _here(state, _line(state.here, state.rules.ceiling_kpa))  # a rating may come late
    if state.off_us is not None and state.t_us - state.off_us >= L.CAME_OFF_S * 1e6:
        return _after(state, [])
    if state.t_us - state.said_us >= L.COME_OFF_AGAIN_S * 1e6:
        return state._replace(said_us=state.t_us), [Notice(state.t_us, "get_off", {})]
    return state, []


# --- the calibration -------------------------------------------------------------------------------------------------------------------


def _calibrate(state: State, happened: Reading | ZeroNews | Mark | Connection) -> tuple[State, list[Notice]]:
    now = state.calibration
    assert now is not None
    if isinstance(happened, Mark):
        kind = {"press": "more", "go": "start"}.get(happened.kind, happened.kind)
        if kind not in ("more", "less", "rate", "stop", "symptom", "start", "moved", "zero", "untouched", "close"):
            return _not_now(state)
        happened = Mark(happened.t_us, kind, happened.value)
    now, prompts = calibration.step(now, happened)
    said = [Notice(*prompt) for prompt in prompts]
    state = state._replace(calibration=now)
    return (state, said) if now.outcome is None else _calibrated(state, now.outcome, said)


def _calibrated(state: State, outcome: Outcome, said: list[Notice]) -> tuple[State, list[Notice]]:
    """A completed calibration is the only thing that can give a side a line, or a higher one."""
    now = state.calibration
    assert now is not None
    state = _here(state, state.here._replace(outcome=outcome))
    # The rules did not look meanwhile: they go on from what is known now.
    resumed = rules.new_window(state.rules, Plan())._replace(t_us=state.t_us, trusted_us=state.trusted_us, stale=now.silent, lost=False)
    state = state._replace(rules=resumed, calibration=None)
    if outcome.ended == "symptom":
        return _end(state, "symptom", said)
    if outcome.ceiling is not None:
        kpa = outcome.ceiling.kpa
        if kpa < L.CEILING_MIN_KPA:
            return _next(_here(state, state.here._replace(refused=True)), [*said, Notice(state.t_us, "too_low", {})])
        basis = Basis(outcome.ratings, outcome.prior)
        state = _here(state, state.here._replace(ceiling_kpa=kpa, basis=basis, lowered=False))
        return _to(state, LINE, [*said, Notice(state.t_us, "line", {"side": state.side, "ceiling_kpa": kpa})])
    if outcome.own_rating:
        return _offer_own(state, said)
    refused = outcome.ended != "stopped"
    return _next(_here(state, state.here._replace(refused=refused)), said)
