"""The session in a terminal: a live bar, the band's word, the clock, what was said, and keys. It decides nothing."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.text import Text

from sixten.watch import Watch
from sixten.words import CONNECTION, NO_CEILING, headline, say

FRAMES_PER_S = 10  # enough for an eye on a bar; the warning does not wait for a frame
BAR_CELLS = 50
TOP_SHARE = 1.25  # the bar ends a quarter above the line
LINES_SAID = 4

STYLE = {"off": "dim", "settle": "cyan", "work": "bold green", "near": "bold yellow", "over": "bold white on red", "": ""}
STOPS = {" ", "\r", "\n", "\x1b", "\x7f", "\b"}
LEAN = 0.02  # of the ceiling, for each press of an arrow on the virtual ball


def run(watch: Watch) -> None:
    """Shows ``watch`` until it ends or the person quits; then closes it. Raises KeyboardInterrupt, with the session still open."""
    if not sys.stdout.isatty():
        _plain(watch)
        return
    console = Console(highlight=False)
    said = 0
    with _keys() as keys, Live(_frame(watch), console=console, auto_refresh=False, transient=True) as live:
        watch.start()
        while watch.running:
            for key in keys(1 / FRAMES_PER_S):
                if key == "q":
                    watch.close()
                else:
                    _press(watch, key)
            if watch.notice_count != said:
                new = list(watch.notices)[said - watch.notice_count :]
                said = watch.notice_count
                if any(n.code in ("over", "ease_off", "ended", "stale", "lost", "symptom") for n in new):
                    console.bell()
            live.update(_frame(watch), refresh=True)


def _plain(watch: Watch) -> None:
    """No terminal to draw on: one line a notice."""
    said = 0
    watch.start()
    while True:
        running = watch.running
        count = watch.notice_count
        first_us = watch.job.run.first_us if watch.job else None
        for notice in list(watch.notices)[said - count :] if count != said else []:
            label = f"{watch.job.label} " if watch.job and watch.job.label else ""
            t_s = (notice.t_us - (first_us or 0)) / 1e6
            print(f"{label}{t_s:8.3f} s  {notice.code:<14} {say(notice.code, notice.values)}", flush=True)
        said = count
        if not running:
            return
        watch.wait(0.05)


def _press(watch: Watch, key: str) -> None:
    if key in STOPS:
        watch.mark("stop")
    elif key == "s":
        watch.mark("symptom")
    elif key == "n":
        watch.mark("start")
    elif key.isdigit() and len(key) == 1:
        watch.mark("rate", int(key))
    elif key == "t":
        watch.mark("rate", 10)
    elif key in ("up", "down") and watch.job is not None:
        lean = getattr(watch.job.source, "lean", None)
        if lean is not None:
            lean(LEAN if key == "up" else -LEAN)


def _frame(watch: Watch) -> Text:
    job, reading, connection = watch.job, watch.reading, watch.connection
    out = Text()
    out.append(" sixten ", "bold reverse")
    if job is not None and job.label:
        out.append(f" {job.label} ", "bold black on yellow")
    out.append(f"  {CONNECTION.get(connection.state, connection.state) if connection else 'starting'}", "dim")
    hello = watch.hello
    if hello is not None:
        out.append(f"  {getattr(hello, 'board', '')} {getattr(hello, 'unique_id', '')}", "dim")
    if job is None:
        return out.append("\n\n  starting …\n\n\n\n")
    state = job.run.state
    ceiling = state.ceiling_kpa
    top = (ceiling or 95.0) * TOP_SHARE
    good = reading is not None and reading.quality in ("ok", "saturated") and not state.stale
    out.append("\n\n  ")
    if good and reading is not None:
        number = "  MAX" if reading.quality == "saturated" else f"{max(0.0, reading.smooth_kpa):5.1f}"
        out.append(number, "bold").append(f" {reading.unit}  ")
        out.append_text(_bar(reading.gauge_kpa / top, ceiling / top if ceiling else None, STYLE[state.band]))
    else:
        out.append("  --.-           ", "bold")
        out.append(" " * BAR_CELLS)
    out.append(f"  line {ceiling:.1f}" if ceiling else "  no line", "dim")
    word = headline(state.band, bool(state.ended), not good)
    out.append("\n\n  ").append(f" {word:<9} ", STYLE[state.band] if good else "bold reverse")
    if ceiling is None:
        out.append(f"  {NO_CEILING}", "yellow")
    else:
        plan = job.run.state.plan
        done = "" if not state.ended else ("  done" if state.ended == "done" else "  window ended")
        may = "  you may stop" if state.may_stop and not state.ended else ""
        out.append(f"  clock {state.window_us / 1e6:5.1f} s of {plan.min_s:.0f}-{plan.max_s:.0f}{may}{done}", "bold")
    out.append("\n")
    recent = list(watch.notices)[-LINES_SAID:]
    for notice in recent:
        t_s = (notice.t_us - (job.run.first_us or 0)) / 1e6
        out.append(f"\n  {t_s:7.1f} s  {say(notice.code, notice.values)}", "bold" if notice is recent[-1] else "dim")
    out.append("\n" * (1 + LINES_SAID - len(recent)))
    trouble = [f"{n} {what}" for n, what in ((job.run.lost, "samples lost"), (job.run.damaged, "damaged lines")) if n]
    if trouble:
        out.append(f"\n  {', '.join(trouble)}", "yellow")
    keys = "space stop · s symptom · 0-9 t rate · n new window · q quit"
    return out.append(f"\n  {keys}{' · ↑↓ lean' if job.label == 'VIRTUAL' else ''}", "dim")


def _bar(share: float, line: float | None, style: str) -> Text:
    filled = min(BAR_CELLS, max(0, round(share * BAR_CELLS)))
    cells = ["█"] * filled + ["·"] * (BAR_CELLS - filled)
    at = None if line is None else min(BAR_CELLS - 1, round(line * BAR_CELLS))
    out = Text()
    for begin, end in ((0, at if at is not None else BAR_CELLS), (at, BAR_CELLS)):
        if begin is None:
            continue
        if begin == at and begin:
            out.append("┃", "bold")
            begin += 1
        out.append("".join(cells[begin:end]), style)
    return out


@contextmanager
def _keys() -> Iterator:  # type: ignore[type-arg]
    """Yields ``keys(timeout_s)``: the keys pressed within that time, arrows as ``up`` and ``down``. None where stdin is no terminal."""
    try:
        import termios
        import tty

        fd = sys.stdin.fileno()
        before = termios.tcgetattr(fd)
    except (ImportError, OSError, ValueError, termios.error):
        import time

        def none(timeout_s: float) -> list[str]:
            time.sleep(timeout_s)
            return []

        yield none
        return

    def keys(timeout_s: float) -> list[str]:
        if not select.select([fd], [], [], timeout_s)[0]:
            return []
        data = os.read(fd, 64).decode("ascii", "ignore")
        out = []
        while data:
            for code, name in (("\x1b[A", "up"), ("\x1b[B", "down"), ("\x1bOA", "up"), ("\x1bOB", "down")):
                if data.startswith(code):
                    out.append(name)
                    data = data[len(code) :]
                    break
            else:
                if data.startswith("\x1b["):  # some other special key: not Esc, so not a stop
                    data = data[2:].lstrip("0123456789;")[1:]
                    continue
                out.append(data[0])
                data = data[1:]
        return out

    try:
        tty.setcbreak(fd)
        yield keys
    finally:
        termios.tcsetattr(fd, termios.TCSADRAIN, before)
