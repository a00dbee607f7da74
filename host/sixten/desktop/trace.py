"""The last ten seconds as a line, with the ceiling across it."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg

from sixten.desktop.gauge import BACKGROUND, DIM, INK
from sixten.desktop.history import SECONDS, History
from sixten.language import tr
from sixten.view import NO_LINE_TOP_KPA, TOP_SHARE, View
from sixten.words import AXIS, TRACE


class Trace(pg.PlotWidget):
    """Fixed axes and pens of width 1: a wider pen or a moving axis costs ten to forty milliseconds a frame."""

    def __init__(self, history: History) -> None:
        super().__init__(background=BACKGROUND)
        self._history = history
        self._top = 0.0
        self.setMouseEnabled(False, False)
        self.setMenuEnabled(False)
        self.hideButtons()
        self.setAccessibleName(tr(TRACE))
        plot = self.getPlotItem()
        plot.disableAutoRange()
        plot.setXRange(-SECONDS, 0, padding=0)
        plot.setLabel("bottom", tr(AXIS))
        for side in ("bottom", "left"):
            plot.getAxis(side).setPen(DIM)
            plot.getAxis(side).setTextPen(DIM)
        self._curve = plot.plot(pen=pg.mkPen("#56b4e9", width=1), skipFiniteCheck=False, connect="finite")
        self._line = pg.InfiniteLine(angle=0, pen=pg.mkPen(INK, width=1, style=pg.QtCore.Qt.PenStyle.DashLine))
        plot.addItem(self._line)

    def show_view(self, view: View) -> None:
        """Draw what the history holds now."""
        line = view.line_kpa if view.line_share is not None else None
        top = (line or NO_LINE_TOP_KPA) * TOP_SHARE
        if top != self._top:
            self._top = top
            self.setYRange(0, top, padding=0)
            self._line.setVisible(line is not None)
            self._line.setValue(line or 0)
        t, kpa = self._history.last()
        self._curve.setData(t, np.minimum(kpa, top))
