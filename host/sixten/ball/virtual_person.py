"""The virtual ball under a simulated person, who answers what is said in a calibration or in a visit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sixten.ball.messages import Event, Silence
from sixten.ball.virtual import Scenario, VirtualSource
from sixten.pain.person import Person, Told
from sixten.pain.visitor import Visitor
from sixten.pressure.sensors import NEWTONS_PER_REL

CALIBRATION_ENDS = frozenset({"calibrated", "refused", "stopped", "symptom"})
VISIT_ENDS = frozenset({"visit_over"})
FOREVER = Scenario(((0.0, 0.0), (1e9, 0.0)))
STEP_S = 0.05  # in which a person moves while nobody reads the ball


class PersonSource(VirtualSource):
    """Iterate it for the events of a virtual ball on which ``person`` lies. ``see`` what is told, or nothing will happen."""

    def __init__(self, person: Person, sensor: str = "fsr") -> None:
        """Raises ValueError for a sensor that does not exist."""
        super().__init__(None, None, sensor)
        self._scenario = FOREVER
        self._person = person
        self._ends = VISIT_ENDS if isinstance(person, Visitor) else CALIBRATION_ENDS
        self._felt_s = 0.0

    def _force_n(self, t_s: float) -> float:
        self._live_until(t_s)
        kpa = self._person.kpa
        return kpa * NEWTONS_PER_REL if self._sensor == "fsr" else self._ball.mechanics.newtons(kpa)

    def _live_until(self, t_s: float) -> None:
        while t_s - self._felt_s > STEP_S:
            self._person.move(STEP_S)
            self._felt_s += STEP_S
        self._person.move(t_s - self._felt_s)
        self._felt_s = t_s

    def see(self, told: Told) -> None:
        """Something was said. At the end the person goes home and the source ends."""
        self._person.see([told])
        if isinstance(self._person, Visitor) and self._person.unplugged is not None:
            self._scenario = replace(FOREVER, unplugged=(self._person.unplugged,))
        if told.code in self._ends:
            self.closed = True

    def __iter__(self) -> Iterator[Event]:
        for event in super().__iter__():
            if isinstance(event, Silence):
                self._live_until(self._t_s)
            yield event
            for mark in self._person.marks(round(self._felt_s * 1e6)):
                self._link.mark(mark.kind, mark.value, mark.t_us / 1e6)
