"""Shares, quantiles and root mean squares, each printed with its 95 % interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Share:
    hits: int
    n: int

    def __str__(self) -> str:
        """With Wilson's interval."""
        z, n = 1.96, max(self.n, 1)
        p = self.hits / n
        middle, half = p + z * z / (2 * n), z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        low, high = ((middle + sign * half) / (1 + z * z / n) for sign in (-1, 1))
        return f"{100 * p:5.2f} % [{100 * max(low, 0.0):.2f}-{100 * high:.2f}]"


def share(hit: Array | Sequence[bool]) -> Share:
    return Share(int(np.sum(hit)), len(hit))


def quantile(values: Array | Sequence[float], at: float = 0.5) -> str:
    """With the interval of order statistics."""
    values = np.sort(np.asarray(values))
    n, half = len(values), 1.96 * np.sqrt(at * (1 - at) * len(values))
    low, high = values[max(int(at * n - half), 0)], values[min(int(np.ceil(at * n + half)), n - 1)]
    return f"{np.quantile(values, at):.3f} [{low:.3f}-{high:.3f}]"


def root_mean_square(e: Array) -> str:
    """With an interval from 400 resamplings."""
    rng = np.random.default_rng(1)
    again = [np.sqrt(np.square(rng.choice(e, len(e))).mean()) for _ in range(400)]
    low, high = np.quantile(again, (0.025, 0.975))
    return f"{100 * np.sqrt(np.square(e).mean()):.1f} % [{100 * low:.1f}-{100 * high:.1f}]"
