"""Writes docs/images/window-*.png: the real window at chosen moments of the virtual ball's scenarios."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QApplication

from sixten.ball.messages import Event
from sixten.ball.virtual import VirtualSource
from sixten.desktop.window import SessionWindow
from sixten.session.rules import Plan
from sixten.session.run import Run
from sixten.watch import Job, Watch

CEILING_KPA = 40.0
MOMENTS = [("work", "steady", 30.0), ("over", "overshoot", 27.5), ("no-signal", "unplugged", 22.0), ("done", "steady", 82.0)]


def until(source: VirtualSource, t_s: float) -> Iterator[Event]:
    """The source's events up to this device time, then nothing more: the picture is taken of that moment."""
    for event in source:
        yield event
        t_us = getattr(event, "t_us", 0)
        if (t_us[-1] if isinstance(t_us, tuple) else t_us) >= t_s * 1e6:
            return


def main(folder: Path) -> None:
    app = QApplication(sys.argv[:1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, scenario, t_s in MOMENTS:
        source = VirtualSource(scenario, CEILING_KPA)
        watch = Watch(lambda s=source, t=t_s: Job(s, until(s, t), Run(Plan(CEILING_KPA)), None, "VIRTUAL"))
        window = SessionWindow(watch)
        window.add_trace()
        window.show()
        watch.start()
        watch.wait()
        window.refresh()
        QCoreApplication.processEvents()
        path = folder / f"window-{name}.png"
        window.grab().save(str(path))
        print(path)
        window.close()
    app.quit()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images"))
