"""Reads a recording, plain or closed: all that is good in it, and a sentence for each thing that is not. Bounded, whatever it holds."""

from __future__ import annotations

import gc
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from sixten.ball.messages import Event, Samples
from sixten.pain.procedure import CalibrationPlan
from sixten.recording.errors import RecordingError
from sixten.recording.head import CLOSED, PLAIN, check_header
from sixten.recording.lines import MAX_LINE, BadLine, decode, unseal
from sixten.session.calibrating import CalibrationRun
from sixten.session.plan import VisitPlan
from sixten.session.rules import Notice, Plan
from sixten.session.run import Run, Runs
from sixten.session.visiting import VisitRun

# What one file can make us hold: 256 MB, and two seconds. Each is far more than a day's session; a longer file is read up to there.
MAX_BYTES = 1 << 26  # unpacked; two hours as they are recorded take half of it
MAX_PACKED = 1 << 25  # of a closed file; a sample takes one to five bytes
MAX_SAMPLES = 2_000_000  # 1.8 hours of the quickest sensor; a hundred bytes each
MAX_LINES = 400_000  # 1.8 hours of a block every 16.5 ms
MAX_OTHER_BYTES = 1 << 23  # of all lines that are no samples: eight hours of them; a byte can become twenty in memory
MAX_DAMAGE = 200  # sentences: nobody reads more. And members: damage comes in one place or two
PIECE = 1 << 12  # packed bytes at a time: all before a damaged piece is kept, and a bomb unpacks to 4 MB at once at most
MAX_MEMBERS = 100_000  # ten seconds each; eleven days
LATE_US = 1_000_000  # a key is never told later than this

MAGIC = b"\x1f\x8b\x08"  # how a member of a gzip file begins
INDEX = b'{"k":"index",'
FIRST_MEMBER = (b'{"k":"header",', b'{"k":"end",', INDEX)


@dataclass
class Recording:
    """What a file held: ``events`` and ``notices`` in order, and in ``damage`` a sentence for each thing that could not be read.

    header: empty if it was lost. end: the last line with the summary, or None.
    """

    path: Path
    header: dict[str, Any] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    digests: list[dict[str, Any]] = field(default_factory=list)
    end: dict[str, Any] | None = None
    damage: list[str] = field(default_factory=list)

    @property
    def plan(self) -> Plan:
        """The plan that was agreed on that day. Raises RecordingError if the header holds none that makes sense."""
        try:
            return msgspec.convert(self.header["plan"], Plan)
        except (KeyError, ValueError) as error:  # msgspec's errors are ValueErrors
            raise RecordingError(f"{self.path} has no usable plan in its header ({error}).") from error

    @property
    def calibrates(self) -> bool:
        """Whether this is a calibration, not a session."""
        return self.header.get("kind") == "calibration"

    @property
    def visits(self) -> bool:
        """Whether this is a whole visit."""
        return self.header.get("kind") == "visit"

    def run(self) -> Runs:
        """A fresh run as on that day, to feed the events to. Raises RecordingError if the header holds no plan that makes sense."""
        if not (self.calibrates or self.visits):
            return Run(self.plan)
        try:
            if self.visits:
                return VisitRun(msgspec.convert(self.header["plan"], VisitPlan))
            return CalibrationRun(msgspec.convert(self.header["plan"], CalibrationPlan))
        except (KeyError, ValueError) as error:
            raise RecordingError(f"{self.path} has no usable plan in its header ({error}).") from error


def base_name(path: Path) -> str:
    """The name that a recording has in both of its forms."""
    for ending in (CLOSED, PLAIN):
        if path.name.endswith(ending):
            return path.name[: -len(ending)]
    return path.name


def find(path: Path) -> Path:
    """``path``, or the other form of that recording if only that is there: one that was plain may have been closed since."""
    if not path.exists():
        for ending in (CLOSED, PLAIN):
            other = path.with_name(base_name(path) + ending)
            if other.exists():
                return other
    return path


def read(path: Path, span_us: tuple[int, int] | None = None) -> Recording:
    """Everything good in ``path``. Damage is skipped and listed.

    span_us: only what happened from one device time to another, both included: samples whole lines at a time, and nothing that carries no
    time. Of a closed file only the members that it lies in are unpacked. Nothing can be decided from a part without what was before it.

    Raises RecordingError if there is no such file, it is no recording, or a newer program made it.
    """
    path = find(path)
    recording = Recording(path)
    collects = gc.isenabled()
    gc.disable()  # a sixth of the time would go into looking for cycles, of which a recording has none
    try:
        with path.open("rb") as file:
            if file.read(len(MAGIC)) == MAGIC:
                packed = Packed(_all(path, file), recording.damage)
                _take(recording, packed.lines() if span_us is None else packed.part(span_us), span_us)
                if span_us is None and packed.missing:
                    tell(recording.damage, f"the file ends early: {packed.missing} bytes are missing")
            else:
                file.seek(0)
                _take(recording, iter(lambda: file.readline(MAX_LINE), b""), span_us)
        if span_us is None:
            _count(recording)
    except OSError as error:
        raise RecordingError(f"{path} cannot be read ({error.strerror}).") from error
    finally:
        if collects:
            gc.enable()
    return recording


def _count(recording: Recording) -> None:
    """A hole that begins and ends between two lines leaves no other trace than fewer samples than the summary has."""
    known = (recording.end or {}).get("samples")
    found = sum(len(e.raw) for e in recording.events if type(e) is Samples)
    if not recording.damage and isinstance(known, int) and found < known:
        tell(recording.damage, f"lines are missing: the summary knows of {known - found} samples more")


def tell(damage: list[str], sentence: str) -> None:
    """Append ``sentence``, unless there are so many already that nobody reads them."""
    if len(damage) < MAX_DAMAGE:
        damage.append(sentence)
    elif len(damage) == MAX_DAMAGE:
        damage.append("and more; the rest is not listed")


def _all(path: Path, file: BinaryIO) -> bytes:
    file.seek(0)
    data = file.read(MAX_PACKED + 1)
    if len(data) > MAX_PACKED:
        raise RecordingError(f"{path} is larger than {MAX_PACKED >> 20} MB; that is not one session.")
    return data


def _take(recording: Recording, lines: Iterable[bytes], span_us: tuple[int, int] | None) -> None:
    """Fills ``recording``. Raises RecordingError for what is none, and for a newer version."""
    events, notices, damage = recording.events, recording.notices, recording.damage
    known = number = total = samples = others = 0  # others: bytes
    for line in lines:
        number += 1
        total += len(line)
        if total > MAX_BYTES or samples > MAX_SAMPLES or number > MAX_LINES or others > MAX_OTHER_BYTES:
            tell(damage, f"line {number}: no session is that long; the rest was not read")
            break
        try:
            what = decode(line)
        except BadLine as error:
            others += len(line)
            tell(damage, f"line {number}: {error}")
            continue
        if type(what) is Samples:
            known += 1
            samples += len(what.raw) + len(what.extra)
            if span_us is None or what.t_us[-1] >= span_us[0] and what.t_us[0] <= span_us[1]:
                events.append(what)
            continue
        others += len(line)
        if isinstance(what, dict):
            try:
                known += _other(recording, what, number)
            except BadLine as error:
                tell(damage, f"line {number}: {error}")
            continue
        known += 1
        if span_us is not None and not span_us[0] <= getattr(what, "t_us", -1) <= span_us[1]:
            continue
        if isinstance(what, Notice):
            notices.append(what)
        else:
            events.append(what)
    if not known:
        why = f"is not a sixten recording ({damage[0]})" if damage else "is empty; there is nothing to replay"
        raise RecordingError(f"{recording.path} {why}.")
    if not recording.header:
        tell(damage, "the header is lost")


def _other(recording: Recording, obj: dict[str, Any], number: int) -> bool:
    """A header, a digest, an end, or what a newer program may have added. Returns whether it shows that this is a recording."""
    kind = obj["k"]
    if number == 1:
        recording.header = check_header(recording.path, obj)
        return True
    if kind == "digest":
        recording.digests.append(obj)
    elif kind == "end":
        recording.end = obj
    return False


# --- the closed form ------------------------------------------------------------------------------------------------------


class Packed:
    """The bytes of a closed file: gzip members one behind the other, each whole in itself, so that one damaged costs no other."""

    def __init__(self, data: bytes, damage: list[str]) -> None:
        self._data = data
        self._damage = damage
        self._first = len(data)  # bytes of the first member, once it has been read
        self._size: int | None = None  # what the index says of those behind it, likewise

    @property
    def missing(self) -> int:
        """How many bytes the index promises that are not there; known once the lines have been read."""
        return 0 if self._size is None else max(0, self._size - (len(self._data) - self._first))

    def lines(self) -> Iterator[bytes]:
        """All lines; a longer one than MAX_LINE in pieces."""
        yield from self._split(0, len(self._data))

    def part(self, span_us: tuple[int, int]) -> Iterator[bytes]:
        """The first member's lines, and those of the members that lie in ``span_us``; all lines if there is no index that makes sense."""
        head = self._split(0, len(self._data))
        index: list[tuple[int, int]] = []
        ahead: list[bytes] = []
        for line in head:
            ahead.append(line)
            if not line.startswith(FIRST_MEMBER):
                break
            if line.startswith(INDEX):
                with suppress(ValueError):  # BadLine and msgspec's errors are ValueErrors
                    some = msgspec.convert(unseal(line), _Index)
                    index += zip(some.t_us, some.at, strict=True)
        at = [a for _, a in index]
        if not index or at != sorted(at) or not 0 <= at[0] <= at[-1] <= len(self._data):
            yield from ahead
            yield from head
            return
        yield from ahead[:-1]
        # A member begins with a sample; what a person did just before that may stand behind it.
        inside = [i for i, (t_us, _) in enumerate(index) if t_us <= span_us[1] + LATE_US]
        before = [i for i in inside if index[i][0] <= span_us[0]]
        if inside:
            after = inside[-1] + 1
            begin = self._first + (at[before[-1]] if before else 0)
            yield from self._split(begin, self._first + at[after] if after < len(at) else len(self._data))

    def _split(self, begin: int, end: int) -> Iterator[bytes]:
        rest = b""
        for piece in self._unpack(begin, end):
            *whole, rest = (rest + piece).split(b"\n") if piece else (rest, b"")
            for line in whole:
                if line.startswith(INDEX):
                    self._note(line)
                yield line
            if len(rest) > MAX_LINE:
                yield rest
                rest = b""
        if rest:
            yield rest

    def _note(self, line: bytes) -> None:
        with suppress(BadLine):
            size = unseal(line).get("size")
            self._size = size if isinstance(size, int) else None

    def _unpack(self, begin: int, end: int) -> Iterator[bytes]:
        """Pieces of what is packed; an empty one where something is lost, so that no line is joined across it."""
        at, bad, members, total = begin, 0, 0, 0
        view = memoryview(self._data)
        while at < end:
            members += 1
            if members > MAX_MEMBERS or total > MAX_BYTES:
                tell(self._damage, f"from byte {at} on: no session is that long; the rest was not read")
                return
            unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
            fed = at
            try:
                while not unpacker.eof and fed < end:
                    piece = view[fed : min(fed + PIECE, end)]
                    fed += len(piece)
                    if out := unpacker.decompress(piece):
                        total += len(out)
                        yield out
                    if total > MAX_BYTES:
                        break
                if total > MAX_BYTES:
                    continue
                if not unpacker.eof:
                    yield b""
                    tell(self._damage, "the file ends in the middle")
                    return
                fed -= len(unpacker.unused_data)
                if at == 0:
                    self._first = fed
                at = fed
            except zlib.error:
                yield b""
                tell(self._damage, f"damaged from byte {at} on")
                bad += 1
                at = self._data.find(MAGIC, at + 1, end)
                if at < 0 or bad > MAX_DAMAGE:
                    return


class _Index(msgspec.Struct):
    """t_us: device time of the first sample of each member behind the first; at: where it begins, in bytes behind the first."""

    t_us: list[int]
    at: list[int]
