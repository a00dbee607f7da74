"""How safe and how useful the ceiling is, on simulated people: `make bench-ceiling`.

People (`people.py`) do the protocol: a practice ramp, three ramps off at 5, 5 and 6 (a fourth when those disagree), three holds of 10 s at
50, 70 and 85 % of the estimate so far, rated at 5 and 10 s, the last one moving. "True" is the pressure that, held still for 60 s at the
end of that, hurts 6 at its worst moment. A ceiling is unsafe when it lies above. Use is ceiling / true, where a true pressure above the
device limit counts as the limit, because no ball may be loaded further. People answer the question whether this hip hurts on most days as
it is, unless their row says otherwise.

Constants of the model were tuned on people drawn with seeds below 1000; what is printed comes from others, drawn once. Figures are shown,
not asserted; brackets are 95 % intervals. They are computed: nobody was measured on a physical ball.
"""

from __future__ import annotations

import argparse
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # one process a core, and every product added up in one order
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from math import log
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bench import bound, peers
from bench.people import (
    DEVICE_LIMIT_KPA,
    EVERYONE,
    HOLD_S,
    LOG,
    SIGMOID,
    Array,
    Group,
    People,
    Visit,
    another_day,
    draw,
    pain_at,
    worst_pain,
)
from bench.shares import quantile, root_mean_square, share
from sixten.pain import ceiling, curve, model
from sixten.pain.ceiling import Ceiling, NotCalibrated, fit_ceiling, refused
from sixten.pain.model import HOLD, RAMP, Earlier, Prior, Rating, population, posterior, prior_after

SEED = 20241100
FACTOR_SEED = 500  # other people, on whom each peer's factors are found
BATCH = 250
PEOPLE, GROUP_PEOPLE, RETURNING, QUEST_PEOPLE = 10_000, 2000, 1000, 2000
SAFE = 0.05

# What B4 draws from, exactly; the model's other constants as they are.
ORACLE = Prior(
    mean=(log(37.0), log(0.52), 1.1, log(3.0), log(0.8), 0.9, 0.5, 0.0),
    sd=(0.63, 0.45, 0.2, 0.5, 0.28, 0.005, 0.01, 0.8),
)
ORACLE_CONSTANTS = {"HABITUATION": 0.02, "LAPSE": 0.05, "TRIAL_SPREADS": ((0.12, 1.0),)}

HIP = Group("hip pain (pressures x0.6, half drift +1.5/min), who say so", hip_pain=1.0, answer=True)
GROUPS = (
    Group("pressures x0.5 of the prior's", scale=0.5),
    Group("pressures x2 of the prior's", scale=2.0),
    Group("log-shaped curves", shape=LOG),
    Group("sigmoid curves", shape=SIGMOID),
    Group("only 0, 5 and 10", coarse=1.0),
    Group("lapses 10 %", lapses=0.10),
    HIP,
)
BESIDES = (
    replace(HIP, name="hip pain, all with drift +1.5/min", sensitised=1.0),
    replace(HIP, name="hip pain, not sure whether it hurts", answer=None),
    replace(HIP, name="hip pain, who say it does not hurt", answer=False),
    Group("healthy, not sure whether it hurts", answer=None),
    Group("press when the number is reached", reach=True),
    Group("noise 0.8", noise=0.8),
    Group("no lag", lag_s=0.3),
    Group("ramps rated like holds", ramp_bias=1.0),
    Group("no habituation", habituation=0.0),
)


class Found(NamedTuple):
    """Of each person, shape (n,) each; NaN where there is nothing. line: what the fit gives, also of those that are refused."""

    true: Array
    line: Array
    median: Array
    low: Array
    high: Array
    refused: Array  # 0 or 1
    no_pain: Array  # 0 or 1: pain does not come to 1 at the device limit
    fourth: Array  # 0 or 1
    worst: Array  # pain at the worst moment of 60 s at the line
    ms: Array
    evaluations: Array
    oracle: Array
    oracle_median: Array
    bound_sd: Array  # Cramer-Rao, of ln
    peers: Array  # (n, peers)


def calibrated(rng: np.random.Generator, people: People) -> tuple[Visit, Array]:
    """Everybody's whole calibration, and who did a fourth ramp."""
    visit = Visit.begin(rng, people)
    for top in (5, 5, 6):
        visit.ramp(rng, top)
    everyone = range(len(people))
    fourth = np.array([ceiling.another_ramp_needed(visit.ratings(i)) for i in everyone])
    visit.ramp(rng, 5, fourth)
    estimate = [posterior(visit.ratings(i), population(people.group.answer)).p6_quantiles([0.5], HOLD_S)[0] for i in everyone]
    visit.holds(rng, np.minimum(np.array(estimate), DEVICE_LIMIT_KPA))
    return visit, fourth.astype(float)


def lines(fitted: model.Posterior, ratings: Sequence[Rating]) -> tuple[float, float, float, float]:
    """(line, median, low, high) as `fit_ceiling` makes them, also where it would refuse."""
    low, median, high = fitted.p6_quantiles((0.05, 0.5, 0.95), HOLD_S)
    return min(low, max(r.kpa for r in ratings), DEVICE_LIMIT_KPA), median, low, high


def batch(job: tuple[int, int, Group, bool, bool]) -> Found:
    """``n`` people of one group; ``beside``: the oracle, the bound and the peers too, ``quest``: questplus among them."""
    seed, n, group, beside, quest = job
    rng = np.random.default_rng(seed)
    people = draw(rng, n, group)
    visit, fourth = calibrated(rng, people)
    true = visit.true_kpa()
    rows, oracle, others = [], np.full((n, 2), np.nan), np.full((n, len(peers.PEERS)), np.nan)
    all_ratings = [visit.ratings(i) for i in range(n)]
    for i, ratings in enumerate(all_ratings):
        began = time.process_time()
        fitted = posterior(ratings, population(group.answer))
        four = lines(fitted, ratings)
        ms = (time.process_time() - began) * 1e3
        rows.append((*four, bool(refused(ratings)), ms, fitted.evaluations))
        if beside:
            for j, (name, peer) in enumerate(peers.PEERS.items()):
                if quest or name != "questplus":
                    others[i, j] = peer(ratings)
    if beside:
        before = {name: getattr(curve, name) for name in ORACLE_CONSTANTS}
        for name, value in ORACLE_CONSTANTS.items():
            setattr(curve, name, value)
        for i, ratings in enumerate(all_ratings):
            oracle[i] = lines(posterior(ratings, ORACLE), ratings)[:2]
        for name, value in before.items():
            setattr(curve, name, value)
    line, median, low, high, out, ms, evaluations = np.array(rows, float).T
    bound_sd = bound.sd_of_ln(people, visit) if beside else np.full(n, np.nan)
    no_pain = (pain_at(people, np.full(n, DEVICE_LIMIT_KPA), np.exp(visit.ln_scale)) < 1).astype(float)
    worst = worst_pain(people, line, np.exp(visit.ln_scale))
    return Found(true, line, median, low, high, out, no_pain, fourth, worst, ms, evaluations, oracle[:, 0], oracle[:, 1], bound_sd, others)


def study(pool: ProcessPoolExecutor, seed: int, n: int, group: Group, beside: bool = False, quest: int = 0) -> Found:
    jobs = [(seed + i, min(BATCH, n - BATCH * i), group, beside, BATCH * i < quest) for i in range(-(-n // BATCH))]
    parts = list(pool.map(batch, jobs))
    return Found(*(np.concatenate(column) for column in zip(*parts, strict=True)))


# --- figures ---


def use(line: Array, true: Array) -> Array:
    return np.asarray(line / np.minimum(true, DEVICE_LIMIT_KPA))


def print_group(name: str, f: Found) -> None:
    ok = f.refused == 0
    can = f.no_pain == 0
    over = f.line > f.true
    print(f"{name}: {len(ok)} people")
    print(f"  above true {share(over[ok])}, by > 10 % {share((f.line > 1.1 * f.true)[ok])}; with the refused {share(over)}")
    print(f"  ceiling / true: median {quantile(use(f.line, f.true)[ok])}, 10th percentile {quantile(use(f.line, f.true)[ok], 0.1)}")
    inside = (f.low < f.true) & (f.true < f.high)
    print(f"  refused {share(~ok[can])} of those whose pain comes to 1 at {DEVICE_LIMIT_KPA:g} kPa; to less {share(~can)}")
    print(f"  90 % interval covers {share(inside[ok])}; a fourth ramp {share(f.fourth == 1)}", flush=True)


def at_safety(estimate: Array, true: Array, safety: float) -> float:
    """The factor on ``estimate`` that puts it above ``true`` in this share of people."""
    return float(np.quantile(true / estimate, safety))


def print_beside(f: Found, other: Found) -> None:
    ok = (f.refused == 0) & np.isfinite(f.oracle)
    safety = float((f.line > f.true)[ok].mean())
    factor = at_safety(f.oracle[ok], f.true[ok], safety)
    theirs = float(np.median(use(f.oracle * factor, f.true)[ok]))
    ours = float(np.median(use(f.line, f.true)[ok]))
    print(f"\nOracle (same likelihood, the population's own distributions): above true {share((f.oracle > f.true)[ok])} as it is;")
    print(f"  made as safe as ours (x{factor:.3f}) its median ceiling / true is {theirs:.3f}; ours is {ours / theirs:.3f} of that")
    e = np.log(f.median / f.true)[ok]
    inner = ok & np.isfinite(f.bound_sd) & (f.true < DEVICE_LIMIT_KPA)
    limit = float(np.sqrt(np.square(f.bound_sd[inner]).mean()))
    ratio = float(np.sqrt(np.square(np.log(f.median / f.true)[inner]).mean())) / limit
    print(f"RMSE of the median of ln p: {root_mean_square(e)}; of {int(inner.sum())} people with a bound, {ratio:.3f} of Cramer-Rao's")
    print(f"  {100 * limit:.1f} % without a prior on the curve")
    print("\nPeers on the same ratings, with one factor for bias (RMSE) and one for safety (last three columns), found on other people:")
    print(f"  {'':24}{'n':>6}  {'RMSE':24}{'above true, no factor':26}{'as safe: above true':26}{'by > 10 %':24}{'ceiling / true':24}")
    names = ["sixten", *peers.PEERS]
    for j, name in enumerate(names):
        mine = f.median if j == 0 else f.peers[:, j - 1]
        others = other.median if j == 0 else other.peers[:, j - 1]
        use_other = (other.refused == 0) & np.isfinite(others)
        keep = (f.refused == 0) & np.isfinite(mine)
        bias = float(np.median(other.true[use_other] / others[use_other]))
        safe = at_safety(others[use_other], other.true[use_other], SAFE)
        line = f.line[keep] if j == 0 else np.minimum(mine[keep] * safe, DEVICE_LIMIT_KPA)
        true = f.true[keep]
        e = np.log(mine[keep] * (1.0 if j == 0 else bias) / true)
        print(
            f"  {name:24}{len(true):6}  {root_mean_square(e):24}{share(mine[keep] > true)!s:26}"
            f"{share(line > true)!s:26}{share(line > 1.1 * true)!s:24}{quantile(use(line, true)):24}",
            flush=True,
        )


def print_pain(f: Found) -> None:
    ok = f.refused == 0
    print("\nPain at the worst moment of 60 s at the line:", end=" ")
    print(
        ", ".join(
            f"{name} {quantile(f.worst[ok], at)}" for name, at in (("10th percentile", 0.1), ("median", 0.5), ("90th", 0.9), ("95th", 0.95))
        )
    )


# --- a returning person: one ramp ---


def returning(job: tuple[int, int]) -> Array:
    """Per person who was calibrated on five earlier days, (true, line with one ramp or NaN); shape (k, 2)."""
    seed, n = job
    rng = np.random.default_rng(seed)
    people = draw(rng, n)
    earlier: list[list[Earlier]] = [[] for _ in range(n)]
    for _ in range(5):
        people = another_day(rng, people)
        visit, _ = calibrated(rng, people)
        for i in range(n):
            found = fit_ceiling(visit.ratings(i), population(people.group.answer))
            if isinstance(found, Ceiling):
                earlier[i].append(Earlier(found.mean, found.sd))
    people = another_day(rng, people)
    visit = Visit.begin(rng, people)
    visit.ramp(rng, 6)
    true = visit.true_kpa()
    rows = []
    for i in range(n):
        if len(earlier[i]) == 5:
            found = fit_ceiling(visit.ratings(i), prior_after(earlier[i], people.group.answer))
            rows.append((true[i], found.kpa if isinstance(found, Ceiling) else np.nan))
    return np.array(rows)


# --- who must be refused ---


def odd(kind: str, ratings: Sequence[Rating], rng: np.random.Generator) -> list[Rating]:
    """The same pressures, rated by somebody of this kind."""
    if kind == "flat":  # the same score whatever the pressure, give or take one now and then
        own = int(rng.integers(2, 8))
        return [r._replace(score=own + int(rng.choice([-1, 0, 0, 0, 1]))) for r in ratings]
    if kind == "falling":
        top = max(r.kpa for r in ratings)
        return [r._replace(score=int(np.clip(round(7 * (1 - r.kpa / top) + rng.normal(0, 0.5)), 0, 10))) for r in ratings]
    if kind == "three ratings":
        return [r for r in ratings if r.kind == RAMP and r.score == 5][:3]
    return [r._replace(score=0 if kind == "all zeros" else 10) for r in ratings]


def print_refusals(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    people = draw(rng, n, replace(EVERYONE, coarse=0.0))
    visit, _ = calibrated(rng, people)
    print("Refused, of people whose pressures are those of honest ones:")
    for kind in ("flat", "falling", "three ratings", "all zeros", "all tens"):
        answers = [fit_ceiling(odd(kind, visit.ratings(i), rng)) for i in range(n)]
        print(f"  {kind}: {share(np.array([isinstance(a, NotCalibrated) for a in answers]))}")
    median = draw(rng, n)
    same = {name: np.full(n, value) for name, value in (("p0", 26.0), ("p6", 26.0 * 1.52), ("g", 1.1), ("rise_s", 3.0), ("drift", 0.0))}
    visit, _ = calibrated(rng, replace(median, coarse=np.zeros(n, bool), **same))
    answers = [fit_ceiling(visit.ratings(i), population(False)) for i in range(n)]
    print(f"  an honest median person: {share(np.array([isinstance(a, NotCalibrated) for a in answers]))}", flush=True)


def plot(where: Path) -> None:
    """The docs' picture: one person's ratings, the posterior band and the ceiling, readable in grey."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    matplotlib.rcParams["svg.hashsalt"] = "sixten"  # the same file each time
    rng = np.random.default_rng(11)
    visit, _ = calibrated(rng, draw(rng, 8, replace(EVERYONE, coarse=0.0)))
    ratings = next(r for i in range(8) if not refused(r := visit.ratings(i)))
    prior = population(False)
    fitted, found = posterior(ratings, prior), fit_ceiling(ratings, prior)
    assert isinstance(found, Ceiling)
    kpa = np.linspace(1, 1.05 * found.highest_felt_kpa, 120)
    low, middle, high = np.array(fitted.band(kpa.tolist(), held_s=HOLD_S)).T
    figure, axes = pyplot.subplots(figsize=(7, 4))
    axes.fill_between(kpa, low, high, color="0.85", label="pain after 60 s, 90 %")
    axes.plot(kpa, middle, color="0.3", label="its median")
    for kind, mark, label in ((RAMP, "^", "pressed in a ramp (late, and rated low)"), (HOLD, "o", "answered in a hold")):
        some = [r for r in ratings if r.kind == kind]
        axes.plot([r.kpa for r in some], [r.score for r in some], mark, color="k", mfc="w" if kind == HOLD else "k", ms=5, label=label)
    axes.axhline(6, color="0.6", lw=0.8, ls=":")
    axes.axvline(found.kpa, color="k", ls="--", label=f"ceiling {found.kpa:.1f} kPa")
    axes.set(xlabel="gauge pressure, kPa", ylabel="pain, 0 to 10", ylim=(-0.3, 10.3), xlim=(0, kpa[-1]))
    axes.legend(fontsize=8, loc="upper left", frameon=False)
    figure.tight_layout()
    figure.savefig(where, metadata={"Date": None})
    print(f"wrote {where}")


def healthy(pool: ProcessPoolExecutor, seed: int, some: Callable[[int], int]) -> None:
    found = study(pool, seed, some(PEOPLE), EVERYONE, beside=True, quest=some(QUEST_PEOPLE))
    other = study(pool, FACTOR_SEED, some(1000), EVERYONE, beside=True, quest=some(1000))
    print_group("Healthy people", found)
    print_beside(found, other)
    print_pain(found)
    print(f"One fit: median {np.median(found.ms):.1f} ms of processor time, {np.median(found.evaluations):.0f} ratings evaluated")


def groups(pool: ProcessPoolExecutor, seed: int, some: Callable[[int], int], of: Sequence[Group] = GROUPS) -> None:
    for group in of:
        nth = (GROUPS + BESIDES).index(group)
        print_group(group.name, study(pool, seed + 1000 * (nth + 1) + 100, some(GROUP_PEOPLE), group))


def besides(pool: ProcessPoolExecutor, seed: int, some: Callable[[int], int]) -> None:
    groups(pool, seed, some, BESIDES)


def back(pool: ProcessPoolExecutor, seed: int, some: Callable[[int], int]) -> None:
    jobs = [(seed + 30_000 + i, min(100, some(RETURNING))) for i in range(max(some(RETURNING) // 100, 1))]
    rows = np.concatenate(list(pool.map(returning, jobs)))
    ok = np.isfinite(rows[:, 1])
    true, line = rows[ok].T
    print(f"After five earlier days, with one ramp and no hold: {len(rows)} people, refused {share(~ok)}")
    print(f"  above true {share(line > true)}, by > 10 % {share(line > 1.1 * true)}, ceiling / true {quantile(use(line, true))}")


def refusals(pool: ProcessPoolExecutor, seed: int, some: Callable[[int], int]) -> None:
    print_refusals(seed + 7000, some(300))


PARTS = {"healthy": healthy, "groups": groups, "besides": besides, "returning": back, "refusals": refusals}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all of them without any")
    parser.add_argument("--people", type=float, default=1.0, help="share of the people, for a quick look")
    parser.add_argument("--seed", type=int, default=SEED, help="other people than those of the documented figures")
    parser.add_argument("--plot", type=Path, help="only write the picture of the docs")
    args = parser.parse_args()
    if unknown := set(args.parts) - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    if args.plot:
        plot(args.plot)
        return
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for name, part in PARTS.items():
            if not args.parts or name in args.parts:
                began = time.monotonic()
                part(pool, args.seed, lambda n: max(round(n * args.people), 40))
                print(f"{name}: {time.monotonic() - began:.0f} s\n", flush=True)


if __name__ == "__main__":
    main()
