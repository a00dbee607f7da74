"""Asking the board: one command in flight, sent again with the same id until it is answered (docs/protocol.md). No port, no clock."""

from __future__ import annotations

from collections import deque

from sixten.ball.messages import Asked, Reply, Unanswered
from sixten.ball.wire import command

RESEND_S = 0.25
RESENDS = 3  # after these the person is told
QUEUE_MAX = 16  # commands waiting; a session needs three at a time


class Commands:
    """Give it commands, replies and the time; it says what to write when."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[int, bytes]] = deque()
        self._flying: tuple[int, bytes] | None = None
        self._sent_s = 0.0
        self._sent = 0
        self._id = 0

    def ask(self, name: str, *args: object) -> int:
        """Queue a command; its id comes back in the ``Reply``. Raises ValueError if it cannot be a line, or too many are waiting."""
        if len(self._waiting) >= QUEUE_MAX:
            raise ValueError(f"{QUEUE_MAX} commands are waiting already")
        self._id = self._id % 255 + 1  # never 0: the board answers damaged lines with that
        self._waiting.append((self._id, command(self._id, name, *args)))
        return self._id

    def due(self, now_s: float) -> bytes:
        """What to write now; empty if there is nothing, or the answer may still come."""
        if self._flying is None and self._waiting:
            self._flying = self._waiting.popleft()
            self._sent = 0
        if self._flying is None or self._sent and now_s - self._sent_s < RESEND_S or self._sent > RESENDS:
            return b""
        self._sent_s = now_s
        self._sent += 1
        return self._flying[1]

    @property
    def idle(self) -> bool:
        """Whether everything was answered or given up."""
        return self._flying is None and not self._waiting

    def given_up(self, now_s: float) -> Unanswered | None:
        """The command that was not answered in time, once; the next one then takes its turn."""
        if self._flying is None or self._sent <= RESENDS or now_s - self._sent_s < RESEND_S:
            return None
        command_id, line = self._flying
        self._flying = None
        return Unanswered(command_id, asked(line).text)

    def hear(self, reply: Reply) -> None:
        """A reply came. ``N,0`` (a damaged line) answers nobody: the same line goes out again in its time."""
        if self._flying is not None and reply.command_id == self._flying[0]:
            self._flying = None

    def drop(self) -> None:
        """The board is gone: nothing is in flight any more, and what was waiting was meant for what is no longer there."""
        self._flying = None
        self._waiting.clear()


def asked(line: bytes) -> Asked:
    """What a command's line asks, for the record."""
    _, command_id, text = line.split(b"*")[0].decode("ascii").split(",", 2)
    return Asked(int(command_id), text)
