"""A running fingerprint of what the pipeline put out, so that a replay can prove that it sees the same."""

from __future__ import annotations

import struct
from hashlib import blake2b
from typing import Any

from sixten.pressure.readings import Gap, Reading
from sixten.pressure.zero import ZeroNews

EVERY_US = 10_000_000
_READING = struct.Struct("<q3dB")
_QUALITY = {"ok": 0, "saturated": 1, "suspect": 2, "stale": 3}


class Digest:
    """Add every reading, gap and news of the zero; each 10 s of device time it returns a line for the recording."""

    def __init__(self) -> None:
        self._hash = blake2b(digest_size=16)
        self._count = 0
        self._next_us: int | None = None

    def add(self, out: Reading | Gap | ZeroNews) -> dict[str, Any] | None:
        """The digest line that ``out`` completes, if it does."""
        if not isinstance(out, Reading):
            # repr of a float is exact
            self._hash.update(b"gap%d,%d" % (out.t_us, out.lost) if isinstance(out, Gap) else repr(tuple(out)).encode())
            return None
        t_us, gauge_kpa, smooth_kpa, rate_kpa_s, quality, _, zeroed, _ = out
        self._hash.update(_READING.pack(t_us, gauge_kpa, smooth_kpa, rate_kpa_s, _QUALITY[quality] * 2 + zeroed))
        self._count += 1
        if self._next_us is None:
            self._next_us = t_us + EVERY_US
        if t_us < self._next_us:
            return None
        self._next_us += EVERY_US
        return {"k": "digest", "t_us": t_us, "readings": self._count, "digest": self._hash.hexdigest()}
