"""Builds the C core, the firmware and the simulated board once, and runs the real firmware in virtual time."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FIRMWARE = ROOT / "firmware"
HEX = FIRMWARE / "build" / "sixten.hex"
BALLSIM = ROOT / "build" / "ballsim-core"
PACKAGES = "apt-get install --no-install-recommends gcc-avr avr-libc arduino-core-avr libsimavr-dev libelf-dev"


def make(folder: Path) -> Callable[..., None]:
    def run(*targets: str) -> None:
        done = subprocess.run(["make", "-s", "-C", str(folder), *targets], capture_output=True, text=True)
        assert done.returncode == 0, f"make -C {folder.name} {' '.join(targets)}\n{done.stdout}{done.stderr}"

    return run


@pytest.fixture(scope="session")
def core() -> ctypes.CDLL:
    """The portable C, compiled for this computer; undefined behaviour traps."""
    make(FIRMWARE)("host")
    return ctypes.CDLL(str(FIRMWARE / "build" / "libsixten.so"))


@pytest.fixture(scope="session")
def firmware_hex() -> Path:
    if shutil.which("avr-gcc") is None:
        pytest.skip(f"no avr-gcc: {PACKAGES}")
    make(FIRMWARE)()
    return HEX


@pytest.fixture(scope="session")
def ballsim() -> Path:
    if not Path("/usr/include/simavr/sim_avr.h").exists():
        pytest.skip(f"no simavr: {PACKAGES}")
    make(ROOT / "tests" / "ballsim")()
    return BALLSIM


@dataclass(frozen=True)
class Line:
    """One line as a reader at the far end of the cable gets it: when its last bit came in, and its bytes without CR LF."""

    us: int
    text: bytes

    @property
    def kind(self) -> str:
        return self.text[:1].decode()

    @property
    def fields(self) -> list[str]:
        """The fields after the kind, CRC cut off."""
        return self.text.rpartition(b"*")[0].decode().split(",")[1:]


def lines_of(log: str) -> list[Line]:
    """Transmit log (`microseconds value` a byte) to lines; a line that is not ended by CR LF is left out."""
    lines: list[Line] = []
    pending = bytearray()
    for entry in log.splitlines():
        us, value = entry.split()
        pending.append(int(value))
        if pending.endswith(b"\r\n"):
            lines.append(Line(int(us), bytes(pending[:-2])))
            pending.clear()
    return lines


class Sim:
    """Runs the firmware for some seconds of virtual time; `log`, `pins` and `idle` keep the other logs of the
    latest run."""

    def __init__(self, ballsim: Path, firmware_hex: Path, folder: Path) -> None:
        self.ballsim, self.firmware_hex, self.folder = ballsim, firmware_hex, folder
        self.log = ""
        self.idle = 0.0
        self.pins: list[tuple[int, str, bool]] = []

    def write_table(self, rows: Iterable[tuple[float, ...]]) -> Path:
        """Rows of (t_s, millivolts) or (t_s, millivolts, pascals, celsius)."""
        table = self.folder / "table.csv"
        whole = ((*row, 101_325, 20)[:4] if len(row) == 2 else row for row in rows)
        table.write_text("t_s,a0_mv,pressure_pa,temp_c\n" + "".join(",".join(map(str, row)) + "\n" for row in whole))
        return table

    def __call__(
        self,
        seconds: float,
        a0: Iterable[tuple[float, ...]] = ((0, 1000),),
        send: Iterable[tuple[float, str]] = (),
        eeprom: Path | None = None,
        sensor: str = "fsr",
        events: Iterable[tuple[float, str]] = (),
        noise_pa: float = 0,
    ) -> list[Line]:
        """a0: see write_table. send: (t_s, line) rows; a missing CRC is added. events: (t_s, event) rows, see ballsim.c."""
        log, orders, happenings = self.folder / "tx.log", self.folder / "send.csv", self.folder / "events.csv"
        pins, idle = self.folder / "pins.log", self.folder / "idle.log"
        happenings.write_text("t_s,event\n" + "".join(f"{t_s},{event}\n" for t_s, event in events))
        orders.write_text("t_s,line\n" + "".join(f"{t_s},{line}\n" for t_s, line in send))
        command = [str(self.ballsim), "--hex", str(self.firmware_hex), "--table", str(self.write_table(a0)), "--fast"]
        command += ["--seconds", str(seconds), "--tx-log", str(log), "--send", str(orders)]
        command += ["--sensor", sensor, "--events", str(happenings), "--noise", str(noise_pa), "--pin-log", str(pins)]
        command += ["--idle-log", str(idle)]
        if eeprom is not None:
            command += ["--eeprom", str(eeprom)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        self.log = log.read_text()
        self.idle = float(idle.read_text())
        self.pins = [(int(us), pin, value == "1") for us, pin, value in map(str.split, pins.read_text().splitlines())]
        return lines_of(self.log)


@pytest.fixture
def sim(ballsim: Path, firmware_hex: Path, tmp_path: Path) -> Sim:
    return Sim(ballsim, firmware_hex, tmp_path)
