"""From sensor counts to notices, through the objects as shipped: what must alarm does, what must not does not."""

from __future__ import annotations

import copy
import pickle
from functools import cache
from math import isnan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signals import GREETING, SAMPLE_US, raw_of, samples, seconds
from sixten.ball.messages import FLAG_DROPPED, FLAG_SATURATED, Hello, Info, Mark, Samples
from sixten.pressure.filters import FAST_TAPS
from sixten.pressure.readings import JUMP_KPA, Reading
from sixten.session import limits as L
from sixten.session.rules import Notice, Plan
from sixten.session.run import Run

LINE = 40.0
HELD = 0.9 * LINE


@cache
def _held() -> tuple[bytes, int]:
    """Somebody who has lain at 90 % of the line for 5 s: the run, and how many samples that took."""
    load = [0.0] * seconds(6) + np.linspace(0, HELD, seconds(5)).tolist() + [HELD] * seconds(5)
    run = Run(Plan(LINE))
    for event in [*GREETING, samples(load)]:
        list(run.feed(event))
    assert run.state.on and run.state.band == "work" and run.readings.zero_kpa is not None
    return pickle.dumps(run), len(load)


class Person:
    """Goes on from there."""

    def __init__(self) -> None:
        kept, self.at = _held()
        self.run: Run = pickle.loads(kept)
        self.out: list[object] = []

    def feel(self, rel: list[float], flags: int = 0) -> Person:
        return self.give(samples(rel, seq=self.at, t_us=(self.at + 1) * SAMPLE_US, flags=flags))

    def give(self, event: Samples) -> Person:
        self.out += list(self.run.feed(event))
        self.at += len(event.raw)
        return self

    def miss(self, count: int) -> Person:
        self.at += count
        return self

    @property
    def codes(self) -> list[str]:
        return [o.code for o in self.out if isinstance(o, Notice)]

    def first(self, code: str) -> int:
        """Samples until it was said."""
        began = _held()[1]
        return next(o.t_us for o in self.out if isinstance(o, Notice) and o.code == code) // SAMPLE_US - began


@given(st.floats(LINE * 1.03, HELD + 0.95 * JUMP_KPA))
def test_a_step_over_the_line_alarms_within_the_taps(to: float) -> None:
    assert 1 <= Person().feel([to] * 20).first("over") <= FAST_TAPS


@given(st.floats(HELD + 1.05 * JUMP_KPA, 150.0))
def test_a_step_too_wild_to_believe_alarms_one_sample_later(to: float) -> None:
    assert 2 <= Person().feel([to] * 20).first("over") <= 1 + FAST_TAPS


@settings(max_examples=15)
@given(slope=st.floats(1.0, 90.0), phase=st.floats(0, 1))
def test_a_rise_alarms_soon_after_it_crosses_and_slow_ones_are_foretold(slope: float, phase: float) -> None:
    crosses = (LINE - HELD) / slope * 1e6 / SAMPLE_US
    n = int(crosses) + 20
    p = Person().feel([HELD + slope * (i + phase) * SAMPLE_US / 1e6 for i in range(n)])
    # Half the taps, half a sample, and the zero's and the counts' own rounding (0.1 of a count of 32 conversions is less than 0.02).
    assert 0 <= p.first("over") - crosses <= FAST_TAPS / 2 + 2 + 0.02 / slope * 1e6 / SAMPLE_US
    if (LINE - HELD) / slope >= 1.0:
        assert [c for c in p.codes if c in ("rising", "over")] == ["rising", "over"]
        assert 0.2 <= (p.first("over") - p.first("rising")) * SAMPLE_US / 1e6 <= L.RISING_LEAD_S + 0.1


@given(st.floats(HELD + 1.05 * JUMP_KPA, 190.0), st.integers(0, 20))
def test_one_wild_sample_does_not_alarm(wild: float, at: int) -> None:
    load = [HELD] * 60
    load[at] = wild
    p = Person().feel(load)
    assert not {"over", "rising"} & set(p.codes)


@given(st.integers(0, 30))
def test_one_saturated_sample_does_not_alarm_two_do(at: int) -> None:
    def spark(count: int) -> Person:
        p = Person().feel([HELD] * (at + 1))
        p.give(Samples(p.at % 65536, tuple((p.at + 1 + i) * SAMPLE_US for i in range(count)), (FLAG_SATURATED,) * count, (32736,) * count))
        return p

    assert "over" not in spark(1).feel([HELD] * 60).codes
    two = spark(2)
    assert two.codes == ["over"]
    assert next(o for o in two.out if isinstance(o, Notice)).values["saturated"] == 1


@settings(max_examples=40)
@given(lost=st.integers(1, 2000), to=st.floats(0.0, 0.97 * LINE))
def test_a_gap_does_not_ring(lost: int, to: float) -> None:
    """Whatever the load has become meanwhile, no value lies outside it, and nobody is warned."""
    p = Person().feel([HELD] * 5).miss(lost).feel([to] * seconds(0.5))
    assert not {"over", "rising", "slower"} & set(p.codes)
    after = [o for o in p.out if isinstance(o, Reading)][5:]
    assert [o.quality for o in after[: FAST_TAPS + 1]] in (["suspect"] * FAST_TAPS + ["ok"], ["stale"] * FAST_TAPS + ["ok"])
    for o in after[FAST_TAPS:]:
        assert o.gauge_kpa == pytest.approx(to, abs=0.05)
        assert o.smooth_kpa == pytest.approx(to, abs=0.05)
        assert o.rate_kpa_s == pytest.approx(0.0, abs=0.05)


wild_things = st.lists(st.tuples(st.integers(0, 899), st.floats(0, 190), st.sampled_from([0, 0, FLAG_SATURATED, FLAG_DROPPED])), max_size=8)


@settings(max_examples=25)
@given(
    cuts=st.lists(st.integers(1, 899), max_size=20),
    wild=wild_things,
    sway=st.floats(0, 6),
    lost=st.none() | st.tuples(st.integers(1, 899), st.integers(1, 300)),
)
def test_chunks_change_neither_a_reading_nor_a_notice(
    cuts: list[int], wild: list[tuple[int, float, int]], sway: float, lost: tuple[int, int] | None
) -> None:
    load = [HELD + sway * float(np.sin(i / 60)) for i in range(900)]
    flags = [0] * 900
    for i, rel, flag in wild:
        load[i], flags[i] = rel, flag
    raw = [raw_of(rel) for rel in load]
    gap_at, missing = lost or (900, 0)

    def fed(edges: list[int]) -> str:
        p = Person()
        began = p.at
        for a, b in zip(edges, edges[1:], strict=False):
            p.at = began + a + (missing if a >= gap_at else 0)
            t_us = tuple((p.at + 1 + i) * SAMPLE_US for i in range(b - a))
            p.give(Samples(p.at % 65536, t_us, tuple(flags[a:b]), tuple(raw[a:b])))
        return repr((p.out, p.run.state))

    ends = {0, 900, min(gap_at, 900)}
    assert fed(sorted(ends)) == fed(sorted(ends | set(cuts)))


@given(share=st.floats(0.02, 0.05), cycle=st.floats(0.06, 0.10), cycle_s=st.floats(6, 8), phase=st.floats(0, 6.3))
@settings(max_examples=15)
def test_breathing_and_slow_cycles_at_ninety_percent_are_silent(share: float, cycle: float, cycle_s: float, phase: float) -> None:
    t = np.arange(seconds(20)) * SAMPLE_US / 1e6
    sway = 0.5 * share * np.sin(2 * np.pi * 0.25 * t + phase) + 0.5 * cycle * np.sin(2 * np.pi * t / cycle_s)
    p = Person().feel((HELD * (1 + sway * np.minimum(t, 1.0))).tolist())
    assert not {"over", "rising", "slower"} & set(p.codes)


def test_hum_at_the_mains_is_no_rise() -> None:
    """15 counts of 50 Hz make 2.7 a second out of a difference of raw values; behind `fast` nothing is left."""
    n = seconds(3)
    hum = np.rint(np.array([raw_of(HELD)] * n) + 32 * 15 * np.sin(2 * np.pi * 50 * np.arange(n) * SAMPLE_US / 1e6)).astype(int)
    p = Person()
    p.give(Samples(p.at % 65536, tuple((p.at + 1 + i) * SAMPLE_US for i in range(n)), (0,) * n, tuple(hum.tolist())))
    rates = [o.rate_kpa_s for o in p.out if isinstance(o, Reading) and not isnan(o.rate_kpa_s)]
    assert max(map(abs, rates[seconds(1) :])) < 0.1


def test_a_lowered_line_is_the_one_that_is_warned_of() -> None:
    p = Person()
    p.out += list(p.run.feed(Mark(p.at * SAMPLE_US, "rate", 6)))
    assert p.run.state.ceiling_kpa == pytest.approx(HELD, abs=0.1)
    p.feel([HELD - 2.0] * seconds(2)).feel([HELD - 2.0 + 3.0 * i * SAMPLE_US / 1e6 for i in range(seconds(1))])
    assert [c for c in p.codes if c in ("rising", "over")] == ["rising", "over"]


def test_rising_carries_the_noise_of_the_sensor_that_is_there() -> None:
    """Half a second before the line the ball's own noise stands in the interval that is told."""
    p = Person()
    assert p.run.state.noise == p.run.readings.noise
    assert p.run.state.noise.sample_kpa > 0
    p.feel([HELD + 3.0 * i * SAMPLE_US / 1e6 for i in range(seconds(1.5))])
    told = next(o for o in p.out if isinstance(o, Notice) and o.code == "rising").values
    assert 0 < float(told["soonest_s"] or 0) < float(told["away_s"] or 0) < float(told["latest_s"] or 0)


def test_what_is_kept_does_not_grow_with_time() -> None:
    """Half an hour more of a barometer at 50 samples a second, with movement and a new window each minute, add not one byte."""
    pairs = {"sensor": "lps28dfw", "rate_mhz": "50000"}
    run = Run(Plan(LINE))
    for event in (Hello(1, 1, "0.2.0", "test", "0000beef", 1, "power"), *(Info(k, v) for k, v in pairs.items()), Info("end", "2")):
        list(run.feed(event))
    rng = np.random.default_rng(1)
    minute = 101.325 + 30.0 * (1 + 0.05 * np.sin(2 * np.pi * np.arange(3000) / 350)) + 0.004 * rng.standard_normal(3000)
    raw = np.rint(minute * 20480).astype(int).tolist()
    rest = [round(101.325 * 20480) + int(v) for v in rng.integers(-50, 50, 500)]
    at, sizes = 0, []

    def feed(counts: list[int]) -> None:
        nonlocal at
        for i in range(0, len(counts), 150):
            part = tuple(counts[i : i + 150])
            t_us = tuple((at + 1 + k) * 20_000 for k in range(len(part)))
            list(run.feed(Samples(at % 65536, t_us, (0,) * len(part), part, ((0, 2100),))))
            at += len(part)

    feed(rest)
    for number in range(45):
        list(run.feed(Mark(at * 20_000, "start")))
        feed(raw)
        if number in (14, 44):
            sizes.append(len(pickle.dumps(copy.deepcopy(run))))
    assert run.readings.zero_kpa is not None
    # Integers take a byte or two more once the clock is longer; no container may hold one entry more.
    assert sizes[1] - sizes[0] < 200
