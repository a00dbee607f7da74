"""The first thing in a recording: its header and its summary, without reading the session between them.

The closed form (``.ndjson.gz``) has both in its first member. The plain form (``.ndjson``) has the summary in its last line, which is not
there while the session is being recorded, nor after a crash.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import IO, Any, NamedTuple

from sixten.recording.errors import RecordingError
from sixten.recording.lines import FORMAT, MAX_LINE, VERSION, BadLine, unseal

PLAIN, CLOSED = ".ndjson", ".ndjson.gz"
TAIL = 8192  # bytes in which the last line of a plain recording lies; the longest honest one is under 1 kB
_ZIPPED = b"\x1f\x8b"
_PIECE = 8192  # of a closed file; header and summary are 1 kB without and 4 kB with a calibration in it, compressed to half


class Head(NamedTuple):
    """header: as it was written. end: the summary, None if there is none."""

    header: dict[str, Any]
    end: dict[str, Any] | None


def head(path: Path) -> Head:
    """Header and summary of ``path``, whatever its form.

    Raises RecordingError, in one sentence, for what cannot be read, is no recording, or was made by a newer program.
    """
    try:
        with path.open("rb") as file:
            return head_of(path, file)
    except OSError as error:
        raise RecordingError(f"{path} cannot be read ({error.strerror}).") from error


def head_of(path: Path, file: IO[bytes]) -> Head:
    """The same of an open file; ``path`` is its name, for the words."""
    try:
        closed = file.read(len(_ZIPPED)) == _ZIPPED
        file.seek(0)
        return _closed(path, file) if closed else _plain(path, file)
    except (BadLine, zlib.error) as error:
        raise RecordingError(f"{path} is not a sixten recording, or its beginning is damaged ({error}).") from error


def _closed(path: Path, file: IO[bytes]) -> Head:
    unzip = zlib.decompressobj(wbits=31)
    text = b""
    while text.count(b"\n") < 2 and len(text) < 2 * MAX_LINE and not unzip.eof:  # both bounds hold against a bomb
        piece = file.read(_PIECE)
        if not piece:
            break
        text += unzip.decompress(piece, 2 * MAX_LINE - len(text))
    first, _, rest = text.partition(b"\n")
    second = rest.partition(b"\n")[0]
    return Head(check_header(path, unseal(first)), _end(second))


def _plain(path: Path, file: IO[bytes]) -> Head:
    header = check_header(path, unseal(file.readline(MAX_LINE)))
    size = file.seek(0, 2)
    file.seek(max(0, size - TAIL))
    lines = file.read(TAIL).splitlines(keepends=True)
    return Head(header, _end(lines[-1]) if lines else None)


def _end(line: bytes) -> dict[str, Any] | None:
    try:
        obj = unseal(line)
    except BadLine:
        return None
    return obj if obj["k"] == "end" else None


def check_header(path: Path, obj: dict[str, Any]) -> dict[str, Any]:
    """``obj``, if it is the header of a recording. Raises BadLine, or RecordingError if a newer program made it."""
    version = obj.get("version")
    if obj["k"] != "header" or obj.get("format") != FORMAT or not isinstance(version, int) or version < 1:
        raise BadLine("no header")
    if version > VERSION:
        raise RecordingError(f"{path} was made by a newer version of sixten (format {version}, this one reads {VERSION}); update sixten.")
    return obj
