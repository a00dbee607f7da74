"""What was put right about a recording afterwards: the wrong person, the wrong side, a remark. The recording itself is never rewritten.

A file beside it, ``NAME.notes.ndjson``, for both forms of NAME: a line a correction, appended, sealed with a CRC as in the recording.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sixten.recording.errors import RecordingError
from sixten.recording.head import PLAIN
from sixten.recording.lines import MAX_LINE, BadLine, seal, unseal
from sixten.recording.reader import base_name

VERSION = 1
MAX_BYTES = 1 << 20  # of a companion: thousands of corrections of one session
REMARK_MAX = 2_000  # characters; a page
SIDES = ("left", "right")
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")  # as in people/, never a name


@dataclass(frozen=True)
class Corrections:
    """What counts instead of the header; None or empty where nothing was corrected.

    calibration_detached: the person or the side was wrong, so the line and what was found belong to somebody or somewhere else, and
    count for nobody. damaged: lines that could not be read.
    """

    person_id: str | None = None
    side: str | None = None
    remarks: tuple[str, ...] = ()
    calibration_detached: bool = False
    damaged: int = 0


def companion_path(path: Path) -> Path:
    """The companion of the recording ``path``, whether there is one or not."""
    return path.with_name(base_name(path) + ".notes" + PLAIN)


def corrections(path: Path) -> Corrections:
    """The corrections of the recording ``path``, the last one counting; neutral when there are none.

    Raises RecordingError if its companion cannot be read or was made by a newer program.
    """
    notes = companion_path(path)
    try:
        with notes.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return Corrections()
    except OSError as error:
        raise RecordingError(f"{notes} cannot be read ({error.strerror}).") from error
    if len(data) > MAX_BYTES:
        raise RecordingError(f"{notes} is larger than {MAX_BYTES >> 20} MB; those are not the corrections of one session.")
    person_id = side = None
    remarks: list[str] = []
    detached, damaged = False, 0
    for line in data.split(b"\n"):
        if not line:
            continue
        try:
            obj = unseal(line)
            if obj["k"] != "correction":
                raise BadLine("another kind")
            if isinstance(obj.get("version"), int) and obj["version"] > VERSION:
                raise RecordingError(f"{notes} was made by a newer version of sixten; update sixten.")
            new_person, new_side, remark = _checked(obj.get("person"), obj.get("side"), obj.get("remark"))
        except ValueError:  # a BadLine is one
            damaged += 1
            continue
        person_id, side = new_person or person_id, new_side or side
        remarks += [remark] if remark else []
        detached = detached or bool(new_person or new_side)
    return Corrections(person_id, side, tuple(remarks), detached, damaged)


def correct(path: Path, *, person_id: str | None = None, side: str | None = None, remark: str | None = None) -> Corrections:
    """Append a correction of the recording ``path`` and return all of them.

    Raises ValueError, in words, for what cannot be a correction, and RecordingError if it cannot be kept.
    """
    person_id, side, remark = _checked(person_id, side, remark)
    if not (person_id or side or remark):
        raise ValueError("There is nothing to correct; give a person, a side or a note.")
    notes = companion_path(path)
    utc = datetime.now(UTC).isoformat(timespec="seconds")
    line = seal({"k": "correction", "version": VERSION, "utc": utc, "person": person_id, "side": side, "remark": remark})
    if len(line) > MAX_LINE:
        raise ValueError("That note is too long.")
    try:
        fd = os.open(notes, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o600)
        try:
            size = os.lseek(fd, 0, os.SEEK_END)
            if size + len(line) > MAX_BYTES:
                raise RecordingError(f"{notes} is full; that are more corrections than one session can have.")
            if size and (os.lseek(fd, size - 1, os.SEEK_SET), os.read(fd, 1))[1] != b"\n":
                line = b"\n" + line  # what was torn off there must not tear this one
            if os.write(fd, line) != len(line):
                os.ftruncate(fd, size)
                raise RecordingError(f"{notes} cannot be written (no space left on the disk).")
            os.fsync(fd)
        finally:
            os.close(fd)
    except OSError as error:
        raise RecordingError(f"{notes} cannot be written ({error.strerror}).") from error
    return corrections(path)


def _checked(person_id: Any, side: Any, remark: Any) -> tuple[str | None, str | None, str | None]:
    if person_id is not None and not (isinstance(person_id, str) and _ID.fullmatch(person_id)):
        raise ValueError(f"{person_id!r} is not the id of a person.")
    if side is not None and side not in SIDES:
        raise ValueError(f"There is no side {side!r}; give left or right.")
    if remark is not None:
        if not isinstance(remark, str) or len(remark) > REMARK_MAX:
            raise ValueError(f"A note has at most {REMARK_MAX} characters.")
        remark = " ".join(remark.split()) or None
    return person_id, side, remark
