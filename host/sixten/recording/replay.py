"""A recording as a source: the same events, so the same decisions. And pacing, a wrapper around any source."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from sixten.ball.messages import Asked, Event, Reply, Samples, Unanswered
from sixten.recording.digest import Digest
from sixten.recording.errors import RecordingError
from sixten.recording.file import BATCH_SAMPLES, software
from sixten.recording.reader import Recording, read
from sixten.session.rules import Notice, Plan
from sixten.session.run import Run

__all__ = ["ReplaySource", "Recording", "Verdict", "WhatIf", "paced", "read", "verify", "what_if"]

NAP_S = 0.1  # the longest sleep at a stretch, so that closing is noticed
SPEEDS = (0.25, 20.0)  # that keys can choose: slow enough to follow a single cycle, quick enough to find a place
GAP_US = 500_000  # without samples for longer is a gap; twice what makes a reading stale


def _time_us(event: Event) -> int:
    t_us: int | tuple[int, ...] = getattr(event, "t_us", 0)
    return t_us[-1] if isinstance(t_us, tuple) else t_us


class ReplaySource:
    """Iterate it for the recorded events, from the first one on: one pass. What the person does now is no part of what happened then.

    A pass can be paused, stepped and quickened, and skipped ahead, all from any thread. What is skipped is fed as well, only without
    waiting (``skipping``), because nothing can be decided without what was before it; so a way back needs a pass of its own, with a fresh
    run: ask ``again`` when a pass has ended.
    """

    virtual = False

    def __init__(
        self,
        recording: Recording,
        speed: float | None = None,
        from_s: float = 0.0,
        to_s: float | None = None,
        loop: bool = False,
        skip_gaps: bool = False,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """speed: times its own; None = max. from_s, to_s: what is shown, in seconds after the first sample. loop: that again and again.

        skip_gaps: where no samples came, do not wait. Raises ValueError for a part that is not there.
        """
        self.recording = recording
        self.speed, self.paused, self.skipping, self.closed = speed, False, False, False
        self.first_us = next((e.t_us[0] for e in recording.events if isinstance(e, Samples)), 0)
        self.last_us = max([self.first_us, *map(_time_us, recording.events)])  # a lost cable is told behind the last sample
        if not 0 <= from_s <= self.length_s:  # also refuses NaN
            raise ValueError(f"It cannot begin at {from_s:g} s: the recording has {self.length_s:.1f} s.")
        if to_s is not None and not from_s < to_s < float("inf"):
            raise ValueError(f"It cannot end at {to_s:g} s: it begins at {from_s:g} s.")
        self._from_us = self.first_us + round(from_s * 1e6)
        self._to_us = None if to_s is None else self.first_us + round(to_s * 1e6)
        self._loop, self._skip_gaps, self._now, self._sleep = loop, skip_gaps, now, sleep
        self._uncut = {n.t_us for n in recording.notices}  # a notice has the time of the last sample of what it followed from
        self._target_us = self._from_us
        self._at_us = self.first_us
        self._back = False
        self._steps = 0
        self._begin: tuple[float, int, float] | None = None  # host s, device us, and the speed at which they belong together

    @property
    def in_real_time(self) -> bool:
        """Whether it passes as it did: only then is it heard."""
        return self.speed == 1.0 and not self.paused and not self.skipping

    @property
    def at_s(self) -> float:
        """Where it is, in seconds after the first sample."""
        return (self._at_us - self.first_us) / 1e6

    @property
    def length_s(self) -> float:
        """From the first sample to the end."""
        return (self.last_us - self.first_us) / 1e6

    def mark(self, kind: str, value: int | None = None) -> None:
        """Raises ValueError: a replay carries its own marks."""
        raise ValueError(f"a replay cannot be changed ({kind})")

    def ask(self, name: str, *args: object) -> int:
        """Raises ValueError: there is no board."""
        raise ValueError(f"a replay has no board to ask ({name})")

    def close(self) -> None:
        """Ends the iteration soon; safe to call from any thread."""
        self.closed = True

    def pause(self) -> None:
        """Stand still, or go on."""
        self.paused = not self.paused

    def step(self) -> None:
        """Stand still after the next block."""
        self.paused = True
        self._steps += 1

    def quicken(self, factor: float) -> None:
        """Change the speed, within SPEEDS."""
        self.speed = min(max((self.speed or SPEEDS[1]) * factor, SPEEDS[0]), SPEEDS[1])

    def seek(self, by_s: float) -> None:
        """Go on at another place. Back means: this pass ends, and ``again`` is true."""
        target_us = max(self.first_us, min(self._at_us + round(by_s * 1e6), self.last_us))
        self._target_us = target_us
        self._back = self._back or target_us < self._at_us

    def again(self) -> bool:
        """Whether another pass follows, for a way back or the loop. Its events need a fresh run."""
        if self.closed or not (self._back or self._loop):
            return False
        if not self._back:
            self._target_us = self._from_us
        self._back = False
        return True

    def __iter__(self) -> Iterator[Event]:
        self._begin = None
        self._at_us = self.first_us
        heard_us = self.first_us
        self.skipping = self._target_us > self.first_us
        for event in self.recording.events:
            for piece in self._pieces(event):
                t_us = getattr(piece, "t_us", 0)
                samples = isinstance(t_us, tuple)
                begin_us, t_us = (t_us[0], t_us[-1]) if isinstance(t_us, tuple) else (t_us, t_us)
                if self._to_us is not None and begin_us > self._to_us:
                    return
                if t_us >= self.first_us and t_us:
                    self.skipping = t_us < self._target_us
                    if self.skipping:
                        self._begin = None
                    elif self._skip_gaps and begin_us - heard_us > GAP_US:
                        self._begin = None  # the gap's own events are not waited for, and the first samples behind it begin anew
                        if samples:
                            self._wait(t_us)
                    else:
                        self._wait(t_us)
                    self._at_us = max(self._at_us, t_us)
                    heard_us = t_us if samples else heard_us
                if self.closed or self._back:
                    return
                yield piece

    def _pieces(self, event: Event) -> Iterator[Event]:
        """``event``, cut as short as on the day where somebody looks on."""
        if not isinstance(event, Samples) or len(event.raw) <= BATCH_SAMPLES or self._whole(event.t_us[0], event.t_us[-1]):
            yield event
            return
        for a in range(0, len(event.raw), BATCH_SAMPLES):
            b = a + BATCH_SAMPLES
            extra = tuple((i - a, x) for i, x in event.extra if a <= i < b)
            yield Samples((event.seq + a) % 65536, event.t_us[a:b], event.flags[a:b], event.raw[a:b], extra)

    def _whole(self, begin_us: int, end_us: int) -> bool:
        """Whether a block need not be cut: nobody sees it for long, or all of it is skipped; or must not be (``_uncut``)."""
        unseen = self.speed is None and not self.paused and begin_us >= self._target_us and (self._to_us is None or end_us <= self._to_us)
        return unseen or end_us < self._target_us or end_us in self._uncut

    def _wait(self, t_us: int) -> None:
        """Until ``t_us`` is due, scheduled against where the pace began so that late sleeps do not add up, or until that has changed."""
        while not (self.closed or self._back or t_us < self._target_us):
            if self.paused:
                self._begin = None
                if self._steps:
                    self._steps -= 1
                    return
                self._sleep(NAP_S)
                continue
            speed = self.speed
            if speed is None:
                return
            if self._begin is None or self._begin[2] != speed:
                self._begin = (self._now(), t_us, speed)
            left = self._begin[0] + (t_us - self._begin[1]) / 1e6 / speed - self._now()
            if left <= 0:
                return
            self._sleep(min(left, NAP_S))


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
    """Runs the recording through today's software and holds the outcome against what stands in it.

    Raises RecordingError if it holds no plan that makes sense, BallError if its ball cannot be read.
    """
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
    where = f"; {len(recording.damage)} damaged places in it" if recording.damage else ""
    differ = sum(a != b for a, b in zip(then, notices, strict=False)) + abs(len(then) - len(notices))
    if differ:
        return Verdict(False, f"{differ} of {max(len(then), len(notices))} decisions differ under today's software{where}.")
    if [d.get("digest") for d in recording.digests] != digests:
        if recording.header.get("software") != software():
            return Verdict(True, f"all {len(then)} decisions are the same; readings differ in their last digits (other software versions).")
        return Verdict(False, f"the decisions are the same but the readings differ{where}.")
    return Verdict(True, f"all {len(then)} decisions and {run.samples} samples are the same, bit for bit.")


class WhatIf(NamedTuple):
    """What another line would have meant. new, gone: decisions that only the other, or only the day's, leads to."""

    new: list[Notice]
    gone: list[Notice]


def what_if(recording: Recording, ceiling_kpa: float) -> WhatIf:
    """Decides the recording once with the day's ceiling and once with ``ceiling_kpa``, both times with today's software.

    What the board was asked and answered that day does not fit another line, so in both a board that obeys at once stands in for it.

    Raises RecordingError for a calibration, and for one without a plan; ValueError for a ceiling that no window can have.
    """
    if recording.calibrates:
        raise RecordingError(f"{recording.path} is a calibration; it finds a line and does not judge by one.")
    day, other = (_decided(recording, plan) for plan in (recording.plan, replace(recording.plan, ceiling_kpa=ceiling_kpa)))
    return WhatIf([n for n in other if n not in day], [n for n in day if n not in other])


def _decided(recording: Recording, plan: Plan) -> list[Notice]:
    run = Run(plan)
    out: list[Notice] = []
    for event in recording.events:
        if isinstance(event, (Asked, Reply, Unanswered)):
            continue
        todo: list[Event] = [event]
        while todo:
            out += [n for n in run.feed(todo.pop(0)) if isinstance(n, Notice)]
            if not todo and (words := run.order()):
                limit, _, release = words.removeprefix("guard,").partition(",")
                device = run.guard.board.device
                answer = f"{device}/{device - device // 20}" if words == "guard,0,0" else f"{limit}/{release}"
                todo = [Asked(1, words), Reply(1, True, answer)]
    return out
