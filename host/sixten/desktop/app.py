"""Starts Qt, shows the window, and what takes time only after its first frame."""

from __future__ import annotations

import signal
import sys
import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from sixten.desktop.theme import load_fonts
from sixten.desktop.window import AppWindow
from sixten.pages.home import Home
from sixten.pages.program import Opened, Program

if TYPE_CHECKING:
    from sixten.sound.device import Sound


def run_app(program: Program | None, sound: Sound, first: Opened | None, home: Home | None) -> bool:
    """Shows the window until it is closed; begins with ``first``, or at home. Whether it was closed: if not, the display is gone.

    Raises KeyboardInterrupt after Ctrl-C or a polite kill, with the session closed and kept.
    """
    app = QApplication.instance() or QApplication(sys.argv[:1])
    load_fonts()
    window = AppWindow(program, sound, home or Home())
    interrupted: list[int] = []

    def interrupt(number: int, frame: object) -> None:
        interrupted.append(number)
        window.close()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)  # Python's own handler would raise inside a paint

    def first_frame_is_out() -> None:
        threading.Thread(target=_begin_sound, args=(sound, window.settings.volume), name="sound", daemon=True).start()
        if first is not None:
            window.begin(first)
        if window.home is not None:
            window.home.begin()

    window.show()
    QTimer.singleShot(0, first_frame_is_out)
    app.exec()  # also returns when the display has gone
    closed = window.ended
    window.end()
    sound.close(lost=not closed)
    if interrupted:
        raise KeyboardInterrupt
    return closed


def _begin_sound(sound: Sound, volume: float) -> None:
    if not (sound.silent or sound.trouble):
        sound.mixer.volume = volume  # imports what takes long
        sound.start()
