"""The flat-board curve: through what was measured, never beyond it, and refused in words when it makes no sense."""

from __future__ import annotations

from math import inf, isnan, nan
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sixten.ball.mechanics import Mechanics
from sixten.pressure.newtons import FALL_N, FEWEST_RISING, BadPoints, FlatBoard, Point, fit

LOADS_N = [9.81 * kg for kg in (5, 10, 15, 22, 32, 45)]
BALL = Mechanics.of()
UP = [Point(BALL.gauge_kpa(n), n, True) for n in LOADS_N]


@st.composite
def rising(draw: st.DrawFn) -> list[Point]:
    """Points of some soft ball: 2 to 30 N for each kPa, 10 N or more apart."""
    slopes = draw(st.lists(st.floats(2.0, 30.0), min_size=FEWEST_RISING, max_size=12))
    steps = draw(st.lists(st.floats(10.0, 90.0), min_size=len(slopes), max_size=len(slopes)))
    kpa = np.cumsum([n / s for n, s in zip(steps, slopes, strict=True)])
    return [Point(float(p), float(f), True) for p, f in zip(kpa, np.cumsum(steps), strict=True)]


@given(rising())
def test_it_passes_through_the_points_and_the_tare(points: list[Point]) -> None:
    board = fit(points, "kPa")
    assert board.newtons(0.0) == 0.0
    for p in points:
        assert board.newtons(p.kpa) == pytest.approx(p.force_n)
    assert (board.lowest_kpa, board.highest_kpa) == (points[0].kpa, points[-1].kpa)


@given(rising())
def test_it_never_falls(points: list[Point]) -> None:
    board = fit(points, "kPa")
    assert (np.diff(board.curve_n(np.linspace(0.0, board.highest_kpa, 2000))) >= -1e-9).all()


@given(rising(), st.floats(1e-9, 1e3))
def test_it_says_nothing_about_what_was_not_measured(points: list[Point], beyond: float) -> None:
    board = fit(points, "kPa")
    for kpa in (board.highest_kpa + max(beyond, 1e-9 * board.highest_kpa), -beyond, nan, inf, -inf):
        assert isnan(board.newtons(kpa))


@given(rising(), st.integers())
def test_the_order_of_the_points_does_not_matter(points: list[Point], seed: int) -> None:
    mixed = [*points, Point(points[2].kpa, points[2].force_n * 0.96, False)]
    Random(seed).shuffle(mixed)
    a, b = fit([*points, Point(points[2].kpa, points[2].force_n * 0.96, False)], "kPa"), fit(mixed, "kPa")
    assert a == b
    kpa = np.linspace(0.0, a.highest_kpa, 50)
    assert (a.curve_n(kpa) == b.curve_n(kpa)).all()


@given(rising(), st.floats(-9.0, 9.0), st.integers(0, 3))
def test_noise_of_a_scale_is_averaged_and_never_makes_the_curve_fall(points: list[Point], error_n: float, at: int) -> None:
    near = Point(points[at].kpa + 0.2, points[at].force_n + error_n, True)
    try:
        board = fit([*points, near], "kPa")
    except BadPoints as refusal:  # averaging may leave too few
        assert "tell loads apart" in str(refusal)
        return
    assert (np.diff(board.curve_n(np.linspace(0.0, board.highest_kpa, 2000))) >= -1e-9).all()


def test_scalar_and_array_agree() -> None:
    board = fit(UP, "kPa")
    kpa = np.array([[0.0, 3.0], [48.7, 500.0]])
    assert board.curve_n(kpa).shape == kpa.shape
    assert [board.newtons(k) for k in kpa.flat[:3]] == board.curve_n(kpa).flat[:3].tolist()


def test_the_computed_ball_between_its_points() -> None:
    """Six points of the 65/8 ball without any error: what the curve alone gets wrong, most of it below the first point."""
    board = fit(UP, "kPa")
    for n in range(10, 440, 10):
        assert board.newtons(BALL.gauge_kpa(n)) == pytest.approx(n, abs=8.0 if n < LOADS_N[0] else 5.0)


def test_a_residual_is_a_point_minus_the_curve_without_it() -> None:
    clean = fit(UP, "kPa")
    wrong = fit([p._replace(force_n=p.force_n + 12.0) if i == 2 else p for i, p in enumerate(UP)], "kPa")
    assert len(clean.residuals_n) == len(UP) - 1  # not the last: without it there is nothing to compare with
    assert wrong.residuals_n[2] - clean.residuals_n[2] == pytest.approx(12.0)
    assert clean.residuals_n[2] == pytest.approx(UP[2].force_n - fit([*UP[:2], *UP[3:]], "kPa").newtons(UP[2].kpa))


def test_hysteresis_is_the_largest_gap_between_up_and_down() -> None:
    board = fit([*UP, Point(UP[3].kpa, UP[3].force_n - 9.0, False), Point(UP[1].kpa, UP[1].force_n - 4.0, False)], "kPa")
    assert board.hysteresis_n == pytest.approx(9.0)
    assert fit(UP, "kPa").hysteresis_n == 0.0


@given(rising(), st.floats(-0.2, 0.2))
def test_with_falling_points_the_curve_lies_midway(points: list[Point], loop: float) -> None:
    board = fit([*points, *(Point(p.kpa, p.force_n * (1 - loop), False) for p in points[1:4])], "kPa")
    for p in points:
        assert board.newtons(p.kpa) == pytest.approx(p.force_n * (1 - loop / 2))


def test_calibrations_compare_by_what_was_measured() -> None:
    assert fit(UP, "kPa") == fit(UP[::-1], "kPa")
    assert fit(UP, "kPa") != fit(UP, "rel.")
    assert isinstance(fit(UP, "kPa"), FlatBoard)


@pytest.mark.parametrize(
    ("points", "words"),
    [
        ([], "0 points with rising load are too few"),
        (UP[:2], "2 points .* at least 5"),
        ([*UP[:4], *(p._replace(rising=False) for p in UP[4:])], "4 points"),
        ([*UP, UP[2]], "is there twice; leave one"),
        ([*UP, Point(-1.0, 50.0, True)], "not above zero"),
        ([*UP, Point(5.0, 0.0, True)], "not above zero"),
        ([*UP, Point(nan, 50.0, True)], "not made of numbers"),
        ([*UP, Point(5.0, inf, True)], "not made of numbers"),
        ([*UP, Point(200.0, 121 * 9.81, True)], "more than 120 kg"),
        ([*UP, Point(90.0, 45.0, True)], "0.5 N for each kPa.*check the unit"),
        ([*UP, Point(0.5, 147.0, True)], "294 N for each kPa"),
        ([*UP, Point(UP[3].kpa + 1.0, UP[3].force_n - FALL_N - 1.0, True)], "the force falls although the pressure rises"),
        ([*UP, Point(UP[-1].kpa + 5.0, UP[-1].force_n, False)], "lies above the highest rising one"),
        ([*UP, *(p._replace(force_n=0.7 * p.force_n, rising=False) for p in UP[:3])], "differ by 30 %"),
        ([Point(40.0 + i / 10, 150.0 - i, True) for i in range(6)], "Only 1 of the rising points"),
    ],
)
def test_bad_points_are_refused_in_words(points: list[Point], words: str) -> None:
    with pytest.raises(BadPoints, match=words) as refusal:
        fit(points, "kPa")
    assert str(refusal.value).endswith(".")
