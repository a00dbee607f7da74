"""The values of a visit: where it stands, what is known of each side, and what is still allowed."""

from __future__ import annotations

from typing import NamedTuple

from sixten.ball.messages import Connection, Mark, Silence
from sixten.pain import procedure
from sixten.pain.model import Rating
from sixten.pain.procedure import CalibrationPlan, Outcome
from sixten.pressure.movement import Movement
from sixten.pressure.readings import Reading
from sixten.pressure.rise import Noise
from sixten.pressure.zero import ZeroNews
from sixten.session import limits as L
from sixten.session import rules
from sixten.session.guard import Status
from sixten.session.plan import SIDES, VisitPlan
from sixten.session.refit import Basis
from sixten.session.retest import Exam, Look

# Where the visit stands.
SIDE, MORNING, NEWS, SCREEN, BEFORE, ASK_HURTS, ZERO, PLACE, CALIBRATE, LINE, OFFER_OWN, WINDOW, COME_OFF, AFTER, NEXT, END = (
    "side", "morning", "news", "screen", "before", "hurts", "zero", "place", "calibrate", "line", "offer_own", "window", "come_off",
    "after", "next", "end",
)  # fmt: skip
LOADING = frozenset({CALIBRATE, WINDOW})  # load is part of it; everywhere else a stop is about the visit
NEEDS_CALIBRATION_S = L.LOADED_MAX_S + L.WINDOW_NEEDS_S  # of load, to begin a calibration


class SideState(NamedTuple):
    """One side in this visit. ceiling_kpa: its line; own: the person agreed to a window with NO CEILING. load_s: whatever it was for."""

    ceiling_kpa: float | None = None
    basis: Basis | None = None
    own: bool = False
    windows: int = 0
    load_us: int = 0
    lowered: bool = False  # the line, by a rating in a window
    refused: bool = False  # no line and no window on this side today
    outcome: Outcome | None = None  # of the last calibration
    asked_with: CalibrationPlan | None = None
    before: Look | None = None
    after: Look | None = None
    window_s: tuple[float, ...] = ()  # counted, each window
    rated: tuple[Rating, ...] = ()  # in its windows
    told: bool = False  # where the ball goes, and the signs
    hurts: bool | None = None  # on most days; None = not sure
    hurts_asked: bool = False


class State(NamedTuple):
    """Where the visit stands. Times are device microseconds."""

    plan: VisitPlan
    rules: rules.State
    phase: str = ""
    side: str = ""
    sides: tuple[SideState, SideState] = (SideState(), SideState())  # left, right
    t_us: int = 0
    trusted_us: int | None = None
    zeroed: bool = False
    paused: bool = False  # stopped where nothing was loaded: goes on by a key
    question: int = 0  # of the screening
    screened: bool = False
    exam: Exam | None = None
    calibration: procedure.State | None = None
    off_us: int | None = None  # since when there has been no load
    said_us: int = 0  # when "come off" was last said
    ended: str = ""  # why the visit is over

    @property
    def here(self) -> SideState:
        """The side of now."""
        return self.sides[SIDES.index(self.side)]


Input = Reading | Movement | ZeroNews | Mark | Connection | Silence | Status | Noise


def ceiling_kpa(state: State) -> float | None:
    """What the board's own alarm must be set to now: the line, while a window is on or its load not yet off."""
    on = state.phase in (WINDOW, COME_OFF, END)  # a visit may end with the load still on
    return state.rules.ceiling_kpa if on and not state.rules.closing else None


def may_again(state: State, side: str) -> bool:
    """Whether ``side`` has a window left in this visit, and load for it, with a calibration where that is still to do."""
    of = state.sides[SIDES.index(side)]
    ready = of.ceiling_kpa is not None or of.own
    left_s = L.LOAD_BUDGET_S - of.load_us / 1e6
    return not of.refused and of.windows < L.WINDOWS_MAX and left_s >= (L.WINDOW_NEEDS_S if ready else NEEDS_CALIBRATION_S)
