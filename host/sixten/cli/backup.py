"""`sixten backup` and `sixten restore`: everything measured on this computer, as one file, and back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sixten.cli.common import app, fail
from sixten.recording.errors import RecordingError

if TYPE_CHECKING:
    from sixten.recording.backup import Counts, Trees

TOLD = 20  # sentences; the rest is counted


@app.command()
def backup(out: Annotated[Path, typer.Argument(metavar="OUT.zip", help="A new file.")]) -> None:
    """Put people, balls and recordings into one new zip file. Virtual ones are left out."""
    from sixten.recording.backup import backup as make

    try:
        counts = make(out, _trees())
    except RecordingError as error:
        fail(error)
    _tell(counts)
    print(f"{out}: {_words(counts)}. It holds names and is not encrypted: keep it where nobody else can read it.")


@app.command()
def restore(archive: Annotated[Path, typer.Argument(metavar="IN.zip", help="A file made by sixten backup.")]) -> None:
    """Add what a backup holds and is not here. Nothing that is here is changed."""
    from sixten.recording.backup import restore as put_back

    try:
        counts = put_back(archive, _trees())
    except RecordingError as error:
        fail(error)
    _tell(counts)
    print(f"added {_words(counts)}; {counts.already} files were here already; {len(counts.told)} to look at.")


def _trees() -> Trees:
    from sixten.recording.backup import Trees
    from sixten.recording.places import balls_folder, people_folder, sessions_folder

    return Trees(sessions_folder(False), people_folder(False), balls_folder(False))


def _words(c: Counts) -> str:
    numbers = ((c.sessions, "recording"), (c.people, "people"), (c.calibrations, "calibration"), (c.balls, "ball"))
    return ", ".join(f"{n} {what if n == 1 or what == 'people' else what + 's'}" for n, what in numbers)


def _tell(counts: Counts) -> None:
    for words in counts.told[:TOLD]:
        print(f"sixten: {words}", file=sys.stderr)
    if len(counts.told) > TOLD:
        print(f"sixten: and {len(counts.told) - TOLD} more like these.", file=sys.stderr)
