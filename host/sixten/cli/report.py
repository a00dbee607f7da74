"""`sixten report`: a session, or a person over time, as one page."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from sixten.cli.common import app, fail
from sixten.cli.export import opened
from sixten.cli.people import find_person, people_of
from sixten.cli.sessions import library_of
from sixten.recording.errors import RecordingError


@app.command()
def report(
    file: Annotated[Path | None, typer.Argument(help="A recorded session or calibration.")] = None,
    person: Annotated[str | None, typer.Option(help="Instead: this person over time.")] = None,
    out: Annotated[Path | None, typer.Option(help="A new file; without it one in this folder.")] = None,
    virtual: Annotated[bool, typer.Option("--virtual", help="With --person: a simulated one.")] = False,
) -> None:
    """Write one HTML page that prints on one sheet: what was recorded, and how it compares with your ratings."""
    if (file is None) == (person is None):
        fail("give a recording or --person NAME, one of them.")
    try:
        name, page = _session(file) if file is not None else _person(str(person), virtual)
        path = out or Path(name)
        from sixten.recording.whole import new_file

        with new_file(path) as opened_file:
            opened_file.write(page.encode())
    except RecordingError as error:
        fail(error)
    print(f"wrote {path}")


def _session(file: Path) -> tuple[str, str]:
    from sixten.report.page import session_page

    recording, who, side, said = opened(file)
    return f"{file.name.partition('.ndjson')[0]}.html", session_page(recording, who, side, said)


def _person(name: str, virtual: bool) -> tuple[str, str]:
    """The file's name has the id, not the person's name: names hold anything."""
    from sixten.report.page import person_page

    people = people_of(virtual)
    person = find_person(people, name)
    library = library_of(virtual)
    library.refresh()
    calibrations = []
    for side in ("left", "right"):
        calibrations += people.calibrations(person, side)
        for words in people.damage:
            print(f"sixten: {words}", file=sys.stderr)
    page = person_page(person, virtual, library.find(person.id), calibrations)
    return f"sixten-{person.id}-{datetime.now():%Y-%m-%d}.html", page
