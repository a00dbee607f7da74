"""The page while somebody lies on the ball. It draws and asks, and decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from sixten import words
from sixten.desktop.guidance import Clock, Head, Label, Prompt, Question, Said
from sixten.desktop.parts import Part
from sixten.desktop.reading import Bar, Number, Word
from sixten.desktop.theme import DARK, Theme
from sixten.desktop.turned import TurnedButton, placed, upright
from sixten.language import tr
from sixten.pages.session import Rect, layout, shown
from sixten.view import View
from sixten.watch import Watch

if TYPE_CHECKING:
    from sixten.pressure.readings import Reading


class SessionPage(QWidget):
    """Painted parts that repaint only when what they show has changed, and two buttons. ``layout`` says where each lies."""

    stop_pressed = Signal()
    symptom_pressed = Signal()

    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self._watch = watch
        self._theme, self._turn, self._view = DARK, 0, View()
        self._placed: dict[str, Rect] = {}
        self.setAccessibleName(tr(words.SESSION))
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.parts: dict[str, Part] = {
            "label": Label(), "head": Head(), "bar": Bar(), "number": Number(), "word": Word(), "clock": Clock(), "prompt": Prompt(),
            "question": Question(), "said": Said(),
        }  # fmt: skip
        self.stop = TurnedButton(tr(words.STOP_BUTTON), tr(words.STOP_KEY), strong=True)
        self.symptom = TurnedButton(tr(words.SYMPTOM_BUTTON), tr(words.SYMPTOM_KEY))
        self.stop.clicked.connect(self.stop_pressed)
        self.symptom.clicked.connect(self.symptom_pressed)
        for child in (*self.parts.values(), self.stop, self.symptom):
            child.setParent(self)
        self.refresh(View())

    def add_trace(self) -> None:
        """Begin the trace. After the first frame, because numpy takes its time to import."""
        from sixten.desktop.history import History
        from sixten.desktop.trace import Trace

        history = History()

        def keep(reading: Reading) -> None:
            history.add(reading.t_us, reading.gauge_kpa)

        self._watch.on_reading = keep
        trace = self.parts["trace"] = Trace(history)
        trace.setParent(self)
        trace.restyle(self._theme, self._turn)
        self._place()

    def restyle(self, theme: Theme, turn: int) -> None:
        """Paint in these colours, turned by this."""
        self._theme, self._turn = theme, turn
        for part in self.parts.values():
            part.restyle(theme, turn)
        for button in (self.stop, self.symptom):
            button.restyle(theme, turn)
        self._place()
        self.update()

    def refresh(self, view: View) -> None:
        """Draw this view."""
        before, self._view = self._view, shown(view)
        if (before.label, before.asking) != (self._view.label, self._view.asking):
            self._place()
        for name in self._placed:
            if name in self.parts:
                self.parts[name].show_view(self._view)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 (Qt's name)
        self._place()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 (Qt's name)
        painter = QPainter(self)
        painter.fillRect(QRectF(self.rect()), self._theme.background)
        painter.end()

    def _place(self) -> None:
        size = upright(self.size(), self._turn)
        self._placed = layout(size.width(), size.height(), self._view)
        for name, child in (*self.parts.items(), ("stop", self.stop), ("symptom", self.symptom)):
            rect = self._placed.get(name)
            child.setVisible(rect is not None)
            if rect is not None:
                child.setGeometry(placed(QRectF(*rect), self.size(), self._turn))
                if isinstance(child, Part):
                    child.show_view(self._view)
