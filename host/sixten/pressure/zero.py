"""Tare: what the ball reads with nothing on it, taken only when that can be believed."""

from __future__ import annotations

from collections import deque
from statistics import median

REST_S = 3.0  # untouched before it counts: the ball and its air come to rest
TAKE_S = 2.0  # the zero is the median of this long
SPREAD_KPA = 0.15  # more than this is somebody touching it
DRIFT_KPA_S = 0.05  # more than this is air or rubber still coming to rest
CHECK_EVERY = 64  # samples; counted in samples so that the chunking cannot matter


class ZeroTaker:
    """Feed it unfiltered-by-zero values until it returns a zero.

    between_kpa: what an unloaded ball of this kind may read. Somebody lying quite still looks like rest too; only this tells the two apart.
    """

    def __init__(self, between_kpa: tuple[float, float], rate_hz: float) -> None:
        self._low, self._high = between_kpa
        self._taken = round(TAKE_S * rate_hz)
        self._recent: deque[float] = deque(maxlen=round((REST_S + TAKE_S) * rate_hz))
        self._count = 0

    def restart(self) -> None:
        """The stretch of rest was broken (a gap, a fault)."""
        self._recent.clear()

    def feed(self, kpa: float) -> float | None:
        """The next value of ``fast``, before any zero is taken off; returns the zero once 5 s of rest have been seen."""
        self._recent.append(kpa)
        self._count += 1
        if self._count % CHECK_EVERY or len(self._recent) < (self._recent.maxlen or 0):
            return None
        values = list(self._recent)
        if max(values) - min(values) > SPREAD_KPA:
            return None
        last = values[-self._taken :]
        half = len(last) // 2
        drift = (sum(last[half:]) / (len(last) - half) - sum(last[:half]) / half) / (TAKE_S / 2)
        zero = median(last)
        if abs(drift) > DRIFT_KPA_S or not self._low <= zero <= self._high:
            return None
        return zero
