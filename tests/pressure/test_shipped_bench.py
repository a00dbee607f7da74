"""The benchmark of everything as shipped: its screening is the chain, and both can alarm."""

import numpy as np
import pytest

from bench import shipped as s

EVERYTHING = s.CASES[-1]


@pytest.mark.parametrize("kind", s.KINDS, ids=lambda kind: kind.name)
def test_the_screening_has_the_very_numbers_of_the_chain(kind: s.Kind) -> None:
    """`same` asserts it, sample by sample and bit for bit."""
    found = s.lanes(np.random.default_rng(1), kind, EVERYTHING, 2, 10.0, s.LINE)
    screened = s.screen(kind, found, s.LINE)
    said = [s.same(kind, found, screened, i, s.LINE, chunk) for i in range(2) for chunk in (s.LIVE_CHUNK, s.BIG_CHUNK)]
    assert said[0].notices == said[1].notices and said[2].notices == said[3].notices
    assert all(one.armed > 0.5 for one in said), "silent for the wrong reason: `rising` may not speak yet"


def test_a_difference_between_the_two_would_be_seen() -> None:
    found = s.lanes(np.random.default_rng(1), s.FSR, EVERYTHING, 1, 2.0, s.LINE)
    screened = s.screen(s.FSR, found, s.LINE)
    screened.rate[0, 4000] = np.nextafter(screened.rate[0, 4000], np.inf)
    with pytest.raises(AssertionError, match="differs"):
        s.same(s.FSR, found, screened, 0, s.LINE, s.BIG_CHUNK)


@pytest.mark.parametrize("kind", s.KINDS, ids=lambda kind: kind.name)
def test_who_is_over_is_found_by_both(kind: s.Kind) -> None:
    found = s.lanes(np.random.default_rng(1), kind, s.CASES[0], 1, 2.0, s.LINE, share_held=1.03)
    assert s.screen(kind, found, s.LINE).may[0]
    assert s.as_shipped(kind, found.raw[0], s.LINE, s.BIG_CHUNK).count("over", 0.0) == 1


def test_what_is_laid_over_is_as_large_as_it_says() -> None:
    rng, n = np.random.default_rng(2), 4
    quiet, white, pink, hum = (
        s.lanes(rng, s.FSR, case, n, 60.0, s.LINE).raw[:, 5000:] / 32
        for case in (s.Case("", white=False), s.CASES[0], s.CASES[1], s.Case("", mains=True))
    )
    held = s.fsr_raw(np.array([s.HELD_SHARE * s.LINE]), np.zeros(1), None)[0] / 32
    assert white.mean() == pytest.approx(held, abs=0.05)
    assert np.median(quiet) == pytest.approx(held, abs=4)  # it drifts by 1 %
    assert white.std() == pytest.approx(np.sqrt((s.FSR_NOISE_COUNTS**2 + 1 / 12) / 32), rel=0.02)
    # Equal to the white noise at PINK_HZ, ten times its power at a tenth of that.
    power = np.abs(np.fft.rfft(pink - pink.mean(axis=1, keepdims=True))) ** 2
    hz = np.fft.rfftfreq(pink.shape[1], s.FSR.sample_us / 1e6)
    white_power = pink.shape[1] * white.var()
    for at, times in ((10.0, 2.0), (1.0, 11.0)):
        assert power[:, (hz > 0.8 * at) & (hz < 1.25 * at)].mean() / white_power == pytest.approx(times, rel=0.2)
    block = abs(np.exp(2j * np.pi * 50 * 104e-6 * np.arange(32)).mean())
    assert hum.std() == pytest.approx(15 * block / np.sqrt(2), rel=0.1)
