"""The pain curve, and how likely ratings are on it: arithmetic on arrays of many curves at once.

pain = 6 ((p - p0) / (p6 - p0))^g above p0, else 0, at most 10. Between the curve and a rating stand: pain follows the pressure with a lag;
the key is pressed late; a press in a ramp means "it has become about one more", and ramps are rated too low; every ramp and hold finds the
curve a little elsewhere (trial spread), and ramps make it wander (habituation); pain drifts during a hold; a rating is a whole number
with noise, and now and then a lapse. docs/how-it-decides-ceiling.md has the source of every number.

Shapes: m curves, n ratings; (m, 1) against (n,) gives (m, n).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

Array = NDArray[np.float64]

RAMP, HOLD = "ramp", "hold"
CEILING_PAIN = 6.0  # of 10: what the practice must not pass


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


# What is not known about a person, in this order (pain/model.py says what each is).
LN_P6, LN_K, G, LN_LAG, LN_DELAY, BIAS, CRITERION, DRIFT = range(8)
UNKNOWNS = 8  # as many as are named above


# How people feel and rate. [judged]: no measurement; [tuned]: on simulated people. Sources: docs/how-it-decides-ceiling.md.
DRIFT_SLOPE = 0.3  # points a minute for each point of pain above 4: at 6 it builds up, at 2 it fades [heat: Weissman-Fogel; size judged]
DRIFT_NONE_AT = 4.0  # pain that neither builds up nor fades [the same]
# Of ln p6 with each ramp; expected is 0.02, but whoever does not habituate would get too high a line [judged, then tuned].
HABITUATION = 0.012
HABITUATION_SD = 0.03  # how much that differs from ramp to ramp [judged from repeated trials, Naugle 2021]
NOISE = 0.60  # of a rating, points: 0.52 for one pressure rated again [computed, Naugle 2021]; the rest is uneven delay and breathing
LAPSE = 0.06  # share of ratings that are off by more than noise: a few in a hundred [judged]
LAPSE_SD = 1.4  # points, by how much such a rating is off [judged]
STRAY = 5e-4  # presses for each kPa that have nothing to do with the pain: 2 in 100 over 40 kPa [judged]
# SD of ln p6 from trial to trial, with the share of people: 0.12 within a session [computed, Naugle 2021], and not the same in everybody.
TRIAL_SPREADS = ((0.10, 0.3), (0.13, 0.4), (0.17, 0.3))
NOMINAL_SPREAD = 0.14  # one SD in place of them, where one must do
HOLD_SD = 0.04  # of ln p, more in a hold than in a ramp: breathing, and the moving one is given by its peak [tuned]
HOLD_OVER_READ = 0.02  # of ln p: the same peak lies above what is felt most of the time [tuned]
APPROACH_KPA_S = 3.0  # how fast people get onto a hold; it sets how much of the lag is over when the clock starts [judged]
COARSE = (0, 5, 10)  # ratings of nothing else come from somebody who uses no other numbers
LEAST_RATE = 0.05  # kPa/s; a ramp rated without rising is all but held
MOST_RATE = 20.0  # kPa/s; faster presses are those of somebody who fell on the ball
HELD_MOST_S = 600.0  # longer holds are not what the drift was ever measured for
HABITUATION_RAMPS = 4  # as many ramps as a visit has; more do not go on adding
FARTHEST = 3.0  # of ln p6, how far a trial may lie off: a factor of 20, so that no exponential overflows


class Block(NamedTuple):
    """Ratings of one kind as columns, (n,) each. trial: numbered from 0 over both kinds."""

    kind: str
    kpa: Array
    score: Array
    rate_kpa_s: Array
    held_s: Array
    trial: NDArray[np.int64]
    still: NDArray[np.bool_]  # not a press: a score that had been reached before, or 0


class Data(NamedTuple):
    blocks: tuple[Block, ...]  # ramps, holds; those that there are
    usual: Array  # (trials,): where ln p6 of each is expected, from the one at the end: lower before habituation, read too high in a hold
    wander: Array  # (trials,): variance of what habituation adds until the end
    coarse: bool  # nothing but 0, 5 and 10


def gather(ratings: Sequence[Rating]) -> Data:
    keys = sorted({(r.trial, r.kind) for r in ratings})
    number = {key: i for i, key in enumerate(keys)}
    blocks = []
    for kind in (RAMP, HOLD):
        some = sorted((r for r in ratings if r.kind == kind), key=lambda r: (r.trial, r.held_s, r.kpa, r.score))
        if some:
            blocks.append(
                Block(
                    kind,
                    np.array([r.kpa for r in some]),
                    np.array([float(r.score) for r in some]),
                    np.array([min(max(r.rate_kpa_s, LEAST_RATE), MOST_RATE) for r in some]),
                    np.array([min(max(r.held_s, 0.0), HELD_MOST_S) for r in some]),
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
    return Data(
        tuple(blocks),
        np.where(held, HOLD_OVER_READ, 0.0) - HABITUATION * after,
        HABITUATION_SD**2 * np.maximum(after - 1, 0.0) + np.where(held, HOLD_SD**2, 0.0),
        scores <= set(COARSE) and len(scores) > 1,
    )


def lagging(z: Array, g: Array) -> Array:
    """Share of the curve's value that pain has reached ``z`` lags after a steady rise passed p0: z^-g int_0^z e^-(z-s) s^g ds.

    A quotient with the right value and slope at both ends; off by at most 1 % in between (tests say so).
    """
    b = 1.25 + 1.02 * g
    return np.asarray(z * (z + b) / (z * z + (b + g) * z + b * (g + 1)))


def _soft(x: Array) -> Array:
    """max(x, 0), rounded off within about 0.05, so that a press just before p0 still has a slope to follow."""
    return np.asarray(0.5 * (x + np.sqrt(x * x + 0.0016)))


class Curve(NamedTuple):
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
    def of(cls, theta: Array) -> Curve:
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
        )


def stretched(place: Array) -> Array:
    """Factor on the pressures of a curve whose ln p6 lies off by ``place``."""
    return np.asarray(np.exp(np.clip(place, -FARTHEST, FARTHEST)))


def log_likelihood(c: Curve, scale: Array, block: Block, coarse: bool) -> tuple[Array, Array, Array]:
    """Of each rating of ``block``: its log likelihood and by how much the felt pain misses it, (m, n) each; and how much the misses
    on the first curve weigh, (n,): a search needs no more.

    ``scale``: (m, n), how far the rating's trial stretches the curve from where it lies at the end.
    """
    if block.kind == HOLD:
        felt = felt_held(c, block.kpa, block.held_s, scale)
        half = 2.5 if coarse else 0.5
        low = np.where(block.score <= 0, -1e3, block.score - half) - felt
        high = np.where(block.score >= 10, 1e3, block.score + half) - felt
        near = special.ndtr(high / NOISE) - special.ndtr(low / NOISE)
        far = special.ndtr(high / LAPSE_SD) - special.ndtr(low / LAPSE_SD)
        miss = -np.clip(0, low, high)  # from the nearest pain that fits the rating
        weight = np.where(np.abs(miss[0]) > 3 * NOISE, 0.2, 1.0) / (NOISE**2 + 1 / 12)
        return np.log((1 - LAPSE) * near + LAPSE * far + 1e-5), miss, weight
    run = (c.p6 - c.p0) * scale  # kPa from first pain to 6
    x = _soft((block.kpa - block.rate_kpa_s * c.delay - c.p0 * scale) / run) + 1e-6
    lags = run / (block.rate_kpa_s * c.lag)  # from p0 to p6
    x10 = (10 / CEILING_PAIN) ** (1 / c.g)
    up = np.minimum(x, x10)
    settled = CEILING_PAIN * up**c.g
    felt = settled * lagging(up * lags, c.g)
    felt = c.bias * (settled - (settled - felt) * np.exp((up - x) * lags))  # beyond 10 the curve is flat and pain catches up
    # A press is seen as a pressure, so its density is that of the felt pain times the slope of pain over pressure; of a lag,
    # dL/dt = (settled - L) / lag exactly.
    slope = (c.bias * settled - felt) / (c.lag * block.rate_kpa_s)
    miss = felt - (block.score - 2.5 if coarse else block.score - c.criterion)
    if block.still.any():
        # Between this press and the next; the step on from the last is the same as for a press, so that the nearest one fits.
        one_more, some = 5.0 if coarse else 1.0, miss[:, block.still]
        after = some - np.clip(some, 0.0, one_more)
        miss[:, block.still] = np.where(block.score[block.still] > 0, after, np.maximum(some - one_more, 0.0))
        slope[:, block.still] = 1.0
    square = np.square(miss)
    near = np.exp((-0.5 / NOISE**2) * square) * ((1 - LAPSE) / NOISE)
    far = np.exp((-0.5 / LAPSE_SD**2) * square) * (LAPSE / LAPSE_SD)
    stray = np.where(block.still, 1e-3, STRAY)
    density = (near + far) * slope + stray
    weight = (near[0] / NOISE**2 + far[0] / LAPSE_SD**2) * slope[0] / density[0]
    return np.log(density), miss, weight


def felt_held(c: Curve, kpa: Array, held_s: Array, scale: Array) -> Array:
    """Pain after ``held_s`` at ``kpa``, (n,) each, on curves stretched by ``scale``, (m, n) or (n,); shape (m, n)."""
    run = (c.p6 - c.p0) * scale
    x = _soft((kpa - c.p0 * scale) / run) + 1e-6
    settled = np.minimum(CEILING_PAIN * x**c.g, 10.0)
    missing = (1 - lagging(x * run / (APPROACH_KPA_S * c.lag), c.g)) * np.exp(-held_s / c.lag)
    drift = (DRIFT_SLOPE * (settled - DRIFT_NONE_AT) + c.drift) * held_s / 60
    return np.asarray(settled * (1 - missing) + drift * np.minimum(settled, 1.0))


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
