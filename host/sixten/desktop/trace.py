"""The last ten seconds, with the ceiling across them: one lowest and one highest value a column of pixels, so that noise costs nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPen

from sixten import words
from sixten.desktop.history import SECONDS, History
from sixten.desktop.parts import LEFT, MIDDLE, Part, mixed, write
from sixten.language import fill, tr
from sixten.pages.session import NO_SIGNAL, state_of
from sixten.view import NO_LINE_TOP_KPA, TOP_SHARE, View

BACK, UNDER, CURVE, ABOVE = range(4)  # a pixel is one of these
THICK = 1  # pixels added on either side of the curve, which can then be seen from afar


class Trace(Part):
    """A picture of indexed pixels, made by a few comparisons of whole arrays: a curve of lines takes longer the noisier it is.

    The axes never move. A hole in the data is a hole in the curve.
    """

    def __init__(self, history: History) -> None:
        super().__init__()
        self._history = history
        self._pixels: NDArray[np.uint8] | None = None
        self.setAccessibleName(tr(words.TRACE))

    def seen(self, view: View) -> object:
        return self._history.count, view.line_kpa, view.line_share is None, state_of(view) == NO_SIGNAL

    def draw(self, painter: QPainter, w: float, h: float) -> None:
        view, theme = self.view, self.theme
        line = view.line_kpa if view.line_share is not None else None
        top = (line or NO_LINE_TOP_KPA) * TOP_SHARE
        columns, rows = int(w), int(0.8 * h)  # the rest is for the axis
        if columns < 2 or rows < 2:
            return
        line_row = rows * (1 - line / top) if line else -1.0
        self._pixels = picture(*self._history.columns(columns), columns, rows, top, line_row)
        image = QImage(self._pixels.data, columns, rows, self._pixels.strides[0], QImage.Format.Format_Indexed8)
        curve = theme.dim if state_of(view) == NO_SIGNAL else theme.trace
        colours = (theme.background, mixed(curve, theme.background, 0.22), curve, theme.bands["over"].fill)
        image.setColorTable([colour.rgb() for colour in colours])
        # Drawing indexed pixels takes Qt four times as long as both of these.
        painter.drawImage(QPointF(0, 0), image.convertToFormat(QImage.Format.Format_RGB32))
        painter.setPen(QPen(theme.dim, 1))
        painter.drawLine(QPointF(0, rows - 0.5), QPointF(columns, rows - 0.5))
        if line:
            painter.setPen(QPen(theme.ink, 2, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(0, line_row), QPointF(columns, line_row))
        caption = fill(words.LAST_SECONDS, {"seconds": SECONDS})
        write(painter, QRectF(0, rows, w, h - rows), caption, 0.16 * h, theme.dim, LEFT | MIDDLE)


def picture(low: NDArray[np.float64], high: NDArray[np.float64], columns: int, rows: int, top: float, line_row: float) -> NDArray[np.uint8]:
    """Pixels, shape (rows, columns) within rows padded to four bytes. low, high: kPa a column, NaN for nothing.

    top: kPa at the upper edge."""
    holes = np.isnan(high)
    scale = rows / top
    upper = np.where(holes, 2 * rows, np.clip(rows - high * scale, 0, rows - 1)).astype(np.int16)
    lower = np.where(holes, -2, np.clip(rows - low * scale, 0, rows - 1)).astype(np.int16)
    row = np.arange(rows, dtype=np.int16)[:, None]
    out = np.zeros((rows, (columns + 3) // 4 * 4), np.uint8)
    pixels = out[:, :columns]
    under = row >= upper - THICK
    np.copyto(pixels, under.view(np.uint8))
    np.copyto(pixels, CURVE, where=under & (row <= lower + THICK))
    if line_row > 0:
        above = pixels[: int(line_row)]
        np.copyto(above, ABOVE, where=above == CURVE)
    return out
