"""`sixten` and `sixten live`: a session now."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from sixten.cli.common import (
    Json,
    Silent,
    Speed,
    app,
    check_ball,
    check_side,
    check_simulated,
    choose_face,
    fail,
    only_port,
    show,
    speed_of,
)
from sixten.cli.opening import Opening
from sixten.cli.people import find_person, people_of
from sixten.cli.whose import Whose

if TYPE_CHECKING:
    from sixten.recording.people import Side


@app.callback(invoke_without_command=True)
def default(context: typer.Context) -> None:
    """Without a command: the window; without a display a session on the remembered or only ball, or on the virtual one."""
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
    check_ball(port, virtual, f"a scenario ({scenario})" if scenario else "", sensor, out, no_record)
    if sum((terminal, desktop, json)) > 1:
        fail("--terminal, --desktop and --json exclude each other; give one of them.")
    if seconds is not None and not 0 < seconds <= 86_400:
        fail(f"--seconds {seconds:g}: give more than 0 and at most a day (86400).")
    face = choose_face(terminal, desktop, json)
    if not virtual and port is None and face != "window":  # there it is looked for, and asked for
        port = only_port()
        virtual = port is None
    check_simulated(None, times, virtual)
    if (person is None) != (side is None):
        fail("--person and --side belong together; give both.")
    check_side(side)
    whose = None
    if person is not None:
        people = people_of(virtual)
        whose = Whose(people, find_person(people, person), cast("Side", side))
    opening = Opening(
        port, scenario, sensor, times, whose, side or "", ceiling_kpa, seconds, out, not no_record,
        tells=json or face == "terminal" and not sys.stdout.isatty(),
    )  # fmt: skip
    if face == "window":
        from sixten.cli.window import run_live

        run_live(opening, virtual or port is not None, silent)
        return
    try:
        watch = show(opening.make, face, silent, times)
    finally:
        if opening.job is not None and (trouble := opening.keep_lowered(opening.job)):
            print(f"sixten: {trouble}", file=sys.stderr)
    opening.remember(watch)
