"""How others would draw the same: what the tutorials show, fed with the same samples. Used by tests/bench/desktop.py."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QWidget

Painted = Callable[[Callable[[], None]], None]  # runs a paint and notes how long it took
Samples = tuple[NDArray[np.float64], NDArray[np.float64]]  # seconds, kPa


def pyqtgraph_scrolling(behind: Samples, painted: Painted, fps: float) -> tuple[QWidget, Callable[[Samples], None], Callable[[], None]]:
    """The scrolling example of pyqtgraph: roll the whole array, set the data, move the x range. (widget, feed, frame)."""
    import pyqtgraph as pg

    class Plot(pg.PlotWidget):
        def paintEvent(self, event: object) -> None:  # noqa: N802 (Qt's name)
            painted(lambda: super(Plot, self).paintEvent(event))

    plot = Plot()
    curve = plot.plot(pen="y")
    plot.addItem(pg.InfiniteLine(pos=40.0, angle=0))
    t, kpa = behind[0].copy(), behind[1].copy()

    def feed(new: Samples) -> None:
        nonlocal t, kpa
        n = len(new[0])
        t, kpa = np.roll(t, -n), np.roll(kpa, -n)
        t[-n:], kpa[-n:] = new

    def frame() -> None:
        curve.setData(t, kpa)
        plot.setXRange(t[-1] - 10, t[-1], padding=0)

    return plot, feed, frame


def matplotlib_animation(behind: Samples, painted: Painted, fps: float) -> tuple[QWidget, Callable[[Samples], None], Callable[[], None]]:
    """The usual tutorial: FuncAnimation, lists that grow, clear and plot the last ten seconds. It has a timer of its own."""
    from matplotlib.animation import FuncAnimation
    from matplotlib.backends.backend_qtagg import FigureCanvasQTAgg
    from matplotlib.figure import Figure

    class Canvas(FigureCanvasQTAgg):
        def draw(self) -> None:
            painted(super().draw)

    figure = Figure(figsize=(12.8, 8.0), dpi=100)
    canvas = Canvas(figure)
    axes = figure.add_subplot()
    xs, ys = behind[0].tolist(), behind[1].tolist()

    def feed(new: Samples) -> None:
        xs.extend(new[0].tolist())
        ys.extend(new[1].tolist())

    def animate(_: int) -> None:
        axes.clear()
        axes.plot(xs[-3000:], ys[-3000:])
        axes.axhline(40.0)
        axes.set_ylim(0, 50)

    canvas.kept = FuncAnimation(figure, animate, interval=1000 / fps, cache_frame_data=False)  # an animation that nobody keeps stops
    return canvas, feed, lambda: None


PEERS = {"pyqtgraph": pyqtgraph_scrolling, "matplotlib": matplotlib_animation}
