"""A recording as a source: the same events, so the same decisions. And pacing, a wrapper around any source."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from sixten.ball.messages import Event
from sixten.pain.procedure import CalibrationPlan
from sixten.recording.digest import Digest
from sixten.recording.errors import RecordingError
from sixten.recording.file import software
from sixten.recording.lines import FORMAT, MAX_LINE, VERSION, BadLine, event_of, unseal
from sixten.session.calibrating import CalibrationRun
from sixten.session.plan import VisitPlan
from sixten.session.rules import Notice, Plan
from sixten.session.run import Run, Runs
from sixten.session.visiting import VisitRun

MAX_BYTES = 1 << 28  # 256 MB: over a day of samples, and a bound on what a hostile file can make us hold
NAP_S = 0.1  # the longest sleep at a stretch, so that closing is noticed


@dataclass
class Recording:
    """What a file held: ``events`` and ``notices`` in order, and in ``damage`` a sentence for each line that could not be read."""

    path: Path
    header: dict[str, Any]
    events: list[Event] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    digests: list[dict[str, Any]] = field(default_factory=list)
    end: dict[str, Any] | None = None
    damage: list[str] = field(default_factory=list)

    @property
    def plan(self) -> Plan:
        """The plan that was agreed on that day. Raises RecordingError if the header holds none that makes sense."""
        try:
            return msgspec.convert(self.header["plan"], Plan)
        except (KeyError, ValueError) as error:  # msgspec's errors are ValueErrors
            raise RecordingError(f"{self.path} has no usable plan in its header ({error}).") from error

    @property
    def calibrates(self) -> bool:
        """Whether this is a calibration, not a session."""
        return self.header.get("kind") == "calibration"

    @property
    def visits(self) -> bool:
        """Whether this is a whole visit."""
        return self.header.get("kind") == "visit"

    def run(self) -> Runs:
        """A fresh run as on that day, to feed the events to. Raises RecordingError if the header holds no plan that makes sense."""
        if not (self.calibrates or self.visits):
            return Run(self.plan)
        try:
            if self.visits:
                return VisitRun(msgspec.convert(self.header["plan"], VisitPlan))
            return CalibrationRun(msgspec.convert(self.header["plan"], CalibrationPlan))
        except (KeyError, ValueError) as error:
            raise RecordingError(f"{self.path} has no usable plan in its header ({error}).") from error


def read(path: Path) -> Recording:
    """Everything good in ``path``. Damaged lines are skipped and listed.

    Raises RecordingError if there is no such file, it is no recording, its header is lost, or a newer program made it.
    """
    recording: Recording | None = None
    total = number = 0
    try:
        with path.open("rb") as file:
            while line := file.readline(MAX_LINE):
                number += 1
                total += len(line)
                if total > MAX_BYTES:
                    raise RecordingError(f"{path} is larger than {MAX_BYTES >> 20} MB; that is not one session.")
                try:
                    obj = unseal(line)
                    if recording is None:
                        recording = Recording(path, _header(path, obj))
                    elif obj["k"] == "digest":
                        recording.digests.append(obj)
                    elif obj["k"] == "end":
                        recording.end = obj
                    else:
                        event = event_of(obj)
                        if isinstance(event, Notice):
                            recording.notices.append(event)
                        elif event is not None:
                            recording.events.append(event)
                except BadLine as error:
                    if recording is None:
                        raise RecordingError(f"{path} is not a sixten recording, or its first line is damaged ({error}).") from error
                    recording.damage.append(f"line {number}: {error}")
    except OSError as error:
        raise RecordingError(f"{path} cannot be read ({error.strerror}).") from error
    if recording is None:
        raise RecordingError(f"{path} is empty; there is nothing to replay.")
    return recording


def _header(path: Path, obj: dict[str, Any]) -> dict[str, Any]:
    if obj["k"] != "header" or obj.get("format") != FORMAT:
        raise BadLine("no header")
    version = obj.get("version")
    if not isinstance(version, int) or version < 1:
        raise BadLine("no version")
    if version > VERSION:
        raise RecordingError(f"{path} was made by a newer version of sixten (format {version}, this one reads {VERSION}); update sixten.")
    return obj


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
