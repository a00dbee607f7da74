"""The last ten seconds, with the ceiling across them: one lowest and one highest value a column of pixels, so that noise costs nothing."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QGraphicsPolygonItem

from sixten import words
from sixten.desktop.history import SECONDS, History
from sixten.desktop.parts import LEFT, MIDDLE, Part, mixed, write
from sixten.desktop.theme import DARK, Theme
from sixten.desktop.turned import placed, upright
from sixten.language import fill, tr
from sixten.pages.session import NO_SIGNAL, state_of
from sixten.view import NO_LINE_TOP_KPA, TOP_SHARE, View

THICK = 1  # pixels added on either side of the curve, which can then be seen from afar
PLOT_SHARE = 0.8  # of the height; the rest is for the caption

Array = NDArray[np.float64]


class Strokes(NamedTuple):
    """curve, and above: what of it is above the line: vertical strokes of a pixel's width, from y[2 i] to y[2 i + 1] at x[2 i]; kPa.
    under: the corners (x, y) of what lies below it.
    """

    curve: tuple[Array, Array]
    above: tuple[Array, Array]
    under: tuple[Array, Array]


def strokes(low: Array, high: Array, rows: int, top: float, line: float | None) -> Strokes:
    """low, high: kPa a column, shape (n,), NaN for nothing. rows, top: the picture's height in pixels and in kPa; what is beyond stays in
    sight at its edge.
    """
    at = np.flatnonzero(~np.isnan(high))
    pad = (THICK + 0.5) * top / rows
    lower, upper = np.clip(low[at], 0, top - 2 * pad) - pad, np.clip(high[at], 0, top - 2 * pad) + pad
    over = upper > (top if line is None else line)
    ground = np.zeros(len(low) + 2)
    ground[at + 1] = lower
    return Strokes(
        _pairs(at, lower, upper),
        _pairs(at[over], np.maximum(lower[over], line or 0.0), upper[over]),
        (np.clip(np.arange(-0.5, len(low) + 1), 0, len(low)), ground),
    )


def _pairs(column: NDArray[np.intp], a: Array, b: Array) -> tuple[Array, Array]:
    return np.repeat(column + 0.5, 2), np.column_stack((a, b)).ravel()


class Plot(pg.PlotWidget):
    """Nothing but curves, turned with the page. Pens of width 1 and axes that never move: anything else costs ten times as much."""

    def __init__(self) -> None:
        self._turn = 0
        super().__init__()
        plot = self.getPlotItem()
        plot.hideAxis("left")
        plot.hideAxis("bottom")
        plot.hideButtons()
        plot.setContentsMargins(0, 0, 0, 0)
        plot.getViewBox().setDefaultPadding(0)
        self.setMenuEnabled(False)
        self.setMouseEnabled(False, False)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        plot.disableAutoRange()
        self._under = QGraphicsPolygonItem()  # a third of what as many strokes take
        self._curves = [pg.PlotCurveItem(connect="pairs", skipFiniteCheck=True) for _ in range(2)]
        self._line = pg.InfiniteLine(angle=0)
        for item in (self._under, *self._curves, self._line):
            plot.addItem(item)
        self._range = (0, 0.0)

    def restyle(self, theme: Theme, turn: int, trusted: bool) -> None:
        """In these colours, turned by this. trusted: whether somebody watches."""
        self._turn = turn
        curve = theme.trace if trusted else theme.dim
        for item, colour in zip(self._curves, (curve, theme.bands["over"].fill), strict=True):
            item.setPen(pg.mkPen(colour, width=1))
        self._under.setPen(QPen(Qt.PenStyle.NoPen))
        self._under.setBrush(mixed(curve, theme.background, 0.22))
        self._line.setPen(pg.mkPen(theme.ink, width=2, style=Qt.PenStyle.DashLine))
        self.setBackground(theme.background)
        self.resizeEvent(None)

    def show_strokes(self, made: Strokes, columns: int, top: float, line: float | None) -> None:
        """Draw these, in a picture this many columns wide and ``top`` kPa high."""
        if (columns, top) != self._range:
            self._range = (columns, top)
            self.setRange(QRectF(0, 0, columns, top), padding=0)
        for item, (x, y) in zip(self._curves, made[:2], strict=True):
            item.setData(x, y)
        corners = pg.functions.create_qpolygonf(len(made.under[0]))
        np.stack(made.under, axis=1, out=pg.functions.ndarray_from_qpolygonf(corners))
        self._under.setPolygon(corners)
        self._line.setVisible(line is not None)
        self._line.setValue(line or 0.0)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 (Qt's name)
        if not self.closed:
            size = upright(self.size(), self._turn)
            pg.GraphicsView.setRange(self, QRectF(0, 0, size.width(), size.height()), padding=0, disableAutoPixel=False)

    def updateMatrix(self, propagate: bool = True) -> None:  # noqa: N802 (pyqtgraph's name)
        self.setSceneRect(self.range)
        self.resetTransform()
        self.rotate(self._turn)
        self.sigDeviceRangeChanged.emit(self, self.range)
        self.sigDeviceTransformChanged.emit(self)


class Trace(Part):
    """The plot, and under it how long it reaches back. A hole in the data is a hole in the curve."""

    def __init__(self, history: History) -> None:
        super().__init__()
        self._history = history
        self._plot = Plot()
        self._plot.setParent(self)
        self._trusted = True
        self._drawn: object = None
        self.setAccessibleName(tr(words.TRACE))
        self.restyle(DARK, 0)

    def restyle(self, theme: Theme, turn: int) -> None:
        """Paint in these colours, turned by this."""
        super().restyle(theme, turn)
        self._place()

    def show_view(self, view: View) -> None:
        """Draw this view, and what the history holds now."""
        super().show_view(view)
        size = upright(self._plot.size(), self.turn)
        # A stroke for each pixel of the screen's own, of which a fine screen has several in one of ours; fewer would leave gaps.
        columns, rows = round(size.width() * self._plot.devicePixelRatioF()), round(size.height())
        line = view.line_kpa if view.line_share is not None else None
        drawn = self._history.count, line, columns, rows
        if drawn == self._drawn or columns < 2 or rows < 8:
            return
        self._drawn = drawn
        top = (line or NO_LINE_TOP_KPA) * TOP_SHARE
        self._plot.show_strokes(strokes(*self._history.columns(columns), rows, top, line), columns, top, line)

    def seen(self, view: View) -> object:
        trusted = state_of(view) != NO_SIGNAL
        if trusted != self._trusted:
            self._trusted = trusted
            self._plot.restyle(self.theme, self.turn, trusted)
        return None

    def draw(self, painter: QPainter, w: float, h: float) -> None:
        painter.setPen(QPen(self.theme.dim, 1))
        painter.drawLine(0, round(PLOT_SHARE * h), round(w), round(PLOT_SHARE * h))
        caption = fill(words.LAST_SECONDS, {"seconds": SECONDS})
        write(painter, QRectF(0, PLOT_SHARE * h, w, (1 - PLOT_SHARE) * h), caption, 0.16 * h, self.theme.dim, LEFT | MIDDLE)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 (Qt's name)
        self._place()

    def _place(self) -> None:
        size = upright(self.size(), self.turn)
        plot = QRectF(0, 0, size.width(), int(PLOT_SHARE * size.height()))
        self._plot.setGeometry(placed(plot, self.size(), self.turn))
        self._plot.restyle(self.theme, self.turn, self._trusted)
