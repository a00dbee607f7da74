"""The ball's physics against the figures that it is meant to follow, and against the table when it is switched off."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sixten.ball.mechanics import (
    AMBIENT_KPA,
    CREEP_PER_DECADE,
    FILM_CREEP_PER_DECADE,
    HYSTERESIS,
    IDEAL,
    LEAKY_PER_MIN,
    REAL,
    ROOM_C,
    SURFACE_K,
    Ball,
    Mechanics,
    Physics,
)


def hold(ball: Ball, force_n: float, from_s: float, to_s: float, step_s: float = 0.1) -> list[float]:
    """Gauge pressure every ``step_s`` with the force on the ball all the time."""
    n = round((to_s - from_s) / step_s)
    return [ball.at(from_s + i * step_s, force_n).gauge_kpa for i in range(n + 1)]


@given(st.lists(st.tuples(st.floats(0, 2), st.floats(0, 900)), max_size=30))
def test_without_physics_it_is_the_table_to_the_last_bit(steps: list[tuple[float, float]]) -> None:
    ball, table, t_s = Ball(IDEAL), Mechanics.of(), 0.0
    for dt_s, force_n in steps:
        t_s += dt_s
        assert ball.at(t_s, force_n) == (table.gauge_kpa(force_n), AMBIENT_KPA, ROOM_C, force_n)


@given(st.floats(0, 600))
def test_force_and_pressure_are_inverse(force_n: float) -> None:
    table = Mechanics.of()
    assert table.newtons(table.gauge_kpa(force_n)) == pytest.approx(force_n, abs=1e-6)
    assert table.newtons(500.0) == math.inf


def test_the_skin_warms_the_air_as_computed() -> None:
    """0.03 K after 60 s, 2.3 K after 10 min; and it cools when nobody lies on it."""
    ball = Ball(Physics(surface_k=SURFACE_K))
    warm = [ball.at(t / 2, 150.0).air_c - ROOM_C for t in range(1201)]
    assert warm[120] == pytest.approx(0.03, abs=0.005)
    assert warm[1200] == pytest.approx(2.3, abs=0.05)
    cooling = [ball.at(600 + t, 0.0).air_c - ROOM_C for t in range(1200)]
    assert cooling[-1] < max(cooling) / 2


@pytest.mark.parametrize(("force_n", "low", "high"), [(0.0, 0.22, 0.25), (100.0, 0.10, 0.18), (400.0, 0.07, 0.12)])
def test_pressure_a_kelvin_at_constant_load(force_n: float, low: float, high: float) -> None:
    cold, warm = Ball(), Ball(Physics(forced_k=((0.0, 10.0),)))
    assert low <= (warm.at(0.0, force_n).gauge_kpa - cold.at(0.0, force_n).gauge_kpa) / 10.0 <= high


def test_creep_is_a_straight_line_in_log_time_and_ends_under_one_percent_a_minute() -> None:
    kpa = hold(Ball(Physics(creep=CREEP_PER_DECADE)), 200.0, 0.0, 300.0)
    decades = [(kpa[a] - kpa[10 * a]) / kpa[a] for a in (20, 50, 100, 300)]  # 2 to 20 s, 5 to 50, 10 to 100, 30 to 300
    # The table's slope at 200 N turns a share of force into 1.1 times that of pressure.
    assert all(d == pytest.approx(1.1 * CREEP_PER_DECADE, rel=0.25) for d in decades)
    assert 0 < (kpa[600] - kpa[1200]) / kpa[600] < 0.01


def test_after_creep_the_empty_ball_reads_nothing_after_a_leak_it_reads_below_its_zero() -> None:
    """The difference by which a leak is told from creep."""
    for physics, unloaded in ((Physics(creep=CREEP_PER_DECADE), 0.0), (Physics(leak_per_min=LEAKY_PER_MIN), -1.0)):
        ball = Ball(physics)
        kpa = hold(ball, 200.0, 0.0, 60.0)
        assert kpa[-1] < 0.99 * kpa[0]
        assert ball.at(60.1, 0.0).gauge_kpa == (0.0 if not unloaded else pytest.approx(unloaded, abs=0.5))


def test_a_leaky_ball_fails_the_acceptance() -> None:
    """More than 1 % a minute under 200 N, after the first minute."""
    kpa = hold(Ball(replace(REAL, leak_per_min=LEAKY_PER_MIN, surface_k=0.0)), 200.0, 0.0, 120.0)
    assert (kpa[600] - kpa[1200]) / kpa[600] > 0.01


def test_the_loop_is_three_percent_either_way() -> None:
    ball, table = Ball(Physics(hysteresis=HYSTERESIS)), Mechanics.of()
    up = {n: ball.at(float(n), float(n)).gauge_kpa for n in range(401)}
    down = {n: ball.at(800.0 - n, float(n)).gauge_kpa for n in range(400, -1, -1)}
    for n in (50, 150, 300):
        assert up[n] == pytest.approx(0.97 * table.gauge_kpa(n))
        assert down[n] == pytest.approx(1.03 * table.gauge_kpa(n))


def test_a_small_turn_stays_inside_the_loop() -> None:
    ball, table = Ball(Physics(hysteresis=HYSTERESIS)), Mechanics.of()
    ball.at(0.0, 200.0)
    assert ball.at(1.0, 195.0).gauge_kpa < 1.0 * table.gauge_kpa(195.0)


@settings(max_examples=30)
@given(st.integers(1, 40), st.floats(10, 500))
def test_the_path_counts_and_not_how_finely_it_is_asked_for(pieces: int, force_n: float) -> None:
    fine, coarse = Ball(Physics(hysteresis=HYSTERESIS)), Ball(Physics(hysteresis=HYSTERESIS))
    coarse.at(0.0, 0.0)
    for i in range(pieces + 1):
        last = fine.at(i / pieces, force_n * i / pieces)
    assert last.gauge_kpa == pytest.approx(coarse.at(1.0, force_n).gauge_kpa)


def test_the_film_creeps_upwards_and_forgets_when_empty() -> None:
    ball = Ball(Physics(film_creep=FILM_CREEP_PER_DECADE))
    film = [ball.at(i / 10, 200.0).film_n for i in range(1001)]
    assert (film[1000] - film[100]) / 200.0 == pytest.approx(FILM_CREEP_PER_DECADE, rel=0.2)
    assert ball.at(100.1, 0.0).film_n == 0.0


def test_the_puck_carries_its_share() -> None:
    assert Ball(Physics(puck_share=0.7)).at(0.0, 200.0).film_n == pytest.approx(140.0)


def test_weather_moves_the_ambient_and_not_the_gauge() -> None:
    ball = Ball(Physics(weather_kpa_h=-0.1))
    first, last = ball.at(0.0, 150.0), ball.at(3600.0, 150.0)
    assert last.gauge_kpa == first.gauge_kpa
    assert last.absolute_kpa == pytest.approx(first.absolute_kpa - 0.1)


def test_time_does_not_go_back_and_a_sensor_at_its_end_leaves_no_trace() -> None:
    ball, other = Ball(REAL), Ball(REAL)
    for b in (ball, other):
        b.at(0.0, 100.0)
    assert ball.at(1.0, math.inf).gauge_kpa == math.inf
    assert ball.at(2.0, 100.0) == pytest.approx((other.at(1.0, 100.0), other.at(2.0, 100.0))[1])
    with pytest.raises(ValueError, match="went back"):
        ball.at(1.9, 100.0)
