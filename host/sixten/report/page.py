"""The report as one HTML page: no script, no network, nothing but what stands in it. Jinja2 escapes whatever people have typed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

import sixten
from sixten.plot import Panel, svg
from sixten.recording.companion import Corrections
from sixten.recording.library import Session
from sixten.recording.people import Calibration, Person, printable
from sixten.recording.replay import Recording
from sixten.report.drawing import Bar, Day, bar, lines_over_time, sessions_over_time, trace
from sixten.report.figures import FELT, Figures, figures, longest
from sixten.session.limits import BETWEEN_DAYS
from sixten.words import NOT_MEDICAL, say

# What fits on one A4 page beside the drawings.
SAID_MAX, RATED_MAX, NOTES_MAX, NOTE_CHARACTERS, SESSIONS_MAX, NAME_CHARACTERS = 6, 6, 2, 110, 14, 40
SIDES_MAX, ROWS_A_DRAWING = 4, 4  # two sides in two units; a drawing more takes the room of so many rows
DAYS_MAX = 400  # calibrations and sessions drawn, the last ones: a pixel and a half each

# In the order of the table; said of a session once where it was said several times.
WARNINGS = {
    "over": "over your line", "ease_off": "asked to ease off", "rising": "rising towards it", "slower": "slower",
    "keep_moving": "keep moving", "stale": "no signal", "guard_off": "own alarm not confirmed", "recording_lost": "recording stopped",
}  # fmt: skip
# The most important first, for where there is no room for all.
MOMENTS = ("symptom", "ended", "stop", "done", "recording_lost", "lost", "guard_off", "rating", "over", "ease_off", "back", "may_stop")
CHANGES = {
    "less": "less", "more": "more", "noise": "within noise", "at_cap": "cannot show change (longest time both times)",
    "not_retested": "not retested",
}  # fmt: skip
LOOKED_AT = {"pain": "pain now, 0 to 10", "moving": "pain on the movement, 0 to 10", "balance": "standing on one leg, s"}
COUNTS_AS_CHANGE = "A change is 2 points or a third for pain; for balance 10 s (eyes open) or 5 s (closed) and more than the tries differ."
FROM_RATINGS = "Estimate from your own ratings."


def session_page(recording: Recording, who: str, side: str, said: Corrections) -> str:
    """The page of one session or calibration. Raises RecordingError if its header holds no plan that makes sense."""
    f = figures(recording)
    header, virtual = recording.header, recording.header.get("virtual") is not False
    calibrates = recording.calibrates
    curve = None
    if f.curve is not None:
        panel = Panel("Your ratings and the curve through them", f.curve.ratings, f.curve.band, f.curve.ceiling_kpa, unit=f.unit)
        curve = Markup(svg([panel]))
    shares = [(band, f.bands[band]) for band in ("off", "settle", "work", "near", "over") if f.bands.get(band)]
    notes = [_short(n) for n in said.remarks]
    return _template("session.html").render(
        virtual=virtual,
        title=_title(recording, side),
        who=_short(who, NAME_CHARACTERS),
        when=_when(header.get("started_utc")),
        tiles=_calibration_tiles(f) if calibrates else _session_tiles(f),
        felt_missing=not calibrates and f.felt_s is None,
        trace=trace(f, virtual),
        shares=shares,
        bar=bar(shares),
        warnings=[(words, _times(f, code)) for code, words in WARNINGS.items() if f.count(code)],
        moments=_moments(f),
        moments_more=max(0, sum(map(f.count, MOMENTS)) - SAID_MAX),
        rated=f.rated[:RATED_MAX],
        rated_more=max(0, len(f.rated) - RATED_MAX),
        compared=[_compared(c) for c in f.compared[:3]],
        counts_as_change=COUNTS_AS_CHANGE,
        curve=curve,
        detached=said.calibration_detached,
        reasons=f.reasons,
        notes=notes[:NOTES_MAX],
        notes_more=max(0, len(notes) - NOTES_MAX),
        unit=f.unit,
        lost=f.lost,
        damage=len(recording.damage),
        unfinished=recording.end is None,
        **_always(),
    )


def person_page(person: Person, virtual: bool, sessions: Sequence[Session], calibrations: Sequence[Calibration]) -> str:
    """A person over time. sessions: the newest first, as the catalogue lists them."""
    windows = [s for s in sessions if s.kind in ("session", "visit") and s.finished][:DAYS_MAX]
    kept = sorted(calibrations, key=lambda c: c.made_utc)[-DAYS_MAX:]
    moments = [_moment(s) for s in windows] + [c.made_utc.astimezone() for c in kept]
    begin, end = (min(moments), max(moments)) if moments else (datetime.now().astimezone(),) * 2
    sides = []
    for side in ("left", "right"):
        mine = [c for c in kept if c.side == side]
        for unit in dict.fromkeys(c.unit for c in mine):  # lines in different units are not comparable
            days = [_day(c) for c in mine if c.unit == unit]
            sides.append((f"{side}, {unit}", lines_over_time(days, begin, end, unit, virtual), len(days)))
    sides = sides[:SIDES_MAX]
    room = SESSIONS_MAX - ROWS_A_DRAWING * max(0, len(sides) - 2)
    bars = [Bar(_moment(s), s.window_s or 0.0, s.over_s or 0.0) for s in windows]
    return _template("person.html").render(
        virtual=virtual,
        who=_short(person.shown, NAME_CHARACTERS),
        since=f"{person.created_utc.astimezone():%Y-%m-%d}",
        when=_span(begin, end),
        sides=sides,
        bars=sessions_over_time(bars, begin, end, virtual) if bars else None,
        rows=windows[:room],
        rows_more=max(0, len(windows) - room),
        at=_moment,
        **_always(),
    )


def _always() -> dict[str, Any]:
    return {
        "not_medical": NOT_MEDICAL,
        "from_ratings": FROM_RATINGS,
        "felt": FELT,
        "between_days": BETWEEN_DAYS,
        "version": sixten.__version__,
    }


@cache
def _template(name: str) -> Template:
    pages = Environment(loader=PackageLoader("sixten.report", ""), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return pages.get_template(name)


def _title(recording: Recording, side: str) -> str:
    what = "Calibration" if recording.calibrates else "Flat-board calibration" if recording.header.get("procedure") else "Session"
    return f"{what}, {side} side" if side else what


def _session_tiles(f: Figures) -> list[tuple[str, str]]:
    s = f.summary
    lines = [kpa for _, kpa in f.lines if kpa is not None]
    line = "no line" if not lines else f"{lines[0]:.1f}" if len(set(lines)) == 1 else f"{lines[0]:.1f} \u2192 {lines[-1]:.1f}"
    ended = {"done": "done", "": "not finished"}.get(str(s.get("ended") or ""), f"ended: {s.get('ended')}")
    out = [
        (f"{float(s.get('window_s') or 0):.0f} s", f"in the window, {ended}"),
        (line, f"your line, {f.unit}" if lines else "so no window"),
        (f"{f.peak:.1f}", f"highest, {f.unit}"),
        (f"{sum(o.end_s - o.begin_s for o in f.overs):.1f} s", f"over the line, at most {longest(f.overs):.1f} s at once"),
    ]
    if f.felt_s is not None:
        out.append((f"{f.felt_s:.0f} s", f"at an estimated {FELT:.0f} of 10 or more"))
    return out


def _calibration_tiles(f: Figures) -> list[tuple[str, str]]:
    s = f.summary
    line = s.get("ceiling_kpa")
    return [
        ("no line" if line is None else f"{line:.1f}", f"your line, {f.unit}"),
        (str(s.get("ramps", 0)), "ramps"),
        (str(s.get("holds", 0)), "holds"),
        (f"{float(s.get('load_s') or 0):.0f} s", "of load"),
        (f"{f.peak:.1f}", f"highest, {f.unit}"),
    ]


def _times(f: Figures, code: str) -> str:
    n = f.count(code)
    return "once" if n == 1 else f"{n} times"


def _moments(f: Figures) -> list[tuple[float, str]]:
    told = sorted((s for s in f.said if s.code in MOMENTS), key=lambda s: MOMENTS.index(s.code))[:SAID_MAX]
    return [(s.t_s, _say(s.code, s.values)) for s in sorted(told, key=lambda s: s.t_s)]


def _say(code: str, values: dict[str, Any]) -> str:
    """A notice of a newer program, or with values of its own, is told by its code."""
    try:
        return say(code, values)
    except (KeyError, ValueError, TypeError):
        return code


def _compared(c: dict[str, Any]) -> tuple[str, str, str, str]:
    before, after = (
        ("\u2013" if v is None else f"{v:g}") if isinstance(v, (int, float, type(None))) else "?" for v in map(c.get, ("before", "after"))
    )
    return LOOKED_AT.get(str(c.get("what")), str(c.get("what"))), before, after, CHANGES.get(str(c.get("change")), str(c.get("change")))


def _day(c: Calibration) -> Day:
    interval = c.numbers.get("interval_kpa")
    known = isinstance(interval, list) and len(interval) == 2 and all(isinstance(v, (int, float)) for v in interval) and not c.lowered
    low, high = (float(interval[0]), float(interval[1])) if known and isinstance(interval, list) else (None, None)
    return Day(c.made_utc.astimezone(), c.ceiling_kpa, low, high)


def _moment(s: Session) -> datetime:
    return datetime.fromisoformat(s.started_utc).astimezone()


def _when(started_utc: object) -> str:
    try:
        return f"{datetime.fromisoformat(str(started_utc)).astimezone():%Y-%m-%d %H:%M}"
    except (ValueError, OverflowError):
        return "day unknown"


def _span(begin: datetime, end: datetime) -> str:
    return f"{begin:%Y-%m-%d}" if begin.date() == end.date() else f"{begin:%Y-%m-%d} to {end:%Y-%m-%d}"


def _short(text: str, most: int = NOTE_CHARACTERS) -> str:
    text = printable(" ".join(text.split()))
    return text if len(text) <= most else f"{text[: most - 1]}\u2026"
