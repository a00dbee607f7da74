"""A reader that dies or hangs while somebody lies on the ball: seen and heard within 0.3 s, in the real window with real sound."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from sixten import watch as watching
from sixten.ball.messages import Event, Samples
from sixten.ball.virtual import VirtualSource
from sixten.desktop.theme import load_fonts
from sixten.desktop.window import LOW_POWER_MS, AppWindow
from sixten.pages.home import Home
from sixten.session.rules import Plan
from sixten.session.run import Run
from sixten.sound import mixer
from sixten.sound.device import BLOCK_MS, Sound
from sixten.view import BLANK
from sixten.watch import Job, Watch

SECOND_S = 22.0  # of the scenario: the clock runs, the pacer is heard


@dataclass
class Dies:
    """A session whose source ends its thread without a word, or never comes back."""

    hangs: bool
    label: str = "VIRTUAL"
    let_go: threading.Event = field(default_factory=threading.Event)

    def make(self) -> Job:
        source = VirtualSource("steady", 40.0)

        def events() -> Iterator[Event]:
            for event in source:
                yield event
                if isinstance(event, Samples) and event.t_us[-1] >= SECOND_S * 1e6:
                    if not self.hangs:
                        raise SystemExit
                    self.let_go.wait(60)
                    return

        return Job(source, events(), Run(Plan(40.0, guided=True, side="left")), None, "VIRTUAL")

    def end(self, watch: Watch) -> list[str]:
        return []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # that is what dies here
@pytest.mark.parametrize("hangs", [True, False])
def test_it_is_seen_and_heard(qtbot: QtBot, hangs: bool) -> None:
    load_fonts()
    sound = Sound(backend="NULL")
    sound.start()
    window = AppWindow(None, sound, Home())
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(lambda: sound.on, timeout=20_000)
    opened = Dies(hangs)
    window.begin(opened)
    assert window.running is not None
    page = window.running.page
    qtbot.waitUntil(lambda: "NO SIGNAL" in page.parts["word"].accessibleDescription(), timeout=60_000)
    assert window.watch is not None and not window.watch.watched
    number = page.parts["number"]
    assert number.view.number == BLANK and BLANK not in number.accessibleDescription()
    assert "Come off the ball." in page.parts["prompt"].accessibleDescription()
    qtbot.waitUntil(lambda: sound.mixer._alarm == "loss", timeout=20_000)
    qtbot.keyClick(window, Qt.Key.Key_Space)  # whoever is scared presses stop: nothing breaks
    opened.let_go.set()
    window.close()
    sound.close()


def test_what_both_take_adds_up_to_no_more_than_three_tenths() -> None:
    """How long silence may last, and the longest wait for what tells it: a frame of the slowest rate, a block."""
    assert watching.WATCHED_S + LOW_POWER_MS / 1000 <= 0.3
    assert mixer.WATCHED_S + BLOCK_MS / 1000 <= 0.3
