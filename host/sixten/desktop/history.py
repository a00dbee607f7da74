"""The last seconds of the signal, for the trace. Written by the pump's thread, read by the window's."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SECONDS = 10.0
BRIDGED_S = 0.05  # a longer way between two samples is a hole; shorter ones are joined, as a slow sensor has less than one a column


class History:
    """A mirrored ring: each value is written twice, a ring's length apart, so that the newest n are always one contiguous slice."""

    def __init__(self, capacity: int = 4096) -> None:
        """capacity: samples kept; 4096 are 13 s at 300 a second, more than the trace shows."""
        self._n = capacity
        self._t_s = np.full(2 * capacity, -np.inf)
        self._kpa = np.full(2 * capacity, np.nan)
        self._count = 0

    def add(self, t_us: int, gauge_kpa: float) -> None:
        """Append one value; NaN leaves a hole in the trace."""
        t_s = t_us / 1e6
        if self._count and t_s < self._t_s[(self._count - 1) % self._n]:  # a replay has gone back
            self._count = 0
        i = self._count % self._n
        self._t_s[i] = self._t_s[i + self._n] = t_s
        self._kpa[i] = self._kpa[i + self._n] = gauge_kpa
        self._count += 1  # last, so that a reader never sees a slot that is not written yet

    @property
    def count(self) -> int:
        """How many were ever added since it was empty."""
        return self._count

    def last(self, seconds: float = SECONDS) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(seconds before the newest, ascending and <= 0; kPa), shape (m,) each."""
        count = self._count
        if not count:
            return np.empty(0), np.empty(0)
        end = (count - 1) % self._n + self._n + 1
        begin = end - min(count, self._n - 64)  # the oldest few may be overwritten while they are read
        t = self._t_s[begin:end] - self._t_s[end - 1]
        first = int(np.searchsorted(t, -seconds))
        return t[first:], self._kpa[begin + first : end].copy()

    def columns(self, n: int, seconds: float = SECONDS) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(lowest, highest) kPa in each of n equal stretches of the last seconds, shape (n,); NaN where there is nothing.

        A stretch begins at a multiple of its length, not at the newest sample: what is past looks the same at every frame.
        """
        low, high = np.full(n, np.nan), np.full(n, np.nan)
        t, kpa = self.last(seconds)
        if not len(t):
            return low, high
        newest_s = float(self._t_s[(self._count - 1) % self._n])
        slot = np.floor((newest_s + t) * (n / seconds)).astype(np.int64)
        slot -= slot[-1] - (n - 1)
        slot, kpa = slot[slot >= 0], kpa[slot >= 0]
        first = np.flatnonzero(np.diff(slot, prepend=-1))
        at = slot[first]
        low[at], high[at] = np.fmin.reduceat(kpa, first), np.fmax.reduceat(kpa, first)
        joined = np.diff(at) <= 1 + int(BRIDGED_S * n / seconds)
        before = kpa[first[1:] - 1]  # a column begins where the one before it has ended
        to = at[1:][joined]
        low[to], high[to] = np.fmin(low[to], before[joined]), np.fmax(high[to], before[joined])
        empty = np.setdiff1d(np.arange(at[0], n), at, assume_unique=True)
        if len(empty):
            empty = empty[joined[np.searchsorted(at, empty) - 1]]
            low[empty] = high[empty] = np.interp(empty, at, kpa[first])
        return low, high
