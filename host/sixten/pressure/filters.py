"""Causal filters with carried state. The output does not depend on how the samples were cut into chunks, bit for bit.

All run through ``scipy.signal.lfilter``'s recursive path, which works strictly sample by sample. It costs 5 us a call where ``sosfilt``
costs 25, and the filters are of second order, where both are equally exact.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, signal

FAST_TAPS = 8  # 8 samples = 26.6 ms at 300.48 a second, the shortest that can null both mains frequencies; 6 taps cannot
MAINS_HZ = (50.0, 60.0)  # one of the two is in every wall
SMOOTH_DELAY_S = 0.15  # group delay; the shown number settles in about 0.3 s
# A denominator of length 1 would send lfilter through a convolution, whose order of summation depends on the chunk.
_FIR = np.array([1.0, 0.0])
FORGOTTEN = 8192  # samples; even at 2000 a second the slowest filter here has long forgotten an impulse
RATE_CORNER_HZ = 3.0  # slower loses the lead of an early warning, faster shows noise as movement


def design_fast(rate_hz: float) -> NDArray[np.float64]:
    """Taps, shape (FAST_TAPS,): the least-noise FIR filter with gain 1 at 0 Hz and exact zeros at the mains frequencies.

    The minimum-norm solution of the five linear conditions; it comes out symmetric, so every frequency is delayed alike.
    """
    k = np.arange(FAST_TAPS)
    rows = [np.ones(FAST_TAPS)]
    for hz in MAINS_HZ:
        rows += [np.cos(2 * np.pi * hz / rate_hz * k), np.sin(2 * np.pi * hz / rate_hz * k)]
    taps, *_ = linalg.lstsq(np.array(rows), np.array([1.0, 0, 0, 0, 0]))
    return np.asarray(taps / taps.sum())


class Filter:
    """A causal filter with its memory; starts, and restarts, settled on the first value it is given."""

    def __init__(self, b: NDArray[np.float64], a: NDArray[np.float64]) -> None:
        self._b, self._a = b, a
        self._settled = signal.lfilter_zi(b, a)
        self._zi: NDArray[np.float64] | None = None

    def restart(self) -> None:
        """Forget everything: the next value counts as having been there for ever, so a gap does not ring."""
        self._zi = None

    def alone(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Filter ``x``, time along the last axis, as if nothing had ever been before; keeps nothing."""
        return np.asarray(signal.lfilter(self._b, self._a, x))

    def __call__(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Filter ``x``, shape (n,), n >= 1, continuing from the last call; same shape."""
        if self._zi is None:
            self._zi = self._settled * x[0]
        y, self._zi = signal.lfilter(self._b, self._a, x, zi=self._zi)
        return np.asarray(y)


def fast(rate_hz: float, mains: bool = True) -> tuple[Filter, int]:
    """Decides: 8 taps with zeros at 50 and 60 Hz, or, for a digital sensor that picks up no hum, the mean of 2. And its length in taps."""
    taps = design_fast(rate_hz) if mains else np.array([0.5, 0.5])
    return Filter(taps, _FIR), len(taps)


def smooth(rate_hz: float) -> Filter:
    """Is shown: a second-order Bessel low-pass, no overshoot worth seeing."""
    return Filter(*signal.bessel(2, 1.0 / (2 * np.pi * SMOOTH_DELAY_S), fs=rate_hz, norm="delay"))


def rate(rate_hz: float) -> Filter:
    """Rate of change per second: a low-pass and a causal difference in one.

    To be fed with the output of `fast`: a difference makes hum larger, and 15 counts of it would be 2.7 kPa/s here (computed, at 40).
    """
    b, a = signal.butter(2, RATE_CORNER_HZ, fs=rate_hz)
    return Filter(np.convolve(b, [rate_hz, -rate_hz]), a)


def noise_gain(*chain: Filter) -> float:
    """Standard deviation behind filters in a row, for white noise of standard deviation 1 in every sample."""
    out = np.zeros(FORGOTTEN)
    out[0] = 1.0
    for f in chain:
        out = f.alone(out)
    return float(np.sqrt(np.sum(np.square(out))))
