"""`sixten export`: a recording as tables for other programs."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sixten.cli.common import app, fail
from sixten.cli.people import people_of
from sixten.recording.errors import RecordingError

if TYPE_CHECKING:
    from sixten.recording.companion import Corrections
    from sixten.recording.replay import Recording


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="A recorded session.")],
    to: Annotated[str, typer.Option(help="csv or parquet: every sample, and a second file of events; ratings: RATINGS.csv.")],
    from_s: Annotated[float | None, typer.Option(help="From this second on, counted from the first sample.")] = None,
    to_s: Annotated[float | None, typer.Option(help="Up to this second.")] = None,
    anonymous: Annotated[bool, typer.Option("--anonymous", help="Without names, ids, remarks and dates, in the file's name too.")] = False,
    out: Annotated[Path | None, typer.Option(help="A new file; without it one in this folder, named like the recording.")] = None,
) -> None:
    """Write a recording as CSV, Parquet or a table of ratings. Nothing is overwritten."""
    from sixten.recording.export import EVER, FORMATS, INSTALL, Wish, parquet_is_there
    from sixten.recording.export import export as write

    if to not in FORMATS:
        fail(f"--to {to}: give {', '.join(FORMATS[:-1])} or {FORMATS[-1]}.")
    begin, end = EVER[0] if from_s is None else from_s, EVER[1] if to_s is None else to_s
    if not begin < end:
        fail(f"--from-s {begin:g} --to-s {end:g}: the first must be less than the second.")
    if to == "ratings" and (from_s is not None or to_s is not None):
        fail("--from-s and --to-s are for samples; ratings go with all of the session.")
    if to == "parquet" and not parquet_is_there():
        fail(f"{INSTALL}.")
    recording, who, side, said = opened(file)
    wish = Wish(to, begin, end, anonymous, who, side, said.remarks)
    ending = ".parquet" if to == "parquet" else ".csv"
    stem = f"sixten-{secrets.token_hex(4)}" if anonymous else file.name.partition(".ndjson")[0]
    label = "-VIRTUAL" if recording.header.get("virtual") is not False else ""
    default = Path(f"{stem}{label}{'-ratings' if to == 'ratings' else ''}{ending}")
    try:
        for path in write(recording, out or default, wish):
            print(f"wrote {path}")
    except RecordingError as error:
        fail(error)


def opened(file: Path) -> tuple[Recording, str, str, Corrections]:
    """The recording, whose it is (empty where nobody knows), the side, and what was said of it since; the end of the program if it
    cannot be read."""
    from sixten.recording.companion import corrections
    from sixten.recording.replay import read

    try:
        recording = read(file)
        said = corrections(file)
        people = people_of(recording.header.get("virtual") is not False)
        names = {p.id: p.shown for p in people.everybody()}
    except RecordingError as error:
        fail(error)
    if recording.damage:
        print(f"sixten: {len(recording.damage)} damaged lines left out ({recording.damage[0]}).", file=sys.stderr)
    person, side = said.person_id or recording.header.get("person"), said.side or recording.header.get("side")
    return recording, names.get(str(person), str(person or "")), str(side or ""), said
