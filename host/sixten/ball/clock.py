"""The board's 32-bit microseconds on one continuous axis, and where the host's clock lies on it."""

from __future__ import annotations

from collections import deque

_WRAP = 1 << 32
RESTART_S = 2.0  # host and device disagree by more than this about the time between two lines: the board has started anew
KEPT_MINIMA = 30  # seconds of history behind the host-to-device line: long enough to see drift, short enough to follow it


class DeviceClock:
    """Feed it each device time with the host's time of arrival; it returns the continuous device time in microseconds.

    Wraps (every 71.6 minutes) are told from restarts by the host's clock: after a wrap both clocks agree on how much time has passed.
    After a restart the axis goes on from the last time by the host's measure, so device time never runs backwards.
    """

    def __init__(self) -> None:
        self._raw: int | None = None
        self.t_us = 0  # the latest continuous time
        self._host_s = 0.0
        self._minima: deque[tuple[float, float]] = deque(maxlen=KEPT_MINIMA)  # (host_s, smallest host - device in that second)

    def unwrap(self, raw_us: int, host_s: float) -> int:
        """Continuous device time of ``raw_us``, which arrived at ``host_s``."""
        if self._raw is None:
            self.t_us = raw_us
        else:
            passed_us = (raw_us - self._raw) % _WRAP
            by_host_us = (host_s - self._host_s) * 1e6
            if abs(passed_us - by_host_us) > RESTART_S * 1e6 + 0.01 * by_host_us:
                self._minima.clear()
                passed_us = max(1, round(by_host_us))
            self.t_us += passed_us
        self._raw = raw_us
        self._host_s = host_s
        self._learn(host_s)
        return self.t_us

    def shift(self, raw_us: int) -> int:
        """Continuous time of a device time close to the last one, without moving the clock (events may be stamped a little back)."""
        if self._raw is None:
            return raw_us
        return self.t_us + (raw_us - self._raw + _WRAP // 2) % _WRAP - _WRAP // 2

    def _learn(self, host_s: float) -> None:
        ahead_s = host_s - self.t_us / 1e6
        if not self._minima or host_s - self._minima[-1][0] >= 1.0:
            self._minima.append((host_s, ahead_s))
        elif ahead_s < self._minima[-1][1]:
            self._minima[-1] = (self._minima[-1][0], ahead_s)

    def at_host(self, host_s: float) -> int:
        """Device microseconds at host time ``host_s``: a line through each second's quickest arrival.

        USB only ever delays, so the smallest host-minus-device difference is the honest one (a mean would be pulled by stalls).
        """
        if self._raw is None:
            return 0
        slope, offset = 0.0, self._minima[-1][1]
        if len(self._minima) >= 5:
            n = len(self._minima)
            mean_x = sum(x for x, _ in self._minima) / n
            mean_y = sum(y for _, y in self._minima) / n
            slope = sum((x - mean_x) * (y - mean_y) for x, y in self._minima) / sum((x - mean_x) ** 2 for x, _ in self._minima)
            offset = mean_y + slope * (host_s - mean_x)
        return round((host_s - offset) * 1e6)
