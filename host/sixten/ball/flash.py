"""Put the firmware on a board, with avrdude, and make sure that it answers afterwards."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

from sixten.ball.messages import BallError, Connection, Hello
from sixten.ball.port import PortSource

# Uno and new Nano boot loaders listen at 115200, Nanos from before 2018 at 57600.
UPLOAD_BAUDS = (115_200, 57_600)
UPLOAD_TIMEOUT_S = 120.0  # a full 32 kB at 57600 takes about 20 s; a boot loader that hangs would take for ever


def built_hex() -> Path:
    """The firmware that this checkout builds. Raises BallError if it has not been built."""
    path = Path(__file__).resolve().parents[3] / "firmware" / "build" / "sixten.hex"
    if not path.exists():
        raise BallError("There is no built firmware; run `make firmware` first, or name a file with --hex.")
    return path


def greet(device: str) -> Hello:
    """What the board on ``device`` says about itself. Raises BallError if that is not a sixten ball."""
    source = PortSource(device)
    hello = None
    for event in source:
        if isinstance(event, Hello):
            hello = event
        if isinstance(event, Connection) and event.state == "live":
            source.close()
    assert hello is not None  # the source ends in BallError otherwise
    return hello


def flash(device: str, hex_file: Path, tell: Callable[[str], None], avrdude: str = "avrdude") -> Hello:
    """Write ``hex_file`` to the board on ``device`` and return its greeting.

    tell: called with each line of progress. Raises BallError if avrdude is missing or fails, the port is in use (a session holds it), or
    the board does not greet afterwards.
    """
    program = shutil.which(avrdude)
    if program is None:
        raise BallError("avrdude is not installed; run `sudo apt-get install avrdude`.")
    if not hex_file.is_file():
        raise BallError(f"There is no firmware file {hex_file}.")
    PortSource(device).probe()
    trouble = "no answer"
    for baud in UPLOAD_BAUDS:
        tell(f"writing {hex_file.name} to {device} at {baud} baud …")
        command = [program, "-c", "arduino", "-p", "atmega328p", "-P", device, "-b", str(baud), "-D", "-U", f"flash:w:{hex_file}:i"]
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        too_long = threading.Timer(UPLOAD_TIMEOUT_S, child.kill)
        too_long.start()
        assert child.stdout is not None
        with child.stdout as lines:
            for line in lines:
                if "|" in line and "%" in line:
                    tell("  " + line.strip())
                elif "error" in line and "OS error" not in line:  # OS errors are complaints about ports without modem lines
                    trouble = line.strip().removeprefix("avrdude error: ")
        too_long.cancel()
        if child.wait() == 0:
            tell("asking the board who it is …")
            return greet(device)
    raise BallError(f"{device} could not be flashed ({trouble}); check the cable, and that the board is an Uno or Nano.")
