"""The home page as a widget: looks for the ball once a second, reads who is stored, and tells when to begin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent

from sixten import window_words as W
from sixten.desktop.ask_page import AskPage
from sixten.desktop.background import Background
from sixten.language import fill, tr
from sixten.pages import finding as F
from sixten.pages import home as H
from sixten.pages.program import NOBODY, Ask, Program, Somebody
from sixten.pages.shown import Card

if TYPE_CHECKING:
    from sixten.ball.port import Found

LOOK_EVERY_MS = 1000

VIRTUAL_SIDE = "left"  # so that the virtual ball shows a whole window also to whoever has said nothing


class HomePage(AskPage):
    """``go`` tells which session is wanted; ``wants`` the other things: ``sound``, ``names``, or a key of the window's."""

    go = Signal(object)
    wants = Signal(str)

    def __init__(self, program: Program, background: Background, home: H.Home, last: str) -> None:
        """last: the id of who was last on the ball."""
        super().__init__(tr(W.HOME_NAME))
        self.home = home
        self._program, self._background, self._last = program, background, last
        self._sound = Card("")
        self._looking = self._rests = False
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_EVERY_MS)
        self._timer.timeout.connect(self.look)
        self.pressed.connect(self.press)

    def begin(self) -> None:
        """Find out who is stored, once the first frame is out: what reads it takes a second to import."""
        self._background.run(self._read_people, self._met)

    def show_sound(self, card: Card) -> None:
        """What there is to know about sound."""
        if card != self._sound:
            self._sound = card
            self._draw()

    def say(self, sentences: Sequence[str]) -> None:
        """What happened; it stands there until somebody presses a key."""
        self._to(replace(self.home, said=tuple(filter(None, sentences))))

    def know(self, known: F.Known) -> None:
        """What is remembered of ports."""
        self._to(replace(self.home, known=known))

    def used(self, ask: Ask | None, why_not: str) -> None:
        """The session that was asked for is over, or could not begin. None: it was begun from elsewhere, on whatever is plugged in."""
        finding = self.home.finding
        self._rests = ask is None
        for port in finding.ports or ():
            if ask is not None and port.device == ask.port:
                finding = F.tried(finding, port, why_not)
        home = replace(self.home, finding=finding)
        if not why_not:  # which side is asked for each session anew, and a hidden name is hidden again
            eager = home.eager and home.who == NOBODY
            home = replace(home, side="", who=None if home.hidden and not eager else home.who, eager=eager)
        self._to(home)
        self._ask_lines()

    def press(self, key: str) -> None:
        """A key of this page, or else of the window's."""
        before = self.home
        self.home, wanted = H.press(replace(before, said=()), key)
        if wanted == "key":
            self.home = before
            self.wants.emit(key)
            return
        if before.who != self.home.who:
            self._ask_lines()
        if wanted == "go":
            self._go()
        elif wanted == "virtual":
            self.go.emit(Ask(side=self.home.side or VIRTUAL_SIDE))
        elif wanted:
            self.wants.emit(wanted)
        self._to(self.home)

    def look(self) -> None:
        """Look around, unless that is being done."""
        if not self._looking:
            self._looking = True
            self._background.run(self._ports, self._found)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 (Qt's name)
        self._timer.start()
        self.look()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 (Qt's name)
        self._timer.stop()

    def _ports(self) -> Sequence[Found] | OSError:
        try:
            return self._program.look()
        except OSError as error:
            return error

    def _found(self, found: Sequence[Found] | OSError) -> None:
        self._looking = False
        if isinstance(found, OSError):
            self.say([fill(W.LOOK_FAILED, {"reason": found})])
        else:
            finding = F.looked(self.home.finding, found)
            for port in found if self._rests else ():
                finding = F.tried(finding, port)
            self._rests = False
            self._to(replace(self.home, finding=finding))

    def _read_people(self) -> tuple[Sequence[Somebody], Sequence[str]]:
        return self._program.people()

    def _met(self, found: tuple[Sequence[Somebody], Sequence[str]]) -> None:
        people, damage = found
        self._to(H.met(replace(self.home, said=(*self.home.said, *damage)), tuple(people), self._last))
        self._ask_lines()

    def _ask_lines(self) -> None:
        who = self.home.who
        if who is not None and who != NOBODY:
            program = self._program
            self._background.run(
                lambda: program.lines(who.id), lambda lines: self._to(replace(self.home, lines=lines)) if self.home.who == who else None
            )

    def _to(self, home: H.Home) -> None:
        self.home = home
        self._draw()
        if self.isVisible() and H.starts(home):
            self._go()

    def _go(self) -> None:
        home = self.home
        port = F.candidate(home.finding, home.known)
        if port is not None:
            person = home.who.id if home.who is not None else ""
            self._last = person or self._last
            self.go.emit(Ask(port.device, port.usb_key, person, home.side, F.identity(port) == home.finding.picked))

    def _draw(self) -> None:
        self.show_page(H.shown(self.home, self._sound))
