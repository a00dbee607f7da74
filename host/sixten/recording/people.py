"""People and their calibrations, on this machine alone: a folder a person, a file a calibration, nothing ever overwritten.

Folders carry random ids; the display name stands inside, so a name is never a path. What a virtual ball taught is kept in a tree of its
own. Every file is written aside, synced and renamed, and readable by its owner alone where the system knows owners.
"""

from __future__ import annotations

import os
import secrets
import shlex
import shutil
import unicodedata
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from math import isfinite
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

from sixten.pain.model import UNKNOWNS, Earlier
from sixten.recording.companion import corrections
from sixten.recording.errors import RecordingError
from sixten.recording.lock import locked
from sixten.recording.whole import sync_folder

VERSION = 1
NAME_MAX = 1000  # characters; longer is a file pasted by mistake
FILE_MAX = 1 << 20  # bytes; the longest honest calibration is under 10 kB
CALIBRATIONS_MAX = 10_000  # a person and side: two a day for thirteen years
CLOCK_SLACK = timedelta(minutes=2)  # a calibration this far in the future is a clock that was corrected, farther is one set back [judged]

Side = Literal["left", "right"]
T = TypeVar("T")
RatingTuple = tuple[float, int, str, float, float, int]  # kpa, score, kind, rate_kpa_s, held_s, trial: the fields of a pain Rating


class Person(msgspec.Struct, frozen=True):
    """id: random, the folder's name. name: as it was typed, any text: print ``shown``. created_utc: aware."""

    id: str
    name: str
    created_utc: datetime
    version: int = VERSION

    @property
    def shown(self) -> str:
        """The name, fit to print: control characters and the like are spelt out."""
        return printable(self.name)


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """One calibration of one side as it was that day, refused ones (``ceiling_kpa`` None, with ``reasons``) included.

    ratings: one tuple a key press, see RatingTuple. numbers: what else the fit gave (median, interval, what carries over). unit, ball_id,
    ball_calibration_id: what it was made with (the last empty without a flat-board calibration). rated_by: ``self`` or ``partner``.
    recording: the recording's file name. software: versions. lowered: no calibration of its own, but today's ceiling as a rating in a
    session has lowered it.
    """

    made_utc: datetime
    side: Side
    ceiling_kpa: float | None
    ratings: tuple[RatingTuple, ...]
    unit: str
    ball_id: str
    ball_calibration_id: str
    virtual: bool
    reasons: tuple[str, ...] = ()
    numbers: dict[str, Any] = {}
    lowered: bool = False
    rated_by: str = "self"
    recording: str = ""
    software: dict[str, str] = {}
    version: int = VERSION


class NoCeiling(msgspec.Struct, frozen=True):
    """There is no ceiling to use now; ``reason`` is one sentence that also says what to do."""

    reason: str


class People:
    """The people kept in ``folder``. ``damage`` holds a sentence for each file that the last call could not read."""

    def __init__(self, folder: Path, virtual: bool) -> None:
        """folder: need not exist. virtual: whether this is the tree for virtual balls; the two never mix."""
        self.folder = folder
        self.virtual = virtual
        self.damage: list[str] = []

    def everybody(self) -> list[Person]:
        """Everybody, by name. Damaged ones are left out and told in ``damage``."""
        self.damage = []
        out = []
        for folder in self._folders():
            try:
                person = read_struct(folder / "person.json", Person)
            except FileNotFoundError:
                continue  # just being made, or just being removed
            except RecordingError as error:
                self.damage.append(str(error))
            else:
                if person.id == folder.name:
                    out.append(person)
                else:
                    self.damage.append(f"{folder} holds the person {person.id}; a folder was copied or renamed by hand.")
        return sorted(out, key=lambda p: (name_key(p.name), p.id))

    def find(self, name: str) -> Person:
        """The person of that name; capitals and spaces do not matter. Raises ValueError, with names that come near, if there is none."""
        people = {name_key(p.name): p for p in self.everybody()}
        found = people.get(name_key(name))
        if found:
            return found
        near = [people[k].shown for k in get_close_matches(name_key(name), list(people), 3)]
        hint = f"did you mean {' or '.join(near)}?" if near else "see `sixten people list`." if people else "nobody is stored yet."
        raise ValueError(f"There is no person called {printable(name)}; {hint}")

    def create(self, name: str, now: datetime | None = None) -> Person:
        """A new person. Raises ValueError for no name, or one that is taken."""
        check_name(name)
        self._make(self.folder)
        with locked(self.folder):
            if any(name_key(p.name) == name_key(name) for p in self.everybody()):
                raise ValueError(f"There is already somebody called {printable(name)}.")
            person = Person(secrets.token_hex(8), name.strip(), now or datetime.now(UTC))
            folder = self.folder / person.id
            self._make(folder)
            write_struct(folder / "person.json", person)
        return person

    def forget(self, person: Person) -> None:
        """Remove everything kept of ``person`` here. Recordings, exports and backups are not here and stay.

        Raises RecordingError if something could not be removed.
        """
        if not (self.folder / person.id).is_dir():
            raise ValueError(f"{person.shown} is not stored any more.")
        with locked(self.folder):
            gone = self.folder / f".forgotten-{secrets.token_hex(8)}"
            try:
                os.rename(self.folder / person.id, gone)  # first out of sight in one step, so nobody meets half a person
                for old in self.folder.glob(".forgotten-*"):  # also what an interrupted removal left
                    shutil.rmtree(old)
            except OSError as error:
                raise RecordingError(f"Not everything of {person.shown} could be removed ({error}); delete {gone} by hand.") from error

    def calibrations(self, person: Person, side: Side) -> list[Calibration]:
        """All of them, oldest first. Damaged ones are left out and told in ``damage``."""
        self.damage = []
        out = []
        for path in self._files(person, side):
            try:
                out.append(self._calibration(path, side))
            except (RecordingError, FileNotFoundError) as error:
                self.damage.append(str(error))
        return sorted(out, key=lambda c: c.made_utc)

    def add_calibration(self, person: Person, calibration: Calibration) -> Path:
        """Keep it, beside all earlier ones. Raises ValueError for a virtual one among real people or the other way round."""
        if calibration.virtual != self.virtual:
            raise ValueError("what a virtual ball taught is never kept for a real one")
        if calibration.made_utc.tzinfo is None:
            raise ValueError("a calibration's date needs its time zone")
        if not all(isfinite(x) for r in calibration.ratings for x in (r[0], r[3], r[4])):
            raise ValueError("a rating without a number cannot be kept")
        stamp = calibration.made_utc.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        folder = self.folder / person.id
        if not folder.is_dir():
            raise RecordingError(f"{person.shown} is not stored any more; the calibration is in its recording.")
        with locked(self.folder):
            path = folder / f"{calibration.side}-{stamp}-{secrets.token_hex(3)}.json"
            write_struct(path, calibration)
        return path

    def earlier(self, person: Person, side: Side, unit: str, ball_calibration_id: str, ball_id: str | None) -> list[Earlier]:
        """What the valid calibrations in this ``unit`` said, oldest first: for ``prior_after`` of this side and ball. Those of the other
        side, of another ball or from before the ball was calibrated anew are never taken for this one's."""
        here = (side, ball_calibration_id, ball_id)
        sides: tuple[Side, Side] = ("left", "right")
        found: list[tuple[datetime, Earlier]] = []
        for s in sides:
            for c in self.calibrations(person, s):
                mean, sd = c.numbers.get("mean", ()), c.numbers.get("sd", ())
                fits = len(mean) == len(sd) == UNKNOWNS  # a calibration of an older model says nothing to this one
                if c.ceiling_kpa is not None and not c.lowered and fits and c.unit == unit:
                    same = (s, c.ball_calibration_id, c.ball_id) == here
                    found.append((c.made_utc, Earlier(tuple(mean), tuple(sd), same)))
        return [e for _, e in sorted(found, key=lambda pair: pair[0])]

    def todays_ceiling(
        self, person: Person, side: Side, unit: str, ball_calibration_id: str, now: datetime, ball_id: str | None = None
    ) -> Calibration | NoCeiling:
        """The ceiling that counts now: of the last calibration of this side, if made today with such a ball; ``now`` is aware.

        ball_id: the board's id, where it is known; a line was found on one ball and says nothing of another.

        Today is the date where ``now`` is: between days pain moves more than a ceiling allows for, and people sleep between dates. The
        last one decides even if it was refused or cannot be read: an earlier, perhaps higher one is never dug up from under it.
        """
        again = f"calibrate: sixten calibrate --person {_quoted(person.name)} --side {side}"
        files = self._files(person, side)
        if not files:
            return NoCeiling(f"{person.shown} has no calibration of the {side} side yet; {again}")
        try:
            last = self._calibration(files[-1], side)
        except (RecordingError, FileNotFoundError) as error:
            return NoCeiling(f"The last calibration cannot be read ({error}) {again}")
        made = last.made_utc.astimezone(now.tzinfo)
        if last.ceiling_kpa is None:
            return NoCeiling(f"The last calibration of the {side} side gave no ceiling; {again}")
        if made > now + CLOCK_SLACK:
            return NoCeiling(
                f"The last calibration of the {side} side is dated {made:%Y-%m-%d %H:%M}, after now; set the clock, then {again}"
            )
        if made.date() != now.date():
            return NoCeiling(f"The last calibration of the {side} side is of {made:%Y-%m-%d}, not of today; {again}")
        if last.unit != unit:
            return NoCeiling(f"The ceiling of the {side} side was made in {last.unit}, this ball shows {unit}; {again}")
        if ball_id is not None and last.ball_id != ball_id:
            return NoCeiling(f"The ceiling of the {side} side was made on another ball ({last.ball_id}, this is {ball_id}); {again}")
        if last.ball_calibration_id != ball_calibration_id:
            return NoCeiling(f"The ball was calibrated anew since the ceiling of the {side} side was made; {again}")
        return last

    def _folders(self) -> list[Path]:
        try:
            return sorted(p for p in self.folder.iterdir() if p.is_dir() and not p.name.startswith("."))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise RecordingError(f"{self.folder} cannot be read ({error.strerror}).") from error

    def _files(self, person: Person, side: Side) -> list[Path]:
        """Oldest first, by the date in the name: then a damaged file still has its place."""
        return sorted((self.folder / person.id).glob(f"{side}-*.json"))[-CALIBRATIONS_MAX:]

    def _calibration(self, path: Path, side: Side) -> Calibration:
        calibration = read_struct(path, Calibration)
        if calibration.virtual != self.virtual or calibration.side != side or calibration.made_utc.tzinfo is None:
            raise RecordingError(f"{path} does not belong where it is.")
        sessions = self.folder.with_name("virtual-sessions" if self.virtual else "sessions")  # as in places
        if calibration.recording and corrections(sessions / Path(calibration.recording).name).calibration_detached:
            raise RecordingError(f"Its recording, {calibration.recording}, was of another person or side, so it counts for nobody.")
        return calibration

    def _make(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise RecordingError(f"{folder} cannot be made ({error.strerror}).") from error


def check_name(name: str) -> None:
    """Raises ValueError, in words for the person, for what cannot be a name: nothing visible, not text, or far too long."""
    if not name_key(name):
        raise ValueError("A person's name needs at least one letter.")
    if len(name) > NAME_MAX:
        raise ValueError(f"A name of {len(name)} characters is too long; {NAME_MAX} are the most.")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise ValueError("That name is not valid text (UTF-8).") from None


def name_key(name: str) -> str:
    """What two spellings of one name share."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def printable(name: str) -> str:
    """``name`` fit to print: control characters and the like are spelt out."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in name)


def _quoted(name: str) -> str:
    return shlex.quote(printable(name))


def read_struct(path: Path, kind: type[T]) -> T:
    """Raises FileNotFoundError, or RecordingError with a sentence."""
    try:
        with path.open("rb") as file:
            data = file.read(FILE_MAX + 1)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise RecordingError(f"{path} cannot be read ({error.strerror}).") from error
    try:
        if len(data) > FILE_MAX:
            raise ValueError("too large")
        raw = msgspec.json.decode(data)
        if isinstance(raw, dict) and isinstance(raw.get("version"), int) and raw["version"] > VERSION:
            raise RecordingError(f"{path} was made by a newer version of sixten; update sixten.")
        return msgspec.convert(raw, kind)
    except (ValueError, RecursionError) as error:  # msgspec's errors are ValueErrors
        raise RecordingError(f"{path} is damaged ({error}).") from error


def write_struct(path: Path, what: msgspec.Struct) -> None:
    """The file appears whole or not at all."""
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    data = msgspec.json.format(msgspec.json.encode(what), indent=1) + b"\n"
    try:
        fd = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        try:
            with open(fd, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(fd)
            os.replace(new, path)
        except OSError:
            new.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
    except OSError as error:
        raise RecordingError(f"{path} cannot be written ({error.strerror}).") from error
