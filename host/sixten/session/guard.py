"""The board's own alarm: what it must be set to now, and whether the board has said that it is. Pure; the edge only sends.

A limit is sent and the answer compared. Whatever may have changed the board behind our back (a greeting, a lost cable, a sensor that
came back) makes it unconfirmed, and it is sent again. All of this follows from recorded events alone, so a replay knows it too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sixten.ball.messages import Asked, Connection, DeviceEvent, Event, Hello, Info, Reply, Unanswered
from sixten.pressure.sensors import Sensor
from sixten.session import limits as L

NEEDS_MINOR = 1  # of the protocol: 1.0 had no guard
LEAST = {"pa": 2000, "raw": 800}  # the smallest limit a board takes (docs/protocol.md)

# Why the board's alarm is not confirmed.
WAITING, NO_GUARD, REFUSED, UNANSWERED, DIFFERS = "waiting", "no_guard", "refused", "unanswered", "differs"


class Board(NamedTuple):
    """What is known of the board's guard. unit: ``pa`` or ``raw``; empty if it has none, or has not greeted yet.

    device: its device limit. source: where its limit came from at the greeting. asked: the commands without an answer yet, by id.
    zero, limit: the command that the board has accepted last, as sent; answer: to the latter. refused: what it would not take, at most a
    zero and a limit. trouble: why nothing is confirmed.
    """

    greeted: bool = False
    minor: int = 0
    unit: str = ""
    device: int = 0
    source: str = ""
    asked: tuple[int, str] | None = None
    zero: str = ""
    limit: str = ""
    answer: str = ""
    refused: tuple[str, ...] = ()
    trouble: str = WAITING


class Wanted(NamedTuple):
    """What the guard must be: commands, and the answer to the second. zero: empty where the board's own shall count."""

    zero: str
    limit: str
    answer: str


class Status(NamedTuple):
    """Whether the guard is what it must be. limit, release: in the board's unit, above its zero; reason: why not, or empty."""

    t_us: int
    confirmed: bool
    limit: int = 0
    release: int = 0
    reason: str = ""


def follow(board: Board, event: Event, info: Mapping[str, str]) -> Board:
    """What is known after ``event``. info: the board's list as collected so far, complete at ``Info("end")``."""
    if isinstance(event, Hello):
        return Board(minor=event.minor)
    if isinstance(event, Info):
        return _greeted(board, info) if event.key == "end" else board
    if isinstance(event, Connection):
        return Board() if event.state == "lost" else board
    if isinstance(event, DeviceEvent):
        found = event.code == "sensor" and event.detail == "found"
        return board._replace(zero="", limit="", refused=(), trouble=WAITING) if found else board
    if isinstance(event, Asked):
        return board._replace(asked=(event.command_id, event.text)) if event.text.startswith(("zero,", "guard,")) else board
    if board.asked is None or not isinstance(event, (Reply, Unanswered)) or event.command_id != board.asked[0]:
        return board
    text = board.asked[1]
    board = board._replace(asked=None)
    if isinstance(event, Unanswered):
        return board._replace(trouble=UNANSWERED)
    if not event.ok:
        return board._replace(refused=(*board.refused[-1:], text), trouble=REFUSED)
    if text.startswith("zero,"):
        return board._replace(zero=text, trouble=WAITING)
    return board._replace(limit=text, answer=event.text, trouble=WAITING)


def _greeted(board: Board, info: Mapping[str, str]) -> Board:
    """The end of the board's list: from here on it can be asked, and nothing that it was told before is known to hold."""
    unit, device = info.get("guard_unit", ""), info.get("guard_device", "")
    if board.minor < NEEDS_MINOR or unit not in LEAST or not (device.isascii() and device.isdigit() and len(device) <= 8):
        return Board(greeted=True, minor=board.minor, trouble=NO_GUARD)
    return Board(greeted=True, minor=board.minor, unit=unit, device=int(device), source=info.get("guard_source", ""))


def wanted(board: Board, ceiling_kpa: float | None, zero_kpa: float | None, sensor: Sensor | None) -> Wanted | None:
    """What the guard must be for this ceiling (above the zero), or None: nothing to ask for.

    The host's zero is given to the board, so that both judge the same load alike; until there is one, the board's own counts. Release is
    5 % lower, as in the rules. Every rounding is down: the board may warn earlier, never later.

    Without a ceiling the device limit must count: a limit that we, or a session that was cut off, set is taken back. One that somebody
    stored in the board on purpose is lower than that and stays.
    """
    if not board.unit or sensor is None:
        return None
    by_device = f"{board.device}/{board.device - board.device // 20}"
    if ceiling_kpa is None:
        return Wanted("", "guard,0,0", by_device) if board.limit or board.source == "own" else None
    base = zero_kpa if zero_kpa is not None else sensor.nominal_zero or 0.0
    zero = sensor.guard_level(base)
    least = LEAST[board.unit]
    limit = max(least, sensor.guard_level(base + ceiling_kpa) - zero)
    release = max(least // 2, min(limit - 1, sensor.guard_level(base + L.OVER_LEAVES_SHARE * ceiling_kpa) - zero))
    zero_words = "" if zero_kpa is None else f"zero,{zero}"
    if limit >= board.device:
        return Wanted(zero_words, "guard,0,0", by_device)
    return Wanted(zero_words, f"guard,{limit},{release}", f"{limit}/{release}")


def order(board: Board, want: Wanted | None) -> str:
    """The command to send next; empty if the board has accepted all of it, is still to answer, or has refused what is left.

    A refused zero does not hold back the limit: above the board's own zero it is better than none, though not confirmed.
    """
    if want is None or board.asked is not None:
        return ""
    if want.zero and want.zero not in (board.zero, *board.refused):
        return want.zero
    return want.limit if want.limit not in (board.limit, *board.refused) else ""


def status(board: Board, want: Wanted | None, t_us: int) -> Status:
    """Whether the board has confirmed what it must be. Where nothing is wanted of it, its own limit counts, if it has a guard at all."""
    if want is None and board.unit:
        return Status(t_us, True)
    if want is None or want.zero and board.zero != want.zero or board.limit != want.limit:
        refused = want is not None and (want.zero in board.refused or want.limit in board.refused)
        return Status(t_us, False, reason=REFUSED if refused else board.trouble)
    if board.answer != want.answer:
        return Status(t_us, False, reason=DIFFERS)
    limit, release = (int(n) for n in want.answer.split("/"))
    return Status(t_us, True, limit, release)


class GuardWatch:
    """A board being followed, and what has already been handed out to be sent to it."""

    def __init__(self) -> None:
        self.board = Board()
        self._handed_out = ""

    def feed(self, event: Event, info: Mapping[str, str]) -> None:
        """See ``follow``."""
        self.board = follow(self.board, event, info)
        if isinstance(event, (Asked, Hello, Connection)):  # it is on the wire, or was lost with what it was meant for
            self._handed_out = ""

    def order(self, want: Wanted | None) -> str:
        """The command to send now, once; or empty."""
        words = order(self.board, want)
        if words == self._handed_out:
            return ""
        self._handed_out = words
        return words
