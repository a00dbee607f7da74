"""Small recordings as a program left them, for tests of what is done with them afterwards."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sixten.recording.lines import FORMAT, VERSION, seal

NOON = datetime(2026, 7, 13, 12, 0, tzinfo=UTC)
END = {"k": "end", "dropped_lines": 0, "duration_s": 86.0, "window_s": 60.0, "load_s": 66.7, "over_s": 1.5, "ended": "done"}
END |= {"ceiling_kpa": 30.5, "peak_kpa": 32.0, "samples": 25_855, "lost": 3, "damaged": 0}


def header(started: datetime = NOON, **more: Any) -> dict[str, Any]:
    out = {"k": "header", "format": FORMAT, "version": VERSION, "started_utc": started.isoformat(), "virtual": False}
    return out | {"plan": {"ceiling_kpa": 40.0}, "person": "ada", "side": "left"} | more


def put(path: Path, started: datetime = NOON, end: dict[str, Any] | None = END, **more: Any) -> Path:
    """A recording in the form that its name says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    first, last = seal(header(started, **more)), b"" if end is None else seal(end)
    middle = b"".join(seal({"k": "s", "q": i, "t": i * 3328, "dt": 0, "f": 0, "v": [i]}) for i in range(200))
    path.write_bytes(gzip.compress(first + last) + gzip.compress(middle) if path.suffix == ".gz" else first + middle + last)
    return path
