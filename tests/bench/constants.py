"""Writes the tables of docs/how-it-decides.md and how-it-decides-ceiling.md from the source: every named number with its reason.

`make figures` runs it; a test holds the page against what it would write.
"""

from __future__ import annotations

import ast
import importlib
import io
import tokenize
from pathlib import Path

import numpy as np

from bench.shipped import KINDS
from sixten.pain.model import POPULATION
from sixten.pressure import filters

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "how-it-decides.md"
CEILING_PAGE = ROOT / "docs" / "how-it-decides-ceiling.md"
MODULES = {  # in the order of the data path
    "sixten.pressure.sensors": "From counts to pressure",
    "sixten.pressure.readings": "What is trusted",
    "sixten.pressure.zero": "The zero",
    "sixten.pressure.filters": "Filters",
    "sixten.pressure.rise": "The early warning",
    "sixten.pressure.movement": "Movement",
    "sixten.session.limits": "The session",
}
CEILING_MODULES = {
    "sixten.pain.curve": "How people feel and rate",
    "sixten.pain.model": "The prior and the posterior",
    "sixten.pain.ceiling": "The ceiling, and when there is none",
    "sixten.pain.limits": "The calibration",
    "sixten.pain.trials": "One ramp or hold",
    "sixten.pain.calibration": "Its course",
    "sixten.pain.next_trial": "What comes next",
}
UNKNOWNS = (  # name, unit, whether its logarithm is normal, where it comes from
    ("pressure at 6, brief press", "kPa", True, "between roller contact (33-52) and arm cuffs (64); never measured on a ball, so wide"),
    ("p6 / p0 - 1", "", True, "pressure at 6 over pain threshold 1.5, IQR 1.4-1.9 [computed, Naugle 2021; Lötsch]"),
    ("exponent", "", False, "1.24 from cuffs [computed, CPM-Pressure]; linear to 1.5 elsewhere"),
    ("lag of pain behind pressure", "s", True, "1-8 s: focal pressure builds up over seconds [FAB documentation]; size judged"),
    ("delay of the key", "s", True, "reaction and decision [judged]"),
    ("share of the pain that a ramp's rating shows", "", False, "ascending order is rated lower [Petzke 2003]; size judged"),
    ("a press comes before the whole number by", "points", False, "0.5 from people who round, 0 from who wait [judged]"),
    ("drift", "points/min", False, "see DRIFT_ below; by the answer to the question whether this hip hurts"),
)  # fmt: skip
BEGIN, END = "<!-- written by tests/bench/constants.py: {} -->", "<!-- end: {} -->"


def constants(module: str) -> list[tuple[str, str, str]]:
    """(name, value as in the source, reason) of each public constant number or list of numbers that ``module`` defines.

    The reason is the comment behind it, or else the comment right above it.
    """
    path = Path(str(importlib.import_module(module).__file__))
    source = path.read_text("utf-8")
    comments = {
        t.start: t.string.lstrip("# ") for t in tokenize.generate_tokens(io.StringIO(source).readline) if t.type == tokenize.COMMENT
    }
    behind = {line: text for (line, column), text in comments.items() if column}
    alone = {line: text for (line, column), text in comments.items() if not column}
    found = []
    for node in ast.parse(source).body:
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target if isinstance(node, ast.AnnAssign) else None
        if not isinstance(target, ast.Name) or not target.id.isupper() or target.id.startswith("_") or target.id == "__all__":
            continue
        value = getattr(importlib.import_module(module), target.id)
        if not isinstance(value, (int, float, tuple)) or isinstance(value, tuple) and not all(isinstance(v, (int, float)) for v in value):
            continue
        reason = behind.get(node.end_lineno or 0, "")
        line = node.lineno - 1
        above = []
        while not reason and line in alone:
            above.insert(0, alone[line])
            line -= 1
        found.append((target.id, shown(value), reason or " ".join(above)))
    return found


def shown(value: int | float | tuple[float, ...]) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(shown, value))
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def prior_table() -> str:
    lines = ["| unknown | middle | 90 % lie between | from |", "|---|---|---|---|"]
    for (name, unit, logarithm, source), mean, sd in zip(UNKNOWNS, POPULATION.mean, POPULATION.sd, strict=True):
        low, middle, high = (mean + z * sd for z in (-1.645, 0.0, 1.645))
        if logarithm:
            low, middle, high = (float(np.exp(v)) for v in (low, middle, high))
        lines.append(f"| {name} | {middle:.3g} {unit} | {low:.3g} to {high:.3g} | {source} |".replace("  ", " "))
    return "\n".join(lines)


def constants_table(modules: dict[str, str]) -> str:
    lines = []
    for module, title in modules.items():
        path = module.replace(".", "/")
        lines += [f"**{title}** (`host/{path}.py`)", "", "| constant | value | reason |", "|---|---|---|"]
        lines += [f"| `{name}` | {value} | {reason.replace('|', '/')} |" for name, value, reason in constants(module)] + [""]
    return "\n".join(lines).rstrip()


def filters_table() -> str:
    """Delay and noise of each filter for each kind of ball, computed from the filters themselves."""
    lines = [
        "| ball | samples a second | `fast`: delay, noise left | `smooth`: delay | `rate`, behind `fast`: delay, noise (1/s) |",
        "|---|---|---|---|---|",
    ]
    for kind in KINDS:
        sensor = kind.readings().sensor
        assert sensor is not None
        fast, smooth, rate = filters.fast(kind.rate_hz, sensor.mains)[0], filters.smooth(kind.rate_hz), filters.rate(kind.rate_hz)
        n = filters.FORGOTTEN
        t = np.arange(n) / kind.rate_hz
        fast_s, smooth_s = (t[-1] - f.alone(t)[-1] for f in (fast, smooth))
        rate_s = t[-1] - rate.alone(fast.alone(0.5 * t * t))[-1]  # the rate of a parabola is a ramp, late by the delay of both filters
        lines.append(
            f"| {kind.name} | {kind.rate_hz:.1f} | {1e3 * fast_s:.1f} ms, {filters.noise_gain(fast):.2f} | "
            f"{1e3 * smooth_s:.0f} ms | {1e3 * rate_s:.0f} ms, {filters.noise_gain(fast, rate):.2f} |"
        )
    return "\n".join(lines)


TABLES = {
    PAGE: {"filters": filters_table, "constants": lambda: constants_table(MODULES)},
    CEILING_PAGE: {"prior": prior_table, "constants": lambda: constants_table(CEILING_MODULES)},
}


def filled(page: str, path: Path = PAGE) -> str:
    """The text ``page`` of ``path`` with every table as the code would have it. Raises ValueError if a place for one is missing."""
    for name, make in TABLES[path].items():
        begin, end = BEGIN.format(name), END.format(name)
        before, found, rest = page.partition(begin)
        _, closed, after = rest.partition(end)
        if not (found and closed):
            raise ValueError(f"{path.name} has no place for the table of {name}: {begin} ... {end}")
        page = f"{before}{begin}\n{make()}\n{end}{after}"
    return page


if __name__ == "__main__":
    for path in TABLES:
        path.write_text(filled(path.read_text("utf-8"), path), "utf-8")
