"""What a recording costs, loses and survives, beside other formats: `make bench-recording` (about ten minutes).

Figures are shown, not asserted, because they depend on the machine; run it on a quiet one. Speeds are in processor time, the best of some
runs, because whatever else the machine does only adds; what a person waits for (seek, put, decisions) is in wall time. The signal is a
simulated person on a simulated ball; kills are of the real firmware in the simulator.
"""

from __future__ import annotations

import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import psutil

from bench.recording_peers import PACE, PEERS, SAMPLE_US
from recording.killing import Loss, killed
from sixten.ball.messages import Event, Samples
from sixten.ball.virtual import VirtualSource
from sixten.recording.closing import close
from sixten.recording.errors import RecordingError
from sixten.recording.file import Writer
from sixten.recording.head import head
from sixten.recording.reader import read
from sixten.recording.replay import verify
from sixten.session.rules import Notice, Plan
from sixten.session.run import Output, Run, pump

LINE = 40.0
TEN_MINUTES = 600.0
RUNS = 5
KILLS = 100
PEER_KILLS = 10
AT_ONCE = 2  # kills; more would be late because of each other
MUTATIONS = 10_000
SLOW_S = 2.0


def events_of(sensor: str, scenario: str | None, seconds: float) -> list[Event]:
    """A looping session, cut after ``seconds``."""
    out: list[Event] = []
    ball = VirtualSource(scenario, LINE, sensor)
    run = Run(Plan(LINE))
    for event in ball:  # the run gives the board its orders
        out.append(event)
        for _ in run.feed(event):
            pass
        if words := run.order():
            ball.ask(*words.split(","))
        if isinstance(event, Samples) and event.t_us[-1] > seconds * 1e6:
            break
    return out


def recorded(path: Path, events: Iterable[Event]) -> Path:
    plan = Plan(LINE)
    run = Run(plan)
    writer = Writer(path, {"virtual": True, "plan": asdict(plan)})
    pump(events, writer, run, lambda out: None)
    writer.close(run.summary())
    assert not writer.failure and not writer.lines_dropped, writer.failure
    return writer.path


def count(events: Iterable[Event]) -> int:
    return sum(len(e.raw) for e in events if isinstance(e, Samples))


def best_s(call: Callable[[], object], runs: int = RUNS) -> float:
    best = float("inf")
    for _ in range(runs):
        began = time.process_time()
        call()
        best = min(best, time.process_time() - began)
    return best


def line(what: str, figure: str, target: str = "", met: bool | None = None) -> None:
    verdict = "" if met is None else "met" if met else "NOT MET"
    print(f"{what:46} {figure:36} {target:22} {verdict}".rstrip(), flush=True)


def sizes(folder: Path) -> Path:
    """Returns a closed recording of ten minutes on an FSR ball."""
    print("\nBytes a sample, ten minutes, everything in the file counted")
    out = folder
    for sensor, scenario, target in (
        ("fsr", None, 3.0), ("lps28dfw", None, 4.5), ("ms5837", None, 4.5),
        ("fsr", "restless", 3.0), ("lps28dfw", "restless", 4.5), ("ms5837", "restless", 4.5),
    ):  # fmt: skip
        events = events_of(sensor, scenario, TEN_MINUTES if scenario is None else 56.0)
        n = count(events)
        plain = recorded(folder / f"{sensor}-{scenario}.ndjson", events)
        live = plain.stat().st_size / n
        began = time.perf_counter()
        closed = close(plain)
        took = time.perf_counter() - began
        size = closed.stat().st_size / n
        what = f"{sensor}, {scenario or 'steady, again and again'}"
        line(what, f"{size:.2f} (live {live:.1f}), closing {took:.2f} s", f"<= {target:g}", size <= target)
        if (sensor, scenario) == ("fsr", None):
            out = closed
    return out


def reading(closed: Path, folder: Path) -> None:
    print("\nReading, ten minutes of an FSR ball")
    whole = read(closed)
    n = count(whole.events)
    speed = n / best_s(lambda: read(closed)) / 1e6
    line("closed", f"{speed:.2f} million samples a second", ">= 3", speed >= 3)
    plain = recorded(folder / "plain.ndjson", events_of("fsr", None, TEN_MINUTES))
    line("plain, lines of 30 ms", f"{n / best_s(lambda: read(plain)) / 1e6:.2f} million samples a second")
    lot, took = random.Random(6), []
    for _ in range(100):
        at = round(lot.uniform(0, TEN_MINUTES - 1) * 1e6)
        began = time.perf_counter()
        part = read(closed, (at, at + 1_000_000))
        took.append((time.perf_counter() - began) * 1e3)
        assert 0 < count(part.events) < 1000
    middle = statistics.median(took)
    line("a second anywhere in the closed file", f"median {middle:.2f} ms, worst {max(took):.2f} ms", "<= 5 ms", middle <= 5)
    took = [0.0] * 20
    for i in range(20):
        began = time.perf_counter()
        head(closed)
        took[i] = (time.perf_counter() - began) * 1e3
    line("header and summary alone", f"median {statistics.median(took):.2f} ms")
    length_s = (whole.end or {}).get("duration_s", TEN_MINUTES)
    times = length_s / best_s(lambda: verify(whole), 3)
    line("replay at max through the whole pipeline", f"{times:.0f} times real time", ">= 400", times >= 400)


class SlowDisk:
    """Every write and every sync takes SLOW_S: the two calls are replaced at the edge of the program, in this process alone."""

    def __enter__(self) -> None:
        import sixten.recording.file as edge

        self._before = (os.pwrite, edge._sync)

        def pwrite(fd: int, data: bytes, at: int) -> int:
            time.sleep(SLOW_S)
            return self._before[0](fd, data, at)

        def sync(fd: int) -> None:
            time.sleep(SLOW_S)
            self._before[1](fd)

        os.pwrite, edge._sync = pwrite, sync

    def __exit__(self, *_: object) -> None:
        import sixten.recording.file as edge

        os.pwrite, edge._sync = self._before


def put(writer: Writer, what: Event | Output, took: list[int]) -> None:
    began = time.perf_counter_ns()
    writer.put(what)
    took.append(time.perf_counter_ns() - began)


def putting(folder: Path, events: Sequence[Event]) -> None:
    print("\nRecording while it happens, 20 s at real time")
    some = [e for e in events if not isinstance(e, Samples) or e.t_us[-1] < 20_000_000]
    plan = Plan(LINE)
    outcome: dict[str, list[Notice]] = {}
    for disk in ("this disk", "writes and syncs of 2 s"):
        run = Run(plan)
        firsts: list[int] = []
        puts: list[int] = []
        wakes: list[int] = []
        feeds: list[int] = []
        said: list[Notice] = []

        def session(
            path: Path, run: Run, firsts: list[int], puts: list[int], feeds: list[int], wakes: list[int], said: list[Notice]
        ) -> Writer:
            writer = Writer(path, {"virtual": True, "plan": asdict(plan)})
            begin = time.perf_counter()
            for event in some:
                if isinstance(event, Samples):
                    left = begin + event.t_us[-1] / 1e6 - time.perf_counter()
                    if left > 0:
                        time.sleep(left)
                t0 = time.perf_counter_ns()
                put(writer, event, firsts)
                for out in run.feed(event):
                    put(writer, out, puts)
                    if isinstance(out, Notice):
                        said.append(out)
                t1 = time.perf_counter_ns()
                writer.wake()
                if isinstance(event, Samples):
                    feeds.append(t1 - t0)
                    wakes.append(time.perf_counter_ns() - t1)
            writer.close(run.summary(), wait_s=30)
            return writer

        path = folder / f"{disk[:4]}.ndjson"
        if disk == "this disk":
            session(path, run, firsts, puts, feeds, wakes, said)
        else:
            with SlowDisk():
                session(path, run, firsts, puts, feeds, wakes, said)
        outcome[disk] = said
        put_us = statistics.median(firsts + puts) / 1e3
        line(f"put, {disk}", f"median {put_us:.2f} us, worst {max(firsts + puts) / 1e6:.2f} ms", "<= 5 us", put_us <= 5)
        line("    the first one after waking", f"median {statistics.median(firsts) / 1e3:.2f} us")
        line("    and waking the writer behind its decisions", f"median {statistics.median(wakes) / 1e3:.2f} us")
        feeds.sort()
        figures = (
            f"median {feeds[len(feeds) // 2] / 1e6:.2f} ms, 99 % {feeds[len(feeds) * 99 // 100] / 1e6:.2f}, worst {feeds[-1] / 1e6:.2f}"
        )
        line(f"event to decisions, {disk}", figures)
        got = read(path)
        assert not got.damage and count(got.events) == count(some)
    first, second = outcome.values()
    line("decisions", f"{len(first)}, {'the same' if first == second else 'OTHERS'} with the slow disk", "unchanged", first == second)


def kills(folder: Path, n: int) -> None:
    print(f"\nkill -9 at {n} random moments, real firmware in the simulator, real time, {AT_ONCE} at once")
    lot = random.Random(6)
    waits = [lot.uniform(0.2, 4.0) for _ in range(n)]

    def one(i: int) -> Loss | None:
        place = folder / f"kill{i}"
        place.mkdir()
        try:
            return killed(place, waits[i])
        except (RecordingError, ValueError) as error:
            print(f"    kill {i}: {error}")
            return None

    with ThreadPoolExecutor(AT_ONCE) as pool:
        losses = list(pool.map(one, range(n)))
    opened = [loss for loss in losses if loss is not None]
    line("files that open", f"{len(opened)} of {n}", "all", len(opened) == n)
    late = sorted(loss.missing_ms for loss in opened)
    figures = f"median {statistics.median(late):.0f} ms, worst {late[-1]:.0f} ms"
    line("samples missing at the end", figures, "<= 50 ms", late[-1] <= 50)
    line("more than 50 ms missing in", f"{sum(x > 50 for x in late)} of {n}")
    owed = sorted(loss.owed_ms for loss in opened)
    line("the same without the last block", f"median {statistics.median(owed):.0f} ms, worst {owed[-1]:.0f} ms")
    about = Counter(loss.writer or "not told" for loss in opened)
    line("the writer, when it was killed, was", ", ".join(f"{what} {times}" for what, times in about.most_common()))
    for loss in sorted(opened, key=lambda loss: -loss.missing_ms)[:3]:
        what = f"{loss.missing_ms:.0f} ms, {loss.writer or 'not told'}; {loss.owed_ms:.0f} ms without the last block"
        line("    among those that lost most", what)
    line("events missing", f"{sum(loss.events for loss in opened)}", "none", not any(loss.events for loss in opened))
    line("torn lines", f"{sum(loss.damage for loss in opened)}, at most {max(loss.damage for loss in opened)} in a file")


def peers(folder: Path, events: Sequence[Event]) -> None:
    print(f"\nOther formats: the same samples in batches of 5; {PEER_KILLS} kills each after 2 to 8 s at {PACE:g} times real time")
    blocks = [e for e in events if isinstance(e, Samples)]
    n = count(blocks)
    print(f"{'':24} {'bytes a sample':>15} {'read, million/s':>16} {'opens after a kill':>19} {'seconds lost: median, worst':>28}")
    for name, (make, reader) in PEERS.items():
        path = folder / f"peer-{len(list(folder.iterdir()))}"
        add, finish = make(path)
        for block in blocks:
            add(block.t_us, block.raw)
        finish()
        assert len(reader(path)) == n, name
        speed = n / best_s(lambda path=path, reader=reader: reader(path), 2) / 1e6  # type: ignore[misc]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            lost = list(pool.map(lambda i, name=name, reader=reader: peer_killed(name, reader, folder, i), range(PEER_KILLS)))  # type: ignore[misc]
        opens = sum(x is not None and x[1] > 0 for x in lost)
        gone = sorted(x[0] for x in lost if x is not None)
        figures = f"{statistics.median(gone):.2f}, {gone[-1]:.2f}" if gone else "-"
        print(f"{name:24} {path.stat().st_size / n:15.2f} {speed:16.2f} {opens:>13} of {PEER_KILLS} {figures:>28}", flush=True)


def peer_killed(name: str, reader: Callable[[Path], list[int]], folder: Path, i: int) -> tuple[float, int] | None:
    """(seconds of session lost, samples read)."""
    path = folder / f"victim-{name.replace(' ', '-').replace(',', '')}-{i}"
    wait_s = random.Random(i).uniform(2, 8)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    command = [sys.executable, str(Path(__file__).parent / "recording_peers.py"), name, str(path)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env)
    assert child.stdout is not None
    fed = int(child.stdout.readline())
    until = time.monotonic() + wait_s
    while time.monotonic() < until:
        fed = int(child.stdout.readline())
    child.send_signal(signal.SIGKILL)
    fed = max([fed, *(int(x) for x in child.stdout.read().split())])
    child.wait()
    child.stdout.close()
    try:
        kept = len(reader(path))
    except Exception:  # it does not open
        kept = 0
    return (fed - kept) * SAMPLE_US / 1e6, kept


def main() -> None:
    """Parts may be named: sizes (with reading and peers), put, kills, damage."""
    parts = set(sys.argv[1:]) or {"sizes", "put", "kills", "damage"}
    print(f"load of the machine (1 min): {psutil.getloadavg()[0]:.2f} on {psutil.cpu_count()} cores")
    with tempfile.TemporaryDirectory(prefix="bench-recording-") as name:
        folder = Path(name)
        if "sizes" in parts or "damage" in parts:
            closed = sizes(folder)
            if "sizes" in parts:
                reading(closed, folder)
                peers(folder, events_of("fsr", None, 120.0))
        if "put" in parts:
            putting(folder, events_of("fsr", "overshoot", 21.0))
        if "damage" in parts:
            from bench.recording_damage import bombs, mutated  # it uses what stands above

            mutated(folder, MUTATIONS)
            bombs(folder)
        if "kills" in parts:
            kills(folder, KILLS)


if __name__ == "__main__":
    main()
