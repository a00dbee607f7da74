"""The real window, driven by keys, on the virtual ball at many times its own speed."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from sixten.ball.messages import Event, Samples
from sixten.ball.virtual import VirtualSource
from sixten.desktop.window import SessionWindow
from sixten.recording.replay import paced
from sixten.session.rules import Plan
from sixten.session.run import Run
from sixten.view import BLANK, look
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
