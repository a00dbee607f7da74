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
        if isinstance(out, Gap):
            self._hash.update(b"gap%d,%d" % (out.t_us, out.lost))
            return None
        if isinstance(out, ZeroNews):
            self._hash.update(repr(tuple(out)).encode())  # repr of a float is exact
            return None
        packed = _READING.pack(out.t_us, out.gauge_kpa, out.smooth_kpa, out.rate_kpa_s, _QUALITY[out.quality] * 2 + out.zeroed)
        self._hash.update(packed)
        self._count += 1
        if self._next_us is None:
            self._next_us = out.t_us + EVERY_US
        if out.t_us < self._next_us:
            return None
        self._next_us += EVERY_US
        return {"k": "digest", "t_us": out.t_us, "readings": self._count, "digest": self._hash.hexdigest()}
