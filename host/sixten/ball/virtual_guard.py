"""The part of the virtual board that obeys: its guard and settings, as docs/protocol.md says them. It takes no zero by itself."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from sixten.ball.wire import MAX_TO_BOARD, crc16, frame

DEVICE_LIMITS = {"raw": 22_679, "pa": 95_000}
LEAST = {"raw": 800, "pa": 2_000}
NOMINAL_ZEROS = {"raw": 667, "pa": 101_325}
ZEROS = {"raw": (160, 2_214), "pa": (50_000, 108_500)}
TAPS = (111, 81, 128, 192, 192, 128, 81, 111)  # the guard's filter on an FSR, in 1/1024


class Refused(Exception):
    """A command cannot be obeyed; the text is the protocol's error code."""


class VirtualGuard:
    """Limits are above the zero, in ``unit`` (``raw`` or ``pa``). on: the alarm."""

    def __init__(self, unit: str) -> None:
        self.unit = unit
        self.device = DEVICE_LIMITS[unit]
        self.limit = self.release = 0  # a person's own; 0 = none
        self.zero: int | None = None
        self.on = False
        self.name = ""
        self.kept = 0
        self._window = (0, 0, 0)
        self._run = 0
        self._latest: deque[int] = deque(maxlen=len(TAPS))

    def counts(self) -> tuple[int, int]:
        """The limit and the release that count now."""
        if 0 < self.limit < self.device:
            return self.limit, self.release
        return self.device, self.device - self.device // 20

    def pairs(self) -> list[str]:
        """What the greeting says about it."""
        limit, release = self.counts()
        source = "own" if 0 < self.limit < self.device else "device"
        state = "over" if self.on else "unset" if self.zero is None else "ok"
        zero, kept = "none" if self.zero is None else self.zero, self.kept or "none"
        return [
            f"name={self.name}", f"guard_unit={self.unit}", f"guard_limit={limit}", f"guard_release={release}", f"guard_source={source}",
            f"guard_device={self.device}", f"guard_state={state}", f"zero={zero}", f"kept={kept}",
            "window={}/{}/{}".format(*self._window), "window_s=0",
        ]  # fmt: skip

    def watch(self, level: int, saturated: bool, t_us: int) -> bytes:
        """Judge a sample; the event line, if the alarm begins or ends."""
        if self.unit == "raw":
            self._latest.extend([level] * (1 if self._latest else len(TAPS)))
            level = (sum(t * x for t, x in zip(TAPS, self._latest, strict=True)) + 512) >> 10
        above = level - (NOMINAL_ZEROS[self.unit] if self.zero is None else self.zero)
        limit, release = self.counts()
        over = saturated or above > limit
        self._run = self._run + 1 if over else 0
        needed = 2 if saturated or self.unit == "pa" else 1
        before, self.on = self.on, self._run >= needed or self.on and (over or above >= release)
        return b"" if self.on == before else frame(f"E,{t_us % (1 << 32)},guard,{'on' if self.on else 'off'}")

    def obey(self, name: str, args: Sequence[str]) -> str:
        """The result of a command. Raises Refused."""
        if name == "guard":
            limit, release = _numbers(args, 2)
            if (limit or release) and not LEAST[self.unit] // 2 <= release < limit <= self.device or 0 < limit < LEAST[self.unit]:
                raise Refused("range")
            self.limit, self.release, self._run = limit, release, 0
        elif name == "zero":
            if not args:
                raise Refused("unsupported")
            (zero,) = _numbers(args, 1)
            low, high = ZEROS[self.unit]
            if not low <= zero <= high:
                raise Refused("range")
            self.zero = zero
            return ""
        elif name == "window":
            low, high, work = _numbers(args, 3)
            if not low <= high <= 600 or work >= self.counts()[0]:
                raise Refused("range")
            self._window = low, high, work
            return ""
        elif name == "name":
            if not args or not 0 < len(args[0]) <= 15:
                raise Refused("range")
            self.name = args[0]
            return ""
        elif name == "keep" and list(args) in ([], ["limit"]):
            if not self.limit:
                raise Refused("range")
            self.kept = self.limit
        elif name == "forget":
            self.kept = self.limit = self.release = 0
            return ""
        elif name == "beep":
            ms, *hz = _numbers(args, min(2, max(1, len(args))))
            if ms > 2000 or hz and not 150 <= hz[0] <= 1000:
                raise Refused("range")
            return ""
        else:
            raise Refused("unsupported" if name in ("keep", "plot", "reset-defaults") else "unknown")
        return "{}/{}".format(*self.counts())


def answer(line: bytes, obey: Callable[[str, Sequence[str]], str]) -> bytes:
    """The board's answer to a line that was sent to it; ``obey`` gets name and arguments, and may raise Refused."""
    body, _, crc = line.rstrip(b"\r\n").rpartition(b"*")
    if len(line) > MAX_TO_BOARD or crc != b"%04X" % crc16(body):
        return frame("N,0,crc")
    kind, *fields = body.decode("ascii", "replace").split(",")
    if kind != "C":
        return b""
    if not fields or not fields[0].isdigit() or str(int(fields[0])) != fields[0] or int(fields[0]) > 255:
        return frame("N,0,range")
    if len(fields) < 2:
        return frame(f"N,{fields[0]},unknown")
    try:
        return frame(f"A,{fields[0]},{obey(fields[1], fields[2:])}")
    except Refused as error:
        return frame(f"N,{fields[0]},{error}")


def _numbers(args: Sequence[str], n: int) -> list[int]:
    if len(args) < n or not all(a.isascii() and a.isdigit() and len(a) <= 8 and str(int(a)) == a for a in args[:n]):
        raise Refused("range")
    return [int(a) for a in args[:n]]
