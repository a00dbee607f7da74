"""The trace: the newest in order, holes as holes, noise as a band, and the same picture of what is past."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from PySide6.QtGui import QImage, QTransform
from pytestqt.qtbot import QtBot

from sixten.desktop.history import History
from sixten.desktop.theme import DARK
from sixten.desktop.trace import Trace, strokes
from sixten.view import View

N = 500  # columns of 20 ms

FINE = """
from PySide6.QtWidgets import QApplication
from sixten.desktop.history import History
from sixten.desktop.theme import DARK
from sixten.desktop.trace import Trace
from sixten.view import View
app, history = QApplication([]), History()
for i in range(3600):
    history.add(round(i / 300 * 1e6), 42.0)
trace = Trace(history)
trace.resize(300, 100)
trace.show()
app.processEvents()
trace.show_view(View(line_kpa=40.0, line_share=0.8))
image, over = trace.grab().toImage(), DARK.bands["over"].fill
rows = [[image.pixelColor(x, y) == over for x in range(4, image.width() - 4)] for y in range(image.height())]
print(image.width(), sum(map(all, rows)), sum(map(any, rows)))
"""


def filled(rate_hz: float, seconds: float, kpa: float = 30.0) -> History:
    history = History()
    for i in range(int(rate_hz * seconds)):
        history.add(round(i / rate_hz * 1e6), kpa)
    return history


def test_history_keeps_the_newest_in_order() -> None:
    history = History(capacity=256)
    for i in range(1000):
        history.add(i * 10_000, float(i))
    t, kpa = history.last(1.0)
    assert kpa[-1] == 999
    assert np.array_equal(kpa, np.arange(1000 - len(kpa), 1000))
    assert t[-1] == 0
    assert -1.0 <= t[0] < -0.98
    assert History().last()[0].size == 0


@pytest.mark.parametrize("rate_hz", [20.0 / 0.9, 160.0, 200.0, 300.481])
def test_every_column_has_a_value_however_slow_the_sensor(rate_hz: float) -> None:
    low, high = filled(rate_hz, 12.0).columns(N)
    assert np.array_equal(low[5:], np.full(N - 5, 30.0))
    assert np.array_equal(high[5:], np.full(N - 5, 30.0))


def test_a_column_holds_its_lowest_and_highest_and_joins_the_one_before() -> None:
    history = History()
    for i in range(3000):
        history.add(round(i * 1e6 / 300), float(i % 2) * 10 + (i >= 1500) * 20)
    low, high = history.columns(N)
    assert (low[10:240] == 0).all() and (high[10:240] == 10).all()
    assert (low[260:] == 20).all() and (high[260:] == 30).all()
    assert not np.isnan(low[1:]).any()
    assert (low[1:] <= high[:-1]).all() and (high[1:] >= low[:-1]).all()  # one line, however steep


def test_a_hole_stays_a_hole() -> None:
    history = filled(300, 6.0)
    for i in range(900):
        history.add(8_000_000 + round(i / 300 * 1e6), 30.0)  # two seconds were lost
    low, _ = history.columns(N)
    holes = np.flatnonzero(np.isnan(low))
    assert len(holes) == pytest.approx(2.0 * N / 10, abs=3)
    assert np.array_equal(holes, np.arange(holes[0], holes[-1] + 1))
    told = filled(300, 6.0)
    for i in range(1200):
        told.add(6_000_000 + round(i / 300 * 1e6), np.nan if i < 300 else 30.0)  # not to be trusted
    assert np.isnan(told.columns(N)[0]).sum() == pytest.approx(1.0 * N / 10, abs=3)


def test_what_is_past_looks_the_same_at_every_frame() -> None:
    """Only moved: a column that changed with every new sample would shimmer."""
    rng = np.random.default_rng(6)
    history = History()
    for i in range(3000):
        history.add(round(i * 1e6 / 300), rng.normal(30, 3))
    before = history.columns(N)
    for i in range(3000, 3006):  # 20 ms: one column
        history.add(round(i * 1e6 / 300), rng.normal(30, 3))
    after = history.columns(N)
    for old, new in zip(before, after, strict=True):
        assert np.array_equal(old[3:-1], new[2:-2])


def test_nothing_yet_and_a_replay_that_goes_back() -> None:
    assert np.isnan(History().columns(N)[0]).all()
    history = filled(300, 12.0)
    history.add(1_000_000, 7.0)
    low, _ = history.columns(N)
    assert np.flatnonzero(~np.isnan(low)).tolist() == [N - 1]


def test_below_the_curve_the_curve_and_above_the_line_are_strokes_of_their_own() -> None:
    kpa = np.array([10.0, 10.0, 45.0, 45.0, np.nan, 60.0])
    made = strokes(kpa, kpa, 100, 50.0, 40.0)
    for x, y in made[:2]:
        assert x.shape == y.shape and (x[::2] == x[1::2]).all() and (y[1::2] >= y[::2]).all()
        assert y.size == 0 or 0 <= y.min() and y.max() <= 50.0
    assert made.curve[0][::2].tolist() == [0.5, 1.5, 2.5, 3.5, 5.5]  # a hole stays a hole
    assert made.under[0].tolist() == [0.0, 0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.0]
    assert made.under[1][[1, 2, 3, 4, 6]].tolist() == made.curve[1][::2].tolist() and not made.under[1][[0, 5, 7]].any()
    assert made.above[0][::2].tolist() == [2.5, 3.5, 5.5]  # the last one, beyond the upper edge, stays in sight
    assert made.above[1].min() >= 40.0
    assert strokes(kpa, kpa, 100, 95.0, None).above[0].size == 0
    assert strokes(kpa[4:5], kpa[4:5], 100, 50.0, 40.0).curve[0].size == 0


@pytest.mark.parametrize("turn", [90, -90])
def test_a_turned_trace_is_the_same_picture_turned(qtbot: QtBot, turn: int) -> None:
    history = History()
    for i in range(3100):
        history.add(round(i * 1e6 / 300), 30.0 + 5 * (i // 300 % 2))
    pictures = []
    for size, way in (((400, 160), 0), ((160, 400), turn)):
        trace = Trace(history)
        qtbot.addWidget(trace)
        trace.resize(*size)
        trace.restyle(DARK, way)
        trace.show()
        trace.show_view(View(line_kpa=40.0, line_share=0.8, number="30.0", word="WORK", band="work"))
        pictures.append(trace.grab().toImage())
    upright = pictures[1].transformed(QTransform().rotate(-turn))
    assert upright.size() == pictures[0].size()
    a, b = (QImage(p.convertToFormat(QImage.Format.Format_Grayscale8)) for p in (pictures[0], upright))
    greys = [np.frombuffer(p.constBits(), np.uint8).reshape(p.height(), p.bytesPerLine())[:110, : p.width()].astype(int) for p in (a, b)]
    differ = (np.abs(greys[0] - greys[1]) > 40).mean()
    assert differ < 0.02  # a line may fall on the pixel beside
    assert (np.abs(greys[0] - greys[0][:, ::-1]) > 40).mean() > 2 * differ  # the measure can tell pictures apart


@pytest.mark.parametrize("fine", ["1", "1.5", "2"])
def test_on_a_fine_screen_the_curve_has_no_gaps(fine: str) -> None:
    """In a process of its own, as Qt asks for the scale but once."""
    env = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": fine, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    done = subprocess.run([sys.executable, "-c", FINE], capture_output=True, text=True, env=env, timeout=120)
    assert done.returncode == 0, done.stderr
    width, whole, some = map(int, done.stdout.split())
    assert width == 300 * float(fine)
    assert whole == some >= 2 * float(fine)
