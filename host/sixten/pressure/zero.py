"""Tare: what the ball reads with nothing on it, taken only when that can be believed."""

from __future__ import annotations

from collections import deque
from statistics import median

REST_S = 3.0  # untouched before it counts: the ball and its air come to rest
TAKE_S = 2.0  # the zero is the median of this long
SPREAD_KPA = 0.15  # more than this is somebody touching it
DRIFT_KPA_S = 0.05
# Rest is judged on means this long, as the board does it: the 800 single values of an MS5837 at rest, 27 Pa each, spread by 0.17 kPa.
MEAN_S = 0.25


class ZeroTaker:
    """Feed it unfiltered-by-zero values until it returns a zero.

    between_kpa: what an unloaded ball of this kind may read. Somebody lying quite still looks like rest too; only this tells the two apart.
    """

    def __init__(self, between_kpa: tuple[float, float], rate_hz: float) -> None:
        self._low, self._high = between_kpa
        self._per_mean = round(MEAN_S * rate_hz)  # counted in samples so that the chunking cannot matter
        self._mean_of: list[float] = []
        self._recent: deque[float] = deque(maxlen=round((REST_S + TAKE_S) / MEAN_S))

    def restart(self) -> None:
        """The stretch of rest was broken (a gap, a fault)."""
        self._recent.clear()
        self._mean_of.clear()

    def feed(self, kpa: float) -> float | None:
        """The next value of ``fast``, before any zero is taken off; returns the zero once 5 s of rest have been seen."""
        self._mean_of.append(kpa)
        if len(self._mean_of) < self._per_mean:
            return None
        self._recent.append(sum(self._mean_of) / self._per_mean)
        self._mean_of.clear()
        if len(self._recent) < (self._recent.maxlen or 0):
            return None
        values = list(self._recent)
        if max(values) - min(values) > SPREAD_KPA:
            return None
        last = values[-round(TAKE_S / MEAN_S) :]
        half = len(last) // 2
        drift = (sum(last[half:]) / (len(last) - half) - sum(last[:half]) / half) / (TAKE_S / 2)
        zero = median(last)
        if abs(drift) > DRIFT_KPA_S or not self._low <= zero <= self._high:
            return None
        return zero
