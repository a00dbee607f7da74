"""The pressure a person stays under, from their ratings, or the reasons why there is none.

The ceiling is the pressure of which the posterior says: held still for ``hold_s``, it comes to more than 6 at its worst moment with a
probability of ``risk`` at most. It is never above the highest pressure the person has felt and rated, nor above the device limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import ceil, floor, isfinite

import numpy as np

from sixten.pain.model import HOLD, POPULATION, RAMP, Prior, Rating, population, posterior
from sixten.pressure.sensors import DEVICE_LIMIT_KPA

RISK = 0.05  # of the true pressure lying below the ceiling
RAMPS_NEEDED = 3  # without history; of two nobody can say which one is wrong
RATINGS_NEEDED = 5  # without history: three presses in three ramps fix a curve with three unknowns and leave nothing to check it by
EARLIER_NEEDED = 5  # valid calibrations after which one ramp is enough
RAMP_SPREAD = 0.20  # CV of the pressures at one score; above it, a fourth ramp
RISES = 0.35  # rank correlation (gamma) of score and pressure below which there is no slope; 1 in 200 honest people lies below
NARROW = 2  # scores that span no more than this could be one score, given with noise, unless they rise in each ramp
MAX_KPA = 406.0  # the highest end of any of the sensors; more is not a pressure
RATINGS_KEPT = 200  # the last ones: a visit gives about 25, and the work grows with them

POSTERIOR, HIGHEST_FELT, DEVICE = "posterior", "highest felt", "device"


@dataclass(frozen=True)
class Ceiling:
    """kpa: the line. median_kpa, interval_kpa: of the true pressure, 90 %. highest_felt_kpa: highest rated pressure. limited_by:
    "posterior", "highest felt" or "device". mean, sd: what these ratings alone
    say of the unknowns, in their order (model.py), for `prior_after`. ratings: how many."""

    kpa: float
    median_kpa: float
    interval_kpa: tuple[float, float]
    highest_felt_kpa: float
    limited_by: str
    hold_s: float
    mean: tuple[float, ...]
    sd: tuple[float, ...]
    ratings: int


@dataclass(frozen=True)
class NotCalibrated:
    """Why there is no ceiling, in words that say what to do."""

    reasons: tuple[str, ...]


def fit_ceiling(
    ratings: Sequence[Rating],
    prior: Prior = POPULATION,
    hold_s: float = 60.0,
    risk: float = RISK,
    device_limit_kpa: float = DEVICE_LIMIT_KPA,
) -> Ceiling | NotCalibrated:
    """The ceiling for a hold of ``hold_s``, or why not. Any list of ratings gives one or the other.

    Raises ValueError for a ``hold_s``, ``risk`` or ``device_limit_kpa`` that makes no sense: those are the caller's.
    """
    if not (0 < hold_s <= 600 and 0 < risk <= 0.5 and 0 < device_limit_kpa <= MAX_KPA):
        raise ValueError(f"no ceiling for a hold of {hold_s} s, a risk of {risk} and a device limit of {device_limit_kpa} kPa")
    reasons = refused(ratings, prior)
    if reasons:
        return NotCalibrated(reasons)
    kept = ratings[-RATINGS_KEPT:]
    fitted = posterior(kept, prior)
    base = population(prior.hurts)
    alone = fitted if prior == base else posterior(kept, base)  # so that a later prior counts no day twice
    highest = max(r.kpa for r in ratings)
    line, low, median, high = fitted.p6_quantiles((risk, 0.05, 0.5, 0.95), hold_s)
    kpa, limited_by = min((line, POSTERIOR), (highest, HIGHEST_FELT), (device_limit_kpa, DEVICE))
    mean, sd = alone.moments()
    return Ceiling(
        kpa=floor(kpa * 100) / 100,  # hundredths, downwards: more is below any sensor's noise
        median_kpa=round(median, 2),
        interval_kpa=(round(low, 2), round(high, 2)),
        highest_felt_kpa=highest,
        limited_by=limited_by,
        hold_s=hold_s,
        mean=mean,
        sd=sd,
        ratings=len(ratings),
    )


def refused(ratings: Sequence[Rating], prior: Prior = POPULATION) -> tuple[str, ...]:
    """Why these ratings cannot carry a ceiling; empty when they can."""
    unusable = next((bad for r in ratings if (bad := _not_a_rating(r))), "")
    if unusable:
        return (unusable,)
    if not ratings:
        return ("Nothing has been rated yet: do the ramps.",)
    scores = [r.score for r in ratings]
    if max(scores) == 0:
        return ("You rated everything 0: without any pain there is no line to draw. Do an own-rating session instead.",)
    if min(scores) == 10:
        return ("You rated everything 10: start again with much less weight, and come off at 6.",)
    reasons = []
    ramps = valid_ramps(ratings)
    needed = 1 if prior.earlier >= EARLIER_NEEDED else RAMPS_NEEDED
    if len(ramps) < needed:
        reasons.append(f"{len(ramps)} of the {needed} ramps needed {'has' if len(ramps) == 1 else 'have'} ratings: do another ramp.")
    if needed == RAMPS_NEEDED and len(ratings) < RATINGS_NEEDED:
        reasons.append(f"{len(ratings)} ratings are too few: press each time it has become one more.")
    if not reasons:
        reasons += _slope(ratings)
    if not reasons and needed == RAMPS_NEEDED:
        spread = ramp_spread(ratings)
        if spread > RAMP_SPREAD:
            more = "do one more ramp, slowly." if len(ramps) == RAMPS_NEEDED else "rest, lie down the same way again and start over."
            reasons.append(f"The ramps differ by {ceil(100 * spread)}%, more than {RAMP_SPREAD:.0%}: {more}")
    return tuple(reasons)


def another_ramp_needed(ratings: Sequence[Rating]) -> bool:
    """Whether three ramps lie so far apart that a fourth is asked for. The best three of four must then agree."""
    return len(valid_ramps(ratings)) == RAMPS_NEEDED and ramp_spread(ratings) > RAMP_SPREAD


def valid_ramps(ratings: Sequence[Rating]) -> list[int]:
    """Trial numbers of the ramps that say something: pain was rated in them, or none up to nearly the highest load of all."""
    highest = max((r.kpa for r in ratings), default=0.0)
    return sorted({r.trial for r in ratings if r.kind == RAMP and (r.score > 0 or r.kpa >= NEARLY * highest)})


def ramp_spread(ratings: Sequence[Rating]) -> float:
    """Coefficient of variation of the ramps' pressures at the highest score that all of them reached; of more than three ramps, the
    three that agree best. 0 with fewer than two ramps.

    A ramp that skips that score is read by the first press at or above it.
    """
    ramps = valid_ramps(ratings)
    if len(ramps) < 2:
        return 0.0
    by_trial = {t: [r for r in ratings if r.trial == t and r.kind == RAMP] for t in ramps}
    spreads = []
    for some in combinations(ramps[-RAMPS_COMPARED:], min(RAMPS_NEEDED, len(ramps))):
        shared = min(max(r.score for r in by_trial[t]) for t in some)
        if shared < SCORE_COMPARED:  # all the load the person will give does not hurt more: there is nothing to compare
            return 0.0
        kpa = np.array([min(r.kpa for r in by_trial[t] if r.score >= shared) for t in some])
        spreads.append(float(kpa.std(ddof=1) / max(kpa.mean(), 1e-9)))
    return min(spreads)


RAMPS_COMPARED = 8  # the last ones; a visit has four
SCORE_COMPARED = 3  # the first presses scatter by more than the ramps do
NEARLY = 0.8  # of the highest load of all: as far as that without pain, and a ramp says where pain is not


def _slope(ratings: Sequence[Rating]) -> list[str]:
    """What is wrong if ratings do not rise with the pressure: neither over all of them, nor over ramps and holds apart, because pain is
    late in a ramp."""
    ratings = ratings[-RATINGS_KEPT:]
    to_limit = {r.trial for r in ratings if r.kind == RAMP and r.kpa >= DEVICE_LIMIT_KPA}
    ratings = _without_ends(ratings)
    together = _gamma([ratings])
    if together is None:
        return ["All your ratings are the same, or all at one pressure: do another ramp and press each time it has become one more."]
    apart = _gamma([[r for r in ratings if r.kind == kind] for kind in (RAMP, HOLD)])
    gamma = together if apart is None else max(together, apart)
    if gamma < -RISES:
        return ["Your ratings fall as the pressure rises: rate how much it hurts, 0 for no pain, and start over."]
    scores = [r.score for r in ratings]
    if gamma < RISES or max(scores) - min(scores) <= NARROW and not _rise_in_each(ratings, to_limit):
        return ["Your ratings do not rise with the pressure: rate each time it has become one more, and start over."]
    return []


def _without_ends(ratings: Sequence[Rating]) -> list[Rating]:
    """Without what only says that a ramp went to the ball's limit and had not become one more: that is nothing about whether it rises."""
    kept, reached = [], dict[int, int]()
    for r in ratings:
        if not (r.kind == RAMP and r.kpa >= DEVICE_LIMIT_KPA and r.score == reached.get(r.trial, 0)):
            kept.append(r)
        reached[r.trial] = r.score
    return kept


def _gamma(groups: Sequence[Sequence[Rating]]) -> float | None:
    """Pairs of one group in which more pressure was rated higher, less those in which it was rated lower, as a share of all pairs that
    differ in both (Goodman and Kruskal's gamma); None if there is no such pair."""
    agree = 0.0
    pairs = 0.0
    for some in groups:
        kpa, score = np.array([r.kpa for r in some]), np.array([float(r.score) for r in some])
        sign = np.sign(kpa[:, None] - kpa) * np.sign(score[:, None] - score)
        agree, pairs = agree + float(sign.sum()), pairs + float(np.abs(sign).sum())
    return agree / pairs if pairs else None


def _rise_in_each(ratings: Sequence[Rating], to_limit: set[int]) -> bool:
    """Whether at least three ramps have two presses or more, and each press of each ramp is above the one before. One of them may be
    short if it went to the ball's limit, ``to_limit``: little pain there is what sturdy people have to say."""
    by_trial: dict[int, list[Rating]] = {}
    for r in ratings:
        if r.kind == RAMP:
            by_trial.setdefault(r.trial, []).append(r)
    longer = {trial: some for trial, some in by_trial.items() if len(some) > 1}
    rise = all(a.score < b.score and a.kpa < b.kpa for some in longer.values() for a, b in zip(some, some[1:], strict=False))
    return rise and len(longer) >= RAMPS_NEEDED - 1 and len(to_limit.union(longer)) >= RAMPS_NEEDED


def _not_a_rating(r: Rating) -> str:
    if not (isfinite(r.kpa) and 0 <= r.kpa <= MAX_KPA):
        return f"A rating has a pressure of {r.kpa} kPa: it must lie between 0 and {MAX_KPA:g}."
    if not 0 <= r.score <= 10 or r.score != int(r.score):
        return f"A rating of {r.score}: it must be a whole number from 0 to 10."
    if r.kind not in (RAMP, HOLD):
        return f"A rating of the kind {r.kind!r}: it must be {RAMP!r} or {HOLD!r}."
    if not (isfinite(r.rate_kpa_s) and isfinite(r.held_s)):
        return "A rating without a rate of rise or a time held: give 0 where there is none."
    return ""
