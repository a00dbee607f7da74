"""Bytes to messages and back. It reads nothing: feed it bytes in any chunks, it returns what became complete (docs/protocol.md)."""

from __future__ import annotations

import re
from binascii import crc_hqx
from collections.abc import Callable

from sixten.ball.messages import Damaged, DeviceEvent, Heartbeat, Hello, Info, Reply, Samples, Unknown, WireMessage

PROTOCOL_MAJOR = 1
PROTOCOL_MINOR = 1
BAUD = 250_000  # exact on a 16 MHz AVR; 115200 would be 2.1 % off
MAX_FROM_BOARD = 120  # bytes a line, CR LF included
MAX_TO_BOARD = 56  # fits the board's 64-byte receive ring
MAX_SAMPLES = 1024  # a block never grows past this, however much arrives at once (3.4 s at 300 a second)

# The line that comes 300 times a second, by one regular expression; decimals without sign or leading zeros, as the protocol says.
_SAMPLE = re.compile(
    rb"D,(0|[1-9]\d{0,4}),(0|[1-9]\d{0,9}),(0|[1-9A-F][0-9A-F]?),(0|[1-9]\d{0,9})(?:,(0|-?[1-9]\d{0,8})(?:,[ -~]*)?)?"
).fullmatch

_Sample = tuple[int, int, int, int, int | None]  # seq, t_us, flags, raw, extra
_U16 = 1 << 16
_U32 = 1 << 32


def crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE: polynomial 0x1021 from 0xFFFF; ``b"123456789"`` gives 0x29B1."""
    return crc_hqx(data, 0xFFFF)


def frame(body: str) -> bytes:
    """``body`` as one line with its checksum and line ending.

    Raises ValueError if ``body`` is not printable ASCII without ``*``: such a line could not be read back.
    """
    if not body.isascii() or not body.isprintable() or "*" in body:
        raise ValueError(f"a wire line is printable ASCII without '*': {body!r}")
    data = body.encode("ascii")
    return b"%s*%04X\r\n" % (data, crc16(data))


def command(command_id: int, name: str, *args: object) -> bytes:
    """The line that asks the board for ``name``. Raises ValueError for an id outside 0..255 or a line over 56 bytes."""
    if not 0 <= command_id <= 255:
        raise ValueError(f"command id {command_id} is not within 0..255")
    line = frame(",".join(["C", str(command_id), name, *map(str, args)]))
    if len(line) > MAX_TO_BOARD:
        raise ValueError(f"command {name} is {len(line)} bytes, the board takes {MAX_TO_BOARD}")
    return line


class Decoder:
    """Finds lines in a byte stream. Noise comes out as ``Damaged``, never as an exception; the buffer never exceeds one line."""

    def __init__(self) -> None:
        self._rest = b""
        self._skipped = 0  # bytes of an over-long line thrown away so far

    def feed(self, data: bytes) -> list[WireMessage]:
        """The messages that ``data`` completes, in order.

        Samples that follow each other without a gap, and with nothing between them, come as one ``Samples``; how the bytes were cut
        changes that grouping and nothing else.
        """
        out: list[WireMessage] = []
        seqs: list[_Sample] = []
        *lines, rest = (self._rest + data).split(b"\n")
        for line in lines:
            if self._skipped:
                self._flush(seqs, out)
                out.append(Damaged("long", self._skipped + len(line) + 1))
                self._skipped = 0
                continue
            message = _parse(line)
            if isinstance(message, tuple):
                if seqs and (message[0] != (seqs[-1][0] + 1) % _U16 or len(seqs) >= MAX_SAMPLES):
                    self._flush(seqs, out)
                seqs.append(message)
            else:
                self._flush(seqs, out)
                out.append(message)
        self._flush(seqs, out)
        if self._skipped or len(rest) > MAX_FROM_BOARD:
            self._skipped += len(rest)
            rest = b""
        self._rest = rest
        return out

    @staticmethod
    def _flush(seqs: list[_Sample], out: list[WireMessage]) -> None:
        if seqs:
            _, t_us, flags, raw, extra = zip(*seqs, strict=True)
            pairs = tuple([(i, x) for i, x in enumerate(extra) if x is not None])
            out.append(Samples(seqs[0][0], t_us, flags, raw, pairs))
            seqs.clear()


def _parse(line: bytes) -> WireMessage | _Sample:
    size = len(line) + 1
    if size > MAX_FROM_BOARD:
        return Damaged("long", size)
    if line.endswith(b"\r"):
        line = line[:-1]
    if line[-5:-4] != b"*":
        return Damaged("form", size)
    body = line[:-5]
    if line[-4:] != b"%04X" % crc_hqx(body, 0xFFFF):
        return Damaged("crc", size)
    sample = _SAMPLE(body)
    if sample:
        seq, t_us, flags, raw = int(sample[1]), int(sample[2]), int(sample[3], 16), int(sample[4])
        extra = None if sample[5] is None else int(sample[5])
        return (seq, t_us, flags, raw, extra) if seq < _U16 and t_us < _U32 and raw < _U32 else Damaged("form", size)
    try:
        text = body.decode("ascii")
        kind, _, rest = text.partition(",")
        read = _READERS.get(kind)
        if read is None:
            if len(kind) == 1 and "A" <= kind <= "Z" and text.isprintable():
                return Unknown(text)
            return Damaged("form", size)
        return read(rest.split(","))
    except (ValueError, IndexError):
        return Damaged("form", size)


def _number(text: str, below: int) -> int:
    """A decimal as the protocol writes it; ``int()`` alone would also take signs, spaces, underscores and leading zeros."""
    value = int(text)
    if not 0 <= value < below or str(value) != text:
        raise ValueError(text)
    return value


def _word(text: str) -> str:
    if not text.isprintable() or "*" in text:
        raise ValueError(text)
    return text


def _hello(f: list[str]) -> Hello:
    major, _, minor = f[0].partition(".")
    return Hello(_number(major, 1000), _number(minor, 1000), _word(f[1]), _word(f[2]), _word(f[3]), _number(f[4], _U32), _word(f[5]))


def _info(f: list[str]) -> Info:
    if f[0] == "end":
        return Info("end", str(_number(f[1], 1000)))
    key, equals, value = f[0].partition("=")
    if not equals or not key:
        raise ValueError(f[0])
    return Info(_word(key), _word(value))


def _heartbeat(f: list[str]) -> Heartbeat:
    sent, dropped, refused, free_ram = (_number(text, _U32) for text in f[2:6])
    return Heartbeat(_number(f[0], _U32), _word(f[1]), sent, dropped, refused, free_ram)


def _event(f: list[str]) -> DeviceEvent:
    return DeviceEvent(_number(f[0], _U32), _word(f[1]), _word(",".join(f[2:])))


def _not_a_sample(f: list[str]) -> WireMessage:
    raise ValueError("a D line that _SAMPLE does not match")


_READERS: dict[str, Callable[[list[str]], WireMessage]] = {
    "D": _not_a_sample,
    "H": _hello,
    "I": _info,
    "B": _heartbeat,
    "A": lambda f: Reply(_number(f[0], 256), True, _word(f[1])),
    "N": lambda f: Reply(_number(f[0], 256), False, _word(f[1])),
    "E": _event,
}
