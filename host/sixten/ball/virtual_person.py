"""The virtual ball under a simulated person, who answers the prompts of a calibration."""

from __future__ import annotations

from collections.abc import Iterator

from sixten.ball.messages import Event
from sixten.ball.virtual import Scenario, VirtualSource
from sixten.pain.person import Person, Told
from sixten.pressure.sensors import NEWTONS_PER_REL

ENDS = {"calibrated", "refused", "stopped", "symptom"}
FOREVER = Scenario(((0.0, 0.0), (1e9, 0.0)))


class PersonSource(VirtualSource):
    """Iterate it for the events of a virtual ball on which ``person`` lies. ``see`` what is told, or nothing will happen."""

    def __init__(self, person: Person, sensor: str = "fsr") -> None:
        """Raises ValueError for a sensor that does not exist."""
        super().__init__(None, None, sensor)
        self._scenario = FOREVER
        self._person = person
        self._felt_s = 0.0

    def _force_n(self, t_s: float) -> float:
        self._person.move(t_s - self._felt_s)
        self._felt_s = t_s
        kpa = self._person.kpa
        return kpa * NEWTONS_PER_REL if self._sensor == "fsr" else self._ball.mechanics.newtons(kpa)

    def see(self, told: Told) -> None:
        """Something was said. At the end the person goes home and the source ends."""
        self._person.see([told])
        if told.code in ENDS:
            self.closed = True

    def __iter__(self) -> Iterator[Event]:
        for event in super().__iter__():
            yield event
            for mark in self._person.marks(round(self._felt_s * 1e6)):
                self._link.mark(mark.kind, mark.value, mark.t_us / 1e6)
