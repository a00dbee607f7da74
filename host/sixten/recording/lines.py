"""Events and outputs as lines of a recording, and back: one JSON object a line, its CRC-32 at the end (docs/recording.md)."""

from __future__ import annotations

import dataclasses
from typing import Any
from zlib import crc32

import msgspec

from sixten.ball.messages import EVENT_TYPES, Event, Samples
from sixten.pressure.zero import ZeroNews
from sixten.session.rules import Notice

FORMAT = "sixten-recording"
VERSION = 1
MAX_LINE = 65_536  # bytes; the longest honest line (30 ms of samples, or a header) is under 4 kB
MAX_VALUES = 4_096  # samples in one line
_INT_LIMIT = 1 << 62  # device microseconds for 146 000 years

_KINDS = {t.__name__.lower(): t for t in EVENT_TYPES if t is not Samples}
_NAMES = {t: name for name, t in _KINDS.items()}


class BadLine(ValueError):
    """A line that is not what was written. The text says what is wrong with it."""


def seal(obj: dict[str, Any]) -> bytes:
    """``obj`` as one line: ``{…,"c":"xxxxxxxx"}`` and a newline, where xxxxxxxx is the CRC-32 of everything before ``,"c":``."""
    body = msgspec.json.encode(obj)[:-1]
    return b'%s,"c":"%08x"}\n' % (body, crc32(body))


def unseal(line: bytes) -> dict[str, Any]:
    """The object in ``line``. Raises BadLine if it is too long, torn, damaged or not an object."""
    if len(line) > MAX_LINE:
        raise BadLine("too long")
    line = line.rstrip(b"\r\n")
    body, mark, tail = line.rpartition(b',"c":"')
    if not mark or len(tail) != 10 or not tail.endswith(b'"}'):
        raise BadLine("torn")
    if tail[:8] != b"%08x" % crc32(body):
        raise BadLine("damaged")
    try:
        obj = msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise BadLine("not JSON") from error
    if not isinstance(obj, dict) or not isinstance(obj.get("k"), str):
        raise BadLine("not an object with a kind")
    return obj


def samples_lines(samples: Samples) -> list[dict[str, Any]]:
    """Sample lines: ``q`` first sequence number, ``t`` device us of the first, ``dt`` spacing, ``f`` flags, ``v`` raw counts.

    Where there are any, ``x`` = index, value, index, value, ... of the extra numbers.

    One line holds samples of one spacing and equal flags, which is nearly always all of them.
    """
    out = []
    t, flags, n = samples.t_us, samples.flags, len(samples.raw)
    begin = 0
    while begin < n:
        end = begin + 1
        dt = t[end] - t[begin] if end < n else 0
        while end < n and t[end] - t[end - 1] == dt and flags[end] == flags[begin]:
            end += 1
        line: dict[str, Any] = {"k": "s", "q": (samples.seq + begin) % 65536, "t": t[begin], "dt": dt if end - begin > 1 else 0}
        line |= {"f": flags[begin], "v": samples.raw[begin:end]}
        extra = [n for i, x in samples.extra if begin <= i < end for n in (i - begin, x)]
        out.append({**line, "x": extra} if extra else line)
        begin = end
    return out


def event_line(event: Event) -> dict[str, Any]:
    """Any other event: its kind and its fields by name."""
    return {"k": _NAMES[type(event)], **{f.name: getattr(event, f.name) for f in dataclasses.fields(event)}}


def notice_line(notice: Notice) -> dict[str, Any]:
    """A notice, so that a replay can be held against what was said on the day."""
    return {"k": "notice", "t_us": notice.t_us, "code": notice.code, "values": notice.values}


def zero_line(news: ZeroNews) -> dict[str, Any]:
    """A zero that was taken, for whoever reads the raw counts by hand; a replay takes it again by itself."""
    return {"k": "zero", "t_us": news.t_us, "zero_kpa": news.zero_kpa, "temperature_c": news.temperature_c}


def event_of(obj: dict[str, Any]) -> Event | Notice | None:
    """The event or notice in a line's object, or None for kinds from a newer program. Raises BadLine if its fields are wrong."""
    kind = obj["k"]
    try:
        if kind == "s":
            return _samples(obj)
        if kind == "notice":
            if not (_int(obj["t_us"]) and isinstance(obj["code"], str) and isinstance(obj["values"], dict)):
                raise BadLine("notice")
            return Notice(obj["t_us"], obj["code"], obj["values"])
        cls = _KINDS.get(kind)
        return None if cls is None else msgspec.convert({k: v for k, v in obj.items() if k not in ("k", "c")}, cls, strict=True)
    except (KeyError, TypeError, msgspec.ValidationError) as error:
        raise BadLine(f"{kind} line with wrong fields") from error


def _int(value: object) -> bool:
    return type(value) is int and -_INT_LIMIT < value < _INT_LIMIT


def _samples(obj: dict[str, Any]) -> Samples:
    v, q, t, dt, f = obj["v"], obj["q"], obj["t"], obj["dt"], obj["f"]
    if not (isinstance(v, list) and 0 < len(v) <= MAX_VALUES and all(type(x) is int and -(1 << 31) <= x < (1 << 31) for x in v)):
        raise BadLine("sample values")
    if not (_int(q) and 0 <= q < 65536 and _int(t) and _int(dt) and 0 <= dt < (1 << 32) and _int(f) and 0 <= f < 256):
        raise BadLine("sample line")
    x = obj.get("x", [])
    if not (isinstance(x, list) and len(x) % 2 == 0 and all(map(_int, x)) and all(0 <= i < len(v) for i in x[::2])):
        raise BadLine("extra numbers")
    return Samples(q, tuple([t + i * dt for i in range(len(v))]), (f,) * len(v), tuple(v), tuple(zip(x[::2], x[1::2], strict=True)))
