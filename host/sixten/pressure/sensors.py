"""Raw counts to a pressure-like number, one small converter per sensor kind."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from copy import copy
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sixten.pressure.newtons import FlatBoard

DEVICE_LIMIT_KPA = 95.0  # 389 N on the 65/8 ball (computed, ball/ball-mechanics.csv); nobody is asked to press harder

# Conductance per newton of a FlexiForce-class sensor in its puck, 10 kOhm divider, 470 kOhm across the sensor in the pod
# (design values, docs/decisions.md; never measured on a physical ball).
FSR_SIEMENS_PER_N = 0.633e-6
FSR_PARALLEL_OHM = 470e3  # makes an unloaded ball about 21 counts, where a broken wire is 0: else the two look alike
FSR_DIVIDER_OHM = 10e3  # to ground; the middle of the range then lies near the middle of the loads
# One `rel.` is the load under which the 65/8 air ball would show 1 kPa, on average up to its limit: 389 N at 95 kPa (computed,
# ball/ball-mechanics.csv). So both kinds of ball put the same weight near the same number.
NEWTONS_PER_REL = 389.0 / DEVICE_LIMIT_KPA
FSR_ZERO_REL = 1.0 / FSR_PARALLEL_OHM / FSR_SIEMENS_PER_N / NEWTONS_PER_REL  # what an unloaded puck reads by design
ZERO_SHARE = 0.02  # of the device limit: how far from that a zero may lie
# Nominal newtons beyond which the puck is out of its range (FlexiForce A401 with low drive, about 800 N); counts as saturated.
FSR_TOP_REL = 800.0 / NEWTONS_PER_REL
# Standard deviation of one conversion that a warning must live with: a board on a noisy supply; 0.3-0.5 is usual on USB.
FSR_NOISE_COUNTS = 3.0

# How far a zero may lie from the ball's last one before the person is asked. For a barometer both are the weight of the air: 3 kPa is
# a deep low within a few days or 250 m of height, and the person's answer settles it. For the FSR ball 2 % of the span.
ZERO_DIFFERS_KPA = 3.0
ZERO_DIFFERS_REL = ZERO_SHARE * DEVICE_LIMIT_KPA  # 2 % of the span, as for the nominal zero

# A flat line. Neighbouring results of an LPS28DFW differ in their noise of at least 0.6 Pa = 12 counts (RMS, data sheet), those of a
# MS5837 in 20 Pa and more, so equal ones in a row are a matter of a few: half a second is 80 to 100 of them. An FSR board's converter can
# be quiet enough to give one number for minutes, but not under a person: breathing moves 10 rel. by 2 % = 100 counts peak to peak, and
# ten seconds hold the slowest breath.
FLAT_BAROMETER_S = 0.5
FLAT_FSR_S = 10.0  # holds the slowest breath
FLAT_FSR_REL = 10.0  # less may be no person but a thing, which does not breathe

# What the air can weigh where people live, with room for weather: an unloaded barometric ball reads something between these.
AIR_KPA = (60.0, 109.0)


class Sensor(Protocol):
    """One kind of sensor.

    key: names it; numbers measured with another key mean nothing here. unit: what its numbers are. mains: whether the filter must null
    mains hum. zero_between: what an unloaded ball may read. nominal_zero: what it reads by design, or None where only a measurement can
    tell. zero_differs: further than this from the ball's last zero, and the person is asked. air: there is air in the ball, which can be
    lost. saturated_raw: from this count on a load could not be told from a larger one. flat_s: exactly one value for longer than this is
    a fault, with at least flat_above on the ball. noise_kpa, noise_growth_per_kpa: standard deviation of one sample by design, in
    ``unit``: the first without load, growing as (1 + growth * load)^2. constants: what makes two sensors the same. temperature_c: the
    last one told, or None.
    """

    key: str
    unit: str
    mains: bool
    zero_between: tuple[float, float]
    nominal_zero: float | None
    zero_differs: float
    air: bool
    saturated_raw: int
    flat_s: float
    flat_above: float
    noise_kpa: float
    noise_growth_per_kpa: float
    constants: tuple[object, ...]
    temperature_c: float | None

    def convert(self, raw: tuple[int, ...], extra: tuple[tuple[int, int], ...]) -> NDArray[np.float64]:
        """Counts, with the extra numbers among them, to ``unit``, shape (n,), zero not yet taken off; never falling in ``raw``."""

    def temperature_of(self, extra: int) -> float | None:
        """An extra number as a temperature in degC, if it is one."""

    def guard_level(self, value: float) -> int:
        """``value``, zero not taken off, as the board's guard counts it (counts, or pascals): never above what is still not over it."""


class Fsr:
    """A force-sensing resistor to the supply over a divider resistor to ground, read as a sum of ten-bit conversions.

    Its unit is `rel.`. With a flat-board calibration it is `kPa eq.`: the pressure that the 65/8 air ball would have under the same force
    (computed, not a pressure in this ball), and from the heaviest load of that calibration on it counts as saturated.
    """

    unit = "rel."
    mains = True
    nominal_zero: float | None = FSR_ZERO_REL
    zero_between = (FSR_ZERO_REL - ZERO_DIFFERS_REL, FSR_ZERO_REL + ZERO_DIFFERS_REL)
    zero_differs = ZERO_DIFFERS_REL
    air = False
    flat_s = FLAT_FSR_S
    flat_above = FLAT_FSR_REL
    temperature_c: float | None = None

    def __init__(self, oversample: int, divider_ohm: float, raw_max: int) -> None:
        # Ratiometric: x = code/1024 (ATmega328P data sheet, ADC conversion result; half a count added because the converter
        # truncates), conductance = x / ((1 - x) * divider). All counts once, because a look-up is what is quick later.
        x = (np.arange(raw_max + 1) / oversample + 0.5) / 1024.0
        siemens = x / ((1.0 - np.minimum(x, 1023.5 / 1024.0)) * divider_ohm)
        self._table = np.minimum(siemens / FSR_SIEMENS_PER_N / NEWTONS_PER_REL, FSR_TOP_REL)
        self.saturated_raw = min(raw_max, int(np.searchsorted(self._table, 0.98 * FSR_TOP_REL)))
        self.key = f"fsr/{oversample}/{divider_ohm:g}/{raw_max}"
        # d rel. / d x = (1 + conductance * divider)^2 / (divider * siemens per rel.), x = code/1024, the conductance linear in load.
        per_rel = divider_ohm * FSR_SIEMENS_PER_N * NEWTONS_PER_REL
        at_rest = 1.0 + divider_ohm / FSR_PARALLEL_OHM
        self.noise_kpa = FSR_NOISE_COUNTS / 1024.0 / oversample**0.5 * at_rest**2 / per_rel
        self.noise_growth_per_kpa = per_rel / at_rest
        self.constants: tuple[object, ...] = ("fsr", oversample, divider_ohm, raw_max)

    def calibrated(self, board: FlatBoard, zero: float) -> Fsr:
        """The same sensor in `kPa eq.`; ``board`` is in `rel.` above ``zero``. Raises ValueError if no unloaded ball reads that zero."""
        if not self.zero_between[0] <= zero <= self.zero_between[1]:
            raise ValueError(f"a flat-board calibration with a zero of {zero} rel.")
        above = self._table - zero
        little = board.lowest_kpa / 100  # below its zero a ball goes on as it begins above it
        newtons = np.where(above < 0, above * (board.newtons(little) / little), board.curve_n(np.clip(above, 0.0, board.highest_kpa)))
        sensor = copy(self)
        sensor._table = newtons / NEWTONS_PER_REL
        sensor.unit, sensor.nominal_zero = "kPa eq.", 0.0
        sensor.zero_between = (-ZERO_DIFFERS_REL, ZERO_DIFFERS_REL)
        sensor.saturated_raw = min(self.saturated_raw, int(np.searchsorted(above, board.highest_kpa)))
        sensor.constants = (*self.constants, zero, board.points)
        return sensor

    def convert(self, raw: tuple[int, ...], extra: tuple[tuple[int, int], ...] = ()) -> NDArray[np.float64]:
        """Counts to ``unit``; the ends are held."""
        return self._table.take(raw, mode="clip")

    def temperature_of(self, extra: int) -> float | None:
        """The puck has no thermometer."""
        return None

    def guard_level(self, value: float) -> int:
        """The largest count that is not above ``value``, and below saturation, which is over whatever the value."""
        return min(int(np.searchsorted(self._table, value, side="right")), self.saturated_raw) - 1


class Lps28dfw:
    """ST LPS28DFW in its wide mode: 26-406 kPa absolute, 2048 counts a hectopascal (data sheet DS13317 rev 1, pressure data).

    The extra number is the temperature in 0.01 degC.
    """

    key = "lps28dfw"
    unit = "kPa"
    mains = False
    nominal_zero: float | None = None
    zero_between = AIR_KPA
    zero_differs = ZERO_DIFFERS_KPA
    air = True
    flat_s = FLAT_BAROMETER_S
    flat_above = float("-inf")
    saturated_raw = round(0.98 * 4060 * 2048)
    noise_kpa = 0.0038  # averaging 32 in the wide mode; inferred from the data sheet's 2.8 Pa behind its low-pass at a quarter of the rate
    noise_growth_per_kpa = 0.0
    constants: tuple[object, ...] = ("lps28dfw",)
    temperature_c: float | None = None

    def convert(self, raw: tuple[int, ...], extra: tuple[tuple[int, int], ...] = ()) -> NDArray[np.float64]:
        """Counts to kPa absolute."""
        if extra:
            self.temperature_c = extra[-1][1] / 100.0
        return np.array(raw) * (0.1 / 2048.0)

    def temperature_of(self, extra: int) -> float | None:
        """degC."""
        return extra / 100.0

    def guard_level(self, value: float) -> int:
        """Pascals. One less than whole ones, because the board rounds down and is over only above its limit."""
        return math.floor(value * 1000.0) - 1


class Ms5837:
    """TE MS5837-30BA: 0-3000 kPa absolute, compensated from its seven PROM words (data sheet rev C2, first and second order).

    raw is D1; the extra number is D2, the temperature's conversion, and holds until the next. Until the first D2 nothing can be known,
    and the values are NaN. Raises ValueError for words that are no PROM.
    """

    unit = "kPa"
    mains = False
    nominal_zero: float | None = None
    zero_between = AIR_KPA
    zero_differs = ZERO_DIFFERS_KPA
    air = True
    flat_s = FLAT_BAROMETER_S
    flat_above = float("-inf")
    saturated_raw = 1 << 24  # never by count: the board judges the compensated pressure and sets its flag
    noise_kpa = 0.038  # RMS at oversampling 2048, which the firmware asks for (data sheet rev C2, resolution RMS)
    noise_growth_per_kpa = 0.0
    temperature_c: float | None = None

    def __init__(self, prom_hex: str) -> None:
        if len(prom_hex) != 28:
            raise ValueError(f"a PROM of {len(prom_hex)} digits instead of 28")
        self._c = [int(prom_hex[i : i + 4], 16) for i in range(0, 28, 4)]
        if ms5837_crc(self._c) != self._c[0] >> 12:
            raise ValueError("a PROM whose checksum is wrong")
        self.key = f"ms5837/{prom_hex}"
        self.constants: tuple[object, ...] = ("ms5837", prom_hex)
        self._terms: tuple[int, int] | None = None  # OFF and SENS at the present temperature

    def convert(self, raw: tuple[int, ...], extra: tuple[tuple[int, int], ...] = ()) -> NDArray[np.float64]:
        """D1 to kPa absolute, each with the D2 that was the latest at it."""
        out = np.full(len(raw), np.nan)
        edges = [0, *(i for i, _ in extra), len(raw)]
        for k, (begin, end) in enumerate(pairwise(edges)):
            if k:
                temperature, offset, sensitivity = ms5837_temperature(self._c, extra[k - 1][1])
                self._terms, self.temperature_c = (offset, sensitivity), temperature / 100.0
            if self._terms and begin < end:
                offset, sensitivity = self._terms
                d1 = np.array(raw[begin:end], dtype=np.int64)
                # Shifts are floors, as the data sheet's worked example needs. D1 * SENS takes 58 bits, so int64 holds it.
                out[begin:end] = (((d1 * sensitivity) >> 21) - offset) >> 13
        return out / 100.0  # the data sheet's unit is 0.1 mbar = 10 Pa

    def temperature_of(self, extra: int) -> float | None:
        """degC."""
        return ms5837_temperature(self._c, extra)[0] / 100.0

    def guard_level(self, value: float) -> int:
        """Pascals. One less than whole ones, because the board rounds down and is over only above its limit."""
        return math.floor(value * 1000.0) - 1


def ms5837_crc(words: Sequence[int]) -> int:
    """CRC-4 over seven PROM words, the checksum's own place (bits 15-12 of the first) counted as 0 (data sheet, "CRC-4")."""
    rest = 0
    for word in [words[0] & 0x0FFF, *words[1:7], 0]:
        for byte in (word >> 8, word & 0xFF):
            rest ^= byte
            for _ in range(8):
                rest = (rest << 1 ^ 0x3000 if rest & 0x8000 else rest << 1) & 0xFFFF
    return rest >> 12


def ms5837_temperature(c: Sequence[int], d2: int) -> tuple[int, int, int]:
    """(temperature in 0.01 degC, OFF, SENS) for PROM words ``c`` and D2, first and second order, every division a floor."""
    dt = d2 - c[5] * 256
    temperature = 2000 + (dt * c[6] >> 23)
    offset = c[2] * 65536 + (c[4] * dt >> 7)
    sensitivity = c[1] * 32768 + (c[3] * dt >> 8)
    q = (temperature - 2000) ** 2
    if temperature < 2000:
        second, offset2, sensitivity2 = 3 * dt * dt >> 33, 3 * q >> 1, 5 * q >> 3
        if temperature < -1500:
            w = (temperature + 1500) ** 2
            offset2, sensitivity2 = offset2 + 7 * w, sensitivity2 + 4 * w
    else:
        second, offset2, sensitivity2 = 2 * dt * dt >> 37, q >> 4, 0
    return temperature - second, offset - offset2, sensitivity - sensitivity2


def sensor_from_info(info: Mapping[str, str]) -> Sensor:
    """The converter for a board's own description. Raises ValueError, naming what is wrong, if it makes no sense."""
    kind = info.get("sensor", "")
    try:
        if kind == "fsr":
            oversample, ohm, raw_max = int(info["oversample"]), float(info["divider_ohm"]), int(info["raw_max"])
            if not (1 <= oversample <= 4096 and 100 <= ohm <= 1e7 and 0 < raw_max <= 1023 * oversample):
                raise ValueError(f"oversample {oversample}, divider {ohm} ohm, raw_max {raw_max}")
            return Fsr(oversample, ohm, raw_max)
        if kind == "lps28dfw":
            return Lps28dfw()
        if kind == "ms5837":
            return Ms5837(info["prom"])
    except KeyError as error:
        raise ValueError(f"the board does not say its sensor's {error.args[0]}") from error
    except ValueError as error:
        raise ValueError(f"the board's description of its sensor makes no sense ({error})") from error
    if kind == "none":
        raise ValueError("no sensor answers on the board; check the cable to the ball")
    raise ValueError(f"the board reports a sensor that this program does not know: {kind or 'nothing'}")
