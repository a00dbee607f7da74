import random

from hypothesis import given
from hypothesis import strategies as st

from sixten.ball.clock import DeviceClock
from sixten.ball.link import Link
from sixten.ball.messages import Hello, Mark, Samples, Silence
from sixten.ball.wire import frame

WRAP = 1 << 32


@given(st.integers(0, WRAP - 1), st.lists(st.integers(1, 200_000_000), max_size=60))
def test_wraps_are_unwrapped(start: int, steps: list[int]) -> None:
    clock, true = DeviceClock(), start
    assert clock.unwrap(start, 0.0) == start
    for step in steps:
        true += step
        assert clock.unwrap(true % WRAP, (true - start) / 1e6) == true


@given(st.integers(1, WRAP - 1), st.floats(0.1, 600))
def test_a_restart_goes_on_by_the_hosts_clock(before_us: int, away_s: float) -> None:
    """Also one from the upper half of the counter, which by device time alone would look like a wrap."""
    clock = DeviceClock()
    last = clock.unwrap(before_us, 100.0)
    if abs((3328 - before_us) % WRAP - away_s * 1e6) <= 2.0e6 + 0.02 * away_s * 1e6:
        return  # a restart that happens to fit the host's clock cannot be told apart, and need not be
    assert clock.unwrap(3328, 100.0 + away_s) == last + max(1, round(away_s * 1e6))


def test_host_time_maps_by_the_quickest_arrivals() -> None:
    """3000 ppm of drift (a ceramic resonator), 1 ms of delay at least, stalls of 30-200 ms: right within 2 ms."""
    rng, clock = random.Random(1), DeviceClock()
    t_us = 0
    while t_us < 60_000_000:
        t_us += 10_000
        stall = rng.uniform(0.03, 0.2) if rng.random() < 0.01 else 0.0
        clock.unwrap(t_us, 50.0 + t_us / 1e6 * 1.003 + 0.001 + rng.expovariate(1000) + stall)
    true_host_s = 50.0 + t_us / 1e6 * 1.003
    assert abs(clock.at_host(true_host_s) - t_us) < 2_000


def test_silence_is_spoken_every_100_ms_and_carries_device_time() -> None:
    link = Link()
    assert link.tick(5.0) == []  # nothing was ever heard: nothing can be extrapolated
    link.feed(frame("D,0,1000000,0,5"), 10.0)
    ticks = [event for ms in range(0, 1000, 20) for event in link.tick(10.0 + ms / 1000)]
    assert all(isinstance(e, Silence) for e in ticks)
    assert 8 <= len(ticks) <= 10
    assert 1_100_000 <= ticks[0].t_us <= 1_120_000


def test_a_mark_carries_the_device_time_of_its_press() -> None:
    link = Link()
    link.feed(frame("D,0,1000000,0,5"), 10.0)
    link.mark("rate", 6, 10.05)
    assert link.tick(10.06) == [Mark(1_050_000, "rate", 6)]


def test_a_restart_within_a_stream_keeps_time_running_forward() -> None:
    link = Link()
    events = link.feed(frame("D,7,500000000,0,5"), 10.0)
    events += link.feed(frame("H,1.0,0.1.0,uno,0,2,external") + frame("D,0,3328,0,5") + frame("D,1,6656,0,5"), 13.0)
    times = [t for e in events if isinstance(e, Samples) for t in e.t_us]
    assert times == sorted(times)
    assert times[-1] == 500_000_000 + 3_000_000
    assert any(isinstance(e, Hello) for e in events)
