"""A simulated person who does a whole visit: answers what is asked, stands on one leg, gets on, and rates.

How they feel is `person`'s; how they answer, balance and lie in the window is judged. Nobody has been measured on a physical ball.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable
from dataclasses import dataclass

from sixten.ball.messages import Mark
from sixten.pain.person import GET_READY_S, LEAVES_KPA_S, REACTION_S, Person, Told, Traits

GET_ON_KPA_S, FEELS_ITS_WAY_KPA_S = 6.0, 2.5  # with a line to see, and without
AIMS_AT = 0.80  # of the line
TOO_MUCH_PAIN, EASES_SHARE_S = 3.5, 0.10  # and takes some weight off again, this share a second
WITHOUT_A_LINE_KPA = 30.0  # what somebody gives who feels nothing
ENOUGH_PAIN = 2.5  # where somebody without a line stops getting on: pain comes late
EASES_BY, ADDS = 0.93, 1.08  # on a word about too much, or too little
READS_S, ANSWERS_S, WALKS_S = 2.5, 1.2, 4.0  # a page, a question, to the wall
CALIBRATION_ENDS = frozenset({"calibrated", "refused", "stopped", "symptom"})


@dataclass(frozen=True, slots=True)
class Story:
    """What else happens. Seconds count from the beginning of the first window; None or empty: nothing does.

    yes_to: a question that is answered with yes. unplugged, falls_off: (after, for). balance_s: before, mean of tries. eased: by how much
    pain is lower afterwards.
    """

    yes_to: str = ""
    refuses_calibration: bool = False
    both_sides: bool = False
    symptom_s: float | None = None
    unplugged: tuple[float, float] | None = None
    falls_off: tuple[float, float] | None = None
    silent: bool = False  # rates nothing in the window
    retests: bool = True
    balance_s: float = 22.0
    pain: int = 4
    eased: int = 2


class Visitor(Person):
    """Tell it notices with ``see``, as a Person. unplugged: (from, to) on its own clock, for whoever holds the cable."""

    def __init__(self, traits: Traits, seed: int = 0, story: Story | None = None) -> None:
        super().__init__(traits, seed)
        self.story = story or Story()
        self.unplugged: tuple[float, float] | None = None
        self._whim = random.Random(f"visit {seed}")
        self._answers: list[tuple[float, str, int | None]] = []
        self._calibrating = False
        self._target_kpa = 0.0
        self._line: float | None = None
        self._in_window = False
        self._begun_s: float | None = None
        self._first_s: float | None = None  # of the first window
        self._fell = False
        self._sides = 1

    def see(self, prompts: Iterable[Told]) -> None:
        for told in prompts:
            if told.code == "calibration":
                self._calibrating = True
            elif self._calibrating:
                super().see([told])
            if told.code in CALIBRATION_ENDS:
                self._calibrating, self._keys = False, []
            if not self._calibrating:
                self._hear(told)

    def marks(self, t_us: int) -> list[Mark]:
        due = [a for a in self._answers if a[0] <= self._t_s]
        self._answers = [a for a in self._answers if a[0] > self._t_s]
        said = [Mark(max(0, t_us - round((self._t_s - s) * 1e6)), kind, value) for s, kind, value in due]
        return sorted(super().marks(t_us) + said, key=lambda m: m.t_us)

    def _say(self, after_s: float, kind: str, value: int | None = None) -> None:
        self._answers.append((self._t_s + after_s * math.exp(self._whim.gauss(0.0, 0.15)), kind, value))

    def _hear(self, told: Told) -> None:
        code, values, story = told.code, told.values, self.story
        if code == "ask":
            self._asked(str(values["what"]), values.get("number"), str(values.get("when", "")))
        elif code == "balance":
            self._say(WALKS_S, "go" if story.retests else "skip")
        elif code == "stand":
            gain = 1.5 if self._first_s is not None else 1.0
            stays_s = story.balance_s * gain * math.exp(self._whim.gauss(0.0, 0.2))
            if stays_s < 45.0:
                self._answers.append((self._t_s + stays_s, "down", None))
        elif code == "ready":
            self._say(READS_S, "skip" if story.refuses_calibration and values["todo"] == "calibration" else "go")
        elif code == "line":
            self._say(READS_S, "go")
        elif code == "offer":
            across = story.both_sides and self._sides == 1 and values["other"]
            self._sides += bool(across)
            self._say(READS_S, "other" if across else "finish")
        elif code == "get_on":
            self._get_on(values["ceiling_kpa"])
        else:
            self._under_way(code)

    def _asked(self, what: str, number: float | int | str | None, when: str) -> None:
        story = self.story
        after = when == "after"
        if what in ("pain", "moving"):
            if not story.retests:
                self._say(ANSWERS_S, "skip")
                return
            score = max(0, story.pain + (what == "moving") - (story.eased if after else 0))
            self._say(ANSWERS_S, "rate", score)
            self._say(ANSWERS_S + 1.0, "go")
        elif what == "side":
            self._say(ANSWERS_S, "side", 0)
        elif what == "hurts":
            self._say(ANSWERS_S, "yes" if self.traits.hurts else "no", int(number or 0))
        elif what == "own":
            self._say(READS_S, "yes", int(number or 0))
        else:
            self._say(ANSWERS_S, "yes" if what == story.yes_to else "no", int(number or 0))

    # --- on the ball --------------------------------------------------------------------------------------------------------------

    def _get_on(self, line: float | int | str | None) -> None:
        self._line = None if line is None else float(line)
        self._target_kpa = WITHOUT_A_LINE_KPA if self._line is None else AIMS_AT * self._line
        self._aim, self._from_s, self._moving_s, self._in_window = "window", self._t_s + GET_READY_S, None, True
        self._begun_s, self._loaded_s = None, 0.0

    def _under_way(self, code: str) -> None:
        story = self.story
        if code in ("done", "ended", "stop", "symptom", "get_off", "lost"):
            if self._aim == "window":
                self._aim, self._from_s, self._moving_s = "off", self._t_s + REACTION_S, None
            self._in_window = self._in_window and code == "lost"
        elif not self._in_window:
            return
        elif code == "back":
            self._aim, self._from_s, self._moving_s = "window", self._t_s + GET_READY_S, None
        elif code == "phase" and self._begun_s is None:
            self._begun_s = self._moving_s = self._t_s
            if self._first_s is None:
                self._first_s = self._t_s
                if story.symptom_s is not None:
                    self._say(story.symptom_s, "symptom")
                if story.unplugged is not None:
                    after, lasts = story.unplugged
                    self.unplugged = (self._t_s + after, self._t_s + after + lasts)
        elif code in ("over", "ease_off", "rising", "near"):
            self._target_kpa *= EASES_BY
        elif code == "settle":
            self._target_kpa *= ADDS
        elif code == "prompt" and not story.silent:
            felt = self._score(self._pain + self._spread(self._pain) * self._whim.gauss(0.0, 1.0))
            self._say(self.traits.late_s + 1.0, "rate", int(felt))

    def _shift(self, dt_s: float) -> None:
        story, t = self.story, self._t_s
        fall = story.falls_off
        if fall is not None and self._first_s is not None and self._aim == "window":
            since_s = t - self._first_s
            if fall[0] <= since_s < fall[0] + fall[1]:
                self.kpa = max(0.0, self.kpa - 4 * LEAVES_KPA_S * dt_s)
                self._fell, self._moving_s = True, None
                return
            if self._fell and self.kpa >= 0.98 * self._target_kpa:
                self._fell, self._moving_s = False, t
        if self._aim != "window" or t < self._from_s:
            super()._shift(dt_s)
        elif self._moving_s is not None:
            if self._line is None and self._pain > TOO_MUCH_PAIN:
                self._target_kpa *= 1.0 - EASES_SHARE_S * dt_s
            turn = 2 * math.pi * (t - self._moving_s) / self.traits.cycle_s
            ripple = 1.0 + min(0.10, self.traits.ripple_share) * math.sin(turn)
            self.kpa += (self._target_kpa * ripple - self.kpa) * min(1.0, dt_s / 0.3)
        else:
            enough = self._line is None and self._pain >= ENOUGH_PAIN
            if enough:
                self._target_kpa = min(self._target_kpa, self.kpa)
            speed = GET_ON_KPA_S if self._line is not None else FEELS_ITS_WAY_KPA_S
            self.kpa = min(self._target_kpa, self.kpa + speed * dt_s)

    def _feel(self, dt_s: float) -> None:
        aim, self._aim = self._aim, "hold" if self._aim == "window" else self._aim  # a window is a hold, as far as feeling goes
        super()._feel(dt_s)
        self._aim = aim

    def _rate(self) -> None:
        if self._calibrating:
            super()._rate()
