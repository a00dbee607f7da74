"""The catalogue of recorded sessions: a SQLite file derived from the recordings' headers and summaries, and from nothing else.

It can be deleted at any time. Whatever is not as the recordings say, by their size and time, is read again; a damaged catalogue is made
anew. What a report or an export says comes from the recording itself, never from here.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from sixten.recording.companion import corrections
from sixten.recording.errors import RecordingError
from sixten.recording.head import CLOSED, PLAIN, head

VERSION = 1  # of the catalogue; another one is thrown away and made anew
LATEST = 50  # what is listed where nothing narrows it: a screen or two
DEPTH = 8  # folders in folders; deeper is a link to itself or somebody else's tree
READERS, PART = 4, 200  # threads, and files at a time; more threads than that gain nothing on a disk or on two cores
BUSY_S = 5.0  # another program needs less than this to read a hundred thousand headers it has not seen
TEXT_MAX = 200  # characters of a text from a header; ids and endings have 20

# In the order of people and time, so that one person's sessions lie together; nobody's person is an empty text.
_SCHEMA = (
    "CREATE TABLE session(name TEXT NOT NULL, key TEXT NOT NULL, problem TEXT NOT NULL, started_utc TEXT NOT NULL, kind TEXT NOT NULL,"
    " person TEXT NOT NULL, side TEXT, finished INTEGER NOT NULL, duration_s REAL, window_s REAL, load_s REAL, over_s REAL, ended TEXT,"
    " ceiling_kpa REAL, peak_kpa REAL, samples INTEGER, lost INTEGER, remarks INTEGER NOT NULL,"
    " PRIMARY KEY(person, started_utc, name)) WITHOUT ROWID",
    "CREATE INDEX by_time ON session(started_utc)",
    "CREATE INDEX by_name ON session(name, key)",
)
_CACHE_KB = 1 << 16  # the catalogue of 100 000 sessions is half of that, and is looked through as a whole
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
T = TypeVar("T")


class Session(NamedTuple):
    """What is listed of one recording. name: its path below the folder. started_utc: ISO 8601, so that it sorts as text. kind:
    ``session``, ``calibration``, ``flatboard`` or what a newer program calls it. person: the id, corrected where somebody corrected it.
    finished: whether there is a summary; without one the numbers after it are None.
    """

    name: str
    started_utc: str
    kind: str
    person: str | None
    side: str | None
    finished: bool
    duration_s: float | None
    window_s: float | None
    load_s: float | None
    over_s: float | None
    ended: str | None
    ceiling_kpa: float | None
    peak_kpa: float | None
    samples: int | None
    lost: int | None
    remarks: int


class Changes(NamedTuple):
    """What a look at the folder found: files new or changed, files gone."""

    read: int
    gone: int


class Library:
    """The recordings in ``folder`` and the folders in it. ``trouble``: empty, or one sentence about the catalogue itself."""

    def __init__(self, folder: Path, virtual: bool) -> None:
        """folder: need not exist. virtual: whether this is the tree for virtual balls; the two never mix."""
        self.folder = folder
        self.virtual = virtual
        self.trouble = ""
        self.path = folder.with_name(f"{folder.name}.sqlite")
        self._db = self._guarded(self._open)

    def close(self) -> None:
        """Let go of the catalogue's file."""
        self._db.close()

    def refresh(self, rebuild: bool = False) -> Changes:
        """Look at the folder, and read what has changed since the catalogue last saw it; with ``rebuild``, everything.

        Raises RecordingError if the folder cannot be read or another program holds the catalogue.
        """
        if rebuild:
            self._anew()
        return self._again(self._refresh)

    def find(
        self, person: str | None = None, side: str | None = None, since_utc: datetime | None = None, kind: str | None = None,
        limit: int | None = None,
    ) -> list[Session]:  # fmt: skip
        """Sessions, the newest first. person: an id. since_utc: aware. As of the last ``refresh``."""
        where, values = ["problem = ''"], []
        for column, wanted in (("person", person), ("side", side), ("kind", kind)):
            if wanted is not None:
                where.append(f"{column} = ?")
                values.append(wanted)
        if since_utc is not None:
            where.append("started_utc >= ?")
            values.append(_stamp(since_utc))
        sql = f"SELECT {', '.join(Session._fields)} FROM session WHERE {' AND '.join(where)} ORDER BY started_utc DESC LIMIT ?"
        rows = self._again(lambda: self._db.execute(sql, (*values, -1 if limit is None else limit)).fetchall())
        return [Session._make((*row[:3], row[3] or None, row[4], bool(row[5]), *row[6:])) for row in rows]

    def problems(self) -> list[str]:
        """One sentence for each file that looks like a recording and cannot be listed."""
        return [row[0] for row in self._again(lambda: self._db.execute("SELECT problem FROM session WHERE problem != '' ORDER BY name"))]

    # --- the folder ------------------------------------------------------------------------------------------------------------

    def _refresh(self) -> Changes:
        there = dict(_scan(self.folder, "", DEPTH))
        with self._db:
            known = dict(self._db.execute("SELECT name, key FROM session"))
            gone = known.keys() - there.keys()
            changed = [name for name, key in there.items() if known.get(name) != key]
            old = (*gone, *(name for name in changed if name in known))
            self._db.executemany("DELETE FROM session WHERE name = ?", ((name,) for name in old))
            places = ", ".join("?" * (len(Session._fields) + 2))
            self._db.executemany(f"INSERT INTO session VALUES ({places})", self._rows({name: there[name] for name in changed}))
        return Changes(len(changed), len(gone))

    def _rows(self, keys: dict[str, str]) -> Iterator[tuple[object, ...]]:
        """The rows of these files, read side by side: most of the time of a file that the system has not in memory is waiting."""
        names = list(keys)
        parts = (names[i : i + PART] for i in range(0, len(names), PART))
        with ThreadPoolExecutor(READERS) as pool:
            for rows in pool.map(lambda part: [self._row(name, keys[name]) for name in part], parts):
                yield from rows

    def _row(self, name: str, key: str) -> tuple[object, ...]:
        path = self.folder / name
        try:
            header, end = head(path)
        except RecordingError as error:
            again = isinstance(error.__cause__, OSError)  # what was forbidden may be allowed without the file changing
            return _problem(name, "" if again else key, str(error))
        try:
            started = datetime.fromisoformat(header["started_utc"])
            if started.tzinfo is None:
                raise ValueError
        except (KeyError, TypeError, ValueError):
            return _problem(name, key, f"{path} does not say when it was made.")
        if header.get("virtual") is not self.virtual:
            what = "is of a virtual ball" if header.get("virtual") else "is of a real ball"
            return _problem(name, key, f"{path} {what} and does not belong here; it is not listed.")
        try:
            said = corrections(path)
        except RecordingError as error:  # whose it is, is not known for sure
            return _problem(name, "", str(error))
        numbers = end or {}
        plan = header.get("plan")
        side = _text(header.get("side")) or _visited(numbers)
        ceiling = numbers.get("ceiling_kpa") if end else plan.get("ceiling_kpa") if isinstance(plan, dict) else None
        return (
            name, key, "", _stamp(started), _text(header.get("kind")) or _text(header.get("procedure")) or "session",
            said.person_id or _text(header.get("person")) or "", said.side or side, end is not None,
            *(_number(numbers.get(k)) for k in ("duration_s", "window_s", "load_s", "over_s")), _text(numbers.get("ended")),
            _number(ceiling), _number(numbers.get("peak_kpa")), _whole(numbers.get("samples")), _whole(numbers.get("lost")),
            len(said.remarks),
        )  # fmt: skip

    # --- the catalogue's file --------------------------------------------------------------------------------------------------

    def _open(self) -> sqlite3.Connection:
        """The catalogue; empty if there was none, or none of this version and shape."""
        for attempt in (1, 2):
            db = sqlite3.connect(self.path, timeout=BUSY_S)
            try:
                db.execute("PRAGMA trusted_schema = OFF")
                db.execute(f"PRAGMA cache_size = -{_CACHE_KB}")
                if not db.execute("PRAGMA user_version").fetchone()[0] and not _shape(db):
                    with db:
                        db.execute("BEGIN IMMEDIATE")
                        for sql in () if _shape(db) else _SCHEMA:
                            db.execute(sql)
                        db.execute(f"PRAGMA user_version = {VERSION}")
                    with suppress(OSError):
                        self.path.chmod(0o600)
                # The shape is compared whole: a view of that name could be made to run for ever.
                if db.execute("PRAGMA user_version").fetchone()[0] == VERSION and _shape(db) == sorted(_SCHEMA):
                    if db.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok":
                        return db
                damaged = db.execute("PRAGMA user_version").fetchone()[0] in (0, VERSION)
            except sqlite3.DatabaseError as error:
                db.close()
                if not _is_damage(error) or attempt == 2:
                    raise
                damaged = True
            db.close()
            self._remove()
            if damaged:
                self.trouble = "the catalogue of sessions was damaged and has been made anew"
        raise sqlite3.OperationalError("the catalogue changes while it is opened")

    def _guarded(self, open_it: Callable[[], sqlite3.Connection]) -> sqlite3.Connection:
        """Where there can be no file (a full or read-only disk), a catalogue in memory does as well, for this once."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            return open_it()
        except (sqlite3.DatabaseError, OSError) as error:
            if _is_busy(error):
                raise RecordingError(f"Another program is working on {self.path}; try again in a moment.") from error
            self.trouble = f"the catalogue {self.path} cannot be kept ({error}); every file is read each time"
            db = sqlite3.connect(":memory:")
            for sql in _SCHEMA:
                db.execute(sql)
            return db

    def _remove(self) -> None:
        for suffix in ("", "-journal", "-wal", "-shm"):
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)

    def _anew(self) -> None:
        self._db.close()
        with suppress(OSError):
            self._remove()
        self._db = self._guarded(self._open)

    def _again(self, work: Callable[[], T]) -> T:
        """``work``; if the catalogue turns out to be damaged or cannot be written, once more on a new one."""
        try:
            return work()
        except sqlite3.DatabaseError as error:
            if _is_busy(error):
                raise RecordingError(f"Another program is working on {self.path}; try again in a moment.") from error
            if _is_damage(error):
                self._anew()
                self.trouble = "the catalogue of sessions was damaged and has been made anew"
            else:
                self._db.close()
                self._db = self._guarded(_refuse(error))
        self._refresh()
        return work()


def _refuse(error: sqlite3.DatabaseError) -> Callable[[], sqlite3.Connection]:
    def refuse() -> sqlite3.Connection:
        raise error

    return refuse


def _is_damage(error: Exception) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED


def _is_busy(error: Exception) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _shape(db: sqlite3.Connection) -> list[str]:
    return sorted(sql or "" for (sql,) in db.execute("SELECT sql FROM sqlite_master"))


def _scan(folder: Path, below: str, depth: int) -> Iterator[tuple[str, str]]:
    """(name, key) of each recording; the key changes when the file or what stands beside it does. Links are not followed."""
    try:
        with os.scandir(folder) as entries:
            found = {e.name: e for e in entries if not e.name.startswith(".")}
    except FileNotFoundError:
        return
    except OSError as error:
        raise RecordingError(f"{folder} cannot be read ({error.strerror}).") from error
    for name, entry in found.items():
        if entry.is_dir(follow_symlinks=False):
            if depth:
                yield from _scan(folder / name, f"{below}{name}/", depth - 1)
            continue
        plain = name.endswith(PLAIN)
        if not (plain or name.endswith(CLOSED)) or plain and f"{name}.gz" in found or not entry.is_file(follow_symlinks=False):
            continue
        stem = name.removesuffix(PLAIN if plain else CLOSED)
        if not stem.endswith(NOTES):
            beside = found.get(f"{stem}{NOTES}{PLAIN}")
            with suppress(FileNotFoundError):  # it went while we looked
                yield _printable(f"{below}{name}"), " ".join(_key(e) for e in (entry, beside) if e is not None)


NOTES = ".notes"  # before the suffix of the file of corrections beside a recording


def _printable(name: str) -> str:
    """A name that is no UTF-8 is none for SQLite either; spelt out, it names no file, which is then told as a problem."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _key(entry: os.DirEntry[str]) -> str:
    stat = entry.stat(follow_symlinks=False)
    return f"{stat.st_size}:{stat.st_mtime_ns}"


def _visited(numbers: dict[str, Any]) -> str | None:
    """The side that a visit's windows were on; None where both, or none."""
    sides = [side for side in ("left", "right") if numbers.get(f"{side}_windows")]
    return sides[0] if len(sides) == 1 else None


def _problem(name: str, key: str, words: str) -> tuple[object, ...]:
    """Takes the place of a row. An empty key matches no file, so that it is tried again each time."""
    return (name, key, words, "", "", "", None, 0, *[None] * 9, 0)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def _text(value: Any) -> str | None:
    """Surrogates are no text for SQLite."""
    return value[:TEXT_MAX].encode("utf-8", "replace").decode() if isinstance(value, str) and value else None


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value) if isfinite(value) else None
    except OverflowError:
        return None


def _whole(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value < 1 << 62 else None
