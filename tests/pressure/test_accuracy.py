"""The accuracy benchmark measures what it says it does, and the figures that the program promises hold in it.

A few seeds here; `make bench-accuracy` has the many.
"""

from __future__ import annotations

import numpy as np
import pytest

from bench import accuracy as a
from sixten.ball.mechanics import IDEAL, Ball
from sixten.pressure.newtons import Point


@pytest.mark.parametrize("sensor", sorted(a.SENSOR_ERROR))
def test_the_shown_pressure_is_the_true_one(sensor: str) -> None:
    """Zero taken at the start; creep, movement, an hour of weather, 0 to 10 K of warming; 95 % within 0.5 kPa or 2 %."""
    one = a.joined([a.session(sensor, warm_k, 0) for warm_k in a.WARM_K])
    assert one.blank == 0
    assert len(one.true) > 10_000
    assert a.within(one.true, one.shown).mean() >= 0.95
    assert a.within(one.true, one.fast).mean() >= 0.99
    still = one.speed < 1.0
    assert np.percentile(np.abs(one.shown - one.true)[still], 95) < 0.5


def test_a_worse_sensor_is_seen_as_worse() -> None:
    """With errors of twenty times what is assumed the same measure fails, so it can fail."""
    bad = a.session("ms5837", 10.0, 0, 20.0)
    assert a.within(bad.true, bad.shown).mean() < 0.5


def test_newtons_on_a_flat_board() -> None:
    """Six loads up and three down, read on a bathroom scale: within 10 N or 7 % of the force, 95 in 100 times."""
    found = a.newtons(a.fitted, 6, 120)
    assert found.refused == 0
    assert not np.isnan(found.error_n).any()
    assert found.share_within >= 0.95


def test_what_it_is_compared_with_is_worse() -> None:
    ours = a.newtons(a.fitted, 6, 40).share_within
    for method, points in ((a.rising_only, 3), (a.rising_only, 6), (lambda c: a.polynomial(c, 1), 6), (lambda c: a.polynomial(c, 2), 6)):
        assert a.newtons(method, points, 40).share_within < ours - 0.03


def test_a_perfect_ball_and_scale_leave_the_curve_alone() -> None:
    """Without any error a curve through six points of the table is within 5 N of it."""
    ball = Ball(IDEAL)
    _, kpa = a.press(ball, 0.0, [(n, 5.0, 15.0) for n in (*[9.81 * kg for kg in a.UP_KG[6]], *a.TEST_N)])
    up = [Point(p, 9.81 * kg, True) for p, kg in zip(kpa, a.UP_KG[6], strict=False)]
    curve = a.fitted(a.Calibration(up, [], []))
    assert all(curve(p) == pytest.approx(n, abs=5.0) for n, p in zip(a.TEST_N, kpa[6:], strict=True))


def test_the_budget_is_the_physics() -> None:
    rows = dict(a.budget())
    assert all(-0.04 < n / force_n < 0 for (_, n), force_n in zip(rows["creep, 60 s under load"], a.BUDGET_N, strict=True))
    for (up, _), (down, _) in zip(rows["hysteresis, on the way up"], rows["hysteresis, on the way down"], strict=True):
        assert up == pytest.approx(-down)
    assert [kpa for kpa, _ in rows["10 K warmer"]] == sorted((kpa for kpa, _ in rows["10 K warmer"]), reverse=True)
