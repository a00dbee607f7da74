"""Simulated people calibrate with the real procedure, decision by decision: is the line safe, useful and quickly found.

Seeds are fixed. A line is held against the person's true pressure for a 60 s hold (pain/person.py). Nobody here is a person on a physical
ball. Usage: ceiling_loop.py [PEOPLE [RETURNING]]
"""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from statistics import median
from typing import NamedTuple

from closed_loop import calibrate

from sixten.pain.ceiling import EARLIER_NEEDED
from sixten.pain.model import Earlier, Prior, population, prior_after
from sixten.pain.person import Traits, draw, on_a_day, usual
from sixten.pain.procedure import CalibrationPlan
from sixten.pressure.sensors import DEVICE_LIMIT_KPA

FIRST_SEED = 100_000  # of the evaluation; nothing was tuned on seeds from here on
CHANGED = 0.6  # somebody whose sensitivity is really another overnight


class Result(NamedTuple):
    """One calibration. ratio: ceiling / truth, None when refused. felt: the rating that a 60 s hold at the line comes to."""

    ratio: float | None
    felt: float | None
    truth_kpa: float
    pain_at_limit: float
    loaded_s: float
    took_s: float
    trials: int
    ended: str
    reason: str
    earlier: Earlier | None


def one(traits: Traits, seed: int, prior: Prior) -> Result:
    loop = calibrate(traits, CalibrationPlan("left", seed, prior), seed)
    outcome = loop.state.outcome
    truth = loop.person.p6_hold_kpa
    at_limit = traits.pain(DEVICE_LIMIT_KPA)
    if outcome is None:
        return Result(None, None, truth, at_limit, loop.state.load_us / 1e6, loop.took_s, loop.state.numbered, "endless", "", None)
    c = outcome.ceiling
    ratio = c.kpa / min(truth, DEVICE_LIMIT_KPA) if c else None  # no ball may be loaded further
    felt = traits.worst(c.kpa * traits.p6_hold_kpa() / truth, 60.0) if c else None
    reason = " ".join(outcome.reasons)
    earlier = Earlier(c.mean, c.sd) if c else None
    return Result(ratio, felt, truth, at_limit, outcome.loaded_s, loop.took_s, loop.state.numbered, outcome.ended, reason, earlier)


def first(job: tuple[int, str, bool]) -> Result:
    """asked: the person says whether this hip hurts on most days; otherwise they are not sure."""
    seed, kind, asked = job
    who = draw(seed, kind)
    return one(who, seed, population(who.hurts if asked else None))


def returning(seed: int) -> tuple[Result, Result]:
    """After five valid calibrations: another day, and another day on which everything hurts at 0.6 of the pressure."""
    who = usual(seed)
    prior = population(who.hurts)
    valid: list[Earlier] = []
    for day in range(3 * EARLIER_NEEDED):
        if len(valid) == EARLIER_NEEDED:
            break
        result = one(on_a_day(who, 1000 * seed + day), 1000 * seed + day, prior)
        if result.earlier is not None:
            valid.append(result.earlier)
            prior = prior_after(valid, who.hurts)
    today = on_a_day(who, 1000 * seed + 99)
    changed = replace(today, p0_kpa=CHANGED * today.p0_kpa, p6_kpa=CHANGED * today.p6_kpa)
    return one(today, 1000 * seed + 99, prior), one(changed, 1000 * seed + 99, prior)


def share(hits: int, n: int) -> str:
    """A share with its 95 % interval (Wilson)."""
    if not n:
        return "-"
    z, p = 1.96, hits / n
    middle, half = (p + z * z / (2 * n)) / (1 + z * z / n), z / (1 + z * z / n) * (p * (1 - p) / n + z * z / (4 * n * n)) ** 0.5
    return f"{100 * p:.1f} % ({100 * max(0.0, middle - half):.1f} to {100 * min(1.0, middle + half):.1f})"


def middle(values: Sequence[float], digits: int = 2) -> str:
    """A median with its 95 % interval (bootstrap, 400 draws)."""
    if not values:
        return "-"
    lot = random.Random(6)
    again = sorted(median(lot.choices(values, k=len(values))) for _ in range(400))
    return f"{median(values):.{digits}f} ({again[10]:.{digits}f} to {again[389]:.{digits}f})"


def table(title: str, results: Sequence[Result]) -> None:
    n = len(results)
    ratios = [r.ratio for r in results if r.ratio is not None]
    felt = sorted(r.felt for r in results if r.felt is not None)
    can = [r for r in results if r.pain_at_limit >= 1.0]
    print(f"\n{title}: {n} people, {len(ratios)} with a line")
    print(f"  line above the truth              {share(sum(x > 1.0 for x in ratios), len(ratios))}")
    print(f"  line above the truth by 10 %      {share(sum(x > 1.1 for x in ratios), len(ratios))}")
    print(f"  line / truth, median              {middle(ratios, 3)}")
    if felt:
        tenth, ninetieth = felt[len(felt) // 10], felt[len(felt) * 9 // 10]
        print(f"  worst of 60 s at the line         {middle(felt, 1)} of 10; a tenth below {tenth:.1f}, a tenth above {ninetieth:.1f}")
    print(f"  refused                           {share(n - len(ratios), n)}")
    print(f"  refused, of those with pain of 1   {share(sum(r.ratio is None for r in can), len(can))} (at the ball's limit)")
    print(f"  trials, practice included         {middle([float(r.trials) for r in results], 0)}, at most {max(r.trials for r in results)}")
    print(f"  load, s                           {middle([r.loaded_s for r in results], 0)}, at most {max(r.loaded_s for r in results):.1f}")
    took = [r.took_s for r in results]
    print(f"  device time, s                    {middle(took, 0)}, at most {max(took):.0f}")
    for reason in sorted({r.reason for r in results if r.ratio is None}):
        print(f"    {sum(r.reason == reason and r.ratio is None for r in results)} x {reason or 'endless'}")


def main(people: int = 1000, back: int = 200) -> None:
    seeds = range(FIRST_SEED, FIRST_SEED + people)
    groups = (
        ("First calibration, half of them with a painful hip, all saying so", "mixed", True),
        ("A painful hip", "hip-pain", True),
        ("As the first, but not sure whether the hip hurts", "mixed", False),
    )
    with ProcessPoolExecutor() as pool:
        for title, kind, asked in groups:
            table(title, list(pool.map(first, [(seed, kind, asked) for seed in seeds], chunksize=10)))
        pairs = list(pool.map(returning, range(FIRST_SEED, FIRST_SEED + back), chunksize=2))
    table("After five earlier ones", [a for a, _ in pairs])
    table(f"After five earlier ones, and today everything hurts at {CHANGED} of the pressure", [b for _, b in pairs])


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
