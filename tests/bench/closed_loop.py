"""A simulated person calibrates with the real procedure, decisions 20 times a second. For tests and for the benchmark."""

from __future__ import annotations

from typing import NamedTuple

from sixten.pain.calibration import start, step
from sixten.pain.person import Person, Traits
from sixten.pain.procedure import DONE, CalibrationPlan, Prompt, State
from sixten.pressure.readings import Reading

STEP_US = 50_000
ZERO_AFTER_US = 5_500_000
LONGEST_US = 1_800_000_000


class Loop(NamedTuple):
    """state: at the end. prompts: all that was said. took_s: device time."""

    state: State
    person: Person
    prompts: list[Prompt]
    took_s: float


def calibrate(traits: Traits, plan: CalibrationPlan, seed: int) -> Loop:
    """One calibration from the plug to the end."""
    state, person, prompts = start(plan), Person(traits, seed), []
    t_us, before_kpa = 0, 0.0

    def hear(said: list[Prompt]) -> None:
        person.see(said)
        prompts.extend(said)

    while state.phase != DONE and t_us < LONGEST_US:
        t_us += STEP_US
        kpa = person.move(STEP_US / 1e6)
        rate = (kpa - before_kpa) * 1e6 / STEP_US
        before_kpa = kpa
        state, said = step(state, Reading(t_us, kpa, kpa, rate, "ok", "rel.", t_us > ZERO_AFTER_US, 0))
        hear(said)
        for mark in person.marks(t_us):
            state, said = step(state, mark)
            hear(said)
    return Loop(state, person, prompts, t_us / 1e6)
