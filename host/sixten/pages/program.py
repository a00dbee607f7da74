"""What the window needs of the program around it, which alone knows ports, files and recorders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from sixten.ball.port import Found
    from sixten.watch import Job, Watch


class Somebody(NamedTuple):
    """A person as far as the home page has to do with one. id: random. shown: the name, fit to print."""

    id: str
    shown: str


NOBODY = Somebody("", "")


class Ask(NamedTuple):
    """Which session is wanted. port: empty for the virtual ball. person: an id, or empty. side: left, right or empty."""

    port: str = ""
    usb_key: str = ""
    person: str = ""
    side: str = ""
    picked: bool = False  # by the person, from a choice


class Opened(Protocol):
    """A session that is about to begin."""

    @property
    def label(self) -> str:
        """VIRTUAL, REPLAY or empty."""

    def make(self) -> Job:
        """Opens the source and imports what is heavy; in the session's thread. Raises BallError, RecordingError or ValueError."""

    def end(self, watch: Watch) -> Sequence[str]:
        """Keep what is to be kept of the session that has ended. What there is to say of it, in sentences."""


class Program(Protocol):
    """All of this may be slow but ``open``, and is asked from another thread."""

    def look(self) -> Sequence[Found]:
        """The serial ports that are there now."""

    def people(self) -> tuple[Sequence[Somebody], Sequence[str]]:
        """Who is stored, and what could not be read of it, in sentences."""

    def lines(self, person: str) -> Mapping[str, str]:
        """What is known of today's lines of this person before a ball has said which it is: a sentence a side."""

    def open(self, ask: Ask) -> Opened:
        """A session."""
