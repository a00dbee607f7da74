"""The values of a calibration: the plan it follows, where it stands, what it says and how it ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from sixten.pain.ceiling import EARLIER_NEEDED, RAMPS_NEEDED, Ceiling
from sixten.pain.model import POPULATION, Prior, Rating
from sixten.pain.trials import Past, Trial

# Where the procedure stands.
ZERO, READY, RAMPING, APPROACH, HOLDING, OFF, REST, PAUSED, DONE = (
    "zero", "ready", "ramping", "approach", "holding", "off", "rest", "paused", "done",
)  # fmt: skip
LOADING = frozenset({READY, RAMPING, APPROACH, HOLDING})  # the person is asked to be on the ball, or to get on

Values = dict[str, float | int | str | None]


class Prompt(NamedTuple):
    """Something to tell: ``code`` (see words.py), and the numbers that belong to it. Has the fields of a session's Notice."""

    t_us: int
    code: str
    values: Values


@dataclass(frozen=True, slots=True)
class CalibrationPlan:
    """What was agreed before. prior: by value, so that a replay fits the same; it knows how many calibrations are behind it.

    seed: shuffles the holds. rated_by: ``self`` or ``partner``. hold_s: length of the window that the ceiling is for.
    Raises ValueError, in words for the person, for what makes no sense.
    """

    side: str
    seed: int = 0
    prior: Prior = field(default=POPULATION)
    rated_by: str = "self"
    hold_s: float = 60.0

    def __post_init__(self) -> None:
        if self.side not in ("left", "right"):
            raise ValueError(f"the side is left or right, not {self.side}")
        if self.rated_by not in ("self", "partner"):
            raise ValueError(f"the one who rates is self or partner, not {self.rated_by}")
        if not 30.0 <= self.hold_s <= 60.0:
            raise ValueError(f"a window lasts 30 to 60 s, not {self.hold_s:g}")

    @property
    def ramps(self) -> int:
        """How many valid ramps are enough."""
        return 1 if self.prior.earlier >= EARLIER_NEEDED else RAMPS_NEEDED


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ended: ``calibrated``, ``refused``, ``stopped`` or ``symptom``. ceiling: only with ``calibrated``.

    reasons: for ``refused``, in words saying what to do. own_rating: a session by the person's own rating, without a ceiling, can be
    offered. short: why there were fewer steps than usual, or empty. loaded_s: time with load on.
    """

    ended: str
    ceiling: Ceiling | None
    reasons: tuple[str, ...]
    ratings: tuple[Rating, ...]
    ramps: int
    holds: int
    loaded_s: float
    short: str
    own_rating: bool
    prior: Prior  # what the ceiling was fitted with


class State(NamedTuple):
    """Where the calibration stands. Times are device microseconds."""

    plan: CalibrationPlan
    phase: str = ZERO
    t_us: int = 0
    trusted_us: int | None = None
    past: Past = Past()
    load_us: int = 0
    score: int = 0  # pain now, as last said; the number that is shown
    start_score: int = 0  # when the first trial began
    trial: Trial | None = None
    numbered: int = 0  # trials begun
    begun: bool = False
    practised: bool = False
    ramps: tuple[tuple[Rating, ...], ...] = ()  # valid ones of this placement, see REJECTED_MAX and RAMPS_STOP_AT for how many
    holds: tuple[tuple[Rating, ...], ...] = ()
    tried: int = 0  # holds begun, rated or not
    moved: bool = False  # one of the holds was a moving one
    share: float = 0.0  # of what was thought to be 6, at which the last hold was
    rejected: int = 0
    without_pain: int = 0  # ramps in a row with nothing rated
    painless_kpa: float | None = None  # as high as this nothing was felt, in this placement
    felt_kpa: float = 0.0  # the highest pressure in a ramp of this placement
    cue: str = ""
    cue_us: int = 0
    zero_why: str = ""  # what was last said about a zero that does not come
    said_us: int = 0  # when "come off" or "bring the number down" was last said
    rest_us: int | None = None  # since when there has been no load
    rest_from_us: int = 0  # since when there is rest at all
    away_us: int | None = None  # since when nobody has touched the ball
    placed: bool = True  # False once the ball counts as put down anew, until it is loaded again
    over: bool = False
    silent: bool = False  # the signal is lost
    why_paused: str = ""  # ``stop`` or ``signal``
    short: str = ""  # why there are fewer holds: ``known`` or ``load``
    differs: bool = False  # today is so unlike the earlier days that they say nothing about it
    outcome: Outcome | None = None
