"""One ramp or hold: what was pressed at which pressure, and whether it counts. Values and pure functions, no time of its own."""

from __future__ import annotations

from statistics import mean
from typing import NamedTuple

from sixten.pain import limits as P
from sixten.pain.model import Rating

PRACTICE, RAMP, HOLD = "practice", "ramp", "hold"


class Past(NamedTuple):
    """The last seconds of pressure: ``points`` are (t_us, gauge_kpa), about every 0.1 s, at most PAST_POINTS of them."""

    points: tuple[tuple[int, float], ...] = ()

    def add(self, t_us: int, kpa: float) -> Past:
        """With this reading, if it is 0.1 s later than the last that was kept."""
        if self.points and t_us - self.points[-1][0] < PAST_EVERY_US:
            return self
        return Past((*self.points[1 - PAST_POINTS :], (t_us, kpa)))

    def at(self, t_us: int) -> float:
        """The pressure at ``t_us``, by straight lines; the nearest end outside. NaN without any point."""
        if not self.points:
            return float("nan")
        after = next((i for i, (t, _) in enumerate(self.points) if t >= t_us), None)
        if after is None:
            return self.points[-1][1]
        if after == 0:
            return self.points[0][1]
        (t0, p0), (t1, p1) = self.points[after - 1], self.points[after]
        return p0 + (p1 - p0) * (t_us - t0) / (t1 - t0)

    def mean(self, t_us: int, seconds: float) -> float:
        """Mean of the points in the ``seconds`` before ``t_us``; the latest point if there is none."""
        inside = [p for t, p in self.points if t_us - seconds * 1e6 <= t <= t_us]
        return mean(inside) if inside else self.at(t_us)

    def slope(self, t_us: int, seconds: float) -> float:
        """kPa/s over the ``seconds`` before ``t_us``, or over what there is of them; 0 for less than two points."""
        inside = [(t, p) for t, p in self.points if t_us - seconds * 1e6 <= t <= t_us]
        if len(inside) < 2:
            return 0.0
        (t0, p0), (t1, p1) = inside[0], inside[-1]
        return (p1 - p0) / (t1 - t0) * 1e6


PAST_EVERY_US = 100_000  # ten points a second: a hand's movement has nothing faster
PAST_POINTS = 30  # 3 s: the longest look back is HOLD_MEAN_S, behind a press that the cable brought late


class Entry(NamedTuple):
    """Presses that belong together: one rating, of what was felt when the first of them was pressed."""

    kpa: float
    rate_kpa_s: float
    held_s: float
    score: int
    last_us: int


class Asked(NamedTuple):
    """A question for a rating in a hold, and the pressure that the answer belongs to."""

    t_us: int
    kpa: float
    held_s: float


class Trial(NamedTuple):
    """A ramp or hold under way. Times are device microseconds, None = not yet."""

    kind: str
    number: int  # goes into each Rating: spread between trials is not spread within one
    stop_at: int  # at this rating the person comes off
    level_kpa: float  # hold: the pressure aimed at; ramp: below this speed is not judged
    moving: bool = False
    asks: int = len(P.HOLD_ASKED_S)  # a hold: how often it is rated
    began_us: int | None = None
    judged: tuple[int, float] | None = None  # where the judged stretch of a ramp began
    top: tuple[int, float] = (0, 0.0)  # the highest pressure, and when
    held_us: int | None = None  # when the hold's clock started
    asked: Asked | None = None
    asked_times: int = 0
    peak_kpa: float = 0.0  # since the last question
    score: int | None = None  # what is shown; None = nothing pressed yet
    entry: Entry | None = None
    ratings: tuple[Rating, ...] = ()
    own_end: bool = False  # the person came off without being asked to
    limit_kpa_s: float | None = None  # a ramp that the ball's own limit ended: how fast the pressure rose there

    @property
    def best(self) -> int:
        """The highest score rated so far."""
        return max((r.score for r in self.ratings), default=0)


def press(trial: Trial, t_us: int, kind: str, value: int | None, past: Past) -> Trial:
    """``trial`` after a press: ``more``, ``less``, or ``rate`` with a value 0..10."""
    burst_s = P.HOLD_BURST_S if trial.kind == HOLD else P.RAMP_BURST_S
    trial = settle(trial, t_us)
    fresh = trial.kind == HOLD and trial.entry is None  # each answer in a hold is counted from nothing: silence is no answer
    base = None if fresh else trial.score
    if kind == "rate":
        score = value or 0
    elif kind == "more":
        score = (base or 0) + 1
    else:
        score = (base or 0) - 1
    score = min(10, max(0, score))
    entry = trial.entry
    if entry is None or t_us - entry.last_us > burst_s * 1e6:
        asked = trial.asked
        if asked is not None and t_us - asked.t_us <= P.ANSWER_S * 1e6:
            entry = Entry(asked.kpa, 0.0, asked.held_s, score, t_us)
            trial = trial._replace(asked=None)
        elif trial.kind == HOLD:
            held_s = 0.0 if trial.held_us is None else max(0, t_us - trial.held_us) / 1e6
            entry = Entry(past.mean(t_us, P.HOLD_MEAN_S), 0.0, held_s, score, t_us)
        else:
            entry = Entry(past.at(t_us), past.slope(t_us, P.SPEED_OVER_S), 0.0, score, t_us)
    else:
        entry = entry._replace(score=score, last_us=max(t_us, entry.last_us))
    return trial._replace(score=score, entry=entry)


def settle(trial: Trial, t_us: int, now: bool = False) -> Trial:
    """Presses that nothing can be added to any more become a rating; ``now``: whatever is pending."""
    entry = trial.entry
    burst_s = P.HOLD_BURST_S if trial.kind == HOLD else P.RAMP_BURST_S
    if entry is not None and (now or t_us - entry.last_us > burst_s * 1e6):
        kind = HOLD if trial.kind == HOLD else RAMP
        rating = Rating(entry.kpa, entry.score, kind, entry.rate_kpa_s, entry.held_s, trial.number)
        trial = trial._replace(entry=None, ratings=(*trial.ratings[-RATINGS_MAX:], rating))
    if trial.asked is not None and (now or t_us - trial.asked.t_us > P.ANSWER_S * 1e6):
        trial = trial._replace(asked=None)
    return trial


def ended(trial: Trial) -> Trial:
    """A trial that is over. Where the ball's own limit ended a ramp, that it had not become one more by then says as much as a press."""
    if trial.limit_kpa_s is None:
        return trial
    still = Rating(trial.top[1], trial.score or 0, RAMP, trial.limit_kpa_s, 0.0, trial.number)
    return trial._replace(ratings=(*trial.ratings, still))


RATINGS_MAX = 60  # in one trial: a minute of pressing once a second; more is a stuck key


def speed_kpa_s(trial: Trial) -> float | None:
    """Mean speed of the judged stretch of a ramp, up to its highest pressure; None if there was no such stretch."""
    if trial.judged is None or trial.top[0] <= trial.judged[0]:
        return None
    return (trial.top[1] - trial.judged[1]) / (trial.top[0] - trial.judged[0]) * 1e6


def fault(trial: Trial) -> str:
    """Why a ramp does not count: ``fast``, ``slow``, ``short`` (left before there was anything to learn), or nothing."""
    speed = speed_kpa_s(trial)
    if speed is None or trial.own_end and len(trial.ratings) < 2:
        return "short"
    low, high = P.SPEED_OK_KPA_S
    return "slow" if speed < low else "fast" if speed > high else ""
