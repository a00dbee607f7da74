"""Ratings of a study as a table (docs/ratings.md): CSV text to ratings, person by person. Every refusal names line and column."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite

from sixten.pain.ceiling import MAX_KPA
from sixten.pain.model import HOLD, RAMP, Rating

NEEDED = ("kpa", "score")
OPTIONAL = ("person", "trial", "kind", "rate_kpa_s", "held_s")
RAMP_RATE_KPA_S = 2.5  # the middle of what a ramp is asked to be
HOLD_S = 10.0  # a hold's last rating
RATE_MAX_KPA_S = 100.0  # faster than anybody drops on a ball
HELD_MAX_S = 600.0
TRIAL_MAX = 100_000
ROWS_MAX = 1_000_000
DEFAULTS = {
    "person": "all rows are one person's, called 1",
    "trial": "a fall in score, or another kind, begins a new trial",
    "kind": "all are ramps",
    "rate_kpa_s": f"{RAMP_RATE_KPA_S:g} kPa/s in ramps, 0 in holds",
    "held_s": f"0 in ramps, {HOLD_S:g} s in holds",
}


@dataclass
class Table:
    """people: ratings by person, in the order of the file. assumed: a sentence for each column that was not there."""

    people: dict[str, list[Rating]] = field(default_factory=dict)
    assumed: list[str] = field(default_factory=list)


def read_ratings(data: bytes) -> Table:
    """The ratings in a CSV file's bytes. Raises ValueError, naming line and column, for what is not such a table."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(f"line {line}: not UTF-8 text (byte {data[error.start]:#04x}); save it as CSV in UTF-8") from None
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [h.strip() for h in next(rows, [])]
        if not any(header):
            raise ValueError("line 1: the file is empty; it needs a header with at least the columns kpa and score")
        _check_header(header)
        table = Table(assumed=[f"there is no column {c}: {DEFAULTS[c]}" for c in OPTIONAL if c not in header])
        before: dict[str, Rating] = {}
        for n, row in enumerate(rows):
            if not any(cell.strip() for cell in row):
                continue
            line = rows.line_num
            if n >= ROWS_MAX:
                raise ValueError(f"line {line}: more than {ROWS_MAX} rows are no study's ratings")
            if len(row) != len(header):
                raise ValueError(f"line {line}: {len(row)} cells where the header has {len(header)} columns")
            cells = {name: cell.strip() for name, cell in zip(header, row, strict=True)}
            person = cells.get("person", "1")
            if not person:
                raise ValueError(f"line {line}, column person: empty")
            rating = _rating(line, cells, before.get(person))
            before[person] = rating
            table.people.setdefault(person, []).append(rating)
    except csv.Error as error:
        raise ValueError(f"line {rows.line_num}: not a CSV row ({error})") from None
    if not table.people:
        raise ValueError("line 2: there is no rating below the header")
    return table


def _check_header(header: list[str]) -> None:
    missing = [c for c in NEEDED if c not in header]
    if missing:
        there = ", ".join(h or "-" for h in header)
        raise ValueError(f"line 1: there is no column {' and no column '.join(missing)}; the columns are {there}")
    twice = next((h for h in header if h and header.count(h) > 1), "")
    if twice:
        raise ValueError(f"line 1, column {twice}: it is there twice")


def _rating(line: int, cells: Mapping[str, str], before: Rating | None) -> Rating:
    kpa = _number(line, cells, "kpa", MAX_KPA)
    score = _number(line, cells, "score", 10.0, whole=True)
    kind = cells.get("kind", "") or RAMP
    if kind not in (RAMP, HOLD):
        raise ValueError(f"line {line}, column kind: {kind!r} is neither {RAMP} nor {HOLD}")
    rate = _number(line, cells, "rate_kpa_s", RATE_MAX_KPA_S, RAMP_RATE_KPA_S if kind == RAMP else 0.0)
    held_s = _number(line, cells, "held_s", HELD_MAX_S, 0.0 if kind == RAMP else HOLD_S)
    if cells.get("trial"):
        trial = int(_number(line, cells, "trial", TRIAL_MAX, whole=True))
    elif before is None:
        trial = 1
    else:
        again = kind == HOLD and held_s <= before.held_s  # two ratings of one hold come one after the other
        trial = before.trial + (kind != before.kind or (again if kind == HOLD else score < before.score))
    return Rating(kpa, int(score), kind, rate, held_s, trial)


def _number(line: int, cells: Mapping[str, str], column: str, top: float, default: float | None = None, whole: bool = False) -> float:
    text = cells.get(column, "")
    if not text and default is not None:
        return default
    try:
        if not text.isascii() or "_" in text:
            raise ValueError
        value = float(text)
    except ValueError:
        what = f"{text!r} is not a number" if text else "empty"
        raise ValueError(f"line {line}, column {column}: {what}") from None
    if not isfinite(value) or not 0 <= value <= top:
        raise ValueError(f"line {line}, column {column}: {text} does not lie between 0 and {top:g}")
    if whole and value != int(value):
        raise ValueError(f"line {line}, column {column}: {text} is not a whole number")
    return value
