"""What happens inside a ball: load, and time, to the pressure in its cavity and the force on its puck. The only ball mechanics here.

Everything is computed (ball-mechanics.csv) or taken from what silicone and such sensors are known to do; nothing was ever measured on a
physical ball. Constants whose reason begins with "assumed" are judged, not sourced.
"""

from __future__ import annotations

import csv
import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import NamedTuple

AMBIENT_KPA = 101.325
ROOM_C = 21.0

# --- what a real ball does beside the table; each is off unless a Physics says otherwise ---

# Share of the load that the wall takes over in each decade of time: silicone relaxes by one to two per cent. Assumed; it keeps the fall
# of pressure under 200 N dead weight, after the first minute, below 1 % a minute, which is what a tight ball is accepted at.
CREEP_PER_DECADE = 0.015
HYSTERESIS = 0.03  # + on the way down, - on the way up, of the pressure: the figure that the calibration was planned with
# Share of its load by which a turn of direction is complete. Assumed: breathing (2-5 %) stays within the loop, getting off does not.
TURN_SHARE = 0.10
TURN_FLOOR_N = 5.0  # so that the share means something near zero load
FILM_CREEP_PER_DECADE = 0.05  # an FSR's conductance under a held load: < 5 % per log10 of time (Interlink and Tekscan data sheets)
FILM_HYSTERESIS = 0.0225  # half of the < 4.5 % between up and down of a FlexiForce
FILM_PER_K = 0.0036  # of the reading, FlexiForce
# Time constants of everything that creeps: one a decade gives a straight line in log time to within a quarter of a decade's step.
MEMORY_S = (1.0, 10.0, 100.0, 1000.0)

# Heat comes through the wall as in one-dimensional conduction: 0.03 K after 60 s and 2.3 K after 10 min on the skin through clothes
# (computed for skin 33 and room 21 degC, wall 8 mm). As cells of a thick wall whose surface is this much warmer, the air being the
# eighth, and the time (thickness squared over diffusivity) that makes it come out so.
SURFACE_K = 6.5
WALL_S = 1030.0
AIR_CELL = 8
CELLS = 24
HEAT_STEP_S = 0.5
CONTACT_N = 2.0  # with less than this on it, it does not lie on the skin

# kPa a kelvin of the inside air at constant load (newtons, kPa/K), middles of what was computed for walls of 5 to 8 mm: the load is
# still carried by p times area, so a loaded ball answers less. Beyond 400 N the last value holds.
THERMAL_N = (0.0, 100.0, 400.0)
THERMAL_KPA_K = (0.235, 0.14, 0.095)
# A share of the gas that is gone acts like cooling by that share of its absolute temperature: both change n*T.
ROOM_K = 273.15 + ROOM_C
LEAK_GAUGE_KPA = 50.0  # the pressure at which leak_per_min is meant; the flow is proportional to the gauge pressure
LEAKY_PER_MIN = 0.02  # assumed, of a bad cable gland: p falls by more than the 1 % a minute at which a ball is refused


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
        return interpolate(self.force_n, self.kpa, force_n)

    def newtons(self, gauge_kpa: float) -> float:
        """The force under which the table shows ``gauge_kpa``; infinite beyond the table's end."""
        return math.inf if gauge_kpa > self.kpa[-1] else interpolate(self.kpa, self.force_n, gauge_kpa)


def interpolate(xs: Sequence[float], ys: Sequence[float], x: float) -> float:
    """Straight lines between points of rising ``xs``, the ends held; where two have equal x, the later counts."""
    i = bisect_right(xs, x)
    if i == 0:
        return ys[0]
    if i == len(xs):
        return ys[-1]
    if ys[i] == ys[i - 1]:  # also keeps an infinite load (a short) from becoming inf - inf
        return ys[i]
    share = (x - xs[i - 1]) / (xs[i] - xs[i - 1])
    return ys[i - 1] + share * (ys[i] - ys[i - 1])


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
        return interpolate(self.t_s, self.force_n, t_s)


@dataclass(frozen=True, slots=True)
class Physics:
    """Which of its imperfections a ball has. The default has none: then the table is all there is, to the last bit.

    surface_k: how much warmer than the room the outside is under load. forced_k: (t_s, K) points of an inside air that is warmer than
    the room by that, on top. leak_per_min: share of the gas lost in a minute at LEAK_GAUGE_KPA. puck_share: of the load, what goes
    through the puck (the rubber around it takes the rest).
    """

    creep: float = 0.0
    hysteresis: float = 0.0
    surface_k: float = 0.0
    forced_k: tuple[tuple[float, float], ...] = ()
    leak_per_min: float = 0.0
    weather_kpa_h: float = 0.0
    film_creep: float = 0.0
    film_hysteresis: float = 0.0
    film_per_k: float = 0.0
    puck_share: float = 1.0


IDEAL = Physics()
REAL = Physics(
    creep=CREEP_PER_DECADE,
    hysteresis=HYSTERESIS,
    surface_k=SURFACE_K,
    film_creep=FILM_CREEP_PER_DECADE,
    film_hysteresis=FILM_HYSTERESIS,
    film_per_k=FILM_PER_K,
)


class Cavity(NamedTuple):
    """The inside of the ball at one moment, without any sensor's error.

    gauge_kpa: the true one, absolute minus the ambient pressure of this moment. film_n: the force that the FSR's film shows.
    """

    gauge_kpa: float
    ambient_kpa: float
    air_c: float
    film_n: float

    @property
    def absolute_kpa(self) -> float:
        """What a sensor in the cavity is exposed to."""
        return self.gauge_kpa + self.ambient_kpa


class _Memory:
    """How far a load has crept, as a share of what it does in one decade of time: one exponential for each of MEMORY_S."""

    def __init__(self) -> None:
        self._behind = [0.0] * len(MEMORY_S)
        self._dt_s = 0.0
        self._keep = [1.0] * len(MEMORY_S)

    def step(self, load: float, dt_s: float) -> float:
        """``load`` over the last ``dt_s``; returns the load times the decades that it has crept, old loads included."""
        if dt_s != self._dt_s:
            self._dt_s, self._keep = dt_s, [math.exp(-dt_s / tau) for tau in MEMORY_S]
        self._behind = [load + (old - load) * keep for old, keep in zip(self._behind, self._keep, strict=True)]
        return sum(self._behind)


class _Loop:
    """Which branch of a hysteresis loop: +1 rising, -1 falling, in between after a turn. Depends on the path, not on the time."""

    def __init__(self) -> None:
        self._branch = -1.0
        self._log = math.log(TURN_FLOOR_N)

    def step(self, load_n: float) -> float:
        log = math.log(load_n + TURN_FLOOR_N)
        self._branch = min(1.0, max(-1.0, self._branch + 2.0 * (log - self._log) / TURN_SHARE))
        self._log = log
        return self._branch


class _Wall:
    """Heat through the wall, by explicit steps of one-dimensional conduction."""

    def __init__(self) -> None:
        self._k = [0.0] * (CELLS + 1)
        self._t_s = 0.0
        self._rate = HEAT_STEP_S * AIR_CELL**2 / WALL_S  # under 0.5, so it is stable

    def step(self, surface_k: float, dt_s: float) -> float:
        """How much warmer than the room the inside air is, after ``dt_s`` more with this surface."""
        self._t_s += dt_s
        while self._t_s >= HEAT_STEP_S:
            self._t_s -= HEAT_STEP_S
            padded = [surface_k, *self._k]
            self._k = [k + self._rate * (padded[i] - 2 * k + padded[i + 2]) for i, k in enumerate(self._k[:-1])] + [0.0]
        return self._k[AIR_CELL - 1]


class Ball:
    """One ball with its past. Ask it moment by moment."""

    def __init__(self, physics: Physics = IDEAL, mechanics: Mechanics | None = None) -> None:
        self.physics = physics
        self.mechanics = mechanics or Mechanics.of()
        self._t_s: float | None = None
        self._force_n = 0.0
        self._gauge_kpa = 0.0
        self._lost = 0.0  # share of the gas
        self._creep, self._film_creep = _Memory(), _Memory()
        self._loop, self._wall = _Loop(), _Wall()
        self._forced_s = [t for t, _ in physics.forced_k]
        self._forced_k = [k for _, k in physics.forced_k]

    def at(self, t_s: float, force_n: float) -> Cavity:
        """The cavity at ``t_s`` under ``force_n``, the load having changed in a straight line since the last call.

        Raises ValueError if time goes backwards. An infinite force is a sensor driven to its end, and leaves no trace.
        """
        if self._t_s is not None and t_s < self._t_s:
            raise ValueError(f"the ball's time went back from {self._t_s} to {t_s} s")
        ph = self.physics
        dt_s = 0.0 if self._t_s is None else t_s - self._t_s
        self._t_s = t_s
        ambient_kpa = AMBIENT_KPA + ph.weather_kpa_h * t_s / 3600.0
        held_n = self._force_n if math.isinf(force_n) else force_n
        between_n = (self._force_n + held_n) / 2
        self._force_n = held_n

        warm_k = self._wall.step(ph.surface_k if between_n > CONTACT_N else 0.0, dt_s) if ph.surface_k else 0.0
        if ph.forced_k:
            warm_k += interpolate(self._forced_s, self._forced_k, t_s)
        self._lost += ph.leak_per_min / 60.0 * self._gauge_kpa / LEAK_GAUGE_KPA * dt_s

        crept_n = ph.creep * self._creep.step(between_n, dt_s) if ph.creep else 0.0
        branch = self._loop.step(held_n) if ph.hysteresis or ph.film_hysteresis else 0.0
        kpa = self.mechanics.gauge_kpa(max(0.0, held_n - crept_n)) * (1.0 - ph.hysteresis * branch)
        kpa += interpolate(THERMAL_N, THERMAL_KPA_K, held_n) * (warm_k - self._lost * ROOM_K)
        self._gauge_kpa = kpa

        film_n = held_n * (1.0 - ph.film_hysteresis * branch)
        if ph.film_creep:  # a film without load conducts nothing, whatever it bore before
            film_n += ph.film_creep * min(self._film_creep.step(between_n, dt_s), len(MEMORY_S) * held_n)
        if math.isinf(force_n):
            return Cavity(math.inf, ambient_kpa, ROOM_C + warm_k, math.inf)
        return Cavity(kpa, ambient_kpa, ROOM_C + warm_k, ph.puck_share * film_n * (1.0 + ph.film_per_k * warm_k))
