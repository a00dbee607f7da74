"""`sixten replay`: a recorded session again, through the same pipeline."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sixten.cli.common import Json, Speed, app, fail, show, speed_of
from sixten.recording.errors import RecordingError
from sixten.watch import Job

if TYPE_CHECKING:
    from sixten.recording.replay import Recording


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(help="A recorded session.")],
    speed: Speed = "1",
    json: Json = False,
    verify: Annotated[bool, typer.Option("--verify", help="Prove that today's software decides the same; exit code 1 if not.")] = False,
    terminal: Annotated[bool, typer.Option("--terminal", help="In the terminal.")] = False,
    desktop: Annotated[bool, typer.Option("--desktop", help="In a window.")] = False,
) -> None:
    """Watch a recorded session again, through the same pipeline."""
    from sixten.recording.replay import ReplaySource, paced, read
    from sixten.recording.replay import verify as verify_recording
    from sixten.session.run import Run

    times = speed_of(speed)
    try:
        recording = read(file)
        plan = recording.plan
    except RecordingError as error:
        fail(error)
    _tell_damage(recording)
    if verify:
        verdict = verify_recording(recording)
        print(verdict.words)
        raise typer.Exit(0 if verdict.same else 1)

    def make() -> Job:
        source = ReplaySource(recording)
        return Job(source, source if times is None else paced(source, times, closed=lambda: source.closed), Run(plan), None, "REPLAY")

    show(make, terminal, desktop, json)


def _tell_damage(recording: Recording) -> None:
    if recording.damage:
        n = len(recording.damage)
        print(f"sixten: {n} damaged line{'s' if n > 1 else ''} left out ({recording.damage[0]}); the rest is shown.", file=sys.stderr)
    if recording.end is None:
        print("sixten: the recording has no end line: the program or the machine stopped during the session.", file=sys.stderr)
