"""A ball made of software: load -> mechanics -> sensor -> wire bytes -> the same decoder as a real one.

It also writes the signal table that the simulated board plays. The mechanics are computed and have never been measured on a physical ball.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol

from sixten.ball.commands import Commands, asked
from sixten.ball.link import Link
from sixten.ball.mechanics import IDEAL, LEAKY_PER_MIN, REAL, ROOM_C, Ball, Cavity, Load, Physics, interpolate
from sixten.ball.messages import FLAG_GUARD_ON, FLAG_SATURATED, Event, Reply
from sixten.ball.virtual_guard import Refused, VirtualGuard, answer
from sixten.ball.wire import frame
from sixten.pressure.sensors import FSR_DIVIDER_OHM, FSR_PARALLEL_OHM, FSR_SIEMENS_PER_N, NEWTONS_PER_REL, ms5837_temperature

SUPPLY_MV = 5000.0
TABLE_STEP_S = 0.005  # the divider is not linear, so a ramp of force is cut into pieces this long
HELD_STEP_S = 0.05  # and a held load into these, where the ball creeps, warms or leaks: under 0.1 % of any of that
OVERSAMPLE = 32
RAW_MAX = OVERSAMPLE * 1023
NOISE_COUNTS = 0.4  # standard deviation of one conversion on a board fed by USB

# One standard deviation of a result, pascals: LPS28DFW averaging 32 without its low-pass (data sheet DS13317 rev 1, from its figures
# with the low-pass); MS5837-30BA at OSR 2048 (data sheet rev C2).
LPS28DFW_NOISE_PA = 3.8
MS5837_NOISE_PA = 38.0
MS5837_NOISE_C = 0.012  # of its temperature at OSR 256 (its sister MS5611's data sheet)
LPS28DFW_SATURATED = 8148582  # as in firmware/sixten/src/lps28dfw.h
MS5837_SATURATED_PA = 2_940_000
# The seven words of the data sheet's worked example with product 1A and their checksum; the simulated board has the same.
MS5837_PROM = (0x9340, 0x88A6, 0x8E00, 0x4F68, 0x5752, 0x6816, 0x6622)
READY_SEEN_US = (100, 500)  # after the LPS28DFW's own clock, the board sees that it is ready (docs/protocol.md)


def fsr_share_of_supply(film_n: float) -> float:
    """Voltage at the divider's middle as a share of the supply, 0..1, for a force on the FSR's film; infinite force = a short."""
    if math.isinf(film_n):
        return 1.0
    siemens = 1.0 / FSR_PARALLEL_OHM + FSR_SIEMENS_PER_N * max(0.0, film_n)
    return siemens * FSR_DIVIDER_OHM / (1.0 + siemens * FSR_DIVIDER_OHM)


def signal_table(load: Load, physics: Physics = IDEAL) -> Iterator[tuple[float, float, float, float]]:
    """Rows (t_s, a0_mv, pressure_pa, temp_c) that play ``load`` into a simulated board; steps stay steps."""
    ball = Ball(physics)

    def row(t_s: float, force_n: float) -> tuple[float, float, float, float]:
        cavity = ball.at(t_s, force_n)
        return t_s, SUPPLY_MV * fsr_share_of_supply(cavity.film_n), 1000 * cavity.ambient_kpa + 1000 * cavity.gauge_kpa, cavity.air_c

    points = list(zip(load.t_s, load.force_n, strict=True))
    yield row(*points[0])
    for (t0, f0), (t1, f1) in pairwise(points):
        step_s = TABLE_STEP_S if f0 != f1 else t1 - t0 if physics == IDEAL else HELD_STEP_S
        pieces = max(1, math.ceil((t1 - t0) / step_s)) if t1 > t0 else 1
        for i in range(1, pieces + 1):
            share = i / pieces
            yield row(t0 + share * (t1 - t0), f0 + share * (f1 - f0))


# --- sensors: a cavity to what the board sends ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SensorError:
    """How a barometer differs from its data sheet's formula. offset_pa: from power-on. gain: share of the absolute pressure.
    pa_per_k: with its own warming from room temperature."""

    offset_pa: float = 0.0
    gain: float = 0.0
    pa_per_k: float = 0.0

    def pascals(self, cavity: Cavity) -> float:
        """What the sensor takes the cavity's absolute pressure for, before noise."""
        return 1000 * cavity.absolute_kpa * (1.0 + self.gain) + self.offset_pa + self.pa_per_k * (cavity.air_c - ROOM_C)


EXACT = SensorError()


class _Sensor(Protocol):
    """One kind. first_us: from boot to the first sample. late_us: how much later than it was taken the board tells it. guard_unit:
    what the guard counts in. own: its pairs of the greeting, the rate first."""

    sample_us: int
    first_us: int
    late_us: tuple[int, int]
    guard_unit: str
    own: tuple[str, ...]

    def read(self, cavity: Cavity, seq: int) -> tuple[int, int, int | None]:
        """(raw, flags, extra) of sample ``seq``."""

    def level(self, raw: int) -> int:
        """``raw`` in the guard's unit."""


class _Fsr:
    sample_us = 3328  # 32 conversions of 104 us
    first_us = 0
    late_us = (0, 0)
    guard_unit = "raw"
    own: tuple[str, ...] = (
        "rate_mhz=300481", "unit=adcsum", "bits=15", "raw_min=0", f"raw_max={RAW_MAX}", f"oversample={OVERSAMPLE}",
        f"divider_ohm={FSR_DIVIDER_OHM:.0f}", "open_raw=160",
    )  # fmt: skip

    def __init__(self, error: SensorError, noise: random.Random) -> None:
        self._noise = noise

    def read(self, cavity: Cavity, seq: int) -> tuple[int, int, int | None]:
        x = fsr_share_of_supply(cavity.film_n)
        counts = OVERSAMPLE * (1024.0 * x - 0.5) + self._noise.gauss(0.0, NOISE_COUNTS * math.sqrt(OVERSAMPLE))
        raw = min(RAW_MAX, max(0, round(counts)))
        return raw, FLAG_SATURATED if raw >= RAW_MAX else 0, None

    def level(self, raw: int) -> int:
        return raw


class _Lps28dfw:
    sample_us = 5000
    first_us = 40_000
    late_us = READY_SEEN_US
    guard_unit = "pa"
    own: tuple[str, ...] = (
        "rate_mhz=200000", "unit=hpa/2048", "bits=23", "raw_min=0", f"raw_max={LPS28DFW_SATURATED}", "oversample=32", "extra=temp_c100",
    )  # fmt: skip

    def __init__(self, error: SensorError, noise: random.Random) -> None:
        self._error, self._noise = error, noise

    def read(self, cavity: Cavity, seq: int) -> tuple[int, int, int | None]:
        pascals = min(409_600.0, self._error.pascals(cavity)) + self._noise.gauss(0.0, LPS28DFW_NOISE_PA)
        raw = min(0x7FFFFF, max(0, round(pascals * 20.48)))  # 2048 counts a hectopascal
        return raw, FLAG_SATURATED if raw >= LPS28DFW_SATURATED else 0, round(100 * cavity.air_c) if seq % 40 == 0 else None

    def level(self, raw: int) -> int:
        return raw * 25 // 512


class _Ms5837:
    sample_us = 6240
    first_us = 40_000
    late_us = (0, 0)
    guard_unit = "pa"
    own: tuple[str, ...] = (
        "rate_mhz=160256", "unit=d1", "bits=24", "raw_min=1", "raw_max=16777215", "oversample=2048", "extra=d2",
        "prom=" + "".join(f"{word:04x}" for word in MS5837_PROM),
    )  # fmt: skip

    def __init__(self, error: SensorError, noise: random.Random) -> None:
        self._error, self._noise = error, noise
        self._offset = self._sensitivity = 0

    def read(self, cavity: Cavity, seq: int) -> tuple[int, int, int | None]:
        extra = None
        if seq % 16 == 0:
            _, self._offset, self._sensitivity = ms5837_temperature(MS5837_PROM, ms5837_d2(cavity.air_c))
            extra = ms5837_d2(cavity.air_c + self._noise.gauss(0.0, MS5837_NOISE_C))
        pascals = min(3e6, self._error.pascals(cavity)) + self._noise.gauss(0.0, MS5837_NOISE_PA)
        d1 = round((pascals / 10 * 8192 + self._offset) * 2097152 / self._sensitivity)  # the data sheet's formula turned round
        flags = FLAG_SATURATED if pascals >= MS5837_SATURATED_PA else 0
        return min(0xFFFFFF, max(1, d1)), flags, extra

    def level(self, raw: int) -> int:
        return 10 * (((raw * self._sensitivity >> 21) - self._offset) >> 13)


def ms5837_d2(celsius: float) -> int:
    """The least D2 at which an MS5837 with MS5837_PROM is at ``celsius`` (-40 to 85)."""
    low, high = 0, (1 << 24) - 1
    while low < high:
        middle = (low + high) // 2
        if ms5837_temperature(MS5837_PROM, middle)[0] < 100 * celsius:
            low = middle + 1
        else:
            high = middle
    return low


SENSORS: dict[str, Callable[[SensorError, random.Random], _Sensor]] = {"fsr": _Fsr, "lps28dfw": _Lps28dfw, "ms5837": _Ms5837}


# --- scenarios: shares of the ceiling over time ---------------------------------------------------------------------------------

GET_ON = [(0.0, 0.0), (6.5, 0.0), (11.5, 0.8)]  # unloaded long enough for a zero, then slowly on


@dataclass(frozen=True, slots=True)
class Scenario:
    """What the person on the virtual ball does. points: (t_s, share of the ceiling); ripple: (from_s, to_s, share, period_s)."""

    points: tuple[tuple[float, float], ...]
    ripple: tuple[float, float, float, float] = (0, 0, 0, 7)
    unplugged: tuple[tuple[float, float], ...] = ()
    physics: Physics = IDEAL

    @property
    def seconds(self) -> float:
        return self.points[-1][0]

    def share(self, t_s: float) -> float:
        base = interpolate(tuple(t for t, _ in self.points), tuple(s for _, s in self.points), t_s)
        begin, end, share, period_s = self.ripple
        if begin <= t_s < end and base > 0:
            base += share * math.sin(2 * math.pi * (t_s - begin) / period_s)
        return max(0.0, base)


# Ten kelvin in a minute and a half: a ball from a cold car, or under a heater. The skin alone brings 2 K in ten minutes.
WARM = replace(REAL, forced_k=((6.5, 0.0), (90.0, 10.0)))

LEAKING = replace(REAL, leak_per_min=LEAKY_PER_MIN)
HELD = ((0.0, 0.0), (6.5, 0.0), (11.5, 0.75), (77.0, 0.75), (79.0, 0.0), (90.0, 0.0))  # an FSR creeps up by a seventh meanwhile

SCENARIOS = {
    "steady": Scenario((*GET_ON, (77.0, 0.8), (79.0, 0.0), (83.0, 0.0)), (14, 77, 0.05, 7)),
    "overshoot": Scenario(
        (*GET_ON, (24.0, 0.8), (26.0, 1.12), (28.5, 1.12), (30.0, 0.78), (80.0, 0.78), (82.0, 0.0), (86.0, 0.0)), (32, 78, 0.05, 7)
    ),
    "restless": Scenario((*GET_ON, (50.0, 0.75), (52.0, 0.0), (56.0, 0.0)), (16, 48, 0.16, 1.1)),
    "falls-off": Scenario((*GET_ON, (30.0, 0.8), (30.4, 0.0), (56.0, 0.0))),
    "unplugged": Scenario((*GET_ON, (60.0, 0.8), (72.0, 0.8)), (14, 60, 0.05, 7), ((20.0, 24.0), (40.0, 99.0))),
    "saturates": Scenario((*GET_ON, (24.0, 0.8), (24.0, math.inf), (31.0, math.inf), (31.0, 0.0), (34.0, 0.0))),
    "warm": Scenario(HELD, (14, 77, 0.05, 7), physics=WARM),
    "leaks": Scenario(HELD, (14, 77, 0.05, 7), physics=LEAKING),
}


class VirtualBoard:
    """The firmware's other half for people without a board: greets and streams real wire bytes. Deterministic for a given load and seed.

    boot_s: when it was plugged in; like a real one it counts samples and time from there. ball: the one at the end of its cable, with
    its past. cavity: what was true in it at the last sample, for tests.
    """

    def __init__(
        self,
        force_n: Callable[[float], float],
        boot_s: float = 0.0,
        boot_count: int = 1,
        sensor: str = "fsr",
        ball: Ball | None = None,
        error: SensorError = EXACT,
        seed: int = 6,
    ) -> None:
        """Raises ValueError for a sensor that does not exist."""
        if sensor not in SENSORS:
            raise ValueError(f"there is no sensor {sensor!r}; there are: {', '.join(SENSORS)}")
        self._force_n = force_n
        self._boot_s = boot_s
        self._boot_count = boot_count
        self._ball = ball or Ball()
        self._random = random.Random(seed)
        self._kind = sensor
        self._sensor = SENSORS[sensor](error, self._random)
        self._count = 0
        self._heartbeat_s = 1
        self.guard = VirtualGuard(self._sensor.guard_unit)
        self._greets = b""  # what a command asked for, sent before its answer
        self.cavity: Cavity | None = None

    def greeting(self) -> bytes:
        """The lines that a board sends at boot."""
        return self._hello() + self._info()

    def _hello(self) -> bytes:
        return frame(f"H,1.1,0.2.0,virtual,000000f5,{self._boot_count},power")

    def _info(self) -> bytes:
        own = f"sensor={self._kind}", *self._sensor.own, "fault=none"
        pairs = [*own, *self.guard.pairs(), "free_ram=1006", "stack_free=888"]
        return b"".join(frame(f"I,{pair}") for pair in pairs) + frame(f"I,end,{len(pairs)}")

    def receive(self, line: bytes) -> bytes:
        """What the board sends because of a line that was sent to it."""
        self._greets = b""
        reply = answer(line, self._obey)
        return self._greets + reply

    def _obey(self, name: str, args: Sequence[str]) -> str:
        if name == "hello":
            self._greets = self._hello()
        elif name == "info":
            self._greets = self._info()
        elif name == "rate":
            if args:
                raise Refused("range")
            return self._sensor.own[0].partition("=")[2]
        else:
            return self.guard.obey(name, args)
        return ""

    def sample(self) -> tuple[float, bytes]:
        """The next sample: (seconds on the load's clock, its line; with a heartbeat behind it once a second)."""
        seq = self._count
        self._count += 1
        t_us = self._sensor.first_us + self._count * self._sensor.sample_us
        t_s = self._boot_s + t_us / 1e6
        self.cavity = self._ball.at(t_s, self._force_n(t_s))
        raw, flags, extra = self._sensor.read(self.cavity, seq)
        told_us = t_us + self._random.randint(*self._sensor.late_us) if self._sensor.late_us[1] else t_us
        event = self.guard.watch(self._sensor.level(raw), flags != 0, told_us)
        line = event + frame(
            f"D,{seq % 65536},{told_us % (1 << 32)},{flags | self.guard.on * FLAG_GUARD_ON:X},{raw}"
            + ("" if extra is None else f",{extra}")
        )
        if t_us >= self._heartbeat_s * 1_000_000:
            self._heartbeat_s += 1
            line += frame(f"B,{told_us % (1 << 32)},run,{self._count},0,0,1006")
        return t_s, line


PARTING_CHUNKS = 10  # after the end, to say what is still to be said to the board; two are needed


class VirtualSource:
    """Iterate it for the events of a virtual ball, in device time and as fast as they are taken; ``paced`` makes it real time.

    scenario: None plays `overshoot` for ever, until somebody leans on the ball with the keys.
    """

    virtual = True
    CHUNK = 5  # samples at a time, like a USB cable

    def __init__(self, scenario: str | None, ceiling_kpa: float | None, sensor: str = "fsr", physics: Physics | None = None) -> None:
        """physics: instead of the scenario's. Raises ValueError for a scenario or a sensor that does not exist."""
        if scenario is not None and scenario not in SCENARIOS:
            raise ValueError(f"there is no scenario {scenario!r}; there are: {', '.join(SCENARIOS)}")
        self._loops = scenario is None
        self._scenario = SCENARIOS[scenario or "overshoot"]
        self._ceiling_kpa = 40.0 if ceiling_kpa is None else ceiling_kpa
        self._sensor = sensor
        self._ball = Ball(self._scenario.physics if physics is None else physics)
        self._leaning: float | None = None  # share of the ceiling, once the keys have been used
        self._pressed_n: float | None = None
        self._start_s = 0.0
        self._t_s = 0.0
        self.closed = False
        self._link = Link()
        self._commands = Commands()
        self._answers = b""
        self._board = self._plug_in(0.0, 1)

    def _plug_in(self, t_s: float, boots: int) -> VirtualBoard:
        return VirtualBoard(self._force_n, t_s, boots, self._sensor, self._ball)

    def _force_n(self, t_s: float) -> float:
        if self._pressed_n is not None:
            return self._pressed_n
        share = self._scenario.share(t_s - self._start_s) if self._leaning is None else self._leaning
        kpa = share * self._ceiling_kpa
        return kpa * NEWTONS_PER_REL if self._sensor == "fsr" else self._ball.mechanics.newtons(kpa)

    def lean(self, more: float) -> None:
        """Lean on the ball by ``more`` (share of the ceiling, negative = less); ends the scenario."""
        if self._leaning is None:
            self._leaning = min(2.0, self._scenario.share(self._t_s - self._start_s))
        self._leaning = min(2.0, max(0.0, round(self._leaning + more, 3)))

    @property
    def leaning(self) -> float:
        """What is leaned on it now, as a share of the ceiling."""
        return self._scenario.share(self._t_s - self._start_s) if self._leaning is None else self._leaning

    def lean_to(self, share: float) -> None:
        """Lean on it by exactly this share of the ceiling (0 to 2); ends the scenario."""
        self._leaning = min(2.0, max(0.0, round(share, 3)))

    def press(self, force_n: float) -> None:
        """Put exactly this force on the ball, from the next sample on; ends the scenario."""
        self._leaning, self._pressed_n = 0.0, force_n

    def mark(self, kind: str, value: int | None = None) -> None:
        """What the person did just now, on the virtual clock."""
        self._link.mark(kind, value, self._t_s)

    def ask(self, name: str, *args: object) -> int:
        """Ask the board; from the thread that iterates. The ``Reply`` comes as an event. Raises ValueError if it cannot be a line."""
        return self._commands.ask(name, *args)

    def close(self) -> None:
        """Ends the iteration soon, after a ``close`` mark and what is then asked of the board; safe to call from any thread."""
        self.closed = True

    def _talk(self, samples: bytes = b"") -> Iterator[Event]:
        """The events of what has come by now, answers included, and of what is then sent; its answer comes with the next samples."""
        data, self._answers = samples + self._answers, b""
        for event in self._link.feed(data, self._t_s):
            if isinstance(event, Reply):
                self._commands.hear(event)
            yield event
        line = self._commands.due(self._t_s)
        if line:
            yield asked(line)
            self._answers = self._board.receive(line)

    def __iter__(self) -> Iterator[Event]:
        yield self._link.connection("starting", "the virtual ball is starting", 0.0)
        yield from self._talk(self._board.greeting())
        yield self._link.connection("live", "VIRTUAL", 0.0)
        there, boots = True, 1
        while not self.closed:
            chunk = [self._board.sample() for _ in range(self.CHUNK)]
            self._t_s = chunk[-1][0]
            elapsed_s = self._t_s - self._start_s
            plugged = not any(begin <= elapsed_s < end for begin, end in self._scenario.unplugged) or self._leaning is not None
            if there and not plugged:
                self._commands.drop()
                self._answers = b""
                yield self._link.connection("lost", "the cable or the board is gone", self._t_s)
            elif plugged and not there:
                boots += 1
                self._board = self._plug_in(self._t_s, boots)
                yield self._link.connection("live", "VIRTUAL", self._t_s)
                yield from self._talk(self._board.greeting())
                chunk = []
            there = plugged
            if there:
                yield from self._talk(b"".join(line for _, line in chunk))
            else:
                yield from self._link.tick(self._t_s)
            if elapsed_s >= self._scenario.seconds and self._leaning is None:
                if not self._loops:
                    break
                self._start_s = self._t_s
                self.mark("start")
        self.mark("close")
        for _ in range(PARTING_CHUNKS if there else 1):
            chunk = [self._board.sample() for _ in range(self.CHUNK)] if there else []
            self._t_s = chunk[-1][0] if chunk else self._t_s
            yield from self._talk(b"".join(line for _, line in chunk))
            if self._commands.idle:
                return
