"""Raw counts to a pressure-like number, one small converter per sensor kind."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

DEVICE_LIMIT_KPA = 95.0  # 389 N on the 65/8 ball (computed, ball/ball-mechanics.csv); nobody is asked to press harder

# Conductance per newton of a FlexiForce-class sensor in its puck, 10 kOhm divider, 470 kOhm across the sensor in the pod
# (design values, docs/decisions.md; never measured on a physical ball).
FSR_SIEMENS_PER_N = 0.633e-6
FSR_PARALLEL_OHM = 470e3
FSR_DIVIDER_OHM = 10e3
# One `rel.` is the load under which the 65/8 air ball would show 1 kPa, on average up to its limit: 389 N at 95 kPa (computed,
# ball/ball-mechanics.csv). So both kinds of ball put the same weight near the same number.
NEWTONS_PER_REL = 389.0 / DEVICE_LIMIT_KPA
# Nominal newtons beyond which the puck is out of its range (FlexiForce A401 with low drive, about 800 N); counts as saturated.
FSR_TOP_REL = 800.0 / NEWTONS_PER_REL


class Fsr:
    """A force-sensing resistor to the supply over a divider resistor to ground, read as a sum of ten-bit conversions.

    unit: ``rel.`` until a flat-board calibration. top: the end of the range. nominal_zero: what an unloaded ball reads by design.
    saturated_raw: from this count on the sensor could not tell a load from a larger one: the end of the counts, or 98 % of the range.
    """

    unit = "rel."
    top = FSR_TOP_REL
    nominal_zero = 1.0 / FSR_PARALLEL_OHM / FSR_SIEMENS_PER_N / NEWTONS_PER_REL
    span_for_zero = 0.02  # a zero may lie this share of the device limit away from the nominal one (session rules)

    def __init__(self, oversample: int, divider_ohm: float, raw_max: int) -> None:
        # Ratiometric: x = code/1024 (ATmega328P data sheet, ADC conversion result; half a count added because the converter
        # truncates), conductance = x / ((1 - x) * divider). All counts once, because a look-up is what is quick later.
        x = (np.arange(raw_max + 1) / oversample + 0.5) / 1024.0
        siemens = x / ((1.0 - np.minimum(x, 1023.5 / 1024.0)) * divider_ohm)
        self._table = np.minimum(siemens / FSR_SIEMENS_PER_N / NEWTONS_PER_REL, self.top)
        self.saturated_raw = min(raw_max, int(np.searchsorted(self._table, 0.98 * self.top)))
        self.constants = (oversample, divider_ohm, raw_max)

    def convert(self, raw: tuple[int, ...]) -> NDArray[np.float64]:
        """Counts to `rel.`, shape (n,), zero not yet taken off; ends held; never decreasing in ``raw``."""
        return self._table.take(raw, mode="clip")


def sensor_from_info(info: Mapping[str, str]) -> Fsr:
    """The converter for a board's own description. Raises ValueError, naming what is wrong, if it makes no sense."""
    kind = info.get("sensor", "")
    if kind != "fsr":
        raise ValueError(f"the board reports a sensor that this program does not know: {kind or 'none'}")
    try:
        oversample, ohm, raw_max = int(info["oversample"]), float(info["divider_ohm"]), int(info["raw_max"])
    except (KeyError, ValueError) as error:
        raise ValueError(f"the board's description of its sensor is incomplete ({error})") from error
    if not (1 <= oversample <= 4096 and 100 <= ohm <= 1e7 and 0 < raw_max <= 1023 * oversample):
        raise ValueError(f"the board's description of its sensor makes no sense (oversample {oversample}, divider {ohm} ohm)")
    return Fsr(oversample, ohm, raw_max)
