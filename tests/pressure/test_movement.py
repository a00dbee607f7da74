"""Cycles and cadence on simulated people, in virtual time. Seeds are fixed; `pytest -s` prints the measured shares."""

from __future__ import annotations

from math import isfinite

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from signals import GREETING, RATE_HZ, SAMPLE_US, raw_of, seconds
from sixten.ball.messages import FLAG_SATURATED, Event, Samples, Silence
from sixten.pressure import filters
from sixten.pressure.movement import CADENCE_S, CONFIDENT, CYCLE_MAX_S, RIPPLE_SHARE, STILL_S, TOO_FAST_S, UNKNOWN, Movement, MovementWatch
from sixten.session.rules import Plan
from sixten.session.run import Run

Signal = NDArray[np.float64]
RUN_S = 40.0
NOISE_KPA = 0.1  # standard deviation of a sample: 0.3 % of the load, some ten times the board's own


def clock(run_s: float = RUN_S) -> Signal:
    return np.arange(round(run_s * RATE_HZ)) / RATE_HZ


def breathing(rng: np.random.Generator, t: Signal) -> Signal:
    """2-5 % peak to peak at 0.2-0.3 Hz."""
    return rng.uniform(0.02, 0.05) / 2 * np.sin(2 * np.pi * (rng.uniform(0.2, 0.3) * t + rng.random()))


def rest(rng: np.random.Generator, t: Signal) -> Signal:
    """What is there without movement, about 1: slow drift, noise of the sensor, breathing."""
    drift = rng.uniform(-0.05, 0.05) * (t / t[-1]) ** rng.choice([1, 2])
    return 1 + drift + NOISE_KPA / 30 * rng.standard_normal(len(t)) + breathing(rng, t)


def cycles(rng: np.random.Generator, t: Signal, cycle_s: float, irregular: float = 0.1) -> tuple[Signal, Signal]:
    """(cycles done at each moment, movement with 1 peak to peak): each cycle a little longer or shorter, larger or smaller."""
    n = int(t[-1] / cycle_s / (1 - irregular)) + 3
    edges = np.r_[0, np.cumsum(cycle_s * (1 + irregular * rng.uniform(-1, 1, n)))] - rng.random() * cycle_s
    done = np.interp(t, edges, np.arange(n + 1))
    size = (1 + irregular * rng.uniform(-1, 1, n + 1))[done.astype(int)]
    part = done % 1
    shapes = {
        "even": np.sin(2 * np.pi * part) / 2,
        "skewed": np.where(part < 0.35, -np.cos(np.pi * part / 0.35), np.cos(np.pi * (part - 0.35) / 0.65)) / 2,
        "with pauses": np.clip(1.6 * np.sin(2 * np.pi * part), -1, 1) / 2,
    }
    return done, size * shapes[str(rng.choice(list(shapes)))]


def watched(share: Signal, kpa: float = 30.0, watch: MovementWatch | None = None, first_us: int = 0) -> list[tuple[float, Movement]]:
    """(seconds, judgement) for a load through the filter that is shown, as the program feeds it."""
    watch = watch or MovementWatch()
    smooth = filters.smooth(RATE_HZ)(kpa * share).tolist()
    out = []
    for i, value in enumerate(smooth):
        judged = watch.feed(first_us + i * SAMPLE_US, value)
        if judged is not None:
            out.append((i / RATE_HZ, judged))
    return out


def each(judged: list[tuple[float, Movement]], from_s: float, every_s: float = 2.5) -> list[tuple[float, Movement]]:
    """Not every judgement: neighbours share nearly all of their window."""
    kept: list[tuple[float, Movement]] = []
    for at_s, m in judged:
        if at_s >= from_s and (not kept or at_s - kept[-1][0] >= every_s):
            kept.append((at_s, m))
    return kept


def sane(m: Movement) -> bool:
    numbers = [m.confidence, m.peak_to_peak_share, m.cycle_s or 1.0]
    return (
        all(isfinite(x) for x in numbers)
        and 0 <= m.confidence <= 1
        and m.peak_to_peak_share >= 0
        and (m.cycle_s is not None) == (m.confidence >= CONFIDENT)
        and (m.cycle_s is None or 0.9 < m.cycle_s <= CYCLE_MAX_S)
        and m.too_fast == (m.cycle_s is not None and m.cycle_s < TOO_FAST_S)
        and not (m.still and (m.cycle_s is not None or m.peak_to_peak_share >= RIPPLE_SHARE))
    )


def test_cadence_too_fast_and_still_of_people_who_move() -> None:
    """3-10 s a cycle, 8-30 % peak to peak, irregular in length and size, three shapes, with breathing, noise and drift."""
    rng = np.random.default_rng(6)
    answers: list[bool] = []
    errors: list[float] = []
    fast: list[bool] = []
    still: list[bool] = []
    smallest: list[bool] = []
    for _ in range(300):
        t = clock()
        size = rng.uniform(0.08, 0.30)
        done, shape = cycles(rng, t, rng.uniform(3.0, 10.0))
        judged = watched(rest(rng, t) + size * shape)
        assert all(sane(m) for _, m in judged)
        for at_s, m in each(judged, 20.2):

            def true_cycle_s(window_s: float, at_s: float = at_s, done: Signal = done) -> float:
                return window_s / float(done[round(at_s * RATE_HZ)] - done[round((at_s - window_s) * RATE_HZ)])

            answers.append(m.cycle_s is not None)
            if size < 0.12:
                smallest.append(m.cycle_s is not None)
            true_s = true_cycle_s(STILL_S if m.too_fast else CADENCE_S)  # what each is read from
            if m.cycle_s is not None:
                errors.append(abs(m.cycle_s / true_s - 1))
            true_s = true_cycle_s(STILL_S)
            if abs(true_s / TOO_FAST_S - 1) > 0.1:  # nearer to the border than the cadence is good for, either is right
                fast.append(m.too_fast == (true_s < TOO_FAST_S))
            still.append(not m.still)
    answered, right = float(np.mean(answers)), float(np.mean(np.array(errors) < 0.1))
    print(f"\n{len(answers)} windows: {answered:.1%} answered ({np.mean(smallest):.1%} below 12 % peak to peak),", end=" ")
    print(f"{right:.1%} of these within 10 % (median error {np.median(errors):.1%});", end=" ")
    print(f"too fast right {np.mean(fast):.1%} of {len(fast)}, not still {np.mean(still):.1%}")
    assert right >= 0.95
    assert answered >= 0.80
    assert float(np.mean(smallest)) >= 0.5
    assert float(np.mean(fast)) >= 0.95
    assert float(np.mean(still)) >= 0.95


def test_breathing_alone_is_still_and_has_no_cadence() -> None:
    rng = np.random.default_rng(7)
    still = []
    for _ in range(150):
        for _, m in each(watched(rest(rng, clock())), STILL_S + 0.5):
            assert sane(m)
            assert m.cycle_s is None
            assert not m.too_fast
            still.append(m.still)
    print(f"\nbreathing alone: still in {np.mean(still):.1%} of {len(still)} windows")
    assert float(np.mean(still)) >= 0.95


def test_a_load_without_rhythm_gets_no_cadence() -> None:
    """Shifts of weight and wandering, 8-30 %: silence rather than a guess."""
    rng = np.random.default_rng(8)
    answered = []
    for i in range(150):
        t = clock()
        if i % 2:
            wander = np.cumsum(rng.standard_normal(len(t)))
        else:
            wander = np.zeros(len(t))
            for at in rng.integers(0, len(t), rng.integers(2, 10)):
                wander[at:] += rng.standard_normal()
        judged = watched(rest(rng, t) + rng.uniform(0.08, 0.30) * (wander - wander.mean()) / np.ptp(wander))
        assert all(sane(m) for _, m in judged)
        answered += [m.cycle_s is not None for _, m in each(judged, 20.2)]
    print(f"\nwithout rhythm: {np.mean(answered):.1%} of {len(answered)} windows answered all the same")
    assert float(np.mean(answered)) <= 0.05


def test_still_comes_after_ten_seconds_and_goes_with_the_next_movement() -> None:
    t = clock(60)
    moving = (t < 20) | (t >= 40)
    judged = watched(1 + 0.05 * moving * np.sin(2 * np.pi * t / 5) + 0.01 * np.sin(2 * np.pi * 0.25 * t))
    first = next(at for at, m in judged if m.still)
    assert 20 + STILL_S - 1 < first < 20 + STILL_S + 1  # the last quarter of a cycle below 6 % already belongs to the stillness
    assert all(m.still for at, m in judged if 31 < at < 40)
    assert not any(m.still for at, m in judged if at > 42)


def test_too_fast_is_told_within_ten_seconds_and_forgotten_within_five() -> None:
    """`slower` is not repeated within five: somebody who does slow down at once is not told again."""
    t = clock(70)
    phase = np.cumsum(np.where((t > 25) & (t < 45), 1 / 2.5, 1 / 7)) / RATE_HZ
    judged = watched(1 + 0.06 * np.sin(2 * np.pi * phase))
    told = [at for at, m in judged if m.too_fast]
    print(f"\ntoo fast from 25 to 45 s: told from {told[0]:.1f} to {told[-1]:.1f} s")
    assert 25 < told[0] < 35
    assert 44 < told[-1] < 50
    assert all(m.too_fast for at, m in judged if told[0] <= at < 44)


def test_getting_on_is_neither_movement_nor_cadence() -> None:
    t = clock(40)
    judged = watched(np.interp(t, [6.5, 11.5], [0.0, 1.0]) + 0.005 * np.sin(2 * np.pi * 0.25 * t))
    assert all(m == UNKNOWN for at, m in judged if at < 10)
    assert all(m.cycle_s is None for _, m in judged)
    assert all(m.still for at, m in judged if at > 22)


@settings(max_examples=60)
@given(
    corners=st.lists(st.floats(-1, 1), min_size=2, max_size=60),
    size=st.floats(0.001, 0.055),
    wave_s=st.floats(1, 12),
    square=st.booleans(),
    kpa=st.floats(3, 95),
)
def test_below_six_percent_there_is_never_a_cadence(corners: list[float], size: float, wave_s: float, square: bool, kpa: float) -> None:
    """Whatever the shape: corners anywhere, or a sine or square wave, whose best sine is larger than itself."""
    t = clock(24)
    shape = np.interp(t, np.linspace(0, 24, len(corners)), corners) if len(corners) > 5 else np.sin(2 * np.pi * t / wave_s)
    shape = np.sign(shape) if square else shape
    judged = watched(1 + size / 2 * shape, kpa)
    assert judged
    assert all(m.cycle_s is None and m.confidence == 0 and not m.too_fast and sane(m) for _, m in judged)


numbers = st.floats(-100, 100) | st.floats(allow_nan=True, allow_infinity=True)


@settings(max_examples=60)
@given(st.lists(st.tuples(numbers, st.integers(1, 400), st.integers(1, 60_000)), min_size=1, max_size=40))
def test_always_finite_whatever_comes(stretches: list[tuple[float, int, int]]) -> None:
    watch, t_us = MovementWatch(), 0
    for kpa, n, step_us in stretches:
        for _ in range(n):
            t_us += step_us
            watch.feed(t_us, kpa)
            assert sane(watch.now)


def test_a_perfectly_steady_load_is_still_and_an_empty_ball_is_nothing() -> None:
    assert watched(np.ones(seconds(15)))[-1][1] == Movement(still=True)
    assert watched(np.zeros(seconds(15)))[-1][1] == UNKNOWN
    assert watched(-np.ones(seconds(15)))[-1][1] == UNKNOWN


def wave(run_s: float) -> Signal:
    return 1 + 0.06 * np.sin(2 * np.pi * clock(run_s) / 7)


def test_restart_forgets() -> None:
    watch = MovementWatch()
    watched(wave(30), watch=watch)
    assert watch.now.cycle_s == pytest.approx(7, rel=0.03)
    watch.restart()
    assert watch.now == UNKNOWN
    start_us = 31_000_000
    assert watched(wave(25), watch=watch, first_us=start_us) == watched(wave(25), first_us=start_us)


@pytest.mark.parametrize(("hole_s", "bridged"), [(0.02, True), (0.2, True), (0.5, False), (5.0, False)])
def test_a_short_hole_is_bridged_a_gap_restarts(hole_s: float, bridged: bool) -> None:
    watch = MovementWatch()
    for i, value in enumerate((30 * wave(30)).tolist()):
        if not 24.0 <= i / RATE_HZ < 24.0 + hole_s:
            watch.feed(i * SAMPLE_US, value)
    assert (watch.now.cycle_s is not None) == bridged
    if bridged:
        assert watch.now.cycle_s == pytest.approx(7, rel=0.03)


@pytest.mark.parametrize(
    ("lost", "between", "kept"),
    [
        (5, [], True),
        (100, [], False),
        (100, [Silence(29_300_000)], False),
        (0, [Samples(seconds(29), tuple(29_000_000 + i * SAMPLE_US for i in range(3)), (FLAG_SATURATED,) * 3, (32736,) * 3)], False),
    ],
    ids=["five samples lost", "a third of a second lost", "silence", "saturated"],
)
def test_a_run_keeps_the_cadence_over_a_few_lost_samples_only(lost: int, between: list[Event], kept: bool) -> None:
    run = Run(Plan(40.0))
    n = seconds(29)
    for event in [*GREETING, Samples(0, tuple((i + 1) * SAMPLE_US for i in range(n)), (0,) * n, RAW[:n])]:
        list(run.feed(event))
    assert run.movement.now.cycle_s == pytest.approx(7, rel=0.03)
    for event in between:
        list(run.feed(event))
    first = n + lost + (len(between[0].raw) if between and isinstance(between[0], Samples) else 0)
    more = 50  # the filter fills, and a value is complete
    list(run.feed(Samples(first, tuple((first + i + 1) * SAMPLE_US for i in range(more)), (0,) * more, RAW[first : first + more])))
    assert (run.movement.now.cycle_s is not None) == kept


BASE = [0.0] * seconds(6) + (20 * wave(26)).tolist()
RAW = tuple(raw_of(x) for x in BASE)


def through_run(edges: list[int], wild: dict[int, int]) -> list[str]:
    run, seen = Run(Plan(40.0)), []
    for event in GREETING:
        list(run.feed(event))
    for a, b in zip(edges, edges[1:], strict=False):
        raw = tuple(wild.get(i, RAW[i]) for i in range(a, b))
        for out in run.feed(Samples(a % 65536, tuple((i + 1) * SAMPLE_US for i in range(a, b)), (0,) * (b - a), raw)):
            seen.append(f"{out!r} {run.movement.now!r}")
    return seen


@settings(max_examples=6)
@given(
    cuts=st.lists(st.integers(1, len(RAW) - 1), max_size=400),
    wild=st.dictionaries(st.integers(0, len(RAW) - 1), st.integers(200, 32736), max_size=5),
)
def test_chunks_do_not_matter_bit_for_bit(cuts: list[int], wild: dict[int, int]) -> None:
    """Samples cut in any way give the same judgements, at the same readings."""
    whole = through_run([0, len(RAW)], wild)
    assert whole == through_run([0, *sorted(set(cuts)), len(RAW)], wild)
    if not wild:
        assert "cycle_s=7." in whole[-1] or "cycle_s=6.9" in whole[-1]
