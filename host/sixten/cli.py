"""Every command. The only place that chooses source, recorder and face."""

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
from sixten.recording.errors import RecordingError
from sixten.watch import Job, Watch
from sixten.words import NOT_MEDICAL

if TYPE_CHECKING:
    from sixten.ball.port import PortSource
    from sixten.recording.replay import Recording


class BadInput(Exception):
    """What was asked for makes no sense; the text is one sentence for the person."""


app = typer.Typer(
    help=f"Stay at no more than 6 out of 10 on a soft trigger-point ball. {NOT_MEDICAL}",
    add_completion=False,
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Speed = Annotated[str, typer.Option(help="Times real time, or max (virtual ball and replay).")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]


def main() -> None:
    """The program."""
    argv = [part for a in sys.argv[1:] for part in (a.split("=", 1) if a.startswith("--virtual=") else [a])]
    try:
        app(args=argv)
    except BrokenPipeError:  # somebody closed the pipe we print into
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(text: object) -> NoReturn:
    """Bad input: one sentence, exit code 2, no traceback."""
    print(f"sixten: {text}", file=sys.stderr)
    raise typer.Exit(2)


@app.callback(invoke_without_command=True)
def default(context: typer.Context) -> None:
    """Without a command: a session on the remembered or only ball, or on the virtual one."""
    if context.invoked_subcommand is None:
        live()


@app.command()
def live(
    port: Annotated[str | None, typer.Option(help="The ball's serial port.")] = None,
    virtual: Annotated[bool, typer.Option("--virtual", help="A ball made of software; name a scenario behind it, or none.")] = False,
    scenario: Annotated[str | None, typer.Argument(help="With --virtual: steady, overshoot, restless, falls-off, …")] = None,
    terminal: Annotated[bool, typer.Option("--terminal", help="In the terminal.")] = False,
    desktop: Annotated[bool, typer.Option("--desktop", help="In a window.")] = False,
    speed: Speed = "1",
    ceiling_kpa: Annotated[float | None, typer.Option(help="Your line, in the ball's unit (5 to 95).")] = None,
    seconds: Annotated[float | None, typer.Option(help="End after this much device time.")] = None,
    json: Json = False,
    out: Annotated[Path | None, typer.Option(help="Record into this file.")] = None,
    no_record: Annotated[bool, typer.Option("--no-record", help="Keep nothing.")] = False,
) -> None:
    """Watch the ball now: gauge, window, warnings; recorded unless --no-record."""
    times = _speed(speed)
    if virtual and port:
        _fail("--port and --virtual exclude each other; give one of them.")
    if scenario and not virtual:
        _fail(f"a scenario ({scenario}) needs --virtual before it.")
    if sum((terminal, desktop, json)) > 1:
        _fail("--terminal, --desktop and --json exclude each other; give one of them.")
    if out and no_record:
        _fail("--out and --no-record exclude each other; give one of them.")
    if seconds is not None and not 0 < seconds <= 86_400:
        _fail(f"--seconds {seconds:g}: give more than 0 and at most a day (86400).")
    if not virtual and port is None:
        port = _only_port()
        virtual = port is None
    if times != 1.0 and not virtual:
        _fail("--speed is for the virtual ball and for replays; a real ball has its own time.")
    if virtual and ceiling_kpa is None:
        ceiling_kpa = VIRTUAL_CEILING_KPA

    def make() -> Job:
        if port is not None:
            from sixten.ball.port import PortSource

            source = PortSource(port)
            source.open()  # restarts the board, which then boots while scipy is imported
        from dataclasses import asdict

        from sixten.ball.virtual import VirtualSource
        from sixten.recording.file import Writer
        from sixten.recording.places import new_session_path
        from sixten.recording.replay import paced
        from sixten.session.rules import Plan
        from sixten.session.run import Run

        try:
            plan = Plan(ceiling_kpa)
            ball = VirtualSource(scenario, ceiling_kpa)
        except ValueError as error:
            raise BadInput(error) from error
        path = None if no_record else out or new_session_path(virtual)
        header = {"virtual": virtual, "plan": asdict(plan)}
        if port is not None:
            return Job(source, source, Run(plan), Writer(path, header) if path else None, "", seconds)
        events = ball if times is None else paced(ball, times, closed=lambda: ball.closed)
        return Job(ball, events, Run(plan), Writer(path, header) if path else None, "VIRTUAL", seconds)

    watch = _show(make, terminal, desktop, json)
    if port is not None and watch.hello is not None:
        from sixten.ball.port import usb_key
        from sixten.recording.places import remember_ball

        remember_ball(usb_key(port))


VIRTUAL_CEILING_KPA = 40.0  # a middling line, so that the virtual ball has something to warn of when none is given


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

    times = _speed(speed)
    try:
        recording = read(file)
        plan = recording.plan
    except RecordingError as error:
        _fail(error)
    _tell_damage(recording)
    if verify:
        verdict = verify_recording(recording)
        print(verdict.words)
        raise typer.Exit(0 if verdict.same else 1)

    def make() -> Job:
        source = ReplaySource(recording)
        return Job(source, source if times is None else paced(source, times, closed=lambda: source.closed), Run(plan), None, "REPLAY")

    _show(make, terminal, desktop, json)


def _tell_damage(recording: Recording) -> None:
    if recording.damage:
        n = len(recording.damage)
        print(f"sixten: {n} damaged line{'s' if n > 1 else ''} left out ({recording.damage[0]}); the rest is shown.", file=sys.stderr)
    if recording.end is None:
        print("sixten: the recording has no end line: the program or the machine stopped during the session.", file=sys.stderr)


@app.command()
def ports() -> None:
    """List serial ports, and which of them may be a ball."""
    from sixten.ball.port import found_ports
    from sixten.recording.places import load_settings

    known = set(load_settings().balls)
    found = found_ports()
    if not found:
        print("No serial ports. Plug the ball in, with a cable that carries data; or try: sixten live --virtual")
    for f in found:
        kind = {"board": "an Arduino board", "chip": "a USB-serial chip: could be a ball, could be anything", "other": "not USB"}[f.kind]
        if f.usb_key in known:
            kind = "a ball (remembered)"
        print(f"{f.device:<16} {kind:<52} {f.description}")


def _only_port() -> str | None:
    """The port of a remembered ball, or of the only Arduino board; None if there is no candidate at all.

    Boards behind a generic chip are never opened unasked: opening restarts whatever hangs on it.
    """
    from sixten.ball.port import found_ports
    from sixten.recording.places import load_settings

    known = set(load_settings().balls)
    found = found_ports()
    likely = [f for f in found if f.usb_key and f.usb_key in known] or [f for f in found if f.kind == "board"]
    if len(likely) > 1:
        _fail(f"more than one board is plugged in ({', '.join(f.device for f in likely)}); choose with --port.")
    if likely:
        return likely[0].device
    for f in found:
        if f.kind == "chip":
            print(f"sixten: {f.device} may be a ball; choose it once with: sixten live --port {f.device}", file=sys.stderr)
    return None


def _speed(text: str) -> float | None:
    """Times real time; None for max."""
    if text == "max":
        return None
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.01 <= value <= 1000:
        _fail(f"--speed {text}: give a number from 0.01 to 1000, or max.")
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


def _show(make: Callable[[], Job], terminal: bool, desktop: bool, json: bool) -> Watch:
    """Run the job in the face that was asked for, or that is there. Ends the program with the right exit code."""
    # Ctrl-C and a polite kill both close and keep the session; said aloud, because a background shell starts us with SIGINT ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    why_not = "" if terminal or json else _no_display()
    if desktop and why_not:
        _fail(f"no window: {why_not}; use --terminal.")
    if why_not:
        print(f"sixten: no window, {why_not}; this is the terminal.", file=sys.stderr)
    interrupted = False
    if json:
        from sixten.jsonlines import JsonLines

        printer = JsonLines()
        watch = Watch(make, printer)
    else:
        watch = Watch(make)
    try:
        if json:
            watch.start()
            while watch.running:
                watch.wait(0.2)
        elif terminal or why_not:
            from sixten import terminal as face

            face.run(watch)
        else:
            from sixten.desktop.app import run_window

            run_window(watch)
    except KeyboardInterrupt:
        interrupted = True
    watch.close()
    if isinstance(watch.error, (BallError, RecordingError, BadInput)):
        _fail(watch.error)
    if watch.error is not None:
        raise watch.error
    if watch.job is not None:
        if json:
            printer.summary(watch.job)
        else:
            _farewell(watch.job)
    if interrupted:
        raise typer.Exit(130)
    return watch


def _farewell(job: Job) -> None:
    """The session in two lines."""
    s = job.run.summary()
    label = f"{job.label}: " if job.label else ""
    how = {"done": "done", None: "not finished"}.get(s["ended"], f"ended ({s['ended']})")  # type: ignore[arg-type]
    lost = f", {s['lost']} samples lost" if s["lost"] else ""
    print(f"{label}window {s['window_s']:.1f} s, {how}; peak {s['peak_kpa']:.1f}, {s['samples']} samples{lost}.")
    if job.recorder is not None and job.run.samples:
        trouble = f" (incomplete: {job.recorder.failure})" if job.recorder.failure else ""
        print(f"recorded in {job.recorder.path}{trouble}")


@app.command()
def flash(
    port: Annotated[str | None, typer.Option(help="The board's serial port; without it, a board that says it is a ball.")] = None,
    hex: Annotated[Path | None, typer.Option(help="Another firmware file than the one built here.")] = None,
) -> None:
    """Put the firmware on an Uno or Nano, and check that it answers."""
    from sixten.ball.flash import built_hex, greet
    from sixten.ball.flash import flash as write

    try:
        if port is None:
            port = _only_port()
            if port is None:
                _fail("no board found; name its port with --port (see `sixten ports`).")
            greet(port)  # only a board that says hello is overwritten unasked
        hello = write(port, hex or built_hex(), lambda line: print(line, flush=True))
    except BallError as error:
        _fail(error)
    print(f"Done: firmware {hello.firmware} answers on {port} ({hello.board} {hello.unique_id}).")


@app.command()
def doctor(
    port: Annotated[str | None, typer.Option(help="The ball's serial port.")] = None,
    seconds: Annotated[float, typer.Option(help="How long to listen.")] = 5.0,
    accept_sensor: Annotated[
        bool, typer.Option("--accept-sensor", help="The sensor was changed on purpose: this is the same ball.")
    ] = False,
    json: Json = False,
) -> None:
    """Look at everything between you and the pressure in the ball; leave the ball empty and untouched meanwhile."""
    from sixten.ball.port import PortSource, found_ports, usb_key
    from sixten.doctor import BAD, OK, Verdict, judge, latency_verdict, observe, permission_verdict

    if not 1 <= seconds <= 600:
        _fail(f"--seconds {seconds:g}: give 1 to 600.")
    names = ", ".join(f.device for f in found_ports()) or "none"
    port = port or _only_port()
    verdicts = [
        Verdict("ports", OK if port else BAD, f"Ports found: {names}.", "" if port else "plug the ball in, or name its port with --port")
    ]
    if port is not None:
        source = PortSource(port)
        try:
            source.open()
            if accept_sensor:
                _ask(source, "keep", "sensor")
                source = PortSource(port)
            verdicts += [Verdict("port", OK, f"{port} opens."), *judge(observe(source, seconds)), *latency_verdict(port)]
        except BallError as error:
            verdicts.append(permission_verdict(port, usb_key(port), str(error)))
        finally:
            source.close()
    for v in verdicts:
        if json:
            import msgspec

            print(msgspec.json.encode({"type": "verdict", "about": v.about, "state": v.state, "words": v.words, "do": v.do}).decode())
        else:
            print(f"{v.state:<5} {v.about:<12} {v.words}{f'  → {v.do}' if v.do else ''}")
    if any(v.state == BAD for v in verdicts):
        raise typer.Exit(1)


@app.command()
def name(
    new_name: Annotated[str, typer.Argument(metavar="NAME", help="Up to 16 letters or digits, kept in the board.")],
    port: Annotated[str | None, typer.Option(help="The ball's serial port.")] = None,
) -> None:
    """Give the ball a name, so that two of them can be told apart."""
    from sixten.ball.port import PortSource

    if not (new_name.isascii() and new_name.replace("-", "").replace("_", "").isalnum() and len(new_name) <= 16):
        _fail(f"{new_name!r} is no name for a ball; use up to 16 letters, digits, - and _.")
    port = port or _only_port()
    if port is None:
        _fail("no ball found; name its port with --port (see `sixten ports`).")
    try:
        _ask(PortSource(port), "name", new_name)
    except BallError as error:
        _fail(error)
    print(f"The ball on {port} is now called {new_name}.")


SAVED_WITHIN_S = 3.0  # the board writes its EEPROM a byte at a time between samples; a full slot takes a fraction of this


def _ask(source: PortSource, *words: str) -> None:
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
