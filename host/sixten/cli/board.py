"""Commands about the board itself: ports, flash, doctor, name."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sixten.ball.messages import BallError
from sixten.cli.common import Json, app, ask, fail, only_port


@app.command()
def ports() -> None:
    """List serial ports, and which of them may be a ball."""
    from sixten.ball.port import found_ports
    from sixten.recording.settings import load_settings

    known = set(load_settings().balls)
    found = found_ports()
    if not found:
        print("No serial ports. Plug the ball in, with a cable that carries data; or try: sixten live --virtual")
    for f in found:
        kind = {"board": "an Arduino board", "chip": "a USB-serial chip: could be a ball, could be anything", "other": "not USB"}[f.kind]
        if f.usb_key in known:
            kind = "a ball (remembered)"
        print(f"{f.device:<16} {kind:<52} {f.description}")


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
            port = only_port()
            if port is None:
                fail("no board found; name its port with --port (see `sixten ports`).")
            greet(port)  # only a board that says hello is overwritten unasked
        hello = write(port, hex or built_hex(), lambda line: print(line, flush=True))
    except BallError as error:
        fail(error)
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
        fail(f"--seconds {seconds:g}: give 1 to 600.")
    names = ", ".join(f.device for f in found_ports()) or "none"
    port = port or only_port()
    verdicts = [
        Verdict("ports", OK if port else BAD, f"Ports found: {names}.", "" if port else "plug the ball in, or name its port with --port")
    ]
    if port is not None:
        source = PortSource(port)
        try:
            source.open()
            if accept_sensor:
                ask(source, "keep", "sensor")
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
        fail(f"{new_name!r} is no name for a ball; use up to 16 letters, digits, - and _.")
    port = port or only_port()
    if port is None:
        fail("no ball found; name its port with --port (see `sixten ports`).")
    try:
        ask(PortSource(port), "name", new_name)
    except BallError as error:
        fail(error)
    print(f"The ball on {port} is now called {new_name}.")
