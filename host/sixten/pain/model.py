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

LN_P6, LN_K, G, LN_LAG, LN_DELAY, BIAS, CRITERION, DRIFT, LN_NOISE, LN_TRIAL = range(10)
UNKNOWNS = 10


@dataclass(frozen=True)
class Prior:
    """Independent normals of the unknowns. mean, sd: each in their order. earlier: valid calibrations behind it.

    The unknowns: ln p6 (kPa), ln(p6/p0 - 1), the exponent, ln lag (s), ln button delay (s), the share of the pain that a ramp's rating
    shows, how much before the whole number a press comes, drift (points a minute on top of 0.3 (pain - 4)), ln noise (points), ln
    trial spread (of ln p6).
    """

    mean: tuple[float, ...]
    sd: tuple[float, ...]
    earlier: int = 0

    def __post_init__(self) -> None:
        numbers = (*self.mean, *self.sd)
        if len(self.mean) != UNKNOWNS or len(self.sd) != UNKNOWNS or not all(map(isfinite, numbers)) or min(self.sd) <= 0:
            raise ValueError(f"a prior is {UNKNOWNS} finite means and as many spreads above 0")


POPULATION = Prior(
    mean=(log(38.0), log(0.52), 1.1, log(3.0), log(0.8), 0.90, 0.40, 0.3, log(0.55), log(0.12)),
    sd=(0.9, 0.45, 0.2, 0.5, 0.3, 0.03, 0.15, 0.9, 0.2, 0.2),
)


class Earlier(NamedTuple):
    """An earlier valid calibration. mean, sd: as in Ceiling (what its ratings alone said). same_side: of the same side and ball."""

    mean: tuple[float, ...]
    sd: tuple[float, ...]
    same_side: bool = True


BETWEEN_DAYS = 0.20  # SD by which ln p6 moves from day to day
REPLACED = 0.25  # SD by which ln p6 moves when the ball is placed anew
OTHER_SIDE = 0.35  # least SD of ln p6 after calibrations of the other side alone
TRAIT_LEAST = 0.5  # of the population's spread: habits change too [judged]
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
HABITUATION = 0.01  # of ln p6 a ramp
HABITUATION_SD = 0.03
LAPSE = 0.06
LAPSE_SD = 1.4
APPROACH_KPA_S = 3.0  # how fast people get onto a hold
COARSE = (0, 5, 10)
COARSE_SHARE = 0.9  # that ratings of nothing but 0, 5 and 10 come from somebody who uses no others

DRAWS = 2048
MODE_STEPS = 12
TAIL = 6.0  # degrees of freedom of the proposal


@dataclass(frozen=True)
class Ratings:
    """Ratings as arrays, shape (n,), ramps and holds apart, trials numbered from 0."""

    ramp_kpa: Array
    ramp_score: Array
    ramp_rate: Array
    ramp_trial: NDArray[np.int64]
    hold_kpa: Array
    hold_score: Array
    hold_s: Array
    hold_trial: NDArray[np.int64]
    steps_to_end: Array  # shape (trials,): ramps after this trial
    coarse: bool

    @classmethod
    def of(cls, ratings: Sequence[Rating]) -> Ratings:
        trials = sorted({r.trial for r in ratings})
        number = {t: i for i, t in enumerate(trials)}
        ramps = [r for r in ratings if r.kind == RAMP]
        holds = [r for r in ratings if r.kind == HOLD]
        ramp_trials = {r.trial for r in ramps}
        after = [sum(1.0 for u in ramp_trials if u >= t) for t in trials]
        scores = {r.score for r in ratings}
        return cls(
            np.array([r.kpa for r in ramps]),
            np.array([float(r.score) for r in ramps]),
            np.array([max(r.rate_kpa_s, 0.05) for r in ramps]),
            np.array([number[r.trial] for r in ramps], dtype=np.int64),
            np.array([r.kpa for r in holds]),
            np.array([float(r.score) for r in holds]),
            np.array([max(r.held_s, 0.0) for r in holds]),
            np.array([number[r.trial] for r in holds], dtype=np.int64),
            np.array(after),
            scores <= set(COARSE) and len(scores) > 1,
        )


def _lagging(z: Array, g: Array) -> Array:
    """Share of the curve's value that pain has reached ``z`` lags after a steady rise passed p0: z^-g int_0^z e^-(z-s) s^g ds.

    A quotient with the right value and slope at both ends; off by at most 1 % in between (tests say so).
    """
    b = 2.35
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
    noise: Array
    trial: Array

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
            t[:, DRIFT],
            np.exp(t[:, LN_NOISE]),
            np.exp(t[:, LN_TRIAL]),
        )


def _log_likelihood(theta: Array, z_trial: Array, data: Ratings) -> tuple[Array, Array, Array]:
    """(log likelihood (m,), predicted minus reported (m, n), weights (m, n)) of draws: ``theta`` (m, unknowns), ``z_trial`` (m, trials)."""
    c = _Curve.of(theta)
    spread = np.sqrt(c.trial**2 + HABITUATION_SD**2 * data.steps_to_end)
    scale = np.exp(spread * z_trial - HABITUATION * data.steps_to_end)
    total = np.zeros(len(theta))
    off, weight = [], []
    if len(data.ramp_kpa):
        s = scale[:, data.ramp_trial]
        run = (c.p6 - c.p0) * s  # kPa from first pain to 6
        x = _soft((data.ramp_kpa - data.ramp_rate * c.delay - c.p0 * s) / run) + 1e-6
        lags = x * run / (data.ramp_rate * c.lag)
        settled = CEILING_PAIN * x**c.g
        share = _lagging(lags, c.g)
        felt = c.bias * settled * share
        slope = c.bias * settled * (1 - share) / (c.lag * data.ramp_rate)  # exact for a lag: dL/dt = (settled - L) / lag
        logs, e, w = [], None, None
        for which, prob in ((0, 1.0),) if not data.coarse else ((1, COARSE_SHARE), (0, 1 - COARSE_SHARE)):
            level = data.ramp_score - c.criterion if which == 0 else data.ramp_score - 2.5
            e1 = felt - level
            near = np.exp(-0.5 * (e1 / c.noise) ** 2) * ((1 - LAPSE) / c.noise)
            far = np.exp(-0.5 * (e1 / LAPSE_SD) ** 2) * (LAPSE / LAPSE_SD)
            both = near + far + 1e-5
            logs.append(log(prob) + np.log(both).sum(axis=1))
            if e is None:
                e, w = e1, (near / c.noise**2 + far / LAPSE_SD**2) / both
        total += (logs[0] if len(logs) == 1 else np.logaddexp(*logs)) + np.log(slope + 1e-6).sum(axis=1)
        assert e is not None and w is not None
        off.append(e)
        weight.append(w)
    if len(data.hold_kpa):
        felt = _felt_held(c, data.hold_kpa, data.hold_s, scale[:, data.hold_trial])
        half = 2.5 if data.coarse else 0.5
        low = np.where(data.hold_score <= 0, -1e3, data.hold_score - half)
        high = np.where(data.hold_score >= 10, 1e3, data.hold_score + half)
        near = special.ndtr((high - felt) / c.noise) - special.ndtr((low - felt) / c.noise)
        far = special.ndtr((high - felt) / LAPSE_SD) - special.ndtr((low - felt) / LAPSE_SD)
        both = (1 - LAPSE) * near + LAPSE * far + 1e-5
        total += np.log(both).sum(axis=1)
        # The nearest pain that fits the rating is what to step towards.
        e = felt - np.clip(felt, low, high)
        off.append(e)
        weight.append(1 / (c.noise**2 + 0.08) * np.where(np.abs(e) > 3 * c.noise, 0.2, 1.0))
    return total, np.concatenate(off, axis=1), np.concatenate(weight, axis=1)


def _felt_held(c: _Curve, kpa: Array, held_s: Array, scale: Array) -> Array:
    """Pain after ``held_s`` at ``kpa``, (n,) each, on curves stretched by ``scale``, (m, n) or (n,); shape (m, n)."""
    run = (c.p6 - c.p0) * scale
    x = _soft((kpa - c.p0 * scale) / run) + 1e-6
    settled = CEILING_PAIN * x**c.g
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

    def __init__(self, theta: Array, weight: Array, evaluations: int) -> None:
        self.theta, self.weight, self.evaluations = theta, weight, evaluations
        self.effective = float(1 / np.square(weight).sum())

    def _quantiles(self, values: Array, at: Sequence[float]) -> tuple[float, ...]:
        order = np.argsort(values, kind="stable")
        below = np.cumsum(self.weight[order]) - 0.5 * self.weight[order]
        return tuple(np.interp(at, below, values[order]).tolist())

    def hold_kpa(self, hold_s: float) -> Array:
        """Per draw, the pressure that, held still for ``hold_s``, comes to 6 at its worst moment; shape (draws,)."""
        c = _Curve.of(self.theta)
        pain = settled_for(c.lag[:, 0], c.drift[:, 0], hold_s)
        return np.asarray(c.p0[:, 0] + (c.p6 - c.p0)[:, 0] * (pain / CEILING_PAIN) ** (1 / c.g[:, 0]))

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
            noise = np.square(np.exp(self.theta[:, LN_NOISE])) + np.square(np.exp(self.theta[:, LN_TRIAL]) * slope) + 1 / 12
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
            worst = np.where(rise < 0, lag * np.log(np.maximum(pain / (lag * np.maximum(-rise, 1e-9)), 1.0)), end)
        worst = np.minimum(worst, end)
        pain = (CEILING_PAIN - (drift - DRIFT_SLOPE * DRIFT_NONE_AT) * worst) / (-np.expm1(-worst / lag) + DRIFT_SLOPE * worst)
        pain = np.clip(pain, 0.5, 9.5)
    return np.asarray(pain)


def posterior(ratings: Sequence[Rating], prior: Prior = POPULATION) -> Posterior:
    """What ``ratings`` say, together with ``prior``."""
    data = Ratings.of(ratings)
    trials = len(data.steps_to_end)
    dims = UNKNOWNS + trials
    mean, sd = np.array(prior.mean), np.array(prior.sd)
    evaluations = 0

    def log_posterior(z: Array) -> tuple[Array, Array, Array]:
        nonlocal evaluations
        evaluations += len(z)
        total, off, weight = _log_likelihood(mean + sd * z[:, :UNKNOWNS], z[:, UNKNOWNS:], data)
        return total - 0.5 * np.square(z).sum(axis=1), off, weight

    z, hessian = _mode(log_posterior, dims, _first_guess(data, prior))
    spread = np.linalg.inv(np.linalg.cholesky(hessian)).T
    normal, chi2 = _spread_out(DRAWS, dims)
    step = normal * np.sqrt(TAIL / chi2)[:, None]
    draws = z + step @ spread.T
    total = log_posterior(draws)[0]
    log_q = -(TAIL + dims) / 2 * np.log1p(np.square(step).sum(axis=1) / TAIL)
    log_w = total - log_q
    w = np.exp(log_w - log_w.max())
    return Posterior(mean + sd * draws[:, :UNKNOWNS], w / w.sum(), evaluations)


def _first_guess(data: Ratings, prior: Prior) -> float:
    """ln p6 to start from: the ratings taken at face value on a curve of the usual shape."""
    x = 1 / (1 + exp(prior.mean[LN_K])) + (1 - 1 / (1 + exp(prior.mean[LN_K]))) * np.concatenate([data.ramp_score, data.hold_score]) / 6
    kpa = np.concatenate([data.ramp_kpa - 3.5 * np.minimum(data.ramp_rate, 4.0), data.hold_kpa])
    ok = (kpa > 0.5) & (np.concatenate([data.ramp_score, data.hold_score]) > 0)
    if not ok.any():
        return float(max(prior.mean[LN_P6], log(max(float(np.concatenate([data.ramp_kpa, data.hold_kpa]).max()), 1.0))))
    return float(np.median(np.log(kpa[ok] / x[ok])))


def _mode(log_posterior, dims: int, ln_p6_z: float) -> tuple[Array, Array]:  # type: ignore[no-untyped-def]
    z = np.zeros(dims)
    z[LN_P6] = ln_p6_z
    h = 1e-3
    steps = np.vstack([np.zeros(dims), h * np.eye(dims)])
    shrink = np.array([1.0, 0.5, 0.2, 0.05])[:, None]
    hessian = np.eye(dims)
    for _ in range(MODE_STEPS):
        total, off, weight = log_posterior(z + steps)
        gradient = (total[1:] - total[0]) / h
        jacobian = (off[1:] - off[0]) / h  # (dims, n)
        hessian = np.eye(dims) + (jacobian * weight[0]) @ jacobian.T
        go = np.linalg.solve(hessian, gradient)
        tries = z + shrink * go
        value = log_posterior(tries)[0]
        best = int(value.argmax())
        if value[best] <= total[0] + 1e-3:
            break
        z = tries[best]
    return z, hessian
