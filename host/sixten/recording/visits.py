"""What is kept of each visit, beside a person's calibrations: a file a visit, written when load begins and once more at its end."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from sixten.recording.errors import RecordingError
from sixten.recording.people import CLOCK_SLACK, People, Person, Side, read_struct, write_struct

VERSION = 1
VISITS_MAX = 10_000  # of a person: two a day for thirteen years


class VisitSide(msgspec.Struct, frozen=True, kw_only=True):
    """One side. window_s: counted, each window. load_s: whatever it was for. before, after: what was looked at (``pain``, ``moving``,
    ``balance`` with ``leg``, ``eyes``, ``tries_s``), None where it was skipped.
    """

    window_s: tuple[float, ...] = ()
    load_s: float = 0.0
    ceiling_kpa: float | None = None
    own_rating: bool = False
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """begun_utc: aware. ended: why, empty while it goes on or where the program was cut off. screened: the questions of its day were all
    answered with no. loaded: there was load, so it counts for the day.
    """

    begun_utc: datetime
    virtual: bool
    screened: bool
    loaded: bool
    ended: str = ""
    sides: dict[Side, VisitSide] = {}
    recording: str = ""
    software: dict[str, str] = {}
    version: int = VERSION


def visits(people: People, person: Person) -> list[Visit]:
    """All of them, oldest first. Damaged ones are left out and told in ``people.damage``."""
    people.damage = []
    out = []
    for path in sorted((people.folder / person.id).glob("visit-*.json"))[-VISITS_MAX:]:
        try:
            visit = read_struct(path, Visit)
        except FileNotFoundError:
            continue
        except RecordingError as error:
            people.damage.append(str(error))
            continue
        if visit.virtual == people.virtual and visit.begun_utc.tzinfo is not None:
            out.append(visit)
    return sorted(out, key=lambda v: v.begun_utc)


def today(found: list[Visit], now: datetime) -> int:
    """How many visits with load there were on the date of ``now``, which is aware."""
    return sum(v.loaded and v.begun_utc <= now + CLOCK_SLACK and v.begun_utc.astimezone(now.tzinfo).date() == now.date() for v in found)


def visit_path(people: People, person: Person, begun_utc: datetime) -> Path:
    """Where a visit that begins now is kept."""
    stamp = begun_utc.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    return people.folder / person.id / f"visit-{stamp}-{secrets.token_hex(3)}.json"


def keep_visit(path: Path, visit: Visit) -> None:
    """Write it, or what is now known of it. Raises RecordingError if the person is not stored any more, or it cannot be written."""
    if not path.parent.is_dir():
        raise RecordingError(f"{path.parent} is gone, so the visit is not kept; it is in its recording.")
    write_struct(path, visit)
