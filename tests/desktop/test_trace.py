"""The trace: the newest in order, holes as holes, noise as a band, and the same picture of what is past."""

from __future__ import annotations

import numpy as np
import pytest

from sixten.desktop.history import History
from sixten.desktop.trace import ABOVE, BACK, CURVE, UNDER, picture

N = 500  # columns of 20 ms


def filled(rate_hz: float, seconds: float, kpa: float = 30.0) -> History:
    history = History()
    for i in range(int(rate_hz * seconds)):
        history.add(round(i / rate_hz * 1e6), kpa)
    return history


def test_history_keeps_the_newest_in_order() -> None:
    history = History(capacity=256)
    for i in range(1000):
        history.add(i * 10_000, float(i))
    t, kpa = history.last(1.0)
    assert kpa[-1] == 999
    assert np.array_equal(kpa, np.arange(1000 - len(kpa), 1000))
    assert t[-1] == 0
    assert -1.0 <= t[0] < -0.98
    assert History().last()[0].size == 0


@pytest.mark.parametrize("rate_hz", [20.0 / 0.9, 160.0, 200.0, 300.481])
def test_every_column_has_a_value_however_slow_the_sensor(rate_hz: float) -> None:
    low, high = filled(rate_hz, 12.0).columns(N)
    assert np.array_equal(low[5:], np.full(N - 5, 30.0))
    assert np.array_equal(high[5:], np.full(N - 5, 30.0))


def test_a_column_holds_its_lowest_and_highest_and_joins_the_one_before() -> None:
    history = History()
    for i in range(3000):
        history.add(round(i * 1e6 / 300), float(i % 2) * 10 + (i >= 1500) * 20)
    low, high = history.columns(N)
    assert (low[10:240] == 0).all() and (high[10:240] == 10).all()
    assert (low[260:] == 20).all() and (high[260:] == 30).all()
    assert not np.isnan(low[1:]).any()
    assert (low[1:] <= high[:-1]).all() and (high[1:] >= low[:-1]).all()  # one line, however steep


def test_a_hole_stays_a_hole() -> None:
    history = filled(300, 6.0)
    for i in range(900):
        history.add(8_000_000 + round(i / 300 * 1e6), 30.0)  # two seconds were lost
    low, _ = history.columns(N)
    holes = np.flatnonzero(np.isnan(low))
    assert len(holes) == pytest.approx(2.0 * N / 10, abs=3)
    assert np.array_equal(holes, np.arange(holes[0], holes[-1] + 1))
    told = filled(300, 6.0)
    for i in range(1200):
        told.add(6_000_000 + round(i / 300 * 1e6), np.nan if i < 300 else 30.0)  # not to be trusted
    assert np.isnan(told.columns(N)[0]).sum() == pytest.approx(1.0 * N / 10, abs=3)


def test_what_is_past_looks_the_same_at_every_frame() -> None:
    """Only moved: a column that changed with every new sample would shimmer."""
    rng = np.random.default_rng(6)
    history = History()
    for i in range(3000):
        history.add(round(i * 1e6 / 300), rng.normal(30, 3))
    before = history.columns(N)
    for i in range(3000, 3006):  # 20 ms: one column
        history.add(round(i * 1e6 / 300), rng.normal(30, 3))
    after = history.columns(N)
    for old, new in zip(before, after, strict=True):
        assert np.array_equal(old[3:-1], new[2:-2])


def test_nothing_yet_and_a_replay_that_goes_back() -> None:
    assert np.isnan(History().columns(N)[0]).all()
    history = filled(300, 12.0)
    history.add(1_000_000, 7.0)
    low, _ = history.columns(N)
    assert np.flatnonzero(~np.isnan(low)).tolist() == [N - 1]


def test_the_picture_tells_below_and_above_the_line_apart() -> None:
    kpa = np.array([10.0, 10.0, 45.0, 45.0, np.nan, 60.0])
    pixels = picture(kpa, kpa, 6, 100, 50.0, line_row=20.0)
    assert pixels.shape == (100, 8)
    assert pixels.strides[0] % 4 == 0
    assert {CURVE, UNDER, BACK} == set(pixels[:, 0].tolist())
    assert ABOVE in pixels[:, 2] and CURVE not in pixels[:20, 2]
    assert (pixels[:, 4] == BACK).all()
    assert pixels[0, 5] == ABOVE  # beyond the upper edge it stays in sight
    assert np.flatnonzero(pixels[:, 0] == CURVE).tolist() == [79, 80, 81]
