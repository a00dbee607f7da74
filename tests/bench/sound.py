"""How quick and how dear the sound is, on the null device, which asks for blocks like a real one: `make bench-sound`.

What a real device adds to this (its own buffer, a mixer, Bluetooth) is not in here.
"""

from __future__ import annotations

import random
import threading
import time

import numpy as np

from sixten.ball.virtual import VirtualSource
from sixten.pressure.readings import Reading
from sixten.recording.replay import paced
from sixten.session.rules import Plan
from sixten.session.run import Run
from sixten.sound.cues import Cues, Now, facts, step
from sixten.sound.device import Sound
from sixten.sound.mixer import Mixer
from sixten.sound.tones import RATE, Wave
from sixten.sound.voice import phrases
from sixten.watch import Job, Watch

TRIALS = 200


class Ears:
    """When the first samples of an alarm were handed over."""

    def __init__(self) -> None:
        self.heard = threading.Event()
        self.at_s = 0.0
        self.listening = False

    def __call__(self, at_s: float, block: Wave) -> None:
        if self.listening and np.abs(block).max() > 0.01:
            self.at_s, self.listening = time.monotonic(), False  # after the block was made, so its making counts
            self.heard.set()


def job_at(scenario: str, speed: float | None) -> Job:
    source = VirtualSource(scenario, 40.0)
    return Job(source, source if speed is None else paced(source, speed, closed=lambda: source.closed), Run(Plan(40.0)), None, "VIRTUAL")


def over(job: Job, band: str, t_us: int) -> Reading:
    job.run.state = job.run.state._replace(band=band, t_us=t_us)  # type: ignore[attr-defined, misc]
    return Reading(t_us, 50.0, 50.0, 0.0, "ok", "kPa", True, 0)


def latency(busy: bool) -> None:
    ears = Ears()
    sound = Sound(backend="NULL", tap=ears)
    begun = time.monotonic()
    sound.start()
    while not sound.on:
        time.sleep(0.001)
    opened_s = time.monotonic() - begun
    job = job_at("steady", None)
    watch = Watch(lambda: job_at("steady", 1.0))
    if busy:
        watch.start()
        time.sleep(3)
    else:
        print(f"opening the device, its library and the voice: {1000 * opened_s:.0f} ms, in a thread of its own")
        time.sleep(1)
    lot, taken = random.Random(1), []
    for i in range(TRIALS):
        sound(job, over(job, "", 2 * i * 10**6))
        time.sleep(0.05 + lot.random() * 0.02)
        ears.heard.clear()
        ears.listening = True
        notice_s = time.monotonic()
        sound(job, over(job, "over", (2 * i + 1) * 10**6))
        assert ears.heard.wait(5)
        taken.append(1000 * (ears.at_s - notice_s))
    watch.close()
    sound.close()
    beside = "with a live session in the same process" if busy else "alone"
    q = np.percentile(taken, [50, 99, 100])
    print(f"from `over` to its first sample handed over, {beside}: median {q[0]:.1f}, 99 % {q[1]:.1f}, at most {q[2]:.1f} ms of {TRIALS}")


def cost() -> None:
    mixer = Mixer(phrases())
    blocks = 3000
    begun = time.perf_counter()
    for i in range(blocks):
        if i % 350 == 0:
            from sixten.sound.cues import Cue

            mixer.play(Cue("pacer", "in", 4))
        np.rint(mixer.render(RATE // 100, i / 100) * 32767).astype("<i2").tobytes()
    taken = time.perf_counter() - begun
    print(f"a block of 10 ms: {1e6 * taken / blocks:.0f} us, {100 * taken / (blocks / 100):.2f} % of one core")
    cues, now, n = Cues(), Now(0, True, False, "work", True), 30_000
    reading = Reading(0, 30.0, 30.0, 0.0, "ok", "kPa", True, 0)
    state = Run(Plan(40.0)).state
    begun = time.perf_counter()
    for i in range(n):
        facts(reading, state)
        cues, _ = step(cues, now._replace(t_us=i * 3328))
    taken = time.perf_counter() - begun
    print(f"a reading: {1e6 * taken / n:.1f} us, {100 * 300 * taken / n:.2f} % of one core at 300 a second")


if __name__ == "__main__":
    latency(busy=False)
    latency(busy=True)
    cost()
