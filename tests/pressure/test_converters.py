"""What holds for every sensor whatever a board sends: any cut, gaps, flags and temperatures, and counts that are noise."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import isnan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sixten.ball.link import Link
from sixten.ball.messages import FLAG_DROPPED, FLAG_FAULT, FLAG_GUARD_ON, FLAG_SATURATED, Event, Samples
from sixten.ball.virtual import MS5837_PROM, SENSORS, VirtualBoard, ms5837_d2
from sixten.pressure.readings import OK, SATURATED, STALE, SUSPECT, Gap, Reading, Readings
from sixten.pressure.sensors import sensor_from_info

KINDS = sorted(SENSORS)
INFO = {
    "fsr": {"oversample": "32", "divider_ohm": "10000", "raw_max": "32736"},
    "lps28dfw": {},
    "ms5837": {"prom": "".join(f"{w:04x}" for w in MS5837_PROM)},
}
TOP = {"fsr": 32736, "lps28dfw": 0x7FFFFF, "ms5837": 0xFFFFFF}
PLAUSIBLE = {"fsr": (600, 20_000), "lps28dfw": (1_900_000, 4_000_000), "ms5837": (4_300_000, 4_900_000)}
PERIOD_US = {"fsr": 3328, "lps28dfw": 5000, "ms5837": 6240}
EXTRA = {
    "fsr": st.nothing(),
    "lps28dfw": st.integers(-4000, 12500),
    "ms5837": st.one_of(st.floats(-40, 85).map(ms5837_d2), st.integers(0, 0xFFFFFF)),  # also a spoilt one
}


@dataclass(frozen=True)
class Sample:
    """missing: samples lost before it; late_us: how much later than its turn it came."""

    raw: int
    flags: int = 0
    missing: int = 0
    late_us: int = 0
    extra: int | None = None


@st.composite
def streams(draw: st.DrawFn, sensor: str) -> list[Sample]:
    """Up to 400 samples in runs: quiet ones, noise over the whole range, flags, losses, silence."""
    out: list[Sample] = []
    low, high = PLAUSIBLE[sensor]
    for _ in range(draw(st.integers(1, 8))):
        base = draw(st.integers(low, high))
        spread = draw(st.sampled_from([0, 50, 5000, TOP[sensor]]))
        flags = draw(st.sampled_from([0, 0, 0, FLAG_SATURATED, FLAG_FAULT, FLAG_DROPPED, FLAG_GUARD_ON, 0x1F]))
        noise = draw(st.randoms(use_true_random=False))
        run = [
            Sample(min(TOP[sensor], max(0, base + noise.randint(-spread, spread))), flags if noise.random() < 0.5 else 0)
            for _ in range(draw(st.integers(1, 50)))
        ]
        missing, late_us = draw(st.sampled_from([(0, 0), (0, 0), (1, 0), (700, 0), (0, 300_000)]))
        extra = None if sensor == "fsr" else draw(st.one_of(st.none(), EXTRA[sensor]))
        run[0] = Sample(run[0].raw, run[0].flags, missing, late_us, extra)
        out += run
    return out


def blocks(sensor: str, stream: list[Sample], cuts: frozenset[int]) -> list[Event]:
    """The stream as the wire would cut it: at every gap, and wherever ``cuts`` says."""
    out: list[Event] = []
    seq, t_us, part = 0, 0, []
    for i, s in enumerate(stream):
        seq += s.missing
        t_us += (s.missing + 1) * PERIOD_US[sensor] + s.late_us
        if part and (s.missing or s.late_us or i in cuts):
            out.append(_block(part))
            part = []
        part.append((seq, t_us, s))
        seq += 1
    out.append(_block(part))
    return out


def _block(part: list[tuple[int, int, Sample]]) -> Samples:
    extra = tuple((i, s.extra) for i, (_, _, s) in enumerate(part) if s.extra is not None)
    return Samples(
        part[0][0] % 65536, tuple(t for _, t, _ in part), tuple(s.flags for *_, s in part), tuple(s.raw for *_, s in part), extra
    )


def read(sensor: str, events: list[Event]) -> list[Reading | Gap]:
    readings = Readings()
    greeting = Link().feed(VirtualBoard(lambda t_s: 0.0, sensor=sensor).greeting(), 0.0)
    return [out for event in [*greeting, *events] for out in readings.feed(event)]


@pytest.mark.parametrize("sensor", KINDS)
@settings(max_examples=60)
@given(st.data())
def test_a_number_comes_with_trust_and_trust_with_a_number(sensor: str, data: st.DataObject) -> None:
    """Whatever comes in: NaN if and only if the quality is suspect or stale, one reading a sample, and never an infinity."""
    stream = data.draw(streams(sensor))
    outs = [o for o in read(sensor, blocks(sensor, stream, frozenset())) if isinstance(o, Reading)]
    assert len(outs) == len(stream)
    for o in outs:
        numbers = (o.gauge_kpa, o.smooth_kpa, o.rate_kpa_s)
        assert {isnan(n) for n in numbers} == {o.quality in (SUSPECT, STALE)}
        assert o.quality in (OK, SATURATED, SUSPECT, STALE)
        assert not np.isinf(numbers).any()


@pytest.mark.parametrize("sensor", KINDS)
@settings(max_examples=60)
@given(st.data())
def test_the_cut_does_not_matter_bit_for_bit(sensor: str, data: st.DataObject) -> None:
    stream = data.draw(streams(sensor))
    cuts = data.draw(st.frozensets(st.integers(0, 400), max_size=60))
    assert repr(read(sensor, blocks(sensor, stream, frozenset()))) == repr(read(sensor, blocks(sensor, stream, cuts)))


@pytest.mark.parametrize("sensor", KINDS)
@settings(max_examples=15)
@given(st.data())
def test_the_cut_does_not_matter_around_the_zero_either(sensor: str, data: st.DataObject) -> None:
    """Six seconds of rest first, so that the zero falls somewhere into a block."""
    board, rest_s = VirtualBoard(lambda t_s: 0.0, sensor=sensor), 6.0
    samples = Link().feed(b"".join(board.sample()[1] for _ in range(round(rest_s * 1e6 / PERIOD_US[sensor]))), 1.0)
    rest = [Sample(raw, 0, 0, 0, dict(e.extra).get(i)) for e in samples if isinstance(e, Samples) for i, raw in enumerate(e.raw)]
    stream = rest + data.draw(streams(sensor))
    cuts = data.draw(st.frozensets(st.integers(0, len(stream)), max_size=60))
    whole = read(sensor, blocks(sensor, stream, frozenset()))
    assert any(isinstance(o, Reading) and o.zeroed for o in whole)
    assert repr(whole) == repr(read(sensor, blocks(sensor, stream, cuts)))


@pytest.mark.parametrize("sensor", KINDS)
@settings(max_examples=25)
@given(st.data())
def test_what_is_lost_is_told(sensor: str, data: st.DataObject) -> None:
    stream = data.draw(streams(sensor))
    gaps = [o.lost for o in read(sensor, blocks(sensor, stream, frozenset())) if isinstance(o, Gap)]
    assert gaps == [s.missing for s in stream[1:] if s.missing]


@pytest.mark.parametrize("sensor", KINDS)
@settings(max_examples=20)
@given(st.data())
def test_nothing_comes_out_before_its_sample_went_in(sensor: str, data: st.DataObject) -> None:
    """What has been told does not change with what comes later: the first half alone gives the first half of the whole."""
    stream = data.draw(streams(sensor))
    events = blocks(sensor, stream, frozenset(range(0, 400, 7)))
    half = data.draw(st.integers(0, len(events)))
    whole = read(sensor, events)
    part = read(sensor, events[:half])
    assert repr(part) == repr(whole[: len(part)])
    assert sum(isinstance(o, Reading) for o in part) == sum(len(e.raw) for e in events[:half] if isinstance(e, Samples))


@pytest.mark.parametrize("sensor", KINDS)
@settings(max_examples=60)
@given(st.data())
def test_more_counts_are_never_less(sensor: str, data: st.DataObject) -> None:
    """At every temperature that the sensor can have, over the whole range of counts."""
    raw = sorted(data.draw(st.lists(st.integers(0, TOP[sensor]), min_size=2, max_size=40)))
    extra = ()
    if sensor == "ms5837":
        extra = ((0, ms5837_d2(data.draw(st.floats(-40, 85)))),)
    values = sensor_from_info({"sensor": sensor, **INFO[sensor]}).convert(tuple(raw), extra)
    assert np.isfinite(values).all()
    assert all(b >= a for a, b in pairwise(values))
