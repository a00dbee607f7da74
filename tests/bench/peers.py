"""Other ways to read a pressure at 6 out of ratings: what the ceiling benchmark compares with.

Each takes one person's ratings and gives kPa, or NaN when it cannot. None knows of lag, delay, drift or trials. The benchmark therefore
gives each of them one factor for its bias and one for its safety, both found on other people.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from scipy.optimize import OptimizeWarning, curve_fit

from sixten.pain.model import RAMP, Rating

QUEST_KPA = np.arange(5.0, 96.0, 2.5)
QUEST_SCORE = 5  # what "yes" means: the score that nearly every ramp ends at


def limits(ratings: Sequence[Rating]) -> float:
    """Method of limits: the mean pressure of the last press of three ramps."""
    ends: dict[int, float] = {}
    for r in ratings:
        if r.kind == RAMP and r.score > 0:
            ends[r.trial] = r.kpa
    return float(np.mean(list(ends.values())[:3])) if ends else np.nan


def line(ratings: Sequence[Rating]) -> float:
    """Least squares line of score over pressure, where it reaches 6."""
    kpa, score = np.array([r.kpa for r in ratings]), np.array([r.score for r in ratings], float)
    if len(kpa) < 3 or np.ptp(kpa) < 1:
        return np.nan
    slope, at_0 = np.polyfit(kpa, score, 1)
    return float((6 - at_0) / slope) if slope > 0 else np.nan


def power(ratings: Sequence[Rating]) -> float:
    """scipy.optimize.curve_fit of the power law above a threshold."""
    kpa, score = np.array([r.kpa for r in ratings]), np.array([r.score for r in ratings], float)
    if len(kpa) < 4:
        return np.nan

    def curve(p, p0, p6, g):  # type: ignore[no-untyped-def]
        return 6 * np.maximum((p - p0) / np.maximum(p6 - p0, 0.1), 1e-9) ** g

    top = float(kpa.max())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", OptimizeWarning)
            found = curve_fit(curve, kpa, score, p0=(0.6 * top, top, 1.1), bounds=([0, 1, 0.3], [200, 400, 3]), max_nfev=200)[0]
    except (RuntimeError, ValueError):
        return np.nan
    return float(found[1])


def isotonic(ratings: Sequence[Rating]) -> float:
    """Isotonic regression of scikit-learn, where it reaches 6; its top where it does not."""
    from sklearn.isotonic import IsotonicRegression

    kpa, score = np.array([r.kpa for r in ratings]), np.array([r.score for r in ratings], float)
    if len(kpa) < 3:
        return np.nan
    grid = np.linspace(kpa.min(), kpa.max(), 400)
    fitted = IsotonicRegression(out_of_bounds="clip").fit(kpa, score).predict(grid)
    return float(grid[min(int(np.searchsorted(fitted, 6.0)), 399)])


@cache
def _quest():  # type: ignore[no-untyped-def]
    from questplus import QuestPlus

    return QuestPlus(
        stim_domain={"intensity": QUEST_KPA},
        param_domain={
            "mean": QUEST_KPA,
            "sd": np.array([2.0, 4.0, 8.0, 12.0]),
            "lower_asymptote": np.array([0.02]),
            "lapse_rate": np.array([0.05]),
        },
        outcome_domain={"response": ["Yes", "No"]},
        func="norm_cdf",
        stim_scale="linear",
        stim_selection_method="min_entropy",
        param_estimation_method="mean",
    )


def quest(ratings: Sequence[Rating]) -> float:
    """QUEST+ of the package questplus: a cumulative normal over pressure of "rated 5 or more", its posterior mean."""
    quest = _quest()
    quest.posterior = quest.prior.copy()
    for r in ratings:
        nearest = float(QUEST_KPA[int(np.abs(QUEST_KPA - r.kpa).argmin())])
        likelihood = quest.likelihoods.sel(response="Yes" if r.score >= QUEST_SCORE else "No", intensity=nearest)
        posterior = quest.posterior * likelihood
        quest.posterior = posterior / posterior.sum()
    return float(quest.param_estimate["mean"])


PEERS: dict[str, Callable[[Sequence[Rating]], float]] = {
    "mean of three ramps": limits,
    "straight line": line,
    "curve_fit power law": power,
    "isotonic regression": isotonic,
    "questplus": quest,
}
