"""The detection benchmark measures what it says it does."""

import numpy as np
import pytest

from bench import detection as d
from sixten.pressure import filters

HUM = d.Mains(15, 50)


@pytest.mark.parametrize(("rate_hz", "ms"), [(d.FIRMATA_HZ, 143), (100, 118), (500, 72), (9500, 29)])
def test_first_order_limit_for_60_counts_a_second(rate_hz: float, ms: float) -> None:
    assert 1e3 * d.limit_s(60, rate_hz) == pytest.approx(ms, abs=0.5)


def test_firmata_picks_a_conversion_every_19_ms_in_step_with_no_block() -> None:
    at = d.firmata_conversions(np.array([0, 32_000]), 9615 * 100)
    assert set(np.unique(np.diff(at))) == {182, 183}
    assert np.diff(at).mean() / d.CONVERSIONS_HZ == pytest.approx(0.019, rel=1e-4)
    assert len(np.unique(at[0] % d.BLOCK)) == d.BLOCK


def test_blocks_and_singles_are_of_the_same_conversions() -> None:
    lanes = d.noise(np.random.default_rng(1), 40, 60)
    holds = (lanes.at - lanes.first[:, None]) // d.BLOCK
    held = np.take_along_axis(lanes.blocks, holds, 1)
    slope = np.cov(held.ravel(), lanes.singles.ravel())[0, 1] / d.SIGMA_COUNTS**2
    assert slope == pytest.approx(1 / d.BLOCK, rel=0.05)  # a conversion counts for a 32nd of its block
    assert held.std() == pytest.approx(d.SIGMA_COUNTS / np.sqrt(d.BLOCK), rel=0.01)
    assert lanes.blocks.std() == pytest.approx(d.SIGMA_COUNTS / np.sqrt(d.BLOCK), rel=0.01)


def test_pick_up_and_ramp_are_averaged_over_the_conversions() -> None:
    """Against the sum that the board would make; pick-up is told from its own singles, fitted at the conversion rate."""
    lanes = d.noise(np.random.default_rng(2), 1, 2)
    all_at = lanes.first[0] + np.arange(lanes.blocks.shape[1] * d.BLOCK)
    blocks, singles = d.pick_up(np.random.default_rng(3), HUM, lanes)

    def waves(at: np.ndarray) -> np.ndarray:
        turns = 2 * np.pi * 50 / d.CONVERSIONS_HZ * np.outer(at, [1, 2])
        return np.hstack([np.cos(turns), np.sin(turns)])

    fit, *_ = np.linalg.lstsq(waves(lanes.at[0]), singles[0])
    assert np.hypot(fit[:2], fit[2:]) == pytest.approx([15, 4.5])
    assert np.allclose(blocks[0], (waves(all_at) @ fit).reshape(-1, d.BLOCK).mean(1), atol=1e-8)

    onset = lanes.first + 1000.3
    blocks, singles = d.ramp(600, onset, lanes)
    whole = 600 / d.CONVERSIONS_HZ * np.maximum(all_at - onset[0], 0)
    assert np.allclose(blocks[0], whole.reshape(-1, d.BLOCK).mean(1), atol=1e-9)
    assert np.allclose(singles[0], whole[lanes.at[0] - lanes.first[0]])


def test_episodes_are_counted_once() -> None:
    assert d.episodes(np.array([], dtype=np.int64), 300) == 0
    assert d.episodes(np.array([5, 6, 7, 305, 306, 700]), 300) == 2


def test_fast_is_the_product_s_and_of_the_family_it_is_compared_with() -> None:
    assert np.allclose(filters.design_fast(d.BLOCKS_HZ), d.nulling(8, (50, 60)))


def test_margin_holds_in_fresh_hours_and_fast_is_near_the_limit() -> None:
    margins = d.set_margins((d.FAST,), 1, 20, (HUM,))
    assert 0.6 < d.count_alarms((d.FAST,), margins, 2, 20, (HUM,))[d.FAST.name, HUM] <= 1
    delays = d.delays_ms((d.FAST,), margins, 3, (HUM,))
    for slope, target in d.TARGETS.items():
        assert np.median(delays[d.FAST.name, HUM, slope]) <= target * 1e3 * d.limit_s(slope, d.CONVERSIONS_HZ)


def test_the_alternative_of_8_taps_lets_through_100_and_120_hz_alike() -> None:
    taps = d.ALTERNATIVES[0].apply(np.r_[1.0, np.zeros(7)])
    at_hz = {hz: np.exp(-2j * np.pi * hz / d.BLOCKS_HZ * np.arange(8)) @ taps for hz in (0, 50, 60, 100, 120)}
    block = {hz: np.exp(2j * np.pi * hz / d.CONVERSIONS_HZ * np.arange(d.BLOCK)).mean() for hz in (100, 120)}
    assert abs(at_hz[0]) == pytest.approx(1)
    assert abs(at_hz[50]) < 1e-12 and abs(at_hz[60]) < 1e-12
    assert abs(at_hz[100] * block[100]) == pytest.approx(abs(at_hz[120] * block[120]), abs=0.002)
