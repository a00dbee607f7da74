"""Everything that was measured on this computer as one zip archive, and back: people, balls and recordings, each with its digest.

An archive is somebody else's file until it is proved otherwise: names, sizes and digests of all entries are checked before the first is
written. Restoring adds. What is here already stays as it is, whatever the archive says of it.
"""

from __future__ import annotations

import os
import re
import shutil
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec

import sixten
from sixten.recording.balls import MAX_BYTES as BALL_MAX
from sixten.recording.balls import Balls
from sixten.recording.errors import RecordingError
from sixten.recording.head import CLOSED, PLAIN, Head, head, head_of
from sixten.recording.lock import locked
from sixten.recording.people import FILE_MAX as PERSON_MAX
from sixten.recording.people import People, Person, name_key, printable
from sixten.recording.whole import new_file

FORMAT, VERSION = "sixten-backup", 1
MANIFEST = "manifest.json"
SESSION_MAX = 1 << 28  # bytes of a recording: what its reader takes
ENTRIES_MAX = 1_000_000  # three files a day for a thousand people and a year
MANIFEST_MAX = 1 << 28  # bytes: as many entries with the longest names that are usual
PACKED_MAX = 100  # a file over 64 kB that shrinks more is none of ours: each of our lines ends with a checksum, which does not shrink
SPARE_BYTES = 50 << 20  # disk space that a restore leaves free
PIECE = 1 << 20
FIRST, LAST = (1980, 1, 1, 0, 0, 0), (2107, 12, 31, 23, 59, 58)  # times that a zip can hold

# Names that mean the same on every system: no drive, no stream, no hidden file, no way up.
_PART = r"[^\W_][\w,()+=@ .-]{0,199}"
_PLACES: dict[str, tuple[re.Pattern[str], int]] = {
    "sessions": (re.compile(rf"(?:{_PART}(?<![ .])/){{0,8}}{_PART}\.ndjson(?:\.gz)?"), SESSION_MAX),
    "people": (re.compile(r"[0-9a-f]{16}/(?:person|(?:left|right)-[0-9A-Za-z.-]{1,60})\.json"), PERSON_MAX),
    "balls": (re.compile(r"[0-9A-Za-z_-]{1,32}\.json"), BALL_MAX),
}


class Entry(msgspec.Struct, frozen=True):
    """One file of an archive. sha256: in hexadecimal digits."""

    name: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """What an archive says of itself."""

    format: str
    version: int
    made_utc: str
    software: str
    files: tuple[Entry, ...]


class Trees(NamedTuple):
    """Where sessions, people and balls are kept."""

    sessions: Path
    people: Path
    balls: Path


@dataclass
class Counts:
    """sessions, people, calibrations, balls: how many. already: files that are here as they are. told: a sentence for each that is not
    dealt with.
    """

    sessions: int = 0
    people: int = 0
    calibrations: int = 0
    balls: int = 0
    already: int = 0
    told: list[str] = field(default_factory=list)

    def add(self, name: str) -> None:
        """Count the file of that name in an archive."""
        tree = name.partition("/")[0]
        if tree == "sessions":
            self.sessions += not _is_notes(name)
        elif tree == "balls":
            self.balls += 1
        elif name.endswith("/person.json"):
            self.people += 1
        else:
            self.calibrations += 1


def backup(out: Path, trees: Trees) -> Counts:
    """Write everything into the new file ``out``; ``told`` names what could not be put in. Virtual ones are not measured and stay out.

    Raises RecordingError if ``out`` exists or cannot be written.
    """
    counts = Counts()
    entries: list[Entry] = []
    with new_file(out) as file, zipfile.ZipFile(file, "w") as archive, _held(trees.people):
        for name, path in _files(trees, counts):
            try:
                entries.append(_pack(archive, name, path))
            except OSError as error:
                if error.filename != str(path):
                    raise  # it is the archive that cannot be written
                counts.told.append(f"{path} cannot be read ({error.strerror}) and is not in the backup.")
            else:
                counts.add(name)
        made = datetime.now(UTC).isoformat(timespec="seconds")
        manifest = Manifest(FORMAT, VERSION, made, sixten.__version__, tuple(entries))
        archive.writestr(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=1), zipfile.ZIP_DEFLATED)
    return counts


def restore(path: Path, trees: Trees) -> Counts:
    """Add what ``path`` holds and is not here. ``told``: what is here and differs, and whatever else was not added.

    Raises RecordingError, before anything is written, for an archive that is damaged, not ours, or too large for the disk.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = _checked(path, archive)
            _room(path, trees, sum(e.size for e in entries))
            counts = Counts()
            with _held(trees.people, make=True):
                _people(archive, [e for e in entries if e.name.startswith("people/")], trees.people, counts)
            _sessions(archive, [e for e in entries if e.name.startswith("sessions/")], trees.sessions, counts)
            _balls(archive, [e for e in entries if e.name.startswith("balls/")], trees.balls, counts)
            return counts
    except OSError as error:
        raise RecordingError(f"{path} cannot be restored ({error.strerror or error}).") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, UnicodeDecodeError) as error:
        raise RecordingError(f"{path} is no sixten backup, or it is damaged ({error}).") from error


# --- into an archive ------------------------------------------------------------------------------------------------------------


def _held(people: Path, make: bool = False) -> AbstractContextManager[None]:
    """The lock on the people, so that nobody is half there."""
    if make:
        people.mkdir(parents=True, exist_ok=True, mode=0o700)
    return locked(people) if people.is_dir() else nullcontext()


def _files(trees: Trees, counts: Counts) -> Iterator[tuple[str, Path]]:
    """(name in the archive, path) of what there is to keep. Folders and files that begin with a dot are nobody's data."""
    for tree, folder in trees._asdict().items():
        pattern, size_max = _PLACES[tree]
        for where, folders, names in os.walk(folder):
            folders[:] = sorted(f for f in folders if not f.startswith("."))
            for name in sorted(names):
                path = Path(where, name)
                if name.startswith(".") or path.is_symlink() or not path.is_file():
                    continue
                inside = path.relative_to(folder).as_posix()
                if not pattern.fullmatch(inside):
                    if name.endswith((".json", PLAIN, CLOSED)):
                        counts.told.append(f"{path} has no name that a backup can hold, and is not in it.")
                elif path.stat().st_size > size_max:
                    counts.told.append(f"{path} is larger than {size_max >> 20} MB and is not in the backup.")
                else:
                    yield f"{tree}/{inside}", path


def _pack(archive: zipfile.ZipFile, name: str, path: Path) -> Entry:
    """A recording that is being made now is taken as far as it has come."""
    with path.open("rb") as source:
        stat = os.fstat(source.fileno())
        made = time.localtime(stat.st_mtime)[:6]
        info = zipfile.ZipInfo(name, min(max(FIRST, made), LAST))
        info.compress_type = zipfile.ZIP_STORED if name.endswith(".gz") else zipfile.ZIP_DEFLATED
        info.external_attr = 0o600 << 16
        digest, left = sha256(), stat.st_size
        with archive.open(info, "w") as target:
            while left and (piece := _piece(path, source, left)):
                target.write(piece)
                digest.update(piece)
                left -= len(piece)
    return Entry(name, stat.st_size - left, digest.hexdigest())


def _piece(path: Path, source: BinaryIO, left: int) -> bytes:
    try:
        return source.read(min(PIECE, left))
    except OSError as error:
        raise RecordingError(f"{path} cannot be read to its end ({error.strerror}); nothing was backed up.") from error


# --- out of an archive ----------------------------------------------------------------------------------------------------------


def _checked(path: Path, archive: zipfile.ZipFile) -> tuple[Entry, ...]:
    """What the archive holds, proved: names, sizes, and the digest of every byte. Raises RecordingError."""
    infos = {i.filename: i for i in archive.infolist()}
    if len(infos) != len(archive.infolist()) or len(infos) > ENTRIES_MAX:
        raise RecordingError(f"{path} holds a name twice, or too many; nothing was restored.")
    if MANIFEST not in infos or infos[MANIFEST].file_size > MANIFEST_MAX:
        raise RecordingError(f"{path} has no manifest: it is no sixten backup.")
    if sum(i.compress_size for i in infos.values()) > path.stat().st_size:
        raise RecordingError(f"{path} holds files that overlap; nothing was restored.")
    manifest = _manifest(path, b"".join(_read(archive, infos[MANIFEST])))
    if {e.name for e in manifest.files} != infos.keys() - {MANIFEST} or len(manifest.files) != len(infos) - 1:
        raise RecordingError(f"{path} does not hold what its manifest names; nothing was restored.")
    for entry in manifest.files:
        info = infos[entry.name]
        tree, _, inside = entry.name.partition("/")
        pattern, size_max = _PLACES.get(tree, (None, 0))
        if pattern is None or not pattern.fullmatch(inside):
            raise RecordingError(f"{path} holds {printable(entry.name)}, a name that no backup of sixten has; nothing was restored.")
        packed = max(info.compress_size * PACKED_MAX, 1 << 16)
        if info.file_size != entry.size or not 0 <= entry.size <= size_max or entry.size > packed:
            raise RecordingError(f"{path}: {printable(entry.name)} has a size that no such file has; nothing was restored.")
    for entry in manifest.files:
        digest = sha256()
        for piece in _read(archive, infos[entry.name]):
            digest.update(piece)
        if digest.hexdigest() != entry.sha256:
            raise RecordingError(f"{path}: {printable(entry.name)} is not what was backed up (its digest differs); nothing was restored.")
    return manifest.files


def _manifest(path: Path, data: bytes) -> Manifest:
    try:
        raw = msgspec.json.decode(data)
        if not isinstance(raw, dict) or raw.get("format") != FORMAT:
            raise ValueError("not a sixten backup")
        if isinstance(raw.get("version"), int) and raw["version"] > VERSION:
            raise RecordingError(f"{path} was made by a newer version of sixten; update sixten.")
        return msgspec.convert(raw, Manifest)
    except (ValueError, RecursionError) as error:  # msgspec's errors are ValueErrors
        raise RecordingError(f"{path} has no manifest that can be read ({error}).") from error


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """The bytes of an entry, no more than it claims to have; the zip's own checksum is checked on the way."""
    if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise RecordingError(f"{archive.filename}: {printable(info.filename)} is packed in a way that no backup of sixten is.")
    with archive.open(info) as source:
        while piece := source.read(PIECE):
            yield piece


def _room(path: Path, trees: Trees, needed: int) -> None:
    there = next(p for p in (trees.sessions, *trees.sessions.parents) if p.exists())
    free = shutil.disk_usage(there).free
    if needed + SPARE_BYTES > free:
        raise RecordingError(f"{path} needs {needed >> 20} MB and {there} has {free >> 20} MB free; make room first.")


def _write(archive: zipfile.ZipFile, entry: Entry, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with new_file(target) as file:
        for piece in _read(archive, archive.getinfo(entry.name)):
            file.write(piece)


def _people(archive: zipfile.ZipFile, entries: list[Entry], folder: Path, counts: Counts) -> None:
    """Each person before their calibrations. Somebody of the same name with another id is somebody else as far as anybody can tell."""
    names = {name_key(p.name) for p in People(folder, False).everybody()}
    for entry in sorted(entries, key=lambda e: (not e.name.endswith("/person.json"), e.name)):
        target = folder / entry.name.partition("/")[2]
        if target.exists():
            if _same(target, entry) or target.name == "person.json" and _same_person(target, _bytes(archive, entry)):
                counts.already += 1
            else:
                counts.told.append(f"{target} is here and differs from the backup; what is here stays.")
            continue
        data = _bytes(archive, entry)
        if target.name == "person.json":
            person = _person(data)
            if person is None or person.id != target.parent.name:
                counts.told.append(f"{entry.name} in the backup is damaged and was not restored.")
                continue
            name, n = person.name, 1
            while name_key(name) in names:
                n += 1
                name = f"{person.name} ({n})"
            if n > 1:
                counts.told.append(f"There is already somebody called {person.shown} here; the one in the backup is now {printable(name)}.")
                data = msgspec.json.format(msgspec.json.encode(msgspec.structs.replace(person, name=name)), indent=1) + b"\n"
            names.add(name_key(name))
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with new_file(target) as file:
            file.write(data)
        counts.add(entry.name)


def _sessions(archive: zipfile.ZipFile, entries: list[Entry], folder: Path, counts: Counts) -> None:
    """A recording that was moved by hand, or closed since, is here already under another name: it is told by name and header."""
    here: dict[str, list[Path]] = {}
    for where, _, names in os.walk(folder):
        for name in names:
            here.setdefault(_stem(name), []).append(Path(where, name))
    for entry in entries:
        target = folder / entry.name.partition("/")[2]
        if os.path.lexists(target):
            if _same(target, entry) or _goes_on(target, archive, entry):
                counts.already += 1
            else:
                counts.told.append(f"{target} is here and differs from the backup; what is here stays.")
            continue
        others = here.get(_stem(target.name), [])
        if others and (_is_notes(entry.name) or _same_session(others, archive, entry)):
            counts.already += 1
            continue
        _write(archive, entry, target)
        counts.add(entry.name)


def _balls(archive: zipfile.ZipFile, entries: list[Entry], folder: Path, counts: Counts) -> None:
    balls = Balls(folder)
    for entry in entries:
        unique_id = entry.name.partition("/")[2].removesuffix(".json")
        balls.trouble = ""
        target = folder / f"{unique_id}.json"
        if not os.path.lexists(target):
            _write(archive, entry, target)
            counts.add(entry.name)
        elif balls.merge(unique_id, _bytes(archive, entry)):
            counts.add(entry.name)
        elif balls.trouble:
            counts.told.append(f"{balls.trouble}.")
        else:
            counts.already += 1


def _bytes(archive: zipfile.ZipFile, entry: Entry) -> bytes:
    return b"".join(_read(archive, archive.getinfo(entry.name)))


def _same(path: Path, entry: Entry) -> bool:
    if path.is_symlink() or not path.is_file() or path.stat().st_size != entry.size:
        return False
    with path.open("rb") as file:
        return _digest(file) == entry.sha256


def _goes_on(path: Path, archive: zipfile.ZipFile, entry: Entry) -> bool:
    """Whether the file here is the one in the archive with more behind it: it was being recorded, or a remark was added."""
    if path.is_symlink() or not path.is_file() or path.stat().st_size <= entry.size or entry.name.endswith(".gz"):
        return False
    with path.open("rb") as file:
        return all(file.read(len(piece)) == piece for piece in _read(archive, archive.getinfo(entry.name)))


def _same_session(others: list[Path], archive: zipfile.ZipFile, entry: Entry) -> bool:
    """By when it began and whose it is: the header of the closed form may say more than that of the plain one."""

    def what(found: Head) -> tuple[object, ...]:
        return tuple(found.header.get(k) for k in ("started_utc", "person", "side", "virtual"))

    try:
        with archive.open(entry.name) as file:
            mine = what(head_of(Path(entry.name), file))
        return any(what(head(o)) == mine for o in others if o.name.endswith((PLAIN, CLOSED)))
    except RecordingError:
        return False


def _digest(file: BinaryIO) -> str:
    digest = sha256()
    while piece := file.read(PIECE):
        digest.update(piece)
    return digest.hexdigest()


def _person(data: bytes) -> Person | None:
    try:
        return msgspec.json.decode(data, type=Person)
    except (ValueError, RecursionError):
        return None


def _same_person(path: Path, data: bytes) -> bool:
    """Whether they differ in the name at most, as after a restore beside somebody of the same name."""
    one, two = _person(path.read_bytes()[:PERSON_MAX]), _person(data)
    return one is not None and two is not None and (one.id, one.created_utc) == (two.id, two.created_utc)


def _stem(name: str) -> str:
    return name.rpartition("/")[2].removesuffix(".gz").removesuffix(PLAIN)


def _is_notes(name: str) -> bool:
    return _stem(name).endswith(".notes")
