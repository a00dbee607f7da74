"""A visit being watched: the same readings as a session, the visit's decisions (visit.py)."""

from __future__ import annotations

from collections.abc import Iterator

from sixten.ball.messages import Connection, Damaged, DeviceEvent, Event, Mark, Samples, Silence
from sixten.pressure.movement import MovementWatch
from sixten.pressure.readings import OK, SUSPECT, Gap, Reading, Readings
from sixten.pressure.rise import Noise
from sixten.pressure.zero import ZeroNews
from sixten.session.guard import GuardWatch, Status, Wanted, status, wanted
from sixten.session.plan import SIDES, VisitPlan
from sixten.session.run import Output
from sixten.session.values import Notice
from sixten.session.visit import start, step
from sixten.session.visit_values import Input, ceiling_kpa


class VisitRun:
    """Feed it events in order, as a Run. Its replay asks, hears and decides the same."""

    def __init__(self, plan: VisitPlan) -> None:
        self.readings = Readings()
        self.movement = MovementWatch()
        self.guard = GuardWatch()
        self.state, self._first = start(plan)
        self._judged: tuple[object, ...] = ()
        self._want: Wanted | None = None
        self.first_us: int | None = None
        self.samples = self.lost = self.damaged = 0

    def feed(self, event: Event) -> Iterator[Output]:
        """Readings, gaps, news of the zero and notices that follow from ``event``. Raises BallError if nobody can read the sensor."""
        yield from self._first
        self._first = []
        if isinstance(event, Samples):
            self.samples += len(event.raw)
            if self.first_us is None:
                self.first_us = event.t_us[0]
        elif isinstance(event, Damaged):
            self.damaged += 1
        elif isinstance(event, DeviceEvent):
            for mark in _button(event):
                yield from self._step(mark)
        elif isinstance(event, (Mark, Connection, Silence)):
            yield from self._step(event)
        found = self.readings.feed(event)
        if self.readings.noise != self.state.rules.noise:
            yield from self._step(self.readings.noise)
        for out in found:
            if isinstance(out, Gap):
                self.lost += out.lost
                yield out
            elif isinstance(out, ZeroNews):
                said = self._step(out)
                yield out
                yield from said
            else:
                yield from self._reading(out)
        self.guard.feed(event, self.readings.info)
        now = (self.guard.board, ceiling_kpa(self.state), self.readings.zero_kpa, self.readings.sensor)
        if now != self._judged:
            self._judged, self._want = now, wanted(*now)
            yield from self._step(status(self.guard.board, self._want, self.state.t_us))

    def _reading(self, r: Reading) -> Iterator[Output]:
        said = self._step(r)
        if r.quality == OK:
            moved = self.movement.feed(r.t_us, r.smooth_kpa)
            if moved is not None:
                said += self._step(moved)
        elif r.quality != SUSPECT:  # as in a session: a lost sample or two is bridged
            self.movement.restart()
        yield r
        yield from said

    def _step(self, happened: Input | Status | Noise) -> list[Notice]:
        self.state, said = step(self.state, happened)
        return said

    def order(self) -> str:
        """A command that the board should get now, once; or empty. Outside of windows no person's line is in it."""
        return self.guard.order(self._want)

    def summary(self) -> dict[str, float | int | str | None]:
        """The visit in numbers: of each side, and window_s and load_s of both."""
        s = self.state
        first = self.first_us if self.first_us is not None else s.t_us
        out: dict[str, float | int | str | None] = {"duration_s": round((s.t_us - first) / 1e6, 3), "ended": s.ended or None}
        for name, side in zip(SIDES, s.sides, strict=True):
            out |= {
                f"{name}_ceiling_kpa": side.ceiling_kpa, f"{name}_windows": side.windows,
                f"{name}_window_s": round(sum(side.window_s), 3), f"{name}_load_s": round(side.load_us / 1e6, 3),
            }  # fmt: skip
        out["window_s"] = round(sum(sum(side.window_s) for side in s.sides), 3)
        out["load_s"] = round(sum(side.load_us for side in s.sides) / 1e6, 3)
        return out | {"samples": self.samples, "lost": self.lost, "damaged": self.damaged}


def _button(event: DeviceEvent) -> list[Mark]:
    """The board's button: what a press means depends on where the visit stands; held or pressed three times it stops."""
    if event.code != "button":
        return []
    press = Mark(event.t_us, "press")
    return {"press": [press], "double": [press, press], "stop": [Mark(event.t_us, "stop")]}.get(event.detail, [])
