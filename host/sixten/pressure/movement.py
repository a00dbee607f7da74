"""Cycles and cadence from the ripple of the pressure, or silence where there is nothing to go by.

Slow movement of the hip makes the pressure ripple. A cadence is read from that ripple and from nothing else: it is an estimate, and it
says nothing about which way, how far or around what a joint has turned.

How: the last 20 s (for the cadence) and the last 10 s (for moving too fast, which needs fewer seconds and must not be told late), each
with its mean and slope taken off, are compared with a sine of every frequency of the band. The best one is the cadence; the share of the
movement that it explains is the confidence. So a wandering load has no cadence, and breathing next to slow movement is a second, weaker
sine and hardly pulls the first one along, as it can the lags of an autocorrelation and the zero crossings.
Working on windows, with the slope taken off, instead of behind a 0.05 Hz high-pass: that would ring for 10 s after somebody gets on.
"""

from __future__ import annotations

from collections import deque
from functools import cache
from math import pi, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

# Judged numbers, listed with the others in session/limits.py.
RIPPLE_SHARE = 0.06  # peak to peak of the mean; breathing makes 0.02-0.05, so less than this is not movement
TOO_FAST_S = 4.0  # a cycle; 6-8 s are wanted
STILL_S = 10.0  # longer than one wanted cycle: a pause at the end of one is not stillness
CADENCE_S = 20.0  # what a cadence is read from: two cycles of the slowest kind
CYCLE_MAX_S = 12.0  # slower ones are too few in 20 s to be told from a drift
CONFIDENT = 0.7  # share explained; random loads reach it in about 2 % of windows, irregular cycles with breathing nearly always
LOADED_KPA = 2.0  # below this mean a share of it means nothing
# A load outside these shares of the present mean is another way of lying (or getting on), not ripple: what came before does not count.
SAME_LOAD = (0.75, 1.3)

BAND_TOP_HZ = 1.0  # the bottom is one cycle in the window, 0.05 Hz in 20 s
STEP_US = 100_000  # ten values a second; what is fed is low-passed at 1.4 Hz (filters.smooth), so nothing folds down into the band
JUDGED_EVERY = 5  # values: twice a second; a person does not change faster
HOLE_STEPS = 2  # as many values missing are bridged: a few lost samples; more is a gap
_FAST_N, _CADENCE_N = round(STILL_S * 1e6 / STEP_US), round(CADENCE_S * 1e6 / STEP_US)
_ABSURD_KPA = 1e6  # also refuses NaN and infinity


class Movement(NamedTuple):
    """How the person moves, as far as it can be told.

    cycle_s: seconds a cycle; None unless confidence >= CONFIDENT. confidence: 0..1, how much of the movement one steady rhythm explains;
    0 = nothing to judge. peak_to_peak_share: of the mean pressure, over the last 10 s; 0 without 10 s of one load. too_fast: a cycle
    takes less than TOO_FAST_S. still: no ripple worth the name for STILL_S.
    """

    cycle_s: float | None = None
    confidence: float = 0.0
    peak_to_peak_share: float = 0.0
    too_fast: bool = False
    still: bool = False


UNKNOWN = Movement()


class MovementWatch:
    """Feed it trusted readings one by one; it keeps the last 20 s in ten values a second, and ``now``, the last judgement."""

    def __init__(self) -> None:
        self._recent: deque[float] = deque(maxlen=_CADENCE_N)
        self.restart()

    def restart(self) -> None:
        """Forget everything: what comes next does not continue what was."""
        self.now = UNKNOWN
        self._recent.clear()
        self._due_us = -1  # when the value being gathered is complete
        self._sum_kpa = 0.0
        self._count = 0
        self._unjudged = 0

    def feed(self, t_us: int, smooth_kpa: float) -> Movement | None:
        """The next trusted reading; ``t_us`` never falls. Returns a new judgement when there is one, twice a second.

        A gap in ``t_us`` restarts it. Never raises; a value that is no number restarts it too.
        """
        judged = self._next_value(t_us) if t_us >= self._due_us else None
        self._sum_kpa += smooth_kpa
        self._count += 1
        return judged

    def _next_value(self, t_us: int) -> Movement | None:
        judged = None
        missing = (t_us - self._due_us) // STEP_US
        if self._count:
            value_kpa = self._sum_kpa / self._count
            if missing > HOLE_STEPS or not -_ABSURD_KPA < value_kpa < _ABSURD_KPA:
                self.restart()
            else:
                self._recent.extend([value_kpa] * (1 + missing))
                self._unjudged += 1 + missing
                if self._unjudged >= JUDGED_EVERY:
                    self._unjudged = 0
                    judged = self.now = _judge(np.array(self._recent))
        self._due_us = (t_us // STEP_US + 1) * STEP_US
        self._sum_kpa, self._count = 0.0, 0
        return judged


def _judge(kpa: NDArray[np.float64]) -> Movement:
    mean_kpa = float(kpa[-_FAST_N:].mean())
    if mean_kpa < LOADED_KPA:
        return UNKNOWN
    share = kpa / mean_kpa
    other = np.flatnonzero((share < SAME_LOAD[0]) | (share > SAME_LOAD[1]))
    if len(other):
        share = share[other[-1] + 1 :]
    if len(share) < _FAST_N:
        return UNKNOWN
    last = share[-_FAST_N:]
    ripple = _without_trend(last)
    # Taking the slope off a lopsided shape can widen it; the smaller of the two never calls breathing movement.
    peak_to_peak = min(float(np.ptp(last)), float(np.ptp(ripple)))
    if peak_to_peak < RIPPLE_SHARE:
        return Movement(peak_to_peak_share=peak_to_peak, still=True)
    cycle_s, confidence = _best_sine(ripple)
    if cycle_s < TOO_FAST_S and confidence >= CONFIDENT:
        return Movement(cycle_s, confidence, peak_to_peak, too_fast=True)
    if len(share) < _CADENCE_N:
        return Movement(peak_to_peak_share=peak_to_peak)
    cycle_s, confidence = _best_sine(_without_trend(share))
    if confidence < CONFIDENT:
        return Movement(None, confidence, peak_to_peak)
    if not TOO_FAST_S <= cycle_s <= CYCLE_MAX_S:  # fast in 20 s but no longer in the last 10, or too slow to be told from a drift
        return Movement(peak_to_peak_share=peak_to_peak)
    return Movement(cycle_s, confidence, peak_to_peak)


def _without_trend(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """``share``, shape (n,), less its mean and slope; same shape."""
    trend = _sines(len(share))[1]
    return np.asarray(share - np.einsum("i,in->n", np.einsum("in,n->i", trend, share), trend))


def _best_sine(ripple: NDArray[np.float64]) -> tuple[float, float]:
    """(seconds a cycle, share of ``ripple`` explained); the share is 0 where the sine itself is not worth calling movement.

    ``ripple``: shape (n,), without trend, not all zero.
    """
    hz, _, pairs = _sines(len(ripple))
    # einsum adds up in one order on any number of threads, so a replay judges the same to the last bit.
    explained = np.square(np.einsum("fkn,n->fk", pairs, ripple)).sum(axis=1)
    i = int(explained.argmax())
    if i in (0, len(hz) - 1):  # the best lies outside the band
        return 0.0, 0.0
    before, best, after = explained[i - 1 : i + 2].tolist()
    shift = 0.5 * (before - after) / (before - 2 * best + after)  # the top of the parabola through the three; best > before
    best -= 0.25 * (before - after) * shift
    # Breathing is told apart by amplitude alone: it does not count either as the strongest sine in a movement without rhythm.
    if 2 * sqrt(2 * best / len(ripple)) < RIPPLE_SHARE:
        return 0.0, 0.0
    return 1 / float(hz[i] + shift * (hz[1] - hz[0])), min(1.0, best / float(np.square(ripple).sum()))


@cache
def _sines(n: int) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """For ``n`` values: frequencies in Hz, shape (f,); orthonormal trend, shape (2, n); per frequency an orthonormal cosine and sine,
    freed of the trend, shape (f, 2, n).

    Four frequencies in each width that ``n`` values can tell apart: close enough for a parabola between them.
    """
    t_s = np.arange(n) * STEP_US / 1e6
    width_hz = 1e6 / STEP_US / n
    hz = np.arange(width_hz, BAND_TOP_HZ + width_hz / 8, width_hz / 4)
    trend = linalg.qr(np.column_stack([np.ones(n), t_s - t_s.mean()]), mode="economic")[0].T
    pairs = []
    for f in hz:
        waves = np.array([np.cos(2 * pi * f * t_s), np.sin(2 * pi * f * t_s)])
        waves -= waves @ trend.T @ trend
        pairs.append(linalg.qr(waves.T, mode="economic")[0].T)
    return hz, np.ascontiguousarray(trend), np.array(pairs)
