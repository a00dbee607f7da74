"""The session in a terminal: a live bar, the band's word, the clock, what was said, and keys. It decides nothing."""

from __future__ import annotations

import os
import select
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from rich.text import Text

from sixten.keys import press
from sixten.view import LINES_SAID, View, look
from sixten.visit_words import say
from sixten.watch import Watch

if TYPE_CHECKING:
    from sixten.session.rules import Notice

FRAMES_PER_S = 8  # enough for an eye on a bar; the warning does not wait for a frame
BAR_CELLS = 50
ALARMS = {"over", "ease_off", "ended", "stale", "lost", "symptom", "recording_lost"}  # what rings the terminal's bell
STYLE = {"off": "dim", "settle": "cyan", "work": "bold green", "near": "bold yellow", "over": "bold white on red", "": ""}


def run(watch: Watch) -> None:
    """Shows ``watch`` until it ends or the person quits. Raises KeyboardInterrupt, with the session still open."""
    if not sys.stdout.isatty():
        _plain(watch)
        return
    console = Console(highlight=False)
    alarms: deque[str] = deque()
    watch.on_notice = lambda notice: alarms.append(notice.code) if notice.code in ALARMS else None
    with keyboard() as keys, Live(_frame(look(watch)), console=console, auto_refresh=False, transient=True) as live:
        watch.start()
        while watch.running:
            for key in keys(1 / FRAMES_PER_S if watch.reading else 0.03):  # the first number does not wait for its frame
                if key == "q":
                    watch.close()
                else:
                    press(watch, key)
            if alarms:
                alarms.clear()
                ring(console, watch)
            live.update(_frame(look(watch)), refresh=True)


def ring(console: Console, watch: Watch) -> None:
    """The terminal's bell, where no better sound is to be had."""
    if watch.sound is None or not (watch.sound.on or watch.sound.silent):
        console.bell()


def _plain(watch: Watch) -> None:
    """No terminal to draw on: one line a notice."""

    def tell(notice: Notice) -> None:
        job = watch.job
        first_us = (job.run.first_us if job else None) or 0
        label = f"{job.label} " if job and job.label else ""
        print(f"{label}{(notice.t_us - first_us) / 1e6:8.3f} s  {notice.code:<14} {say(notice.code, notice.values)}", flush=True)

    watch.on_notice = tell
    watch.start()
    while watch.running:
        watch.wait(0.2)


def _frame(view: View) -> Text:
    out = Text()
    out.append(" sixten ", "bold reverse")
    if view.label:
        out.append(f" {view.label} ", "bold black on yellow")
    out.append(f"  {view.connection}  {view.ball}", "dim").append(f"  {view.sound}\n\n", "yellow")
    out.append_text(gauge(view))
    return out.append(f"\n  {view.keys}", "dim")


def gauge(view: View) -> Text:
    """Number, bar, the band's word, the clock and what was said."""
    style = STYLE[view.band]
    out = Text()
    out.append(f"  {view.number:>5}", "bold").append(f" {view.unit:<7} ")
    out.append_text(_bar(view.share, view.line_share, style))
    out.append(f"  {view.line}  {view.newtons}".rstrip(), "dim")
    out.append("\n\n  ").append(f" {view.word:<9} ", style or "bold reverse")
    out.append(f"  {view.clock}\n", "bold")
    for i, (t_s, sentence) in enumerate(view.said):
        out.append(f"\n  {t_s:7.1f} s  {sentence}", "bold" if i == len(view.said) - 1 else "dim")
    out.append("\n" * (1 + LINES_SAID - len(view.said)))
    return out.append(f"\n  {view.trouble}", "yellow")


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


SPECIAL_KEYS = (
    ("\x1b[A", "up"), ("\x1b[B", "down"), ("\x1bOA", "up"), ("\x1bOB", "down"), ("\x1b[5~", "pageup"), ("\x1b[6~", "pagedown"),
    ("\x1b[C", "right"), ("\x1b[D", "left"), ("\x1bOC", "right"), ("\x1bOD", "left"),
)  # fmt: skip


@contextmanager
def keyboard() -> Iterator:  # type: ignore[type-arg]
    """Yields ``keys(timeout_s)``: the keys pressed within that time, arrows and page keys by name. None where stdin is no terminal."""
    try:
        import termios
        import tty

        fd = sys.stdin.fileno()
        before = termios.tcgetattr(fd)
    except Exception:  # no termios at all, whose error could then not be named; no file; no terminal: whatever it is, there are no keys
        import time

        def none(timeout_s: float) -> list[str]:
            time.sleep(timeout_s)
            return []

        yield none
        return

    def keys(timeout_s: float) -> list[str]:
        if not select.select([fd], [], [], timeout_s)[0]:
            return []
        data = os.read(fd, 4096).decode("ascii", "ignore")
        # An arrow cut in two would look like Esc, which stops. A lone Esc has nothing behind it, an arrow's tail comes at once.
        while data.endswith(("\x1b", "\x1b[", "\x1bO")) and select.select([fd], [], [], 0.02)[0]:
            data += os.read(fd, 4096).decode("ascii", "ignore")
        out = []
        while data:
            for code, name in SPECIAL_KEYS:
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
