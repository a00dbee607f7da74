"""avrdude itself, against a boot loader that speaks STK500v1 on a pseudo-terminal and starts a ball when it is left."""

from __future__ import annotations

import os
import pty
import select
import shutil
import threading
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from sixten.ball import flash as flashing
from sixten.ball.flash import flash
from sixten.ball.messages import BallError
from sixten.ball.wire import frame

pytestmark = pytest.mark.skipif(shutil.which("avrdude") is None, reason="no avrdude: apt-get install avrdude")

GREETING = frame("H,1.0,0.1.0,uno,00c0ffee,3,external") + frame("I,sensor=fsr") + frame("I,end,1")


class BootLoader:
    """The few STK500v1 commands that avrdude needs (Atmel application note AVR061)."""

    FIXED = {0x30: 1, 0x41: 2, 0x42: 21, 0x45: 6, 0x50: 1, 0x51: 1, 0x55: 3, 0x56: 5, 0x74: 4, 0x75: 1}

    def __init__(self, deaf: bool = False) -> None:
        self.memory = bytearray(b"\xff" * 32768)
        self.deaf = deaf
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        self.path = os.ttyname(self.slave)
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.stop.set()
        self.thread.join()
        os.close(self.master)
        os.close(self.slave)

    def run(self) -> None:
        data, address, started = b"", 0, False
        while not self.stop.is_set():
            if select.select([self.master], [], [], 0.05)[0]:
                data += os.read(self.master, 1024)
            if started:
                os.write(self.master, GREETING)
                continue
            while data and not self.deaf:
                kind = data[0]
                size = 4 + int.from_bytes(data[1:3], "big") if kind == 0x64 and len(data) > 3 else self.FIXED.get(kind, 1)
                if len(data) <= size:  # each command ends with one more byte, 0x20
                    break
                body, data = data[:size], data[size + 1 :]
                answer = b""
                if kind == 0x41:
                    answer = b"\x04"
                elif kind == 0x56:
                    answer = b"\x00"
                elif kind == 0x75:
                    answer = b"\x1e\x95\x0f"  # ATmega328P
                elif kind == 0x55:
                    address = 2 * int.from_bytes(body[1:3], "little")
                elif kind == 0x64:
                    self.memory[address : address + len(body) - 4] = body[4:]
                elif kind == 0x74:
                    answer = bytes(self.memory[address : address + int.from_bytes(body[1:3], "big")])
                elif kind == 0x51:
                    started = True
                os.write(self.master, b"\x14" + answer + b"\x10")


@pytest.fixture
def boot_loader(request: pytest.FixtureRequest) -> Iterator[BootLoader]:
    boot_loader = BootLoader(deaf=getattr(request, "param", False))
    yield boot_loader
    boot_loader.close()


PROGRAM = bytes(range(200))


@pytest.fixture
def hex_file(tmp_path: Path) -> Path:
    path = tmp_path / "some.hex"
    rows = []
    for at in range(0, len(PROGRAM), 16):
        row = bytes([len(PROGRAM[at : at + 16]), at >> 8, at & 0xFF, 0, *PROGRAM[at : at + 16]])
        rows.append(f":{row.hex()}{-sum(row) & 0xFF:02x}\n".upper())
    path.write_text("".join(rows) + ":00000001FF\n")
    return path


def test_the_bytes_arrive_and_the_board_greets(boot_loader: BootLoader, hex_file: Path) -> None:
    told: list[str] = []
    hello = flash(boot_loader.path, hex_file, told.append)
    assert boot_loader.memory[: len(PROGRAM)] == PROGRAM
    assert hello.unique_id == "00c0ffee"
    assert told[0].endswith("at 115200 baud …")
    assert any("100%" in line for line in told)


@pytest.mark.parametrize("boot_loader", [True], indirect=True)
def test_a_silent_boot_loader_is_tried_at_both_speeds_and_given_up(
    boot_loader: BootLoader, hex_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flashing, "UPLOAD_TIMEOUT_S", 1.0)
    told: list[str] = []
    with pytest.raises(BallError, match="could not be flashed"):
        flash(boot_loader.path, hex_file, told.append)
    assert [line.split()[-3] for line in told if line.startswith("writing")] == ["115200", "57600"]


def test_a_session_on_the_port_is_not_cut_short(boot_loader: BootLoader, hex_file: Path) -> None:
    from sixten.ball.port import PortSource

    session = PortSource(boot_loader.path)
    session.open()
    with pytest.raises(BallError, match="in use by another program"):
        flash(boot_loader.path, hex_file, print)
    session._port.close()  # type: ignore[union-attr]


def test_what_is_missing_is_said(boot_loader: BootLoader, tmp_path: Path, hex_file: Path) -> None:
    with pytest.raises(BallError, match="no firmware file"):
        flash(boot_loader.path, tmp_path / "nope.hex", print)
    with pytest.raises(BallError, match="apt-get install avrdude"):
        flash(boot_loader.path, hex_file, print, avrdude="no-such-program")
