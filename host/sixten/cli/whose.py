"""A person's own line of today in a session: looked up once the ball has said what it is, and kept if a rating has lowered it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING, Any

from sixten.ball.messages import Event, Info
from sixten.language import fill
from sixten.recording.errors import RecordingError
from sixten.window_words import LOWERED_NOT_KEPT

if TYPE_CHECKING:
    from sixten.pressure.readings import Readings
    from sixten.recording.people import Calibration, People, Person, Side
    from sixten.session.rules import Plan
    from sixten.watch import Job


def greeting(events: Iterable[Event]) -> tuple[Readings, Iterator[Event]]:
    """What the ball says of itself at the beginning of ``events``, and all of the events, from the first. Raises BallError."""
    from sixten.pressure.readings import Readings

    readings, rest, heard = Readings(), iter(events), []
    for event in rest:
        heard.append(event)
        readings.feed(event)
        if isinstance(event, Info) and event.key == "end" and readings.sensor is not None:
            break
    return readings, chain(heard, rest)


class Whose:
    """Whose line it is."""

    def __init__(self, people: People, person: Person, side: Side) -> None:
        self._people, self.person, self.side = people, person, side
        self._last: Calibration | None = None

    def plan(self, ball: Readings, at_most_kpa: float | None) -> tuple[Plan, str]:
        """The plan with today's ceiling, and why there is none. at_most_kpa: a lower line that was asked for; it also stands alone.

        Raises ValueError for a line that no window can have.
        """
        from sixten.recording.people import NoCeiling
        from sixten.session.limits import CEILING_MIN_KPA
        from sixten.session.rules import Plan

        now = datetime.now().astimezone()
        unit = ball.sensor.unit if ball.sensor is not None else ""
        found = self._people.todays_ceiling(self.person, self.side, unit, ball.calibration_id, now, ball.unique_id)
        if isinstance(found, NoCeiling) or found.ceiling_kpa is None:
            reason = found.reason if isinstance(found, NoCeiling) else ""
            return Plan(at_most_kpa), reason if at_most_kpa is None else ""
        if found.ceiling_kpa < CEILING_MIN_KPA:
            return Plan(at_most_kpa), f"Today's line has fallen to {found.ceiling_kpa:.1f} {unit}, too low for a window: rest today."
        self._last = found
        ceiling_kpa = found.ceiling_kpa if at_most_kpa is None else min(found.ceiling_kpa, at_most_kpa)
        return Plan(ceiling_kpa, basis=basis_of(found)), ""

    def keep_lowered(self, job: Job) -> str:
        """If a rating has lowered the line in the session, that is today's from now on. Why it could not be stored, if so."""
        import msgspec

        from sixten.recording.file import software

        state: Any = job.run.state
        ceiling_kpa = state.ceiling_kpa
        if self._last is None or ceiling_kpa is None or ceiling_kpa >= state.plan.ceiling_kpa:
            return ""
        recording = job.recorder.path.name if job.recorder is not None else ""
        lowered = msgspec.structs.replace(
            self._last, made_utc=datetime.now(UTC), ceiling_kpa=ceiling_kpa, lowered=True, recording=recording, software=software()
        )
        try:
            self._people.add_calibration(self.person, lowered)
        except (RecordingError, ValueError) as error:
            return fill(LOWERED_NOT_KEPT, {"reason": error})
        return ""


def basis_of(calibration: Calibration) -> Any:
    """What the ceiling was fitted from. Without a prior that today's model understands, the population's stands in: it is the widest."""
    import msgspec

    from sixten.pain.model import POPULATION, Prior, Rating
    from sixten.session.refit import Basis

    try:
        prior = msgspec.convert(calibration.numbers["prior"], Prior)
    except (KeyError, ValueError):
        prior = POPULATION
    return Basis(tuple(Rating(*r) for r in calibration.ratings), prior)
