"""Readings and rules joined, and the sentence that the whole program says: ``pump``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from sixten.ball.messages import Connection, Damaged, DeviceEvent, Event, Mark, Samples
from sixten.pressure.movement import MovementWatch
from sixten.pressure.readings import OK, SUSPECT, Gap, Reading, Readings
from sixten.pressure.zero import ZeroNews
from sixten.session.guard import GuardWatch, Wanted, status, wanted
from sixten.session.rules import Notice, Plan, State, start, step

Output = Reading | Gap | ZeroNews | Notice


class Run:
    """One session being watched. Feed it events in order; nothing else ever enters."""

    def __init__(self, plan: Plan) -> None:
        self.readings = Readings()
        self.movement = MovementWatch()
        self.state: State = start(plan)
        self.guard = GuardWatch()
        self._judged: tuple[object, ...] = ()
        self._want: Wanted | None = None
        self.first_us: int | None = None
        self.samples = self.lost = self.damaged = 0
        self.peak_kpa = 0.0

    def feed(self, event: Event) -> Iterator[Output]:
        """Readings, gaps, news of the zero and notices that follow from ``event``, each at the moment when ``state`` has come to it.

        Raises BallError if the ball describes a sensor that nobody can read.
        """
        if isinstance(event, Samples):
            self.samples += len(event.raw)
            if self.first_us is None:
                self.first_us = event.t_us[0]
        elif isinstance(event, Damaged):
            self.damaged += 1
        elif isinstance(event, DeviceEvent):
            for mark in _button(event, self.state.guided is not None):
                self.state, notices = step(self.state, mark)
                yield from notices
        elif isinstance(event, (Mark, Connection)):
            self.state, notices = step(self.state, event)
            yield from notices
        readings = self.readings.feed(event)
        if self.readings.noise != self.state.noise:
            self.state, _ = step(self.state, self.readings.noise)
        for reading in readings:
            if not isinstance(reading, Reading):
                if isinstance(reading, Gap):
                    self.lost += reading.lost
                    yield reading
                    continue
                self.state, notices = step(self.state, reading)
                yield reading
                yield from notices
                continue
            if reading.gauge_kpa > self.peak_kpa:
                self.peak_kpa = reading.gauge_kpa
            self.state, notices = step(self.state, reading)
            if reading.quality == OK:
                moved = self.movement.feed(reading.t_us, reading.smooth_kpa)
                if moved is not None:
                    self.state, more = step(self.state, moved)
                    notices += more
            elif reading.quality != SUSPECT:  # a lost sample or two is bridged; silence is not, and saturation has no ripple
                self.movement.restart()
            yield reading
            if notices:
                yield from notices
        if not isinstance(event, Samples):  # they say nothing about the board's alarm
            self.guard.feed(event, self.readings.info)
        ceiling_kpa = None if self.state.closing else self.state.ceiling_kpa
        now = (self.guard.board, ceiling_kpa, self.readings.zero_kpa, self.readings.sensor)
        if now != self._judged:  # rarely: not once in the thousands of events of a quiet window
            self._judged, self._want = now, wanted(*now)
            self.state, notices = step(self.state, status(self.guard.board, self._want, self.state.t_us))
            yield from notices

    def order(self) -> str:
        """A command that the board should get now, once; or empty. For the edge that has a board: a replay never asks for it."""
        return self.guard.order(self._want)

    def summary(self) -> dict[str, float | int | str | None]:
        """The session in numbers."""
        s = self.state
        first = self.first_us if self.first_us is not None else s.t_us
        return {
            "duration_s": round((s.t_us - first) / 1e6, 3),
            "window_s": round(s.window_us / 1e6, 3),
            "load_s": round(s.load_us / 1e6, 3),
            "over_s": round(s.over_us / 1e6, 3),
            "ended": s.ended or None,
            "ceiling_kpa": s.ceiling_kpa,
            "peak_kpa": round(self.peak_kpa, 3),
            "samples": self.samples,
            "lost": self.lost,
            "damaged": self.damaged,
        }


def _button(event: DeviceEvent, guided: bool) -> list[Mark]:
    """What the board's button means: stop; in a guided window one more for each press, elsewhere "6 of 10 now" for two at once."""
    if event.code != "button":
        return []
    more = Mark(event.t_us, "more")
    press, double = ([more], [more, more]) if guided else ([], [Mark(event.t_us, "rate", 6)])
    return {"stop": [Mark(event.t_us, "stop")], "double": double, "press": press}.get(event.detail, [])


class Runs(Protocol):
    """What events are fed to: a session (Run), or a calibration."""

    readings: Readings
    samples: int
    first_us: int | None

    @property
    def state(self) -> HasTime: ...
    def feed(self, event: Event) -> Iterator[Output]: ...
    def order(self) -> str: ...
    def summary(self) -> dict[str, float | int | str | None]: ...


class HasTime(Protocol):
    """A state that knows its device time."""

    @property
    def t_us(self) -> int: ...


class Recorder(Protocol):
    """What keeps the session. ``put`` and ``wake`` never block; ``failure`` is a sentence once what was put can no longer be kept.

    wake: all that follows from an event has been put and told; now is the time to write it.
    """

    failure: str

    def put(self, what: Event | Output) -> None: ...
    def wake(self) -> None: ...


def pump(
    source: Iterable[Event],
    recorder: Recorder | None,
    run: Runs,
    publish: Callable[[Event | Output], None],
    ask: Callable[..., int] | None = None,
) -> None:
    """Moves every event of ``source`` into the record and through ``run``, and everything that follows to ``publish``.

    Live, virtual and replayed sessions differ in ``source`` and in nothing else. ask: where the source has a board that can be told what
    its own alarm must be; what it answers comes back as events.
    """
    told = False
    for event in source:
        if recorder is not None:
            recorder.put(event)
        publish(event)
        for out in run.feed(event):
            if recorder is not None:
                recorder.put(out)
            publish(out)
        if ask is not None and (words := run.order()):
            ask(*words.split(","))
        if recorder is None:
            continue
        recorder.wake()
        if bool(recorder.failure) != told:
            told = not told
            if told:
                publish(Notice(run.state.t_us, "recording_lost", {"reason": recorder.failure}))
