"""What a rating does to the line: it may lower it and never raises it (docs/safety.md). Pure."""

from __future__ import annotations

from sixten.ball.messages import Mark
from sixten.session import limits as L
from sixten.session.refit import expected_score, refit_kpa, session_rating
from sixten.session.values import Notice, Recent, State


def rate(state: State, mark: Mark, t_us: int, felt: Recent = ()) -> tuple[State, list[Notice]]:
    """A rating may lower the ceiling and never raises it (docs/safety.md).

    felt: the pressures up to the mark, where that is longer ago than the state remembers.
    """
    score = mark.value or 0
    if state.guided is not None:  # it is what was asked for
        state = state._replace(guided=state.guided._replace(waiting_us=None, again=False, unrated_us=None, pressed_us=None, score=0))
    now_kpa = state.recent[-1][1] if state.recent else None
    values: dict[str, float | int | str | None] = {"score": score, "gauge_kpa": None if now_kpa is None else round(now_kpa, 2)}
    if now_kpa is None:
        return state, [Notice(t_us, "rating", {**values, "ceiling_kpa": state.ceiling_kpa, "lowered": 0})]
    before = state.ceiling_kpa
    then_kpa = _at(felt or state.recent, mark.t_us - round(L.TOO_MUCH_LOOKBACK_S * 1e6))
    state, fitted_kpa = _refitted(state, score, then_kpa)
    ceiling = _lower(before, fitted_kpa) if fitted_kpa is not None else before
    if state.plan.own_rating and score >= L.RATING_CEILING:  # there is no line to lower: what is left is to ease off
        state = state._replace(halve_kpa=now_kpa / 2)
    elif score >= L.RATING_TOO_MUCH:
        ceiling = _lower(ceiling, L.TOO_MUCH_SHARE * then_kpa)
        state = state._replace(halve_kpa=now_kpa / 2)
    elif score == L.RATING_CEILING:
        ceiling = _lower(ceiling, _at(felt or state.recent, mark.t_us))
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


def _at(recent: Recent, t_us: int) -> float:
    """The pressure at ``t_us``: the last kept value not after it, or the oldest."""
    return next((kpa for t, kpa in reversed(recent) if t <= t_us), recent[0][1])
