"""A person's pain curve from their ratings: a prior, and a posterior as weighted draws.

How: all unknowns are put on scales where the prior is a standard normal. The most probable point, of the unknowns and of where each trial
found the curve, is searched by damped Gauss-Newton steps. Around it the eight unknowns are drawn from a multivariate t on one fixed
low-discrepancy set and weighted by importance; given each draw, the trials are summed out one by one on a few nodes. No random numbers:
the same ratings give the same posterior.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import exp, isfinite, log, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from sixten.pain import curve as C
from sixten.pain.curve import CEILING_PAIN, HOLD, LN_K, LN_P6, RAMP, UNKNOWNS, Array, Block, Curve, Data, Rating, gather, log_likelihood

__all__ = [
    "BETWEEN_DAYS",
    "OTHER_SIDE",
    "REPLACED",
    "HOLD",
    "LN_P6",
    "POPULATION",
    "RAMP",
    "UNKNOWNS",
    "Earlier",
    "Posterior",
    "Prior",
    "Rating",
    "population",
    "posterior",
    "prior_after",
]


@dataclass(frozen=True)
class Prior:
    """Independent normals of the unknowns. mean, sd: each in their order. earlier: valid calibrations behind it. hurts: what the person
    said when asked whether this hip hurts on most days; None = not asked, or not sure.

    The unknowns: ln p6 (kPa), ln(p6/p0 - 1), the exponent, ln lag (s), ln button delay (s), the share of the pain that a ramp's rating
    shows, how much before the whole number a press comes, drift (points a minute on top of 0.3 (pain - 4)).
    """

    mean: tuple[float, ...]
    sd: tuple[float, ...]
    earlier: int = 0
    hurts: bool | None = None

    def __post_init__(self) -> None:
        numbers = (*self.mean, *self.sd)
        if len(self.mean) != UNKNOWNS or len(self.sd) != UNKNOWNS or not all(map(isfinite, numbers)) or min(self.sd) <= 0:
            raise ValueError(f"a prior is {UNKNOWNS} finite means and as many spreads above 0")


# A hip that hurts feels 6 at 0.6 of the pressure, and in many the pain goes on climbing by 1.5 points a minute. Ten seconds of hold do not
# show who climbs, so it is asked; whoever is not sure is taken to be rather one of them, because an error there is on the unsafe side.
LN_P6_HURTS = log(0.6 * 38.0)  # painful hips: 0.6 of the pressure [judged from local thresholds 1.5 SD lower]
DRIFT_HEALTHY = 0.5  # points a minute, of whoever says it does not hurt; not 0, for those who answer wrongly [tuned]
DRIFT_UNKNOWN = 1.0  # of whoever is not sure [tuned]
DRIFT_HURTS = 1.2  # of whoever says it hurts: 1.5 in those who are sensitised, and less for the others [judged]

# The spread of ln p6 is half again as wide as the published ones come to, because nobody has been measured on a ball. A press comes 0.5
# before the whole number from people who round, and at it from people who wait for it: 0.4, give or take 0.15, leans to the first.
POPULATION = Prior(
    mean=(log(38.0), log(0.52), 1.1, log(3.0), log(0.8), 0.90, 0.40, DRIFT_UNKNOWN),
    sd=(0.9, 0.45, 0.3, 0.5, 0.3, 0.03, 0.15, 1.0),
)


def population(hurts: bool | None) -> Prior:
    """The prior of people who gave this answer, before any rating."""
    if hurts is None:
        return POPULATION
    where, drift = (LN_P6_HURTS, DRIFT_HURTS) if hurts else (POPULATION.mean[LN_P6], DRIFT_HEALTHY)
    return Prior((where, *POPULATION.mean[LN_P6 + 1 : C.DRIFT], drift), POPULATION.sd, hurts=hurts)


class Earlier(NamedTuple):
    """An earlier valid calibration. mean, sd: as in Ceiling (what its ratings alone said). same_side: of the same side and ball."""

    mean: tuple[float, ...]
    sd: tuple[float, ...]
    same_side: bool = True


BETWEEN_DAYS = 0.20  # SD by which ln p6 moves from day to day: 0.22 for thresholds [computed, Naugle 2021]
REPLACED = 0.25  # SD by which ln p6 moves when the ball is placed anew, 1-2 cm off the tender point [judged]
OTHER_SIDE = 0.35  # least SD of ln p6 after calibrations of the other side alone [judged]
TRAIT_LEAST = 0.7  # of the population's spread: habits change, and the normals that are added up are not quite normal [tuned]
EARLIER_KEPT = 20  # the latest ones; more narrow the prior by less than a hundredth


def prior_after(earlier: Sequence[Earlier], hurts: bool | None = None) -> Prior:
    """The prior for another day's calibration of this side, after ``earlier`` ones, oldest first. hurts: today's answer.

    ln p6: each earlier day is the person's usual value plus that day's shift, that placement and its own uncertainty; today adds a
    shift and a placement. The other unknowns are the person's own, and what each day added to the population's knowledge adds up.
    """
    base = population(hurts)
    same = [e for e in earlier if e.same_side][-EARLIER_KEPT:]
    used = same or list(earlier)[-EARLIER_KEPT:]
    if not used:
        return base
    today = BETWEEN_DAYS**2 + REPLACED**2
    mean, sd = list(base.mean), list(base.sd)
    # ln p6: normal with a known spread; the population stands for one vague calibration.
    precision = 1 / base.sd[LN_P6] ** 2
    total = precision * base.mean[LN_P6]
    for e in used:
        w = 1 / (today + e.sd[LN_P6] ** 2)
        precision, total = precision + w, total + w * e.mean[LN_P6]
    mean[LN_P6], sd[LN_P6] = total / precision, sqrt(1 / precision + today)
    if not same:
        sd[LN_P6] = max(sd[LN_P6], sqrt(OTHER_SIDE**2 + today))
    for i in range(LN_K, UNKNOWNS):
        known = 1 / base.sd[i] ** 2
        precision, total = known, known * base.mean[i]
        for e in used:
            learned = 1 / e.sd[i] ** 2
            if learned > known:
                precision, total = precision + learned - known, total + learned * e.mean[i] - known * base.mean[i]
        mean[i], sd[i] = total / precision, max(sqrt(1 / precision), TRAIT_LEAST * base.sd[i])
    return Prior(tuple(mean), tuple(sd), earlier=len(same), hurts=hurts)


DRAWS = 512  # their own error moves the ceiling by 1.5 % (root mean square), the person's by 9 %
EFFECTIVE = 80  # independent draws below which a posterior is drawn again
ROUNDS = 4  # more gain nothing where four did not
CHUNK = 64  # draws at a time: what is in hand stays in the processor's cache
MODE_STEPS = 14  # six are usual; a lost step costs one
TAIL = 8.0  # degrees of freedom of the proposal
NODES = {RAMP: 1.25 * np.arange(-2.0, 3.0), HOLD: 1.3 * np.arange(-3.0, 4.0)}  # in conditional SDs: where a trial's place is summed over


@cache
def _spread_out(n: int, dims: int) -> tuple[Array, Array]:
    """``n`` standard normal points, shape (n, dims), and a chi-square quantile each, shape (n,), evenly spread: the additive recurrence on
    the powers of the root of x^(d+1) = x + 1, and their mirror images."""
    d = dims + 1
    root = 2.0
    for _ in range(60):
        root = (1 + root) ** (1 / (d + 1))
    step = root ** -np.arange(1.0, d + 1)
    u = (0.5 + np.outer(np.arange(1, n // 2 + 1), step)) % 1.0
    normal = special.ndtri(u[:, :dims])
    chi2 = special.chdtri(TAIL, u[:, dims])
    return np.concatenate([normal, -normal]), np.concatenate([chi2, chi2])


def _mean(weight: Array, values: Array) -> Array:
    """Weighted mean over the first axis. einsum adds up in one order on any number of threads, so a replay finds the same."""
    return np.asarray(np.einsum("n,n...->...", weight, values))


class Posterior:
    """Weighted draws of the unknowns. ``theta``: shape (draws, unknowns); ``weight``: shape (draws,), sum 1; ``effective``: how many
    independent draws they are worth."""

    def __init__(self, theta: Array, weight: Array, wandered: Array, evaluations: int) -> None:
        self.theta, self.weight, self.wandered, self.evaluations = theta, weight, wandered, evaluations
        self.effective = float(1 / np.square(weight).sum())

    def _quantiles(self, values: Array, at: Sequence[float]) -> tuple[float, ...]:
        order = np.argsort(values, kind="stable")
        below = np.cumsum(self.weight[order]) - 0.5 * self.weight[order]
        return tuple(np.interp(at, below, values[order]).tolist())

    def hold_kpa(self, hold_s: float) -> Array:
        """Per draw, the pressure that, held still for ``hold_s``, comes to 6 at its worst moment; shape (draws,)."""
        c = Curve.of(self.theta)
        pain = C.settled_for(c.lag[:, 0], c.drift[:, 0], hold_s)
        return np.asarray((c.p0[:, 0] + (c.p6 - c.p0)[:, 0] * (pain / CEILING_PAIN) ** (1 / c.g[:, 0])) * self.wandered)

    def moments(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Means and standard deviations of the unknowns, in their order."""
        mean = _mean(self.weight, self.theta)
        return tuple(mean.tolist()), tuple(np.sqrt(_mean(self.weight, np.square(self.theta - mean))).tolist())

    def felt(self, kpa: float, held_s: float) -> Array:
        """Per draw, pain 0..10 after ``held_s`` at ``kpa``; shape (draws,)."""
        c = Curve.of(self.theta)
        return np.asarray(np.clip(C.felt_held(c, np.array([kpa]), np.array([held_s]), np.array([1.0])), 0.0, 10.0)[:, 0])

    def expected_score(self, kpa: float, held_s: float = 10.0) -> float:
        """Mean rating to expect after ``held_s`` at ``kpa``."""
        return float(_mean(self.weight, self.felt(kpa, held_s)))

    def band(self, kpa: Sequence[float], at: Sequence[float] = (0.05, 0.5, 0.95), held_s: float = 10.0) -> list[tuple[float, ...]]:
        """For each pressure, quantiles of the pain after ``held_s``: what to plot."""
        return [self._quantiles(self.felt(p, held_s), at) for p in kpa]

    def next_hold_kpa(self, limit_kpa: float, hold_s: float = 60.0, held_s: float = 10.0) -> float:
        """The pressure up to ``limit_kpa`` at which one more hold of ``held_s`` is expected to narrow the pressure at 6 most: the largest
        share of the variance of its logarithm that the rating would explain (linear in the rating)."""
        wanted = np.log(self.hold_kpa(hold_s))
        wanted = wanted - _mean(self.weight, wanted)
        best, best_kpa = -1.0, limit_kpa
        for kpa in np.linspace(0.4, 1.0, 13) * limit_kpa:
            felt = self.felt(float(kpa), held_s)
            slope = (self.felt(float(kpa) * 1.02, held_s) - felt) / 0.02  # for each unit of ln p: what the trial spread comes to
            noise = C.NOISE**2 + 1 / 12 + np.square(C.NOMINAL_SPREAD * slope)
            felt = felt - _mean(self.weight, felt)
            explained = float(_mean(self.weight, felt * wanted) ** 2 / _mean(self.weight, np.square(felt) + noise))
            if explained > best:
                best, best_kpa = explained, float(kpa)
        return best_kpa

    def p6_quantiles(self, at: Sequence[float], hold_s: float = 60.0) -> tuple[float, ...]:
        """Quantiles, kPa, of ``hold_kpa``."""
        return self._quantiles(self.hold_kpa(hold_s), at)


def posterior(ratings: Sequence[Rating], prior: Prior = POPULATION) -> Posterior:
    """What ``ratings`` say, together with ``prior``. At least one rating, all of them finite, pressures not negative."""
    data = gather(ratings)
    mean, sd = np.array(prior.mean), np.array(prior.sd)
    nominal = np.sqrt(C.NOMINAL_SPREAD**2 + data.wander)
    mode, precision, evaluations = _mode(data, mean, sd, nominal, _first_guess(data, prior))
    # Trials given the unknowns, and the unknowns with the trials summed out, both as in a normal.
    p_trials, p_across = precision[UNKNOWNS:, UNKNOWNS:], precision[UNKNOWNS:, :UNKNOWNS]
    follow = -np.linalg.solve(p_trials, p_across)  # (trials, unknowns)
    covariance = np.linalg.inv(precision[:UNKNOWNS, :UNKNOWNS] + p_across.T @ follow)
    normal, chi2 = _spread_out(DRAWS, UNKNOWNS + 1)
    normal, after = normal[:, :UNKNOWNS], normal[:, UNKNOWNS]  # the last: how far the curve has wandered by the window
    step = normal * np.sqrt(TAIL / chi2)[:, None]
    log_q = -(TAIL + UNKNOWNS) / 2 * np.log1p(np.square(step).sum(axis=1) / TAIL)
    middle, spread = mode[:UNKNOWNS], covariance
    width, blocks = nominal / np.sqrt(np.diag(p_trials)), [_Nodes.of(block) for block in data.blocks]
    parts = [slice(i, i + CHUNK) for i in range(0, DRAWS, CHUNK)]
    for _ in range(ROUNDS):
        z = middle + step @ np.linalg.cholesky(spread).T
        curve = Curve.of(mean + sd * z)
        centre = data.usual + nominal * (mode[UNKNOWNS:] + (z - mode[:UNKNOWNS]) @ follow.T)
        by_spread = np.zeros((len(C.TRIAL_SPREADS), DRAWS))
        for at in blocks:
            evaluations += DRAWS * len(at.place)
            for part in parts:
                by_spread[:, part] += _trials_summed(Curve(*(u[part] for u in curve)), at, data, centre[part], width)
        top = by_spread.max(axis=0)
        log_w = top + np.log(np.array([w for _, w in C.TRIAL_SPREADS]) @ np.exp(by_spread - top)) - 0.5 * np.square(z).sum(axis=1) - log_q
        w = np.exp(log_w - log_w.max())
        w /= w.sum()
        if 1 / np.square(w).sum() >= EFFECTIVE:
            break
        # Few draws carry the weight: draw again around where it lies, at least half as wide as before.
        middle = _mean(w, z)
        spread = 0.5 * spread + np.einsum("n,ni,nj->ij", w, z - middle, z - middle)
    return Posterior(mean + sd * z, w, np.exp(C.HABITUATION_SD * after), evaluations)


class _Nodes(NamedTuple):
    """The ratings of a block, each at every node that its trial's place is summed over: trial by trial, in each node by node."""

    wide: Block
    place: NDArray[np.int64]  # (columns,): which of all places, trial by trial, in each node by node
    trials: NDArray[np.int64]
    starts: NDArray[np.int64]  # (places,): where its columns begin

    @classmethod
    def of(cls, block: Block) -> _Nodes:
        nodes = NODES[block.kind]
        trials, first, count = np.unique(block.trial, return_index=True, return_counts=True)
        order = np.concatenate([np.tile(np.arange(f, f + n), len(nodes)) for f, n in zip(first, count, strict=True)])
        columns = np.repeat(count, len(nodes))
        starts = np.concatenate([[0], np.cumsum(columns)[:-1]])
        return cls(Block(block.kind, *(column[order] for column in block[1:])), np.repeat(np.arange(len(columns)), columns), trials, starts)


def _trials_summed(curve: Curve, at: _Nodes, data: Data, centre: Array, width: Array) -> Array:
    """Log likelihood of the ratings with the places of their trials summed out, for each trial spread; shape (spreads, m).

    ``centre`` (m, trials), ``width`` (trials,): where to sum.
    """
    trials, nodes = at.trials, NODES[at.wide.kind]
    place = centre[:, trials, None] + width[trials, None] * nodes
    scale = C.stretched(place).reshape(len(place), -1)[:, at.place]
    logs = np.add.reduceat(log_likelihood(curve, scale, at.wide, data.coarse)[0], at.starts, axis=1)
    logs = logs.reshape(place.shape).transpose(1, 2, 0).copy()  # draws last: numpy is quick along long rows
    off = np.square(place - data.usual[trials, None]).transpose(1, 2, 0).copy()
    found = []
    for spread, _ in C.TRIAL_SPREADS:
        variance = (spread**2 + data.wander[trials])[:, None, None]
        each = logs - 0.5 * (off / variance + np.log(variance))
        top = each.max(axis=1)
        found.append((top + np.log(np.exp(each - top[:, None]).sum(axis=1))).sum(axis=0))
    return np.array(found)


def _first_guess(data: Data, prior: Prior) -> float:
    """ln p6 to start from: the ratings taken at face value on a curve of the usual shape."""
    onset = 1 / (1 + exp(prior.mean[LN_K]))
    guesses = []
    for block in data.blocks:
        kpa = block.kpa - (3.5 * np.minimum(block.rate_kpa_s, 4.0) if block.kind == RAMP else 0.0)
        use = (kpa > 0.5) & (block.score > 0)
        guesses += np.log(kpa[use] / (onset + (1 - onset) * block.score[use] / CEILING_PAIN)).tolist()
    highest = max(float(block.kpa.max()) for block in data.blocks)
    return float(np.median(guesses)) if guesses else max(prior.mean[LN_P6], log(max(highest, 1.0)))


def _mode(data: Data, mean: Array, sd: Array, nominal: Array, ln_p6: float) -> tuple[Array, Array, int]:
    """(most probable point, precision there, likelihood evaluations): unknowns, then trials, in units of their priors.

    Gauss-Newton steps, halved when they lose.
    """
    dims = UNKNOWNS + len(nominal)
    here = np.zeros(dims)
    here[LN_P6] = (ln_p6 - mean[LN_P6]) / sd[LN_P6]
    h = 1e-4
    steps = np.vstack([np.zeros(dims), h * np.eye(dims)])
    ratings = sum(len(block.kpa) for block in data.blocks)
    best, best_at, go, evaluations = -np.inf, here, np.zeros(dims), 0
    precision = np.eye(dims)
    for _ in range(MODE_STEPS):
        z = here + steps
        evaluations += len(z) * ratings
        curve = Curve.of(mean + sd * z[:, :UNKNOWNS])
        place = data.usual + nominal * z[:, UNKNOWNS:]
        scale = C.stretched(place)
        found = [log_likelihood(curve, scale[:, block.trial], block, data.coarse) for block in data.blocks]
        total = sum(logs.sum(axis=1) for logs, _, _ in found) - 0.5 * np.square(z).sum(axis=1)
        if total[0] < best:
            go = go / 2
            here = best_at + go
            continue
        gained, best, best_at = total[0] - best, total[0], here
        miss = np.concatenate([m for _, m, _ in found], axis=1)
        weight = np.concatenate([w for _, _, w in found])
        jacobian = (miss[1:] - miss[0]) / h  # (dims, n)
        precision = np.eye(dims) + (jacobian * weight) @ jacobian.T
        if gained < 0.01:
            break
        go = np.linalg.solve(precision, (total[1:] - total[0]) / h)
        go = go * min(1.0, 3.0 / float(np.abs(go).max()))
        here = best_at + go
    return best_at, precision, evaluations
