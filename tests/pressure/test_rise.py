"""How far away a line is, and how sure that is: against simulation, and at its edges."""

from math import isfinite, isinf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sixten.pressure import filters
from sixten.pressure.rise import BEND_SHARE_S2, LATEST_S, SURE_RISING, UNKNOWN_KPA, Noise, ahead
from sixten.pressure.sensors import FSR_NOISE_COUNTS, FSR_ZERO_REL, Fsr, Lps28dfw

FSR = Fsr(32, 10e3, 32736)
QUIET = Noise()


def test_a_filter_knows_what_it_leaves_of_white_noise() -> None:
    x = np.random.default_rng(1).standard_normal(300_000)
    for mains in (True, False):
        fast, rate = filters.fast(300.48, mains)[0], filters.rate(300.48)
        assert filters.noise_gain(fast) == pytest.approx(fast.alone(x).std(), rel=0.03)
        assert filters.noise_gain(fast, rate) == pytest.approx(rate.alone(fast.alone(x)).std(), rel=0.03)


@pytest.mark.parametrize("load", [0.0, 10.0, 40.0, 95.0])
def test_noise_of_an_fsr_grows_with_load_as_its_converter_makes_it(load: float) -> None:
    """White noise on every conversion, through the real converter, against the closed form."""
    noise = Noise.of(FSR, 300.48)
    raw = float(np.interp(load + FSR_ZERO_REL, FSR.convert(tuple(range(32737))), np.arange(32737)))
    counts = raw + np.random.default_rng(2).standard_normal(20_000) * FSR_NOISE_COUNTS * np.sqrt(32)
    assert noise.sample_at(load) == pytest.approx(FSR.convert(tuple(np.rint(counts).astype(int))).std(), rel=0.03)


def test_a_barometer_is_as_noisy_under_load_as_without() -> None:
    noise = Noise.of(Lps28dfw(), 200.0)
    assert noise.sample_at(95.0) == noise.sample_at(0.0) == Lps28dfw.noise_kpa


def test_the_chance_is_how_often_it_happens() -> None:
    """Levels and rates drawn with the noise that is claimed, and a bend drawn for each: the line is reached within the lead this often."""
    rng, n, line, lead = np.random.default_rng(3), 200_000, 40.0, 0.5
    noise = Noise.of(FSR, 300.48)
    sample = noise.sample_at(line)
    for gauge, rate in ((37.0, 6.5), (38.5, 3.0), (39.5, 1.5)):
        found = ahead(gauge, rate, line, lead, noise)
        assert found is not None
        levels = gauge + np.hypot(noise.level_gain * sample, UNKNOWN_KPA) * rng.standard_normal(n)
        rates = rate + noise.rate_gain_s * sample * rng.standard_normal(n)
        bends = BEND_SHARE_S2 * line * rng.standard_normal(n)
        later = levels + rates * lead + 0.5 * bends * lead**2
        assert found.chance == pytest.approx(np.mean(later > line), abs=0.01)
        before, after = (levels + rates * t + 0.5 * bends * t**2 for t in (found.soonest_s, min(found.latest_s, LATEST_S)))
        assert np.mean(before > line) == pytest.approx(0.05, abs=0.01)
        assert np.mean(after < line) == pytest.approx(0.05, abs=0.01) or isinf(found.latest_s) and np.mean(after < line) > 0.05


def test_no_rise_is_told_inside_the_noise() -> None:
    noise = Noise.of(FSR, 300.48)
    limit = SURE_RISING * noise.rate_gain_s * noise.sample_at(40.0)
    assert ahead(39.9, limit * 0.99, 40.0, 0.5, noise) is None
    assert ahead(39.9, limit * 1.01, 40.0, 0.5, noise) is not None
    assert ahead(39.9, 0.0, 40.0, 0.5, QUIET) is None
    assert ahead(39.9, -3.0, 40.0, 0.5, QUIET) is None


kpa = st.floats(0, 95)


@given(gauge=kpa, rate=st.floats(-1e3, 1e3), line=st.floats(5, 95), lead=st.floats(0.1, 2))
def test_whatever_happens_it_is_finite_and_in_order(gauge: float, rate: float, line: float, lead: float) -> None:
    found = ahead(min(gauge, line), rate, line, lead, Noise.of(FSR, 300.48))
    if found is None:
        return
    assert isfinite(found.away_s)
    assert 0 <= found.soonest_s <= found.away_s <= found.latest_s
    assert 0 <= found.chance <= 1


@given(gauge=kpa, more=st.floats(0, 10), rate=st.floats(2, 100), faster=st.floats(0, 100))
def test_nearer_or_faster_is_never_less_likely(gauge: float, more: float, rate: float, faster: float) -> None:
    noise = Noise.of(FSR, 300.48)
    base, nearer, quicker = (
        ahead(min(g, 95.0), r, 95.0, 0.5, noise) for g, r in ((gauge, rate), (gauge + more, rate), (gauge, rate + faster))
    )
    if base is not None:
        assert nearer is not None and quicker is not None
        assert nearer.chance >= base.chance - 1e-12
        assert quicker.chance >= base.chance - 1e-12


def test_white_noise_into_the_rate_stays_below_what_is_called_a_rise() -> None:
    """One hour of the noisiest board at 95: three standard deviations are passed about once in 740 independent values."""
    noise = Noise.of(FSR, 300.48)
    x = np.random.default_rng(4).standard_normal(300 * 3600) * noise.sample_at(95.0)
    rate = filters.rate(300.48).alone(filters.fast(300.48)[0].alone(x))[3000:]
    assert np.mean(rate > SURE_RISING * noise.rate_gain_s * noise.sample_at(95.0)) < 0.002
