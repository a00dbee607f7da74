"""The closed form of a recording, and what happens to one whose program has died.

Closed: gzip members. The first holds the header, the end line with the summary, and an index; each of the others ten seconds, samples
joined into lines of half a second. Everything keeps its place between the samples before and behind it, so a replay decides the same. The
plain file goes only when the closed one has been read back and holds the same.
"""

from __future__ import annotations

import os
import time
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from sixten.ball.messages import BallError, Samples
from sixten.recording.errors import RecordingError
from sixten.recording.head import CLOSED, PLAIN, head
from sixten.recording.lines import MAX_LINE, BadLine, decode, follows, joined, samples_lines, seal
from sixten.recording.lock import is_dead, locked
from sixten.recording.reader import INDEX, MAX_BYTES, Packed, base_name, read
from sixten.recording.whole import new_file, sync_folder

LINE_US = 500_000  # in a line: short enough to be looked at, long enough that what stands around the samples costs nothing
MEMBER_US = 10_000_000  # in a member: unpacked in a millisecond, and nearly as small as the whole in one
HASH_AT_ONCE = 10_000  # samples; more at a time would not be quicker
INDEXED = 1_000  # members in a line of the index, which then stays far below MAX_LINE; a day has nine such lines
TIDY_S = 1.0  # what a start gives to repairing before it goes on; the rest waits for the next one
_ALONE = (b'{"k":"notice",', b'{"k":"zero",')


def close(plain: Path) -> Path:
    """Bring ``plain``, which has its end line, into the closed form; returns its new path.

    Raises RecordingError or OSError if that cannot be; then ``plain`` is as it was, and valid for ever.
    """
    closed = plain.with_name(base_name(plain) + CLOSED)
    if plain.stat().st_size > MAX_BYTES:
        raise RecordingError(f"{plain} is too large to be closed.")
    if not closed.exists():  # or else the program died before it could remove the plain one
        members, fingerprint = _packed(_lines(plain))
        with new_file(closed) as file:
            file.writelines(members)
            file.flush()
            os.fsync(file.fileno())
            file.seek(0)
            if _fingerprint(_unpacked(closed, file.read())) != fingerprint:
                raise RecordingError(f"{plain} cannot be closed: what was written is not what was read back.")
    elif _fingerprint(_unpacked(closed, closed.read_bytes())) != _fingerprint(_lines(plain)):
        raise RecordingError(f"{plain} cannot be closed: {closed.name} is another recording.")
    sync_folder(plain.parent)
    plain.unlink()
    return closed


def repair(plain: Path) -> Path:
    """Give a recording that was cut off its end line and the closed form; returns its new path.

    A torn tail, which is no line, goes. The summary is what today's software finds in what is there.

    Raises as ``close``, and RecordingError if its program is not known to be dead.
    """
    kept = head(plain)
    if not is_dead(kept.header.get("writer")):
        raise RecordingError(f"{plain} may still be written to.")
    if kept.end is None:
        recording = read(plain)
        with plain.open("r+b") as file:
            data_end = _behind_last_line(file.fileno())
            line = seal({"k": "end", "dropped_lines": 0, **_summary(recording), "recovered": True})
            file.truncate(data_end)
            file.seek(data_end)
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
    return close(plain)


def tidy(folder: Path, budget_s: float = TIDY_S) -> list[Path]:
    """Repair what programs that have died left in ``folder``; returns where that is now. Never raises: what cannot be repaired stays.

    budget_s: no further one is begun after this.
    """
    repaired: list[Path] = []
    enough = time.monotonic() + budget_s
    with suppress(OSError, RecordingError):
        plain = [Path(e.path) for e in os.scandir(folder) if e.name.endswith(PLAIN) and not e.name.endswith(NOTES)]
        if plain:
            with locked(folder):
                for path in sorted(plain):
                    if time.monotonic() > enough:
                        break
                    with suppress(OSError, RecordingError):
                        repaired.append(repair(path))
    return repaired


NOTES = ".notes" + PLAIN  # a companion, not a recording


def _summary(recording: Any) -> dict[str, Any]:
    try:
        run = recording.run()
        for event in recording.events:
            for _ in run.feed(event):
                pass
        return dict(run.summary())
    except (RecordingError, BallError):  # no plan, or a ball that cannot be read: then there is nothing to sum up
        return {}


def _behind_last_line(fd: int) -> int:
    size = os.fstat(fd).st_size
    os.lseek(fd, max(0, size - MAX_LINE), os.SEEK_SET)
    tail = os.read(fd, MAX_LINE)
    return size - len(tail) + tail.rfind(b"\n") + 1


# --- plain lines, in the order in which they were written, to packed members and back -------------------------------------


def _lines(plain: Path) -> Iterator[bytes]:
    """Raises RecordingError for what no program of ours has written to its end."""
    with plain.open("rb") as file:
        while line := file.readline(MAX_LINE):
            if not line.endswith(b"\n"):
                raise RecordingError(f"{plain} has a line without an end.")
            yield line


def _unpacked(closed: Path, data: bytes) -> Iterator[bytes]:
    """The lines of a closed file in the order of the plain one. Raises RecordingError if it is damaged."""
    damage: list[str] = []
    end = b""
    for line in Packed(data, damage).lines():
        if line.startswith(INDEX):
            continue
        if line.startswith(_END):
            end = line
        else:
            yield line + b"\n"
    if damage:
        raise RecordingError(f"{closed} is damaged ({damage[0]}).")
    yield end + b"\n"


_END = b'{"k":"end",'


def _packed(lines: Iterable[bytes]) -> tuple[list[bytes], list[str]]:
    """The members, the first one first, and the lines' fingerprint. Raises RecordingError if there is no header or no end."""
    header = end = b""
    fingerprint = _Fingerprint()
    members = _Members(fingerprint)
    for line in lines:
        if not header:
            header = line
            fingerprint.add(None, line)
            members.order = _order(_what(line))
        elif line.startswith(_END) and not end:
            end = line
        else:
            members.add(line)
    if not header or not end:
        raise RecordingError("the recording has no end line.")
    fingerprint.add(None, end)
    return [_pack(b"".join((header, end, *members.finish()))), *members.packed], fingerprint.digest()


def _order(header: object) -> int:
    """Of the differences that the version in ``header`` knew: a file that an older program had begun can still be read by that."""
    version = header.get("version") if isinstance(header, dict) else None
    return 2 if isinstance(version, int) and version >= 3 else 1


class _Members:
    """Lines in, members of ten seconds out. A line that is no samples goes in as it is, even if it is damaged."""

    def __init__(self, fingerprint: _Fingerprint) -> None:
        self.order = 1  # of the differences in place of raw counts
        self._fingerprint = fingerprint
        self.packed: list[bytes] = []
        self._t_us: list[int] = []  # of the first sample of each
        self._lines: list[bytes] = []  # of the one that is being filled
        self._held: list[Samples] = []  # to become one line

    def add(self, line: bytes) -> None:
        what = _what(line)
        self._fingerprint.add(what, line)
        if not isinstance(what, Samples):
            # What a notice followed from stays a block of its own: its time is that of the block's last sample.
            self._flush(line.startswith(_ALONE))
            self._lines.append(line)
            return
        if self._held and not (follows(self._held[-1], what) and what.t_us[-1] - self._held[0].t_us[0] <= LINE_US):
            self._flush()
        if not self._held and (not self._t_us or what.t_us[0] >= self._t_us[-1] + MEMBER_US):
            if self._t_us:
                self._pack()
            self._t_us.append(what.t_us[0])
        self._held.append(what)

    def finish(self) -> list[bytes]:
        """The index's lines; ``packed`` is then complete."""
        self._flush()
        if self._lines:
            self._pack()
        sizes = np.cumsum([0, *map(len, self.packed)]).tolist()
        if len(self._t_us) < len(self.packed):  # not one sample came
            self._t_us = [0] * len(self.packed)
        return [
            seal({"k": "index", "size": sizes[-1], "t_us": self._t_us[i : i + INDEXED], "at": sizes[:-1][i : i + INDEXED]})
            for i in range(0, len(self.packed), INDEXED)
        ]

    def _flush(self, alone: bool = False) -> None:
        blocks = [self._held[:-1], self._held[-1:]] if alone else [self._held]
        for held in blocks:
            if held:
                self._lines += [seal(line) for line in samples_lines(joined(held), self.order)]
        self._held = []

    def _pack(self) -> None:
        self.packed.append(_pack(b"".join(self._lines)))
        self._lines = []


def _pack(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16, zlib.DEF_MEM_LEVEL, zlib.Z_FILTERED)  # for numbers: 3 % smaller
    return packer.compress(data) + packer.flush()


class _Fingerprint:
    """What is the same for two files that hold the same samples, cut as they may be, with the same other lines between them."""

    def __init__(self) -> None:
        self._hashes = [blake2b() for _ in range(5)]
        self._columns: list[list[int]] = [[] for _ in range(4)]  # sequence number, t_us, flags, raw of what is not hashed yet
        self._count = 0

    def add(self, what: object, line: bytes) -> None:
        """A line, and what it holds."""
        if not isinstance(what, Samples):
            self._flush()
            for h in self._hashes:
                h.update(b"%d:%s" % (self._count, line))
            return
        n = len(what.raw)
        for column, values in zip(self._columns, (range(what.seq, what.seq + n), what.t_us, what.flags, what.raw), strict=True):
            column += values
        for i, x in what.extra:
            self._hashes[-1].update(b"%d,%d;" % (self._count + i, x))
        self._count += n
        if len(self._columns[0]) >= HASH_AT_ONCE:
            self._flush()

    def digest(self) -> list[str]:
        self._flush()
        return [h.hexdigest() for h in self._hashes]

    def _flush(self) -> None:
        for i, (h, column) in enumerate(zip(self._hashes, self._columns, strict=False)):
            values = np.array(column, dtype=np.int64)
            h.update((values if i else values % 65536).tobytes())
            column.clear()


def _fingerprint(lines: Iterable[bytes]) -> list[str]:
    fingerprint = _Fingerprint()
    for line in lines:
        fingerprint.add(_what(line), line)
    return fingerprint.digest()


def _what(line: bytes) -> object:
    """What ``line`` holds; None if it is damaged."""
    try:
        return decode(line)
    except BadLine:
        return None
