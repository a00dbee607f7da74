"""Starts Qt, shows the window, then starts the session."""

from __future__ import annotations

import signal
import sys

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from sixten.desktop.window import SessionWindow
from sixten.watch import Watch


def run_window(watch: Watch) -> None:
    """Shows ``watch`` until the window is closed. Raises KeyboardInterrupt after Ctrl-C, with the session closed and kept."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    window = SessionWindow(watch)
    window.show()
    interrupted: list[int] = []

    def interrupt(number: int, frame: object) -> None:
        interrupted.append(number)
        window.close()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)  # Python's own handler would raise inside a paint

    def first_frame_is_out() -> None:
        watch.start()
        window.add_trace()

    QTimer.singleShot(0, first_frame_is_out)
    app.exec()
    if interrupted:
        raise KeyboardInterrupt
