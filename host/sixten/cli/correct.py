"""`sixten correct`: put right who or which side a recording was of, or remark on it. The recording stays as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sixten.cli.common import app, fail
from sixten.cli.people import find_person, people_of
from sixten.recording.errors import RecordingError


@app.command()
def correct(
    file: Annotated[Path, typer.Argument(help="A recorded session.")],
    person: Annotated[str | None, typer.Option(help="Whose session it was; somebody stored.")] = None,
    side: Annotated[str | None, typer.Option(help="left or right.")] = None,
    note: Annotated[str | None, typer.Option(help="A remark.")] = None,
) -> None:
    """Correct the person or side of a recording, or add a note, in a file beside it; without options, show what was corrected."""
    from sixten.recording import companion
    from sixten.recording.head import head
    from sixten.recording.reader import find

    try:
        header = head(find(file)).header
        if person is None and side is None and note is None:
            known = companion.corrections(file)
        else:
            whose = None if person is None else find_person(people_of(header.get("virtual") is True), person).id
            known = companion.correct(file, person_id=whose, side=side, remark=note)
    except (RecordingError, ValueError) as error:
        fail(error)
    if known == companion.Corrections():
        print("Nothing was corrected.")
    if known.person_id is not None:
        print(f"person: {known.person_id}, recorded as {header.get('person') or 'nobody'}")
    if known.side is not None:
        print(f"side: {known.side}, recorded as {header.get('side') or 'none'}")
    if known.calibration_detached:
        print("The line and the ratings of this recording no longer count for anybody.")
    for remark in known.remarks:
        print(f"note: {remark}")
    if known.damaged:
        print(f"{known.damaged} damaged line{'s' if known.damaged > 1 else ''} left out")
