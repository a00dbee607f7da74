"""What each key does, for the terminal and the window alike."""

from __future__ import annotations

from sixten.watch import Watch

STOPS = {" ", "\r", "\n", "\x1b", "\x7f", "\b"}  # Space, Enter, Esc, Backspace: everything large, and no digit
LEAN = 0.02  # of the line, for each press of an arrow on the virtual ball
MORE = {"up", "+", "=", "pagedown"}  # presenter remotes send page keys
LESS = {"down", "-", "pageup"}


def press_calibration(watch: Watch, key: str) -> None:
    """Do what ``key`` means in a calibration. Other keys do nothing."""
    if key in MORE:
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
    """Do what ``key`` (a character, or ``up`` or ``down``) means. Other keys do nothing."""
    if key in STOPS:
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
    elif key == "m" and watch.sound is not None:
        watch.sound.mute()
    elif key in ("[", "]") and watch.sound is not None:
        watch.sound.louder(1 if key == "]" else -1)
    elif key in ("up", "down") and watch.job is not None:
        lean = getattr(watch.job.source, "lean", None)  # only the virtual ball can be leaned on
        if lean is not None:
            lean(LEAN if key == "up" else -LEAN)
