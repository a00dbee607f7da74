"""One session in the window: its watch and its page, and what can be asked of its ball."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from typing import Any

from sixten import window_words as W
from sixten.ball.messages import BallError
from sixten.desktop.session_page import SessionPage
from sixten.keys import press
from sixten.language import fill, tr
from sixten.pages.program import Ask, Opened
from sixten.pages.same_ball import Meeting, answered, met, says
from sixten.recording.errors import RecordingError
from sixten.view import View, look
from sixten.watch import Heard, Watch

BEEP_MS = 1000


class Running:
    """ask: what was asked for at home, if it began there. leaving: the person wants to go. over: nothing more comes. said: what there is
    to say of it at home.
    """

    def __init__(self, opened: Opened, ask: Ask | None, watch: Watch, sound: Heard | None, noticed: Callable[[Running, str], None]) -> None:
        """noticed: called in the pump's thread with the code of each notice."""
        self.opened, self.ask, self.watch = opened, ask, watch
        self.leaving = self.over = False
        self.said: list[str] = []
        self._meeting = Meeting()
        watch.sound = sound
        watch.on_notice = lambda notice: noticed(self, notice.code)
        self.page = SessionPage(watch)
        self.page.symptom_pressed.connect(lambda: press(watch, "s"))

    @property
    def replays(self) -> bool:
        """Whether it is a recording."""
        return self.opened.label == "REPLAY"

    @property
    def interrupted(self) -> bool:
        """Whether it has ended because there was no signal."""
        return self.watch.job is not None and getattr(self.watch.job.run.state, "ended", "") == "interrupted"

    @property
    def lost(self) -> bool:
        """Whether it has ended by a fault while somebody was being watched."""
        return self.watch.error is not None and self.watch.reading is not None

    @property
    def told(self) -> bool:
        """Whether what ended it is a sentence for the person. A ValueError is one while a session is being opened, later a fault."""
        error = self.watch.error
        return isinstance(error, (BallError, RecordingError)) or isinstance(error, ValueError) and not self.lost

    @property
    def stays(self) -> bool:
        """Over, but on the screen until the person leaves: a scenario's or recording's end; a fault of the program, which is heard too."""
        return not (self.leaving or self.interrupted or self.told)

    def frame(self, estimate: bool) -> View:
        """Draw the present."""
        view = look(self.watch, estimate=estimate)
        self.page.refresh(view)
        return view

    def finish(self) -> None:
        """It is over: keep what is to be kept."""
        if self.over:
            return
        self.over = True
        error = self.watch.error
        if self.interrupted:
            self.said.append(tr(W.INTERRUPTED))
        if self.told:
            self.said.append(str(error))
        elif error is not None:
            self.said.append(fill(W.UNEXPECTED, {"reason": repr(error)}))
            traceback.print_exception(error, file=sys.stderr)
        self.said += self.opened.end(self.watch)

    def strip(self) -> tuple[str, bool]:
        """What is to be said beside the page, and whether it is a question."""
        if self.over:
            return "  ".join(self.said), False
        hello, job = self.watch.hello, self.watch.job
        if hello is not None and job is not None:
            self._meeting = met(self._meeting, hello, job.run.readings.info.get("fault", ""))
        return says(self._meeting)

    @property
    def asks(self) -> bool:
        """Whether there is a question to answer with yes or no."""
        return self._meeting.question and not self.over

    def same_ball(self, yes: bool) -> None:
        """The person's answer."""
        self._meeting = answered(self._meeting)
        if not yes:
            self.said.append(tr(W.UNPLUG_IT))
        elif self._source is not None:
            self._source.ask("keep", "sensor")
            self._source.ask("info")  # so that the fault is gone here too

    def beep(self) -> None:
        """Let the board sound once."""
        if self._source is not None and not self.replays:
            self._source.ask("beep", BEEP_MS)

    @property
    def leaning(self) -> float | None:
        """How much is leaned on the virtual ball, as a share of its line; None where there is none."""
        return self._source.leaning if hasattr(self._source, "lean_to") and not self.over else None

    def lean_to(self, share: float) -> None:
        """Lean on the virtual ball."""
        if self.leaning is not None:
            self._source.lean_to(share)

    @property
    def _source(self) -> Any:
        return None if self.watch.job is None else self.watch.job.source
