"""The calibration in a terminal: one prompt, one cue, the rating big, and keys. It decides nothing and shows no pressure before the end."""

from __future__ import annotations

import sys
from collections import deque
from typing import TYPE_CHECKING, cast

from rich.console import Console
from rich.live import Live
from rich.text import Text

from sixten import calibration_words as words
from sixten.calibration_words import CUES, say
from sixten.keys import press_calibration
from sixten.language import fill, tr
from sixten.terminal import FRAMES_PER_S, keyboard, ring
from sixten.view import replay_label
from sixten.watch import Watch
from sixten.words import CONNECTION, HELP_REPLAY, NOT_RECORDING

if TYPE_CHECKING:
    from sixten.pain.procedure import State
    from sixten.session.rules import Notice

ALARMS = {"come_off", "too_far", "no_signal", "rate_now", "stop", "symptom", "recording_lost"}  # what rings the terminal's bell
CUE_STYLE = {"good": "bold green", "": ""}
# The rating in digits of five rows, readable from the floor.
DIGITS = {
    "0": ("███", "█ █", "█ █", "█ █", "███"), "1": ("  █", "  █", "  █", "  █", "  █"), "2": ("███", "  █", "███", "█  ", "███"),
    "3": ("███", "  █", "███", "  █", "███"), "4": ("█ █", "█ █", "███", "  █", "  █"), "5": ("███", "█  ", "███", "  █", "███"),
    "6": ("███", "█  ", "███", "█ █", "███"), "7": ("███", "  █", "  █", "  █", "  █"), "8": ("███", "█ █", "███", "█ █", "███"),
    "9": ("███", "█ █", "███", "  █", "███"),
}  # fmt: skip


def run(watch: Watch, who: str) -> None:
    """Shows ``watch`` until it ends or the person quits. who: name and side, for the top line. Raises KeyboardInterrupt."""
    if not sys.stdout.isatty():
        _plain(watch)
        return
    console = Console(highlight=False)
    alarms: deque[str] = deque()
    watch.on_notice = lambda notice: alarms.append(notice.code) if notice.code in ALARMS else None
    with keyboard() as keys, Live(_frame(watch, who), console=console, auto_refresh=False, transient=True) as live:
        watch.start()
        while watch.running:
            for key in keys(1 / FRAMES_PER_S):
                if key == "q" or _over(watch) and not _replayed(watch):
                    watch.close()
                else:
                    press_calibration(watch, key)
            if alarms:
                alarms.clear()
                ring(console, watch)
            live.update(_frame(watch, who), refresh=True)


def _replayed(watch: Watch) -> bool:
    return watch.job is not None and watch.job.replay is not None


def _over(watch: Watch) -> bool:
    job = watch.job
    return job is not None and cast("State", job.run.state).outcome is not None


def _plain(watch: Watch) -> None:
    """No terminal to draw on: one line a prompt."""

    def tell(notice: Notice) -> None:
        job = watch.job
        sentence = say(notice.code, notice.values)
        if not sentence or job is None:
            return
        label = f"{job.label} " if job.label else ""
        print(f"{label}{(notice.t_us - (job.run.first_us or 0)) / 1e6:8.3f} s  {notice.code:<16} {sentence}", flush=True)
        if cast("State", job.run.state).outcome is not None:
            job.source.close()

    watch.on_notice = tell
    watch.start()
    while watch.running:
        watch.wait(0.2)


def _frame(watch: Watch, who: str) -> Text:
    out = Text()
    out.append(" sixten ", "bold reverse")
    job, connection = watch.job, watch.connection
    if job is not None and job.label:
        out.append(f" {job.label if job.replay is None else replay_label(job.replay)} ", "bold black on yellow")
    state = connection.state if connection else "starting"
    out.append(f"  {fill(words.TITLE, {'who': who})}  {tr(CONNECTION.get(state, state))}", "dim")
    out.append(f"  {watch.sound.state if watch.sound is not None else ''}\n\n", "yellow")
    if job is None:
        return out
    now = cast("State", job.run.state)
    score = None if now.trial is not None and now.phase == "holding" and now.trial.score is None else now.score
    for row in big("" if score is None else str(score)):
        out.append(f"      {row}\n", "bold")
    out.append("\n  ").append(f"  {tr(CUES[now.cue]):^8}  ", f"{CUE_STYLE.get(now.cue, 'bold yellow')} reverse" if now.cue else "")
    sentences = [s for n in list(watch.notices) if (s := say(n.code, n.values))]
    out.append("\n")
    for i, sentence in enumerate(sentences[-2:]):
        out.append(f"\n  {sentence}", "bold" if i == len(sentences[-2:]) - 1 else "dim")
    if job.recorder is not None and job.recorder.failure:
        out.append(f"\n\n  {fill(NOT_RECORDING, {'reason': job.recorder.failure})}", "yellow")
    keys = HELP_REPLAY if job.replay is not None else words.ANY_KEY if now.outcome is not None else words.HELP
    return out.append(f"\n\n  {tr(keys)}", "dim")


def big(text: str) -> list[str]:
    """Digits in five rows of equal width."""
    return ["  ".join(DIGITS[c][i] for c in text) for i in range(5)]
