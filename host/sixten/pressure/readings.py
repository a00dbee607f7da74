"""Samples to readings: converted, filtered, zeroed, and marked with how far they can be trusted."""

from __future__ import annotations

from functools import partial
from itertools import repeat
from math import inf, isnan, nan
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sixten.ball.messages import FLAG_FAULT, FLAG_SATURATED, BallError, Event, Hello, Info, Samples, Silence
from sixten.pressure import filters
from sixten.pressure.rise import Noise
from sixten.pressure.sensors import Sensor, sensor_from_info
from sixten.pressure.zero import ZeroTaker

STALE_US = 250_000  # a number older than this is not shown
JUMP_KPA = 60.0  # no body moves this much between two samples; the second such sample is believed

OK, SATURATED, SUSPECT, STALE = "ok", "saturated", "suspect", "stale"
_BAD = FLAG_SATURATED | FLAG_FAULT


class Reading(NamedTuple):
    """One moment of the ball. The numbers are NaN unless ``quality`` is ``ok`` or ``saturated``.

    gauge_kpa: `fast`, decides. smooth_kpa: is shown. Both in ``unit`` above the zero. zeroed: the zero was taken since plug-in (if not,
    the ball kind's nominal one stands in).
    """

    t_us: int
    gauge_kpa: float
    smooth_kpa: float
    rate_kpa_s: float
    quality: str
    unit: str
    zeroed: bool
    raw: int


# From eight values in order; without a Python frame for each, which would be half the cost of a large block.
_reading: partial[Reading] = partial(tuple.__new__, Reading)


class Gap(NamedTuple):
    """``lost`` samples are missing before ``t_us``."""

    t_us: int
    lost: int


class Readings:
    """Feed it events; it returns readings and gaps. It keeps the filters' memory, the zero, and what was last trusted."""

    def __init__(self) -> None:
        self.sensor: Sensor | None = None
        self.zero_kpa: float | None = None
        self.noise = Noise()  # of the sensor, behind the filters
        self.info: dict[str, str] = {}  # what the board said about itself
        self._unique_id: str | None = None
        self._rate_hz = 0.0
        self._expected: int | None = None  # the next sequence number
        self._last_us = 0
        self._trusted_us: int | None = None
        self._last_good: float | None = None
        self._wild: float | None = None  # a value too far from the last one to believe at once
        self._saturated_before = False
        self._taps = 0
        self._lowest = inf
        self._filling = 0  # samples until `fast` holds nothing from before a restart

    def feed(self, event: Event) -> list[Reading | Gap]:
        """Readings and gaps that ``event`` brings. Raises BallError if the board describes a sensor that cannot be read."""
        if isinstance(event, Samples):
            return self._samples(event) if self.sensor else []
        if isinstance(event, Silence):
            return self._silence(event.t_us)
        if isinstance(event, Hello):
            self.info = {}
            if event.unique_id != self._unique_id:  # another ball: its zero is its own
                self._unique_id, self.zero_kpa = event.unique_id, None
            if self.sensor:
                self._expected = None
                self._restart()
        elif isinstance(event, Info):
            if event.key != "end":
                self.info[event.key] = event.value
            elif self.info:
                self._configure()
        return []

    def _configure(self) -> None:
        try:
            sensor = sensor_from_info(self.info)
            rate_hz = int(self.info.get("rate_mhz", "")) / 1000.0
            if not 50.0 <= rate_hz <= 2000.0:
                raise ValueError(f"the board claims {rate_hz} samples a second")
        except ValueError as error:
            hint = "" if self.info.get("sensor") == "none" else "; flash the firmware that came with this program"
            raise BallError(f"The ball cannot be read: {error}{hint}.") from error
        if self.sensor and (sensor.constants, rate_hz) == (self.sensor.constants, self._rate_hz):
            return
        self.sensor, self._rate_hz = sensor, rate_hz
        self._fast, self._taps = filters.fast(rate_hz, sensor.mains)
        self._smooth, self._rate = filters.smooth(rate_hz), filters.rate(rate_hz)
        self.noise = Noise.of(sensor, rate_hz)
        self._zero_taker = ZeroTaker(sensor.zero_between, rate_hz)
        self._lowest = inf
        self._expected = None
        self._restart()

    def _restart(self) -> None:
        """What comes next does not continue what was: the filters start settled, and nothing is trusted until `fast` is full."""
        for f in (self._fast, self._smooth, self._rate):
            f.restart()
        self._zero_taker.restart()
        self._filling = self._taps
        self._last_good = self._wild = None
        self._saturated_before = False

    def _silence(self, t_us: int) -> list[Reading | Gap]:
        if self.sensor is None or self._trusted_us is None or t_us - self._trusted_us <= STALE_US:
            return []
        return [Reading(t_us, nan, nan, nan, STALE, self.sensor.unit, self.zero_kpa is not None, 0)]

    def _samples(self, s: Samples) -> list[Reading | Gap]:
        assert self.sensor is not None
        out: list[Reading | Gap] = []
        if self._expected is not None and s.seq != self._expected:
            out.append(Gap(s.t_us[0], (s.seq - self._expected) % 65536))
            self._restart()
        elif self._last_us and s.t_us[0] - self._last_us > STALE_US:
            self._restart()
        self._expected = (s.seq + len(s.raw)) % 65536
        self._last_us = s.t_us[-1]
        value = self.sensor.convert(s.raw, s.extra)
        if self._plain(s, value):
            self._last_good = float(value[-1])
            self._trusted_us = s.t_us[-1]
            out += self._filtered(s.t_us, s.raw, value, OK)
        else:  # rare: one by one, so that each sample's trust can depend on the one before
            for i, t_us in enumerate(s.t_us):
                out += self._one(t_us, s.raw[i], s.flags[i], value[i : i + 1])
        return out

    def _plain(self, s: Samples, value: NDArray[np.float64]) -> bool:
        """Whether nothing about these samples needs a second look: then they can go through the filters together."""
        assert self.sensor is not None
        if self._filling or self._last_good is None or self._wild is not None or self._saturated_before or self.zero_kpa is None:
            return False
        if any(s.flags) and any(f & _BAD for f in s.flags) or max(s.raw) >= self.sensor.saturated_raw:
            return False
        if isnan(value[0]):  # a sensor that cannot be converted yet
            return False
        known: list[float] = [*value.tolist(), self._last_good]  # a list's own min and max are quicker than an array's at five samples
        return max(known) - min(known) <= JUMP_KPA

    def _one(self, t_us: int, raw: int, flags: int, value: NDArray[np.float64]) -> list[Reading | Gap]:
        assert self.sensor is not None
        x = float(value[0])
        saturated = raw >= self.sensor.saturated_raw or bool(flags & FLAG_SATURATED)
        if flags & FLAG_FAULT or isnan(x):
            self._restart()
            return self._untrusted(t_us, raw)
        if saturated:
            twice, self._saturated_before = self._saturated_before, True
            if not twice:  # one saturated sample may be a spark; two decide
                return self._untrusted(t_us, raw)
            self._trusted_us, self._last_good = t_us, x
            return self._filtered((t_us,), (raw,), value, SATURATED)
        self._saturated_before = False
        if self._last_good is not None and abs(x - self._last_good) > JUMP_KPA:
            if self._wild is None or abs(x - self._wild) > JUMP_KPA:
                self._wild = x
                return self._untrusted(t_us, raw)
        self._wild, self._last_good = None, x
        out = self._filtered((t_us,), (raw,), value, OK)
        if self._filling:
            self._filling -= 1
            return self._untrusted(t_us, raw)
        self._trusted_us = t_us
        return out

    def _filtered(self, t_us: tuple[int, ...], raw: tuple[int, ...], value: NDArray[np.float64], quality: str) -> list[Reading | Gap]:
        assert self.sensor is not None
        fast = self._fast(value)
        if self.zero_kpa is None:
            self.zero_kpa = self._zero_taker.feed(float(fast[0]))  # one by one until there is a zero, see _plain
        zero = self.zero_kpa
        if zero is None:
            # Without a nominal zero the lowest pressure so far stands in: too high a zero if somebody has lain on it all the time.
            self._lowest = min(self._lowest, float(fast[0]))
            zero = self._lowest if self.sensor.nominal_zero is None else self.sensor.nominal_zero
        zeroed, unit = self.zero_kpa is not None, self.sensor.unit
        gauge, smooth, rate = (fast - zero).tolist(), (self._smooth(value) - zero).tolist(), self._rate(fast).tolist()
        columns = zip(t_us, gauge, smooth, rate, repeat(quality), repeat(unit), repeat(zeroed), raw, strict=False)
        return list(map(_reading, columns))

    def _untrusted(self, t_us: int, raw: int) -> list[Reading | Gap]:
        assert self.sensor is not None
        quality = STALE if self._trusted_us is not None and t_us - self._trusted_us > STALE_US else SUSPECT
        return [Reading(t_us, nan, nan, nan, quality, self.sensor.unit, self.zero_kpa is not None, raw)]
