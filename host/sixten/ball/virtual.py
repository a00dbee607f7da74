"""A ball made of software: load -> mechanics -> sensor -> wire bytes -> the same decoder as a real one.

The only ball mechanics in the project. It also writes the signal table that the simulated board plays. The mechanics are computed
(ball-mechanics.csv) and have never been measured on a physical ball.
"""

from __future__ import annotations

import csv
import math
import random
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from itertools import pairwise
from pathlib import Path

from sixten.ball.commands import Commands, asked
from sixten.ball.link import Link
from sixten.ball.messages import FLAG_GUARD_ON, FLAG_SATURATED, Event, Reply
from sixten.ball.virtual_guard import Refused, VirtualGuard, answer
from sixten.ball.wire import frame
from sixten.pressure.sensors import FSR_DIVIDER_OHM, FSR_PARALLEL_OHM, FSR_SIEMENS_PER_N, NEWTONS_PER_REL

SAMPLE_US = 3328  # 32 conversions of 104 us
OVERSAMPLE = 32
RAW_MAX = OVERSAMPLE * 1023
PUCK_SHARE = 1.0  # of the force on the ball, what goes through the puck
SUPPLY_MV = 5000.0
AMBIENT_PA = 101_325.0
ROOM_C = 21.0
NOISE_COUNTS = 0.4  # standard deviation of one conversion on a board fed by USB
TABLE_STEP_S = 0.005  # the divider is not linear, so a ramp of force is cut into pieces this long


@dataclass(frozen=True, slots=True)
class Mechanics:
    """Force on a hollow ball to the gauge pressure in it, by straight lines through a computed table; (0, 0) included."""

    force_n: tuple[float, ...]
    kpa: tuple[float, ...]

    @classmethod
    def of(cls, outer_mm: float = 65, wall_mm: float = 8, shear_mpa: float = 0.34) -> Mechanics:
        """The ball of these dimensions. Raises ValueError if the table has no such ball."""
        text = resources.files("sixten.ball").joinpath("ball-mechanics.csv").read_text("utf-8")
        rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
        want = (outer_mm, wall_mm, shear_mpa)
        keys = ("outer_diameter_mm", "wall_mm", "shear_modulus_mpa")
        points = sorted((float(r["force_n"]), float(r["gauge_kpa"])) for r in rows if tuple(float(r[k]) for k in keys) == want)
        if not points:
            raise ValueError(f"the mechanics table has no ball of {outer_mm} mm with a {wall_mm} mm wall and {shear_mpa} MPa")
        return cls((0.0, *(f for f, _ in points)), (0.0, *(p for _, p in points)))

    def gauge_kpa(self, force_n: float) -> float:
        """Pressure under ``force_n``; beyond the table's end it stays at the last value."""
        return _interpolate(self.force_n, self.kpa, force_n)


def _interpolate(xs: tuple[float, ...], ys: tuple[float, ...], x: float) -> float:
    i = bisect_right(xs, x)
    if i == 0:
        return ys[0]
    if i == len(xs):
        return ys[-1]
    if ys[i] == ys[i - 1]:  # also keeps an infinite load (a short) from becoming inf - inf
        return ys[i]
    share = (x - xs[i - 1]) / (xs[i] - xs[i - 1])
    return ys[i - 1] + share * (ys[i] - ys[i - 1])


def fsr_share_of_supply(force_n: float) -> float:
    """Voltage at the divider's middle as a share of the supply, 0..1, for a force on the ball; infinite force = a short."""
    if math.isinf(force_n):
        return 1.0
    siemens = 1.0 / FSR_PARALLEL_OHM + FSR_SIEMENS_PER_N * PUCK_SHARE * max(0.0, force_n)
    return siemens * FSR_DIVIDER_OHM / (1.0 + siemens * FSR_DIVIDER_OHM)


@dataclass(frozen=True, slots=True)
class Load:
    """Force on the ball over time: straight lines between points, two points of equal time = a step, the ends held."""

    t_s: tuple[float, ...]
    force_n: tuple[float, ...]

    @classmethod
    def read(cls, path: Path) -> Load:
        """Read ``t_s,force_n`` rows. Raises ValueError naming the line and what is wrong with it."""
        times: list[float] = []
        forces: list[float] = []
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.reader(file)
            header = next(reader, [])
            if [h.strip() for h in header] != ["t_s", "force_n"]:
                raise ValueError(f"{path} line 1: the header must be t_s,force_n")
            for row in reader:
                if not row:
                    continue
                try:
                    t, force = (float(cell) for cell in row)
                except ValueError:
                    raise ValueError(f"{path} line {reader.line_num}: expected two numbers, t_s,force_n") from None
                if not (math.isfinite(t) and math.isfinite(force)) or force < 0 or t < 0:
                    raise ValueError(f"{path} line {reader.line_num}: time and force must be finite and not negative")
                if times and t < times[-1]:
                    raise ValueError(f"{path} line {reader.line_num}: time goes backwards")
                times.append(t)
                forces.append(force)
        if not times:
            raise ValueError(f"{path}: no rows")
        return cls(tuple(times), tuple(forces))

    def at(self, t_s: float) -> float:
        """Newtons at ``t_s``; at a step, the value after it."""
        return _interpolate(self.t_s, self.force_n, t_s)


def signal_table(load: Load) -> Iterator[tuple[float, float, float, float]]:
    """Rows (t_s, a0_mv, pressure_pa, temp_c) that play ``load`` into a simulated board; steps stay steps."""
    mechanics = Mechanics.of()

    def row(t_s: float, force_n: float) -> tuple[float, float, float, float]:
        return t_s, SUPPLY_MV * fsr_share_of_supply(force_n), AMBIENT_PA + 1000 * mechanics.gauge_kpa(force_n), ROOM_C

    points = list(zip(load.t_s, load.force_n, strict=True))
    yield row(*points[0])
    for (t0, f0), (t1, f1) in pairwise(points):
        pieces = max(1, math.ceil((t1 - t0) / TABLE_STEP_S)) if f0 != f1 else 1
        for i in range(1, pieces + 1):
            share = i / pieces
            yield row(t0 + share * (t1 - t0), f0 + share * (f1 - f0))


# --- scenarios: shares of the ceiling over time ---------------------------------------------------------------------------------

GET_ON = [(0.0, 0.0), (6.5, 0.0), (11.5, 0.8)]  # unloaded long enough for a zero, then slowly on


@dataclass(frozen=True, slots=True)
class Scenario:
    """What the person on the virtual ball does. points: (t_s, share of the ceiling); ripple: (from_s, to_s, share, period_s)."""

    points: tuple[tuple[float, float], ...]
    ripple: tuple[float, float, float, float] = (0, 0, 0, 7)
    unplugged: tuple[tuple[float, float], ...] = ()

    @property
    def seconds(self) -> float:
        return self.points[-1][0]

    def share(self, t_s: float) -> float:
        base = _interpolate(tuple(t for t, _ in self.points), tuple(s for _, s in self.points), t_s)
        begin, end, share, period_s = self.ripple
        if begin <= t_s < end and base > 0:
            base += share * math.sin(2 * math.pi * (t_s - begin) / period_s)
        return max(0.0, base)


SCENARIOS = {
    "steady": Scenario((*GET_ON, (77.0, 0.8), (79.0, 0.0), (83.0, 0.0)), (14, 77, 0.05, 7)),
    "overshoot": Scenario(
        (*GET_ON, (24.0, 0.8), (26.0, 1.12), (28.5, 1.12), (30.0, 0.78), (80.0, 0.78), (82.0, 0.0), (86.0, 0.0)), (32, 78, 0.05, 7)
    ),
    "restless": Scenario((*GET_ON, (50.0, 0.75), (52.0, 0.0), (56.0, 0.0)), (16, 48, 0.16, 1.1)),
    "falls-off": Scenario((*GET_ON, (30.0, 0.8), (30.4, 0.0), (56.0, 0.0))),
    "unplugged": Scenario((*GET_ON, (60.0, 0.8), (72.0, 0.8)), (14, 60, 0.05, 7), ((20.0, 24.0), (40.0, 99.0))),
    "saturates": Scenario((*GET_ON, (24.0, 0.8), (24.0, math.inf), (31.0, math.inf), (31.0, 0.0), (34.0, 0.0))),
}


class VirtualBoard:
    """The firmware's other half for people without a board: greets and streams real wire bytes. Deterministic for a given load.

    boot_s: when it was plugged in; like a real one it counts samples and time from there.
    """

    def __init__(self, force_n: Callable[[float], float], boot_s: float = 0.0, boot_count: int = 1) -> None:
        self._force_n = force_n
        self._boot_s = boot_s
        self._boot_count = boot_count
        self._random = random.Random(6)
        self._count = 0
        self._heartbeat_s = 1
        self._greets = b""  # what a command asked for, sent before its answer
        self.guard = VirtualGuard("raw")

    def greeting(self) -> bytes:
        """The lines that a board sends at boot."""
        return frame(f"H,1.1,0.2.0,virtual,000000f5,{self._boot_count},power") + self._info()

    def _info(self) -> bytes:
        own = {
            "sensor": "fsr", "unit": "adcsum", "bits": 15, "raw_min": 0, "raw_max": RAW_MAX, "rate_mhz": 300481,
            "oversample": OVERSAMPLE, "divider_ohm": round(FSR_DIVIDER_OHM), "open_raw": 160, "free_ram": 1200,
        }  # fmt: skip
        pairs = [*(f"{k}={v}" for k, v in own.items()), *self.guard.pairs()]
        return b"".join(frame(f"I,{pair}") for pair in pairs) + frame(f"I,end,{len(pairs)}")

    def receive(self, line: bytes) -> bytes:
        """What the board sends because of a line that was sent to it."""
        self._greets = b""
        reply = answer(line, self._obey)
        return self._greets + reply

    def _obey(self, name: str, args: Sequence[str]) -> str:
        if name == "hello":
            self._greets = self.greeting().split(b"\n", 1)[0] + b"\n"
        elif name == "info":
            self._greets = self._info()
        elif name == "rate":
            if args:
                raise Refused("range")
            return "300481"
        else:
            return self.guard.obey(name, args)
        return ""

    def sample(self) -> tuple[float, bytes]:
        """The next sample: (seconds on the load's clock, its line; with a heartbeat behind it once a second)."""
        seq = self._count
        self._count += 1
        t_us = self._count * SAMPLE_US
        t_s = t_us / 1e6
        x = fsr_share_of_supply(self._force_n(self._boot_s + t_s))
        counts = OVERSAMPLE * (1024.0 * x - 0.5) + self._random.gauss(0.0, NOISE_COUNTS * math.sqrt(OVERSAMPLE))
        raw = min(RAW_MAX, max(0, round(counts)))
        flags = FLAG_SATURATED if raw >= RAW_MAX else 0
        event = self.guard.watch(raw, flags != 0, t_us)
        line = event + frame(f"D,{seq % 65536},{t_us % (1 << 32)},{flags | self.guard.on * FLAG_GUARD_ON:X},{raw}")
        if t_s >= self._heartbeat_s:
            self._heartbeat_s += 1
            line += frame(f"B,{t_us % (1 << 32)},run,{self._count},0,0,1200")
        return self._boot_s + t_s, line


PARTING_CHUNKS = 10  # after the end, to say what is still to be said to the board; two are needed


class VirtualSource:
    """Iterate it for the events of a virtual ball, in device time and as fast as they are taken; ``paced`` makes it real time.

    scenario: None plays `overshoot` for ever, until somebody leans on the ball with the keys.
    """

    virtual = True
    CHUNK = 5  # samples at a time, like a USB cable

    def __init__(self, scenario: str | None, ceiling_kpa: float | None) -> None:
        """Raises ValueError for a scenario that does not exist."""
        if scenario is not None and scenario not in SCENARIOS:
            raise ValueError(f"there is no scenario {scenario!r}; there are: {', '.join(SCENARIOS)}")
        self._loops = scenario is None
        self._scenario = SCENARIOS[scenario or "overshoot"]
        self._newtons = NEWTONS_PER_REL * (40.0 if ceiling_kpa is None else ceiling_kpa)
        self._leaning: float | None = None  # share of the ceiling, once the keys have been used
        self._start_s = 0.0
        self._t_s = 0.0
        self.closed = False
        self._link = Link()
        self._commands = Commands()
        self._answers = b""
        self._board = VirtualBoard(self._force_n)

    def _force_n(self, t_s: float) -> float:
        share = self._scenario.share(t_s - self._start_s) if self._leaning is None else self._leaning
        return share * self._newtons

    def lean(self, more: float) -> None:
        """Lean on the ball by ``more`` (share of the ceiling, negative = less); ends the scenario."""
        if self._leaning is None:
            self._leaning = min(2.0, self._scenario.share(self._t_s - self._start_s))
        self._leaning = min(2.0, max(0.0, round(self._leaning + more, 3)))

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
                self._board = VirtualBoard(self._force_n, self._t_s, boots)
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
