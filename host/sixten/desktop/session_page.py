"""The page while somebody lies on the ball: gauge, what was said, and two buttons. It draws and asks, and decides nothing."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from sixten.desktop.gauge import Gauge
from sixten.desktop.theme import DARK, Theme
from sixten.desktop.turned import TurnedButton
from sixten.view import View
from sixten.watch import Watch


class SessionPage(QWidget):
    """Shows views of a watch."""

    stop_pressed = Signal()
    symptom_pressed = Signal()

    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self._watch = watch
        self._top, self._said = QLabel(""), QLabel("")
        self.gauge = Gauge()
        self.stop, self.symptom = TurnedButton("STOP", "Space", strong=True), TurnedButton("SYMPTOM", "s")
        self.stop.clicked.connect(self.stop_pressed)
        self.symptom.clicked.connect(self.symptom_pressed)
        self._column = QVBoxLayout(self)
        for widget, stretch in ((self._top, 0), (self.gauge, 3), (self._said, 0)):
            self._column.addWidget(widget, stretch)
        row = QHBoxLayout()
        row.addWidget(self.stop)
        row.addWidget(self.symptom)
        self._column.addLayout(row)
        self.restyle(DARK, 0)

    def add_trace(self) -> None:
        """Begin the trace."""
        from sixten.desktop.history import History
        from sixten.desktop.trace import Trace

        history = History()
        self._watch.on_reading = lambda reading: history.add(reading.t_us, reading.gauge_kpa)
        self._column.insertWidget(2, Trace(history), 2)

    def restyle(self, theme: Theme, turn: int) -> None:
        """Paint in these colours, turned by this."""
        self.setStyleSheet(f"background: {theme.background.name()}; color: {theme.ink.name()};")
        for button in (self.stop, self.symptom):
            button.restyle(theme, turn)

    def refresh(self, view: View) -> None:
        """Draw this view."""
        self._top.setText(f"{view.label} {view.connection} {view.ball} {view.clock} {view.trouble} {view.sound}")
        self._said.setText("\n".join(sentence for _, sentence in view.said))
        self.setAccessibleDescription(" ".join((view.label, view.word, view.number, *(s for _, s in view.said))))
        self.gauge.show_view(view)
