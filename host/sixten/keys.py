"""What each key does, for the terminal and the window alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sixten.watch import Watch

if TYPE_CHECKING:
    from sixten.recording.replay import ReplaySource

STOPS = {" ", "\r", "\n", "\x1b", "\x7f", "\b"}  # Space, Enter, Esc, Backspace: everything large, and no digit
LEAN = 0.02  # of the line, for each press of an arrow on the virtual ball
HELP = "space stop · s symptom · 0-9 t rate · n new window · z zero · y untouched · q quit"
HELP_VIRTUAL = HELP + " · ↑↓ lean"
HELP_REPLAY = "space pause · ←→ 5 s back or on · . one step · ↑↓ quicker, slower · q quit"
SEEK_S = 5.0  # for each press


def help_line(label: str) -> str:
    """What the keys do, in a session with this label (see View)."""
    return HELP_REPLAY if label.startswith("REPLAY") else HELP_VIRTUAL if label == "VIRTUAL" else HELP


CALIBRATION_HELP = "↑ or + one more · ↓ or - one less · 0-9 t rate · space stop · s symptom · m ball moved · y untouched · n go on · q quit"
MORE = {"up", "+", "=", "pagedown"}  # presenter remotes send page keys
LESS = {"down", "-", "pageup"}


def press_calibration(watch: Watch, key: str) -> None:
    """Do what ``key`` means in a calibration. Other keys do nothing."""
    if watch.job is not None and watch.job.replay is not None:
        press(watch, key)
    elif key in MORE:
        watch.mark("more")
    elif key in LESS:
        watch.mark("less")
    elif key == "m":
        watch.mark("moved")
    else:
        press(watch, key)


def press(watch: Watch, key: str) -> None:
    """Do what ``key`` (a character, or ``up``, ``down``, ``left`` or ``right``) means. Other keys do nothing."""
    if watch.job is not None and watch.job.replay is not None:
        _press_replay(watch.job.replay, key)
    elif key in STOPS:
        watch.mark("stop")
    elif key == "s":
        watch.mark("symptom")
    elif key == "z":
        watch.mark("zero")
    elif key == "y":
        watch.mark("untouched")
    elif key == "n":
        watch.mark("start")
    elif len(key) == 1 and key in "0123456789":
        watch.mark("rate", int(key))
    elif key == "t":
        watch.mark("rate", 10)
    elif key in ("up", "down") and watch.job is not None:
        lean = getattr(watch.job.source, "lean", None)  # only the virtual ball can be leaned on
        if lean is not None:
            lean(LEAN if key == "up" else -LEAN)


def _press_replay(replay: ReplaySource, key: str) -> None:
    if key == " ":
        replay.pause()
    elif key == ".":
        replay.step()
    elif key in ("left", "right"):
        replay.seek(SEEK_S if key == "right" else -SEEK_S)
    elif key in ("up", "down"):
        replay.quicken(2.0 if key == "up" else 0.5)
