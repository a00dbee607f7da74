"""What a visit's window has beyond warnings: getting on, the count, the clock's phases, the pacer, and being asked. Pure, of rules.py."""

from __future__ import annotations

from sixten.ball.messages import Mark
from sixten.session import limits as L
from sixten.session.ratings import rate
from sixten.session.values import Guided, Notice, State

PHASES = ("flexion", "rotation")
BEATS = ("in", "out")
# What else is said while somebody is still getting on.
_SPOKEN_BEFORE = frozenset(
    {"over", "ease_off", "ended", "stale", "lost", "back", "guard_on", "guard_off", "zero_needed", "stop", "symptom", "rating"}
)


def quiet(guided: Guided, notices: list[Notice]) -> list[Notice]:
    """``notices`` without those that must wait until the window has begun."""
    return notices if guided.begun else [n for n in notices if n.code in _SPOKEN_BEFORE]


def guide(state: State, t_us: int, may_start: bool, counts: bool) -> tuple[State, list[Notice]]:
    """After a trusted reading. may_start: there is load, a zero and a confirmed alarm; counts: the clock runs."""
    said: list[Notice] = []
    state = _settle(state, t_us, said)
    guided = state.guided
    if guided is None or state.ended:
        return state, said
    if not guided.begun:
        return _getting_on(state, guided, t_us, may_start, said), said
    if counts:
        guided = _beat(guided, t_us, said)
        phase = int(state.window_us / (L.PHASE_S * 1e6))
        if phase != guided.phase and state.window_us < state.plan.max_s * 1e6:
            guided = guided._replace(phase=phase)
            said.append(Notice(t_us, "phase", {"phase": PHASES[phase % 2]}))
    if state.over_since_us is None:  # nobody who is easing off is asked
        guided = _ask(state, guided, t_us, said)
    return state._replace(guided=guided), said


def get_on(state: State) -> Notice:
    """What is said when there is a zero and nobody lies there yet."""
    return Notice(state.t_us, "get_on", {"side": state.plan.side, "ceiling_kpa": state.ceiling_kpa})


def enough(state: State) -> Notice | None:
    """Why there can be no further window on this side now."""
    if state.ended == "symptom":
        return Notice(state.t_us, "enough", {"why": "symptom"})
    return Notice(state.t_us, "enough", {"why": "windows"}) if state.window + 1 >= L.WINDOWS_MAX else None


def press(state: State, mark: Mark) -> tuple[State, list[Notice]]:
    """One more, or one less: the answer is what has been pressed when no more presses come. Says how many so far."""
    guided = state.guided
    if guided is None:
        return state, []
    unrated = guided.unrated_us
    if mark.kind == "more" and unrated is not None and guided.pressed_us is None and mark.t_us - unrated <= L.ANSWERED_WITHIN_S * 1e6:
        return rate(state, Mark(mark.t_us, "rate", L.RATING_CEILING), max(mark.t_us, state.t_us))
    score = min(10, max(0, guided.score + (1 if mark.kind == "more" else -1)))
    if guided.pressed_us is None:
        guided = guided._replace(pressed_us=mark.t_us, felt=state.recent)
    guided = guided._replace(score=score, last_us=mark.t_us)
    return state._replace(guided=guided), [Notice(max(mark.t_us, state.t_us), "score", {"score": score})]


def _settle(state: State, t_us: int, said: list[Notice]) -> State:
    """Presses to which no more come are a rating, of what was felt at the first."""
    guided = state.guided
    if guided is None or guided.pressed_us is None or t_us - guided.last_us <= L.PRESSES_WITHIN_S * 1e6:
        return state
    state, notices = rate(state, Mark(guided.pressed_us, "rate", guided.score), t_us, guided.felt)
    said += notices
    return state


def _getting_on(state: State, guided: Guided, t_us: int, may_start: bool, said: list[Notice]) -> State:
    loaded = state.loaded_since_us is not None
    if loaded and not guided.slowly:
        guided = guided._replace(slowly=True)
        said.append(Notice(t_us, "slowly", {}))
    if not (may_start and state.on and state.over_since_us is None):
        state, notices = cancel(state._replace(guided=guided), t_us)
        said += notices
        return state
    if guided.starting_us is None:
        said.append(Notice(t_us, "starting", {"side": state.plan.side}))
        return state._replace(guided=guided._replace(starting_us=t_us))
    counted_s = (t_us - guided.starting_us) / 1e6 - L.STARTING_SAID_S
    if counted_s >= L.COUNT_S:
        # Its band is told anew, and the pacer and the first phase come with the first reading that counts.
        return state._replace(guided=guided._replace(begun=True), said_band="", keep_moving_us=t_us)
    if counted_s >= guided.counted:
        said.append(Notice(t_us, "count", {"left": L.COUNT_S - guided.counted}))
        guided = guided._replace(counted=guided.counted + 1)
    return state._replace(guided=guided)


def cancel(state: State, t_us: int) -> tuple[State, list[Notice]]:
    """Whoever leaves the ball, goes over the line or is not seen any more is not counted in."""
    guided = state.guided
    if guided is None or guided.starting_us is None:
        return state, []
    return state._replace(guided=guided._replace(starting_us=None, counted=0)), [Notice(t_us, "count_off", {})]


def _beat(guided: Guided, t_us: int, said: list[Notice]) -> Guided:
    """One beat for each way of a cycle, only while the clock runs: silence means that nobody is watching."""
    if t_us < guided.beat_us:
        return guided
    said.append(Notice(t_us, "pacer", {"beat": BEATS[guided.beat % 2], "cycle_s": L.CYCLE_S}))
    return guided._replace(beat=guided.beat + 1, beat_us=t_us + round(L.CYCLE_S / 2 * 1e6))


def asked_s(number: int, own_rating: bool) -> float | None:
    """When rating ``number`` (from 0) is asked for, counted seconds; None: no more are."""
    if own_rating:
        return L.OWN_RATING_EVERY_S * (number + 1)
    return L.RATING_ASKED_S[number] if number < len(L.RATING_ASKED_S) else None


def _ask(state: State, guided: Guided, t_us: int, said: list[Notice]) -> Guided:
    """Ask for a rating when it is time; once more if nothing is answered; then it stands as unrated, and a press means 6 or more."""
    due_s = asked_s(guided.asked, state.plan.own_rating)
    at_s = asked_s(guided.asked - 1, state.plan.own_rating) if guided.asked else None
    if guided.waiting_us is not None:
        if guided.pressed_us is not None or t_us - guided.waiting_us < L.ANSWERED_WITHIN_S * 1e6:
            return guided
        if guided.again:
            said.append(Notice(t_us, "unrated", {"at_s": at_s}))
            return guided._replace(waiting_us=None, again=False, unrated_us=t_us)
        said.append(Notice(t_us, "prompt", {"at_s": at_s, "again": 1}))
        return guided._replace(waiting_us=t_us, again=True)
    if due_s is None or state.window_us < due_s * 1e6 or state.window_us >= state.plan.max_s * 1e6:
        return guided
    said.append(Notice(t_us, "prompt", {"at_s": due_s, "again": 0}))
    return guided._replace(asked=guided.asked + 1, waiting_us=t_us, again=False, unrated_us=None)
