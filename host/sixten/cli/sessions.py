"""`sixten sessions`: what has been recorded."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sixten.cli.common import Json, app, check_side, fail
from sixten.cli.people import find_person, people_of
from sixten.recording.errors import RecordingError

if TYPE_CHECKING:
    from sixten.recording.library import Library, Session

PROBLEMS_TOLD = 5  # the rest is counted: a folder of something else would fill the screen


@app.command()
def sessions(
    person: Annotated[str | None, typer.Option(help="Only this person's.")] = None,
    side: Annotated[str | None, typer.Option(help="Only this side's: left or right.")] = None,
    since: Annotated[str | None, typer.Option(help="All since this day, as 2026-07-13; without it the latest 50.")] = None,
    json: Json = False,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Read every recording anew.")] = False,
    virtual: Annotated[bool, typer.Option("--virtual", help="Those of virtual balls, which are kept apart.")] = False,
) -> None:
    """List recorded sessions, the newest first."""
    check_side(side)
    since_utc = None if since is None else _day(since)
    people = people_of(virtual)
    try:
        wanted = None if person is None else find_person(people, person).id
        names = {p.id: p.shown for p in people.everybody()}
        from sixten.recording.library import LATEST

        library = library_of(virtual)
        library.refresh(rebuild)
        found = library.find(wanted, side, since_utc, limit=LATEST if since is None else None)
        problems = library.problems()
    except RecordingError as error:
        fail(error)
    if library.trouble:
        print(f"sixten: {library.trouble}.", file=sys.stderr)
    for words in problems[:PROBLEMS_TOLD]:
        print(f"sixten: {words}", file=sys.stderr)
    if len(problems) > PROBLEMS_TOLD:
        print(f"sixten: {len(problems) - PROBLEMS_TOLD} more files cannot be listed.", file=sys.stderr)
    if json:
        import msgspec

        for s in found:
            print(msgspec.json.encode(_object(library, s, names)).decode())
        return
    label = "VIRTUAL  " if virtual else ""
    for s in found:
        print(f"{label}{_line(s, names)}")
    if not found:
        print(f"{label}Nothing recorded{' that fits' if person or side or since else ' yet'}.")


def library_of(virtual: bool) -> Library:
    """The recordings of this computer, real or of virtual balls. Raises RecordingError."""
    from sixten.recording.library import Library
    from sixten.recording.places import sessions_folder

    return Library(sessions_folder(virtual), virtual)


def _day(text: str) -> datetime:
    """The beginning of that day, where the person is."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").astimezone()
    except (ValueError, OverflowError):
        fail(f"--since {text}: give a day, as 2026-07-13.")


def _object(library: Library, s: Session, names: dict[str, str]) -> dict[str, Any]:
    out = s._asdict()
    out["person_id"] = out.pop("person")
    return {
        "type": "session", "file": str(library.folder / out.pop("name")), "virtual": library.virtual,
        "person": names.get(s.person or ""), **out,
    }  # fmt: skip


def _line(s: Session, names: dict[str, str]) -> str:
    from sixten.recording.people import printable

    at = datetime.fromisoformat(s.started_utc).astimezone()
    who = names.get(s.person, f"({s.person[:8]})") if s.person else "-"
    if not s.finished:
        what = "no end: still running, or stopped by a crash"
    elif s.kind == "session":
        line = "no line" if s.ceiling_kpa is None else f"line {s.ceiling_kpa:.1f}"
        over = f", over {s.over_s:.0f} s" if s.over_s else ""
        what = f"window {s.window_s or 0:.0f} s, {line}, peak {s.peak_kpa or 0:.1f}{over}, {s.ended or 'not finished'}"
    elif s.kind == "calibration":
        what = f"calibration, {'no line' if s.ceiling_kpa is None else f'line {s.ceiling_kpa:.1f}'}, {s.ended or 'not finished'}"
    elif s.kind == "visit":
        what = f"visit, windows {s.window_s or 0:.0f} s, load {s.load_s or 0:.0f} s, {s.ended or 'not finished'}"
    else:
        what = printable(s.kind)
    remarks = f", {s.remarks} remark{'' if s.remarks == 1 else 's'}" if s.remarks else ""
    return f"{at:%Y-%m-%d %H:%M}  {who:<16} {s.side or '-':<5}  {what}{remarks}  {printable(s.name)}"
