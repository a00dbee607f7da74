"""The values of a session: what was agreed, where it stands, and what it says."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from sixten.pain.model import Rating
from sixten.pressure.rise import Noise
from sixten.session import limits as L
from sixten.session.guard import WAITING, Status
from sixten.session.refit import Basis

OFF, SETTLE, WORK, NEAR, OVER = "off", "settle", "work", "near", "over"


Recent = tuple[tuple[int, float], ...]  # (t_us, fast), every 0.1 s


class Notice(NamedTuple):
    """Something to tell: ``code`` (see words.py), and the numbers that belong to it."""

    t_us: int
    code: str
    values: dict[str, float | int | str | None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What was agreed before the window. min_s, max_s: 30..60 s. ceiling_kpa: None shows the gauge and runs no window.
    basis: what a calibrated ceiling was fitted from; without it a rating can be surprising to nobody.
    guided: of a visit (window.py), with its side; without a ceiling it is a window by the person's own rating.

    Raises ValueError, in words for the person, for lengths or a ceiling outside what the practice and the ball allow.
    """

    ceiling_kpa: float | None = None
    min_s: float = L.WINDOW_MIN_S
    max_s: float = L.WINDOW_MAX_S
    basis: Basis | None = None
    guided: bool = False
    side: str = ""

    @property
    def own_rating(self) -> bool:
        """A timed window with NO CEILING."""
        return self.guided and self.ceiling_kpa is None

    def __post_init__(self) -> None:
        if not L.WINDOW_MIN_S <= self.min_s <= self.max_s <= L.WINDOW_MAX_S:
            raise ValueError(f"a window lasts {L.WINDOW_MIN_S} to {L.WINDOW_MAX_S} s, not {self.min_s} to {self.max_s}")
        c = self.ceiling_kpa
        if c is not None and not L.CEILING_MIN_KPA <= c <= L.DEVICE_LIMIT_KPA:  # also refuses NaN
            raise ValueError(
                f"a ceiling must lie between {L.CEILING_MIN_KPA:g} and {L.DEVICE_LIMIT_KPA:g} kPa (the ball's own limit), not {c:g}"
            )


class Guided(NamedTuple):
    """Where a guided window stands. Times are device microseconds."""

    slowly: bool = False  # "slowly" has been said
    starting_us: int | None = None  # since when it is starting: first its words, then the count
    counted: int = 0  # how many numbers of the count have been told
    begun: bool = False  # the count is over: the clock may run
    phase: int = -1  # the one that was told last
    beat: int = 0  # beats of the pacer so far
    beat_us: int = 0  # when the next is due
    asked: int = 0  # ratings asked for so far
    waiting_us: int | None = None  # for an answer, since then
    again: bool = False  # it has been asked for twice
    unrated_us: int | None = None  # "press if it is 6 or more" was said, and has not been answered
    score: int = 0  # what has been pressed so far
    pressed_us: int | None = None  # when the first of these presses was made, which is when it was felt
    last_us: int = 0  # and the last one
    felt: Recent = ()  # up to the first one


class State(NamedTuple):
    """Where the session stands. Times are device microseconds; ``None`` = not so now."""

    plan: Plan
    # These change with each trusted reading, and so stand together: ``moved_on``.
    t_us: int = 0
    quality: str = ""
    trusted_us: int | None = None  # the last reading that could be trusted
    first_us: int | None = None  # the first reading that could be trusted
    band: str = ""  # the band now
    band_since_us: int = 0
    window_us: int = 0  # trusted time in work and near
    load_us: int = 0  # time with load on, whatever the band
    running: bool = False  # the last trusted reading could have counted: a ceiling, a zero, the board's alarm set, and not ended
    over_since_us: int | None = None
    over_us: int = 0  # added up over the window
    eased: bool = False  # "ease off" has been said in this spell of over
    off_since_us: int | None = None
    loaded_since_us: int | None = None
    recent: Recent = ()  # about the last second
    halve_kpa: float | None = None  # after a rating of 7 or more: over until the load has fallen to this
    zero_offered: bool = False  # since the ball was last loaded
    loaded_since_zero: bool = False
    # And these seldom.
    ceiling_kpa: float | None = None  # may fall during the session, never rise
    said_band: str = ""  # the band last announced
    steady_since_us: int | None = None
    on: bool = False  # getting on is finished
    rising_us: int = -(10**12)  # when it was last said
    slower_us: int = -(10**12)
    guard: Status = Status(0, False, reason=WAITING)  # the board's own alarm
    guard_said: float | str | None = ""  # what was last said of it: the ceiling it is set to, or why it is not
    guard_asked_us: int = 0  # since when it has been waited for
    closing: bool = False  # the program is being left
    keep_moving_us: int = -(10**12)  # when it was last said, or the window was begun
    keep_moving_said: int = 0  # times in this window
    zero_problem: str = "none"  # why there is no zero yet
    zero_said: str = ""  # what was last said about that
    may_stop: bool = False
    ended: str = ""  # why the window is over; "" while it is not
    stale: bool = False
    lost: bool = False
    interrupted: bool = False  # silent for so long that the session is closed
    window: int = 0  # how many there were before this one
    rated: tuple[Rating, ...] = ()  # in this session
    noise: Noise = Noise()  # of the ball's sensor behind the filters, once it is known
    guided: Guided | None = None  # in a visit


_state: partial[State] = partial(tuple.__new__, State)


def moved_on(state: State, *changed: object) -> State:
    """``state`` with ``changed`` for what stands behind ``plan``, in that order. ``_replace`` costs several times as much."""
    return _state(state[:1] + changed + state[1 + len(changed) :])


def start(plan: Plan) -> State:
    """The state before anything has happened."""
    return State(plan=plan, ceiling_kpa=plan.ceiling_kpa, guided=Guided() if plan.guided else None)


def limit_kpa(state: State) -> float:
    """The line that `over` is judged by: the ceiling, or the ball's own limit where there is none."""
    return L.DEVICE_LIMIT_KPA if state.ceiling_kpa is None else state.ceiling_kpa
