"""The big gauge: one bar, one line, one number, one word; and the ring of the clock. Painted from a ``View``, nothing else."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from sixten.language import fill, tr
from sixten.view import View
from sixten.words import GAUGE, RING

BACKGROUND = QColor("#101418")
INK = QColor("#ffffff")
DIM = QColor("#9aa7b2")
# Blue, yellow, orange: told apart with every common colour blindness, >= 4.5:1 on the background; word, shape and hatch say it too.
BAND_COLOURS = {
    "": DIM, "off": DIM, "settle": QColor("#8ecdf5"), "work": QColor("#56b4e9"), "near": QColor("#f0e442"), "over": QColor("#ff8a3d"),
}  # fmt: skip
BAND_SHAPES = {"": "", "off": "○", "settle": "△", "work": "●", "near": "▲", "over": "■"}


class Gauge(QWidget):
    """Call ``show_view`` as often as you like; it repaints only when something visible changed."""

    def __init__(self) -> None:
        super().__init__()
        self._view = View()
        self.setMinimumSize(420, 360)
        self.setAccessibleName(tr(GAUGE))

    def show_view(self, view: View) -> None:
        """Draw this view."""
        if view != self._view:
            self._view = view
            self.setAccessibleDescription(" ".join(filter(None, (view.number, view.unit, view.newtons, view.word))))
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 (Qt's name)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), BACKGROUND)
        w, h = float(self.width()), float(self.height())
        self._bar(painter, QRectF(0.06 * w, 0.06 * h, 0.16 * w, 0.88 * h))
        self._words(painter, QRectF(0.31 * w, 0.06 * h, 0.42 * w, 0.88 * h))
        side = min(0.24 * w, 0.5 * h)
        self._clock(painter, QRectF(0.98 * w - side, 0.08 * h, side, side))
        painter.end()

    def _bar(self, painter: QPainter, box: QRectF) -> None:
        view = self._view
        colour = BAND_COLOURS[view.band]
        painter.setPen(QPen(DIM, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(box)
        filled = QRectF(box.left(), box.bottom() - box.height() * view.share, box.width(), box.height() * view.share)
        painter.fillRect(filled, colour)
        if view.band == "over":  # hatch: seen without colour
            painter.fillRect(filled, QBrush(BACKGROUND, Qt.BrushStyle.BDiagPattern))
        if view.line_share is not None:
            y = box.bottom() - box.height() * view.line_share
            painter.setPen(QPen(INK, 4))
            painter.drawLine(QPointF(box.left() - 10, y), QPointF(box.right() + 10, y))
            painter.setFont(_font(box.width() * 0.12, bold=True))
            beside = QRectF(box.right() + 14, y - 20, box.width(), 40)  # beside the bar, so that the fill stays visible to its top
            painter.drawText(beside, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, f"{view.line_kpa:.1f}")

    def _words(self, painter: QPainter, box: QRectF) -> None:
        view = self._view
        h = box.height()
        painter.setPen(INK)
        painter.setFont(_font(h * 0.34, bold=True, fit="188.8", width=box.width()))
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(box.left(), box.top(), box.width(), 0.42 * h), left, view.number)
        painter.setPen(DIM)
        under = f"{view.unit}   {view.newtons}".rstrip()
        painter.setFont(_font(h * 0.06, fit=under, width=box.width()))
        painter.drawText(QRectF(box.left(), box.top() + 0.43 * h, box.width(), 0.08 * h), Qt.AlignmentFlag.AlignLeft, under)
        if not view.word:
            return
        strip = QRectF(box.left(), box.top() + 0.58 * h, box.width(), 0.26 * h)
        alarm = view.band == "over" or not view.band
        painter.fillRect(strip, BAND_COLOURS[view.band] if view.band == "over" else QColor("#2a3138"))
        painter.setPen(QColor("#101418") if view.band == "over" else (INK if alarm else BAND_COLOURS[view.band]))
        painter.setFont(_font(h * 0.13, bold=True, fit="▲ COME OFF", width=box.width()))
        painter.drawText(strip, Qt.AlignmentFlag.AlignCenter, f"{BAND_SHAPES[view.band]} {view.word}".strip())

    def _clock(self, painter: QPainter, box: QRectF) -> None:
        view = self._view
        if view.line_share is None:
            return
        pen = max(8.0, box.width() * 0.07)
        ring = box.adjusted(pen, pen, -pen, -pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor("#2a3138"), pen))
        painter.drawEllipse(ring)
        share = min(1.0, view.window_s / view.max_s)
        painter.setPen(QPen(INK, pen, c=Qt.PenCapStyle.FlatCap))
        painter.drawArc(ring, 90 * 16, -round(share * 360 * 16))
        painter.setPen(QPen(INK, 3))  # where "you may stop" lies
        painter.save()
        painter.translate(ring.center())
        painter.rotate(360 * view.min_s / view.max_s)
        painter.drawLine(QPointF(0, -ring.height() / 2 - pen), QPointF(0, -ring.height() / 2 + pen))
        painter.restore()
        painter.setFont(_font(box.height() * 0.26, bold=True))
        painter.drawText(ring, Qt.AlignmentFlag.AlignCenter, f"{int(view.window_s)}")
        painter.setPen(DIM)
        painter.setFont(_font(box.height() * 0.09))
        painter.drawText(
            ring.translated(0, ring.height() * 0.27), Qt.AlignmentFlag.AlignCenter, fill(RING, {"min_s": view.min_s, "max_s": view.max_s})
        )


def _font(pixels: float, bold: bool = False, fit: str = "", width: float = 0.0) -> QFont:
    """A font of this height; smaller if ``fit`` would not fit into ``width`` (digits and capitals are about 0.65 of the height wide)."""
    if fit:
        pixels = min(pixels, width / (0.68 * len(fit)))
    font = QFont()
    font.setPixelSize(max(9, round(pixels)))
    font.setBold(bold)
    return font
