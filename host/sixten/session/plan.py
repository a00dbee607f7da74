"""What is agreed before a visit, and what is asked before anybody lies on the ball."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sixten.pain.model import EARLIER_KEPT, Earlier
from sixten.session import limits as L
from sixten.session.refit import Basis

SIDES = ("left", "right")


class Question(NamedTuple):
    """A yes ends the visit, whatever the person thinks of it. then: what is said to it (visit_words.py)."""

    key: str
    then: str


# In this order: what needs a doctor now first. Any yes: no session this visit, and no way round.
SCREENING = (
    Question("saddle", "doctor_now"),
    Question("clot", "doctor_now"),
    Question("fever", "doctor_first"),
    Question("night_pain", "doctor_first"),
    Question("fall", "doctor_first"),
    Question("cancer_infection", "doctor_first"),
    Question("fracture", "doctor_first"),
    Question("wound", "healed_first"),
    Question("hip_surgery", "doctor_first"),
    Question("blood", "doctor_first"),
    Question("bones", "doctor_first"),
    Question("pregnant", "doctor_first"),
    Question("numb", "doctor_first"),
    Question("dulled", "another_day"),
    Question("under_18", "not_for_you"),
    Question("alone", "not_alone"),
)
# Numbers of the other questions that are answered with yes or no; a screening question's number is its place.
WORSE, CHANGED, OWN, CLOSED, HURTS = 100, 101, 102, 103, 104


@dataclass(frozen=True, slots=True)
class SidePlan:
    """What is known of one side. earlier: its calibrations, see ``kept``. ceiling_kpa: today's line, if one counts; basis: what it was
    fitted from.
    refused: today's line has fallen too low for a window.
    """

    earlier: tuple[Earlier, ...] = ()
    ceiling_kpa: float | None = None
    basis: Basis | None = None
    refused: bool = False


@dataclass(frozen=True, slots=True)
class VisitPlan:
    """What was agreed before, by value, so that a replay asks and decides the same.

    side: empty = it is asked. seed: shuffles the calibration's holds. rated_by: ``self`` or ``partner``. screened: an earlier visit has
    asked all questions. visited: there was a visit with load before, so there was a morning after. visits_today: with load.
    Raises ValueError, in words for the person, for what makes no sense.
    """

    side: str = ""
    left: SidePlan = SidePlan()
    right: SidePlan = SidePlan()
    seed: int = 0
    rated_by: str = "self"
    min_s: float = L.WINDOW_MIN_S
    max_s: float = L.WINDOW_MAX_S
    screened: bool = False
    visited: bool = False
    visits_today: int = 0

    def __post_init__(self) -> None:
        if self.side not in ("", *SIDES):
            raise ValueError(f"the side is left or right, not {self.side}")
        if self.rated_by not in ("self", "partner"):
            raise ValueError(f"the one who rates is self or partner, not {self.rated_by}")
        if not L.WINDOW_MIN_S <= self.min_s <= self.max_s <= L.WINDOW_MAX_S:
            raise ValueError(f"a window lasts {L.WINDOW_MIN_S} to {L.WINDOW_MAX_S} s, not {self.min_s:g} to {self.max_s:g}")
        for side in (self.left, self.right):
            c = side.ceiling_kpa
            if c is not None and not L.CEILING_MIN_KPA <= c <= L.DEVICE_LIMIT_KPA:
                raise ValueError(f"a ceiling must lie between {L.CEILING_MIN_KPA:g} and {L.DEVICE_LIMIT_KPA:g} kPa, not {c:g}")

    def of(self, side: str) -> SidePlan:
        """What is known of ``side``."""
        return self.left if side == "left" else self.right


def kept(earlier: Sequence[Earlier]) -> tuple[Earlier, ...]:
    """Those that a prior is made of, so that the plan stays short: the last of this side, or, without any, of the other."""
    return tuple([e for e in earlier if e.same_side][-EARLIER_KEPT:]) or tuple(earlier[-EARLIER_KEPT:])


def other(side: str) -> str:
    """The other side."""
    return "right" if side == "left" else "left"
