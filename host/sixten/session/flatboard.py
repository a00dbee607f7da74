"""The flat-board calibration with a bathroom scale: ``step(state, input) -> (state, what to say)``, a pure function.

Ball between two boards on a scale. Squeeze it a few times, let it rest, take a zero, then press it with one weight after the other, first
more and more, then less. For each the person types what the scale showed. Nothing is stored here: a state whose phase is ``kept`` has a
calibration in it, any other has none.
"""

from __future__ import annotations

from math import isnan
from statistics import median
from typing import NamedTuple

from sixten.ball.messages import FlatBoardPoints, Mark
from sixten.pressure.newtons import FEWEST_RISING, HEAVIEST_N, N_PER_UNIT, BadPoints, FlatBoard, Point, fit
from sixten.pressure.readings import OK, SATURATED, Reading
from sixten.pressure.zero import LOADED_KPA, TAKEN, ZeroNews

G_N_KG = 9.81
# Evenly enough spread over what people put on a ball; a seventh gains next to nothing (computed, docs/error-budget.md).
UP_KG = (5.0, 10.0, 15.0, 22.0, 32.0, 45.0)
DOWN_KG = (32.0, 22.0, 10.0)  # the ones that `make bench-accuracy` calibrates with; the curve lies midway between up and down
SQUEEZES = 3  # the first loads after a pause read higher than later ones
SQUEEZE_KPA = 15.0  # what counts as a squeeze: a stiff ball under 40 kg (35 kPa in the solid one), well above a hand [judged]
SQUEEZED_KPA = 5.0  # and below this it has ended
REST_S = 60.0  # after the squeezes, until the rubber has come back
HOLD_S = 15.0  # each load rests this long before it counts: the air is back at the ball's temperature after 5 s, the rest is creep
TAKE_S = 2.0  # the pressure is the median of this long
SAME_SHARE, SAME_KPA = 0.10, 1.0  # leaving this band around a load is another load, and the wait begins anew [judged]
STEADY_SHARE, STEADY_KPA = 0.05, 0.5  # within the 2 s: arms on a board are no steadier [judged]
UNSTEADY_AFTER_S = 30.0  # beyond the wait, then help is offered [judged]
APART_KG = 0.5  # two loads closer than this are the same one read twice [judged]
KEEP_US = 100_000  # ten values a second of `smooth`; 20 of them are the 2 s

SQUEEZE, REST, ZERO, HOLD, TYPE, REVIEW = "squeeze", "rest", "zero", "hold", "type", "review"
KEPT, DISCARDED, STOPPED = "kept", "discarded", "stopped"
OVER = (KEPT, DISCARDED, STOPPED)

Values = dict[str, float | int | str | None]


class Said(NamedTuple):
    """Something to tell the person: ``code`` (see words.FLAT_BOARD) and its numbers."""

    code: str
    values: Values


class Step(NamedTuple):
    """One load to be put on. kg: the target, not what it will be."""

    kg: float
    rising: bool


class Taken(NamedTuple):
    """One load that was measured. step: index into ``STEPS``."""

    step: int
    point: Point
    temperature_c: float | None


STEPS = (*(Step(kg, True) for kg in UP_KG), *(Step(kg, False) for kg in DOWN_KG))


class State(NamedTuple):
    """Where the procedure stands. held_kpa: what the present load read when it had rested; None until then."""

    phase: str = SQUEEZE
    unit: str = ""
    t_us: int = 0
    squeezes: int = 0
    squeezed: bool = False
    since_us: int | None = None  # of the rest, or of the present load
    asked_zero: bool = False
    zero_kpa: float | None = None
    step: int = 0
    taken: tuple[Taken, ...] = ()
    level_kpa: float | None = None  # what the present load is held against
    recent: tuple[tuple[int, float], ...] = ()  # (t_us, smooth) of the last 2 s
    held_kpa: float | None = None
    helped: bool = False
    board: FlatBoard | None = None

    @property
    def points(self) -> tuple[Point, ...]:
        """What has been measured so far."""
        return tuple(t.point for t in self.taken)

    @property
    def temperature_c(self) -> float | None:
        """The middle one of those at the loads; None without a thermometer."""
        known = [t.temperature_c for t in self.taken if t.temperature_c is not None]
        return median(known) if known else None

    @property
    def awaits(self) -> bool:
        """Whether nothing goes on until the person types something."""
        return self.phase in (TYPE, REVIEW) or self.phase == ZERO and not self.asked_zero


def start() -> tuple[State, list[Said]]:
    """The state before anything has happened, and what to do first."""
    return State(), [Said("begin", {}), Said("squeeze", {"left": SQUEEZES})]


def calibration(state: State, sensor: str) -> FlatBoardPoints | None:
    """What is to be stored; None unless the person has decided to keep it."""
    if state.phase != KEPT or state.zero_kpa is None:
        return None
    return FlatBoardPoints(sensor, state.unit, state.zero_kpa, tuple((p.kpa, p.force_n, p.rising) for p in state.points))


def meant(state: State, text: str) -> tuple[str, int | None] | None:
    """What a typed line means now, as a mark's kind and value; None for what means nothing. Never raises."""
    word = text.strip().lower().replace(",", ".").removesuffix("kg").strip()
    if word in ("q", "quit", "stop"):
        return "stop", None
    if word == "" and state.phase == ZERO and not state.asked_zero:
        return "zero", None
    if word in ("y", "yes"):
        return {ZERO: ("untouched", None), REVIEW: ("keep", None)}.get(state.phase)
    if word in ("n", "no"):
        return ("discard", None) if state.phase == REVIEW else None
    if word in ("s", "skip", "u", "undo"):
        return {"s": "skip", "u": "undo"}[word[0]], None
    if len(word) > 12 or not word.isascii():
        return None
    try:
        kg = float(word)
    except ValueError:
        return None
    return ("scale", round(kg * 1000)) if -1e6 < kg < 1e6 else None


def step(state: State, happened: Reading | ZeroNews | Mark, temperature_c: float | None = None) -> tuple[State, list[Said]]:
    """The next state, and what to tell. temperature_c: in the ball now."""
    if state.phase in OVER:
        return state, []
    if isinstance(happened, Mark):
        return _mark(state._replace(t_us=max(state.t_us, happened.t_us)), happened, temperature_c)
    if isinstance(happened, ZeroNews):
        return _zero(state, happened)
    if happened.quality == SATURATED:
        fresh = state.level_kpa is not None
        return state._replace(level_kpa=None, since_us=None, recent=()), [Said("saturated", {})] if fresh else []
    if happened.quality != OK or isnan(happened.smooth_kpa):
        return state._replace(level_kpa=None, since_us=None, recent=()), []
    state = state._replace(unit=happened.unit)
    if state.recent and happened.t_us - state.recent[-1][0] < KEEP_US:
        return state, []
    t_us, kpa = happened.t_us, happened.smooth_kpa
    recent = (*(r for r in state.recent if t_us - r[0] <= TAKE_S * 1e6), (t_us, kpa))
    state = state._replace(t_us=t_us, recent=recent)
    if state.phase in (SQUEEZE, REST):
        return _before(state, kpa)
    if state.phase in (HOLD, TYPE):
        return _hold(state, kpa)
    return state, []


def _before(state: State, kpa: float) -> tuple[State, list[Said]]:
    if state.phase == SQUEEZE:
        if kpa >= SQUEEZE_KPA:
            return state._replace(squeezed=True), []
        if not state.squeezed or kpa >= SQUEEZED_KPA:
            return state, []
        n = state.squeezes + 1
        state = state._replace(squeezed=False, squeezes=n)
        if n < SQUEEZES:
            return state, [Said("squeeze", {"left": SQUEEZES - n})]
        return state._replace(phase=REST, since_us=state.t_us), [Said("rest", {"seconds": REST_S})]
    if kpa >= SQUEEZED_KPA or state.since_us is None:  # it rests only while nobody presses it
        return state._replace(since_us=state.t_us), []
    if state.t_us - state.since_us < REST_S * 1e6:
        return state, []
    return state._replace(phase=ZERO), [Said("zero", {})]


def _zero(state: State, news: ZeroNews) -> tuple[State, list[Said]]:
    if state.phase != ZERO or not state.asked_zero:
        return state, []
    if news.kind != TAKEN:
        return (state._replace(asked_zero=False) if news.asked else state), []  # why not is a notice of the session's
    state, said = _aim(state._replace(zero_kpa=news.zero_kpa), 0)
    return state, [Said("boards", {}), *said]


def _aim(state: State, at: int) -> tuple[State, list[Said]]:
    """On to the next load from ``at`` on that makes sense after what was measured; or to the review."""
    heaviest = max((p.force_n for p in state.points), default=0.0)
    while at < len(STEPS) and not STEPS[at].rising and STEPS[at].kg * G_N_KG >= heaviest:
        at += 1  # down from less than this
    state = state._replace(step=at, level_kpa=None, since_us=None, held_kpa=None, helped=False, board=None)
    if at < len(STEPS):
        direction = "up" if STEPS[at].rising else "down"
        return state._replace(phase=HOLD), [Said("load", {"kg": STEPS[at].kg, "direction": direction, "seconds": HOLD_S})]
    try:
        board = fit(state.points, state.unit)
    except BadPoints as error:
        return state._replace(phase=REVIEW), [Said("refused", {"reason": str(error)})]
    worst = max(map(abs, board.residuals_n), default=0.0)
    values: Values = {
        "points": len(state.points), "unit": state.unit, "residual_n": round(worst, 1), "hysteresis_n": round(board.hysteresis_n, 1),
        "lowest": round(board.lowest_kpa, 1), "highest": round(board.highest_kpa, 1),
    }  # fmt: skip
    return state._replace(phase=REVIEW, board=board), [Said("review", values)]


def _hold(state: State, kpa: float) -> tuple[State, list[Said]]:
    t_us, level = state.t_us, state.level_kpa
    if kpa < LOADED_KPA:
        return state._replace(level_kpa=None, since_us=None, helped=False), []
    if level is None or state.since_us is None or abs(kpa - level) > max(SAME_KPA, SAME_SHARE * level):
        return state._replace(level_kpa=kpa, since_us=t_us), []
    if t_us - state.since_us < HOLD_S * 1e6:
        return state, []
    values = [v for _, v in state.recent]
    if max(values) - min(values) > max(STEADY_KPA, STEADY_SHARE * level):
        if state.helped or t_us - state.since_us < (HOLD_S + UNSTEADY_AFTER_S) * 1e6:
            return state, []
        return state._replace(helped=True), [Said("unsteady", {})]
    first = state.held_kpa is None
    state = state._replace(phase=TYPE, held_kpa=median(values))  # and again for as long as it is held
    return state, [Said("type", {"kg": STEPS[state.step].kg})] if first else []


def _mark(state: State, mark: Mark, temperature_c: float | None) -> tuple[State, list[Said]]:
    kind = mark.kind
    if kind in ("stop", "symptom"):
        return state._replace(phase=STOPPED, board=None), [Said("stopped", {})]
    if kind == "zero" and state.phase == ZERO:
        return state._replace(asked_zero=True), [Said("zeroing", {})]
    if kind == "untouched" and state.phase == ZERO:
        return state._replace(asked_zero=True), []
    if kind == "scale" and mark.value is not None:
        return _scale(state, mark.value / 1000, temperature_c)
    if kind == "undo" and state.taken:
        last = state.taken[-1]
        state, said = _aim(state._replace(taken=state.taken[:-1]), last.step)
        return state, [Said("undone", {"kg": round(last.point.force_n / G_N_KG, 1)}), *said]
    if kind == "skip" and state.phase in (HOLD, TYPE):
        rising = sum(p.rising for p in state.points)
        left = sum(s.rising for s in STEPS[state.step + 1 :])
        if STEPS[state.step].rising and rising + left < FEWEST_RISING:
            return state, [Said("too_few", {"fewest": FEWEST_RISING})]
        return _aim(state, state.step + 1)
    if state.phase == REVIEW:
        if kind == "discard":
            return state._replace(phase=DISCARDED, board=None), [Said("discarded", {})]
        if kind == "keep" and state.board is not None:
            return state._replace(phase=KEPT), []
        if kind == "keep":
            return state, [Said("cannot_keep", {})]
    return state, []


def _scale(state: State, kg: float, temperature_c: float | None) -> tuple[State, list[Said]]:
    """What the scale showed, if it can be that."""
    if state.phase not in (HOLD, TYPE):
        return state, [Said("no_load_asked", {})]
    if state.held_kpa is None:
        return state, [Said("too_early", {"seconds": HOLD_S})]
    force_n, kpa, rising = kg * G_N_KG, state.held_kpa, STEPS[state.step].rising
    values: Values = {"kg": round(kg, 1)}
    if kg <= 0:
        return state, [Said("not_above_zero", values)]
    if force_n > HEAVIEST_N:
        return state, [Said("too_heavy", {**values, "most": round(HEAVIEST_N / G_N_KG)})]
    if not N_PER_UNIT[0] <= force_n / kpa <= N_PER_UNIT[1]:
        return state, [Said("absurd", {**values, "kpa": round(kpa, 1), "unit": state.unit})]
    if state.taken:
        last = state.taken[-1].point
        before: Values = {**values, "last_kg": round(last.force_n / G_N_KG, 1)}
        away_kg = (force_n - last.force_n) / G_N_KG * (1 if rising else -1)
        if abs(away_kg) < APART_KG:
            return state, [Said("same_again", before)]
        if away_kg < 0:
            return state, [Said("not_heavier" if rising else "not_lighter", before)]
        if (kpa - last.kpa) * (1 if rising else -1) <= 0:
            return state, [Said("against", {**before, "kpa": round(kpa, 1), "last_kpa": round(last.kpa, 1), "unit": state.unit})]
    taken = Taken(state.step, Point(kpa, force_n, rising), temperature_c)
    state, said = _aim(state._replace(taken=(*state.taken, taken)), state.step + 1)
    return state, [Said("noted", {**values, "kpa": round(kpa, 1), "unit": state.unit}), *said]
