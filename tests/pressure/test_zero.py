"""When a zero is taken, refused, offered; flat lines; and what is remembered of a ball."""

from __future__ import annotations

import random
from math import isnan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signals import GREETING, SAMPLE_US, raw_of, samples, seconds
from sixten.ball.messages import Event, FlatBoardPoints, Hello, Info, LastZero, Mark, Remembered, Samples
from sixten.pressure.readings import Gap, Reading, Readings
from sixten.pressure.sensors import FSR_ZERO_REL, NEWTONS_PER_REL
from sixten.pressure.zero import ZeroNews

LPS: list[Event] = [
    Hello(1, 1, "0.2.0", "uno", "0000beef", 1, "power"), Info("sensor", "lps28dfw"), Info("rate_mhz", "200000"), Info("end", "2"),
]  # fmt: skip
FSR_KEY = "fsr/32/10000/32736"
AIR = 101.3
POINTS = tuple((kg * 9.81 / 5, kg * 9.81, True) for kg in (5, 10, 15, 22, 32, 45))  # 5 N a unit, where 4.09 would be nominal


class Lps:
    """An LPS28DFW ball: say what it is under, second by second, and look at what comes."""

    def __init__(self, *between: Event, noise_pa: float = 1.0, wander: int = 0) -> None:
        self.readings = Readings()
        self.outs: list[Reading | Gap | ZeroNews] = []
        self.events: list[Event] = []
        self._noise = random.Random(1)
        self._noise_pa = noise_pa
        self._wander = wander  # of the temperature, from one to the next, in 0.01 degC
        self._n = 0
        self.give(LPS[0], *between, *LPS[1:])

    def give(self, *events: Event) -> Lps:
        self.events += events
        for e in events:
            self.outs += self.readings.feed(e)
        return self

    def feel(self, kpa: float, s: float, to_kpa: float | None = None, celsius: float = 21.0, noise_pa: float | None = None) -> Lps:
        n = round(200 * s)
        sigma = self._noise_pa if noise_pa is None else noise_pa
        end = kpa if to_kpa is None else to_kpa
        raw = [round((kpa + (end - kpa) * i / n) * 20480 + (self._noise.gauss(0, sigma * 20.48) if sigma else 0)) for i in range(n)]
        t_us = tuple(5000 * (self._n + i + 1) for i in range(n))
        extra = tuple((i, round(celsius * 100) + self._wander * ((self._n + i) // 40 % 9)) for i in range(n) if (self._n + i) % 40 == 0)
        block = Samples(self._n % 65536, t_us, (0,) * n, tuple(raw), extra)
        self._n += n
        return self.give(block)

    def press(self, kind: str) -> Lps:
        return self.give(Mark(5000 * self._n, kind))

    @property
    def last(self) -> Reading:
        return next(o for o in reversed(self.outs) if isinstance(o, Reading))

    @property
    def news(self) -> list[str]:
        return [o.kind for o in self.outs if isinstance(o, ZeroNews)]


def knows(zero_kpa: float, sensor: str = "lps28dfw", calibration_id: str = "") -> Remembered:
    return Remembered("0000beef", LastZero(sensor, calibration_id, zero_kpa, 21.0))


def test_within_3_kpa_of_the_last_zero_it_takes_itself() -> None:
    ball = Lps(knows(AIR - 2.9)).feel(AIR, 6)
    assert ball.news == ["taken"]
    assert ball.last.zeroed
    assert ball.readings.zero_kpa == pytest.approx(AIR, abs=0.001)
    assert ball.readings.last_zero == LastZero("lps28dfw", "", ball.readings.zero_kpa or 0, 21.0)


@pytest.mark.parametrize("off_kpa", [3.1, -3.1, 6.0])
def test_further_off_it_asks_until_nothing_touches_the_ball(off_kpa: float) -> None:
    ball = Lps(knows(AIR - off_kpa)).feel(AIR, 8)
    assert ball.news == ["differs"]
    assert not ball.last.zeroed
    ball.press("untouched").feel(AIR, 1)
    assert ball.news == ["differs", "taken"]
    assert ball.last.gauge_kpa == pytest.approx(0.0, abs=0.01)


def test_an_answer_does_not_hold_for_ever() -> None:
    ball = Lps(knows(AIR - 4)).feel(AIR, 1).press("untouched").feel(AIR, 32, to_kpa=AIR + 9).feel(AIR, 8)
    assert "taken" not in ball.news


def test_no_answer_makes_a_zero_of_what_no_empty_ball_reads() -> None:
    ball = Lps(knows(AIR)).feel(AIR + 20, 1).press("untouched").feel(AIR + 20, 8)
    assert ball.news == ["outside"]
    assert not ball.last.zeroed


def test_the_zero_of_another_sensor_or_unit_or_ball_says_nothing() -> None:
    for kept in (
        knows(50.0, "ms5837/00"),
        knows(50.0, calibration_id="12345678"),
        Remembered("0000cafe", LastZero("lps28dfw", "", 50, 21)),
    ):
        assert Lps(kept).feel(AIR, 6).news == ["taken"]


def test_a_moving_ball_says_so() -> None:
    ball = Lps()
    for _ in range(8):
        ball.feel(AIR, 0.5, AIR + 0.4).feel(AIR + 0.4, 0.5, AIR)
    assert ball.news == ["moving"]


def test_drift_alone_is_refused() -> None:
    assert "taken" not in Lps().feel(AIR, 8, AIR + 8 * 0.06).news
    assert "taken" in Lps().feel(AIR, 8, AIR + 8 * 0.02).news


def test_a_new_zero_is_taken_only_when_asked_for() -> None:
    ball = Lps().feel(AIR, 6).feel(AIR + 1, 8)
    assert ball.news[0] == "taken"
    assert set(ball.news[1:]) == {"rest"}
    assert ball.last.gauge_kpa == pytest.approx(1.0, abs=0.01)
    ball.press("zero").feel(AIR + 1, 1)
    assert ball.news[-1] == "taken"
    assert ball.last.gauge_kpa == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("load_kpa", [2.1, 5.0, 40.0])
def test_never_under_load_whatever_is_confirmed(load_kpa: float) -> None:
    ball = Lps().feel(AIR, 6).feel(AIR + load_kpa, 6).press("zero").press("untouched").feel(AIR + load_kpa, 20)
    assert ball.news.count("taken") == 1
    assert ball.news[-1] == "outside"
    assert ball.last.gauge_kpa == pytest.approx(load_kpa, abs=0.01)


def test_far_below_the_zero_it_asks() -> None:
    ball = Lps().feel(AIR, 6).feel(AIR - 3.5, 6).press("zero").feel(AIR - 3.5, 1)
    assert [o.asked for o in ball.outs if isinstance(o, ZeroNews) and o.kind == "differs"] == [True]
    ball.press("untouched").feel(AIR - 3.5, 1)
    assert ball.news[-1] == "taken"


def test_a_wish_without_rest_is_answered_after_8_s_and_forgotten_after_30() -> None:
    ball = Lps().feel(AIR, 6).press("zero")
    for _ in range(32):
        ball.feel(AIR, 0.5, AIR + 0.4).feel(AIR + 0.4, 0.5, AIR)
    moving = [o.t_us for o in ball.outs if isinstance(o, ZeroNews) and o.kind == "moving"]
    assert len(moving) == 1
    assert 14e6 <= moving[0] <= 14.6e6
    assert "taken" not in ball.feel(AIR + 0.1, 8).news[1:]


def test_warming_by_8_k_is_told_once_and_stands_until_it_is_over() -> None:
    ball = Lps().feel(AIR, 6).feel(AIR, 2, celsius=28.9)
    assert not ball.readings.zero.drifting
    ball.feel(AIR, 2, celsius=29.1)
    assert ball.readings.zero.drifting
    ball.feel(AIR, 2, celsius=22).feel(AIR, 2, celsius=30)
    assert ball.news.count("warm") == 1
    ball.press("zero").feel(AIR, 1, celsius=30)
    assert not ball.readings.zero.drifting


def test_missing_air_is_what_cooling_does_not_explain() -> None:
    def missing(off_kpa: float, celsius: float) -> float:
        ball = Lps().feel(AIR, 6).feel(AIR + off_kpa, 7, celsius=celsius)
        return max(o.missing_kpa for o in ball.outs if isinstance(o, ZeroNews))

    assert missing(-1.0, 21.0) == pytest.approx(1.0, abs=0.01)
    assert missing(-1.0, 17.0) == pytest.approx(0.0, abs=0.01)
    assert missing(-1.0, 25.0) == pytest.approx(1.0, abs=0.01)  # warming hides nothing and accuses nobody
    assert missing(+1.0, 21.0) == 0.0


def test_what_warming_explains_is_no_load() -> None:
    ball = Lps().feel(AIR, 6).feel(AIR + 2.5, 7, celsius=31).press("zero").feel(AIR + 2.5, 1, celsius=31)
    assert ball.news[-1] == "taken"


def test_a_replug_in_mid_load_keeps_the_zero() -> None:
    ball = Lps(knows(AIR)).feel(AIR, 6).feel(AIR + 30, 3)
    zero = ball.readings.zero_kpa
    ball.give(Hello(1, 1, "0.2.0", "uno", "0000beef", 2, "external"), knows(AIR - 20), *LPS[1:]).feel(AIR + 30, 8)
    assert ball.readings.zero_kpa == zero
    assert ball.last.zeroed
    assert ball.last.gauge_kpa == pytest.approx(30.0, abs=0.01)


def test_another_ball_or_another_sensor_begins_anew() -> None:
    ball = Lps().feel(AIR, 6)
    ball.give(Hello(1, 1, "0.2.0", "uno", "0000cafe", 1, "power"), *LPS[1:]).feel(AIR + 30, 2)
    assert not ball.last.zeroed
    ball = Lps().feel(AIR, 6)
    ball.give(LPS[0], *GREETING[1:], samples([0.0] * 100, t_us=10**8))
    assert not ball.last.zeroed
    assert ball.last.unit == "rel."


# --- flat lines -------------------------------------------------------------------------------------------------------------------


def test_a_barometer_that_stops_being_noisy_is_suspect_then_stale_then_back() -> None:
    ball = Lps().feel(AIR, 6).feel(AIR + 20, 3)
    n = len(ball.outs)
    ball.feel(AIR + 20, 2.0, noise_pa=0)
    flat = [o for o in ball.outs[n:] if isinstance(o, Reading)]
    assert [q for q, before in zip([o.quality for o in flat], ["ok", *[o.quality for o in flat]], strict=False) if q != before] == [
        "suspect",
        "stale",
    ]
    assert flat.index(next(o for o in flat if o.quality == "suspect")) == 99  # the hundredth equal one
    assert all(isnan(o.gauge_kpa) for o in flat[99:])
    assert ball.feel(AIR + 20, 1).last.quality == "ok"


def test_a_sensor_that_was_never_noisy_is_a_quiet_one_or_a_simulated_one() -> None:
    ball = Lps(noise_pa=0).feel(AIR, 8).feel(AIR, 3, AIR + 30).feel(AIR + 30, 60)
    assert {o.quality for o in ball.outs[10:] if isinstance(o, Reading)} == {"ok"}


def fsr(noise: list[float]) -> list[Reading]:
    r, rng = Readings(), random.Random(2)
    events: list[Event] = [*GREETING]
    for i, rel in enumerate(noise):
        raw = raw_of(rel) + (round(rng.gauss(0, 2.3)) if i < seconds(10) else 0)
        events.append(Samples(i % 65536, ((i + 1) * SAMPLE_US,), (0,), (raw,)))
    return [o for e in events for o in r.feed(e) if isinstance(o, Reading)]


def test_an_fsr_may_be_quiet_at_rest_but_not_under_a_person() -> None:
    """The converter of a quiet board can give one number for a minute; breathing under load never does."""
    assert fsr([0.0] * seconds(40))[-1].quality == "ok"
    loaded = fsr([0.0] * seconds(8) + [20.0] * seconds(14))
    assert loaded[seconds(19.9)].quality == "ok"
    assert loaded[-1].quality == "stale"
    breathing = [20 + 0.4 * ((i // seconds(1.5)) % 2) for i in range(seconds(20))]
    assert fsr([0.0] * seconds(8) + breathing)[-1].quality == "ok"


@pytest.mark.parametrize("sigma_pa", [0.6, 3.8])
def test_a_real_barometer_at_rest_never_trips(sigma_pa: float) -> None:
    """The least noise that the data sheet gives an LPS28DFW, and what it has as this firmware sets it: ten minutes."""
    ball = Lps(noise_pa=sigma_pa)
    for _ in range(60):
        ball.feel(AIR, 10)
    assert {o.quality for o in ball.outs[10:] if isinstance(o, Reading)} == {"ok"}


# --- the chunking does not matter -------------------------------------------------------------------------------------------------


@settings(max_examples=6)
@given(
    cuts=st.lists(st.integers(1, 5999), max_size=40),
    marks=st.lists(st.tuples(st.integers(1, 5999), st.sampled_from(["zero", "untouched"]))),
)
def test_zeros_temperatures_and_flat_lines_fall_on_the_same_sample_however_it_is_cut(cuts: list[int], marks: list[tuple[int, str]]) -> None:
    ball = Lps(knows(AIR + 4), wander=3)
    ball.feel(AIR, 7).feel(AIR, 6, celsius=30).feel(AIR - 1, 7, celsius=12).feel(AIR - 1, 1, noise_pa=0).feel(AIR - 1, 1).feel(AIR, 8)
    blocks = [e for e in ball.events if isinstance(e, Samples)]
    at = {i: kind for i, kind in marks}

    def run(edges: set[int]) -> str:
        r, out, n = Readings(), [], 0
        for e in (LPS[0], knows(AIR + 4), *LPS[1:]):
            r.feed(e)
        for b in blocks:
            inner = sorted({0, len(b.raw), *(x - n for x in edges if n < x < n + len(b.raw))})
            for lo, hi in zip(inner, inner[1:], strict=False):
                if n + lo in at:
                    out += r.feed(Mark(b.t_us[lo] - 1, at[n + lo]))
                extra = tuple((i - lo, x) for i, x in b.extra if lo <= i < hi)
                out += r.feed(Samples((b.seq + lo) % 65536, b.t_us[lo:hi], b.flags[lo:hi], b.raw[lo:hi], extra))
            n += len(b.raw)
        return repr(out)

    assert run(set(at)) == run(set(at) | set(cuts)) == run(set(range(6000)))


# --- the flat-board calibration ---------------------------------------------------------------------------------------------------


def calibrated(points: tuple[tuple[float, float, bool], ...] = POINTS, zero: float = FSR_ZERO_REL, sensor: str = FSR_KEY) -> Readings:
    r = Readings()
    for e in (GREETING[0], Remembered("0000beef", None, FlatBoardPoints(sensor, "rel.", zero, points)), *GREETING[1:]):
        r.feed(e)
    return r


def test_a_calibrated_fsr_ball_reads_the_pressure_that_the_air_ball_would_have_at_that_force() -> None:
    r = calibrated()
    assert r.unit == "kPa eq."
    assert len(r.calibration_id) == 8
    rest = samples([0.0] * seconds(6))
    out = [o for e in (rest, samples([40.0] * 400, seq=len(rest.raw))) for o in r.feed(e) if isinstance(o, Reading)]
    force_n = 40.0 * 5
    assert out[-1].gauge_kpa == pytest.approx(force_n / NEWTONS_PER_REL, rel=0.005)
    assert r.newtons(out[-1].smooth_kpa) == pytest.approx(force_n, rel=0.01)
    assert isnan(r.newtons(1.0))
    assert isnan(r.newtons(200.0))


def test_above_the_heaviest_load_it_counts_as_saturated() -> None:
    r = calibrated(POINTS[:5])
    top = POINTS[4][0]
    rest = samples([0.0] * seconds(6))
    events = (rest, samples([top - 1.0] * 60, seq=len(rest.raw)), samples([top + 1.0] * 60, seq=len(rest.raw) + 60))
    out = [o for e in events for o in r.feed(e) if isinstance(o, Reading)]
    assert out[len(rest.raw) + 59].quality == "ok"
    assert out[-1].quality == "saturated"


def test_what_does_not_belong_to_this_sensor_or_makes_no_sense_is_as_good_as_none() -> None:
    for r in (calibrated(sensor="lps28dfw"), calibrated(POINTS[:2]), calibrated(zero=9.0), calibrated(zero=float("nan"))):
        assert (r.unit, r.calibration_id) == ("rel.", "")
        assert isnan(r.newtons(20.0))


def test_a_barometric_ball_stays_in_kpa_and_has_newtons_beside() -> None:
    ball = Lps(Remembered("0000beef", None, FlatBoardPoints("lps28dfw", "kPa", AIR, POINTS))).feel(AIR, 6)
    assert (ball.readings.unit, ball.readings.calibration_id) == ("kPa", "")
    assert ball.readings.newtons(20.0) == pytest.approx(100.0)


def test_a_calibration_has_an_id_that_any_change_changes() -> None:
    a = FlatBoardPoints(FSR_KEY, "rel.", 0.82, POINTS)
    assert a.id == FlatBoardPoints(FSR_KEY, "rel.", 0.82, POINTS).id
    assert len({a.id, FlatBoardPoints(FSR_KEY, "rel.", 0.83, POINTS).id, FlatBoardPoints(FSR_KEY, "rel.", 0.82, POINTS[:5]).id}) == 3


@given(st.lists(st.integers(0, 32736), min_size=2, max_size=40))
def test_a_calibrated_converter_never_falls(raw: list[int]) -> None:
    sensor = calibrated().sensor
    assert sensor is not None
    values = sensor.convert(tuple(sorted(raw)), ())
    assert all(b >= a for a, b in zip(values, values[1:], strict=False))
