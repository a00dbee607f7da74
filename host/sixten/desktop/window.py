"""The session's page: gauge, clock, word, trace, and what was said. It draws and asks, and decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from sixten.desktop.gauge import Gauge
from sixten.keys import press
from sixten.view import View, look
from sixten.watch import Watch

if TYPE_CHECKING:
    from sixten.desktop.trace import Trace

FRAME_MS = 33  # 30 a second: smooth enough for a slow body, half the work of 60

_KEYS: dict[int, str] = {
    Qt.Key.Key_Space: " ", Qt.Key.Key_Return: "\r", Qt.Key.Key_Enter: "\r", Qt.Key.Key_Escape: "\x1b", Qt.Key.Key_Backspace: "\b",
    Qt.Key.Key_Up: "up", Qt.Key.Key_Down: "down", Qt.Key.Key_Left: "left", Qt.Key.Key_Right: "right",
}  # fmt: skip


class SessionWindow(QWidget):
    """Shows a watch. The trace, and pyqtgraph with it, come after the first frame."""

    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self._watch = watch
        self._trace: Trace | None = None
        self.setWindowTitle("sixten")
        self.setStyleSheet("background: #101418; color: #ffffff;")
        self.resize(1000, 720)
        self._top, self._said, self._keys = QLabel(View().connection), QLabel(""), QLabel("")
        self._said.setStyleSheet("font-size: 20px;")
        self._said.setMinimumHeight(4 * 28)
        self._said.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._keys.setStyleSheet("color: #9aa7b2;")
        self.gauge = Gauge()
        self._column = QVBoxLayout(self)
        for widget, stretch in ((self._top, 0), (self.gauge, 3), (self._said, 0), (self._keys, 0)):
            self._column.addWidget(widget, stretch)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.refresh)
        self._timer.start(FRAME_MS)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def add_trace(self) -> None:
        """Import pyqtgraph (a third of a second) and put the trace under the gauge."""
        from sixten.desktop.history import History
        from sixten.desktop.trace import Trace

        history = History()
        self._watch.on_reading = lambda reading: history.add(reading.t_us, reading.gauge_kpa)
        self._trace = Trace(history)
        self._column.insertWidget(2, self._trace, 2)

    def refresh(self) -> None:
        """Draw the present view."""
        view = look(self._watch)
        label = f"{view.label}   " if view.label else ""
        self._top.setText(f"{label}{view.connection}   {view.ball}   {view.clock}   {view.trouble}   {view.sound}".rstrip())
        self._top.setStyleSheet(f"font-size: 18px; {'background: #f0e442; color: #101418;' if view.label else ''} padding: 4px;")
        self._said.setText("\n".join(f"{t_s:6.1f} s   {sentence}" for t_s, sentence in view.said))
        self._keys.setText(view.keys)
        self.gauge.show_view(view)
        if self._trace is not None:
            self._trace.show_view(view)
        if self._watch.error is not None:
            self.close()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 (Qt's name)
        if event.text() == "q":
            self.close()
        else:
            press(self._watch, _KEYS.get(event.key(), event.text()))

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 (Qt's name)
        self._timer.stop()
        self._watch.close()
        event.accept()
