"""`sixten` and `sixten live`: a session now."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from sixten.cli.common import BadInput, Json, Silent, Speed, app, fail, only_port, show, speed_of
from sixten.cli.whose import Whose, greeting
from sixten.watch import Job

if TYPE_CHECKING:
    from sixten.recording.people import Side


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
    sensor: Annotated[str | None, typer.Option(help="With --virtual: fsr, lps28dfw or ms5837 inside.")] = None,
    terminal: Annotated[bool, typer.Option("--terminal", help="In the terminal.")] = False,
    desktop: Annotated[bool, typer.Option("--desktop", help="In a window.")] = False,
    speed: Speed = "1",
    person: Annotated[str | None, typer.Option(help="Whose line of today; with --side.")] = None,
    side: Annotated[str | None, typer.Option(help="left or right; with --person.")] = None,
    ceiling_kpa: Annotated[float | None, typer.Option(help="Your line, in the ball's unit (5 to 95); never above --person's.")] = None,
    seconds: Annotated[float | None, typer.Option(help="End after this much device time.")] = None,
    silent: Silent = False,
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
    if sensor and not virtual:
        fail(f"--sensor {sensor} needs --virtual; a real ball says itself what it has inside.")
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
    if (person is None) != (side is None):
        fail("--person and --side belong together; give both.")
    if side not in (None, "left", "right"):
        fail(f"--side {side}: give left or right.")
    if virtual and ceiling_kpa is None and person is None:
        ceiling_kpa = VIRTUAL_CEILING_KPA
    whose = None if person is None else Whose(person, cast("Side", side), virtual)
    jobs: list[Job] = []

    def make() -> Job:
        if port is not None:
            from sixten.ball.port import PortSource

            source = PortSource(port)
            source.open()  # restarts the board, which then boots while scipy is imported
        from dataclasses import asdict

        from sixten.ball.virtual import VirtualSource
        from sixten.recording.balls import Balls, remembering
        from sixten.recording.closing import tidy
        from sixten.recording.file import Writer
        from sixten.recording.places import balls_folder, new_session_path
        from sixten.recording.replay import paced
        from sixten.session.rules import Plan
        from sixten.session.run import Run

        balls = Balls(balls_folder(virtual), keep=not no_record)
        try:
            events = remembering(source if port is not None else VirtualSource(scenario, None, sensor or "fsr"), balls)
            plan, no_line = Plan(ceiling_kpa), ""
            if whose is not None:
                ball_says, events = greeting(events)
                plan, no_line = whose.plan(ball_says, ceiling_kpa)
            ball = VirtualSource(scenario, plan.ceiling_kpa, sensor or "fsr")
        except ValueError as error:
            raise BadInput(error) from error
        if no_line and (json or not sys.stdout.isatty()):
            print(f"sixten: no ceiling, so no window: {no_line}", file=sys.stderr)
        path = None if no_record else out or new_session_path(virtual)
        if path is not None and out is None:
            tidy(path.parent)
        header = {"virtual": virtual, "plan": asdict(plan)} | ({} if whose is None else {"person": whose.person.id, "side": whose.side})
        recorder = Writer(path, header) if path else None
        job = Job(source, events, Run(plan), recorder, "", seconds, balls) if port is not None else None
        if job is None:
            events = remembering(ball, balls)
            if times is not None:
                events = paced(events, times, closed=lambda: ball.closed)
            job = Job(ball, events, Run(plan), recorder, "VIRTUAL", seconds, balls)
        job.side, job.no_line = side or "", no_line
        jobs.append(job)
        return job

    try:
        watch = show(make, terminal, desktop, json, silent, times)
    finally:
        if whose is not None and jobs and not no_record:
            whose.keep_lowered(jobs[0])
    if port is not None and watch.hello is not None:
        from sixten.ball.port import usb_key
        from sixten.recording.places import remember_ball

        remember_ball(usb_key(port))


VIRTUAL_CEILING_KPA = 40.0  # a middling line, so that the virtual ball has something to warn of when none is given
