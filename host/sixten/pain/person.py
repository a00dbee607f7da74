"""A simulated person who lies on the ball, feels, and presses keys: what tests and the virtual ball are calibrated with.

How they feel and rate is drawn from published spreads (docs/how-it-decides-ceiling.md lists them); how they shift their weight is
judged. They see the prompts that a real person sees and nothing else. Nothing here has been compared with people on a physical ball.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from sixten.ball.messages import Mark

KINDS = ("mixed", "healthy", "hip-pain", "no-pain", "coarse", "lapsing")
CONTACT_KPA = 2.8  # what the ball carries while weight is on hand and foot


class Told(Protocol):
    """What a person is told: a prompt."""

    @property
    def code(self) -> str: ...
    @property
    def values(self) -> dict[str, float | int | str | None]: ...


@dataclass(frozen=True, slots=True)
class Traits:
    """One person on one day with the ball in one place. p0_kpa: where pain begins; p6_kpa: where a brief press is 6 of 10.

    drift_per_min: what a minute at constant pressure adds to the rating, beyond 0.3·(rating − 4). give_kpa: all the load they will give.
    """

    p0_kpa: float
    p6_kpa: float
    exponent: float
    rise_s: float
    fall_s: float
    drift_per_min: float
    noise: float
    lapses: float
    coarse: bool
    late_s: float
    ramp_share: float
    trial_sd: float
    speed_kpa_s: float
    give_kpa: float
    ripple_share: float
    cycle_s: float
    hurts: bool = False  # what they say when asked whether this hip hurts on most days

    def pain(self, kpa: float) -> float:
        """Rating of a brief press at ``kpa``, 0..10, without noise."""
        if kpa <= self.p0_kpa:
            return 0.0
        return float(min(10.0, 6.0 * ((kpa - self.p0_kpa) / (self.p6_kpa - self.p0_kpa)) ** self.exponent))

    def worst(self, kpa: float, hold_s: float) -> float:
        """The worst moment of a hold of ``hold_s`` at ``kpa``: the rating rises with the lag and drifts, as in pain/model.py."""
        settled = self.pain(kpa)
        drift = (0.3 * (settled - 4.0) + self.drift_per_min) / 60.0
        return max(settled * -math.expm1(-t / self.rise_s) + drift * t for t in (hold_s * i / 120 for i in range(121)))

    def p6_hold_kpa(self, hold_s: float = 60.0) -> float:
        """The truth that a ceiling is held against: the pressure at which the worst of a hold of ``hold_s`` is 6. By bisection."""
        low, high = self.p0_kpa, 2.0 * self.p6_kpa
        for _ in range(50):
            middle = (low + high) / 2
            low, high = (low, middle) if self.worst(middle, hold_s) >= 6.0 else (middle, high)
        return low


def draw(seed: int, kind: str = "mixed") -> Traits:
    """A person by lot, on a day by lot. Raises ValueError for a kind that does not exist."""
    return on_a_day(usual(seed, kind), seed)


def on_a_day(traits: Traits, seed: int) -> Traits:
    """The same person another day, with the ball placed anew: the whole curve moves."""
    lot = random.Random(f"day {seed}")
    moved = math.exp(lot.gauss(0.0, 0.20) + lot.gauss(0.0, 0.25))
    return replace(traits, p0_kpa=traits.p0_kpa * moved, p6_kpa=traits.p6_kpa * moved)


def usual(seed: int, kind: str = "mixed") -> Traits:
    """A person by lot, without a day's shift. Raises ValueError for a kind that does not exist."""
    if kind not in KINDS:
        raise ValueError(f"there is no person {kind!r}; there are: {', '.join(KINDS)}")
    lot = random.Random(seed)
    hurts = kind == "hip-pain" or kind == "mixed" and lot.random() < 0.5
    p0 = 28.0 * math.exp(lot.gauss(0.0, 0.45)) * (0.6 if hurts else 1.0) * (0.75 if lot.random() < 0.5 else 1.0)
    p6 = p0 * (1.0 + math.exp(lot.gauss(math.log(0.52), 0.45)))
    traits = Traits(
        p0_kpa=p0,
        p6_kpa=p6,
        exponent=min(1.6, max(0.7, lot.gauss(1.1, 0.2))),
        rise_s=min(8.0, max(1.0, 3.0 * math.exp(lot.gauss(0.0, 0.4)))),
        fall_s=1.5,
        drift_per_min=lot.gauss(0.0, 0.8) + (1.5 if hurts else 0.0),
        noise=0.5,
        lapses=0.10 if kind == "lapsing" else 0.05,
        coarse=kind == "coarse" or kind == "mixed" and lot.random() < 0.10,
        late_s=0.8 * math.exp(lot.gauss(0.0, 0.2)),
        ramp_share=0.9,
        trial_sd=0.12,
        speed_kpa_s=2.6 * math.exp(lot.gauss(0.0, 0.25)),
        give_kpa=120.0 * math.exp(lot.gauss(0.0, 0.15)),
        ripple_share=lot.uniform(0.05, 0.15),
        cycle_s=lot.uniform(6.0, 8.0),
        hurts=hurts,
    )
    return replace(traits, p0_kpa=500.0, p6_kpa=900.0) if kind == "no-pain" else traits


REACTION_S = 0.6  # from a word to the body
GET_READY_S = 2.0  # between "now a ramp" and the first shift of weight
LEAVES_KPA_S = 60.0
TAP_S = 0.22  # between presses when counting
SEEK_KPA_S = 7.0
GET_ON_KPA_S = 8.0
EASES_SHARE_S = 0.15  # of the load in a second, a little more or less around a level: the hand's steps grow with the force
CORRECTS_KPA_S = 0.5  # while moving
BELIEVES_AGAIN_S = 1.2  # a cue is acted on once in this long


class Person:
    """Lies on the ball. Tell it prompts with ``see``, move time with ``press_until``, collect what it pressed with ``marks``."""

    def __init__(self, traits: Traits, seed: int = 0) -> None:
        self.traits = traits
        self._lot = random.Random(seed)
        self._t_s = 0.0
        self.kpa = 0.0
        self._contact = min(CONTACT_KPA, 0.7 * traits.p0_kpa)
        self._aim = "rest"  # rest, ramp, hold, off
        self._from_s = 0.0  # when the aim begins
        self._speed = traits.speed_kpa_s
        self._cue, self._cue_s, self._acted_s = "", 0.0, 0.0
        self._seek, self._near = SEEK_KPA_S, False  # in a hold: how fast towards it, and whether it has been found
        self._steady = 0.0  # the pressure kept in a hold
        self._moving_s: float | None = None
        self._trial = 1.0  # this trial's own factor on the pressure that hurts
        self._trials = 0
        self._habit = 0.0
        self._pain = 0.0  # what is felt, after the lag
        self._loaded_s = 0.0
        self._shown = 0  # the number as the person knows it
        self._decided = 0  # the number as it will be once the hand has followed
        self._next = self._lot.gauss(0.0, 1.0)  # noise of the next change of mind
        self._keys: list[tuple[float, str]] = []  # presses on their way, by time
        self._limit_s: float | None = None

    def see(self, prompts: Iterable[Told]) -> None:
        """What was said, shown or spoken, just now."""
        for prompt in prompts:
            code = prompt.code
            if code in ("practice", "ramp", "ramp_on", "fourth_ramp", "hold"):
                self._begin("hold" if code == "hold" else "ramp")
                self._speed = GET_ON_KPA_S if code == "ramp_on" else self._speed
            elif code in ("come_off", "too_far", "stop", "symptom", "no_signal", "refused", "start_over"):
                if self._aim != "off":
                    self._aim, self._from_s, self._moving_s = "off", self._t_s + REACTION_S, None
            elif code == "cue":
                self._cue, self._cue_s = str(prompt.values["cue"]), self._t_s
            elif code == "move_now":
                self._steady, self._moving_s = self.kpa, self._t_s
            elif code == "score":
                self._shown = int(prompt.values["score"] or 0)
            elif code == "rate_now":
                self._answer()

    def _begin(self, aim: str) -> None:
        lot, traits = self._lot, self.traits
        self._aim, self._from_s = aim, self._t_s + GET_READY_S
        self._speed = traits.speed_kpa_s * math.exp(lot.gauss(0.0, 0.1)) if aim == "ramp" else SEEK_KPA_S
        self._seek, self._near = SEEK_KPA_S, False
        self._trial = math.exp(lot.gauss(0.0, traits.trial_sd) + self._habit)
        if aim == "ramp":
            self._habit += lot.gauss(0.02, 0.03)
        self._trials += 1
        self._cue, self._loaded_s, self._limit_s = "", 0.0, None
        self._decided = self._shown

    @property
    def p6_hold_kpa(self) -> float:
        """The true pressure for a 60 s hold as it is now: the ramps so far have shifted it a little."""
        return self.traits.p6_hold_kpa() * math.exp(self._habit)

    def move(self, dt_s: float) -> float:
        """Let ``dt_s`` pass (at most about 0.1); returns the gauge pressure that this person's weight now makes."""
        self._t_s += dt_s
        self._shift(dt_s)
        self._feel(dt_s)
        self._rate()
        return self.kpa

    def marks(self, t_us: int) -> list[Mark]:
        """The presses that happened since the last call, as of ``t_us``, the device time of now."""
        due = [key for key in self._keys if key[0] <= self._t_s]
        self._keys = [key for key in self._keys if key[0] > self._t_s]
        return [Mark(max(0, t_us - round((self._t_s - s) * 1e6)), kind) for s, kind in sorted(due)]

    def _shift(self, dt_s: float) -> None:
        t = self._t_s
        if t < self._from_s:
            if self._aim in ("ramp", "hold"):
                self.kpa += (self._contact - self.kpa) * min(1.0, dt_s / 0.3)
            return
        if self._aim in ("off", "rest"):
            self.kpa = max(self._contact if self._trials else 0.0, self.kpa - LEAVES_KPA_S * dt_s)
        elif self._moving_s is not None:
            turn = 2 * math.pi * (t - self._moving_s) / self.traits.cycle_s
            self._heed(dt_s)
            self.kpa = self._steady * (1.0 + self.traits.ripple_share * math.sin(turn))
        else:
            self._heed(dt_s)
            self.kpa = max(0.0, self.kpa + self._speed * dt_s)
            if self.kpa >= self.traits.give_kpa:  # no more weight to give: stays a moment, then comes off
                self.kpa = self.traits.give_kpa
                self._limit_s = self._limit_s or t
                if t - self._limit_s > 2.0:
                    self._aim, self._from_s = "off", t

    def _heed(self, dt_s: float) -> None:
        """Act on the cue, late and roughly."""
        t = self._t_s
        if t - self._cue_s < REACTION_S:
            return
        if self._aim == "hold":
            if self._moving_s is not None:
                shift = {"more": CORRECTS_KPA_S, "less": -CORRECTS_KPA_S}.get(self._cue, 0.0)
                self._steady = max(self._contact, self._steady + shift * dt_s)
            if self._cue == "slower" and t - self._acted_s >= BELIEVES_AGAIN_S:
                self._acted_s, self._seek = t, self._seek / 2
            if self._cue in ("less", "good"):
                self._near = True
            gently = EASES_SHARE_S * self.kpa if self._near else self._seek
            self._speed = {"less": -EASES_SHARE_S * self.kpa, "good": 0.0}.get(self._cue, min(gently, self._seek))
        elif t - self._acted_s >= BELIEVES_AGAIN_S and self._cue in ("faster", "slower"):
            self._acted_s = t
            if self._cue == "slower" and self._speed > 2.0 * self.traits.speed_kpa_s:
                self._speed = self.traits.speed_kpa_s  # getting on is over
                return
            self._speed *= (1.3 if self._cue == "faster" else 0.72) * math.exp(self._lot.gauss(0.0, 0.08))

    def _feel(self, dt_s: float) -> None:
        traits = self.traits
        now = traits.pain(self.kpa / self._trial)
        if now > 0.0:
            self._loaded_s += dt_s
            now += (0.3 * (now - 4.0) + traits.drift_per_min) * self._loaded_s / 60.0 if self._aim == "hold" else 0.0
        tau_s = traits.rise_s if now > self._pain else traits.fall_s
        self._pain += (max(0.0, now) - self._pain) * min(1.0, dt_s / tau_s)

    def _rate(self) -> None:
        """In a ramp and at rest the number is kept up to date; in a hold it is told when asked."""
        if self._aim == "ramp":
            felt = self._score(self.traits.ramp_share * self._pain + self._spread(self._pain) * self._next)
            if felt > self._decided:
                self._tap(int(felt) - self._decided, "more")
                self._decided = int(felt)
        elif self._aim != "hold" and not self._keys:
            self._decided = self._shown
            if self._pain + 0.5 < self._shown:
                self._tap(1, "less")

    def _answer(self) -> None:
        self._keys = []
        score = int(self._score(self._pain + self._spread(self._pain) * self._lot.gauss(0.0, 1.0) + self._lapse()))
        self._shown = score
        self._tap(score, "more") if score else self._tap(1, "less")

    def _tap(self, times: int, kind: str) -> None:
        late_s = self.traits.late_s * math.exp(self._lot.gauss(0.0, 0.35))
        self._keys += [(self._t_s + late_s + i * TAP_S, kind) for i in range(times)]
        self._next = self._lot.gauss(0.0, 1.0) + self._lapse() / max(0.1, self.traits.noise)

    def _spread(self, felt: float) -> float:
        return self.traits.noise * (1.0 if 1.0 < felt < 9.0 else 0.6)

    def _lapse(self) -> float:
        return self._lot.uniform(-2.0, 2.0) if self._lot.random() < self.traits.lapses else 0.0

    def _score(self, felt: float) -> float:
        rounded = 5.0 * round(felt / 5.0) if self.traits.coarse else round(felt)
        return float(min(10.0, max(0.0, rounded)))
