"""The tones, made from numbers: 16 kHz, one channel, -1..1."""

from __future__ import annotations

from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Wave: TypeAlias = NDArray[np.float32]

RATE = 16_000  # samples a second: nothing here or in the voice lies above 8 kHz

# Alarms have the shape of a medium-priority signal in IEC 60601-1-8 (tables 3 and 4): three pulses of 125-250 ms, as far apart, again
# after 2.5-30 s; a fundamental of 150-1000 Hz with at least four harmonics up to 4 kHz within 15 dB of it. The whole is no such alarm
# system: nobody has measured how loud it is at the ear.
PULSE_S = 0.2
APART_S = 0.2
AGAIN_S = 2.5
PARTIALS_DB = (0.0, -2.0, -4.0, -6.0, -8.0, -10.0)  # fundamental and five harmonics: also a small speaker plays some of them
EDGE = 0.2  # of a pulse: rise and fall; the standard asks for 10 to 40 %

# How loud, root mean square of the sounding parts, decibels below full scale.
LEVELS_DB: dict[str, float] = {
    "over": -14, "loss": -15, "end": -16, "rising": -17, "back": -20, "time": -18, "done": -18, "ready": -20,
    "near": -20, "work": -24, "settle": -26, "off": -26, "in": -30, "out": -30,
}  # fmt: skip
BREATH_S = 1.2  # one beat of the pacer: soft, long enough to be no click


def _note(hz: float, to_hz: float, seconds: float, partials_db: tuple[float, ...], edge: float) -> NDArray[np.float64]:
    """One note, gliding from ``hz`` to ``to_hz``; edge: share of it that rises, and as much falls, as half a cosine."""
    n = round(seconds * RATE)
    phase = 2 * np.pi * np.cumsum(np.linspace(hz, to_hz, n)) / RATE
    x = sum(10 ** (db / 20) * np.sin(k * phase) for k, db in enumerate(partials_db, 1))
    ramp = round(edge * n)
    envelope = np.ones(n)
    envelope[:ramp] = 0.5 - 0.5 * np.cos(np.pi * np.arange(ramp) / ramp)
    envelope[n - ramp :] = envelope[:ramp][::-1]
    return np.asarray(x * envelope)


def _notes(name: str) -> tuple[list[NDArray[np.float64]], float]:
    """The notes of a tone, and the silence between them in seconds."""
    soft = (0.0, -12.0, -24.0)

    def pulses(*hz: float) -> tuple[list[NDArray[np.float64]], float]:
        return [_note(f, f, PULSE_S, PARTIALS_DB, EDGE) for f in hz], APART_S

    def chimes(*hz: float, seconds: float = 0.14) -> tuple[list[NDArray[np.float64]], float]:
        return [_note(f, f, seconds, soft, 0.3) for f in hz], 0.02

    if name == "in":
        return [_note(220, 262, BREATH_S, soft, 0.5)], 0.0
    if name == "out":
        return [_note(262, 220, BREATH_S, soft, 0.5)], 0.0
    return {
        "over": pulses(523, 523, 523),  # one pitch, urgent
        "loss": pulses(440, 349, 277),  # falling: something goes away
        "end": ([_note(f, f, PULSE_S, PARTIALS_DB, EDGE) for f in (349, 262)], 0.05),
        "rising": ([_note(f, f, 0.08, PARTIALS_DB, EDGE) for f in (440, 587)], 0.02),
        "back": chimes(330, 440),
        "time": chimes(660, seconds=0.35),
        "done": chimes(660, 880, seconds=0.35),
        "ready": chimes(330, 440, 523),
        "near": chimes(440, 440),
        "work": chimes(330, 392),
        "settle": chimes(330),
        "off": chimes(262),
    }[name]


@cache
def tone(name: str) -> Wave:
    """The tone ``name``. Raises KeyError for one that does not exist."""
    notes, apart_s = _notes(name)
    level = 10 ** (LEVELS_DB[name] / 20)
    sounding = np.concatenate(notes)
    gap = np.zeros(round(apart_s * RATE))
    x = np.concatenate([part for note in notes for part in (note, gap)][:-1])
    return np.asarray(x * level / np.sqrt(np.mean(sounding**2)), np.float32)


NAMES = tuple(LEVELS_DB)
