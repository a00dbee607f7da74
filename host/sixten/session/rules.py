"""All warnings are decided here: ``step(state, input) -> (state, notices)``, a pure function of readings, movement and marks.

It reads no clock. Time is the device's and comes in with what happens. A state is a value: keep one, go back to it, compare it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isinf, isnan
from typing import NamedTuple

from sixten.ball.messages import Connection, Mark
from sixten.pain.model import Rating
from sixten.pressure.movement import Movement
from sixten.pressure.readings import OK, SATURATED, STALE, Reading
from sixten.pressure.rise import Noise, ahead
from sixten.pressure.zero import DIFFERS, MOVING, OUTSIDE, REST, TAKEN, WARM, ZeroNews
from sixten.session import limits as L
from sixten.session.guard import WAITING, Status
from sixten.session.refit import Basis, expected_score, refit_kpa, session_rating

OFF, SETTLE, WORK, NEAR, OVER = "off", "settle", "work", "near", "over"

_STOPS = {"stop": "stop", "symptom": "symptom"}


class Notice(NamedTuple):
    """Something to tell: ``code`` (see words.py), and the numbers that belong to it."""

    t_us: int
    code: str
    values: dict[str, float | int | str | None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What was agreed before the window. min_s, max_s: 30..60 s. ceiling_kpa: None shows the gauge and runs no window.
    basis: what a calibrated ceiling was fitted from; without it a rating can be surprising to nobody.

    Raises ValueError, in words for the person, for lengths or a ceiling outside what the practice and the ball allow.
    """

    ceiling_kpa: float | None = None
    min_s: float = L.WINDOW_MIN_S
    max_s: float = L.WINDOW_MAX_S
    basis: Basis | None = None

    def __post_init__(self) -> None:
        if not L.WINDOW_MIN_S <= self.min_s <= self.max_s <= L.WINDOW_MAX_S:
            raise ValueError(f"a window lasts {L.WINDOW_MIN_S} to {L.WINDOW_MAX_S} s, not {self.min_s} to {self.max_s}")
        c = self.ceiling_kpa
        if c is not None and not L.CEILING_MIN_KPA <= c <= L.DEVICE_LIMIT_KPA:  # also refuses NaN
            raise ValueError(
                f"a ceiling must lie between {L.CEILING_MIN_KPA:g} and {L.DEVICE_LIMIT_KPA:g} kPa (the ball's own limit), not {c:g}"
            )


class State(NamedTuple):
    """Where the session stands. Times are device microseconds; ``None`` = not so now."""

    plan: Plan
    ceiling_kpa: float | None = None  # may fall during the session, never rise
    t_us: int = 0
    quality: str = ""
    band: str = ""  # the band now
    said_band: str = ""  # the band last announced
    band_since_us: int = 0
    first_us: int | None = None  # the first reading that could be trusted
    trusted_us: int | None = None  # the last reading that could be trusted
    window_us: int = 0  # trusted time in work and near
    load_us: int = 0  # time with load on, whatever the band
    over_since_us: int | None = None
    over_us: int = 0  # added up over the window
    eased: bool = False  # "ease off" has been said in this spell of over
    off_since_us: int | None = None
    loaded_since_us: int | None = None
    steady_since_us: int | None = None
    on: bool = False  # getting on is finished
    rising_us: int = -(10**12)  # when it was last said
    slower_us: int = -(10**12)
    running: bool = False  # the last trusted reading could have counted: a ceiling, a zero, the board's alarm set, and not ended
    guard: Status = Status(0, False, reason=WAITING)  # the board's own alarm
    guard_said: str = ""  # what was last said of it
    guard_asked_us: int = 0  # since when it has been waited for
    closing: bool = False  # the program is being left
    keep_moving_us: int = -(10**12)  # when it was last said, or the window was begun
    keep_moving_said: int = 0  # times in this window
    zero_problem: str = "none"  # why there is no zero yet
    zero_said: str = ""  # what was last said about that
    zero_offered: bool = False  # since the ball was last loaded
    loaded_since_zero: bool = False
    may_stop: bool = False
    ended: str = ""  # why the window is over; "" while it is not
    stale: bool = False
    lost: bool = False
    interrupted: bool = False  # silent for so long that the session is closed
    halve_kpa: float | None = None  # after a rating of 7 or more: over until the load has fallen to this
    window: int = 0  # how many there were before this one
    rated: tuple[Rating, ...] = ()  # in this session
    recent: tuple[tuple[int, float], ...] = ()  # (t_us, fast) of about the last second, every 0.1 s
    noise: Noise = Noise()  # of the ball's sensor behind the filters, once it is known


def start(plan: Plan) -> State:
    """The state before anything has happened."""
    return State(plan=plan, ceiling_kpa=plan.ceiling_kpa)


def limit_kpa(state: State) -> float:
    """The line that `over` is judged by: the ceiling, or the ball's own limit where there is none."""
    return L.DEVICE_LIMIT_KPA if state.ceiling_kpa is None else state.ceiling_kpa


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
    if t_us - (state.trusted_us or 0) > L.LOST_S * 1e6:
        if not state.lost:
            state = state._replace(lost=True)
            notices.append(Notice(t_us, "lost", {"reason": "silence"}))
        if not state.interrupted:
            how = state.ended  # a window that was over stays what it was
            state, ended = _end(state._replace(interrupted=True), t_us, "interrupted")
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
    dt_us = 0 if state.trusted_us is None else t_us - state.trusted_us
    if dt_us > L.MAX_STEP_S * 1e6 or dt_us < 0:
        dt_us = 0

    over = _is_over(state, r)
    band = OVER if over else _band(state, r.smooth_kpa)
    loaded = over or _loaded(state, r.smooth_kpa)
    before, was_over = state.band, state.over_since_us
    recent = state.recent
    if not recent or t_us - recent[-1][0] >= 100_000:
        recent = (*recent[-11:], (t_us, r.gauge_kpa))
    halve_kpa = state.halve_kpa if state.halve_kpa is not None and r.gauge_kpa > state.halve_kpa else None
    running = state.plan.ceiling_kpa is not None and not state.ended and r.zeroed and state.guard.confirmed
    counts = running and band in (WORK, NEAR) and before in (WORK, NEAR)
    first_us = t_us if state.first_us is None else state.first_us
    state = state._replace(
        t_us=t_us,
        quality=r.quality,
        trusted_us=t_us,
        band=band,
        band_since_us=state.band_since_us if band == before else t_us,
        window_us=state.window_us + dt_us if counts else state.window_us,
        load_us=state.load_us + dt_us if loaded and not state.ended else state.load_us,
        over_since_us=(was_over if was_over is not None else t_us) if over else None,
        over_us=state.over_us + dt_us if over and not state.ended else state.over_us,
        eased=state.eased and over,
        loaded_since_us=(t_us if state.loaded_since_us is None else state.loaded_since_us) if loaded else None,
        off_since_us=None if loaded else (state.off_since_us if state.off_since_us is not None else t_us),
        recent=recent,
        halve_kpa=halve_kpa,
        running=running,
        zero_offered=state.zero_offered and not loaded,
        loaded_since_zero=state.loaded_since_zero or loaded,
        first_us=first_us,
    )
    state, said = _say_band(state, r, was_over)
    notices += said
    state, said = _early(state, r, loaded)
    notices += said
    state, said = _say_guard(state, t_us)
    notices += said
    if not (r.zeroed or state.zero_said) and (loaded or t_us - first_us > L.ZERO_ASKED_S * 1e6):
        state = state._replace(zero_said=state.zero_problem)
        notices.append(Notice(t_us, "zero_needed", {"reason": state.zero_problem}))
    state, said = _endings(state, t_us)
    return state, notices + said


def _is_over(state: State, r: Reading) -> bool:
    if r.quality == SATURATED or state.halve_kpa is not None and r.gauge_kpa > state.halve_kpa:
        return True
    limit = limit_kpa(state)
    return r.gauge_kpa > (limit * L.OVER_LEAVES_SHARE if state.over_since_us is not None else limit)


def _band(state: State, smooth_kpa: float) -> str:
    """The band by `smooth`; empty where there is no ceiling. `smooth` lags, so above the line without `over` it is still near."""
    if state.ceiling_kpa is None:
        return ""
    share = smooth_kpa / state.ceiling_kpa
    if smooth_kpa < L.OFF_KPA or share < L.OFF_SHARE:
        return OFF
    if share < L.SETTLE_SHARE:
        return SETTLE
    return WORK if share < L.NEAR_SHARE else NEAR


def _loaded(state: State, smooth_kpa: float) -> bool:
    return smooth_kpa >= max(L.OFF_KPA, L.OFF_SHARE * (state.ceiling_kpa or 0.0))


def _say_band(state: State, r: Reading, was_over: int | None) -> tuple[State, list[Notice]]:
    t_us = r.t_us
    if state.over_since_us is not None:
        if was_over is None:
            values = {**_against_the_line(state, r), "saturated": int(r.quality == SATURATED)}
            return state._replace(said_band=OVER), [Notice(t_us, OVER, values)]
        if not state.eased and t_us - state.over_since_us >= L.EASE_OFF_AFTER_S * 1e6:
            return state._replace(eased=True), [Notice(t_us, "ease_off", _against_the_line(state, r))]
        return state, []
    if state.band == state.said_band or t_us - state.band_since_us < L.BAND_SAID_AFTER_S * 1e6:
        return state, []
    state = state._replace(said_band=state.band)
    if not state.band or state.ended and state.band != OFF:  # after the window nobody is told to stay
        return state, []
    return state, [Notice(t_us, state.band, _against_the_line(state, r))]


def _against_the_line(state: State, r: Reading) -> dict[str, float | int | str | None]:
    return {"gauge_kpa": round(r.gauge_kpa, 2), "ceiling_kpa": round(limit_kpa(state), 2)}


def _say_guard(state: State, t_us: int) -> tuple[State, list[Notice]]:
    """Whether the board's own alarm stands at the ceiling; said once for each ceiling, and when it does not for a while."""
    ceiling, g = state.ceiling_kpa, state.guard
    if ceiling is None or state.closing:
        return state, []
    if g.confirmed:
        said = f"on {ceiling}"
    elif g.reason != WAITING or t_us - max(state.guard_asked_us, state.first_us or t_us) > L.GUARD_SAID_AFTER_S * 1e6:
        said = f"off {g.reason}"
    else:
        return state, []
    if said == state.guard_said:
        return state, []
    state = state._replace(guard_said=said)
    if g.confirmed:
        return state, [Notice(t_us, "guard_on", {"ceiling_kpa": round(ceiling, 2), "limit": g.limit, "release": g.release})]
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
    if m.too_fast and state.on and state.over_since_us is None and not state.ended:
        if t_us - state.slower_us >= L.SLOWER_AGAIN_S * 1e6:
            return state._replace(slower_us=t_us), [Notice(t_us, "slower", {"cycle_s": round(m.cycle_s or 0.0, 2)})]
    if m.still and state.running and not state.ended and state.band in (SETTLE, WORK) and state.keep_moving_said < L.KEEP_MOVING_MAX:
        if t_us - state.keep_moving_us >= L.KEEP_MOVING_AGAIN_S * 1e6:
            said = state.keep_moving_said + 1
            return state._replace(keep_moving_us=t_us, keep_moving_said=said), [Notice(t_us, "keep_moving", {"still_s": L.STILL_S})]
    return state, []


def _zero(state: State, news: ZeroNews) -> tuple[State, list[Notice]]:
    """What is said about the zero; whether there is one stands in every reading."""
    t_us, kind = news.t_us, news.kind
    values: dict[str, float | int | str | None] = {"reason": kind, "off_kpa": round(news.off_kpa, 2)}
    if kind == TAKEN:
        return state._replace(zero_problem="none", zero_said="", zero_offered=False, loaded_since_zero=False), []
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
    if state.ended or state.plan.ceiling_kpa is None and state.over_since_us is None:
        return state, []
    if state.window_us >= state.plan.max_s * 1e6:
        return _end(state, t_us, "done")
    over_s = 0.0 if state.over_since_us is None else (t_us - state.over_since_us) / 1e6
    if over_s >= L.OVER_ENDS_S or state.over_us >= L.OVER_TOTAL_ENDS_S * 1e6:
        return _end(state, t_us, "over")
    if state.load_us >= L.LOAD_MAX_S * 1e6:
        return _end(state, t_us, "load")
    if state.load_us and state.off_since_us is not None and t_us - state.off_since_us >= L.OFF_ENDS_S * 1e6:
        return _end(state, t_us, "off")
    if not state.may_stop and state.window_us >= state.plan.min_s * 1e6:
        return state._replace(may_stop=True), [Notice(t_us, "may_stop", {"window_s": round(state.window_us / 1e6, 3)})]
    return state, []


def _end(state: State, t_us: int, reason: str) -> tuple[State, list[Notice]]:
    code = "done" if reason == "done" else "ended"
    values: dict[str, float | int | str | None] = {"reason": reason, "window_s": round(state.window_us / 1e6, 3)}
    return state._replace(ended=reason), [Notice(t_us, code, values)]


def _mark(state: State, mark: Mark) -> tuple[State, list[Notice]]:
    t_us = max(mark.t_us, state.t_us)
    state = state._replace(t_us=t_us)
    if mark.kind == "start":  # a new window; the ceiling stays where it has fallen to
        return start(state.plan)._replace(
            ceiling_kpa=state.ceiling_kpa, t_us=t_us, first_us=state.first_us, quality=state.quality, trusted_us=state.trusted_us,
            stale=state.stale, lost=state.lost, halve_kpa=state.halve_kpa, recent=state.recent, keep_moving_us=t_us, noise=state.noise,
            zero_problem=state.zero_problem, zero_said=state.zero_said, zero_offered=state.zero_offered,
            loaded_since_zero=state.loaded_since_zero,
            guard=state.guard, guard_said=state.guard_said, guard_asked_us=state.guard_asked_us, closing=state.closing,
            window=state.window + 1, rated=state.rated, loaded_since_us=state.loaded_since_us,
        ), []  # fmt: skip
    if mark.kind in _STOPS:
        notices = [Notice(t_us, mark.kind, {})]
        if not state.ended:
            state, ended = _end(state, t_us, _STOPS[mark.kind])
            notices += ended
        return state, notices
    if mark.kind == "zero" and state.quality in (OK, SATURATED) and state.off_since_us is None:
        return state, [Notice(t_us, "zero_needed", {"reason": "loaded"})]
    if mark.kind == "rate" and mark.value is not None:
        return _rating(state, mark, t_us)
    if mark.kind == "close":
        return state._replace(closing=True), []
    return state, []


def _rating(state: State, mark: Mark, t_us: int) -> tuple[State, list[Notice]]:
    """A rating may lower the ceiling and never raises it (docs/safety.md)."""
    score = mark.value or 0
    now_kpa = state.recent[-1][1] if state.recent else None
    values: dict[str, float | int | str | None] = {"score": score, "gauge_kpa": None if now_kpa is None else round(now_kpa, 2)}
    if now_kpa is None:
        return state, [Notice(t_us, "rating", {**values, "ceiling_kpa": state.ceiling_kpa, "lowered": 0})]
    before = state.ceiling_kpa
    then_kpa = _at(state.recent, mark.t_us - round(L.TOO_MUCH_LOOKBACK_S * 1e6))
    state, fitted_kpa = _refitted(state, score, then_kpa)
    ceiling = _lower(before, fitted_kpa) if fitted_kpa is not None else before
    if score >= L.RATING_TOO_MUCH:
        ceiling = _lower(ceiling, L.TOO_MUCH_SHARE * then_kpa)
        state = state._replace(halve_kpa=now_kpa / 2)
    elif score == L.RATING_CEILING:
        ceiling = _lower(ceiling, _at(state.recent, mark.t_us))
    values |= {"ceiling_kpa": ceiling, "lowered": int(ceiling != before)}
    return state._replace(ceiling_kpa=ceiling), [Notice(t_us, "rating", values)]


def _refitted(state: State, score: int, kpa: float) -> tuple[State, float | None]:
    """The ceiling as the calibration sees it after a rating that is too high or higher than it expected; None where nothing is refitted.

    kpa: what was felt, so from before the key. Every rating under load is kept, whether or not it surprises: the next fit uses all.
    """
    basis = state.plan.basis
    if basis is None or state.ceiling_kpa is None or kpa < L.OFF_KPA or state.loaded_since_us is None:
        return state, None
    held_s = (state.t_us - state.loaded_since_us) / 1e6
    state = state._replace(rated=(*state.rated, session_rating(basis, kpa, score, held_s, state.window))[-L.RATED_MAX :])
    if score < L.RATING_TOO_MUCH and score - expected_score(basis, kpa, held_s) < L.SURPRISE:
        return state, None
    fitted = refit_kpa(basis, state.rated, state.plan.max_s)
    return state, None if fitted is None else max(fitted, L.OFF_KPA)


def _lower(ceiling_kpa: float | None, to_kpa: float) -> float | None:
    """Only with a ceiling, and only where there is load: a rating off the ball says nothing about a pressure."""
    if ceiling_kpa is None or to_kpa < L.OFF_KPA:
        return ceiling_kpa
    return min(ceiling_kpa, to_kpa)


def _at(recent: tuple[tuple[int, float], ...], t_us: int) -> float:
    """The pressure at ``t_us``: the last kept value not after it, or the oldest."""
    return next((kpa for t, kpa in reversed(recent) if t <= t_us), recent[0][1])
