"""Simulated people calibrate with the real procedure, decision by decision: is the line safe, useful and quickly found.

Seeds are fixed. A line is held against the person's true pressure for a 60 s hold (pain/person.py). Nobody here is a person on a physical
ball.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from closed_loop import calibrate

from bench.shares import quantile, share
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
    ramps: int
    ended: str
    reason: str
    earlier: Earlier | None


def one(traits: Traits, seed: int, prior: Prior) -> Result:
    loop = calibrate(traits, CalibrationPlan("left", seed, prior), seed)
    outcome = loop.state.outcome
    truth = loop.person.p6_hold_kpa
    at_limit = traits.pain(DEVICE_LIMIT_KPA)
    if outcome is None:
        load_s = loop.state.load_us / 1e6
        return Result(None, None, truth, at_limit, load_s, loop.took_s, loop.state.numbered, 0, "endless", "", None)
    c = outcome.ceiling
    ratio = c.kpa / min(truth, DEVICE_LIMIT_KPA) if c else None  # no ball may be loaded further
    felt = traits.worst(c.kpa * traits.p6_hold_kpa() / truth, 60.0) if c else None
    reason = " ".join(outcome.reasons)
    earlier = Earlier(c.mean, c.sd) if c else None
    return Result(
        ratio, felt, truth, at_limit, outcome.loaded_s, loop.took_s, loop.state.numbered, outcome.ramps, outcome.ended, reason, earlier
    )


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


def table(title: str, results: Sequence[Result]) -> None:
    ratios = np.array([r.ratio for r in results if r.ratio is not None])
    felt = np.array([r.felt for r in results if r.felt is not None])
    refused = [r.ratio is None for r in results]
    can = [r.ratio is None for r in results if r.pain_at_limit >= 1.0]
    load, took, trials = (np.array([getattr(r, name) for r in results], float) for name in ("loaded_s", "took_s", "trials"))
    print(f"\n{title}: {len(results)} people, {len(ratios)} with a line")
    print(f"  line above the truth              {share(ratios > 1.0)}")
    print(f"  line above the truth by 10 %      {share(ratios > 1.1)}")
    print(f"  line / truth, median              {quantile(ratios)}")
    print(f"  worst of 60 s at the line         {quantile(felt)} of 10; a tenth {quantile(felt, 0.1)}, nine tenths {quantile(felt, 0.9)}")
    print(f"  refused                           {share(refused)}")
    print(f"  refused, of those with pain of 1   {share(can)} (at the ball's limit)")
    print(f"  ramps: one                        {share([r.ramps == 1 for r in results])}")
    print(f"  trials, practice included         {quantile(trials)}, at most {trials.max():.0f}")
    print(f"  load, s                           {quantile(load)}, at most {load.max():.1f}")
    print(f"  device time, s                    {quantile(took)}, at most {took.max():.0f}")
    for reason in sorted({r.reason for r in results if r.ratio is None}):
        print(f"    {sum(r.reason == reason and r.ratio is None for r in results)} x {reason or 'endless'}", flush=True)


def after_five(pool: Executor, people: int) -> None:
    pairs = list(pool.map(returning, range(FIRST_SEED, FIRST_SEED + people), chunksize=2))
    table("After five earlier ones", [a for a, _ in pairs])
    table(f"After five earlier ones, and today everything hurts at {CHANGED} of the pressure", [b for _, b in pairs])


GROUPS = {  # part: title, kind of people, whether they say if this hip hurts
    "mixed": ("First calibration, half of them with a painful hip, all saying so", "mixed", True),
    "hip": ("A painful hip", "hip-pain", True),
    "unsure": ("As the first, but not sure whether the hip hurts", "mixed", False),
}
PARTS = (*GROUPS, "returning")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all of them without any")
    parser.add_argument("--people", type=int, default=2000, help="in each part; half as many return: each calibrates seven times")
    args = parser.parse_args()
    if unknown := set(args.parts) - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    with ProcessPoolExecutor() as pool:
        for part, (title, kind, asked) in GROUPS.items():
            if not args.parts or part in args.parts:
                jobs = [(seed, kind, asked) for seed in range(FIRST_SEED, FIRST_SEED + args.people)]
                table(title, list(pool.map(first, jobs, chunksize=10)))
        if not args.parts or "returning" in args.parts:
            after_five(pool, args.people // 2)


if __name__ == "__main__":
    main()
