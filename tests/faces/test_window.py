"""The real window, driven by keys, on the virtual ball at many times its own speed."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from sixten.ball.messages import Event, Samples
from sixten.ball.virtual import VirtualSource
from sixten.desktop.gauge import BACKGROUND, BAND_COLOURS, INK, Gauge
from sixten.desktop.history import History
from sixten.desktop.window import SessionWindow
from sixten.recording.replay import paced
from sixten.session.rules import Plan
from sixten.session.run import Run
from sixten.view import BLANK, View, look
from sixten.watch import Job, Watch

CEILING = 40.0


def until(source: VirtualSource, t_s: float) -> Iterator[Event]:
    for event in source:
        yield event
        if isinstance(event, Samples) and event.t_us[-1] >= t_s * 1e6:
            return


def open_at(qtbot: QtBot, scenario: str, t_s: float) -> SessionWindow:
    """The window as it stands at ``t_s`` of a scenario."""
    source = VirtualSource(scenario, CEILING)
    watch = Watch(lambda: Job(source, until(source, t_s), Run(Plan(CEILING)), None, "VIRTUAL"))
    window = SessionWindow(watch)
    qtbot.addWidget(window)
    window.add_trace()
    window.show()
    watch.start()
    watch.wait()
    window.refresh()
    return window


def text_of(window: SessionWindow) -> str:
    return "\n".join([window._top.text(), window._said.text(), window.gauge.accessibleDescription()])


def test_states_are_shown_in_words(qtbot: QtBot) -> None:
    assert "WORK" in text_of(open_at(qtbot, "steady", 30.0))
    assert "OVER" in text_of(open_at(qtbot, "overshoot", 27.0))
    done = text_of(open_at(qtbot, "steady", 82.0))
    assert "FINISHED" in done
    assert "Done, come off slowly." in done
    assert all("VIRTUAL" in text for text in [done])


def test_a_lost_ball_shows_no_number(qtbot: QtBot) -> None:
    source = VirtualSource("unplugged", CEILING)
    events = []
    for event in source:
        events.append(event)
        if getattr(event, "t_us", 0) and not isinstance(event, Samples) and event.t_us > 21_000_000:  # type: ignore[union-attr]
            break
    watch = Watch(lambda: Job(source, events, Run(Plan(CEILING)), None, "VIRTUAL"))
    watch.start()
    watch.wait()
    view = look(watch)
    assert (view.number, view.word, view.band, view.share) == (BLANK, "NO SIGNAL", "", 0.0)
    window = SessionWindow(watch)
    qtbot.addWidget(window)
    window.refresh()
    assert BLANK in window.gauge.accessibleDescription()


def test_keys_rate_stop_and_quit(qtbot: QtBot) -> None:
    source = VirtualSource("steady", CEILING)
    watch = Watch(lambda: Job(source, paced(source, 20.0, closed=lambda: source.closed), Run(Plan(CEILING)), None, "VIRTUAL"))
    window = SessionWindow(watch)
    qtbot.addWidget(window)
    window.show()
    watch.start()
    qtbot.waitUntil(lambda: "WORK" in text_of(window), timeout=20_000)
    qtbot.keyClick(window, Qt.Key.Key_5)
    qtbot.waitUntil(lambda: "5 of 10 noted." in text_of(window), timeout=5_000)
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: "COME OFF" in text_of(window), timeout=5_000)
    assert watch.job is not None
    assert watch.job.run.state.ended == "stop"
    qtbot.keyClick(window, Qt.Key.Key_Q)
    qtbot.waitUntil(lambda: not watch.running, timeout=5_000)
    assert not window.isVisible()


def test_arrows_lean_on_the_virtual_ball(qtbot: QtBot) -> None:
    source = VirtualSource(None, CEILING)
    watch = Watch(lambda: Job(source, paced(source, 5.0, closed=lambda: source.closed), Run(Plan(CEILING)), None, "VIRTUAL"))
    window = SessionWindow(watch)
    qtbot.addWidget(window)
    window.show()
    watch.start()
    qtbot.waitUntil(lambda: watch.reading is not None and watch.reading.quality == "ok", timeout=10_000)
    for _ in range(60):
        qtbot.keyClick(window, Qt.Key.Key_Up)
    qtbot.waitUntil(lambda: "OVER" in text_of(window), timeout=10_000)
    window.close()


def picture(view: View) -> QImage:
    gauge = Gauge()
    gauge.resize(800, 500)
    gauge.show_view(view)
    return gauge.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)


def grey(image: QImage) -> np.ndarray:  # type: ignore[type-arg]
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width()].astype(int)


STATES = {
    "off": View(number="0.1", band="off", word="OFF", line_share=0.8, line="line 40.0", line_kpa=40.0),
    "settle": View(number="12.0", band="settle", word="SETTLE", share=0.24, line_share=0.8, line="line 40.0", line_kpa=40.0),
    "work": View(number="32.0", band="work", word="WORK", share=0.64, line_share=0.8, line="line 40.0", line_kpa=40.0),
    "near": View(number="39.0", band="near", word="NEAR", share=0.78, line_share=0.8, line="line 40.0", line_kpa=40.0),
    "over": View(number="44.0", band="over", word="OVER", share=0.88, line_share=0.8, line="line 40.0", line_kpa=40.0),
    "lost": View(word="NO SIGNAL", line_share=0.8, line="line 40.0", line_kpa=40.0),
}


def test_every_state_differs_without_colour(qtbot: QtBot) -> None:
    pictures = {name: grey(picture(view)) for name, view in STATES.items()}
    for a in pictures:
        for b in pictures:
            if a < b:
                assert (np.abs(pictures[a] - pictures[b]) > 40).mean() > 0.01, (a, b)


def test_text_is_not_boxes(qtbot: QtBot) -> None:
    """Without a font every glyph is the same box: two different letters must look different."""
    one, two = (grey(picture(View(word=word))) for word in ("IIII", "WWWW"))
    assert (np.abs(one - two) > 40).sum() > 200


@pytest.mark.parametrize("band", [b for b in BAND_COLOURS if b])
def test_contrast_of_the_words(band: str) -> None:
    def luminance(colour: object) -> float:
        parts = [colour.redF(), colour.greenF(), colour.blueF()]  # type: ignore[attr-defined]
        r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    for a, b in ((BAND_COLOURS[band], BACKGROUND), (INK, BACKGROUND)):
        low, high = sorted((luminance(a), luminance(b)))
        assert (high + 0.05) / (low + 0.05) >= 4.5


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


def test_painting_loses_no_reference_to_none(qtbot: QtBot) -> None:
    """A Qt binding that drops references kills Python 3.11 after seconds of painting; the pin in pyproject.toml keeps it out."""
    gauge = Gauge()
    gauge.resize(600, 400)
    views = list(STATES.values())
    for view in views * 5:
        gauge.show_view(view)
        gauge.grab()
    before = sys.getrefcount(None)
    for view in views * 100:
        gauge.show_view(view)
        gauge.grab()
    assert sys.getrefcount(None) > before - 300
