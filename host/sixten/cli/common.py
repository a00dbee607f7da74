"""What the commands share: the way out for bad input, the choice of port, and the choice of face."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from sixten.ball.messages import BallError
from sixten.language import fill
from sixten.recording.errors import RecordingError
from sixten.watch import Job, Watch
from sixten.words import FAREWELL, FAREWELL_LOST, HOW_ENDED, NOT_MEDICAL, ONLY_IN_REAL_TIME, RECORDED_IN, RECORDED_IN_PART

if TYPE_CHECKING:
    from sixten.ball.port import PortSource
    from sixten.sound.device import Sound

app = typer.Typer(
    help=f"Stay at no more than 6 out of 10 on a soft trigger-point ball. {NOT_MEDICAL}",
    add_completion=False,
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Speed = Annotated[str, typer.Option(help="Times real time, or max (virtual ball and replay).")]
Silent = Annotated[bool, typer.Option("--silent", help="No sound and no bell.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]


class BadInput(ValueError):
    """What was asked for makes no sense; the text is one sentence for the person."""


def fail(text: object) -> NoReturn:
    """Bad input: one sentence, exit code 2, no traceback."""
    print(f"sixten: {text}", file=sys.stderr)
    raise typer.Exit(2)


def check_ball(port: str | None, virtual: bool, behind: str, sensor: str | None, out: Path | None, no_record: bool) -> None:
    """What no command takes together. behind: what was named behind --virtual, in words; empty if nothing was."""
    if virtual and port:
        fail("--port and --virtual exclude each other; give one of them.")
    if behind and not virtual:
        fail(f"{behind} needs --virtual before it.")
    if sensor and not virtual:
        fail(f"--sensor {sensor} needs --virtual; a real ball says itself what it has inside.")
    if out and no_record:
        fail("--out and --no-record exclude each other; give one of them.")


def check_side(side: str | None) -> None:
    """Which sides there are."""
    if side not in (None, "left", "right"):
        fail(f"--side {side}: give left or right.")


def check_simulated(seed: int | None, times: float | None, virtual: bool) -> None:
    """What is for a simulated person."""
    if seed is not None and not 0 <= seed < 1 << 32:
        fail(f"--seed {seed}: give a whole number from 0 to {(1 << 32) - 1}.")
    if times != 1.0 and not virtual:
        fail("--speed is for the virtual ball; a real ball has its own time.")


def only_port() -> str | None:
    """The port of a remembered ball, or of the only Arduino board; None if there is no candidate at all.

    Boards behind a generic chip are never opened unasked: opening restarts whatever hangs on it.
    """
    from sixten.ball.port import found_ports
    from sixten.recording.settings import load_settings

    known = set(load_settings().balls)
    found = found_ports()
    likely = [f for f in found if f.usb_key and f.usb_key in known] or [f for f in found if f.kind == "board"]
    if len(likely) > 1:
        fail(f"more than one board is plugged in ({', '.join(f.device for f in likely)}); choose with --port.")
    if likely:
        return likely[0].device
    for f in found:
        if f.kind == "chip":
            print(f"sixten: {f.device} may be a ball; choose it once with: sixten live --port {f.device}", file=sys.stderr)
    return None


def speed_of(text: str) -> float | None:
    """Times real time; None for max."""
    if text == "max":
        return None
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.01 <= value <= 1000:
        fail(f"--speed {text}: give a number from 0.01 to 1000, or max.")
    return value


def _no_display() -> str:
    """Why there can be no window here; empty if there can."""
    linux = sys.platform.startswith("linux")
    if linux and not any(os.environ.get(k) for k in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")):
        return "there is no display"
    # A display that does not answer, or a missing system library, makes Qt abort the whole process: let it abort another one first.
    try_qt = [sys.executable, "-c", "from PySide6.QtWidgets import QApplication; QApplication([])"]
    trial = subprocess.Popen(try_qt, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) if linux else None
    why_not = ""
    try:
        import PySide6.QtWidgets  # noqa: F401  (meanwhile, on the other core)
    except ImportError as error:
        why_not = f"the window's libraries are missing ({error})"
    if trial is not None and trial.wait() != 0:
        return why_not or "the display does not answer or a system library for it is missing"
    return why_not


def choose_face(terminal: bool, desktop: bool, json: bool) -> str:
    """``json``, ``terminal`` or ``window``: what was asked for, or what is there. A window that cannot be is bad input."""
    if json:
        return "json"
    why_not = "" if terminal else _no_display()
    if desktop and why_not:
        fail(f"no window: {why_not}; use --terminal.")
    if why_not:
        print(f"sixten: no window, {why_not}; this is the terminal.", file=sys.stderr)
    return "terminal" if terminal or why_not else "window"


def show(make: Callable[[], Job], face: str, silent: bool, times: float | None) -> Watch:
    """Run the job in the terminal or as JSON lines. Ends the program with the right exit code.

    times: real time; at another speed nothing is heard but the terminal's bell. JSON has no sound: whoever reads it makes their own.
    """
    sound = None
    if face == "json":
        from sixten.jsonlines import JsonLines

        printer = JsonLines()
        watch = Watch(make, printer)
    else:
        from sixten.sound.device import Sound

        sound = Sound(silent, ONLY_IN_REAL_TIME if times != 1.0 else "")
        watch = Watch(make, sound)

    def run() -> None:
        if face == "json":
            watch.start()
            while watch.running:
                watch.wait(0.2)
        else:
            from sixten.terminal import run

            run(watch)

    interrupted = run_face(watch, run, sound)
    if watch.job is not None:
        if watch.job.balls is not None and watch.job.balls.trouble:
            print(f"sixten: {watch.job.balls.trouble}.", file=sys.stderr)
        if face == "json":
            printer.summary(watch.job)
        else:
            print(*farewell(watch.job), sep="\n")
    if interrupted:
        raise typer.Exit(130)
    return watch


def run_face(watch: Watch, face: Callable[[], None], sound: Sound | None = None) -> bool:
    """Run ``face`` with ``sound`` and close both; whether it was interrupted. Tells what the ball, a file or the caller is to blame for."""
    # Ctrl-C and a polite kill both close and keep the session; said aloud, because a background shell starts us with SIGINT ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    interrupted = False
    if sound is not None:
        watch.sound = sound
        sound.start()
    try:
        face()
    except KeyboardInterrupt:
        interrupted = True
    by_itself = not watch.running
    watch.close()
    if sound is not None:
        try:
            sound.close(lost=watch.error is not None and watch.reading is not None, wait=by_itself)
        except KeyboardInterrupt:  # no patience for the last words
            interrupted = True
    if isinstance(watch.error, (BallError, RecordingError, BadInput)):
        fail(watch.error)
    if watch.error is not None:
        raise watch.error
    return interrupted


def farewell(job: Job) -> list[str]:
    """The session in two lines."""
    s = job.run.summary()
    label = f"{job.label}: " if job.label else ""
    ended = str(s["ended"] or "")
    how = fill(HOW_ENDED.get(ended, HOW_ENDED["other"]), {"reason": ended})
    said = label + fill(FAREWELL_LOST if s["lost"] else FAREWELL, {**s, "how": how})
    return [said, *recorded(job)] if job.run.samples else [said]


def recorded(job: Job) -> list[str]:
    """Where the recording is, if there is one."""
    if job.recorder is None:
        return []
    told = {"path": job.recorder.path, "reason": job.recorder.failure}
    return [fill(RECORDED_IN_PART if job.recorder.failure else RECORDED_IN, told)]


def tell_recorded(job: Job) -> None:
    """Say so."""
    for words in recorded(job):
        print(words)


SAVED_WITHIN_S = 3.0  # the board writes its EEPROM a byte at a time between samples; a full slot takes a fraction of this


def ask(source: PortSource, *words: str) -> None:
    """Ask for one thing to be kept, once the board has greeted, and wait until it is. Raises BallError if it is refused or not answered."""
    from sixten.ball.messages import Connection, DeviceEvent, Reply, Samples, Unanswered

    asked, done_us = -1, None
    for event in source:
        if isinstance(event, Connection) and event.state == "live":
            asked = source.ask(*words)
        elif isinstance(event, Connection) and event.state == "lost":
            source.close()
            raise BallError("The ball went away before it could keep that; plug it in again and retry.")
        elif isinstance(event, Unanswered):
            source.close()
            raise BallError(f"The board did not answer `{event.text}`; unplug it, plug it in again and retry.")
        elif isinstance(event, Reply) and event.command_id == asked:
            if not event.ok:
                source.close()
                raise BallError(f"The board refused `{','.join(words)}` ({event.text}); flash the firmware that came with this program.")
            done_us = 0
        elif isinstance(event, DeviceEvent) and event.code == "settings" and done_us is not None:
            source.close()
        elif isinstance(event, Samples) and done_us is not None:
            done_us = done_us or event.t_us[-1]
            if event.t_us[-1] - done_us > SAVED_WITHIN_S * 1e6:
                source.close()
                raise BallError("The board took that but did not say that it kept it; look with `sixten doctor`.")
