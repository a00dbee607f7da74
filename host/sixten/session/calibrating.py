"""A calibration being watched: the same readings as a session, other decisions (pain/calibration.py)."""

from __future__ import annotations

from collections.abc import Iterator

from sixten.ball.messages import Connection, Damaged, DeviceEvent, Event, Mark, Samples
from sixten.pain.calibration import start, step
from sixten.pain.procedure import CalibrationPlan, Prompt, State
from sixten.pressure.readings import Gap, Reading, Readings
from sixten.pressure.zero import ZeroNews
from sixten.session.guard import GuardWatch, wanted
from sixten.session.rules import Notice
from sixten.session.run import Output


class CalibrationRun:
    """Feed it events in order, as a Run; prompts come out as notices. Its replay finds the same ceiling."""

    def __init__(self, plan: CalibrationPlan) -> None:
        self.readings = Readings()
        self.guard = GuardWatch()
        self.state: State = start(plan)
        self.first_us: int | None = None
        self.samples = self.lost = self.damaged = 0

    def feed(self, event: Event) -> Iterator[Output]:
        """Readings, gaps and notices that follow from ``event``. Raises BallError if the ball describes a sensor that nobody can read."""
        if isinstance(event, Samples):
            self.samples += len(event.raw)
            if self.first_us is None:
                self.first_us = event.t_us[0]
        elif isinstance(event, Damaged):
            self.damaged += 1
        elif isinstance(event, DeviceEvent):
            for mark in _button(event):
                yield from self._step(mark)
        elif isinstance(event, (Mark, Connection)):
            yield from self._step(event)
        for reading in self.readings.feed(event):
            if isinstance(reading, Gap):
                self.lost += reading.lost
                yield reading
            elif isinstance(reading, ZeroNews):
                yield reading
            else:
                said = self._step(reading)
                yield reading
                yield from said
        self.guard.feed(event, self.readings.info)

    def _step(self, happened: Reading | Mark | Connection) -> list[Notice]:
        self.state, said = step(self.state, happened)
        return [_notice(prompt) for prompt in said]

    def order(self) -> str:
        """A command that the board should get now, once; or empty. A line that a session left in it would be heard in a ramp: not blind."""
        return self.guard.order(wanted(self.guard.board, None, None, self.readings.sensor))

    def summary(self) -> dict[str, float | int | str | None]:
        """The calibration in numbers."""
        s = self.state
        outcome = s.outcome
        ceiling = outcome.ceiling if outcome else None
        first = self.first_us if self.first_us is not None else s.t_us
        return {
            "duration_s": round((s.t_us - first) / 1e6, 3),
            "load_s": round(s.load_us / 1e6, 3),
            "ended": outcome.ended if outcome else None,
            "ceiling_kpa": ceiling.kpa if ceiling else None,
            "ramps": len(s.ramps),
            "holds": len(s.holds),
            "samples": self.samples,
            "lost": self.lost,
            "damaged": self.damaged,
        }


def _notice(prompt: Prompt) -> Notice:
    return Notice(*prompt)


def _button(event: DeviceEvent) -> list[Mark]:
    """The board's button: each press is one more, held or pressed three times it stops. One less is for the keys."""
    if event.code != "button":
        return []
    more = Mark(event.t_us, "more")
    return {"press": [more], "double": [more, more], "stop": [Mark(event.t_us, "stop")]}.get(event.detail, [])
