import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sixten.pressure import filters

RATE = 300.48077
DESIGNS = {"fast": lambda hz: filters.fast(hz)[0], "smooth": filters.smooth, "rate": filters.rate}


def gain(taps: np.ndarray, hz: float) -> float:
    return abs(np.sum(taps * np.exp(-2j * np.pi * hz / RATE * np.arange(len(taps)))))


def test_fast_nulls_mains_keeps_dc_and_is_symmetric() -> None:
    taps = filters.design_fast(RATE)
    assert gain(taps, 0) == pytest.approx(1, abs=1e-12)
    assert gain(taps, 50) < 1e-12
    assert gain(taps, 60) < 1e-12
    assert np.allclose(taps, taps[::-1])
    assert (len(taps)) / RATE <= 0.027


def test_no_shorter_filter_could_do_as_well() -> None:
    """6 taps reach the zeros only by amplifying noise: sum of squares 0.63 against 0.14 (a plain mean of 8 has 0.125)."""
    assert np.sum(filters.design_fast(RATE) ** 2) == pytest.approx(0.1375, abs=0.001)


@pytest.mark.parametrize("name", DESIGNS)
@given(x=st.lists(st.floats(-200, 200), min_size=1, max_size=200), cuts=st.lists(st.integers(1, 199), max_size=10))
def test_chunks_do_not_matter_bit_for_bit(name: str, x: list[float], cuts: list[int]) -> None:
    values = np.array(x)
    whole = DESIGNS[name](RATE)(values)
    f = DESIGNS[name](RATE)
    pieces = [f(part) for part in np.split(values, sorted({c for c in cuts if c < len(x)}))]
    assert np.array_equal(whole, np.concatenate(pieces))


@pytest.mark.parametrize("name", DESIGNS)
def test_no_output_before_input_and_settled_from_the_first_value(name: str) -> None:
    f = DESIGNS[name](RATE)
    before = f(np.full(50, 20.0))
    assert np.allclose(before, 0.0 if name == "rate" else 20.0, atol=1e-9)
    f.restart()
    assert np.allclose(f(np.full(50, 70.0)), 0.0 if name == "rate" else 70.0, atol=1e-9)


def test_step_of_fast_is_over_in_eight_samples_and_smooth_in_about_0_3_s() -> None:
    step = np.r_[np.zeros(10), np.ones(300)]
    assert filters.fast(RATE)[0](step)[10 + 7] == pytest.approx(1, abs=1e-9)
    smooth = filters.smooth(RATE)(step)[10:]
    assert 0.2 < np.argmax(smooth > 0.95) / RATE < 0.4
    assert smooth.max() < 1.005


def test_rate_of_a_ramp_is_its_slope() -> None:
    ramp = 7.0 * np.arange(600) / RATE
    assert filters.rate(RATE)(ramp)[-1] == pytest.approx(7.0, rel=1e-6)
