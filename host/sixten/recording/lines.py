"""Events and outputs as lines of a recording, and back: one JSON object a line, its CRC-32 at the end (docs/recording.md)."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from itertools import accumulate, pairwise
from operator import add
from typing import Annotated, Any
from zlib import crc32

import msgspec

from sixten.ball.messages import EVENT_TYPES, Event, Samples
from sixten.pressure.zero import ZeroNews
from sixten.session.rules import Notice

FORMAT = "sixten-recording"
VERSION = 3  # 1 knew neither `d` nor `j` nor the closed form, 2 no `dd`; all that they wrote is read as it is
MAX_LINE = 65_536  # bytes; the longest honest line (30 ms of samples, or a header) is under 4 kB
MAX_VALUES = 4_096  # samples in one line
NEIGHBOURS_US = 20_000  # between two samples of one stream; three times the slowest sensor's spacing
DT_MAX = (1 << 32) - 1  # us between two samples; the board's own counter goes no further
_INT_LIMIT = 1 << 62  # device microseconds for 146 000 years

_KINDS = {t.__name__.lower(): t for t in EVENT_TYPES if t is not Samples}
_NAMES = {t: name for name, t in _KINDS.items()}


class BadLine(ValueError):
    """A line that is not what was written. The text says what is wrong with it."""


def seal(obj: dict[str, Any]) -> bytes:
    """``obj`` as one line: ``{…,"c":"xxxxxxxx"}`` and a newline, where xxxxxxxx is the CRC-32 of everything before ``,"c":``."""
    body = msgspec.json.encode(obj)[:-1]
    return b'%s,"c":"%08x"}\n' % (body, crc32(body))


def check(line: bytes) -> bytes:
    """``line`` without its end of line, if it is what was written. Raises BadLine if it is too long, torn or damaged."""
    if len(line) > MAX_LINE:
        raise BadLine("too long")
    line = line.rstrip(b"\r\n")
    body, mark, tail = line.rpartition(b',"c":"')
    if not mark or len(tail) != 10 or not tail.endswith(b'"}'):
        raise BadLine("torn")
    if tail[:8] != b"%08x" % crc32(body):
        raise BadLine("damaged")
    return line


def unseal(line: bytes) -> dict[str, Any]:
    """The object in ``line``. Raises BadLine if it is too long, torn, damaged or not an object."""
    line = check(line)
    try:
        obj = msgspec.json.decode(line)
    except (ValueError, RecursionError) as error:  # msgspec's and Unicode's errors are ValueErrors, as is a number of 5000 digits
        raise BadLine("not JSON") from error
    if not isinstance(obj, dict) or not isinstance(obj.get("k"), str):
        raise BadLine("not an object with a kind")
    return obj


def samples_lines(samples: Samples, order: int = 0) -> list[dict[str, Any]]:
    """Sample lines: ``q`` first sequence number, ``t`` device us of the first, ``dt`` spacing, ``f`` flags, ``v`` raw counts.

    order: of the differences that may stand for the counts, which is what compresses. 1: ``d`` = the first raw count and then each one's
    difference from the one before. 2: or ``dd`` = the first two numbers of ``d`` and then each one's difference from the one before, where
    that is shorter: a pressure that moves has a slope larger than its noise. Where the spacing is not always the same, ``j`` = how much
    later than ``t + i * dt`` each sample is. Where there are any, ``x`` = index, value, index, value, ... of the extra numbers. One line
    holds samples of equal flags, which is nearly always all of them.
    """
    out = []
    t, flags, n = samples.t_us, samples.flags, len(samples.raw)
    begin = 0
    while begin < n:
        end = begin + 1
        while end < n and flags[end] == flags[begin]:
            end += 1
        times = t[begin:end]
        dt = round((times[-1] - times[0]) / (end - begin - 1)) if end - begin > 1 else 0
        dt = min(max(dt, 0), DT_MAX)
        late = [u - times[0] - i * dt for i, u in enumerate(times)]
        line: dict[str, Any] = {"k": "s", "q": (samples.seq + begin) % 65536, "t": times[0], "dt": dt, "f": flags[begin]}
        raw = samples.raw[begin:end]
        if order == 0:
            line["v"] = raw
        else:
            d = [raw[0], *(b - a for a, b in pairwise(raw))]
            dd = [*d[:2], *(b - a for a, b in pairwise(d[1:]))]
            if order > 1 and len(repr(dd)) < len(repr(d)):
                line["dd"] = dd
            else:
                line["d"] = d
        if any(late):
            line["j"] = late
        extra = [n for i, x in samples.extra if begin <= i < end for n in (i - begin, x)]
        out.append({**line, "x": extra} if extra else line)
        begin = end
    return out


def follows(before: Samples, after: Samples) -> bool:
    """Whether the two may be one block: a pause makes the filters begin anew, but is looked for between blocks alone."""
    return after.seq == (before.seq + len(before.raw)) % 65536 and 0 <= after.t_us[0] - before.t_us[-1] <= NEIGHBOURS_US


def joined(blocks: Sequence[Samples]) -> Samples:
    """Blocks that follow each other as one."""
    if len(blocks) == 1:
        return blocks[0]
    t_us: list[int] = []
    flags: list[int] = []
    raw: list[int] = []
    extra: list[tuple[int, int]] = []
    for b in blocks:
        extra += [(len(raw) + i, x) for i, x in b.extra]
        t_us += b.t_us
        flags += b.flags
        raw += b.raw
    return Samples(blocks[0].seq, tuple(t_us), tuple(flags), tuple(raw), tuple(extra))


def event_line(event: Event) -> dict[str, Any]:
    """Any other event: its kind and its fields by name."""
    return {"k": _NAMES[type(event)], **{f.name: getattr(event, f.name) for f in dataclasses.fields(event)}}


def notice_line(notice: Notice) -> dict[str, Any]:
    """A notice, so that a replay can be held against what was said on the day."""
    return {"k": "notice", "t_us": notice.t_us, "code": notice.code, "values": notice.values}


def zero_line(news: ZeroNews) -> dict[str, Any]:
    """A zero that was taken, for whoever reads the raw counts by hand; a replay takes it again by itself."""
    return {"k": "zero", "t_us": news.t_us, "zero_kpa": news.zero_kpa, "temperature_c": news.temperature_c}


_Int = Annotated[int, msgspec.Meta(gt=-_INT_LIMIT, lt=_INT_LIMIT)]
_Int33 = Annotated[int, msgspec.Meta(gt=-(1 << 32), lt=1 << 32)]  # what two raw counts can differ by
_Int34 = Annotated[int, msgspec.Meta(gt=-(1 << 33), lt=1 << 33)]  # and two such differences


class _SamplesLine(msgspec.Struct):
    """What a sample line must be. Here, and not in Python, because a long recording has hundreds of thousands of numbers."""

    k: str
    q: Annotated[int, msgspec.Meta(ge=0, lt=65536)]
    t: _Int
    dt: Annotated[int, msgspec.Meta(ge=0, le=DT_MAX)]
    f: Annotated[int, msgspec.Meta(ge=0, lt=256)]
    v: tuple[_Int33, ...] = ()
    d: tuple[_Int33, ...] = ()
    dd: tuple[_Int34, ...] = ()
    j: tuple[_Int, ...] = ()
    x: tuple[_Int, ...] = ()


_read_samples = msgspec.json.Decoder(_SamplesLine)
_SAMPLES = b'{"k":"s",'


def decode(line: bytes) -> Event | Notice | dict[str, Any]:
    """What a line of a recording holds: an event, a notice, or the object of any other kind. Raises BadLine."""
    if line.startswith(_SAMPLES):
        try:
            return _samples(_read_samples.decode(check(line)))
        except BadLine:
            raise
        except (ValueError, RecursionError) as error:
            raise BadLine("s line with wrong fields") from error
    obj = unseal(line)
    event = event_of(obj)
    return obj if event is None else event


def event_of(obj: dict[str, Any]) -> Event | Notice | None:
    """The event or notice in a line's object, or None for other kinds. Raises BadLine if its fields are wrong."""
    kind = obj["k"]
    try:
        if kind == "s":
            return _samples(msgspec.convert(obj, _SamplesLine))
        if kind == "notice":
            if not (_int(obj["t_us"]) and isinstance(obj["code"], str) and isinstance(obj["values"], dict)):
                raise BadLine("notice")
            return Notice(obj["t_us"], obj["code"], obj["values"])
        cls = _KINDS.get(kind)
        if cls is None:
            return None
        fields = {k: v for k, v in obj.items() if k not in ("k", "c")}
        if not all(_int(v) for v in fields.values() if type(v) is int):
            raise BadLine(f"{kind} line with a number beyond all bounds")
        return msgspec.convert(fields, cls, strict=True)
    except (KeyError, TypeError, RecursionError, msgspec.ValidationError) as error:
        raise BadLine(f"{kind} line with wrong fields") from error


def _int(value: object) -> bool:
    return type(value) is int and -_INT_LIMIT < value < _INT_LIMIT


def _samples(line: _SamplesLine) -> Samples:
    d = line.d or (*line.dd[:1], *accumulate(line.dd[1:]))
    raw = line.v or tuple(accumulate(d))
    n = len(raw)
    if not 0 < n <= MAX_VALUES or bool(line.v) + bool(line.d) + bool(line.dd) > 1 or (line.j and len(line.j) != n):
        raise BadLine("sample values")
    if min(raw) < -(1 << 31) or max(raw) >= 1 << 31:
        raise BadLine("sample values")
    times = tuple(range(line.t, line.t + n * line.dt, line.dt)) if line.dt else (line.t,) * n
    if line.j:
        times = tuple(map(add, times, line.j))
    x = line.x
    if x and not (len(x) % 2 == 0 and 0 <= min(x[::2]) and max(x[::2]) < n):
        raise BadLine("extra numbers")
    return Samples(line.q, times, (line.f,) * n, raw, tuple(zip(x[::2], x[1::2], strict=True)) if x else ())
