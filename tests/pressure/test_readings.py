from math import isnan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signals import GREETING, SAMPLE_US, raw_of, samples, seconds
from sixten.ball.messages import FLAG_FAULT, FLAG_SATURATED, BallError, Event, Hello, Info, Samples, Silence
from sixten.pressure.readings import Gap, Reading, Readings
from sixten.pressure.sensors import FSR_TOP_REL, Fsr, sensor_from_info


def read(events: list[Event]) -> list[Reading | Gap]:
    r = Readings()
    return [out for e in [*GREETING, *events] for out in r.feed(e)]


def good(outs: list[Reading | Gap]) -> list[Reading]:
    return [o for o in outs if isinstance(o, Reading)]


REST = samples([0.0] * seconds(6))


def after_rest(rel: list[float], flags: int = 0) -> list[Event]:
    return [REST, samples(rel, seq=len(REST.raw), flags=flags)]


def test_rest_gives_a_zero_and_readings_are_above_it() -> None:
    outs = good(read(after_rest([20.0] * 50)))
    assert not outs[seconds(4.9)].zeroed
    assert outs[-1].zeroed
    assert outs[-1].gauge_kpa == pytest.approx(20.0, abs=0.05)
    assert outs[-1].unit == "rel."
    assert outs[-1].quality == "ok"


def test_lying_still_is_not_taken_for_an_empty_ball() -> None:
    outs = good(read([samples([25.0] * seconds(10))]))
    assert not outs[-1].zeroed
    assert outs[-1].gauge_kpa == pytest.approx(25.0, abs=0.05)  # the nominal zero stands in


def test_moving_is_not_rest() -> None:
    outs = good(read([samples([0.1 * (i % 200 < 100) for i in range(seconds(10))])]))
    assert outs[-1].zeroed  # 0.1 of spread is allowed
    outs = good(read([samples([0.3 * (i % 200 < 100) for i in range(seconds(10))])]))
    assert not outs[-1].zeroed


def test_another_ball_needs_its_own_zero() -> None:
    other = [Hello(1, 0, "0.1.0", "test", "0000cafe", 1, "power"), *GREETING[1:]]
    same = [Hello(1, 0, "0.1.0", "test", "0000beef", 2, "external"), *GREETING[1:]]
    assert good(read([REST, *same, samples([5.0] * 20, seq=0, t_us=10**8)]))[-1].zeroed
    assert not good(read([REST, *other, samples([5.0] * 20, seq=0, t_us=10**8)]))[-1].zeroed


def test_a_gap_is_counted_and_does_not_ring() -> None:
    n = len(REST.raw)
    late = samples([30.0] * 40, seq=n + 10)
    outs = read([REST, samples([5.0] * 5, seq=n), late])
    gaps = [o for o in outs if isinstance(o, Gap)]
    assert gaps == [Gap(late.t_us[0], 5)]
    after = [o for o in good(outs) if o.t_us >= late.t_us[0]]
    assert [o.quality for o in after[:9]] == ["suspect"] * 8 + ["ok"]
    assert all(o.gauge_kpa == pytest.approx(30.0, abs=0.05) for o in after[8:])
    assert all(isnan(o.gauge_kpa) for o in after[:8])


def test_one_wild_sample_is_not_believed_two_are() -> None:
    outs = good(read(after_rest([20.0] * 20 + [110.0] + [20.0] * 20)))
    assert max(o.gauge_kpa for o in outs if o.quality == "ok") < 21
    assert [o.quality for o in outs].count("suspect") == 8 + 1  # the filter's filling, and the wild one
    outs = good(read(after_rest([20.0] * 20 + [110.0] * 20)))
    assert outs[-1].gauge_kpa == pytest.approx(110.0, rel=0.01)


def test_a_fast_rise_is_believed_at_once() -> None:
    outs = good(read(after_rest([20.0] * 20 + [75.0] * 8)))
    assert outs[-1].gauge_kpa == pytest.approx(75.0, rel=0.01)
    assert all(o.quality == "ok" for o in outs[8:])


def test_saturated_counts_from_the_second_sample_on() -> None:
    n = len(REST.raw)
    one = Samples(n, (REST.t_us[-1] + SAMPLE_US,), (FLAG_SATURATED,), (32736,))
    two = Samples(n + 1, (one.t_us[0] + SAMPLE_US,), (FLAG_SATURATED,), (32736,))
    assert [o.quality for o in good(read([REST, one]))][-1] == "suspect"
    last = good(read([REST, one, two]))[-1]
    assert last.quality == "saturated"
    # Beyond the puck's range is saturated too, though the counts are not at their end.
    assert good(read(after_rest([FSR_TOP_REL] * 3)))[-1].quality == "saturated"


def test_a_fault_is_no_value_and_stale_after_250_ms() -> None:
    outs = good(read(after_rest([0.0] * seconds(1), flags=FLAG_FAULT)))[len(REST.raw) :]
    assert all(isnan(o.gauge_kpa) for o in outs)
    first_stale = next(i for i, o in enumerate(outs) if o.quality == "stale")
    assert first_stale * SAMPLE_US == pytest.approx(250_000, abs=2 * SAMPLE_US)


def test_silence_is_stale_after_250_ms() -> None:
    end = REST.t_us[-1]
    assert read([REST, Silence(end + 250_000)])[-1].quality == "ok"  # type: ignore[union-attr]
    last = good(read([REST, Silence(end + 250_001)]))[-1]
    assert last.quality == "stale"
    assert isnan(last.smooth_kpa)


@settings(max_examples=20)
@given(cuts=st.lists(st.integers(1, 2999), max_size=30), wild=st.lists(st.tuples(st.integers(0, 2999), st.floats(0, 250)), max_size=6))
def test_chunks_do_not_matter_bit_for_bit(cuts: list[int], wild: list[tuple[int, float]]) -> None:
    rel = [0.0] * 1800 + [0.02 * i for i in range(1200)]
    for i, value in wild:
        rel[i] = value
    whole = samples(rel)
    edges = [0, *sorted(set(cuts)), 3000]
    parts = [
        Samples(whole.seq + a, whole.t_us[a:b], whole.flags[a:b], whole.raw[a:b]) for a, b in zip(edges, edges[1:], strict=False) if a < b
    ]
    assert repr(read([whole])) == repr(read(list(parts)))


@given(st.lists(st.integers(0, 32736), min_size=2, max_size=50))
def test_the_converter_never_falls(raw: list[int]) -> None:
    values = Fsr(32, 10e3, 32736).convert(tuple(sorted(raw)))
    assert all(b >= a for a, b in zip(values, values[1:], strict=False))


def test_more_load_is_more_counts() -> None:
    assert raw_of(0) < raw_of(1) < raw_of(50) < raw_of(150)


@pytest.mark.parametrize(
    "change",
    [
        {"sensor": "bmp280"},
        {"oversample": "x"},
        {"divider_ohm": "0"},
        {"raw_max": "-1"},
        {"raw_max": "99999999"},
        {"rate_mhz": "5"},
        {"rate_mhz": ""},
    ],
)
def test_a_board_that_describes_nonsense_is_refused_in_words(change: dict[str, str]) -> None:
    info = {e.key: e.value for e in GREETING if isinstance(e, Info) and e.key != "end"} | change
    r = Readings()
    r.feed(GREETING[0])
    for k, v in info.items():
        r.feed(Info(k, v))
    with pytest.raises(BallError, match="flash the firmware"):
        r.feed(Info("end", str(len(info))))


def test_a_board_without_a_sensor_says_what_to_check() -> None:
    r = Readings()
    r.feed(GREETING[0])
    r.feed(Info("sensor", "none"))
    with pytest.raises(BallError, match="check the cable to the ball.$"):
        r.feed(Info("end", "1"))


def test_a_missing_constant_is_named() -> None:
    with pytest.raises(ValueError, match="oversample"):
        sensor_from_info({"sensor": "fsr"})
