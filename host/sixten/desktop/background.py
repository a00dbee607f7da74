"""Work that may be slow (ports, files, imports), done in a thread of its own; what comes of it is told in the window's thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot

T = TypeVar("T")


class Background(QObject):
    """One per window: after ``close`` nothing is told any more."""

    _done = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._closed = False
        self._lock = threading.Lock()
        self._done.connect(self._tell, Qt.ConnectionType.QueuedConnection)

    def run(self, work: Callable[[], T], tell: Callable[[T], None]) -> None:
        """``work`` in a thread, then ``tell`` with what it has returned. What it raises is the caller's to catch inside of it."""

        def do() -> None:
            found = work()
            with self._lock:
                if not self._closed:
                    self._done.emit(lambda: tell(found))

        threading.Thread(target=do, name="background", daemon=True).start()

    @Slot(object)
    def _tell(self, tell: Callable[[], None]) -> None:
        if not self._closed:
            tell()

    def close(self) -> None:
        """Tell nothing any more."""
        with self._lock:
            self._closed = True
