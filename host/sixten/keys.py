"""What each key does, for the terminal and the window alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sixten.watch import Watch

if TYPE_CHECKING:
    from sixten.recording.replay import ReplaySource

STOPS = {" ", "\r", "\n", "\x1b", "\x7f", "\b"}  # Space, Enter, Esc, Backspace: everything large, and no digit
LEAN = 0.02  # of the line, for each press of an arrow on the virtual ball
SEEK_S = 5.0  # of a replay, for each press
MORE = {"up", "+", "=", "pagedown"}  # presenter remotes send page keys
SOUNDS = {"m", "[", "]"}
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
    elif key == "u" and watch.sound is not None:
        watch.sound.mute()
    else:
        press(watch, key)


def press(watch: Watch, key: str) -> None:
    """Do what ``key`` (a character, or ``up``, ``down``, ``left`` or ``right``) means. Other keys do nothing."""
    if watch.job is not None and watch.job.replay is not None:
        _press_replay(watch, watch.job.replay, key)
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
    elif key in SOUNDS:
        _press_sound(watch, key)
    elif key in ("up", "down") and (lean := getattr(watch.job and watch.job.source, "lean", None)) is not None:
        lean(LEAN if key == "up" else -LEAN)  # only the virtual ball can be leaned on
    elif key in MORE:
        watch.mark("more")
    elif key in LESS:
        watch.mark("less")


def _press_replay(watch: Watch, replay: ReplaySource, key: str) -> None:
    if key == " ":
        replay.pause()
    elif key == ".":
        replay.step()
    elif key in ("left", "right"):
        replay.seek(SEEK_S if key == "right" else -SEEK_S)
    elif key in ("up", "down"):
        replay.quicken(2.0 if key == "up" else 0.5)
    elif key in SOUNDS:
        _press_sound(watch, key)


def _press_sound(watch: Watch, key: str) -> None:
    if watch.sound is None:
        return
    if key == "m":
        watch.sound.mute()
    else:
        watch.sound.louder(1 if key == "]" else -1)
