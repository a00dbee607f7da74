"""Strips beside the session's page, which never cover it: something to answer, and the virtual ball's slider."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QBoxLayout, QSlider, QWidget

from sixten import window_words as W
from sixten.desktop.ask_page import ChoiceButton
from sixten.desktop.theme import DARK, Theme, font
from sixten.desktop.turned import Turned
from sixten.language import fill, tr
from sixten.pages.shown import Choice

THICK = 84  # pixels
LEAN_MOST = 150  # percent of the line; more than anybody should
_WRAP = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap


def thick(widget: QWidget, pixels: int, turn: int) -> None:
    """Make a strip of ``widget``: this thick as the person sees it, and as long as there is room."""
    unlimited = 16777215
    widget.setMinimumSize(*((pixels, 0) if turn else (0, pixels)))
    widget.setMaximumSize(*((pixels, unlimited) if turn else (unlimited, pixels)))


class _Words(Turned):
    """A sentence on a coloured field."""

    def __init__(self, loud: bool) -> None:
        super().__init__()
        self.text, self._loud = "", loud

    def draw(self, painter: QPainter, w: float, h: float) -> None:
        fill_with, ink = (self.theme.notice.fill, self.theme.notice.ink) if self._loud else (self.theme.panel, self.theme.dim)
        painter.fillRect(QRectF(0, 0, w, h), fill_with)
        painter.setPen(ink)
        size = min(0.3 * h, 22.0)
        painter.setFont(font(size, bold=self._loud))
        painter.drawText(QRectF(0.25 * h, 0, w - 0.5 * h, h), int(_WRAP), self.text)


class Strip(QWidget):
    """A sentence above the page and, if it is a question, its answers."""

    answered = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._words = _Words(loud=True)
        self._buttons = [ChoiceButton(Choice("y", tr(W.YES))), ChoiceButton(Choice("n", tr(W.NO)))]
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(4)
        self._row.addWidget(self._words, 1)
        for button in self._buttons:
            button.clicked.connect(lambda _=False, b=button: self.answered.emit(b.choice.key))
            self._row.addWidget(button)
        self.hide()

    @property
    def text(self) -> str:
        """What it says; empty while it is not there."""
        return "" if self.isHidden() else self._words.text

    def say(self, text: str, asks: bool = False) -> None:
        """Say this, or nothing."""
        self.setVisible(bool(text))
        if text != self._words.text:
            self._words.text = text
            self._words.update()
            self.setAccessibleName(text)
        for button in self._buttons:
            button.setVisible(asks)

    def restyle(self, theme: Theme, turn: int) -> None:
        """Paint in these colours, turned by this."""
        self._row.setDirection(_along(turn))
        self._words.restyle(theme, turn)
        for button in self._buttons:
            button.restyle(theme, turn)
            button.setFixedSize(*((THICK, 170) if turn else (170, THICK)))
        thick(self, THICK, turn)


class LeanBar(QWidget):
    """Under the page: how much of the virtual ball's line is leaned on it. ``leaned`` tells the share that is wanted."""

    leaned = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self._words = _Words(loud=False)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, LEAN_MOST)
        self.slider.setPageStep(10)
        self.slider.setAccessibleName(tr(W.LEAN))
        self.slider.valueChanged.connect(lambda percent: self.leaned.emit(percent / 100))
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.addWidget(self._words)
        self._row.addWidget(self.slider, 1)
        self._row.setSpacing(0)
        self._theme = DARK
        self.setAutoFillBackground(True)
        self.hide()

    def show_share(self, share: float) -> None:
        """Where the slider stands, after keys have moved it."""
        percent = round(100 * share)
        if percent != self.slider.value():
            self.slider.blockSignals(True)
            self.slider.setValue(percent)
            self.slider.blockSignals(False)
        text = fill(W.LEANING, {"percent": percent})
        if text != self._words.text:
            self._words.text = text
            self._words.update()

    def restyle(self, theme: Theme, turn: int) -> None:
        """Paint in these colours, turned by this."""
        self._row.setDirection(_along(turn))
        self._words.restyle(theme, turn)
        self.slider.setOrientation(Qt.Orientation.Vertical if turn else Qt.Orientation.Horizontal)
        self.slider.setInvertedAppearance(turn == 90)
        thick(self, 48, turn)
        thick(self._words, 48, turn)
        self._words.setMinimumSize(*((48, 260) if turn else (260, 48)))
        self._words.setMaximumSize(*((48, 260) if turn else (260, 48)))
        panel, dim, ink, focus = (colour.name() for colour in (theme.panel, theme.dim, theme.ink, theme.focus))
        self.setStyleSheet(
            f"LeanBar, QSlider {{ background: {panel}; }} QSlider::groove {{ background: {dim}; border-radius: 3px; }}"
            "QSlider::groove:horizontal { height: 6px; margin: 0 14px; } QSlider::groove:vertical { width: 6px; margin: 14px 0; }"
            f"QSlider::handle {{ background: {ink}; border: 3px solid {ink}; border-radius: 11px; }}"
            "QSlider::handle:horizontal { width: 16px; margin: -8px 0; } QSlider::handle:vertical { height: 16px; margin: 0 -8px; }"
            f"QSlider:focus::handle {{ border-color: {focus}; }}"
        )


def _along(turn: int) -> QBoxLayout.Direction:
    """The direction in which the person reads."""
    return {0: QBoxLayout.Direction.LeftToRight, 90: QBoxLayout.Direction.TopToBottom, -90: QBoxLayout.Direction.BottomToTop}[turn]
