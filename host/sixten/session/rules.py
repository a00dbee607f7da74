"""All warnings are decided here: ``step(state, input) -> (state, notices)``, a pure function of readings, movement and marks.

It reads no clock. Time is the device's and comes in with what happens. A state is a value: keep one, go back to it, compare it.
"""

from __future__ import annotations

from math import isinf, isnan

from sixten.ball.messages import Connection, Mark
from sixten.pressure.movement import Movement
from sixten.pressure.readings import OK, SATURATED, STALE, Reading
from sixten.pressure.rise import Noise, ahead
from sixten.pressure.zero import DIFFERS, MOVING, OUTSIDE, REST, TAKEN, WARM, ZeroNews
from sixten.session import limits as L
from sixten.session.guard import WAITING, Status
from sixten.session.ratings import rate
from sixten.session.values import NEAR, OFF, OVER, SETTLE, WORK, Notice, Plan, State, limit_kpa, moved_on, start
from sixten.session.window import cancel, enough, get_on, guide, press, quiet

__all__ = ["NEAR", "OFF", "OVER", "SETTLE", "WORK", "Notice", "Plan", "State", "end", "limit_kpa", "new_window", "start", "step"]

_COUNTED = (WORK, NEAR)
_STOPS = {"stop": "stop", "symptom": "symptom"}

# What is asked at each reading, in microseconds.
_MAX_STEP_US = L.MAX_STEP_S * 1e6
_RECENT_US = 100_000
_ZERO_ASKED_US = L.ZERO_ASKED_S * 1e6
_BAND_SAID_AFTER_US = L.BAND_SAID_AFTER_S * 1e6
_EASE_OFF_AFTER_US = L.EASE_OFF_AFTER_S * 1e6
_OVER_ENDS_US = L.OVER_ENDS_S * 1e6
_OVER_TOTAL_ENDS_US = L.OVER_TOTAL_ENDS_S * 1e6
_LOAD_MAX_US = L.LOAD_MAX_S * 1e6
_OFF_ENDS_US = L.OFF_ENDS_S * 1e6


def step(state: State, happened: Reading | Movement | ZeroNews | Mark | Connection | Status | Noise) -> tuple[State, list[Notice]]:
    """The next state, and what to tell the person because of ``happened``.

    A Movement is as of the reading before it; a Noise is that of the readings after it.
    """
    if isinstance(happened, Reading):
        if happened.quality in (OK, SATURATED) and not isnan(happened.gauge_kpa):
            return _trusted(state, happened)
        return _untrusted(state, happened.t_us, happened.quality)
    if isinstance(happened, Movement):
        return _moved(state, happened)
    if isinstance(happened, ZeroNews):
        return _zero(state, happened)
    if isinstance(happened, Mark):
        return _mark(state, happened)
    if isinstance(happened, Status):
        waits = state.guard.confirmed and not happened.confirmed
        return state._replace(guard=happened, guard_asked_us=state.t_us if waits else state.guard_asked_us), []
    if isinstance(happened, Noise):
        return state._replace(noise=happened), []
    if happened.state == "lost" and not state.lost:
        state, notices = _untrusted(state, happened.t_us, STALE)
        return state._replace(lost=True), [*notices, Notice(happened.t_us, "lost", {"reason": "cable"})]
    return state, []


def _untrusted(state: State, t_us: int, quality: str) -> tuple[State, list[Notice]]:
    """The last trusted band holds and the clock stands; once stale, nothing holds."""
    notices: list[Notice] = []
    state = state._replace(t_us=max(t_us, state.t_us), quality=quality)
    if quality != STALE or state.trusted_us is None:
        return state, notices
    if not state.stale:
        state = state._replace(stale=True, band="", said_band="", over_since_us=None, off_since_us=None, steady_since_us=None)
        state = state._replace(loaded_since_us=None)
        notices.append(Notice(t_us, "stale", {}))
        if state.guided is not None and not state.guided.begun:  # what could be steady meanwhile, nobody knows
            state, more = cancel(state._replace(on=False), t_us)
            notices += more
    if t_us - (state.trusted_us or 0) > L.LOST_S * 1e6:
        if not state.lost:
            state = state._replace(lost=True)
            notices.append(Notice(t_us, "lost", {"reason": "silence"}))
        if not state.interrupted:
            how = state.ended  # a window that was over stays what it was
            state, ended = end(state._replace(interrupted=True), t_us, "interrupted")
            state = state._replace(ended=how or state.ended)
            notices += ended
    return state, notices


def _trusted(state: State, r: Reading) -> tuple[State, list[Notice]]:
    t_us = r.t_us
    notices: list[Notice] = []
    if state.stale or state.lost:
        away_s = 0.0 if state.trusted_us is None else (t_us - state.trusted_us) / 1e6
        guard_said = "" if state.lost else state.guard_said  # after a cable came back it is said anew that the alarm is set
        state = state._replace(stale=False, lost=False, guard_said=guard_said, guard_asked_us=t_us)
        notices.append(Notice(t_us, "back", {"away_s": round(away_s, 3)}))
    trusted_us = state.trusted_us
    dt_us = 0 if trusted_us is None else t_us - trusted_us
    if not 0 <= dt_us <= _MAX_STEP_US:
        dt_us = 0

    plan, guided, guard, ended, ceiling_kpa = state.plan, state.guided, state.guard, state.ended, state.ceiling_kpa
    gauge_kpa, smooth_kpa = r.gauge_kpa, r.smooth_kpa
    before, was_over = state.band, state.over_since_us
    over = _is_over(state, r)
    band = OVER if over else _band(ceiling_kpa, smooth_kpa)
    loaded = over or smooth_kpa >= max(L.OFF_KPA, L.OFF_SHARE * (ceiling_kpa or 0.0))
    recent = state.recent
    if not recent or t_us - recent[-1][0] >= _RECENT_US:
        recent = (*recent[-11:], (t_us, gauge_kpa))
    halve_kpa = state.halve_kpa
    if halve_kpa is not None and gauge_kpa <= halve_kpa:
        halve_kpa = None
    trusted = not ended and r.zeroed and guard.confirmed
    running = trusted and (plan.ceiling_kpa is not None if guided is None else guided.begun)
    if guided is not None and plan.own_rating:
        counts = running and loaded and not over and state.loaded_since_us is not None and was_over is None
    else:
        counts = running and band in _COUNTED and before in _COUNTED
    first_us = t_us if state.first_us is None else state.first_us
    over_since_us = off_since_us = loaded_since_us = None
    if over:
        over_since_us = t_us if was_over is None else was_over
    if loaded:
        loaded_since_us = t_us if state.loaded_since_us is None else state.loaded_since_us
    else:
        off_since_us = t_us if state.off_since_us is None else state.off_since_us
    state = moved_on(
        state,
        t_us,
        r.quality,
        t_us,  # trusted_us
        first_us,
        band,
        state.band_since_us if band == before else t_us,
        state.window_us + dt_us if counts else state.window_us,
        state.load_us + dt_us if loaded and not ended else state.load_us,
        running,
        over_since_us,
        state.over_us + dt_us if over and not ended else state.over_us,
        over and state.eased,
        off_since_us,
        loaded_since_us,
        recent,
        halve_kpa,
        state.zero_offered and not loaded,
        state.loaded_since_zero or loaded,
    )
    # Most readings have nothing new to tell, and each of these looks first whether it may.
    if over or band != state.said_band:
        state, said = _say_band(state, r, was_over)
        notices += said
    # Weight on hand and foot leaves something on the ball, and can be very steady: that is not getting on.
    seated = loaded and (guided is None or guided.begun or band in _COUNTED or smooth_kpa >= L.RESTING_KPA)
    if seated or state.on or state.steady_since_us is not None:
        state, said = _early(state, r, seated)
        notices += said
    if not guard.confirmed or state.guard_said != ceiling_kpa:
        state, said = _say_guard(state, t_us)
        notices += said
    if not (r.zeroed or state.zero_said) and (loaded or t_us - first_us > _ZERO_ASKED_US):
        state = state._replace(zero_said=state.zero_problem)
        notices.append(Notice(t_us, "zero_needed", {"reason": state.zero_problem}))
    if guided is not None:
        notices = quiet(guided, notices)
        state, said = guide(state, t_us, trusted and seated, counts)
        notices += said
    if not ended:
        state, said = _endings(state, t_us)
        notices += said
    return state, notices


def _is_over(state: State, r: Reading) -> bool:
    if r.quality == SATURATED or state.halve_kpa is not None and r.gauge_kpa > state.halve_kpa:
        return True
    limit = limit_kpa(state)
    return r.gauge_kpa > (limit * L.OVER_LEAVES_SHARE if state.over_since_us is not None else limit)


def _band(ceiling_kpa: float | None, smooth_kpa: float) -> str:
    """The band by `smooth`; empty where there is no ceiling. `smooth` lags, so above the line without `over` it is still near."""
    if ceiling_kpa is None:
        return ""
    share = smooth_kpa / ceiling_kpa
    if smooth_kpa < L.OFF_KPA or share < L.OFF_SHARE:
        return OFF
    if share < L.SETTLE_SHARE:
        return SETTLE
    return WORK if share < L.NEAR_SHARE else NEAR


def _say_band(state: State, r: Reading, was_over: int | None) -> tuple[State, list[Notice]]:
    t_us = r.t_us
    if state.over_since_us is not None:
        if was_over is None:
            values = {**_against_the_line(state, r), "saturated": int(r.quality == SATURATED)}
            return state._replace(said_band=OVER), [Notice(t_us, OVER, values)]
        if not state.eased and t_us - state.over_since_us >= _EASE_OFF_AFTER_US:
            return state._replace(eased=True), [Notice(t_us, "ease_off", _against_the_line(state, r))]
        return state, []
    if state.band == state.said_band or t_us - state.band_since_us < _BAND_SAID_AFTER_US:
        return state, []
    state = state._replace(said_band=state.band)
    if not state.band or state.ended and state.band != OFF:  # after the window nobody is told to stay
        return state, []
    return state, [Notice(t_us, state.band, _against_the_line(state, r))]


def _against_the_line(state: State, r: Reading) -> dict[str, float | int | str | None]:
    return {"gauge_kpa": round(r.gauge_kpa, 2), "ceiling_kpa": None if state.plan.own_rating else round(limit_kpa(state), 2)}


def _say_guard(state: State, t_us: int) -> tuple[State, list[Notice]]:
    """Whether the board's own alarm stands at the ceiling; said once for each ceiling, and when it does not for a while."""
    ceiling, g = state.ceiling_kpa, state.guard
    if ceiling is None and not state.plan.own_rating or state.closing:
        return state, []
    said: float | str | None = g.reason
    if g.confirmed:
        said = ceiling
    elif g.reason == WAITING and t_us - max(state.guard_asked_us, state.first_us or t_us) <= L.GUARD_SAID_AFTER_S * 1e6:
        return state, []
    if said == state.guard_said:
        return state, []
    state = state._replace(guard_said=said)
    if g.confirmed:  # the ball's own limit is not told: it is always there
        values: dict[str, float | int | str | None] = {"ceiling_kpa": round(ceiling or 0.0, 2), "limit": g.limit, "release": g.release}
        return state, [] if ceiling is None else [Notice(t_us, "guard_on", values)]
    return state, [Notice(t_us, "guard_off", {"reason": g.reason})]


def _early(state: State, r: Reading, loaded: bool) -> tuple[State, list[Notice]]:
    """`rising` and `slower`, and whether getting on is finished (until then only `over` speaks)."""
    t_us, limit = r.t_us, limit_kpa(state)
    if not loaded:
        if not state.on and state.steady_since_us is None:
            return state, []
        return state._replace(on=False, steady_since_us=None), []
    if not state.on:
        if abs(r.rate_kpa_s) > max(L.STEADY_KPA_S, L.STEADY_SHARE_S * limit):
            return state._replace(steady_since_us=None), []
        since = t_us if state.steady_since_us is None else state.steady_since_us
        return state._replace(steady_since_us=since, on=t_us - since >= L.STEADY_S * 1e6), []
    if state.over_since_us is not None or state.ended:
        return state, []
    # Only what reaches the line within the lead can be likely to, and that is quick to see.
    if r.gauge_kpa + r.rate_kpa_s * L.RISING_LEAD_S > limit and t_us - state.rising_us >= L.RISING_AGAIN_S * 1e6:
        found = ahead(r.gauge_kpa, r.rate_kpa_s, limit, L.RISING_LEAD_S, state.noise)
        if found is not None and found.chance >= L.RISING_CHANCE:
            values: dict[str, float | int | str | None] = {
                "away_s": round(found.away_s, 3), "soonest_s": round(found.soonest_s, 3),
                "latest_s": None if isinf(found.latest_s) else round(found.latest_s, 3),
            }  # fmt: skip
            return state._replace(rising_us=t_us), [Notice(t_us, "rising", values)]
    if r.rate_kpa_s > L.SLOWER_KPA_S and t_us - state.slower_us >= L.SLOWER_AGAIN_S * 1e6:
        return state._replace(slower_us=t_us), [Notice(t_us, "slower", {"rate_kpa_s": round(r.rate_kpa_s, 1)})]
    return state, []


def _moved(state: State, m: Movement) -> tuple[State, list[Notice]]:
    """`slower` for the cadence, on the same conditions as for a fast rise; `keep_moving` while a window runs, below `near`."""
    t_us = state.t_us
    if state.guided is not None and not state.guided.begun:
        return state, []
    if m.too_fast and state.on and state.over_since_us is None and not state.ended:
        if t_us - state.slower_us >= L.SLOWER_AGAIN_S * 1e6:
            return state._replace(slower_us=t_us), [Notice(t_us, "slower", {"cycle_s": round(m.cycle_s or 0.0, 2)})]
    below = state.band in (SETTLE, WORK) or state.plan.own_rating and state.loaded_since_us is not None and state.over_since_us is None
    if m.still and state.running and not state.ended and below and state.keep_moving_said < L.KEEP_MOVING_MAX:
        if t_us - state.keep_moving_us >= L.KEEP_MOVING_AGAIN_S * 1e6:
            said = state.keep_moving_said + 1
            return state._replace(keep_moving_us=t_us, keep_moving_said=said), [Notice(t_us, "keep_moving", {"still_s": L.STILL_S})]
    return state, []


def _zero(state: State, news: ZeroNews) -> tuple[State, list[Notice]]:
    """What is said about the zero; whether there is one stands in every reading."""
    t_us, kind = news.t_us, news.kind
    values: dict[str, float | int | str | None] = {"reason": kind, "off_kpa": round(news.off_kpa, 2)}
    if kind == TAKEN:
        waits = state.guided is not None and not (state.guided.begun or state.ended)
        state = state._replace(t_us=max(t_us, state.t_us), zero_problem="none", zero_said="", zero_offered=False, loaded_since_zero=False)
        return state, [get_on(state)] if waits else []
    if kind == WARM:
        return state, [Notice(t_us, "zero_needed", {"reason": WARM, "warmed_k": round(news.warmed_k, 1)})]
    if kind == REST:
        if state.zero_offered or state.off_since_us is None or t_us - state.off_since_us <= L.ZERO_OFFERED_S * 1e6:
            return state, []
        leak = state.loaded_since_zero and news.missing_kpa >= L.LEAK_KPA
        return state._replace(zero_offered=True), [Notice(t_us, "zero_needed", {**values, "reason": "leak" if leak else "offer"})]
    if kind == MOVING:
        del values["off_kpa"]  # there is no rest to tell it from
    state = state if news.asked else state._replace(zero_problem=kind)
    first = kind == DIFFERS or kind == OUTSIDE and bool(state.zero_said)
    if not (news.asked or first and kind != state.zero_said):
        return state, []
    return state._replace(zero_said=kind), [Notice(t_us, "zero_needed", values)]


def _endings(state: State, t_us: int) -> tuple[State, list[Notice]]:
    if state.ended or state.plan.ceiling_kpa is None and state.guided is None and state.over_since_us is None:
        return state, []
    if state.window_us >= state.plan.max_s * 1e6:
        return end(state, t_us, "done")
    over_since_us, off_since_us = state.over_since_us, state.off_since_us
    if over_since_us is not None and t_us - over_since_us >= _OVER_ENDS_US or state.over_us >= _OVER_TOTAL_ENDS_US:
        return end(state, t_us, "over")
    if state.load_us >= _LOAD_MAX_US:
        return end(state, t_us, "load")
    if off_since_us is not None and t_us - off_since_us >= _OFF_ENDS_US and state.load_us and (state.guided is None or state.guided.begun):
        return end(state, t_us, "off")
    if not state.may_stop and state.window_us >= state.plan.min_s * 1e6:
        return state._replace(may_stop=True), [Notice(t_us, "may_stop", {"window_s": round(state.window_us / 1e6, 3)})]
    return state, []


def end(state: State, t_us: int, reason: str) -> tuple[State, list[Notice]]:
    """The window is over, for ``reason`` (see words.py)."""
    code = "done" if reason == "done" else "ended"
    values: dict[str, float | int | str | None] = {"reason": reason, "window_s": round(state.window_us / 1e6, 3)}
    return state._replace(ended=reason), [Notice(t_us, code, values)]


def new_window(state: State, plan: Plan) -> State:
    """A new window; what is known of ball and board stays, and so does a ceiling that has fallen under this plan."""
    fresh = start(plan)
    same = plan == state.plan
    return fresh._replace(
        ceiling_kpa=state.ceiling_kpa if same else fresh.ceiling_kpa, t_us=state.t_us, first_us=state.first_us, quality=state.quality,
        trusted_us=state.trusted_us, stale=state.stale, lost=state.lost, halve_kpa=state.halve_kpa, recent=state.recent,
        keep_moving_us=state.t_us, noise=state.noise, zero_problem=state.zero_problem, zero_said=state.zero_said,
        zero_offered=state.zero_offered, loaded_since_zero=state.loaded_since_zero, guard=state.guard, guard_said=state.guard_said,
        guard_asked_us=state.guard_asked_us if same else state.t_us, closing=state.closing, window=state.window + 1,
        rated=state.rated if same else (), loaded_since_us=state.loaded_since_us,
    )  # fmt: skip


def _start(state: State) -> tuple[State, list[Notice]]:
    """Another window. A guided one is begun only when the one before is over, and only where a visit would allow it."""
    if state.guided is None:
        return new_window(state, state.plan), []
    if not state.ended:
        return state, []
    refused = enough(state)
    return (new_window(state, state.plan), [get_on(state)]) if refused is None else (state, [refused])


def _mark(state: State, mark: Mark) -> tuple[State, list[Notice]]:
    t_us = max(mark.t_us, state.t_us)
    state = state._replace(t_us=t_us)
    if mark.kind == "start":
        return _start(state)
    if mark.kind in _STOPS:
        notices = [Notice(t_us, mark.kind, {})]
        if not state.ended:
            state, ended = end(state, t_us, _STOPS[mark.kind])
            notices += ended
        return state, notices
    if mark.kind == "zero" and state.quality in (OK, SATURATED) and state.off_since_us is None:
        return state, [Notice(t_us, "zero_needed", {"reason": "loaded"})]
    if mark.kind == "rate" and mark.value is not None:
        return rate(state, mark, t_us)
    if mark.kind in ("more", "less"):
        return press(state, mark)
    if mark.kind == "close":
        return state._replace(closing=True), []
    return state, []
