"""`sixten replay`: a recorded session again, through the same pipeline."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from sixten.ball.messages import BallError
from sixten.cli.common import Json, Silent, Speed, app, choose_face, fail, run_face, show, speed_of
from sixten.language import tr
from sixten.recording.errors import RecordingError
from sixten.watch import Job, Watch
from sixten.words import ONLY_IN_REAL_TIME, SIDE_NAMED

if TYPE_CHECKING:
    from sixten.recording.replay import Recording


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(help="A recorded session.")],
    speed: Speed = "1",
    from_s: Annotated[float, typer.Option(help="Show from here on, in seconds; what was before is decided unseen.")] = 0.0,
    to_s: Annotated[float | None, typer.Option(help="Show up to here.")] = None,
    loop: Annotated[bool, typer.Option("--loop", help="Again and again.")] = False,
    skip_gaps: Annotated[bool, typer.Option("--skip-gaps", help="Do not wait where no samples came.")] = False,
    json: Json = False,
    verify: Annotated[bool, typer.Option("--verify", help="Prove that today's software decides the same; exit code 1 if not.")] = False,
    what_if_ceiling_kpa: Annotated[float | None, typer.Option(help="Decide with another line, and say what differs.")] = None,
    terminal: Annotated[bool, typer.Option("--terminal", help="In the terminal.")] = False,
    desktop: Annotated[bool, typer.Option("--desktop", help="In a window.")] = False,
    silent: Silent = False,
    sound_file: Annotated[Path | None, typer.Option(help="Write what was to be heard into this WAV file, and show nothing.")] = None,
) -> None:
    """Watch a recorded session again, through the same pipeline. Nothing is ever sent to a board."""
    from sixten.recording.replay import ReplaySource, read
    from sixten.recording.replay import verify as verify_recording

    times = speed_of(speed)
    if verify and what_if_ceiling_kpa is not None:
        fail("--verify and --what-if-ceiling-kpa exclude each other; give one of them.")
    try:
        recording = read(file)
        recording.run()
        _tell_damage(recording)
        if what_if_ceiling_kpa is not None:
            _what_if(recording, what_if_ceiling_kpa)
            raise typer.Exit(0)
        if verify:
            verdict = verify_recording(recording)
            print(verdict.words)
            raise typer.Exit(0 if verdict.same else 1)
    except (RecordingError, BallError) as error:
        fail(error)
    try:
        source = ReplaySource(recording, times, from_s, to_s, loop, skip_gaps)
    except ValueError as error:
        fail(error)

    def make() -> Job:
        return Job(source, source, recording.run(), None, "REPLAY", replay=source, goes_on=recording.visits)

    if sound_file is not None:
        source.speed = None
        _sound_into(sound_file, make)
    if recording.calibrates and not json:
        _calibration(make, recording, silent, times)
    if recording.visits and not json:
        _visit(make, silent, times)
    face = choose_face(terminal, desktop, json)
    if face == "window":
        from sixten.cli.window import run_replay

        run_replay(make, silent, times)
    else:
        show(make, face, silent, times)


def _what_if(recording: Recording, ceiling_kpa: float) -> None:
    from sixten.ball.messages import Samples
    from sixten.recording.replay import what_if
    from sixten.visit_words import say

    try:
        found = what_if(recording, ceiling_kpa)
    except ValueError as error:
        fail(error)
    first_us = next((e.t_us[0] for e in recording.events if isinstance(e, Samples)), 0)
    day = recording.plan.ceiling_kpa
    with_day = "without a line" if day is None else f"with the line of that day, {day:g}"
    new, gone = len(found.new), len(found.gone)
    print(f"With a line of {ceiling_kpa:g}, {new + gone} decisions differ: {new} new, {gone} gone.")
    for which, notices in ((f"with {ceiling_kpa:g}", found.new), (with_day, found.gone)):
        if notices:
            print(f"Only {which}:")
        for n in notices:
            print(f"  {(n.t_us - first_us) / 1e6:8.3f} s  {n.code:<14} {say(n.code, n.values)}")


def _sound_into(path: Path, make: Callable[[], Job]) -> NoReturn:
    """What was to be heard, in the session's own time, as fast as it can be made."""
    from sixten.session.run import pump
    from sixten.sound.file import SoundFile
    from sixten.sound.mixer import Mixer
    from sixten.sound.voice import phrases

    job = make()
    try:
        file = SoundFile(path, Mixer(phrases()))
        pump(job.source, None, job.run, lambda what: file(job, what))
        file.close()
    except BallError as error:
        fail(error)
    except FileExistsError:
        fail(f"{path} exists already; name another file for the sound.")
    except OSError as error:
        fail(f"{path} cannot be written ({error.strerror}).")
    print(f"REPLAY: {file.seconds:.1f} s of sound in {path}")
    raise typer.Exit(0)


def _calibration(make: Callable[[], Job], recording: Recording, silent: bool, times: float | None) -> NoReturn:
    """A calibration has a face of its own."""
    from sixten import calibration_terminal
    from sixten.calibration_report import report
    from sixten.session.calibrating import CalibrationRun
    from sixten.sound.device import Sound

    sound = Sound(silent, ONLY_IN_REAL_TIME if times != 1.0 else "")
    watch = Watch(make, sound)
    who = tr(SIDE_NAMED.get(recording.header.get("side", ""), ""))
    interrupted = run_face(watch, lambda: calibration_terminal.run(watch, who), sound)
    if watch.job is not None and isinstance(watch.job.run, CalibrationRun):
        run = watch.job.run
        if run.state.outcome is not None and run.readings.sensor is not None:
            print(report(run.state.plan, run.state.outcome, run.readings.sensor.unit))
    raise typer.Exit(130 if interrupted else 0)


def _visit(make: Callable[[], Job], silent: bool, times: float | None) -> NoReturn:
    """So has a visit."""
    from sixten import visit_terminal
    from sixten.sound.device import Sound
    from sixten.visit_words import AS_RECORDED

    sound = Sound(silent, ONLY_IN_REAL_TIME if times != 1.0 else "")
    watch = Watch(make, sound)
    interrupted = run_face(watch, lambda: visit_terminal.run(watch, tr(AS_RECORDED)), sound)
    raise typer.Exit(130 if interrupted else 0)


def _tell_damage(recording: Recording) -> None:
    if recording.damage:
        n = len(recording.damage)
        print(f"sixten: {n} damaged line{'s' if n > 1 else ''} left out ({recording.damage[0]}); the rest is shown.", file=sys.stderr)
    if recording.end is None:
        print("sixten: the recording has no end line: the program or the machine stopped during the session.", file=sys.stderr)
