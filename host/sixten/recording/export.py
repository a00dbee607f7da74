"""A recording for other programs: samples and events as CSV or Parquet, ratings as the table that `sixten ceiling` reads.

Raw counts are as recorded. Readings are today's software's, from the plan of that day; notices are those of that day.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from math import inf, isnan
from pathlib import Path
from typing import IO, Any, NamedTuple

import msgspec

from sixten.ball.messages import Connection, DeviceEvent, Event, Mark, Samples
from sixten.pain.model import HOLD, Rating
from sixten.pain.procedure import State as CalibrationState
from sixten.pressure.readings import OK, SATURATED, STALE, Gap, Reading, Readings
from sixten.recording.errors import RecordingError
from sixten.recording.replay import Recording
from sixten.recording.whole import new_file, refuse_existing
from sixten.session.calibrating import CalibrationRun
from sixten.session.limits import OFF_KPA
from sixten.session.plan import SIDES
from sixten.session.rules import Notice
from sixten.session.run import Output, Run, Runs
from sixten.session.visiting import VisitRun

FORMATS = ("csv", "parquet", "ratings")
BATCH = 1 << 16  # rows held at a time
UNITS = {"kPa": "kpa", "rel.": "rel", "kPa eq.": "kpa_eq"}  # as they stand in a column's name
INSTALL = "Parquet needs pyarrow: python -m pip install 'sixten[export]'"
RATINGS_COLUMNS = ("person", "trial", "kpa", "score", "kind", "rate_kpa_s", "held_s")
EVENT_COLUMNS: list[tuple[str, type]] = [("t_s", float), ("kind", str), ("code", str), ("values", str)]
ABOUT = "about"  # the kind of rows that hold for the whole recording


EVER = (-inf, inf)  # seconds; what happened before the first sample belongs to it


@dataclass(frozen=True)
class Wish:
    """What to export. person, side, remarks: as corrected; person is the display name. from_s, to_s: device seconds since the first sample,
    both included. anonymous: without names, ids, remarks and dates.
    """

    to: str
    from_s: float = EVER[0]
    to_s: float = EVER[1]
    anonymous: bool = False
    person: str = ""
    side: str = ""
    remarks: tuple[str, ...] = ()


class Row(NamedTuple):
    """A sample. reading: None before the ball has said what it is; its numbers are NaN where it cannot be trusted."""

    t_us: int
    raw: int
    flags: int
    reading: Reading | None
    band: str
    ceiling_kpa: float | None
    window_s: float


def parquet_is_there() -> bool:
    """Whether the library for Parquet, which is large and an extra, is installed."""
    return find_spec("pyarrow") is not None


def export(recording: Recording, out: Path, wish: Wish) -> list[Path]:
    """Write ``out`` and, beside samples, a second file of events; both are new. Returns what was written.

    Raises RecordingError, in one sentence, if something is in the way or there is nothing to write.
    """
    if wish.to == "ratings":
        return [_ratings(recording, out, wish)]
    events = out.with_name(f"{out.stem}.events{out.suffix}")
    refuse_existing(out)
    refuse_existing(events)
    write = _csv if wish.to == "csv" else _parquet
    units = _units(recording)
    columns = _columns(units)
    told: list[tuple[Any, ...]] = []
    with new_file(events) as second, new_file(out) as first:
        if not write(first, columns, _sample_rows(recording, wish, units, told)):
            raise RecordingError(f"{recording.path} holds no samples{'' if (wish.from_s, wish.to_s) == EVER else ' in that range'}.")
        write(second, EVENT_COLUMNS, [*_about(recording, wish, units), *sorted(told, key=lambda row: row[0])])
    return [out, events]


# --- what stands in a recording -------------------------------------------------------------------------------------------------


def played(recording: Recording, run: Runs) -> Iterator[Row | Event | Output]:
    """The recording through ``run``, a fresh one: a Row for each sample, and every other event, notice and gap, in order."""
    for event in recording.events:
        at = 0
        for out in run.feed(event):
            if isinstance(out, Reading) and isinstance(event, Samples):
                yield _row(event, at, out, run)
                at += 1
            elif not isinstance(out, Reading):
                yield out
        if isinstance(event, Samples):
            for i in range(at, len(event.raw)):
                yield _row(event, i, None, run)
        else:
            yield event


def _row(samples: Samples, i: int, reading: Reading | None, run: Runs) -> Row:
    head = samples.t_us[i], samples.raw[i], samples.flags[i], reading
    if not isinstance(run, (Run, VisitRun)):  # a calibration has no band and no line
        return Row(*head, "", None, 0.0)
    state = run.state if isinstance(run, Run) else run.state.rules
    return Row(*head, state.band, state.ceiling_kpa, state.window_us / 1e6)


def ratings(recording: Recording) -> dict[str, list[Rating]]:
    """Every rating given under load, by side in a visit, else under "": of a calibration as it was fitted, of a window at the pressure of
    the key press.

    In a window each time on the ball is a trial of the kind "hold". Those of a visit stand behind its calibration's.
    """
    run = recording.run()
    windows: dict[str, list[Rating]] = {}
    since_us, trial = None, 0
    for what in played(recording, run):
        if isinstance(what, Row):
            quality = what.reading.quality if what.reading else STALE
            if quality in (OK, SATURATED) and what.reading is not None:
                loaded = quality == SATURATED or what.reading.smooth_kpa >= OFF_KPA
                if loaded and since_us is None:
                    since_us, trial = what.t_us, trial + 1
                elif not loaded:
                    since_us = None
            elif quality == STALE:  # nobody knows what was on the ball meanwhile
                since_us = None
        elif isinstance(what, Notice) and what.code == "rating" and since_us is not None:
            kpa, score = what.values.get("gauge_kpa"), what.values.get("score")
            if isinstance(kpa, (int, float)) and isinstance(score, int) and kpa >= OFF_KPA:
                side = run.state.side if isinstance(run, VisitRun) else ""
                held_s = round((what.t_us - since_us) / 1e6, 3)
                windows.setdefault(side, []).append(Rating(float(kpa), score, HOLD, 0.0, held_s, trial))
    out: dict[str, list[Rating]] = {}
    for side, fitted in _calibrated(run).items():
        first = max((r.trial for r in fitted), default=0)
        numbers = {t: n for n, t in enumerate(dict.fromkeys(r.trial for r in windows.get(side, [])), first + 1)}
        if both := [*fitted, *(r._replace(trial=numbers[r.trial]) for r in windows.get(side, []))]:
            out[side] = both
    return out


def _calibrated(run: Runs) -> dict[str, list[Rating]]:
    """The ratings of each side's last calibration, as far as it came; none in a session."""
    if isinstance(run, CalibrationRun):
        return {"": _fitted(run.state)}
    if not isinstance(run, VisitRun):
        return {"": []}
    found = {side: list(of.outcome.ratings) if of.outcome else [] for side, of in zip(SIDES, run.state.sides, strict=True)}
    if run.state.calibration is not None:
        found[run.state.side] = _fitted(run.state.calibration)
    return found


def _fitted(state: CalibrationState) -> list[Rating]:
    return list(state.outcome.ratings if state.outcome else [r for trial in (*state.ramps, *state.holds) for r in trial])


def _first_us(recording: Recording) -> int:
    return next((e.t_us[0] for e in recording.events if isinstance(e, Samples)), 0)


def _units(recording: Recording) -> list[str]:
    """The units of the numbers in it; one, unless another kind of ball was plugged in on the way."""
    readings, units = Readings(), []
    for event in recording.events:
        if not isinstance(event, Samples):
            readings.feed(event)
            if readings.unit and readings.unit not in units:
                units.append(readings.unit)
    return units


# --- tables ---------------------------------------------------------------------------------------------------------------------


def _columns(units: list[str]) -> list[tuple[str, type]]:
    out: list[tuple[str, type]] = [("t_s", float), ("raw_counts", int), ("flags", int)]
    for unit in units:
        u = UNITS[unit]
        out += [(f"gauge_{u}", float), (f"smooth_{u}", float), (f"rate_{u}_s", float), (f"ceiling_{u}", float)]
    return [*out, ("quality", str), ("zeroed", bool), ("band", str), ("window_s", float)]


def _sample_rows(recording: Recording, wish: Wish, units: list[str], told: list[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """A row for each sample of the range. Events of the range are appended to ``told`` on the way; notices are the recorded ones."""
    lost = (None,) * 4
    first_us = _first_us(recording)

    def t_s(t_us: int) -> float:
        return round((t_us - first_us) / 1e6, 6)

    def wanted(t_us: int) -> bool:
        return wish.from_s <= t_s(t_us) <= wish.to_s

    told += [_event_row(n, t_s(n.t_us), wish) for n in recording.notices if wanted(n.t_us)]
    for what in played(recording, recording.run()):
        if isinstance(what, Row):
            if not wanted(what.t_us):
                continue
            r = what.reading
            numbers: tuple[Any, ...] = ()
            for unit in units:
                mine = r is not None and r.unit == unit
                numbers += (*map(_known, r[1:4]), what.ceiling_kpa) if mine and r is not None else lost
            yield (
                t_s(what.t_us), what.raw, what.flags, *numbers, r.quality if r else None, r.zeroed if r else None, what.band or None,
                what.window_s,
            )  # fmt: skip
        elif isinstance(what, (Mark, DeviceEvent, Connection, Gap)) and wanted(what.t_us):
            told.append(_event_row(what, t_s(what.t_us), wish))


def _event_row(what: Event | Output, t_s: float, wish: Wish) -> tuple[Any, ...]:
    if isinstance(what, Notice):
        return (t_s, "notice", what.code, msgspec.json.encode(what.values).decode())
    if isinstance(what, Mark):
        return (t_s, "mark", what.kind, None if what.value is None else str(what.value))
    if isinstance(what, DeviceEvent):
        return (t_s, "device", what.code, what.detail or None)
    if isinstance(what, Connection):
        return (t_s, "connection", what.state, None if wish.anonymous else what.detail or None)
    assert isinstance(what, Gap)
    return (t_s, "gap", "lost", str(what.lost))


def _about(recording: Recording, wish: Wish, units: list[str]) -> Iterator[tuple[Any, ...]]:
    """Rows at the top of the events, without a time: what the whole recording is."""
    header = recording.header
    software = header.get("software")
    facts: list[tuple[str, Any]] = [
        ("source", "ball" if header.get("virtual") is False else "VIRTUAL"),
        ("kind", header.get("kind") or header.get("procedure") or "session"),
        ("side", wish.side),
        ("unit", ", ".join(units)),
        ("sixten", software.get("sixten") if isinstance(software, dict) else None),
        ("damaged_lines", len(recording.damage)),
    ]
    if not wish.anonymous:
        facts += [("person", wish.person), ("started_utc", header.get("started_utc")), ("recording", recording.path.name)]
        facts += [("remark", remark) for remark in wish.remarks]
    for code, value in facts:
        if value not in (None, ""):
            yield (None, ABOUT, code, str(value))


def _known(value: float) -> float | None:
    return None if isnan(value) else value


# --- files ----------------------------------------------------------------------------------------------------------------------


@contextmanager
def _text(file: IO[bytes]) -> Iterator[IO[str]]:
    text = io.TextIOWrapper(file, "utf-8", newline="")
    try:
        yield text
    finally:
        text.flush()
        text.detach()


def _csv(file: IO[bytes], columns: list[tuple[str, type]], rows: Iterable[tuple[Any, ...]]) -> int:
    count = 0
    with _text(file) as text:
        writer = csv.writer(text)
        writer.writerow(name for name, _ in columns)
        for count, row in enumerate(rows, 1):  # noqa: B007
            writer.writerow([int(x) if x is True or x is False else x for x in row])
    return count


def _parquet(file: IO[bytes], columns: list[tuple[str, type]], rows: Iterable[tuple[Any, ...]]) -> int:
    import pyarrow
    import pyarrow.parquet

    kinds = {float: pyarrow.float64(), int: pyarrow.int32(), str: pyarrow.string(), bool: pyarrow.bool_()}
    schema = pyarrow.schema([(name, kinds[kind]) for name, kind in columns])
    count = 0
    with pyarrow.parquet.ParquetWriter(file, schema, compression="zstd") as writer:

        def flush(held: list[tuple[Any, ...]]) -> None:
            arrays = [pyarrow.array(column, kind) for column, kind in zip(zip(*held, strict=True), schema.types, strict=True)]
            writer.write_batch(pyarrow.record_batch(arrays, schema=schema))

        held: list[tuple[Any, ...]] = []
        for row in rows:
            held.append(row)
            count += 1
            if len(held) == BATCH:
                flush(held)
                held = []
        if held:
            flush(held)
    return count


def _ratings(recording: Recording, out: Path, wish: Wish) -> Path:
    found = ratings(recording)
    if not found:
        raise RecordingError(f"{recording.path} holds no ratings given under load.")
    person = "1" if wish.anonymous or not wish.person else wish.person
    with new_file(out) as file, _text(file) as text:
        writer = csv.writer(text)
        writer.writerow(RATINGS_COLUMNS)
        for side, rated in found.items():  # each hip has a line of its own
            who = f"{person} {side}" if len(found) > 1 else person
            writer.writerows((who, r.trial, r.kpa, r.score, r.kind, r.rate_kpa_s, r.held_s) for r in rated)
    return out
