"""What the calibration expects of a rating in the session, and what it says once that rating is added. Pure; both can only lower a line."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from sixten.pain.ceiling import Ceiling, fit_ceiling
from sixten.pain.model import HOLD, Posterior, Prior, Rating, posterior


@dataclass(frozen=True, slots=True)
class Basis:
    """What a ceiling was fitted from, by value, so that a replay expects and refits the same. ratings: of the calibration."""

    ratings: tuple[Rating, ...]
    prior: Prior


@lru_cache(maxsize=2)  # a fit takes 10 ms and a session has one basis
def _fitted(basis: Basis) -> Posterior:
    return posterior(basis.ratings, basis.prior)


def expected_score(basis: Basis, kpa: float, held_s: float) -> float:
    """The mean rating, 0..10, that the calibration expects after ``held_s`` at ``kpa``."""
    return _fitted(basis).expected_score(kpa, held_s)


def session_rating(basis: Basis, kpa: float, score: int, held_s: float, window: int) -> Rating:
    """A rating given in the session. All of one window are one trial: the ball lies where it lies."""
    return Rating(kpa, score, HOLD, 0.0, held_s, max((r.trial for r in basis.ratings), default=0) + 1 + window)


def refit_kpa(basis: Basis, rated: tuple[Rating, ...], hold_s: float) -> float | None:
    """The ceiling, kPa, from the calibration and what was rated since; None if together they no longer carry one."""
    fitted = fit_ceiling((*basis.ratings, *rated), basis.prior, hold_s)
    return fitted.kpa if isinstance(fitted, Ceiling) else None
