"""Cramér-Rao bound on the spread of an estimate of ln(true pressure), for the people and pressures of a simulated calibration.

The curve (p6, p0 and the exponent) is unknown, without a prior. What else stands between curve and rating - lag, delay, drift, where each
trial finds the curve, habituation - has the distribution that people were drawn from, and counts as information of its own. Lapses are
left out, which makes the bound lower than what is possible.
"""

from __future__ import annotations

import numpy as np
from scipy import special, stats

from bench.people import HOLD_S, POWER, Array, People, Visit
from sixten.pain import curve
from sixten.pain.model import HOLD, Rating

KNOWN_SD = np.array([0.5, 0.4 * np.sqrt(0.5), 0.8])  # ln lag, ln delay, drift
TRIAL_SD, WANDER_SD, NOISE = 0.12, 0.03, 0.5
BREATHING = 0.035 / 2 / np.sqrt(2)  # SD of the pressure by breathing, of itself
CURVE = 3
LEAST_INFORMATION = 1e-9


def sd_of_ln(people: People, visit: Visit) -> Array:
    """Shape (n,); NaN for people without a power curve, who use only 0, 5 and 10, or whose ratings do not fix a curve."""
    out = np.full(len(people), np.nan)
    for i in range(len(people)):
        if people.group.shape == POWER and not people.coarse[i]:
            out[i] = _one(people, i, float(visit.ln_scale[i]), visit.ratings(i))
    return out


def _one(people: People, i: int, ln_scale: float, ratings: list[Rating]) -> float:
    data = curve.gather(ratings)
    trials = len(data.usual)
    ln_p6 = np.log(people.p6[i]) + ln_scale
    at = np.concatenate(
        [
            [ln_p6, np.log(people.p6[i] / people.p0[i] - 1), people.g[i]],
            [np.log(people.rise_s[i]), np.log(people.delay_s[i]), people.drift[i]],
            np.zeros(trials),
        ]
    )
    h = 1e-4
    q = at + np.concatenate([np.zeros((1, len(at))), h * np.eye(len(at)), -h * np.eye(len(at))])
    t = q[:, :, None]
    p6 = np.exp(t[:, 0])
    bias, criterion = np.full_like(p6, people.group.ramp_bias), np.full_like(p6, 0.0 if people.group.reach else 0.5)
    c = curve.Curve(p6 / (1 + np.exp(t[:, 1])), p6, t[:, 2], np.exp(t[:, 3]), np.exp(t[:, 4]), bias, criterion, t[:, 5])

    def slopes(values: Array) -> Array:
        return np.asarray((values[1 : len(at) + 1] - values[len(at) + 1 :]) / (2 * h))  # (unknowns, n)

    information = np.zeros((len(at), len(at)))
    for block in data.blocks:
        place = q[:, CURVE + len(KNOWN_SD) + block.trial]
        if block.kind == HOLD:
            felt = curve.felt_held(c, block.kpa, block.held_s, np.exp(place))
            edges = np.arange(0.5, 10.0)  # between the scores
            inner = (edges[:, None] - felt[0]) / NOISE
            below = np.vstack([np.zeros(felt.shape[1]), special.ndtr(inner), np.ones(felt.shape[1])])
            density = np.vstack([np.zeros(felt.shape[1]), stats.norm.pdf(inner) / NOISE, np.zeros(felt.shape[1])])
            weight = (np.square(np.diff(density, axis=0)) / np.maximum(np.diff(below, axis=0), LEAST_INFORMATION)).sum(axis=0)
        else:
            pressed = ~block.still
            felt = curve.log_likelihood(c, np.exp(place), block._replace(still=np.zeros_like(block.still)), False)[1]
            higher = block._replace(kpa=block.kpa * 1.001, still=np.zeros_like(block.still))
            per_ln_p = (curve.log_likelihood(c, np.exp(place), higher, False)[1][0] - felt[0]) / 0.001
            late = KNOWN_SD[1] * people.delay_s[i] * block.rate_kpa_s / block.kpa
            weight = pressed / (NOISE**2 + np.square(per_ln_p) * (late**2 + BREATHING**2))
        jacobian = slopes(felt)
        information += (jacobian * weight) @ jacobian.T
    information[range(CURVE, len(at)), range(CURVE, len(at))] += 1 / np.concatenate([KNOWN_SD**2, TRIAL_SD**2 + data.wander])
    settled = curve.settled_for(c.lag[:, 0], c.drift[:, 0], HOLD_S)
    wanted = np.log(c.p0[:, 0] + (c.p6 - c.p0)[:, 0] * (settled / 6) ** (1 / c.g[:, 0]))
    gradient = slopes(wanted[:, None])[:, 0]
    try:
        variance = float(gradient @ np.linalg.solve(information, gradient)) + WANDER_SD**2
    except np.linalg.LinAlgError:
        return np.nan
    return float(np.sqrt(variance)) if 0 < variance < 4 else np.nan
