"""What the window costs on this machine: `make bench-desktop`, or parts of it by name: paint, app, latency, start, flat.

Figures are shown, not asserted. Milliseconds are a clock's; in brackets the thread's own processor time, which other work on the machine
does not lengthen. Qt paints offscreen, without a graphics card.
"""

from __future__ import annotations

import gc
import json
import math
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import psutil

HERE = Path(__file__).resolve()
RATE_HZ, BEHIND_S, CEILING_KPA, NOISE_KPA = 300.0, 600.0, 40.0, 0.6
SIZE = 1280, 800
CHILD_S = 15.0
WARM_S = 4.0
PROCESS = psutil.Process()


def samples(begin: int, n: int) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    """Slow movement near the line, and noise on every sample."""
    t_s = np.arange(begin, begin + n) / RATE_HZ
    return t_s, 32 + 5 * np.sin(t_s * 2 * math.pi / 7) + np.random.default_rng(begin).normal(0, NOISE_KPA, n)


def quantiles(seconds: Sequence[float]) -> str:
    return "{:5.2f} / {:5.2f}".format(*(1e3 * np.percentile(seconds, q) for q in (50, 99))) if len(seconds) else "-"


def resident_mb() -> float:
    return PROCESS.memory_info().rss / 1e6


class Stopwatch:
    """How long paints took, by the clock and by the thread's processor time."""

    def __init__(self) -> None:
        self.wall: list[float] = []
        self.own: list[float] = []

    def painted(self, paint: Callable[[], None]) -> None:
        wall, own = time.perf_counter(), time.thread_time()
        paint()
        self.wall.append(time.perf_counter() - wall)
        self.own.append(time.thread_time() - own)

    def frame(self, before: int) -> tuple[float, float]:
        """Of all paints since there were ``before``."""
        return sum(self.wall[before:]), sum(self.own[before:])


# --- paint: our page and others, each in a process of its own -----------------------------------------------------------------------


def ours(stopwatch: Stopwatch) -> tuple[object, Callable[..., None], Callable[[], None]]:
    from sixten.desktop.reading import Bar, Number, Word
    from sixten.desktop.session_page import SessionPage
    from sixten.desktop.theme import load_fonts
    from sixten.desktop.trace import Plot, Trace
    from sixten.desktop.turned import Turned
    from sixten.view import View
    from sixten.watch import Job, Watch

    paint, plot, show = Turned.paintEvent, Plot.paintEvent, Trace.show_view

    def timed(self: Turned, event: object) -> None:
        if isinstance(self, (Bar, Number, Word, Trace)):
            stopwatch.painted(lambda: paint(self, event))  # type: ignore[arg-type]
        else:
            paint(self, event)  # type: ignore[arg-type]

    Turned.paintEvent = timed  # type: ignore[method-assign,assignment]
    Plot.paintEvent = lambda self, event: stopwatch.painted(lambda: plot(self, event))
    Trace.show_view = lambda self, view: stopwatch.painted(lambda: show(self, view))  # type: ignore[method-assign,assignment]
    load_fonts()

    def none() -> Job:
        raise RuntimeError("never started")

    page = SessionPage(Watch(none))
    page.add_trace()
    history = page.parts["trace"]._history  # type: ignore[attr-defined]
    now = [0.0, 0.0]
    smoothed_s = 0.3  # what is shown is smooth, what is drawn is not

    def feed(new: tuple[np.ndarray, np.ndarray]) -> None:  # type: ignore[type-arg]
        for t_s, kpa in zip(*new, strict=True):
            history.add(int(t_s * 1e6), float(kpa))
        share = min(1.0, len(new[0]) / RATE_HZ / smoothed_s)
        now[:] = float(new[0][-1]), (1 - share) * now[1] + share * float(new[1].mean())

    view = View(
        label="VIRTUAL", connection="live", unit="kPa", line_share=0.8, line="line 40.0", line_kpa=CEILING_KPA, side="LEFT HIP", beat="in",
        prompt="Bend and stretch the hip, slowly.", said=((0.0, "Good. Stay here and move slowly."),), sound="volume 80 %",
    )  # fmt: skip

    def frame() -> None:
        t_s, kpa = now
        band, word = ("over", "OVER") if kpa > CEILING_KPA else ("near", "NEAR") if kpa > 38 else ("work", "WORK")
        share, window_s = kpa / CEILING_KPA * 0.8, t_s % 60
        page.refresh(
            replace(
                view,
                number=f"{kpa:.1f}",
                share=share,
                band=band,
                word=word,
                window_s=window_s,
                clock=f"{window_s:.1f} s of 30-60",
                beat_share=t_s / 3.5 % 1,
            )  # fmt: skip
        )

    return page, feed, frame


def paint_child(kind: str, fps: float, seconds: float) -> None:
    from PySide6.QtCore import Qt, QTimer
    from PySide6.QtWidgets import QApplication

    sys.path.insert(0, str(HERE.parent))
    from desktop_peers import PEERS

    app = QApplication([])
    stopwatch = Stopwatch()
    behind = samples(0, int(BEHIND_S * RATE_HZ))
    if kind == "sixten":
        widget, feed, frame = ours(stopwatch)
        feed(behind)
    else:
        widget, feed, frame = PEERS[kind](behind, stopwatch.painted, fps)
    widget.resize(*SIZE)  # type: ignore[attr-defined]
    widget.show()  # type: ignore[attr-defined]
    fed, began, warm, frames = len(behind[0]), time.perf_counter(), False, []
    cpu = [0.0, 0.0]
    before = 0

    def tick() -> None:
        nonlocal fed, warm, before
        now = time.perf_counter() - began
        if not warm and now > WARM_S:
            warm = True
            stopwatch.wall.clear(), stopwatch.own.clear(), frames.clear()
            before, cpu[0], cpu[1] = 0, time.process_time(), time.perf_counter()
        if len(stopwatch.wall) > before:
            frames.append(stopwatch.frame(before))  # what was painted since the last tick
            before = len(stopwatch.wall)
        due = int(BEHIND_S * RATE_HZ + now * RATE_HZ) - fed
        if due > 0:
            feed(samples(fed, due))
            fed += due
        frame()
        if now > WARM_S + seconds:
            app.quit()

    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(tick)
    timer.start(round(1000 / fps))
    app.exec()
    wall_s = time.perf_counter() - cpu[1]
    cpu_share = 100 * (time.process_time() - cpu[0]) / wall_s
    print(json.dumps({"frames": frames, "cpu": cpu_share, "fps": len(frames) / wall_s, "rss": resident_mb()}))


def paint() -> None:
    print(f"paint of gauge and trace, {SIZE[0]} x {SIZE[1]}, 10 s at {RATE_HZ:.0f}/s full of noise, {BEHIND_S / 60:.0f} min behind")
    print("                          p50 / p99 ms      (own p50 / p99)    frames/s   % of a core   MB")
    for kind, fps in (("sixten", 60), ("sixten", 20), ("pyqtgraph", 60), ("matplotlib", 60)):
        out = child("paint_child", kind, fps, CHILD_S)
        told = json.loads(out)
        wall, own = zip(*told["frames"], strict=True) if told["frames"] else ((), ())
        name = {"sixten": "sixten", "pyqtgraph": "pyqtgraph scrolling", "matplotlib": "FuncAnimation"}[kind]
        figures = f"{quantiles(wall):14}   ({quantiles(own):14})   {told['fps']:5.0f}      {told['cpu']:6.1f}      {told['rss']:5.0f}"
        print(f"  {name:20} {fps:2}  {figures}")


# --- the whole program --------------------------------------------------------------------------------------------------------------


def window_at(fps: int, scenario: str | None, speed: float = 1.0) -> object:
    """The program's window with a session on the virtual ball, which costs some itself: its load, its sensor and its wire."""
    from sixten.ball.virtual import VirtualSource
    from sixten.desktop.theme import load_fonts
    from sixten.desktop.window import AppWindow
    from sixten.pages.home import Home
    from sixten.recording.replay import paced
    from sixten.recording.settings import change
    from sixten.session.rules import Plan
    from sixten.session.run import Run
    from sixten.watch import Job, Watch

    class Session:
        label = "VIRTUAL"

        def make(self) -> Job:
            source = VirtualSource(scenario, CEILING_KPA)
            plan = Plan(CEILING_KPA, guided=True, side="left")
            return Job(source, paced(source, speed, closed=lambda: source.closed), Run(plan), None, self.label, side="left")

        def end(self, watch: Watch) -> Sequence[str]:
            return ()

    load_fonts()
    change(low_power=fps == 20)  # in a folder of this run's own, see `child`
    window = AppWindow(None, None, Home())
    window.resize(*SIZE)
    window.show()
    window.begin(Session())
    return window


def app_child(fps: int, seconds: float) -> None:
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    app = QApplication([])
    window = window_at(fps, "steady")
    marks: list[tuple[float, float, float, float]] = []

    def mark() -> None:
        own = {t.id: t.user_time + t.system_time for t in PROCESS.threads()}.get(threading.get_native_id(), 0.0)
        marks.append((time.perf_counter(), time.process_time(), own, resident_mb()))
        if len(marks) == 2:
            app.quit()

    QTimer.singleShot(22_000, mark)  # the clock runs, the pacer beats, the trace is full
    QTimer.singleShot(22_000 + int(seconds * 1000), mark)
    app.exec()
    (t0, cpu0, own0, rss0), (t1, cpu1, own1, rss1) = marks
    told = {"cpu": 100 * (cpu1 - cpu0) / (t1 - t0), "own": 100 * (own1 - own0) / (t1 - t0), "rss": rss1, "grown": rss1 - rss0}
    print(json.dumps(told))
    window.close()  # type: ignore[attr-defined]


def app() -> None:
    for fps in (60, 20):
        told = json.loads(child("app_child", fps, 30.0))
        print(
            f"whole program, a session on the virtual ball, {fps} frames a second: {told['cpu']:.1f} % of a core, of which the window's "
            f"thread {told['own']:.1f} %; {told['rss']:.0f} MB, {told['grown']:+.1f} MB in 30 s"
        )


def latency_child(fps: int, seconds: float) -> None:
    """Ratings are marked at odd moments; each is decided in the pump's thread, and is told on the page."""
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from sixten.desktop.guidance import Said
    from sixten.desktop.turned import Turned

    told: dict[str, float] = {}
    took: list[float] = []
    paint = Turned.paintEvent

    def timed(self: Turned, event: object) -> None:
        paint(self, event)  # type: ignore[arg-type]
        if isinstance(self, Said) and self.view.said:
            began = told.pop(self.view.said[-1][1], None)
            if began is not None:
                took.append(time.perf_counter() - began)

    Turned.paintEvent = timed  # type: ignore[method-assign,assignment]
    app = QApplication([])
    window = window_at(fps, "steady")
    watch = window.watch  # type: ignore[attr-defined]
    on_notice = watch.on_notice

    def noticed(notice: object) -> None:
        if notice.code == "rating":  # type: ignore[attr-defined]
            told[f"{notice.values['score']} of 10 noted."] = time.perf_counter()  # type: ignore[attr-defined]
        on_notice(notice)

    watch.on_notice = noticed
    odd = random.Random(6)

    def rate(score: int = 0) -> None:
        watch.mark("rate", score % 5)
        QTimer.singleShot(odd.randint(90, 170), lambda: rate(score + 1))

    QTimer.singleShot(16_000, lambda: rate())
    QTimer.singleShot(16_000 + int(seconds * 1000), app.quit)
    app.exec()
    print(json.dumps(took))
    window.close()  # type: ignore[attr-defined]


def latency() -> None:
    for fps in (60, 20):
        took = json.loads(child("latency_child", fps, 40.0))
        worst = f"worst {1e3 * max(took):.1f}, of {len(took)}"
        print(f"notice decided -> painted, {fps} frames a second: {quantiles(took)} ms p50 / p99, {worst}")


def start() -> None:
    """From the start of the process to the end of the window's first paint."""
    code = """
import sys, time
began = float(sys.argv[1])
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication
class App(QApplication):
    def notify(self, receiver, event):
        done = super().notify(receiver, event)
        if event.type() == QEvent.Type.UpdateRequest:
            print(time.time() - began, flush=True)
            import os
            os._exit(0)
        return done
app = App([])
sys.argv = ["sixten", "live", "--virtual", "steady", "--no-record", "--silent", "--desktop"]
from sixten.cli import main
main()
"""
    took = []
    with TemporaryDirectory() as folder:
        env = {**os.environ, "XDG_CONFIG_HOME": folder, "XDG_DATA_HOME": folder, "XDG_STATE_HOME": folder}
        for _ in range(5):
            out = subprocess.run([sys.executable, "-c", code, str(time.time())], capture_output=True, text=True, env=env)
            took.append(float(out.stdout.splitlines()[0]) if out.stdout else math.nan)
            if not out.stdout:
                print(out.stderr)
    print(f"cold start to the first painted window: {', '.join(f'{s:.2f}' for s in took)} s, median {np.median(took):.2f}")


def flat_child(frames: int) -> None:
    from PySide6.QtWidgets import QApplication

    app = QApplication([])
    stopwatch = Stopwatch()
    page, feed, frame = ours(stopwatch)
    page.resize(*SIZE)  # type: ignore[attr-defined]
    page.show()  # type: ignore[attr-defined]
    fed, per_frame, marks = 0, [], []
    step = 54  # samples a frame: 20 000 of them are an hour
    feed(samples(0, 3000))
    for i in range(frames):
        feed(samples(3000 + fed, step))
        fed += step
        frame()
        app.processEvents()
        per_frame.append(sum(stopwatch.own))
        stopwatch.wall.clear(), stopwatch.own.clear()
        if i % (frames // 10) == frames // 20:
            gc.collect()
            marks.append((resident_mb(), sys.getrefcount(None)))
    tenth = frames // 10
    rss, none = zip(*marks, strict=True)
    print(json.dumps({"first": per_frame[200:tenth], "last": per_frame[-tenth:], "rss": rss, "none": none}))


def flat() -> None:
    frames = 20_000
    told = json.loads(child("flat_child", frames))
    rss, none = told["rss"], told["none"]
    print(f"{frames} painted frames, an hour of samples; in the first tenth, then in the last:")
    print(f"  paint of gauge and trace, own time, p50 / p99 ms {quantiles(told['first'])}, then {quantiles(told['last'])}")
    print(f"  {rss[0]:.1f} MB, then {rss[-1]:.1f}; references to None {none[0]}, then {none[-1]}")


def child(name: str, *args: object) -> str:
    """Runs one of the functions above in a process of its own; what it printed last."""
    with TemporaryDirectory() as folder:  # neither this person's settings nor their recordings
        env = {**os.environ, "XDG_CONFIG_HOME": folder, "XDG_DATA_HOME": folder, "XDG_STATE_HOME": folder}
        out = subprocess.run([sys.executable, str(HERE), name, *map(str, args)], capture_output=True, text=True, env=env)
    if out.returncode or not out.stdout:
        raise SystemExit(out.stderr)
    return out.stdout.splitlines()[-1]


PARTS = {"paint": paint, "app": app, "latency": latency, "start": start, "flat": flat}
CHILDREN = {"paint_child": paint_child, "app_child": app_child, "latency_child": latency_child, "flat_child": flat_child}

if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in CHILDREN:
        CHILDREN[sys.argv[1]](*(a if a.isalpha() else int(a) if a.isdigit() else float(a) for a in sys.argv[2:]))  # type: ignore[operator]
    else:
        for part in sys.argv[1:] or PARTS:
            PARTS[part]()
