"""What this computer remembers of each ball: its zeros and its flat-board calibrations, one JSON file a ball.

The file is replaced as a whole, so it is always the old or the new one. History is appended. What is remembered enters a session as a
``Remembered`` event and in no other way.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from sixten.ball.messages import Event, FlatBoardPoints, Hello, LastZero, Remembered
from sixten.pressure.newtons import FlatBoard, Point, fit
from sixten.recording.errors import RecordingError

FORMAT, VERSION = "sixten-ball", 1
# Of each kind, the newest: over a year of two visits a day, in under 1 MB. Only the last zero is ever compared with.
HISTORY = 1000
MAX_BYTES = 1 << 22  # of a file; four times what HISTORY can fill
_SAFE_ID = re.compile(r"[0-9A-Za-z_-]{1,32}")  # it becomes a file's name, and it comes from the far end of a cable


class ZeroEntry(msgspec.Struct, frozen=True):
    """A zero and the day it was taken."""

    utc: str
    zero: LastZero


class FlatBoardEntry(msgspec.Struct, frozen=True):
    """A calibration, with what a person wants to know of it later.

    wait_s: how long each load rested before it was read. lowest, highest: its validity, in ``points.unit``.
    """

    utc: str
    id: str
    points: FlatBoardPoints
    temperature_c: float | None
    wait_s: float
    residuals_n: tuple[float, ...]
    hysteresis_n: float
    lowest: float
    highest: float


class Ball(msgspec.Struct):
    """One file."""

    unique_id: str
    format: str = FORMAT
    version: int = VERSION
    zeros: list[ZeroEntry] = []
    flat_boards: list[FlatBoardEntry] = []


class Balls:
    """The balls of one folder. Nothing here fails a session: ``trouble`` is empty, or one sentence about what cannot be remembered."""

    def __init__(self, folder: Path, keep: bool = True) -> None:
        """keep: False only looks things up."""
        self.trouble = ""
        self._folder = folder
        self._keep = keep
        self._known: dict[str, Remembered] = {}  # a session meets a ball or two; a replug does not wait for the disk

    def remembered(self, unique_id: str) -> Remembered:
        """What is known of this ball; nothing if it was never met or its file cannot be read."""
        if unique_id not in self._known:
            ball = self._load(unique_id) or Ball(unique_id)
            zero = ball.zeros[-1].zero if ball.zeros else None
            board = ball.flat_boards[-1].points if ball.flat_boards else None
            self._known[unique_id] = Remembered(unique_id, zero, board)
        return self._known[unique_id]

    def keep_zero(self, unique_id: str, zero: LastZero) -> None:
        """Append a zero."""
        ball = self._load(unique_id) if self._keep else None
        if ball is not None:
            ball.zeros = [*ball.zeros, ZeroEntry(_now(), zero)][-HISTORY:]
            self._save(ball)

    def keep_flat_board(
        self, unique_id: str, points: FlatBoardPoints, board: FlatBoard, temperature_c: float | None, wait_s: float
    ) -> None:
        """Append a calibration. Raises RecordingError, in words, if it cannot be kept: somebody has worked for it."""
        entry = FlatBoardEntry(
            _now(), points.id, points, temperature_c, wait_s, board.residuals_n, board.hysteresis_n, board.lowest_kpa, board.highest_kpa
        )
        ball = self._load(unique_id)
        if ball is not None:
            ball.flat_boards = [*ball.flat_boards, entry][-HISTORY:]
        if ball is None or not self._save(ball):
            raise RecordingError(self.trouble)

    def merge(self, unique_id: str, data: bytes) -> bool:
        """Add the zeros and flat boards of another file of this ball, in order of time; whether there was anything new.

        ``trouble`` says why nothing could be added.
        """
        ball = self._load(unique_id)
        if ball is None:
            return False
        try:
            other = _decode(data, unique_id)
        except (ValueError, _Newer) as error:
            self.trouble = f"what the backup holds of ball {unique_id} cannot be used ({error or 'made by a newer version of sixten'})"
            return False
        zeros = [z for z in other.zeros if z not in ball.zeros]
        boards = [b for b in other.flat_boards if b not in ball.flat_boards]
        if not zeros and not boards:
            return False
        ball.zeros = sorted([*ball.zeros, *zeros], key=lambda z: z.utc)[-HISTORY:]
        ball.flat_boards = sorted([*ball.flat_boards, *boards], key=lambda b: b.utc)[-HISTORY:]
        return self._save(ball)

    def _path(self, unique_id: str) -> Path:
        return self._folder / f"{unique_id}.json"

    def _load(self, unique_id: str) -> Ball | None:
        """What stands in the ball's file. None if there is something that must not be written over; ``trouble`` says why."""
        path = self._path(unique_id)
        if not _SAFE_ID.fullmatch(unique_id):
            self.trouble = f"this ball cannot be remembered: its id ({unique_id!r}) is not made of letters and digits"
            return None
        try:
            with path.open("rb") as file:
                return _decode(file.read(MAX_BYTES + 1), unique_id)
        except FileNotFoundError:
            return Ball(unique_id)
        except OSError as error:
            self.trouble = f"{path} cannot be read ({error.strerror}), so nothing is remembered of this ball"
        except _Newer:
            self.trouble = f"{path} was made by a newer version of sixten, so nothing is remembered of this ball; update sixten"
        except ValueError as error:
            return Ball(unique_id) if self._put_aside(path, error) else None
        return None

    def _put_aside(self, path: Path, error: ValueError) -> bool:
        aside = path.with_name(f"{path.name}.broken-{datetime.now(UTC):%Y%m%d%H%M%S}-{secrets.token_hex(2)}")
        self.trouble = f"{path} is damaged ({error}), so nothing is remembered of this ball"
        if not self._keep:
            return False
        try:
            path.rename(aside)
        except OSError:  # then it stays, and nothing is written over it
            return False
        self.trouble += f"; it is kept as {aside.name}"
        return True

    def _save(self, ball: Ball) -> bool:
        path = self._path(ball.unique_id)
        new = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(msgspec.json.format(msgspec.json.encode(ball)))
                file.flush()
                os.fsync(file.fileno())
            new.replace(path)
        except OSError as error:
            with suppress(OSError):
                new.unlink()
            self.trouble = f"{path} cannot be written ({error.strerror}), so this ball is not remembered"
            return False
        return True


class _Newer(Exception):
    pass


def _decode(data: bytes, unique_id: str) -> Ball:
    """Raises ValueError, saying what is wrong, or _Newer."""
    if len(data) > MAX_BYTES:
        raise ValueError(f"larger than {MAX_BYTES >> 20} MB")
    try:
        obj = msgspec.json.decode(data)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if not isinstance(obj, dict) or obj.get("format") != FORMAT:
        raise ValueError("no sixten ball file")
    if isinstance(obj.get("version"), int) and obj["version"] > VERSION:
        raise _Newer
    ball = msgspec.convert(obj, Ball, strict=True)
    if ball.unique_id != unique_id:
        raise ValueError(f"of another ball, {ball.unique_id}")
    if ball.flat_boards:
        points = ball.flat_boards[-1].points
        fit([Point(*p) for p in points.points], points.unit)
    return ball


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def remembering(events: Iterable[Event], balls: Balls, flat_board: bool = True) -> Iterator[Event]:
    """``events``, with what is remembered of a ball right behind its hello.

    flat_board: False leaves its calibration out, for making a new one in the sensor's own unit.
    """
    for event in events:
        yield event
        if isinstance(event, Hello):
            known = balls.remembered(event.unique_id)
            yield known if flat_board else Remembered(known.unique_id, known.zero)
