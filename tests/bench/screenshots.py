"""Writes docs/images/session-*.png, the page at chosen moments of the virtual ball's scenarios, and window-*.png, what is around it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
from PySide6.QtCore import QEventLoop, QSize
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from sixten import window_words as W
from sixten.ball.messages import Event
from sixten.ball.port import Found
from sixten.ball.virtual import VirtualSource
from sixten.cli.opening import Opening
from sixten.cli.window import Live
from sixten.desktop.session_page import SessionPage
from sixten.desktop.theme import THEMES, load_fonts
from sixten.desktop.window import AppWindow
from sixten.language import fill, tr
from sixten.pages.home import Home
from sixten.pages.program import Somebody
from sixten.session.rules import Plan
from sixten.session.run import Run
from sixten.sound.device import Sound
from sixten.view import View, look
from sixten.watch import Job, Watch

CEILING_KPA = 40.0
SIZE = QSize(1280, 800)
TURNED = {0: "", 90: "-turned-right", -90: "-turned-left"}


class Moment(NamedTuple):
    """t_s: of the virtual ball's time. ceiling_kpa: None for a session without a line. guided: as in a visit.

    presses: of the rating, just before.
    """

    name: str
    scenario: str
    t_s: float
    theme: str = "dark"
    turn: int = 0
    size: QSize = SIZE
    ceiling_kpa: float | None = CEILING_KPA
    guided: bool = True
    presses: int = 0

    @property
    def file(self) -> str:
        tall = "-portrait" if self.size.height() > self.size.width() else ""
        return f"session-{self.name}-{self.theme}{TURNED[self.turn]}{tall}.png"


MOMENTS = (
    Moment("off", "steady", 7.0),
    Moment("settle", "steady", 9.6, "light"),
    Moment("count", "steady", 17.6),
    Moment("work", "steady", 27.0),
    Moment("work", "steady", 27.0, "light", 90),
    Moment("asking", "steady", 31.5, presses=4),
    Moment("asking", "steady", 31.5, "light", -90),
    Moment("near", "overshoot", 25.15, "light"),
    Moment("over", "overshoot", 27.5),
    Moment("over", "overshoot", 27.5, "light"),
    Moment("over", "overshoot", 27.5, "dark", -90),
    Moment("no-signal", "unplugged", 22.0),
    Moment("no-signal", "unplugged", 22.0, "light", 90),
    Moment("come-off", "steady", 74.0, size=QSize(800, 1280), guided=False),
    Moment("finished", "steady", 82.0, "light", guided=False),
    Moment("no-line", "steady", 27.0, ceiling_kpa=None, guided=False),
)


def until(source: VirtualSource, t_s: float, presses: int = 0) -> Iterator[Event]:
    """The source's events up to this device time, then nothing more: the picture is taken of that moment."""
    for event in source:
        yield event
        t_us = getattr(event, "t_us", 0)
        now_s = (t_us[-1] if isinstance(t_us, tuple) else t_us) / 1e6
        if presses and now_s >= t_s - 1.0:
            presses -= 1
            source.mark("more")
        if now_s >= t_s:
            return


def page_at(moment: Moment) -> tuple[SessionPage, View]:
    """The page as it stands at this moment of a visit's window, on the left hip."""
    source = VirtualSource(moment.scenario, CEILING_KPA)
    plan = Plan(moment.ceiling_kpa, guided=moment.guided, side="left" if moment.guided else "")
    watch = Watch(lambda: Job(source, until(source, moment.t_s, moment.presses), Run(plan), None, "VIRTUAL", side=plan.side))
    page = SessionPage(watch)
    page.resize(moment.size)
    page.add_trace()
    page.restyle(THEMES[moment.theme], moment.turn)
    watch.start()
    watch.wait()
    if watch.error is not None:
        raise watch.error
    view = look(watch)
    page.refresh(view)
    return page, view


class Nothing(Live):
    """The program as it is for somebody new: two people are stored, and one board is plugged in."""

    def look(self) -> list[Found]:
        return [Found("/dev/ttyACM0", "board", "Arduino Uno", "2341:0043:6")]

    def people(self) -> tuple[list[Somebody], list[str]]:
        return [Somebody("1", "Anna"), Somebody("2", "Ben")], []

    def lines(self, person: str) -> dict[str, str]:
        return {
            "left": fill(W.LINE_KNOWN, {"side": tr(W.SIDE_WORDS["left"]), "kpa": 41.2, "unit": "kPa"}),
            "right": fill(W.LINE_REASON, {"side": tr(W.SIDE_WORDS["right"]), "reason": "no calibration yet."}),
        }


def around(folder: Path) -> Iterator[tuple[AppWindow, Path]]:
    """Home, the sound check, the sheet of keys and the full-screen word, in both themes and turned."""
    app = QApplication.instance()
    sound = Sound(backend="NULL")
    sound.start()
    window = AppWindow(Nothing(Opening(record=False)), sound, Home())
    window.resize(SIZE)
    window.show()
    assert app is not None and window.home is not None and window.sound_page is not None
    window.home.begin()

    def until(done: Callable[[], bool]) -> None:
        while not done():
            app.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)

    def press(*keys: str) -> None:
        for key in keys:
            QTest.keyClick(window.focusWidget() or window, key)
        app.processEvents()

    home = window.home
    until(lambda: bool(home.home.people) and home.home.finding.ports is not None and sound.on)
    press("1", "l")
    until(lambda: bool(home.home.lines))
    yield window, folder / "window-home-dark.png"
    press("d", "R")
    yield window, folder / "window-home-light-turned-right.png"
    press("R", "R", "s")
    until(window.sound_page.isVisible)
    yield window, folder / "window-sound-check-light.png"
    press("d", "n")
    yield window, folder / "window-not-heard-dark.png"
    press("?")
    yield window, folder / "window-keys-dark.png"
    window.loud.setGeometry(window.rect())
    window.sheet.hide()
    window.loud.show_view(page_at(next(m for m in MOMENTS if m.name == "over"))[1], window.rect())
    yield window, folder / "window-full-screen-word-dark.png"
    window.close()
    sound.close()


def main(folder: Path) -> None:
    app = QApplication.instance() or QApplication(sys.argv[:1])
    load_fonts()
    folder.mkdir(parents=True, exist_ok=True)
    for moment in MOMENTS:
        page, view = page_at(moment)
        page.show()
        app.processEvents()
        path = folder / moment.file
        page.grab().save(str(path))
        print(f"{path}  {path.stat().st_size / 1000:.0f} kB  {view.word}")
        page.close()
    with TemporaryDirectory() as settings:
        os.environ |= {"XDG_CONFIG_HOME": settings, "XDG_DATA_HOME": settings}
        for window, path in around(folder):
            app.processEvents()
            window.grab().save(str(path))
            print(f"{path}  {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images"))
