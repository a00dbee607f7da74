"""What lies over a page for a while: the sheet of keys, and the warning's word for those who do not hear it."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QRect, QRectF, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QWidget

from sixten import window_words as W
from sixten.desktop.theme import Paint, font
from sixten.desktop.turned import Turned
from sixten.language import tr
from sixten.view import View
from sixten.words import COME_OFF, NO_SIGNAL


def beside(area: QRect, kept: QRect) -> QRect:
    """The largest part of ``area`` that leaves ``kept`` free."""
    parts = (
        QRect(area.left(), area.top(), area.width(), kept.top() - area.top()),
        QRect(area.left(), kept.bottom() + 1, area.width(), area.bottom() - kept.bottom()),
        QRect(area.left(), area.top(), kept.left() - area.left(), area.height()),
        QRect(kept.right() + 1, area.top(), area.right() - kept.right(), area.height()),
    )
    return max(parts, key=lambda r: max(0, r.width()) * max(0, r.height()))


class Sheet(Turned):
    """The keys of where one is. It has the keyboard while it is there; what it is told goes on to the window."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__()
        self.setParent(parent)
        self._tables: tuple[Mapping[str, str], ...] = ()
        self._label = ""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.hide()

    def open(self, tables: tuple[Mapping[str, str], ...], label: str, area: QRect) -> None:
        """Show these keys there. label: VIRTUAL, REPLAY or empty."""
        self._tables, self._label = tables, label
        self.setAccessibleName(tr(W.SHEET))
        self.setAccessibleDescription("\n".join(f"{_named(key)}: {tr(what)}" for table in tables for key, what in table.items()))
        self.setGeometry(area)
        self.raise_()
        self.show()
        self.setFocus()

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: N802 (Qt's name)
        return False  # so that Tab, too, is any key

    def draw(self, painter: QPainter, w: float, h: float) -> None:
        theme = self.theme
        rows = [row for table in self._tables for row in table.items()]
        u = min(24.0, h / (1.75 * len(rows) + 6), w / 30)
        painter.setPen(QPen(theme.dim, 2))
        painter.setBrush(theme.panel)
        painter.drawRoundedRect(QRectF(6, 6, w - 12, h - 12), 14, 14)
        x, y = 2 * u, 1.4 * u
        painter.setPen(theme.ink)
        painter.setFont(font(1.6 * u, bold=True))
        painter.drawText(QRectF(x, y, w - 2 * x, 2.2 * u), Qt.AlignmentFlag.AlignLeft, f"{tr(W.SHEET)}   {self._label}".rstrip())
        y += 2.6 * u
        for key, what in rows:
            painter.setFont(font(u, bold=True))
            painter.setPen(theme.ink)
            painter.drawText(QRectF(x, y, 6 * u, 1.6 * u), Qt.AlignmentFlag.AlignLeft, _named(key))
            painter.setFont(font(u))
            painter.drawText(QRectF(x + 6.5 * u, y, w - 2 * x - 6.5 * u, 1.6 * u), Qt.AlignmentFlag.AlignLeft, tr(what))
            y += 1.75 * u
        painter.setPen(theme.dim)
        painter.setFont(font(0.9 * u))
        painter.drawText(QRectF(x, y, w - 2 * x, 1.6 * u), Qt.AlignmentFlag.AlignLeft, tr(W.SHEET_CLOSES))


def _named(key: str) -> str:
    return tr(W.KEY_NAMES.get(key, key))


class LoudWord(Turned):
    """The warning's word over everything. A click anywhere stops, as every large key does."""

    stop = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__()
        self.setParent(parent)
        self._view = View()
        self.hide()

    def show_view(self, view: View, area: QRect) -> None:
        """Be there if there is a warning."""
        wanted = view.band == "over" or view.word in (tr(COME_OFF), tr(NO_SIGNAL))
        if wanted and (not self.isVisible() or view != self._view):
            self._view = view
            self.setAccessibleName(view.word)
            self.setGeometry(area)
            self.raise_()
            self.update()
        self.setVisible(wanted)

    def draw(self, painter: QPainter, w: float, h: float) -> None:
        view = self._view
        paint: Paint = self.theme.bands["over"] if view.band == "over" else self.theme.stop
        painter.fillRect(QRectF(0, 0, w, h), paint.fill)
        if view.band == "over":  # a frame, so that it is not told by its colour alone
            painter.setPen(QPen(paint.ink, 0.05 * h))
            painter.drawRect(QRectF(0, 0, w, h))
        painter.setPen(paint.ink)
        painter.setFont(font(0.5 * h, bold=True, fit=view.word, width=0.84 * w))
        painter.drawText(QRectF(0, 0, w, h), Qt.AlignmentFlag.AlignCenter, view.word)
        small = font(0.06 * h, bold=True)
        painter.setFont(small)
        high = QFontMetricsF(small).height()
        painter.drawText(QRectF(0, 0.06 * h, w, high), Qt.AlignmentFlag.AlignHCenter, view.label)
        painter.drawText(QRectF(0, 0.94 * h - high, w, high), Qt.AlignmentFlag.AlignHCenter, tr(W.ANY_KEY_STOPS))

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 (Qt's name)
        self.stop.emit()
