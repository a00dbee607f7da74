"""`sixten` and `sixten live`: a session now."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sixten.cli.common import BadInput, Json, Speed, app, fail, only_port, show, speed_of
from sixten.watch import Job


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
    times = speed_of(speed)
    if virtual and port:
        fail("--port and --virtual exclude each other; give one of them.")
    if scenario and not virtual:
        fail(f"a scenario ({scenario}) needs --virtual before it.")
    if sum((terminal, desktop, json)) > 1:
        fail("--terminal, --desktop and --json exclude each other; give one of them.")
    if out and no_record:
        fail("--out and --no-record exclude each other; give one of them.")
    if seconds is not None and not 0 < seconds <= 86_400:
        fail(f"--seconds {seconds:g}: give more than 0 and at most a day (86400).")
    if not virtual and port is None:
        port = only_port()
        virtual = port is None
    if times != 1.0 and not virtual:
        fail("--speed is for the virtual ball and for replays; a real ball has its own time.")
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

    watch = show(make, terminal, desktop, json)
    if port is not None and watch.hello is not None:
        from sixten.ball.port import usb_key
        from sixten.recording.places import remember_ball

        remember_ball(usb_key(port))


VIRTUAL_CEILING_KPA = 40.0  # a middling line, so that the virtual ball has something to warn of when none is given
