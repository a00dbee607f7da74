"""Is it still the ball that the session began with? What the greeting says of board and sensor, and what is to be asked about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sixten import window_words as W
from sixten.language import fill, tr

if TYPE_CHECKING:
    from sixten.ball.messages import Hello


class Meeting(NamedTuple):
    """first, now: unique ids. question: the board has another sensor than before, and nobody has said yet whether that is right.
    boot: the boot for which it was answered; a board that was not told forgets the answer with its power.
    """

    first: str = ""
    now: str = ""
    boot: tuple[str, int] = ("", 0)
    question: bool = False
    answered: tuple[str, int] | None = None


def met(meeting: Meeting, hello: Hello, fault: str) -> Meeting:
    """After a greeting."""
    boot = (hello.unique_id, hello.boot_count)
    question = fault == "sensor_changed" and meeting.answered != boot
    return meeting._replace(first=meeting.first or hello.unique_id, now=hello.unique_id, boot=boot, question=question)


def answered(meeting: Meeting) -> Meeting:
    """The person has said yes or no."""
    return meeting._replace(question=False, answered=meeting.boot)


def says(meeting: Meeting) -> tuple[str, bool]:
    """The sentence, or nothing, and whether it is a question."""
    if meeting.question:
        return tr(W.SAME_BALL), True
    if meeting.now != meeting.first:
        return fill(W.ANOTHER_BALL, {"now": meeting.now, "before": meeting.first}), False
    return "", False
