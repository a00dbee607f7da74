"""Short helpers for tests: events of a board, made of plain numbers."""

from __future__ import annotations

from collections.abc import Sequence

from sixten.ball.messages import Event, Hello, Info, Samples
from sixten.ball.virtual import fsr_share_of_supply
from sixten.pressure.sensors import NEWTONS_PER_REL

RATE_HZ = 300.48
SAMPLE_US = 3328
GREETING: list[Event] = [
    Hello(1, 0, "0.1.0", "test", "0000beef", 1, "power"),
    *(
        Info(k, v)
        for k, v in {"sensor": "fsr", "rate_mhz": "300481", "oversample": "32", "divider_ohm": "10000", "raw_max": "32736"}.items()
    ),
    Info("end", "5"),
]


def raw_of(rel: float) -> int:
    """Counts of an FSR ball under ``rel`` above its zero."""
    return round(32 * (1024 * fsr_share_of_supply(rel * NEWTONS_PER_REL) - 0.5))


def samples(rel: Sequence[float], seq: int = 0, t_us: int | None = None, flags: int = 0) -> Samples:
    """One block: these loads, from this sequence number on, at the board's own spacing."""
    first = (seq + 1) * SAMPLE_US if t_us is None else t_us
    n = len(rel)
    return Samples(seq % 65536, tuple(first + i * SAMPLE_US for i in range(n)), (flags,) * n, tuple(raw_of(r) for r in rel))


def seconds(s: float) -> int:
    """How many samples."""
    return round(s * RATE_HZ)
