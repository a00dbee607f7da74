"""A filled form of measurements on a physical ball, against what was computed. Forms: hardware/forms; procedure: docs/build/verify.md.

A form is a CSV file whose header says which one it is; lines that begin with ``#`` are notes, and rows with an empty cell that the form
cannot do without count as not measured. Nothing here is used while a session runs.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import resources
from itertools import pairwise
from pathlib import Path

GRAVITY_M_S2 = 9.81
BALL = (65.0, 8.0, 0.34)  # the build's row set in the mechanics table: outer mm, wall mm, shear modulus MPa; tests hold it to ball.toml
# How far a good ball may lie from the computed one.
PRESSURE_SHARE = 0.20  # judged: the modulus of such silicones differs by 10-15 % between makers and batches, a scale reads to 2 %
PRESSURE_FLOOR_KPA = 2.0  # judged: at small loads the wall carries most, and the pod, which is not computed, takes room from the air
HEIGHT_MM = 4.0  # the check of softness: 29 mm +- 4 under 20 kg
AREA_SHARE = 0.25  # 2 mm of print diameter are 6-12 % of area, the mesh's own error is 7 %
LEAK_SHARE_PER_MIN = 0.01  # after the first minute; more is a leak
OFFSET_KPA = 0.3  # judged: twice the spread within which a zero is taken; further below zero after unloading is lost air
# kPa/K at constant load, from the wall's and the gas's stiffness (computed): unloaded, at 100 N, at 400 N; straight between.
THERMAL_N = (0.0, 100.0, 400.0)
THERMAL_LOW = (0.22, 0.10, 0.07)
THERMAL_HIGH = (0.25, 0.18, 0.12)
THERMAL_MARGIN = 0.04  # judged, kPa/K: the zero's spread of 0.15 kPa twice over 10 K
BOARD_ALARM_MS = 22.4  # 99th percentile from a step to the alarm pin, slowest sensor, in the simulator (make -C firmware test-full)
HANG_S = 1.0  # judged: watchdog 0.25 s, the start of the firmware, and a film's frame


@dataclass(frozen=True, slots=True)
class Row:
    """what: the row in words; measured, low, high: in ``unit``; low..high is what the model allows."""

    what: str
    measured: float
    low: float
    high: float
    unit: str

    @property
    def ok(self) -> bool:
        return self.low <= self.measured <= self.high


Cells = dict[str, float]


def model(column: str, force_n: float) -> float:
    """A column of the mechanics table for this ball at ``force_n``, by straight lines from (0 N, unloaded). Raises ValueError beyond it."""
    text = resources.files("sixten.ball").joinpath("ball-mechanics.csv").read_text("utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    keys = ("outer_diameter_mm", "wall_mm", "shear_modulus_mpa")
    points = sorted((float(r["force_n"]), float(r[column])) for r in rows if tuple(float(r[k]) for k in keys) == BALL)
    points.insert(0, (0.0, BALL[0] if column == "height_mm" else 0.0))
    for (x0, y0), (x1, y1) in pairwise(points):
        if x0 <= force_n <= x1:
            return y0 + (y1 - y0) * (force_n - x0) / (x1 - x0)
    end_kg = points[-1][0] / GRAVITY_M_S2
    raise ValueError(f"a load of {force_n / GRAVITY_M_S2:.0f} kg is beyond the computed table, which ends at {end_kg:.0f} kg")


def _around(what: str, measured: float, middle: float, allowed: float, unit: str) -> Row:
    return Row(what, measured, middle - allowed, middle + allowed, unit)


def _force_pressure(rows: list[Cells]) -> Iterator[Row]:
    for r in rows:
        force = r["load_kg"] * GRAVITY_M_S2
        if "gauge_kpa" in r:
            kpa = model("gauge_kpa", force)
            yield _around(f"pressure under {r['load_kg']:g} kg", r["gauge_kpa"], kpa, max(PRESSURE_FLOOR_KPA, PRESSURE_SHARE * kpa), "kPa")
        if "height_mm" in r:
            yield _around(f"height under {r['load_kg']:g} kg", r["height_mm"], model("height_mm", force), HEIGHT_MM, "mm")


def _contact(rows: list[Cells]) -> Iterator[Row]:
    for r in rows:
        area = math.pi / 400 * r["print_mm"] ** 2
        expected = model("contact_area_cm2", r["load_kg"] * GRAVITY_M_S2)
        yield _around(f"contact under {r['load_kg']:g} kg", area, expected, AREA_SHARE * expected, "cm2")


def _hold(rows: list[Cells]) -> Iterator[Row]:
    held = [r for r in rows if r["load_kg"] > 0]
    for a, b in pairwise(held):
        if b["minutes"] <= a["minutes"]:
            raise ValueError(f"minute {b['minutes']:g} comes after minute {a['minutes']:g}; put the rows in order of time")
        if a["gauge_kpa"] <= 0:
            raise ValueError(f"the pressure at minute {a['minutes']:g} is not above zero although {a['load_kg']:g} kg lay on the ball")
        if a["minutes"] >= 1:
            fall = 100 * (1 - b["gauge_kpa"] / a["gauge_kpa"]) / (b["minutes"] - a["minutes"])
            yield Row(f"fall, minute {a['minutes']:g} to {b['minutes']:g}", fall, -math.inf, 100 * LEAK_SHARE_PER_MIN, "%/min")
    for r in rows:
        if r["load_kg"] == 0:
            yield Row("left after unloading (below zero: lost air)", r["gauge_kpa"], -OFFSET_KPA, math.inf, "kPa")


def _straight(xs: tuple[float, ...], ys: tuple[float, ...], x: float) -> float:
    for (x0, y0), (x1, y1) in pairwise(zip(xs, ys, strict=True)):
        if x <= x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return ys[-1]


def _temperature(rows: list[Cells]) -> Iterator[Row]:
    for a, b in pairwise(rows):
        if a["load_kg"] == b["load_kg"]:
            kelvin = b["air_c"] - a["air_c"]
            if abs(kelvin) < 3:
                raise ValueError(f"{a['air_c']:g} and {b['air_c']:g} degC are too close together; measure at least 3 K apart")
            force = a["load_kg"] * GRAVITY_M_S2
            low = _straight(THERMAL_N, THERMAL_LOW, force) - THERMAL_MARGIN
            high = _straight(THERMAL_N, THERMAL_HIGH, force) + THERMAL_MARGIN
            what = f"{a['load_kg']:g} kg, {a['air_c']:g} to {b['air_c']:g} degC"
            yield Row(what, (b["gauge_kpa"] - a["gauge_kpa"]) / kelvin, low, high, "kPa/K")


def _latency(rows: list[Cells]) -> Iterator[Row]:
    for r in rows:
        if r["frames_per_s"] < 100:
            raise ValueError(f"trial {r['trial']:g}: {r['frames_per_s']:g} frames a second are too few to see 22 ms; film with 120 or more")
        frame_ms = 1000 / r["frames_per_s"]
        yield Row(f"light, trial {r['trial']:g}", r["frames"] * frame_ms, 0.0, BOARD_ALARM_MS + frame_ms, "ms")


def _hang(rows: list[Cells]) -> Iterator[Row]:
    for r in rows:
        yield Row(f"still, trial {r['trial']:g}", r["hung_s"] if r["came_back"] else math.inf, 0.0, HANG_S, "s")


@dataclass(frozen=True, slots=True)
class _Form:
    needed: tuple[str, ...]  # a row without one of these was not measured
    either: tuple[str, ...]  # and one of these must be there, if any are named
    judge: Callable[[list[Cells]], Iterator[Row]]


FORMS = {
    "load_kg,gauge_kpa,height_mm": _Form(("load_kg",), ("gauge_kpa", "height_mm"), _force_pressure),
    "load_kg,print_mm": _Form(("load_kg", "print_mm"), (), _contact),
    "minutes,load_kg,gauge_kpa": _Form(("minutes", "load_kg", "gauge_kpa"), (), _hold),
    "air_c,load_kg,gauge_kpa": _Form(("air_c", "load_kg", "gauge_kpa"), (), _temperature),
    "trial,frames,frames_per_s": _Form(("trial", "frames", "frames_per_s"), (), _latency),
    "trial,hung_s,came_back": _Form(("trial", "hung_s", "came_back"), (), _hang),
}
MAY_BE_NEGATIVE = ("gauge_kpa", "air_c")
MAX_ROWS = 1000  # a form is filled by hand; more is another file


def _number(name: str, text: str, line: int) -> float:
    if name == "came_back":
        if text.lower() not in ("yes", "no"):
            raise ValueError(f"line {line}: came_back is {text!r}; write yes or no")
        return float(text.lower() == "yes")
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"line {line}: {name} is {text!r}, which is no number (write 1.5, not 1,5)") from None
    if not math.isfinite(value) or (value < 0 and name not in MAY_BE_NEGATIVE):
        raise ValueError(f"line {line}: {name} is {text}, which cannot be")
    return value


def verify(path: Path) -> list[Row]:
    """Every measured row against the model. Raises ValueError: one sentence with the line and what to do; OSError if it cannot be read."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise ValueError("this is not a text file; save the form as CSV (UTF-8)") from None
    numbered = [(i, line) for i, line in enumerate(lines, 1) if line.strip(" ,;\t") and not line.lstrip().startswith(("#", '"#'))]
    header = ",".join(cell.strip() for cell in numbered[0][1].split(",")).rstrip(",") if numbered else ""
    form = FORMS.get(header)
    if form is None:
        raise ValueError(f"the first line is {header!r}, which is no form's; begin with one from hardware/forms: {' | '.join(FORMS)}")
    if len(numbered) > MAX_ROWS:
        raise ValueError(f"{len(numbered)} rows; a form has at most {MAX_ROWS}")
    names = header.split(",")
    rows: list[Cells] = []
    for i, line in numbered[1:]:
        cells = [cell.strip() for cell in line.split(",")]
        if any(cells[len(names) :]) or len(cells) < len(names):
            raise ValueError(f"line {i}: expected {len(names)} cells, {header}")
        row = {name: _number(name, text, i) for name, text in zip(names, cells, strict=False) if text}
        if all(name in row for name in form.needed) and (not form.either or any(name in row for name in form.either)):
            rows.append(row)
    judged = list(form.judge(rows))
    if not judged:
        raise ValueError("nothing in this form has been filled in that could be compared")
    return judged
