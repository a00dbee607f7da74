"""A person's pain curve from their ratings: a posterior, as weighted draws.

The curve: pain = 6 ((p - p0) / (p6 - p0))^g above p0, else 0. Between the curve and a rating stand, each with an uncertainty of its own:
pain follows the pressure with a lag; the key is pressed late; a press in a ramp means "it has become about one more", and ramps are
rated too low; every ramp and hold finds the curve a little elsewhere (trial spread) and ramps make it wander (habituation); pain drifts
during a hold; a rating is a whole number with noise and now and then a lapse. docs/how-it-decides-ceiling.md has the sources.

How: all unknowns are put on scales where the prior is a standard normal; the most probable point is found by damped Gauss-Newton steps, and
the posterior around it by importance sampling from a multivariate t on one fixed low-discrepancy set. So the same ratings give the same
posterior, with no random numbers.
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

Array = NDArray[np.float64]

RAMP, HOLD = "ramp", "hold"
CEILING_PAIN = 6.0


class Rating(NamedTuple):
    """One press or answer.

    kpa: gauge pressure at the key press, delay not removed. score: 0..10. kind: "ramp" or "hold". rate_kpa_s: rate of rise at the
    press, 0 in a hold. held_s: seconds at this pressure, 0 in a ramp. trial: which ramp or hold, counting up in time.
    """

    kpa: float
    score: int
    kind: str
    rate_kpa_s: float
    held_s: float
    trial: int


# --- what is not known about a person, in this order ---

LN_P6, LN_K, G, LN_LAG, LN_DELAY, BIAS, CRITERION, DRIFT = range(8)
UNKNOWNS = 8


@dataclass(frozen=True)
class Prior:
    """Independent normals of the unknowns. mean, sd: each in their order. earlier: valid calibrations behind it.

    The unknowns: ln p6 (kPa), ln(p6/p0 - 1), the exponent, ln lag (s), ln button delay (s), the share of the pain that a ramp's rating
    shows, how much before the whole number a press comes, drift (points a minute on top of 0.3 (pain - 4)).
    """

    mean: tuple[float, ...]
    sd: tuple[float, ...]
    earlier: int = 0

    def __post_init__(self) -> None:
        numbers = (*self.mean, *self.sd)
        if len(self.mean) != UNKNOWNS or len(self.sd) != UNKNOWNS or not all(map(isfinite, numbers)) or min(self.sd) <= 0:
            raise ValueError(f"a prior is {UNKNOWNS} finite means and as many spreads above 0")


POPULATION = Prior(
    mean=(log(38.0), log(0.52), 1.1, log(3.0), log(0.8), 0.90, 0.40, 0.0),
    sd=(0.9, 0.45, 0.2, 0.5, 0.3, 0.03, 0.15, 1.0),
)


class Earlier(NamedTuple):
    """An earlier valid calibration. mean, sd: as in Ceiling (what its ratings alone said). same_side: of the same side and ball."""

    mean: tuple[float, ...]
    sd: tuple[float, ...]
    same_side: bool = True


BETWEEN_DAYS = 0.20  # SD by which ln p6 moves from day to day
REPLACED = 0.25  # SD by which ln p6 moves when the ball is placed anew
OTHER_SIDE = 0.35  # least SD of ln p6 after calibrations of the other side alone
TRAIT_LEAST = 0.7  # of the population's spread: habits change, and the normals that are added up are not quite normal [tuned]
EARLIER_KEPT = 20  # the latest ones; more narrow the prior by less than a hundredth


def prior_after(earlier: Sequence[Earlier], population: Prior = POPULATION) -> Prior:
    """The prior for another day's calibration of this side, after ``earlier`` ones, oldest first.

    ln p6: each earlier day is the person's usual value plus that day's shift, that placement and its own uncertainty; today adds a
    shift and a placement. The other unknowns are the person's own, and what each day added to the population's knowledge adds up.
    """
    same = [e for e in earlier if e.same_side][-EARLIER_KEPT:]
    used = same or list(earlier)[-EARLIER_KEPT:]
    if not used:
        return population
    today = BETWEEN_DAYS**2 + REPLACED**2
    mean, sd = list(population.mean), list(population.sd)
    # ln p6: normal with a known spread; the population stands for one vague calibration.
    precision = 1 / population.sd[LN_P6] ** 2
    total = precision * population.mean[LN_P6]
    for e in used:
        w = 1 / (today + e.sd[LN_P6] ** 2)
        precision, total = precision + w, total + w * e.mean[LN_P6]
    mean[LN_P6], sd[LN_P6] = total / precision, sqrt(1 / precision + today)
    if not same:
        sd[LN_P6] = max(sd[LN_P6], sqrt(OTHER_SIDE**2 + today))
    for i in range(LN_K, UNKNOWNS):
        known = 1 / population.sd[i] ** 2
        precision, total = known, known * population.mean[i]
        for e in used:
            learned = 1 / e.sd[i] ** 2
            if learned > known:
                precision, total = precision + learned - known, total + learned * e.mean[i] - known * population.mean[i]
        mean[i], sd[i] = total / precision, max(sqrt(1 / precision), TRAIT_LEAST * population.sd[i])
    return Prior(tuple(mean), tuple(sd), earlier=len(same))


DRIFT_SLOPE = 0.3  # points a minute for each point of pain above 4
DRIFT_NONE_AT = 4.0
HABITUATION = 0.015  # of ln p6 a ramp
HABITUATION_SD = 0.03
SENSITISED, SENSITISED_KPA, SENSITISED_STEEP = 2.0, 24.0, 3.0
NOISE = 0.60  # of a rating, points: 0.5 of its own; the rest is an uneven delay and breathing
TRIAL_SPREADS = ((0.10, 0.3), (0.13, 0.4), (0.17, 0.3))  # SD of ln p6 from trial to trial, with the share of people
NOMINAL_SPREAD = 0.14  # what the most probable point is searched with
LAPSE = 0.06
LAPSE_SD = 1.4
HOLD_SD = 0.06
HOLD_OVER_READ = 0.02  # of ln p: a moving hold is given by its peak
APPROACH_KPA_S = 3.0  # how fast people get onto a hold
STRAY = 5e-4  # presses for each kPa that have nothing to do with the pain: 2 in 100 over 40 kPa
COARSE = (0, 5, 10)  # ratings of nothing else come from somebody who uses no other numbers
LEAST_RATE, MOST_RATE = 0.05, 20.0  # kPa/s; a ramp rated without rising is all but held
HABITUATION_RAMPS = 4  # as many ramps as a visit has, with the practice; more do not go on adding

DRAWS = 768
EFFECTIVE = 80  # independent draws below which a posterior is drawn again
ROUNDS = 4
MODE_STEPS = 14
TAIL = 8.0  # degrees of freedom of the proposal
NODES = {RAMP: 1.25 * np.arange(-2.0, 3.0), HOLD: 1.3 * np.arange(-3.0, 4.0)}  # in conditional SDs: where a trial's place is summed over


class _Block(NamedTuple):
    """Ratings of one kind as columns, (n,) each. trial: numbered from 0 over both kinds."""

    kind: str
    kpa: Array
    score: Array
    rate_kpa_s: Array
    held_s: Array
    trial: NDArray[np.int64]
    still: NDArray[np.bool_]  # not a press: a score that had been reached before, or 0


class _Data(NamedTuple):
    blocks: tuple[_Block, ...]  # ramps, holds; those that there are
    usual: Array  # (trials,): where ln p6 of each is expected, from the one at the end: lower before habituation, read too high in a hold
    wander: Array  # (trials,): variance of what habituation adds until the end
    coarse: bool  # nothing but 0, 5 and 10


def _gather(ratings: Sequence[Rating]) -> _Data:
    keys = sorted({(r.trial, r.kind) for r in ratings})
    number = {key: i for i, key in enumerate(keys)}
    blocks = []
    for kind in (RAMP, HOLD):
        some = sorted((r for r in ratings if r.kind == kind), key=lambda r: (r.trial, r.held_s, r.kpa, r.score))
        if some:
            blocks.append(
                _Block(
                    kind,
                    np.array([r.kpa for r in some]),
                    np.array([float(r.score) for r in some]),
                    np.array([min(max(r.rate_kpa_s, LEAST_RATE), MOST_RATE) for r in some]),
                    np.array([min(max(r.held_s, 0.0), 600.0) for r in some]),
                    np.array([number[r.trial, kind] for r in some], dtype=np.int64),
                    np.array(
                        [
                            r.score == 0 or (i > 0 and some[i - 1].trial == r.trial and some[i - 1].score >= r.score)
                            for i, r in enumerate(some)
                        ]
                    ),
                )
            )
    after = np.minimum([sum(1.0 for t, kind in keys if kind == RAMP and t >= trial) for trial, _ in keys], HABITUATION_RAMPS)
    held = np.array([kind == HOLD for _, kind in keys])
    scores = {r.score for r in ratings}
    return _Data(
        tuple(blocks),
        np.where(held, HOLD_OVER_READ, 0.0) - HABITUATION * after,
        HABITUATION_SD**2 * np.maximum(after - 1, 0.0) + np.where(held, HOLD_SD**2, 0.0),
        scores <= set(COARSE) and len(scores) > 1,
    )


def _lagging(z: Array, g: Array) -> Array:
    """Share of the curve's value that pain has reached ``z`` lags after a steady rise passed p0: z^-g int_0^z e^-(z-s) s^g ds.

    A quotient with the right value and slope at both ends; off by at most 1 % in between (tests say so).
    """
    b = 1.25 + 1.02 * g
    return np.asarray(z * (z + b) / (z * z + (b + g) * z + b * (g + 1)))


def _soft(x: Array) -> Array:
    """max(x, 0), rounded off within about 0.05, so that a press just before p0 still has a slope to follow."""
    return np.asarray(0.5 * (x + np.sqrt(x * x + 0.0016)))


class _Curve(NamedTuple):
    """The unknowns of draws, shape (m, 1) each."""

    p0: Array
    p6: Array
    g: Array
    lag: Array
    delay: Array
    bias: Array
    criterion: Array
    drift: Array

    @classmethod
    def of(cls, theta: Array) -> _Curve:
        t = theta[:, :, None]
        p6 = np.exp(t[:, LN_P6])
        return cls(
            p6 / (1 + np.exp(t[:, LN_K])),
            p6,
            np.clip(t[:, G], 0.5, 2.0),
            np.exp(t[:, LN_LAG]),
            np.exp(t[:, LN_DELAY]),
            t[:, BIAS],
            t[:, CRITERION],
            t[:, DRIFT] + SENSITISED * special.expit(SENSITISED_STEEP * (log(SENSITISED_KPA) - t[:, LN_P6])),
        )


def _log_likelihood(c: _Curve, place: Array, block: _Block, coarse: bool) -> tuple[Array, Array, Array]:
    """Of each rating of ``block``: its log likelihood, by how much the felt pain misses it, and how much that weighs; (m, n) each.

    ``place``: (m, n), how far ln p6 of the rating's trial lies from the one at the end.
    """
    scale = np.exp(np.clip(place, -3.0, 3.0))
    if block.kind == HOLD:
        felt = _felt_held(c, block.kpa, block.held_s, scale)
        half = 2.5 if coarse else 0.5
        low = np.where(block.score <= 0, -1e3, block.score - half) - felt
        high = np.where(block.score >= 10, 1e3, block.score + half) - felt
        near = special.ndtr(high / NOISE) - special.ndtr(low / NOISE)
        far = special.ndtr(high / LAPSE_SD) - special.ndtr(low / LAPSE_SD)
        miss = -np.clip(0, low, high)  # from the nearest pain that fits the rating
        weight = np.where(np.abs(miss) > 3 * NOISE, 0.2, 1.0) / (NOISE**2 + 1 / 12)
        return np.log((1 - LAPSE) * near + LAPSE * far + 1e-5), miss, weight
    run = (c.p6 - c.p0) * scale  # kPa from first pain to 6
    x = _soft((block.kpa - block.rate_kpa_s * c.delay - c.p0 * scale) / run) + 1e-6
    lags = run / (block.rate_kpa_s * c.lag)  # from p0 to p6
    x10 = (10 / CEILING_PAIN) ** (1 / c.g)
    up = np.minimum(x, x10)
    settled = CEILING_PAIN * up**c.g
    felt = settled * _lagging(up * lags, c.g)
    felt = c.bias * (settled - (settled - felt) * np.exp((up - x) * lags))  # beyond 10 the curve is flat and pain catches up
    # A press is seen as a pressure, so its density is that of the felt pain times the slope of pain over pressure; of a lag,
    # dL/dt = (settled - L) / lag exactly.
    slope = (c.bias * settled - felt) / (c.lag * block.rate_kpa_s)
    miss = felt - (block.score - 2.5 if coarse else block.score - c.criterion)
    if block.still.any():
        # Between this press and the next; the step on from the last is the same as for a press, so that the nearest one fits.
        rest = np.clip(miss, 0.0, 5.0 if coarse else 1.0)
        miss = np.where(block.still, np.where(block.score > 0, miss - rest, np.maximum(miss - (5.0 if coarse else 1.0), 0.0)), miss)
        slope = np.where(block.still, 1.0, slope)
    square = np.square(miss)
    near = np.exp((-0.5 / NOISE**2) * square) * ((1 - LAPSE) / NOISE)
    far = np.exp((-0.5 / LAPSE_SD**2) * square) * (LAPSE / LAPSE_SD)
    stray = np.where(block.still, 1e-3, STRAY)
    density = (near + far) * slope + stray
    weight = (near / NOISE**2 + far / LAPSE_SD**2) * slope / density
    return np.log(density), miss, weight


def _felt_held(c: _Curve, kpa: Array, held_s: Array, scale: Array) -> Array:
    """Pain after ``held_s`` at ``kpa``, (n,) each, on curves stretched by ``scale``, (m, n) or (n,); shape (m, n)."""
    run = (c.p6 - c.p0) * scale
    x = _soft((kpa - c.p0 * scale) / run) + 1e-6
    settled = np.minimum(CEILING_PAIN * x**c.g, 10.0)
    missing = (1 - _lagging(x * run / (APPROACH_KPA_S * c.lag), c.g)) * np.exp(-held_s / c.lag)
    drift = (DRIFT_SLOPE * (settled - DRIFT_NONE_AT) + c.drift) * held_s / 60
    return np.asarray(settled * (1 - missing) + drift * np.minimum(settled, 1.0))


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
        c = _Curve.of(self.theta)
        pain = settled_for(c.lag[:, 0], c.drift[:, 0], hold_s)
        return np.asarray((c.p0[:, 0] + (c.p6 - c.p0)[:, 0] * (pain / CEILING_PAIN) ** (1 / c.g[:, 0])) * self.wandered)

    def moments(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Means and standard deviations of the unknowns, in their order."""
        mean = self.weight @ self.theta
        return tuple(mean.tolist()), tuple(np.sqrt(self.weight @ np.square(self.theta - mean)).tolist())

    def felt(self, kpa: float, held_s: float) -> Array:
        """Per draw, pain 0..10 after ``held_s`` at ``kpa``; shape (draws,)."""
        c = _Curve.of(self.theta)
        return np.asarray(np.clip(_felt_held(c, np.array([kpa]), np.array([held_s]), np.array([1.0])), 0.0, 10.0)[:, 0])

    def expected_score(self, kpa: float, held_s: float = 10.0) -> float:
        """Mean rating to expect after ``held_s`` at ``kpa``."""
        return float(self.weight @ self.felt(kpa, held_s))

    def band(self, kpa: Sequence[float], at: Sequence[float] = (0.05, 0.5, 0.95), held_s: float = 10.0) -> list[tuple[float, ...]]:
        """For each pressure, quantiles of the pain after ``held_s``: what to plot."""
        return [self._quantiles(self.felt(p, held_s), at) for p in kpa]

    def next_hold_kpa(self, limit_kpa: float, hold_s: float = 60.0, held_s: float = 10.0) -> float:
        """The pressure up to ``limit_kpa`` at which one more hold of ``held_s`` is expected to narrow the pressure at 6 most: the largest
        share of the variance of its logarithm that the rating would explain (linear in the rating)."""
        wanted = np.log(self.hold_kpa(hold_s))
        wanted = wanted - self.weight @ wanted
        best, best_kpa = -1.0, limit_kpa
        for kpa in np.linspace(0.4, 1.0, 13) * limit_kpa:
            felt = self.felt(float(kpa), held_s)
            slope = (self.felt(float(kpa) * 1.02, held_s) - felt) / 0.02  # for each unit of ln p: what the trial spread comes to
            noise = NOISE**2 + 1 / 12 + np.square(NOMINAL_SPREAD * slope)
            felt = felt - self.weight @ felt
            explained = float((self.weight @ (felt * wanted)) ** 2 / (self.weight @ (np.square(felt) + noise)))
            if explained > best:
                best, best_kpa = explained, float(kpa)
        return best_kpa

    def p6_quantiles(self, at: Sequence[float], hold_s: float = 60.0) -> tuple[float, ...]:
        """Quantiles, kPa, of ``hold_kpa``."""
        return self._quantiles(self.hold_kpa(hold_s), at)


def settled_for(lag_s: Array, drift: Array, hold_s: float) -> Array:
    """The curve's value at a pressure whose hold of ``hold_s`` has its worst moment at 6. Same shape as the arguments.

    felt(t) = N (1 - e^(-t/lag)) + (0.3 (N - 4) + drift) t; its worst moment is the end where pain rises, else soon after the lag.
    """
    end = hold_s / 60
    lag = lag_s / 60
    pain = np.full_like(drift, CEILING_PAIN)
    for _ in range(4):
        rise = DRIFT_SLOPE * (pain - DRIFT_NONE_AT) + drift
        with np.errstate(divide="ignore"):
            worst = np.where(rise < 0, lag * np.log(np.maximum(pain / (lag * np.maximum(-rise, 1e-9)), 2.0)), end)
        worst = np.minimum(worst, end)
        pain = (CEILING_PAIN - (drift - DRIFT_SLOPE * DRIFT_NONE_AT) * worst) / (-np.expm1(-worst / lag) + DRIFT_SLOPE * worst)
        pain = np.clip(pain, 0.5, 9.5)
    return np.asarray(pain)


def posterior(ratings: Sequence[Rating], prior: Prior = POPULATION) -> Posterior:
    """What ``ratings`` say, together with ``prior``. At least one rating, all of them finite, pressures not negative."""
    data = _gather(ratings)
    mean, sd = np.array(prior.mean), np.array(prior.sd)
    nominal = np.sqrt(NOMINAL_SPREAD**2 + data.wander)
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
    for _ in range(ROUNDS):
        z = middle + step @ np.linalg.cholesky(spread).T
        curve = _Curve.of(mean + sd * z)
        centre = data.usual + nominal * (mode[UNKNOWNS:] + (z - mode[:UNKNOWNS]) @ follow.T)
        by_spread = np.zeros((len(TRIAL_SPREADS), DRAWS))
        for block in data.blocks:
            evaluations += DRAWS * len(block.kpa) * len(NODES[block.kind])
            by_spread += _trials_summed(curve, block, data, centre, nominal / np.sqrt(np.diag(p_trials)))
        top = by_spread.max(axis=0)
        log_w = top + np.log(np.array([w for _, w in TRIAL_SPREADS]) @ np.exp(by_spread - top)) - 0.5 * np.square(z).sum(axis=1) - log_q
        w = np.exp(log_w - log_w.max())
        w /= w.sum()
        if 1 / np.square(w).sum() >= EFFECTIVE:
            break
        # Few draws carry the weight: draw again around where it lies, at least half as wide as before.
        middle = w @ z
        spread = 0.5 * spread + ((z - middle) * w[:, None]).T @ (z - middle)
    return Posterior(mean + sd * z, w, np.exp(HABITUATION_SD * after), evaluations)


def _trials_summed(curve: _Curve, block: _Block, data: _Data, centre: Array, width: Array) -> Array:
    """Log likelihood of the block's ratings with the places of its trials summed out, for each trial spread; shape (spreads, m).

    ``centre`` (m, trials), ``width`` (trials,): where to sum.
    """
    nodes = NODES[block.kind]
    trials, first, count = np.unique(block.trial, return_index=True, return_counts=True)
    # Columns: trial by trial, in each node by node, in each rating by rating.
    order = np.concatenate([np.tile(np.arange(f, f + n), len(nodes)) for f, n in zip(first, count, strict=True)])
    node = np.concatenate([np.repeat(nodes, n) for n in count])
    wide = _Block(block.kind, *(column[order] for column in block[1:]))
    logs = _log_likelihood(curve, centre[:, wide.trial] + width[wide.trial] * node, wide, data.coarse)[0]
    starts = np.concatenate([[0], np.cumsum(np.repeat(count, len(nodes)))[:-1]])
    logs = np.add.reduceat(logs, starts, axis=1).reshape(len(logs), len(trials), len(nodes))
    off = np.square(centre[:, trials, None] + width[trials, None] * nodes - data.usual[trials, None])
    found = []
    for spread, _ in TRIAL_SPREADS:
        variance = (spread**2 + data.wander[trials])[:, None]
        each = logs - 0.5 * (off / variance + np.log(variance))
        top = each.max(axis=2)
        found.append((top + np.log(np.exp(each - top[:, :, None]).sum(axis=2))).sum(axis=1))
    return np.array(found)


def _first_guess(data: _Data, prior: Prior) -> float:
    """ln p6 to start from: the ratings taken at face value on a curve of the usual shape."""
    onset = 1 / (1 + exp(prior.mean[LN_K]))
    guesses = []
    for block in data.blocks:
        kpa = block.kpa - (3.5 * np.minimum(block.rate_kpa_s, 4.0) if block.kind == RAMP else 0.0)
        use = (kpa > 0.5) & (block.score > 0)
        guesses += np.log(kpa[use] / (onset + (1 - onset) * block.score[use] / CEILING_PAIN)).tolist()
    highest = max(float(block.kpa.max()) for block in data.blocks)
    return float(np.median(guesses)) if guesses else max(prior.mean[LN_P6], log(max(highest, 1.0)))


def _mode(data: _Data, mean: Array, sd: Array, nominal: Array, ln_p6: float) -> tuple[Array, Array, int]:
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
        curve = _Curve.of(mean + sd * z[:, :UNKNOWNS])
        place = data.usual + nominal * z[:, UNKNOWNS:]
        found = [_log_likelihood(curve, place[:, block.trial], block, data.coarse) for block in data.blocks]
        total = sum(logs.sum(axis=1) for logs, _, _ in found) - 0.5 * np.square(z).sum(axis=1)
        if total[0] < best:
            go = go / 2
            here = best_at + go
            continue
        gained, best, best_at = total[0] - best, total[0], here
        miss = np.concatenate([m for _, m, _ in found], axis=1)
        weight = np.concatenate([w[0] for _, _, w in found])
        jacobian = (miss[1:] - miss[0]) / h  # (dims, n)
        precision = np.eye(dims) + (jacobian * weight) @ jacobian.T
        if gained < 0.01:
            break
        go = np.linalg.solve(precision, (total[1:] - total[0]) / h)
        go = go * min(1.0, 3.0 / float(np.abs(go).max()))
        here = best_at + go
    return best_at, precision, evaluations
