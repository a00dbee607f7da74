"""The serial port: find it, open it, greet what is there, read it, open it again when it comes back. The only importer of serial."""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass

import serial
from serial.tools import list_ports

from sixten.ball.commands import Commands, asked
from sixten.ball.link import Link
from sixten.ball.messages import BallError, Connection, Damaged, Event, Hello, Info, Reply, Samples
from sixten.ball.wire import BAUD, PROTOCOL_MAJOR, command

BOARD_VENDORS = {0x2341, 0x2A03}  # USB vendor ids of Arduino boards
# USB-serial chips that sit in boards, but in many other things too: opened only after the person chose them, because opening
# restarts what hangs on them.
GENERIC_CHIPS = {0x1A86: "CH340", 0x0403: "FTDI", 0x10C4: "CP210x"}
GREET_S = 4.0  # an Uno's boot loader takes up to 2 s; twice that without a hello means: not a ball
ASK_EVERY_S = 0.3
REOPEN_EVERY_S = 1.0
# Reading each line as it comes wakes the program 300 times a second. Five at a time keep it under 6 % of a core (make
# bench-live) and delay a warning by 8 ms on average; the board's own guard does not wait for this.
GATHER_S = 0.0165
# A line goes into the system's buffer at once. A port that does not take it is lost; waiting longer would look like a reader that has died.
WRITE_S = 0.2
# What is still to be said to the board when the session is closed (its person's limit is taken back) gets this long: an answer takes
# 0.1 s, and one line may be lost.
PARTING_S = 0.6


@dataclass(frozen=True, slots=True)
class Found:
    """A serial port. ``kind``: ``board`` (an Arduino), ``chip`` (could be anything behind a USB-serial chip) or ``other``."""

    device: str
    kind: str
    description: str
    usb_key: str  # vendor:product:serial number, the same after a replug; empty for ports that are not USB


def found_ports() -> list[Found]:
    """All serial ports of this machine, likeliest first."""
    found = []
    for p in list_ports.comports():
        kind = "other"
        if p.vid in BOARD_VENDORS:
            kind = "board"
        elif p.vid in GENERIC_CHIPS:
            kind = "chip"
        key = f"{p.vid:04x}:{p.pid:04x}:{p.serial_number or ''}" if p.vid is not None else ""
        found.append(Found(p.device, kind, p.description or "", key))
    return sorted(found, key=lambda f: (("board", "chip", "other").index(f.kind), f.device))


def usb_key(device: str) -> str:
    """The USB identity behind ``device``, or an empty string."""
    return next((f.usb_key for f in found_ports() if f.device == device), "")


class Greeting:
    """Whether the board's last hello was followed by its whole info list, and what to ask for if not.

    A hello by itself can come at any time: the answer to one that was asked for just before the board's own arrived, or a restart whose
    list was damaged. What was known of the board ends with it, so its list must follow.
    """

    def __init__(self, now_s: float) -> None:
        self.hello: Hello | None = None
        self.complete = False
        self._pairs = 0
        self._asked_s = now_s

    def feed(self, event: Event, now_s: float) -> None:
        """Take notice of ``event``."""
        if isinstance(event, Hello):
            self.hello, self.complete, self._pairs, self._asked_s = event, False, 0, now_s
        elif isinstance(event, Info):
            self.complete = self.hello is not None and event.key == "end" and event.value == str(self._pairs)
            self._pairs = 0 if event.key == "end" else self._pairs + 1

    def due(self, now_s: float) -> bytes:
        """What to write now, for what does not come by itself; empty if nothing is missing or it may still come."""
        if self.complete or now_s - self._asked_s <= ASK_EVERY_S:
            return b""
        self._asked_s = now_s
        return command(0, "info" if self.hello else "hello")  # id 0, so that its answer is nobody else's


class PortSource:
    """Iterate it for the events of the ball on ``device``. Lost cables are waited for; only a bad start raises ``BallError``."""

    virtual = False

    def __init__(self, device: str) -> None:
        self.device = device
        self._usb_key = usb_key(device)
        self._link = Link()
        self._closed = False
        self._commands = Commands()
        self._lock = threading.Lock()
        self._port: serial.Serial | None = None
        self._greeting = Greeting(0.0)

    def mark(self, kind: str, value: int | None = None) -> None:
        """What the person did just now."""
        self._link.mark(kind, value, time.monotonic())

    def ask(self, name: str, *args: object) -> int:
        """Ask the board; safe to call from any thread. The ``Reply`` with the returned id, or ``Unanswered``, comes as an event.

        Raises ValueError if it cannot be a line.
        """
        with self._lock:
            return self._commands.ask(name, *args)

    def close(self) -> None:
        """Ends the iteration soon, after a ``close`` mark and what is then asked of the board; safe to call from any thread."""
        self._closed = True

    def open(self) -> None:
        """Open the port, which restarts most boards. Raises BallError, saying what was found and what to try."""
        self._port = self._open(self.device)

    def probe(self) -> None:
        """Open the port and close it again. Raises BallError as ``open`` does, also when a session holds it."""
        _quiet_close(self._open(self.device))

    def __iter__(self) -> Iterator[Event]:
        if self._port is None:
            yield self._say("opening", f"opening {self.device}")
            self.open()
        assert self._port is not None
        port = self._port
        was_live = False
        while not self._closed:
            try:
                yield self._say("starting", "the board is starting")
                yield from self._greet(port)
                if self._closed:
                    return
                was_live = True
                yield self._say("live", "")
                yield from self._read(port)
                return
            except (OSError, serial.SerialException):
                if not was_live:
                    raise BallError(f"{self.device} went away while the board was starting; plug it in again.") from None
            except BallError:
                if not was_live:
                    raise
            finally:
                _quiet_close(port)
            with self._lock:
                self._commands.drop()
            yield self._say("lost", "the cable or the board is gone")
            reopened = yield from self._reopen()
            if reopened is None:
                return
            port = reopened

    def _say(self, state: str, detail: str) -> Connection:
        return self._link.connection(state, detail, time.monotonic())

    def _greet(self, port: serial.Serial) -> Iterator[Event]:
        """Events up to the complete greeting (hello and the whole info list); asks for what does not come by itself."""
        start = time.monotonic()
        heard = sound = 0
        self._greeting = Greeting(start)
        while not self._greeting.complete:
            if self._closed:
                return
            data = self._some(port)
            now = time.monotonic()
            for event in self._link.feed(data, now) if data else self._link.tick(now):
                heard += event.size if isinstance(event, Damaged) else 0
                sound += isinstance(event, (Hello, Info, Samples))
                if isinstance(event, Hello) and event.major != PROTOCOL_MAJOR:
                    raise BallError(
                        f"The ball on {self.device} speaks protocol {event.major}.{event.minor} (firmware {event.firmware}), this "
                        f"program speaks {PROTOCOL_MAJOR}.x: flash the firmware that came with this program, "
                        f"with `make -C firmware upload PORT={self.device}`."
                    )
                self._greeting.feed(event, now)
                yield event
            if now - start > GREET_S:
                raise BallError(self._not_a_ball(heard, sound))
            if ask := self._greeting.due(now):
                port.write(ask)

    def _not_a_ball(self, heard: int, sound: int) -> str:
        if sound:
            return f"{self.device} sends sixten lines but no complete greeting; unplug it, plug it in again and retry."
        what = f"{heard} bytes came, none of them a sixten line" if heard else "nothing came"
        return f"This is not a sixten ball: {what} from {self.device} in {GREET_S:.0f} s at {BAUD} baud. See `sixten ports`."

    def _read(self, port: serial.Serial) -> Iterator[Event]:
        parted_s: float | None = None
        while True:
            data = self._some(port)
            now = time.monotonic()
            if self._closed and parted_s is None:
                parted_s = now + PARTING_S
                self.mark("close")
            for event in self._link.feed(data, now) if data else self._link.tick(now):
                if isinstance(event, Reply):
                    with self._lock:
                        self._commands.hear(event)
                self._greeting.feed(event, now)
                yield event
            if ask := self._greeting.due(now):
                port.write(ask)
            with self._lock:
                line, lost = self._commands.due(now), self._commands.given_up(now)
            if line:
                port.write(line)
                yield asked(line)
            if lost:
                yield lost
            if parted_s is not None and (self._commands.idle or now >= parted_s):
                return

    @staticmethod
    def _some(port: serial.Serial) -> bytes:
        """What has come by now; with nothing there it waits a little, and that read is also what notices a cable that is gone."""
        time.sleep(GATHER_S)
        return bytes(port.read(port.in_waiting or 1))

    def _reopen(self) -> Generator[Event, None, serial.Serial | None]:
        """Waits for the same device, or the same USB identity under another name; yields silence meanwhile."""
        tried = time.monotonic()
        while not self._closed:
            time.sleep(0.02)
            now = time.monotonic()
            yield from self._link.tick(now)
            if now - tried < REOPEN_EVERY_S:
                continue
            tried = now
            names = [f.device for f in found_ports() if self._usb_key and f.usb_key == self._usb_key] or [self.device]
            try:
                return self._open(names[0])
            except BallError:
                continue
        return None

    def _open(self, device: str) -> serial.Serial:
        try:
            # Exclusive, or a second program would steal half the bytes.
            return serial.Serial(device, BAUD, timeout=0.02, write_timeout=WRITE_S, exclusive=True)
        except (OSError, ValueError) as error:
            raise BallError(_why_not(device, error)) from error


def _why_not(device: str, error: Exception) -> str:
    code = getattr(error, "errno", None)
    if isinstance(code, int) and code in (errno.EACCES, errno.EPERM):
        return f"No permission to open {device}; run `sudo usermod -aG dialout $USER`, then log out and in again."
    if code in (errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK) or "exclusively lock" in str(error):
        return f"{device} is in use by another program; close that one (a serial monitor, another sixten) and try again."
    if code in (errno.ENOENT, errno.ENODEV, errno.ENXIO) or "FileNotFound" in str(error):
        names = ", ".join(f.device for f in found_ports()) or "none"
        return f"There is no port {device}; ports found: {names}. Plug the ball in, or try `--virtual`."
    return f"{device} cannot be opened as a serial port ({error}); see `sixten ports`."


def _quiet_close(port: serial.Serial) -> None:
    try:
        port.close()
    except (OSError, serial.SerialException):
        pass  # a port that is gone cannot be closed properly, and need not be
