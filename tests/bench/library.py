"""The catalogue of 100 000 sessions: how long it takes to make, to look through the folder, and to ask. Synthetic recordings, closed form.

Prints figures for the machine it runs on; nothing is asserted.
"""

from __future__ import annotations

import gzip
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

from sixten.recording.library import LATEST, Library
from sixten.recording.lines import FORMAT, VERSION, seal

SESSIONS, PEOPLE = 100_000, 200
SOFTWARE = {"sixten": "0.1.0", "python": "3.11.7", "numpy": "2.4.6", "scipy": "1.16.0", "machine": "x86_64"}


def recording(lot: random.Random, started: datetime, person: str) -> bytes:
    """A closed recording with a calibration by value in its header and a member of samples behind the first."""
    ceiling = round(lot.uniform(15, 60), 2)
    ratings = [[round(lot.uniform(5, 60), 3), lot.randrange(7), "ramp", 2.5, 0.0, 1 + i // 6] for i in range(24)]
    prior = {"mean": [lot.gauss(0, 1) for _ in range(8)], "sd": [0.5] * 8, "earlier": 3}
    plan = {"ceiling_kpa": ceiling, "min_s": 30, "max_s": 60, "basis": {"ratings": ratings, "prior": prior}}
    header = {
        "k": "header", "format": FORMAT, "version": VERSION, "started_utc": started.isoformat(timespec="milliseconds"), "virtual": False,
        "plan": plan, "person": person, "side": lot.choice(("left", "right")), "software": SOFTWARE,
    }  # fmt: skip
    end = {
        "k": "end", "dropped_lines": 0, "duration_s": 86.0, "window_s": round(lot.uniform(0, 60), 3), "load_s": 66.7,
        "over_s": round(lot.expovariate(1), 3), "ended": lot.choice(("done", "over", None)), "ceiling_kpa": ceiling,
        "peak_kpa": round(ceiling * 1.05, 3), "samples": 25_855, "lost": 0, "damaged": 0,
    }  # fmt: skip
    samples = gzip.compress(bytes(lot.randrange(48, 58) for _ in range(4000)), 1)
    return gzip.compress(seal(header) + seal(end), 6) + samples


def timed(work: Callable[[], object], times: int = 1) -> float:
    """Median seconds."""
    spent = []
    for _ in range(times):
        begin = perf_counter()
        work()
        spent.append(perf_counter() - begin)
    return median(spent)


def drop_caches() -> bool:
    """Whether the system let go of what it had read; only root may ask."""
    os.sync()
    try:
        Path("/proc/sys/vm/drop_caches").write_text("3\n")
    except OSError:
        return False
    return True


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else SESSIONS
    lot = random.Random(1)
    people = [f"{lot.getrandbits(64):016x}" for _ in range(PEOPLE)]
    where = Path(tempfile.mkdtemp(prefix="sixten-library-"))
    try:
        folder = where / "sessions"
        folder.mkdir()
        first = datetime(2025, 1, 1, tzinfo=UTC)
        kept = [recording(lot, first + timedelta(minutes=17 * i), lot.choice(people)) for i in range(min(count, 2000))]
        for i in range(count):  # each header its own would cost minutes; time and person are what is asked by
            data = kept[i] if i < len(kept) else recording_like(kept[i % len(kept)], first + timedelta(minutes=5 * i), lot.choice(people))
            (folder / f"{i:06d}.ndjson.gz").write_bytes(data)
        print(f"{count} closed recordings of {PEOPLE} people, {sum(len(k) for k in kept) // len(kept)} bytes each on average")
        cold = drop_caches()
        begin = perf_counter()
        library = Library(folder, virtual=False)
        changes = library.refresh()
        print(f"made from nothing, caches {'dropped' if cold else 'warm'}: {perf_counter() - begin:.1f} s, {changes.read} files read")
        print(f"rebuild, caches warm: {timed(lambda: library.refresh(rebuild=True)):.1f} s")
        print(f"catalogue: {library.path.stat().st_size / 1e6:.1f} MB, problems: {len(library.problems())}")
        print(f"look through the folder, nothing changed: {timed(library.refresh, 3):.2f} s")
        (folder / "000000.ndjson.gz").rename(folder / "moved.ndjson.gz")
        print(f"one renamed by hand: {timed(library.refresh):.2f} s")
        print(f"open: {timed(lambda: Library(folder, virtual=False).close(), 5) * 1e3:.1f} ms")
        print(f"latest {LATEST}: {timed(lambda: library.find(limit=LATEST), 200) * 1e3:.2f} ms")
        trend = [timed(lambda who=who: library.find(who, kind="session"), 5) for who in people]  # type: ignore[misc]
        rows = len(library.find(people[0], kind="session"))
        print(f"one person's trend (all their sessions, such as {rows}): {median(trend) * 1e3:.2f} ms, at worst {max(trend) * 1e3:.2f} ms")
        library.close()
    finally:
        shutil.rmtree(where)


def recording_like(data: bytes, started: datetime, person: str) -> bytes:
    """The same recording of another time and person."""
    import zlib

    from sixten.recording.lines import unseal

    unzip = zlib.decompressobj(wbits=31)
    header, end = (unseal(line) for line in unzip.decompress(data).splitlines(keepends=True))
    header |= {"started_utc": started.isoformat(timespec="milliseconds"), "person": person}
    for obj in (header, end):
        del obj["c"]
    return gzip.compress(seal(header) + seal(end), 1) + unzip.unused_data


if __name__ == "__main__":
    main()
