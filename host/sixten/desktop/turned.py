"""Pages that can be turned: whoever lies on the side sees the text upright.

A page is laid out and painted in the person's own upright coordinates, and only here are these turned into the screen's.
"""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QWidget

from sixten.desktop.theme import DARK, Theme, font

TURNS = (0, 90, -90)  # degrees clockwise; one key goes through them


def upright(size: QSize, turn: int) -> QSizeF:
    """The size of an area of the screen as the person sees it."""
    return QSizeF(size.height(), size.width()) if turn else QSizeF(size)


def placed(rect: QRectF, page: QSize, turn: int) -> QRect:
    """Where an upright rectangle of a page of this size lies on the screen."""
    if turn == 90:
        return QRectF(page.width() - rect.bottom(), rect.left(), rect.height(), rect.width()).toRect()
    if turn == -90:
        return QRectF(rect.top(), page.height() - rect.right(), rect.height(), rect.width()).toRect()
    return rect.toRect()


def turned_painter(widget: QWidget, turn: int) -> tuple[QPainter, float, float]:
    """A painter on ``widget`` in upright coordinates, and the upright width and height."""
    painter = QPainter(widget)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if turn == 90:
        painter.translate(widget.width(), 0)
    elif turn == -90:
        painter.translate(0, widget.height())
    painter.rotate(turn)
    size = upright(widget.size(), turn)
    return painter, size.width(), size.height()


class Turned(QWidget):
    """A painted area. Override ``draw``."""

    def __init__(self, theme: Theme = DARK, turn: int = 0) -> None:
        super().__init__()
        self.theme, self.turn = theme, turn

    def restyle(self, theme: Theme, turn: int) -> None:
        """Paint in these colours, turned by this."""
        self.theme, self.turn = theme, turn
        self.update()

    def draw(self, painter: QPainter, w: float, h: float) -> None:
        """Paint an upright area of w by h."""
        raise NotImplementedError

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 (Qt's name)
        painter, w, h = turned_painter(self, self.turn)
        painter.fillRect(QRectF(0, 0, w, h), self.theme.background)
        self.draw(painter, w, h)
        painter.end()


class TurnedButton(QAbstractButton):
    """A large button: its words, under them the key that does the same, and a frame while it has the keyboard."""

    def __init__(self, words: str, key: str = "", strong: bool = False) -> None:
        super().__init__()
        self.theme, self.turn, self._key, self._strong = DARK, 0, key, strong
        self.setText(words)
        self.setAccessibleName(words)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def restyle(self, theme: Theme, turn: int) -> None:
        """Paint in these colours, turned by this."""
        self.theme, self.turn = theme, turn
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        return QSize(180, 72)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 (Qt's name)
        painter, w, h = turned_painter(self, self.turn)
        theme = self.theme
        fill, ink = (theme.stop.fill, theme.stop.ink) if self._strong else (theme.panel, theme.ink)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.focus if self.hasFocus() else theme.background)
        painter.drawRoundedRect(QRectF(0, 0, w, h), 12, 12)
        painter.setBrush(fill)
        painter.drawRoundedRect(QRectF(4, 4, w - 8, h - 8), 9, 9)
        painter.setPen(ink if self.isEnabled() else theme.dim)
        share = 0.62 if self._key else 1.0
        painter.setFont(font(0.34 * h, bold=True, fit=self.text(), width=0.9 * w))
        painter.drawText(QRectF(0, 4, w, (h - 8) * share), Qt.AlignmentFlag.AlignCenter, self.text())
        if self._key:
            painter.setFont(font(0.2 * h, fit=self._key, width=0.9 * w))
            painter.drawText(QRectF(0, 4 + (h - 8) * share, w, (h - 8) * (1 - share)), Qt.AlignmentFlag.AlignHCenter, self._key)
        painter.end()
