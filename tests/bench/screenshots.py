"""Writes docs/images/session-*.png: the real page at chosen moments of the virtual ball's scenarios."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QApplication

from sixten.ball.messages import Event
from sixten.ball.virtual import VirtualSource
from sixten.desktop.session_page import SessionPage
from sixten.desktop.theme import THEMES, load_fonts
from sixten.session.rules import Plan
from sixten.session.run import Run
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


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images"))
