"""The part of `make bench-recording` that reads damaged and crafted files and gzip bombs."""

from __future__ import annotations

import random
import time
from pathlib import Path

from bench.recording import events_of, line, recorded
from recording.mutations import BOMB_BYTES, DAMAGE, FILLS, crafted, crafted_closed, filled, members, small_bomb
from sixten.ball.messages import BallError, Samples
from sixten.recording.closing import close
from sixten.recording.errors import RecordingError
from sixten.recording.head import head
from sixten.recording.reader import Recording, read
from sixten.recording.replay import verify


class Peak:
    """The most memory since it was made, above what there was, in MB; NaN where the system does not tell."""

    def __init__(self) -> None:
        try:
            Path("/proc/self/clear_refs").write_text("5")  # the peak is counted anew
        except OSError:
            pass
        self._before = self._now("VmRSS")

    @staticmethod
    def _now(what: str) -> float:
        try:
            lines = Path("/proc/self/status").read_text().splitlines()
        except OSError:
            return float("nan")
        return next(int(x.split()[1]) / 1024 for x in lines if x.startswith(what))

    def mb(self) -> float:
        return self._now("VmHWM") - self._before


def costs(what: str, slowest_s: float, most_mb: float) -> None:
    line(what, f"{slowest_s:.2f} s; {most_mb:.0f} MB", "<= 2 s, 256 MB each", slowest_s <= 2 and most_mb <= 256)


def mutated(folder: Path, n: int) -> None:
    print(f"\n{n} damaged and crafted files")
    whole = recorded(folder / "short.ndjson", events_of("ms5837", None, 4.0))
    data = whole.read_bytes()
    (folder / "small.ndjson").write_bytes(data)
    packed = close(folder / "small.ndjson").read_bytes()
    true = {s for e in read(whole).events if isinstance(e, Samples) for s in zip(e.t_us, e.flags, e.raw, strict=True)}
    wrong = untold = raised = refused = 0
    hows = [(how, form) for how in DAMAGE for form in ("plain", "closed")]
    hows += [(crafted, "plain"), (crafted_closed, "closed"), (members, "closed")]
    slowest = most = 0.0
    for i in range(n):
        how, form = hows[i % len(hows)] if i % 500 else (small_bomb, "closed")
        path = folder / ("m.ndjson" if form == "plain" else "m.ndjson.gz")
        path.write_bytes(how(random.Random(i), data if form == "plain" else packed))
        peak, began = Peak(), time.process_time()
        try:
            got = read(path)
            head_of(path)
        except RecordingError:
            refused += 1
            continue
        except Exception as error:
            raised += 1
            print(f"    {how.__name__} {i}: {error!r}")
            continue
        finally:
            slowest = max(slowest, time.process_time() - began)
            most = max(most, peak.mb())
        if how in DAMAGE:
            found = {s for e in got.events if isinstance(e, Samples) for s in zip(e.t_us, e.flags, e.raw, strict=True)}
            wrong += bool(found - true)
            untold += found != true and not got.damage and got.end is not None
        elif i % 3 == 0:
            raised += not decides(got)
    line("silently wrong samples in", f"{wrong} files", "0", wrong == 0)
    line("missing samples that nobody is told of in", f"{untold} files", "0", untold == 0)
    line("uncaught exceptions", f"{raised}", "0", raised == 0)
    line("refused in words", f"{refused}")
    costs("the slowest; the one that took most memory", slowest, most)


def bombs(folder: Path) -> None:
    packed = sorted(folder.glob("fsr-None.ndjson.gz"))[0].read_bytes()
    slowest = most = largest = 0.0
    for fill in FILLS:
        path = folder / "bomb.ndjson.gz"
        path.write_bytes(filled(packed, fill, 8 * BOMB_BYTES))
        largest = max(largest, path.stat().st_size / 1e6)
        peak, began = Peak(), time.process_time()
        try:
            read(path)
        except RecordingError:
            pass
        slowest, most = max(slowest, time.process_time() - began), max(most, peak.mb())
    costs(f"{len(FILLS)} gzip bombs of 512 MB, up to {largest:.1f} MB packed", slowest, most)


def head_of(path: Path) -> None:
    try:
        head(path)
    except RecordingError:
        pass


def decides(recording: Recording) -> bool:
    try:
        verify(recording)
    except (RecordingError, BallError):
        pass
    except Exception as error:
        print(f"    deciding: {error!r}")
        return False
    return True
