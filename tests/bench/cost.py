"""What a sample costs between the cable and the notices, and whether that stays so for eight hours: `make bench-cost`.

Figures are shown, not asserted, because they depend on the machine; run it on a quiet one. Bytes, blocks and readings are of a person who
moves slowly near the line on a noisy FSR ball, with a new window every 50 s. Making the events is not counted. The fastest of REPEATS runs
is shown, in processor time, because whatever else the machine does only adds. Computed from a made-up signal; no physical ball is involved.
"""

from __future__ import annotations

import gc
import pickle
import time
import timeit
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice

import numpy as np
import psutil

from bench.shipped import BEFORE_S, CASES, FSR, LINE, Lanes, blocks, lanes
from sixten.ball.messages import Event, Mark, Samples
from sixten.ball.wire import Decoder, frame
from sixten.pressure import filters
from sixten.pressure.readings import Reading, Readings
from sixten.session.rules import Plan, State, step
from sixten.session.run import Run
from sixten.session.values import moved_on

HOUR = round(3600e6 / FSR.sample_us)  # samples
HOURS = 8
PERIOD_S = 50.0  # the signal repeats; a new window begins each time
TIMED_S = 100.0
REPEATS = 3
CHUNKS = (5, 150)
TARGETS = {("Readings", 150): 0.5, ("Run.feed, whole", 5): 6.0}


def signal_of(seconds: float) -> Lanes:
    """One person: rest, getting on, then at the line's 90 % with everything that the detection benchmark knows."""
    return lanes(np.random.default_rng(6), FSR, CASES[-1], 1, seconds, LINE)


def lead_in(found: Lanes) -> int:
    return round(BEFORE_S * 1e6 / FSR.sample_us)


def stream(found: Lanes, chunk: int) -> Iterator[Event]:
    """For ever: rest and getting on once, then the held part again and again, with a mark at the beginning of each."""
    yield from FSR.greeting()
    begin = lead_in(found)
    yield from blocks(FSR, found.raw[0, :begin], chunk)
    held, flags = found.raw[0, begin:].tolist(), (0,) * chunk
    parts = [tuple(held[i : i + chunk]) for i in range(0, len(held) // chunk * chunk, chunk)]
    at, step = begin, FSR.sample_us
    while True:
        yield Mark(at * step, "start")
        for part in parts:
            yield Samples(at % 65536, tuple(range((at + 1) * step, (at + chunk) * step + 1, step)), flags, part)
            at += chunk


def per_sample_us(make: Callable[[], Callable[[Event], object]], found: Lanes, chunk: int) -> float:
    best = np.inf
    for _ in range(REPEATS):
        feed, events = make(), list(islice(stream(found, chunk), round(TIMED_S * 1e6 / FSR.sample_us / chunk)))
        warm = [e for e in events if not isinstance(e, Samples) or e.t_us[0] < BEFORE_S * 1e6]
        for event in warm:
            feed(event)
        rest = events[len(warm) :]
        count = sum(len(e.raw) for e in rest if isinstance(e, Samples))
        gc.collect()
        began = time.process_time()
        for event in rest:
            feed(event)
        best = min(best, (time.process_time() - began) / count * 1e6)
    return best


def decoder_us(found: Lanes, chunk: int) -> float:
    lines = [frame(f"D,{i % 65536},{(i + 1) * FSR.sample_us},0,{raw}") for i, raw in enumerate(found.raw[0].tolist())]
    pieces = [b"".join(lines[i : i + chunk]) for i in range(0, len(lines), chunk)]
    best = np.inf
    for _ in range(REPEATS):
        decoder, began = Decoder(), time.process_time()
        for piece in pieces:
            decoder.feed(piece)
        best = min(best, (time.process_time() - began) / len(lines) * 1e6)
    return best


def run_feeder() -> Callable[[Event], object]:
    run = Run(Plan(LINE))
    return lambda event: [None for _ in run.feed(event)]


def each_part(found: Lanes) -> None:
    print(f"{'us a sample':18}" + "".join(f"{f'{c} at a time':>16}" for c in CHUNKS))
    for name, cost in (
        ("Decoder", lambda c: decoder_us(found, c)),
        ("Readings", lambda c: per_sample_us(lambda: Readings().feed, found, c)),
        ("Run.feed, whole", lambda c: per_sample_us(run_feeder, found, c)),
    ):
        got = {c: cost(c) for c in CHUNKS}
        print(f"{name:18}" + "".join(f"{us:16.2f}" for us in got.values()), flush=True)
        for c, us in got.items():
            if (name, c) in TARGETS:
                target = TARGETS[name, c]
                verdict = "met" if us <= target else "NOT MET"
                print(f"    at {c}: target {target:g}: {verdict}; at 300 samples a second {us * 0.03:.2f} % of a core")


def what_limits(found: Lanes) -> None:
    """The two largest pieces: a filter call, which costs the same for 5 samples as for 150, and a step."""
    smooth = filters.smooth(300.48)
    of = {}
    for n in CHUNKS:
        block = np.ones(n)
        of[n] = best_us(partial(smooth, block))
    print("a filter call: " + ", ".join(f"{us:.1f} us for {n}" for n, us in of.items()))
    run, last = Run(Plan(LINE)), None
    for event in islice(stream(found, 150), 60):
        for out in run.feed(event):
            last = out if isinstance(out, Reading) else last
    assert last is not None and run.state.band
    state, reading = run.state, last
    front = state[1 : 1 + State._fields.index("loaded_since_zero")]
    print(f"a step: {best_us(partial(step, state, reading)):.1f} us, of which making the new state: "
          f"{best_us(partial(moved_on, state, *front)):.1f} us")  # fmt: skip


def best_us(call: Callable[[], object]) -> float:
    return 1e6 * min(timeit.repeat(call, number=5000, repeat=5, timer=time.process_time)) / 5000


def eight_hours(found: Lanes, chunk: int, traced: bool) -> None:
    """Time, memory and the size of everything that is kept, at the end of each hour."""
    run, process = Run(Plan(LINE)), psutil.Process()
    if traced:
        tracemalloc.start()
    us, rss_mb, peak_kb, kept = [], [], [], []
    events, fed, spent = stream(found, chunk), 0, 0.0
    while len(us) < HOURS:
        some = list(islice(events, 15_000 // chunk))  # made before the time is taken
        began = time.process_time()
        for event in some:
            for _ in run.feed(event):
                pass
        spent += time.process_time() - began
        fed += sum(len(event.raw) for event in some if isinstance(event, Samples))
        if fed >= HOUR:
            us.append(spent / fed * 1e6)
            rss_mb.append(process.memory_info().rss / 1e6)
            kept.append(len(pickle.dumps(run)))
            if traced:
                peak_kb.append(tracemalloc.get_traced_memory()[1] / 1e3)
                tracemalloc.reset_peak()
            fed, spent = 0, 0.0
    tracemalloc.stop()
    what = f"{chunk} at a time, {HOURS} h"
    if traced:
        print(f"{what}: peak of traced memory within hour 1: {peak_kb[0]:.0f} kB, within hour {HOURS}: {peak_kb[-1]:.0f} kB", flush=True)
    else:
        print(f"{what}: hour 1 {us[0]:.2f} us a sample, hour {HOURS} {us[-1]:.2f}, ratio {us[-1] / us[0]:.2f}; all hours "
              + " ".join(f"{v:.2f}" for v in us))  # fmt: skip
        print(f"    resident memory {rss_mb[0]:.1f} MB after 1 h, {rss_mb[-1]:.1f} MB after {HOURS} h; "
              f"everything kept, pickled: {kept[0]} and {kept[-1]} bytes", flush=True)  # fmt: skip


def main() -> None:
    print(f"load of the machine (1 min): {psutil.getloadavg()[0]:.2f} on {psutil.cpu_count()} cores")
    found = signal_of(PERIOD_S)
    each_part(found)
    what_limits(found)
    for chunk in CHUNKS:
        eight_hours(found, chunk, traced=False)
    eight_hours(found, CHUNKS[-1], traced=True)


if __name__ == "__main__":
    main()
