"""Flat-board newtons: what the ball reads, turned into the force with which it was pressed against a board on a bathroom scale.

Good for flat boards only: a hip wraps the ball, and the same pressure then carries more force. How good: docs/error-budget.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

# While pressing harder and harder: three points leave the 95 % error at 100 N near 20 N, five bring it to about 12 N, and more gain little
# (computed, `make bench-accuracy`).
FEWEST_RISING = 5
# The difference of two readings of a bathroom scale whose own error is 5 N (one standard deviation), three times over: a curve that
# falls by more was not read off wrongly by a little, it is a mistake.
FALL_N = 20.0
HEAVIEST_N = 120 * 9.81  # nobody puts more than this on a ball, and neither do most scales
# Between up and down, as a share of the force. A ball has some per cent (never measured); beyond this the ball moved on its board, or the
# scale held an old reading.
LOOP_MOST = 0.25
# Softest bladder to smallest cavity in solid silicone, from the tare to the point (computed, ball/ball-mechanics.csv and the like). Beyond
# either end a number was typed in the wrong unit.
N_PER_UNIT = (1.0, 100.0)


class BadPoints(ValueError):
    """These points are no calibration; the message says which point is wrong and what to do."""


class Point(NamedTuple):
    """One reading on the scale. kpa: above zero, in the ball's own unit. rising: with more load than before it."""

    kpa: float
    force_n: float
    rising: bool


@dataclass(frozen=True)
class FlatBoard:
    """A calibration on a flat board, made by ``fit``: a curve through the rising points, or, with falling ones, midway between both ways.

    Nobody knows from a pressure whether it is on its way up or down, and midway halves the error of not knowing.

    points: as measured, sorted by pressure. residuals_n: for each rising point but the last, what it is minus what the curve without it
    says; that holds the wider gap against the curve as well, so the curve itself is better.
    hysteresis_n: the largest difference, taken absolutely, between a falling point and the rising curve; 0 without any.
    """

    unit: str
    points: tuple[Point, ...]
    residuals_n: tuple[float, ...]
    hysteresis_n: float
    _curve: _Curve = field(repr=False, compare=False)

    @property
    def lowest_kpa(self) -> float:
        """The lowest rising point. Below it the curve runs straight through what was measured, down to the tare."""
        return self._curve.kpa[1]

    @property
    def highest_kpa(self) -> float:
        """The highest rising point; above it nothing is known."""
        return self._curve.kpa[-1]

    def newtons(self, kpa: float) -> float:
        """Force in N at ``kpa`` above zero; NaN below zero and above ``highest_kpa``, because nothing was measured there."""
        return float(self._curve(kpa))

    def curve_n(self, kpa: NDArray[np.float64]) -> NDArray[np.float64]:
        """The same for an array, any shape."""
        return np.asarray(self._curve(kpa))


class _Curve:
    """Monotone cubic (PCHIP: Fritsch and Butland 1984, as in scipy) through the tare and ``nodes`` of rising pressure and force."""

    def __init__(self, nodes: Sequence[tuple[float, float]]) -> None:
        self.kpa = (0.0, *(kpa for kpa, _ in nodes))
        self._cubic = PchipInterpolator(self.kpa, (0.0, *(n for _, n in nodes)), extrapolate=False)

    def __call__(self, kpa: float | NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(self._cubic(kpa))


def fit(points: Sequence[Point], unit: str) -> FlatBoard:
    """The curve through ``points`` in any order. Raises BadPoints."""
    for point in points:
        _check(point, unit)
    if len(set(points)) < len(points):
        twice = next(p for p in points if points.count(p) > 1)
        raise BadPoints(f"The point {_words(twice, unit)} is there twice; leave one of them out.")
    rising = sorted(p for p in points if p.rising)
    if len(rising) < FEWEST_RISING:
        raise BadPoints(
            f"{len(rising)} points with rising load are too few: measure at least {FEWEST_RISING}, for example 5, 10, 15, 22, 32 and 45 kg."
        )
    for low, high in zip(rising, rising[1:], strict=False):
        if low.force_n - high.force_n > FALL_N:
            raise BadPoints(
                f"From {_words(low, unit)} to {_words(high, unit)} the force falls although the pressure rises; measure both points again."
            )
    nodes = _averaged(rising)
    if len(nodes) < FEWEST_RISING:
        raise BadPoints(f"Only {len(nodes)} of the rising points tell loads apart; spread them from 5 to 45 kg and measure again.")
    up = _Curve(nodes)
    falling = sorted(p for p in points if not p.rising)
    if falling and falling[-1].kpa > nodes[-1][0]:
        raise BadPoints(
            f"The falling point {_words(falling[-1], unit)} lies above the highest rising one ({nodes[-1][0]:.1f} {unit}); leave it out, "
            "or measure a heavier load on the way up."
        )
    if falling:
        # One share for all loads: a falling point by itself is a difference of two readings of the scale, too noisy to follow one by one.
        above = up(np.array([p.kpa for p in falling]))
        below = np.array([p.force_n for p in falling])
        share = float((above - below) @ above / (above @ above))
        if abs(share) > LOOP_MOST:
            raise BadPoints(f"Up and down differ by {100 * abs(share):.0f} %; keep the ball in its place and measure again.")
        nodes = [(kpa, n * (1.0 - share / 2)) for kpa, n in nodes]
    residuals = [n - float(_Curve([*nodes[:i], *nodes[i + 1 :]])(kpa)) for i, (kpa, n) in enumerate(nodes[:-1])]
    hysteresis_n = max((abs(float(up(p.kpa)) - p.force_n) for p in falling), default=0.0)
    return FlatBoard(unit, tuple(sorted(points)), tuple(residuals), hysteresis_n, _Curve(nodes))


def _words(point: Point, unit: str) -> str:
    return f"{point.kpa:.1f} {unit} at {point.force_n / 9.81:.1f} kg"


def _check(point: Point, unit: str) -> None:
    if not (isfinite(point.kpa) and isfinite(point.force_n)):
        raise BadPoints(f"The point {point.kpa} {unit}, {point.force_n} N is not made of numbers; leave it out.")
    if point.kpa <= 0 or point.force_n <= 0:
        raise BadPoints(f"The point {_words(point, unit)} is not above zero; the empty ball is known already, so measure only with a load.")
    if point.force_n > HEAVIEST_N:
        raise BadPoints(f"The point {_words(point, unit)} is more than {HEAVIEST_N / 9.81:.0f} kg; check the unit of the scale.")
    low, high = N_PER_UNIT
    if not low <= point.force_n / point.kpa <= high:
        raise BadPoints(
            f"The point {_words(point, unit)} makes {point.force_n / point.kpa:.3g} N for each {unit}, where a ball has {low:.0f} to "
            f"{high:.0f}; check the unit of the scale and the zero of the ball."
        )


def _averaged(rising: Iterable[Point]) -> list[tuple[float, float]]:
    """(kpa, force_n) with both strictly rising: neighbours that do not are averaged (pool adjacent violators)."""
    groups: list[list[Point]] = []
    for point in rising:
        groups.append([point])
        while len(groups) > 1 and not _rises(groups[-2], groups[-1]):
            last = groups.pop()
            groups[-1] += last
    return [_mean(group) for group in groups]


def _rises(low: list[Point], high: list[Point]) -> bool:
    (p0, f0), (p1, f1) = _mean(low), _mean(high)
    return p1 - p0 > 1e-6 * p1 and f1 > f0  # closer together than any sensor tells apart, the slope between them means nothing


def _mean(group: list[Point]) -> tuple[float, float]:
    n = len(group)
    return sum(p.kpa for p in group) / n, sum(p.force_n for p in group) / n
