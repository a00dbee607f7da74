"""Simulated people, many at once: who they are, what they feel on the ball, and how they rate it.

None of this is known to `sixten.pain`: the people here feel with a lag, habituate, are placed differently each day, lapse, and some of
them have curves of another shape or use only 0, 5 and 10. Numbers without another source are judged; docs/how-it-decides-ceiling.md names
the sources of the rest. Nobody has been measured on a physical ball.

Arrays are over people, shape (n,), unless said otherwise. Pressures in kPa, times in s.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sixten.pain.model import Rating

Array = NDArray[np.float64]

HOLD_S = 60.0
DEVICE_LIMIT_KPA = 95.0
STEP_S = 0.05  # of the simulated time; pain is a low pass of 1 s and slower
RAMP_TOPS = (5, 5, 6, 5)  # what a ramp comes off at; the fourth only when the spread of three asks for it
HOLD_SHARES = (0.50, 0.70, 0.85)
POWER, LOG, SIGMOID = "power", "log", "sigmoid"


@dataclass(frozen=True)
class Group:
    """A kind of people. Names say what differs from a healthy population that the prior knows."""

    name: str
    shape: str = POWER
    scale: float = 1.0  # of every pressure; 0.5 and 2 make the prior wrong
    hip_pain: float = 0.0  # share of people
    sensitised: float = 0.5  # share of those with hip pain
    coarse: float = 0.10  # share of people that use only 0, 5 and 10
    lapses: float = 0.05  # share of ratings
    noise: float = 0.5  # of 10; 0.3 near both ends
    lag_s: float = 3.0
    ramp_bias: float = 0.9
    reach: bool = False  # presses 4 when the pain has reached 4, not when it has become nearer to 4 than to 3
    habituation: float = 0.02  # of ln p6, each ramp
    answer: bool | None = False  # to the question whether this hip hurts on most days; None = not sure


EVERYONE = Group("healthy")


@dataclass(frozen=True)
class People:
    """What people are, today. ``p0``, ``p6``: where pain starts, and where it is 6, before the first ramp and without lag or drift."""

    group: Group
    p0: Array
    p6: Array
    g: Array
    rise_s: Array
    fall_s: Array
    drift: Array  # of 10 a minute, on top of 0.3 (pain - 4)
    delay_s: Array
    coarse: NDArray[np.bool_]
    usual_ln_p6: Array  # without this day's shift and placement

    def __len__(self) -> int:
        return len(self.p0)

    def take(self, which: NDArray[np.int64] | slice) -> People:
        return replace(self, **{f.name: getattr(self, f.name)[which] for f in fields(self) if f.name != "group"})


def draw(rng: np.random.Generator, n: int, group: Group = EVERYONE) -> People:
    """``n`` people on a day of theirs."""
    hip = rng.random(n) < group.hip_pain
    woman = rng.random(n) < 0.5
    p0 = 28 * group.scale * np.exp(0.45 * rng.standard_normal(n)) * np.where(woman, 0.75, 1.0) * np.where(hip, 0.6, 1.0)
    k = 1 + 0.52 * np.exp(0.45 * rng.standard_normal(n))
    people = People(
        group=group,
        p0=p0,
        p6=p0 * k,
        g=np.clip(1.1 + 0.2 * rng.standard_normal(n), 0.7, 1.6),
        rise_s=np.clip(group.lag_s * np.exp(0.5 * rng.standard_normal(n)), group.lag_s / 3, group.lag_s * 8 / 3),
        fall_s=np.full(n, min(1.5, group.lag_s)),
        drift=0.8 * rng.standard_normal(n) + np.where(hip & (rng.random(n) < group.sensitised), 1.5, 0.0),
        # Half of the spread is the person, half the single press; together the ln SD is 0.4.
        delay_s=0.8 * np.exp(0.4 * np.sqrt(0.5) * rng.standard_normal(n)),
        coarse=rng.random(n) < group.coarse,
        usual_ln_p6=np.log(p0 * k),
    )
    return another_day(rng, people)


def another_day(rng: np.random.Generator, people: People) -> People:
    """The same people, later: the day's shift of ln p6 and where the ball lies are drawn anew; the whole curve moves."""
    n = len(people)
    today = people.usual_ln_p6 + 0.20 * rng.standard_normal(n) + 0.25 * rng.standard_normal(n)
    moved = np.exp(today) / people.p6
    return replace(people, p0=people.p0 * moved, p6=people.p6 * moved)


# --- the curve ---

_LOG_B = 3.0  # how bent the log-shaped curve is: its slope at p6 is a quarter of that at p0
_SIGMOID_S = 0.25  # width of the sigmoid, in units of p6 - p0


def pain_at(people: People, kpa: Array, scale: Array | float = 1.0) -> Array:
    """Pain 0..10 that ``kpa`` comes to when it stays, before any drift. ``scale`` stretches the pressures of the curve."""
    x = np.maximum((kpa / scale - people.p0) / (people.p6 - people.p0), 0.0)
    if people.group.shape == POWER:
        y = 6 * x**people.g
    elif people.group.shape == LOG:
        y = 6 * np.log1p(_LOG_B * x) / np.log1p(_LOG_B)
    else:  # 10 / (1 + exp(-u)) that is 6 at p6, shifted to be 0 at p0
        y = _logistic(x)
    return np.clip(y, 0.0, 10.0)


def kpa_for(people: People, pain: Array) -> Array:
    """The inverse of ``pain_at`` for pain in (0, 10)."""
    if people.group.shape == POWER:
        x = (pain / 6) ** (1 / people.g)
    elif people.group.shape == LOG:
        x = np.expm1(pain / 6 * np.log1p(_LOG_B)) / _LOG_B
    else:
        low, high = np.zeros_like(pain), np.full_like(pain, 4.0)
        for _ in range(50):
            middle = (low + high) / 2
            below = _logistic(middle) < pain
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        x = low
    return people.p0 + x * (people.p6 - people.p0)


def _logistic(x: Array) -> Array:
    at_6 = np.log(6 / 4)

    def raw(u: Array | float) -> Array:
        return np.asarray(10 / (1 + np.exp(-((u - 1.0) / _SIGMOID_S + at_6))))

    floor = raw(0.0)
    return np.asarray((raw(x) - floor) * 6 / (6 - floor))


def true_kpa(people: People, scale: Array | float = 1.0, hold_s: float = HOLD_S) -> Array:
    """The pressure that, held still for ``hold_s``, hurts 6 at its worst moment and no more.

    Pain rises towards the curve with the person's lag and drifts by 0.3 (pain - 4) + the person's own drift, in points a minute.
    ``scale``: how far habituation has stretched the curve by then.
    """
    low, high = np.full(len(people), 0.01), np.full(len(people), 9.9)
    for _ in range(40):
        settled = (low + high) / 2
        under = _worst(people, settled, hold_s) < 6
        low, high = np.where(under, settled, low), np.where(under, high, settled)
    return kpa_for(people, low) * scale


def worst_pain(people: People, kpa: Array, scale: Array | float = 1.0, hold_s: float = HOLD_S) -> Array:
    """Pain at the worst moment of a still hold of ``hold_s`` at ``kpa``."""
    settled = pain_at(people, kpa, scale)
    return np.where(settled > 0, np.clip(_worst(people, settled, hold_s), 0.0, 10.0), 0.0)


def _worst(people: People, settled: Array, hold_s: float) -> Array:
    t = np.linspace(0.0, hold_s, 121)[:, None]
    felt = settled * -np.expm1(-t / people.rise_s) + (0.3 * (settled - 4) + people.drift) * t / 60
    return np.asarray(felt.max(axis=0))


# --- ramps and holds ---


class Trial(NamedTuple):
    """One trial of everybody: what was pressed. Shapes (n, presses); a press that did not happen has a NaN pressure."""

    kind: str
    kpa: Array
    score: NDArray[np.int64]
    rate_kpa_s: Array
    held_s: Array


def _noise(rng: np.random.Generator, people: People, level: Array) -> Array:
    """Noise of a rating near ``level``, and the lapses."""
    sd = np.where((level < 1) | (level > 9), 0.3 / 0.5, 1.0) * people.group.noise
    lapse = rng.random(level.shape) < people.group.lapses
    return np.asarray(sd * rng.standard_normal(level.shape) + lapse * rng.uniform(-2, 2, level.shape))


def _press_delay(rng: np.random.Generator, people: People, shape: tuple[int, ...]) -> Array:
    return np.asarray(people.delay_s[:, None] * np.exp(0.4 * np.sqrt(0.5) * rng.standard_normal(shape)))


def ramp(rng: np.random.Generator, people: People, scale: Array, top: int, rate: tuple[float, float] = (2.0, 3.0)) -> Trial:
    """Pressure rises at a steady rate; each press means one more; off at ``top`` or at the device limit. ``scale``: shape (n,)."""
    n = len(people)
    rate_kpa_s = rng.uniform(*rate, n)
    wave, phase = rng.uniform(0.02, 0.05, n) / 2, rng.uniform(0, 2 * np.pi, n)  # breathing, 0.25 Hz

    def pressure(t: Array) -> Array:
        extra = (...,) + (None,) * (t.ndim - 1)
        breath = 1 + wave[extra] * np.sin(2 * np.pi * 0.25 * t + phase[extra])
        return np.asarray(rate_kpa_s[extra] * t * breath)

    level = np.broadcast_to(np.arange(1.0, 11.0), (n, 10))
    criterion = level - (0.0 if people.group.reach else 0.5)
    coarse_level = np.where(np.arange(1, 11) == 5, 2.5, np.where(np.arange(1, 11) == 10, 7.5, np.inf))
    criterion = np.where(people.coarse[:, None], coarse_level, criterion)
    criterion = criterion + _noise(rng, people, np.where(np.isfinite(criterion), criterion, 5.0))
    crossed_s = np.full((n, 10), np.inf)
    felt = np.zeros(n)
    for i in range(1, round(DEVICE_LIMIT_KPA / rate[0] / STEP_S) + 200):
        target = pain_at(people, pressure(np.full(n, i * STEP_S)), scale)
        felt = felt + (target - felt) * -np.expm1(-STEP_S / np.where(target > felt, people.rise_s, people.fall_s))
        hit = (people.group.ramp_bias * felt)[:, None] >= criterion
        crossed_s[hit & (crossed_s == np.inf)] = i * STEP_S
    press_s = crossed_s + _press_delay(rng, people, (n, 10))
    # A control that counts up one by one: a number is never pressed before the one below it. (Coarse raters skip numbers.)
    usable = np.where(people.coarse[:, None] & ~np.isin(np.arange(1, 11), (5, 10)), -np.inf, press_s)
    press_s = np.maximum.accumulate(usable, axis=1)
    last = np.where(people.coarse & (top > 5), 10, np.where(people.coarse, 5, top))
    pressed = np.isfinite(usable) & np.isfinite(press_s) & (np.arange(1, 11) <= last[:, None])
    kpa = np.full((n, 11), np.nan)
    score = np.broadcast_to(np.arange(1, 12), (n, 11)).copy()
    kpa[:, :10][pressed] = pressure(np.where(pressed, press_s, 0.0))[pressed]
    kpa[kpa > DEVICE_LIMIT_KPA] = np.nan
    # Whoever has not reached the top comes off at the device limit, with the score they had by then.
    reached = np.where(np.isfinite(kpa), score, 0).max(axis=1)
    score[:, 10] = reached
    kpa[:, 10] = np.where(reached < last, DEVICE_LIMIT_KPA, np.nan)
    return Trial("ramp", kpa, score, np.repeat(rate_kpa_s[:, None], 11, 1), np.zeros((n, 11)))


def hold(rng: np.random.Generator, people: People, scale: Array, kpa: Array, moving: NDArray[np.bool_], pair_peak: bool = True) -> Trial:
    """Ten seconds at about ``kpa``, rated when asked at 5 and 10 s. ``moving``: with the slow ripple of the window, else breathing.

    ``pair_peak``: a moving hold's rating is paired with the highest pressure of the last 5 s, otherwise with their mean.
    """
    n = len(people)
    kpa = np.minimum(kpa, DEVICE_LIMIT_KPA / 1.05)
    approach = rng.uniform(2.0, 4.0, n)
    share = np.where(moving, rng.uniform(0.10, 0.30, n), rng.uniform(0.02, 0.05, n)) / 2
    hz = np.where(moving, rng.uniform(0.10, 0.25, n), 0.25)
    phase = rng.uniform(0, 2 * np.pi, n)
    felt = np.zeros(n)
    steps = round(10.0 / STEP_S)
    on = int(np.ceil(float((kpa / approach).max()) / STEP_S))
    settled = np.zeros(n)
    drifted = np.zeros(n)
    seen = np.zeros((n, steps))
    pain = np.zeros((n, steps))
    for i in range(-on, steps):
        t = i * STEP_S
        now = np.minimum(np.maximum(kpa + approach * t, 0.0), kpa) if i < 0 else kpa * (1 - 0.03 * t / 60)
        now = now * (1 + share * np.sin(2 * np.pi * hz * t + phase) * (1.0 if i >= 0 else 0.0))
        settled = pain_at(people, now, scale)
        felt = felt + (settled - felt) * -np.expm1(-STEP_S / np.where(settled > felt, people.rise_s, people.fall_s))
        if i >= 0:
            drifted = drifted + (0.3 * (felt - 4) + people.drift) * STEP_S / 60
            seen[:, i] = now
            pain[:, i] = np.where(felt > 0.05, np.clip(felt + drifted, 0, 10), 0.0)
    five = round(5.0 / STEP_S)
    asked = np.stack([pain[:, five - 1], pain[:, -1]], 1)
    score = np.clip(np.round(asked + _noise(rng, people, asked)), 0, 10)
    score = np.where(people.coarse[:, None], 5 * np.round(score / 5), score).astype(np.int64)
    halves = (seen[:, :five], seen[:, five:])
    at = np.stack([h.max(axis=1) if pair_peak else h.mean(axis=1) for h in halves], 1)
    still = np.stack([seen[:, five - 1], seen[:, -1]], 1)
    return Trial(
        "hold", np.where(moving[:, None], at, still), score, np.zeros((n, 2)), np.broadcast_to(np.array([5.0, 10.0]), (n, 2)).copy()
    )


@dataclass
class Visit:
    """Everybody's calibration as it goes on: trials done and where habituation has taken the curve."""

    people: People
    ln_scale: Array
    trials: list[Trial]

    @classmethod
    def begin(cls, rng: np.random.Generator, people: People, practice: bool = True) -> Visit:
        visit = cls(people, np.zeros(len(people)), [])
        if practice:
            visit._habituate(rng)
        return visit

    def _habituate(self, rng: np.random.Generator) -> None:
        self.ln_scale = self.ln_scale + self.people.group.habituation + 0.03 * rng.standard_normal(len(self.people))

    def _scale(self, rng: np.random.Generator) -> Array:
        return np.asarray(np.exp(self.ln_scale + 0.12 * rng.standard_normal(len(self.people))))

    def ramp(self, rng: np.random.Generator, top: int, only: NDArray[np.bool_] | None = None) -> None:
        """``only``: the people that do it."""
        trial = ramp(rng, self.people, self._scale(rng), top)
        before = self.ln_scale
        self._habituate(rng)
        if only is not None:
            trial.kpa[~only] = np.nan
            self.ln_scale = np.where(only, self.ln_scale, before)
        self.trials.append(trial)

    def holds(self, rng: np.random.Generator, estimate_kpa: Array, pair_peak: bool = True) -> None:
        """The three holds in shuffled order, the last of them moving."""
        n = len(self.people)
        shares = rng.permuted(np.tile(HOLD_SHARES, (n, 1)), axis=1)
        for i in range(3):
            moving = np.full(n, i == 2)
            self.trials.append(hold(rng, self.people, self._scale(rng), estimate_kpa * shares[:, i], moving, pair_peak))

    def true_kpa(self) -> Array:
        """True 60 s pressure of everybody at the end of the calibration."""
        return true_kpa(self.people, np.exp(self.ln_scale))

    def ratings(self, person: int) -> list[Rating]:
        found = []
        for number, trial in enumerate(self.trials):
            for kpa, score, rate, held in zip(
                trial.kpa[person].tolist(),
                trial.score[person].tolist(),
                trial.rate_kpa_s[person].tolist(),
                trial.held_s[person].tolist(),
                strict=True,
            ):
                if kpa == kpa:
                    found.append(Rating(kpa, score, trial.kind, rate, held, number))
        return found
