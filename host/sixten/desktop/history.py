"""The last seconds of the signal, for the trace. Written by the pump's thread, read by the window's."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SECONDS = 10.0


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
