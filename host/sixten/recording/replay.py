"""A recording as a source: the same events, so the same decisions. And pacing, a wrapper around any source."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from sixten.ball.messages import Event
from sixten.recording.digest import Digest
from sixten.recording.file import software
from sixten.recording.reader import Recording, read
from sixten.session.rules import Notice

__all__ = ["ReplaySource", "Recording", "Verdict", "paced", "read", "verify"]

NAP_S = 0.1  # the longest sleep at a stretch, so that closing is noticed


class ReplaySource:
    """Iterate it for the recorded events. What the person does now is not part of what happened then: ``mark`` refuses."""

    virtual = False

    def __init__(self, recording: Recording) -> None:
        self._events = recording.events
        self.closed = False

    def mark(self, kind: str, value: int | None = None) -> None:
        """Raises ValueError: a replay carries its own marks."""
        raise ValueError(f"a replay cannot be changed ({kind})")

    def ask(self, name: str, *args: object) -> int:
        """Raises ValueError: there is no board."""
        raise ValueError(f"a replay has no board to ask ({name})")

    def close(self) -> None:
        """Ends the iteration soon; safe to call from any thread."""
        self.closed = True

    def __iter__(self) -> Iterator[Event]:
        for event in self._events:
            if self.closed:
                return
            yield event


def paced(
    events: Iterable[Event],
    speed: float,
    now: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
    closed: Callable[[], bool] = lambda: False,
) -> Iterator[Event]:
    """``events`` at ``speed`` times their own time, scheduled against the start so that late sleeps do not add up.

    Times may not run backwards; a jump forward is waited for.
    """
    begin_s: float | None = None
    first_us = 0
    for event in events:
        t_us = getattr(event, "t_us", None)
        if isinstance(t_us, tuple):
            t_us = t_us[-1]
        if t_us:
            if begin_s is None:
                begin_s, first_us = now(), t_us
            due = begin_s + (t_us - first_us) / 1e6 / speed
            while (left := due - now()) > 0 and not closed():
                sleep(min(left, NAP_S))
        yield event


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a replay compares with the day. ``same``: every notice is the same, and every reading as far as it can be told."""

    same: bool
    words: str


def verify(recording: Recording) -> Verdict:
    """Runs the recording through today's software and holds the outcome against what stands in it."""
    run, digest = recording.run(), Digest()
    notices: list[Notice] = []
    digests: list[str] = []
    for event in recording.events:
        for out in run.feed(event):
            if isinstance(out, Notice):
                notices.append(out)
            elif line := digest.add(out):
                digests.append(line["digest"])
    then = [n for n in recording.notices if n.code != "recording_lost"]
    differ = sum(a != b for a, b in zip(then, notices, strict=False)) + abs(len(then) - len(notices))
    if differ:
        where = f"; {len(recording.damage)} damaged lines are missing from it" if recording.damage else ""
        return Verdict(False, f"{differ} of {max(len(then), len(notices))} decisions differ under today's software{where}.")
    if [d.get("digest") for d in recording.digests] != digests:
        if recording.header.get("software") != software():
            return Verdict(True, f"all {len(then)} decisions are the same; readings differ in their last digits (other software versions).")
        return Verdict(False, "the decisions are the same but the readings differ.")
    return Verdict(True, f"all {len(then)} decisions and {run.samples} samples are the same, bit for bit.")
