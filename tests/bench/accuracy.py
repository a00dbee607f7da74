"""How far the shown numbers may be from the truth: `make bench-accuracy` prints every figure of docs/error-budget.md.

Pressure. A virtual ball (ball/mechanics.py: creep, hysteresis, warming, weather) with a barometer in it sends wire bytes; the decoder, the
converters and the filters make readings of them, and each is compared with the true gauge pressure: absolute in the cavity minus
ambient at that moment. The zero is the one that the program takes by itself at the start. Each session is 7 s of rest, three loads drawn
from 20-400 N, reached at 2.5 kPa/s and held for 15 s with a slow movement of 5 %, and 8 s of rest again. Meanwhile the ball warms by
a fixed number of kelvins and the weather makes the whole 0.1 kPa of an hour.

Newtons. A ball is calibrated with a bathroom scale (each reading off by 5 N, one standard deviation), 15 s after each load, up and down,
and then loaded again from below or from above, at random, and read after 15 s.

All of it is computed. No figure here was measured on a physical ball.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from sixten.ball.link import Link
from sixten.ball.mechanics import (
    CREEP_PER_DECADE,
    FILM_CREEP_PER_DECADE,
    FILM_HYSTERESIS,
    FILM_PER_K,
    HYSTERESIS,
    IDEAL,
    LEAKY_PER_MIN,
    REAL,
    SURFACE_K,
    Ball,
    Cavity,
    Load,
    Mechanics,
    Physics,
)
from sixten.ball.virtual import SensorError, VirtualBoard
from sixten.pressure.newtons import FEWEST_RISING, BadPoints, Point, fit
from sixten.pressure.readings import OK, Reading, Readings
from sixten.pressure.sensors import NEWTONS_PER_REL

Array = NDArray[np.float64]

SEED = 20240610
SESSIONS = 8  # for each sensor and warm-up
WARM_K = (0.0, 2.3, 5.0, 10.0)  # 2.3 K: ten minutes on the skin
WEATHER_KPA_H = 0.1
REST_S, HOLD_S, END_S = 7.0, 15.0, 8.0
RISE_KPA_S = 2.5
ALLOWED_KPA, ALLOWED_SHARE = 0.5, 0.02
SPEEDS_KPA_S = ((0.0, 1.0, "still, under 1 kPa/s"), (1.0, 5.0, "moving, 1-5 kPa/s"), (5.0, 1e9, "getting off, over 5 kPa/s"))
BANDS_KPA = ((-9.0, 2.0, "empty"), (2.0, 20.0, "2-20"), (20.0, 50.0, "20-50"), (50.0, 110.0, "50-100"))

# The largest error of a sensor; each ball gets one drawn evenly from minus to plus. LPS28DFW: +-50 Pa absolute (data sheet); a gain that
# spends twice that over 100 kPa, and a drift that spends all of it over 17 K. MS5837-30BA: +-5 kPa from 0 to 600 kPa and 0 to 40 degC (data
# sheet, from memory); a gain that spends most of that over the range, and a fortieth of it for each kelvin of 25. All four assumed.
SENSOR_ERROR = {"lps28dfw": SensorError(50.0, 0.001, 3.0), "ms5837": SensorError(5000.0, 0.005, 20.0)}

SCALE_SIGMA_N = 5.0
WAIT_S = 15.0
ALLOWED_N, ALLOWED_N_SHARE = 10.0, 0.07
TEST_N = (50.0, 100.0, 200.0, 300.0, 400.0)
BALLS = ((65, 8), (65, 10), (60, 8), (65, 5))
UP_KG = {3: (5, 22, 45), 5: (5, 10, 22, 32, 45), 6: (5, 10, 15, 22, 32, 45), 7: (5, 10, 15, 20, 27, 35, 45)}
DOWN_KG = (32, 22, 10)
CALIBRATIONS = 400
PLAIN = Physics(creep=CREEP_PER_DECADE, hysteresis=HYSTERESIS)


@dataclass(frozen=True)
class Session:
    """One entry a reading with a number: truth, what is shown, what decides (kPa), how fast the truth changes (kPa/s).

    blank: readings that should have had a number and had none.
    """

    true: Array
    shown: Array
    fast: Array
    speed: Array
    blank: int


def scale_error(error: SensorError, rng: random.Random, times: float) -> SensorError:
    return SensorError(
        *(times * rng.uniform(-most, most) for most in (error.offset_pa, error.gain, error.pa_per_k)),
    )


def script(rng: random.Random, table: Mechanics) -> Load:
    """Rest, three loads with a slow movement, rest."""
    points = [(0.0, 0.0), (REST_S, 0.0)]
    for _ in range(3):
        force = rng.uniform(20.0, 400.0)
        reach_s = abs(table.gauge_kpa(force) - table.gauge_kpa(points[-1][1])) / RISE_KPA_S
        start = points[-1][0] + max(1.0, reach_s)
        points += [(start + k * 0.5, force * (1 + 0.05 * np.sin(2 * np.pi * k * 0.5 / 7.0))) for k in range(int(HOLD_S / 0.5))]
    points += [(points[-1][0] + 2.0, 0.0), (points[-1][0] + 2.0 + END_S, 0.0)]
    return Load(tuple(t for t, _ in points), tuple(float(f) for _, f in points))


def session(sensor: str, warm_k: float, seed: int, error_times: float = 1.0) -> Session:
    """One simulated session through bytes, decoder and readings."""
    rng = random.Random(f"{SEED} {seed} {warm_k} {sensor}")
    load = script(rng, Mechanics.of())
    end_s = load.t_s[-1]
    physics = replace(
        REAL,
        surface_k=0.0,
        forced_k=((REST_S, 0.0), (end_s, warm_k)),
        weather_kpa_h=rng.choice((-1, 1)) * WEATHER_KPA_H * 3600.0 / end_s,
    )
    error = scale_error(SENSOR_ERROR[sensor], rng, error_times)
    board = VirtualBoard(load.at, sensor=sensor, ball=Ball(physics), error=error, seed=seed)
    link, readings = Link(), Readings()
    truths: list[float] = []
    outs: list[Reading] = []
    t_s, data = 0.0, board.greeting()
    while t_s < end_s:
        for _ in range(5):  # as many as one read of a cable brings
            t_s, line = board.sample()
            data += line
            assert board.cavity is not None
            truths.append(board.cavity.gauge_kpa)
        for event in link.feed(data, t_s):
            outs += [out for out in readings.feed(event) if isinstance(out, Reading)]
        data = b""
    assert len(outs) == len(truths), "a reading for each sample"
    speeds = np.abs(np.gradient(truths, [r.t_us / 1e6 for r in outs]))
    rows = zip(truths, speeds, outs, strict=True)
    good = [(true, r.smooth_kpa, r.gauge_kpa, speed) for true, speed, r in rows if r.zeroed and r.quality == OK]
    zeroed = sum(r.zeroed for r in outs)
    true, shown, fast, speed = np.array(good, dtype=float).reshape(-1, 4).T
    return Session(true, shown, fast, speed, zeroed - len(good))


def within(true: Array, told: Array) -> Array:
    """Whether each reading is as near the truth as is asked for."""
    return np.asarray(np.abs(told - true) <= np.maximum(ALLOWED_KPA, ALLOWED_SHARE * np.abs(true)))


def joined(sessions: Sequence[Session]) -> Session:
    true, shown, fast, speed = (np.concatenate([getattr(s, name) for s in sessions]) for name in ("true", "shown", "fast", "speed"))
    return Session(true, shown, fast, speed, sum(s.blank for s in sessions))


def figures(true: Array, told: Array) -> str:
    if not len(true):
        return "    no readings"
    q50, q95, q99 = np.percentile(np.abs(told - true), (50, 95, 99))
    return f"{q50:8.3f}{q95:8.3f}{q99:8.3f}{100 * within(true, told).mean():9.2f} %"


# --- newtons ------------------------------------------------------------------------------------------------------------------------


def press(ball: Ball, t_s: float, steps: Sequence[tuple[float, float, float]], film: bool = False) -> tuple[float, list[float]]:
    """Go through (force, seconds to get there, seconds held); returns the time, and the gauge pressure (or `rel.`) at the end of each."""
    told, now_n = [], 0.0
    for force_n, reach_s, hold_s in steps:
        for share in np.linspace(0, 1, 20)[1:]:
            cavity = ball.at(t_s + reach_s * share, now_n + (force_n - now_n) * share)
        for share in np.linspace(0, 1, 20)[1:]:
            cavity = ball.at(t_s + reach_s + hold_s * share, force_n)
        t_s += reach_s + hold_s
        now_n = force_n
        told.append(cavity.film_n / NEWTONS_PER_REL if film else cavity.gauge_kpa)
    return t_s, told


@dataclass(frozen=True)
class Calibration:
    """What a person wrote down, and the ball they did it with."""

    up: list[Point]
    down: list[Point]
    tests: list[tuple[float, float]]  # (true force, what the ball read)


def calibration(rng: random.Random, points: int, physics: Physics, warm_k: float, wait_s: float, film: bool) -> Calibration:
    """Calibrate cold, then, ten minutes later, use the ball ``warm_k`` warmer. film: an FSR ball."""
    up_n = [9.81 * kg for kg in UP_KG[points]]
    down_n = [9.81 * kg for kg in DOWN_KG]
    ball = Ball(replace(physics, forced_k=((500.0, 0.0), (501.0, warm_k))), Mechanics.of(*rng.choice(BALLS)))
    t_s, kpa = press(ball, 0.0, [*((n, 5.0, WAIT_S) for n in (*up_n, *down_n)), (0.0, 5.0, 60.0)], film)
    read = [Point(p, n + rng.gauss(0.0, SCALE_SIGMA_N), i < points) for i, (p, n) in enumerate(zip(kpa, (*up_n, *down_n), strict=False))]
    t_s, tests = max(t_s, 1000.0), []
    for force_n in TEST_N:
        before = [(min(1.3 * force_n, 470.0), 8.0, 5.0)] if rng.random() < 0.5 else []
        t_s, told = press(ball, t_s, [*before, (force_n, 5.0, wait_s), (0.0, 5.0, 60.0)], film)
        tests.append((force_n, told[-2]))
    return Calibration(read[:points], read[points:], tests)


Curve = Callable[[float], float]


def fitted(c: Calibration) -> Curve:
    return fit([*c.up, *c.down], "kPa").newtons


def rising_only(c: Calibration) -> Curve:
    if len(c.up) >= FEWEST_RISING:
        return fit(c.up, "kPa").newtons
    cubic = PchipInterpolator([0.0, *(p.kpa for p in c.up)], [0.0, *(p.force_n for p in c.up)])
    return lambda kpa: float(cubic(kpa))


def polynomial(c: Calibration, degree: int) -> Curve:
    kpa = np.array([p.kpa for p in (*c.up, *c.down)])
    newtons = np.array([p.force_n for p in (*c.up, *c.down)])
    powers = np.arange(1, degree + 1)
    factors, *_ = np.linalg.lstsq(kpa[:, None] ** powers, newtons)
    return lambda x: float((x**powers) @ factors)


METHODS: tuple[tuple[str, int, Callable[[Calibration], Curve]], ...] = (
    ("6 up + 3 down, fit()", 6, fitted),
    ("5 up + 3 down, fit()", 5, fitted),
    ("7 up + 3 down, fit()", 7, fitted),
    ("3 up, cubic", 3, rising_only),
    ("5 up, fit()", 5, rising_only),
    ("6 up, fit()", 6, rising_only),
    ("7 up, fit()", 7, rising_only),
    ("6 up + 3 down, straight line", 6, lambda c: polynomial(c, 1)),
    ("6 up + 3 down, quadratic", 6, lambda c: polynomial(c, 2)),
)


@dataclass(frozen=True)
class Newtons:
    """error_n: shape (calibrations, TEST_N), NaN where nothing is shown. refused: calibrations that had to be repeated."""

    error_n: Array
    refused: int

    @property
    def share_within(self) -> float:
        shown = ~np.isnan(self.error_n)
        allowed = np.maximum(ALLOWED_N, ALLOWED_N_SHARE * np.array(TEST_N))
        return float((np.abs(self.error_n) <= allowed)[shown].mean())


def newtons(
    method: Callable[[Calibration], Curve],
    points: int,
    n: int = CALIBRATIONS,
    warm_k: float = 0.0,
    wait_s: float = WAIT_S,
    physics: Physics = PLAIN,
    film: bool = False,
) -> Newtons:
    """Errors of one method over ``n`` calibrations of drawn balls; the same draws for every method with as many points."""
    rng = random.Random(SEED)
    rows: list[list[float]] = []
    refused = 0
    while len(rows) < n:
        made = calibration(rng, points, physics, warm_k, wait_s, film)
        try:
            curve = method(made)
        except BadPoints:
            refused += 1
            continue
        rows.append([curve(kpa) - force_n for force_n, kpa in made.tests])
    return Newtons(np.array(rows), refused)


# --- the budget: one imperfection at a time ------------------------------------------------------------------------------------------


BUDGET_N = (50.0, 150.0, 300.0)


def held(physics: Physics, force_n: float, seconds: float, from_above: bool = False) -> Cavity:
    """The cavity after ``seconds`` under ``force_n``."""
    ball = Ball(physics)
    t_s, _ = press(ball, 0.0, [(1.3 * force_n, 5.0, 0.0)] if from_above else [])
    ball.at(t_s, 1.3 * force_n if from_above else 0.0)
    for i in range(round(seconds) * 4 + 1):
        cavity = ball.at(t_s + 5.0 + i / 4, force_n)
    return cavity


def budget() -> list[tuple[str, list[tuple[float, float]]]]:
    """(what, [(kPa, N) at 50, 150 and 300 N]): how far the pressure is from the table's, alone, and what that is in newtons there."""
    table = Mechanics.of()
    rows = []
    cases: list[tuple[str, Callable[[float], Cavity]]] = [
        ("creep, 60 s under load", lambda f: held(Physics(creep=CREEP_PER_DECADE), f, 60.0)),
        ("hysteresis, on the way up", lambda f: held(Physics(hysteresis=HYSTERESIS), f, 0.0)),
        ("hysteresis, on the way down", lambda f: held(Physics(hysteresis=HYSTERESIS), f, 0.0, from_above=True)),
        ("skin, 60 s", lambda f: held(Physics(surface_k=SURFACE_K), f, 60.0)),
        ("skin, 10 min", lambda f: held(Physics(surface_k=SURFACE_K), f, 600.0)),
        ("10 K warmer", lambda f: held(Physics(forced_k=((0.0, 10.0),)), f, 0.0)),
        ("a leak that is refused, 60 s", lambda f: held(Physics(leak_per_min=LEAKY_PER_MIN), f, 60.0)),
    ]
    for name, of in cases:
        row = []
        for force_n in BUDGET_N:
            off = of(force_n).gauge_kpa - table.gauge_kpa(force_n)
            slope = (table.newtons(table.gauge_kpa(force_n) + 0.5) - table.newtons(table.gauge_kpa(force_n) - 0.5)) / 1.0
            row.append((off, off * slope))
        rows.append((name, row))
    return rows


def main() -> int:
    header = f"{'':38}{'50 %':>8}{'95 %':>8}{'99 %':>8}{'within':>11}"
    print(f"Error of the gauge pressure, kPa; within = {ALLOWED_KPA} kPa or {100 * ALLOWED_SHARE:.0f} %, whichever is larger")
    print(header)
    for sensor in SENSOR_ERROR:
        every: list[Session] = []
        for warm_k in WARM_K:
            runs = [session(sensor, warm_k, seed) for seed in range(SESSIONS)]
            every += runs
            one = joined(runs)
            print(f"{sensor + f', shown, {warm_k:g} K warmer':38}" + figures(one.true, one.shown))
        whole = joined(every)
        for low, high, name in BANDS_KPA:
            in_band = (whole.true >= low) & (whole.true < high)
            print(f"{sensor + f', shown, {name} kPa':38}" + figures(whole.true[in_band], whole.shown[in_band]))
        for low, high, name in SPEEDS_KPA_S:
            at_speed = (whole.speed >= low) & (whole.speed < high)
            print(f"{sensor + f', shown, {name}':38}" + figures(whole.true[at_speed], whole.shown[at_speed]))
        print(f"{sensor + ', shown, all':38}" + figures(whole.true, whole.shown))
        print(f"{sensor + ', fast, all':38}" + figures(whole.true, whole.fast))
        print(f"{'':38}{len(whole.true)} readings of {len(every)} sessions, {whole.blank} without a number")
        for times in (0.0, 2.0, 4.0):
            one = joined([session(sensor, 10.0, seed, times) for seed in range(SESSIONS)])
            print(f"{sensor + f', shown, 10 K, {times:g} x sensor error':38}" + figures(one.true, one.shown))

    print(f"\nOne imperfection alone, wall 8 ball: kPa and N at 50, 150 and 300 N{'':9}")
    for name, row in budget():
        print(f"{name:38}" + "".join(f"{kpa:+8.2f} kPa {n:+6.1f} N" for kpa, n in row))
    for name, physics, seconds, above in (
        ("FSR film, creep, 60 s under load", Physics(film_creep=FILM_CREEP_PER_DECADE), 60.0, False),
        ("FSR film, hysteresis, on the way down", Physics(film_hysteresis=FILM_HYSTERESIS), 0.0, True),
        ("FSR film, 10 K warmer", Physics(film_per_k=FILM_PER_K, forced_k=((0.0, 10.0),)), 0.0, False),
    ):
        cells = [(force_n, held(physics, force_n, seconds, above).film_n - force_n) for force_n in BUDGET_N]
        print(f"{name:38}" + "".join(f"{off / NEWTONS_PER_REL:+8.2f} rel {off:+6.1f} N" for _, off in cells))
    print(f"{'weather, 1 h':38}" + f"{WEATHER_KPA_H:8.2f} kPa at any load")
    for sensor, error in SENSOR_ERROR.items():
        at = [error.gain * Mechanics.of().gauge_kpa(f) for f in BUDGET_N]
        print(f"{sensor + ', gain, at most':38}" + "".join(f"{kpa:8.2f} kPa{'':9}" for kpa in at))
        print(f"{sensor + ', 10 K, at most':38}" + f"{error.pa_per_k / 100:8.2f} kPa at any load")

    print(
        f"\nNewtons on a flat board: 95 % error, N; within = {ALLOWED_N:.0f} N or {100 * ALLOWED_N_SHARE:.0f} %; {CALIBRATIONS} balls each"
    )
    print(f"{'':38}" + "".join(f"{n:>7.0f} N" for n in TEST_N) + f"{'within':>11}{'refused':>9}{'blank':>7}")

    def line(name: str, r: Newtons) -> None:
        cells = "".join(f"{v:9.1f}" for v in np.nanpercentile(np.abs(r.error_n), 95, axis=0))
        print(f"{name:38}{cells}{100 * r.share_within:9.1f} %{r.refused:9d}{np.isnan(r.error_n).sum():7d}")

    for name, points, method in METHODS:
        line(name, newtons(method, points))
    for what, more in (
        ("2.3 K warmer", {"warm_k": 2.3}),
        ("10 K warmer", {"warm_k": 10.0}),
        ("read after 2 s", {"wait_s": 2.0}),
        ("read after 60 s", {"wait_s": 60.0}),
        ("half the hysteresis", {"physics": Physics(creep=CREEP_PER_DECADE, hysteresis=HYSTERESIS / 2)}),
        ("no hysteresis, no creep", {"physics": IDEAL}),
    ):
        line(f"6 up + 3 down, {what}", newtons(fitted, 6, **more))  # type: ignore[arg-type]
    for what, more in (("", {}), (", read after 60 s", {"wait_s": 60.0}), (", 10 K warmer", {"warm_k": 10.0})):
        line(f"FSR ball{what}", newtons(fitted, 6, physics=REAL, film=True, **more))  # type: ignore[arg-type]
    return 0


if __name__ == "__main__":
    sys.exit(main())
