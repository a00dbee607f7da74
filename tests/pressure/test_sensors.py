"""Converters against the data sheets' own examples, and what the readings make of a barometric ball."""

from __future__ import annotations

from math import isnan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sixten.ball.messages import Event, Hello, Info, Samples
from sixten.pressure.readings import Reading, Readings
from sixten.pressure.sensors import Lps28dfw, Ms5837, ms5837_crc, ms5837_temperature

C30BA = [0, 34982, 36352, 20328, 22354, 26646, 26146]  # the worked example of TE's data sheet
PROM = [0x9340, 0x88A6, 0x8E00, 0x4F68, 0x5752, 0x6816, 0x6622]  # the same words with an id and their checksum
PROM_HEX = "".join(f"{w:04x}" for w in PROM)


def decapascals(d1: int, d2: int) -> int:
    temperature, offset, sensitivity = ms5837_temperature(C30BA, d2)
    return (d1 * sensitivity >> 21) - offset >> 13


@pytest.mark.parametrize(
    ("raw", "kpa"), [(0x1FAA00, 101.325), (0x2EE000, 150.0), (0x3E8000, 200.0), (0x7EE000, 406.0), (0x3FF58D, 204.67), (0x7FFFFF, 409.6)]
)
def test_lps28dfw_vectors(raw: int, kpa: float) -> None:
    assert Lps28dfw().convert((raw,))[0] == pytest.approx(kpa, abs=0.005)


def test_lps28dfw_is_saturated_at_98_percent() -> None:
    assert Lps28dfw().convert((Lps28dfw.saturated_raw,))[0] == pytest.approx(0.98 * 406, abs=0.001)


@pytest.mark.parametrize(
    ("d1", "d2", "temperature", "pressure"),
    [(4958179, 6815414, 1981, 39998), (4400000, 7300000, None, 2311), (4958179, 5600000, None, 38066), (4958179, 6821376, 2000, 40007)],
)
def test_ms5837_worked_examples(d1: int, d2: int, temperature: int | None, pressure: int) -> None:
    """The data sheet's own, and three more through the hot, the cold and the very cold branch (first-order TEMP 3488 and -2327)."""
    assert decapascals(d1, d2) == pressure
    if temperature is not None:
        assert ms5837_temperature(C30BA, d2)[0] == temperature


def test_ms5837_first_order_of_the_worked_example() -> None:
    """At dT = 0 there is no second order, and at the example's -5962 it is OFFi 541, SENSi 225 on OFF 2381323464, SENS 1145816755."""
    assert ms5837_temperature(C30BA, 6815414) == (1981, 2381323464 - 541, 1145816755 - 225)


def test_ms5837_prom_checksum() -> None:
    assert ms5837_crc(PROM) == PROM[0] >> 12
    assert ms5837_crc([0x52A0, 46372, 43981, 29059, 27842, 31553, 28165]) == 5
    for bit in range(16 * 7):
        broken = list(PROM)
        broken[bit // 16] ^= 1 << bit % 16
        assert ms5837_crc(broken) != broken[0] >> 12


@pytest.mark.parametrize("prom", ["", "93", "0" * 27, "1" + "0" * 27, PROM_HEX[:-1] + "3", "x" * 28])
def test_a_damaged_prom_is_refused(prom: str) -> None:
    with pytest.raises(ValueError):
        Ms5837(prom)


def test_nothing_is_known_before_the_first_temperature() -> None:
    sensor = Ms5837(PROM_HEX)
    assert np.isnan(sensor.convert((4958179,))).all()
    got = sensor.convert((4958179, 4958179, 4958179), ((1, 6815414), (2, 6821376)))
    assert isnan(got[0])
    assert got[1:].tolist() == [399.98, 400.07]
    assert sensor.convert((4958179,))[0] == 400.07  # and it holds


@settings(max_examples=60)
@given(st.lists(st.integers(0, 2**24 - 1), min_size=2, max_size=30), st.integers(5_600_000, 8_000_000))
def test_more_counts_are_never_less_pressure(raw: list[int], d2: int) -> None:
    for sensor, extra in ((Lps28dfw(), ()), (Ms5837(PROM_HEX), ((0, d2),))):
        values = sensor.convert(tuple(sorted(raw)), extra)
        assert (np.diff(values) >= 0).all()


def greeting(sensor: str, rate_mhz: int, **more: str) -> list[Event]:
    pairs = {"sensor": sensor, "rate_mhz": str(rate_mhz), **more}
    return [Hello(1, 1, "0.2.0", "uno", "0000beef", 1, "power"), *(Info(k, v) for k, v in pairs.items()), Info("end", str(len(pairs)))]


def lps_raw(kpa: float) -> int:
    return round(kpa * 10 * 2048)


def lps_block(kpa: list[float], seq: int) -> Samples:
    n = len(kpa)
    return Samples(seq % 65536, tuple(5000 * (seq + i + 1) for i in range(n)), (0,) * n, tuple(map(lps_raw, kpa)), ((0, 2150),))


def read(events: list[Event]) -> list[Reading]:
    r = Readings()
    return [o for e in events for o in r.feed(e) if isinstance(o, Reading)]


def test_a_barometric_ball_is_zeroed_at_any_altitude_and_reads_gauge_pressure() -> None:
    for air_kpa in (101.3, 79.5):
        out = read([*greeting("lps28dfw", 200_000), lps_block([air_kpa] * 1200, 0), lps_block([air_kpa + 38.0] * 60, 1200)])
        assert out[-1].zeroed
        assert out[-1].unit == "kPa"
        assert out[-1].gauge_kpa == pytest.approx(38.0, abs=0.01)


def test_a_loaded_ball_is_not_zeroed() -> None:
    out = read([*greeting("lps28dfw", 200_000), lps_block([101.3 + 25.0] * 1500, 0)])
    assert not out[-1].zeroed


def test_a_barometer_decides_on_two_samples() -> None:
    out = read([*greeting("lps28dfw", 200_000), lps_block([101.3] * 1200, 0), lps_block([131.3] * 3, 1200)])
    assert [round(o.gauge_kpa, 1) for o in out[-3:]] == [15.0, 30.0, 30.0]


def test_ms5837_readings_wait_for_the_temperature_and_then_read_gauge_pressure() -> None:
    d1 = 2_000_000
    sensor = Ms5837(PROM_HEX)
    d2 = 6_821_376
    d1 = next(d for d in range(3_400_000, 5_000_000, 50) if sensor.convert((d,), ((0, d2),))[0] >= 101.3)
    n = 1000
    block = Samples(0, tuple(6240 * (i + 1) for i in range(n)), (0,) * n, (d1,) * n, ((3, d2), (19, d2)))
    out = read([*greeting("ms5837", 160_256, prom=PROM_HEX), block])
    assert [o.quality for o in out[:3]] == ["suspect"] * 3
    assert out[-1].quality == "ok"
    assert out[-1].zeroed
    assert out[-1].gauge_kpa == pytest.approx(0.0, abs=1e-6)
