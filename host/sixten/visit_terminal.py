"""The visit in a terminal: one page at a time, the side's word always on it, and keys. It decides nothing."""

from __future__ import annotations

import shutil
import sys
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from rich.text import Text

from sixten import calibration_terminal, terminal
from sixten import visit_words as W
from sixten.calibration_words import CUES
from sixten.language import fill, tr
from sixten.terminal import FRAMES_PER_S, keyboard
from sixten.visitview import Page, help_line, page, press
from sixten.watch import Watch

if TYPE_CHECKING:
    from sixten.session.rules import Notice

LEAST_COLUMNS, LEAST_ROWS = 76, 24  # the curve after a calibration, and the gauge with its number
WIDEST = 100  # longer lines are hard to read from the floor
ALARMS = terminal.ALARMS | calibration_terminal.ALARMS | {"prompt", "starting", "phase", "stand", "no_session"}  # what rings the bell
QUIET = {"aloud"}  # in lines of text: spoken numbers


def too_small() -> str:
    """Why this terminal is too small for a visit; empty if it is not."""
    columns, rows = shutil.get_terminal_size()
    if columns >= LEAST_COLUMNS and rows >= LEAST_ROWS:
        return ""
    sizes = {"columns": columns, "rows": rows, "least_columns": LEAST_COLUMNS, "least_rows": LEAST_ROWS}
    return fill(W.TOO_SMALL, sizes)


def run(watch: Watch, who: str, tick: Callable[[], None] = lambda: None) -> None:
    """Shows ``watch`` until it ends or the person leaves. who: for the top line. tick: called a few times a second, for what is to be kept.

    Raises KeyboardInterrupt.
    """
    if not sys.stdout.isatty():
        _plain(watch, tick)
        return
    console = Console(highlight=False)
    alarms: deque[str] = deque()
    watch.on_notice = lambda notice: alarms.append(notice.code) if notice.code in ALARMS else None
    note = ""
    with keyboard() as keys, Live(_frame(page(watch), who, ""), console=console, auto_refresh=False, screen=True) as live:
        watch.start()
        while watch.running:
            for key in keys(1 / FRAMES_PER_S):
                note = ""
                if key == "q" or page(watch).over:
                    watch.close()
                elif not press(watch, key):
                    note = fill(W.KEY_DOES_NOTHING, {"key": key if key.isprintable() else tr(W.THAT_KEY)})
            if alarms:
                alarms.clear()
                terminal.ring(console, watch)
            small = too_small()
            live.update(Text(small) if small else _frame(page(watch), who, note), refresh=True)
            tick()


def _plain(watch: Watch, tick: Callable[[], None]) -> None:
    """No terminal to draw on: one line for each thing that is said."""

    def tell(notice: Notice) -> None:
        job = watch.job
        sentence = W.say(notice.code, notice.values)
        if not sentence or notice.code in QUIET or job is None:
            return
        label = f"{job.label} " if job.label else ""
        print(f"{label}{(notice.t_us - (job.run.first_us or 0)) / 1e6:8.3f} s  {notice.code:<16} {sentence}", flush=True)

    watch.on_notice = tell
    watch.start()
    while watch.running:
        watch.wait(0.2)
        tick()


def choose(names: list[str]) -> int | None:
    """Which of ``names`` it is, by one key; None if nobody was chosen. At most nine have a key."""
    console = Console(highlight=False)
    with keyboard() as keys:  # first, or a quick key would be lost
        console.print(tr(W.WHO), style="bold")
        for i, name in enumerate(names[:9], 1):
            console.print(f"  {i}  {name}", markup=False)
        console.print(f"  q  {tr(W.LEAVE)}", style="dim")
        while True:
            for key in keys(0.5):
                if key in ("q", "\x1b"):
                    return None
                if key in "123456789" and int(key) <= len(names):
                    return int(key) - 1


def _frame(now: Page, who: str, note: str) -> Text:
    out = Text()
    out.append(" sixten ", "bold reverse")
    if now.label:
        out.append(f" {now.label} ", "bold black on yellow")
    if now.side:
        out.append(" ").append(f" {now.side} ", "bold reverse")
    out.append(f"  {fill(W.VISIT_OF, {'who': who})}  {now.connection}", "dim").append(f"  {now.sound}\n", "yellow")
    if now.window is not None:
        out.append("\n").append_text(terminal.gauge(now.window))
        if now.number:
            out.append(f"\n  {fill(W.RATING, {'score': now.number})}\n", "bold")
    else:
        out.append("\n").append_text(_wrapped(now.title, "bold"))
        if now.number is not None:
            out.append("\n")
            for row in calibration_terminal.big(now.number):
                out.append(f"      {row}\n", "bold")
        if now.cue:
            style = calibration_terminal.CUE_STYLE.get(now.cue, "bold yellow")
            out.append("\n  ").append(f"  {tr(CUES[now.cue]):^8}  ", f"{style} reverse").append("\n")
        lines, drawn = _fitting(now.lines)
        for line in lines:
            out.append("" if drawn else "\n").append_text(_wrapped(line, ""))
        fresh = [] if drawn else [s for s in now.said if s != now.title]
        out.append("\n")
        for i, sentence in enumerate(fresh[-2:]):
            out.append_text(_wrapped(sentence, "" if i == len(fresh[-2:]) - 1 else "dim"))
    if now.trouble:
        out.append(f"\n  {now.trouble}\n", "yellow")
    if note:
        out.append(f"\n  {note}\n", "yellow")
    return out.append("\n").append_text(_wrapped(help_line(now), "dim"))


def _fitting(lines: tuple[str, ...]) -> tuple[tuple[str, ...], bool]:
    """What has room of a page's lines, and whether a drawing is among them: where there is none for it, its text is kept."""
    if "" not in lines:
        return lines, False
    if shutil.get_terminal_size().lines >= len(lines) + BESIDE_ROWS:
        return lines, True
    return lines[lines.index("") + 1 :], False


BESIDE_ROWS = 10  # head, title, keys, and lines that wrap


def _wrapped(text: str, style: str) -> Text:
    """Indented lines that are no wider than can be read."""
    width = min(WIDEST, shutil.get_terminal_size().columns) - 4
    out = Text()
    rest = text
    while len(rest) > width and " " in rest[:width]:
        cut = rest.rindex(" ", 0, width)
        out.append(f"  {rest[:cut]}\n", style)
        rest = rest[cut + 1 :]
    return out.append(f"  {rest}\n", style)
