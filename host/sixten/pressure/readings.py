"""Samples to readings: converted, filtered, zeroed, and marked with how far they can be trusted."""

from __future__ import annotations

from functools import partial
from itertools import repeat
from math import inf, isnan, nan
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sixten.ball.messages import FLAG_FAULT, FLAG_SATURATED, BallError, Event, Hello, Info, LastZero, Mark, Remembered, Samples, Silence
from sixten.pressure import filters
from sixten.pressure.newtons import FlatBoard, Point, fit
from sixten.pressure.rise import Noise
from sixten.pressure.sensors import NEWTONS_PER_REL, Fsr, Sensor, sensor_from_info
from sixten.pressure.zero import Rest, RestWatch, ZeroKeeper, ZeroNews

STALE_US = 250_000  # a number older than this is not shown
JUMP_KPA = 60.0  # no body moves this much between two samples; the second such sample is believed

# Samples looked at together: fewer than make a flat line of that sensor, so that none begins and becomes one unseen within a piece. At most
# so many, about a second and a half of the quickest sensor, because more would save nothing.
PIECE_MAX = 512

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
    """Feed it events; it returns readings, gaps and what there is to say about the zero. It keeps the filters' memory, the zero, and what
    was last trusted.
    """

    def __init__(self) -> None:
        self.sensor: Sensor | None = None
        self.zero = ZeroKeeper()
        self.noise = Noise()  # of the sensor, behind the filters
        self.flat_board: FlatBoard | None = None
        self.calibration_id = ""  # of the flat-board calibration that ``unit`` depends on; a kilopascal depends on none
        self.info: dict[str, str] = {}  # what the board said about itself
        self.unique_id: str | None = None
        self._remembered: Remembered | None = None
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
        self._raw = -1  # the last one, and how often in a row it has come
        self._equal = 0
        self._flat_n = 0  # so many equal ones are a flat line
        self._flat = False
        self._temperature: int | None = None  # the last extra number

    @property
    def unit(self) -> str:
        """What the numbers are: kPa, rel. or kPa eq.; empty before the board has said what it is."""
        return self.sensor.unit if self.sensor else ""

    @property
    def zero_kpa(self) -> float | None:
        """The zero of this plug-in, absolute; None before there is one."""
        return self.zero.zero_kpa

    @property
    def temperature_c(self) -> float | None:
        """In the ball, as last told; None where there is no thermometer."""
        return None if self.sensor is None or self._temperature is None else self.sensor.temperature_of(self._temperature)

    @property
    def last_zero(self) -> LastZero | None:
        """The zero of this plug-in, as it may be remembered."""
        if self.sensor is None or self.zero.zero_kpa is None:
            return None
        return LastZero(self.sensor.key, self.calibration_id, self.zero.zero_kpa, self.zero.zero_c)

    def newtons(self, kpa: float) -> float:
        """Force on a flat board at ``kpa`` above zero, in ``unit``; NaN without a calibration and outside of what it measured."""
        if self.flat_board is None:
            return nan
        low, high = self.flat_board.lowest_kpa, self.flat_board.highest_kpa
        if self.calibration_id:  # the unit is already one of force
            newtons = kpa * NEWTONS_PER_REL
            return newtons if self.flat_board.newtons(low) <= newtons <= self.flat_board.newtons(high) else nan
        return self.flat_board.newtons(kpa) if low <= kpa <= high else nan

    def feed(self, event: Event) -> list[Reading | Gap | ZeroNews]:
        """What ``event`` brings. Raises BallError if the board describes a sensor that cannot be read."""
        if isinstance(event, Samples):
            return self._samples(event) if self.sensor else []
        if isinstance(event, Silence):
            return self._silence(event.t_us)
        if isinstance(event, Hello):
            self.info = {}
            if event.unique_id != self.unique_id:  # another ball: its zero is its own
                self.unique_id, self.zero, self._remembered, self.sensor = event.unique_id, ZeroKeeper(), None, None
            if self.sensor:
                self._expected = None
                self._restart()
        elif isinstance(event, Remembered):
            if event.unique_id == self.unique_id and self._remembered is None:  # a unit does not change in mid-session
                self._remembered = event
        elif isinstance(event, Info):
            if event.key != "end":
                self.info[event.key] = event.value
            elif self.info:
                self._configure()
        elif isinstance(event, Mark):
            if event.kind == "zero":
                self.zero.want(event.t_us)
            elif event.kind == "untouched":
                self.zero.untouched(event.t_us)
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
        sensor, board, calibration_id = self._calibrated(sensor)
        if self.sensor and (sensor.constants, rate_hz) == (self.sensor.constants, self._rate_hz):
            return
        self.sensor, self._rate_hz = sensor, rate_hz
        self.flat_board, self.calibration_id = board, calibration_id
        self._fast, self._taps = filters.fast(rate_hz, sensor.mains)
        self._smooth, self._rate = filters.smooth(rate_hz), filters.rate(rate_hz)
        self.noise = Noise.of(sensor, rate_hz)
        self._rest = RestWatch(rate_hz)
        self._begin_zero(sensor, calibration_id)
        self._lowest = inf
        self._expected = None
        self._flat_n = max(round(sensor.flat_s * rate_hz), 2)
        self._piece_n = min(self._flat_n - 1, PIECE_MAX)
        self._temperature = None
        self._restart()

    def _calibrated(self, sensor: Sensor) -> tuple[Sensor, FlatBoard | None, str]:
        """The sensor with what is remembered of its ball. Points that are no calibration (a damaged memory) are as good as none."""
        kept = self._remembered.flat_board if self._remembered else None
        if kept is None or kept.sensor != sensor.key:
            return sensor, None, ""
        try:
            board = fit([Point(*p) for p in kept.points], kept.unit)
            return (sensor.calibrated(board, kept.zero_kpa), board, kept.id) if isinstance(sensor, Fsr) else (sensor, board, "")
        except ValueError:  # BadPoints, or the zero
            return sensor, None, ""

    def _begin_zero(self, sensor: Sensor, calibration_id: str) -> None:
        """A zero counts in the unit in which it was taken, and for one sensor."""
        kept = self._remembered.zero if self._remembered else None
        same = kept is not None and (kept.sensor, kept.calibration_id) == (sensor.key, calibration_id)
        self.zero = ZeroKeeper(kept.zero_kpa if same and kept else None)

    def _restart(self) -> None:
        """What comes next does not continue what was: the filters start settled, and nothing is trusted until `fast` is full."""
        for f in (self._fast, self._smooth, self._rate):
            f.restart()
        self._rest.restart()
        self._filling = self._taps
        self._last_good = self._wild = None
        self._saturated_before = False

    def _silence(self, t_us: int) -> list[Reading | Gap | ZeroNews]:
        if self.sensor is None or self._trusted_us is None or t_us - self._trusted_us <= STALE_US:
            return []
        return [Reading(t_us, nan, nan, nan, STALE, self.sensor.unit, self.zero_kpa is not None, 0)]

    def _samples(self, s: Samples) -> list[Reading | Gap | ZeroNews]:
        assert self.sensor is not None
        out: list[Reading | Gap | ZeroNews] = []
        if self._expected is not None and s.seq != self._expected:
            out.append(Gap(s.t_us[0], (s.seq - self._expected) % 65536))
            self._restart()
        elif self._last_us and s.t_us[0] - self._last_us > STALE_US:
            self._restart()
        self._expected = (s.seq + len(s.raw)) % 65536
        self._last_us = s.t_us[-1]
        if len(s.raw) <= self._piece_n:
            return out + self._piece(s)
        for a in range(0, len(s.raw), self._piece_n):
            b = a + self._piece_n
            extra = tuple([(i - a, x) for i, x in s.extra if a <= i < b])
            out += self._piece(Samples((s.seq + a) % 65536, s.t_us[a:b], s.flags[a:b], s.raw[a:b], extra))
        return out

    def _piece(self, s: Samples) -> list[Reading | Gap | ZeroNews]:
        assert self.sensor is not None
        value = self.sensor.convert(s.raw, s.extra)
        if self._plain(s, value):
            self._last_good = float(value[-1])
            self._trusted_us = s.t_us[-1]
            out = self._filtered(s.t_us, s.raw, value, OK, s.extra)
            if s.extra:
                self._temperature = s.extra[-1][1]
            return out
        out = []
        extra = dict(s.extra)
        for i, t_us in enumerate(s.t_us):  # rare: one by one, so that each sample's trust can depend on the one before
            self._temperature = extra.get(i, self._temperature)
            out += self._one(t_us, s.raw[i], s.flags[i], value[i : i + 1])
        return out

    def _plain(self, s: Samples, value: NDArray[np.float64]) -> bool:
        """Whether nothing about these samples needs a second look: then they can go through the filters together."""
        assert self.sensor is not None
        if self._filling or self._last_good is None or self._wild is not None or self._saturated_before or self._flat:
            return False
        if any(s.flags) and any(f & _BAD for f in s.flags) or max(s.raw) >= self.sensor.saturated_raw:
            return False
        values = value.tolist()  # of a handful, Python's own minimum is the quicker one
        if isnan(values[0]):  # a sensor that cannot be converted yet
            return False
        if max(max(values), self._last_good) - min(min(values), self._last_good) > JUMP_KPA:
            return False
        raw = s.raw
        if raw[0] == self._raw:  # noise makes this rare
            if self._equal + len(raw) >= self._flat_n:
                return False
            if raw.count(raw[0]) == len(raw):
                self._equal += len(raw)
                return True
        self._raw, self._equal = raw[-1], 1
        while self._equal < len(raw) and raw[-1 - self._equal] == self._raw:
            self._equal += 1
        return True

    def _one(self, t_us: int, raw: int, flags: int, value: NDArray[np.float64]) -> list[Reading | Gap | ZeroNews]:
        assert self.sensor is not None
        x = float(value[0])
        self._raw, self._equal = raw, self._equal + 1 if raw == self._raw else 1
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
        if self._flat and self._equal == 1:
            self._flat = False
            self._restart()
        elif self._equal >= self._flat_n and self._rest.alive and x - self._base_kpa() >= self.sensor.flat_above:
            self._flat = True
            return self._untrusted(t_us, raw)
        if self._last_good is not None and abs(x - self._last_good) > JUMP_KPA:
            if self._wild is None or abs(x - self._wild) > JUMP_KPA:
                self._wild = x
                return self._untrusted(t_us, raw)
        self._wild, self._last_good = None, x
        out = self._filtered((t_us,), (raw,), value, OK)
        if self._filling:
            self._filling -= 1
            return [*(o for o in out if isinstance(o, ZeroNews)), *self._untrusted(t_us, raw)]
        self._trusted_us = t_us
        return out

    def _base_kpa(self) -> float:
        """What readings are above: the zero, or what stands in for it. Without a nominal one that is the lowest pressure so far, which is
        too high if somebody has lain on the ball all the time.
        """
        if self.zero.zero_kpa is not None:
            return self.zero.zero_kpa
        nominal = self.sensor.nominal_zero if self.sensor else None
        return self._lowest if nominal is None else nominal

    def _filtered(
        self, t_us: tuple[int, ...], raw: tuple[int, ...], value: NDArray[np.float64], quality: str, extra: tuple[tuple[int, int], ...] = ()
    ) -> list[Reading | Gap | ZeroNews]:
        assert self.sensor is not None
        fast, smooth = self._fast(value), self._smooth(value)
        rate = self._rate(fast).tolist()
        checks = self._rest.feed(fast, smooth)
        zero, unit = self.zero.zero_kpa, self.sensor.unit
        if zero is None or checks and not self.zero.settled:
            return self._zeroing(t_us, raw, fast, smooth, rate, quality, extra, checks)
        columns = zip(
            t_us, (fast - zero).tolist(), (smooth - zero).tolist(), rate, repeat(quality), repeat(unit), repeat(True), raw, strict=False
        )
        out: list[Reading | Gap | ZeroNews] = list(map(_reading, columns))
        for i, rest in reversed(checks):
            out[i:i] = self._check(t_us[i], rest, next((x for k, x in reversed(extra) if k <= i), self._temperature))
        return out

    def _check(self, t_us: int, rest: Rest | None, temperature: int | None) -> list[ZeroNews]:
        assert self.sensor is not None
        celsius = None if temperature is None else self.sensor.temperature_of(temperature)
        return self.zero.check(t_us, rest, self.sensor.zero_between, self.sensor.zero_differs, self.sensor.air, celsius)

    def _zeroing(
        self,
        t_us: tuple[int, ...],
        raw: tuple[int, ...],
        fast: NDArray[np.float64],
        smooth: NDArray[np.float64],
        rate: list[float],
        quality: str,
        extra: tuple[tuple[int, int], ...],
        checks: list[tuple[int, Rest | None]],
    ) -> list[Reading | Gap | ZeroNews]:
        """The same one by one, where a zero may change between two samples. News stands before the first that it holds for."""
        assert self.sensor is not None
        out: list[Reading | Gap | ZeroNews] = []
        due, temperature, unit = dict(checks), self._temperature, self.sensor.unit
        later = dict(extra)
        for i, t in enumerate(t_us):
            temperature = later.get(i, temperature)
            if i in due:
                out += self._check(t, due[i], temperature)
            if self.zero.zero_kpa is None:
                self._lowest = min(self._lowest, float(fast[i]))
            base = self._base_kpa()
            zeroed = self.zero.zero_kpa is not None
            out.append(Reading(t, float(fast[i]) - base, float(smooth[i]) - base, rate[i], quality, unit, zeroed, raw[i]))
        return out

    def _untrusted(self, t_us: int, raw: int) -> list[Reading | Gap | ZeroNews]:
        assert self.sensor is not None
        quality = STALE if self._trusted_us is not None and t_us - self._trusted_us > STALE_US else SUSPECT
        return [Reading(t_us, nan, nan, nan, quality, self.sensor.unit, self.zero_kpa is not None, raw)]
