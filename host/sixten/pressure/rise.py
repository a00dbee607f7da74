"""How far away a line is at the present rate of rise, and how sure that is.

Two things are uncertain. The level and the rate carry what noise the filters leave. And nobody goes on rising at exactly the present
rate: breathing and slow movement bend the curve. Over a lead as short as half a second the bend is the larger of the two.
"""

from __future__ import annotations

from math import erf, hypot, inf, sqrt
from typing import NamedTuple

from sixten.pressure import filters
from sixten.pressure.sensors import Sensor

# Judged numbers, listed with the others in session/limits.py.
# How much the rate of a person who holds still changes in a second, as a share of the pressure (standard deviation): breathing of 5 %
# peak to peak at 0.25 Hz has 0.044 /s^2, slow cycles of 10 % at 7 s have 0.028; together 0.052.
BEND_SHARE_S2 = 0.05
# Standard deviation of what no table of noise holds: 1/f noise, creep, the rest of the hum. It matters for low lines only.
UNKNOWN_KPA = 0.1
SURE_RISING = 3.0  # standard deviations; a rate that is nearer to zero than this may be noise
INTERVAL = 1.645  # standard deviations either side: 90 in 100
LATEST_S = 10.0  # further ahead than this nothing can be said of a person: as good as never
_HALVINGS = 20  # of the time until the line: to a millionth of it


class Noise(NamedTuple):
    """What a sensor's noise becomes behind the filters, as standard deviations.

    sample_kpa: of one sample without load. growth_per_kpa: an FSR behind a divider grows noisier with load, as
    (1 + growth * pressure)^2. level_gain, rate_gain_s: of `fast` and of `rate` (per second), for one unit of white noise a sample.
    """

    sample_kpa: float = 0.0
    growth_per_kpa: float = 0.0
    level_gain: float = 0.0
    rate_gain_s: float = 0.0

    @classmethod
    def of(cls, sensor: Sensor, rate_hz: float) -> Noise:
        """For ``sensor`` by design at ``rate_hz`` samples a second."""
        fast, _ = filters.fast(rate_hz, sensor.mains)
        gains = filters.noise_gain(fast), filters.noise_gain(fast, filters.rate(rate_hz))
        return cls(sensor.noise_kpa, sensor.noise_growth_per_kpa, *gains)

    def sample_at(self, kpa: float) -> float:
        """Of one sample under a load of ``kpa``."""
        return self.sample_kpa * (1.0 + self.growth_per_kpa * kpa) ** 2


class Ahead(NamedTuple):
    """When the line will be reached. away_s: at the present rate. soonest_s, latest_s: 90 in 100 lie between; the latest is infinite where
    more than 5 in 100 turn before the line. chance: 0..1, that it will be within the lead that was asked for.
    """

    away_s: float
    soonest_s: float
    latest_s: float
    chance: float


def ahead(gauge_kpa: float, rate_kpa_s: float, line_kpa: float, lead_s: float, noise: Noise) -> Ahead | None:
    """Where a rise leads, or None while there is no rise beyond the noise. ``gauge_kpa`` at most ``line_kpa``.

    Gaussian: the pressure after t seconds is gauge + rate t, with the variances of level, t * rate and t^2 / 2 * bend added up (the
    slight correlation of level and rate is left out). Noise and bend are those at the line, which is where it matters. At ``soonest_s``
    5 in 100 are over the line, at ``latest_s`` 95 in 100.
    """
    sample = noise.sample_at(line_kpa)
    rate_sd = noise.rate_gain_s * sample
    if rate_kpa_s <= SURE_RISING * rate_sd:
        return None

    def spread(t_s: float) -> float:
        return hypot(UNKNOWN_KPA, noise.level_gain * sample, rate_sd * t_s, 0.5 * t_s**2 * BEND_SHARE_S2 * line_kpa)

    away_s = (line_kpa - gauge_kpa) / rate_kpa_s
    if away_s == inf:  # a rate so small that the quotient overflows
        return None
    low_s, high_s = 0.0, away_s  # soonest: rate t + INTERVAL * spread grows with t, so halving finds where it is the room left
    for _ in range(_HALVINGS):
        middle_s = 0.5 * (low_s + high_s)
        reached = gauge_kpa + rate_kpa_s * middle_s + INTERVAL * spread(middle_s) > line_kpa
        low_s, high_s = (low_s, middle_s) if reached else (middle_s, high_s)
    latest_s = away_s
    for _ in range(_HALVINGS):  # from below: it rises to the first moment at which all but 5 in 100 are over, if there is one
        if latest_s > LATEST_S:
            latest_s = inf
            break
        latest_s = away_s + INTERVAL * spread(latest_s) / rate_kpa_s
    over = (gauge_kpa + rate_kpa_s * lead_s - line_kpa) / spread(lead_s)
    return Ahead(away_s, low_s, latest_s, 0.5 * (1.0 + erf(over / sqrt(2.0))))
