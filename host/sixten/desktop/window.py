"""The main window: home, sound check, session, and home again. It asks and shows; ``Watch`` decides, in its own thread."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QRect, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent, QHideEvent, QKeyEvent, QKeySequence, QResizeEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QStackedWidget, QWidget

from sixten import window_words as W
from sixten.ball.messages import BallError
from sixten.desktop.ask_page import key_of
from sixten.desktop.background import Background
from sixten.desktop.home_page import HomePage
from sixten.desktop.kept import Kept
from sixten.desktop.over import LoudWord, Sheet, beside
from sixten.desktop.session_page import SessionPage
from sixten.desktop.sound_page import SoundPage, hush, sound_card
from sixten.desktop.strips import LeanBar, Strip
from sixten.desktop.theme import THEMES
from sixten.desktop.turned import TURNS
from sixten.desktop.wake import Awake
from sixten.keys import STOPS, press
from sixten.language import fill, tr
from sixten.pages import finding as F
from sixten.pages import home as H
from sixten.pages.program import Ask, Opened, Program
from sixten.pages.same_ball import Meeting, answered, met, says
from sixten.recording.errors import RecordingError
from sixten.recording.settings import Settings
from sixten.view import View, look
from sixten.watch import Watch

if TYPE_CHECKING:
    from sixten.sound.device import Sound

FRAME_MS, LOW_POWER_MS = 16, 50
PULSE_MS = 250  # what is looked after while no frame is drawn: a session that has ended, and Ctrl-C, which waits for Python to run
BEEP_MS = 1000
ALARMS = {"over", "ease_off", "rising", "ended", "stale", "lost", "symptom", "stop", "recording_lost"}
STOP_KEYS = (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape, Qt.Key.Key_Backspace)
BLAMELESS = (BallError, RecordingError, ValueError)  # whose text is a sentence for the person


class AppWindow(QWidget):
    """program: None where there is nothing but one session, a replay's. home: what is known before anybody is asked."""

    _noticed = Signal(object, str)

    def __init__(self, program: Program | None, sound: Sound | None, home: H.Home) -> None:
        super().__init__()
        self._kept = Kept()
        self._sound = sound
        self._checked = sound is None or sound.silent
        self._background = Background()
        self.watch: Watch | None = None
        self._page: SessionPage | None = None
        self._opened: Opened | None = None
        self._ask: Ask | None = None
        self._pending: tuple[Opened, Ask | None] | None = None
        self._leaving = self._over = False
        self._said: list[str] = []
        self._meeting = Meeting()
        self._awake = Awake()
        self.setWindowTitle("sixten")
        self.resize(1280, 800)
        self.strip, self._stack, self.lean = Strip(), QStackedWidget(), LeanBar()
        self._column = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        for widget, stretch in ((self.strip, 0), (self._stack, 1), (self.lean, 0)):
            self._column.addWidget(widget, stretch)
        self.home = None if program is None else HomePage(program, self._background, home, self.settings.person)
        self.sound_page = None if sound is None else SoundPage(sound)
        self.sheet, self.loud = Sheet(self), LoudWord(self)
        self._program = program
        self._connect()
        for page in (self.home, self.sound_page):
            if page is not None:
                self._stack.addWidget(page)
        if self.home is not None:
            self.home.home = replace(self.home.home, hidden=self.settings.hide_names)
            self._know()
            self.home.say([*self.home.home.said, self._kept.trouble])
        self._timer, self._pulse = QTimer(self), QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.frame)
        self._pulse.timeout.connect(self._look_after)
        self._pulse.start(PULSE_MS)
        # Shortcuts come before whatever has the keyboard: a button that is pressed with Space stops, too.
        self._stops = [QShortcut(QKeySequence(key), self) for key in STOP_KEYS]
        for shortcut, key in zip(self._stops, STOP_KEYS, strict=True):
            shortcut.setEnabled(False)
            shortcut.activated.connect(lambda k=key: self._press({Qt.Key.Key_Space: " ", Qt.Key.Key_Escape: "\x1b"}.get(k, "\r")))
        self._restyle()

    @property
    def settings(self) -> Settings:
        """What counts now."""
        return self._kept.now

    def _connect(self) -> None:
        self._noticed.connect(self._notice, Qt.ConnectionType.QueuedConnection)
        self.strip.answered.connect(self._press)
        self.lean.leaned.connect(self._lean_to)
        self.loud.stop.connect(lambda: self._press(" "))
        if self.home is not None:
            self.home.go.connect(self._open)
            self.home.wants.connect(self._wants)
        if self.sound_page is not None:
            self.sound_page.wants.connect(self._global)
            self.sound_page.done.connect(self._sound_checked)

    # One session after the other.

    def _open(self, ask: Ask) -> None:
        if self._program is not None and self.watch is None and self._pending is None:
            self.begin(self._program.open(ask), ask)

    def begin(self, opened: Opened, ask: Ask | None = None) -> None:
        """Begin this session, after the sound check if it is the first on a real ball."""
        if not self._checked and not opened.label:
            self._pending = (opened, ask)
            self._show(self.sound_page)
        else:
            self._start(opened, ask)

    def _sound_checked(self, go: bool) -> None:
        pending, self._pending = self._pending, None
        self._remember_volume()
        self._checked = self._checked or go
        if pending is not None and go:
            self._start(*pending)
        elif self.home is not None:
            if pending is not None and pending[1] is not None:
                self.home.used(pending[1], "")
            self._show(self.home)
        elif pending is not None:
            self.close()

    def _start(self, opened: Opened, ask: Ask | None) -> None:
        watch = Watch(opened.make, self._sound)
        self._opened, self._ask, self.watch, self._meeting = opened, ask, watch, Meeting()
        self._leaving = self._over = False
        self._said = []
        watch.sound = self._sound
        watch.on_notice = lambda notice: self._noticed.emit(watch, notice.code)
        page = self._page = SessionPage(watch)
        page.stop_pressed.connect(lambda: self._press(" "))
        page.symptom_pressed.connect(lambda: press(watch, "s"))
        self._stack.addWidget(page)
        self._restyle()
        for shortcut in self._stops:
            shortcut.setEnabled(True)
        self._show(page)
        watch.start()
        if opened.label != "REPLAY":
            self._awake.hold(tr(W.AWAKE))
        QTimer.singleShot(0, page, page.add_trace)

    def _leave(self) -> None:
        """End the session; it is closed in the background, because a board still has to be told."""
        watch = self.watch
        if watch is None or self._leaving:
            return
        self._leaving = True
        if self._over:
            self._ended(watch)
            return
        self._background.run(watch.close, lambda _: self._ended(watch))

    def _ended(self, watch: Watch) -> None:
        """The session is over: keep what is to be kept, and go home unless there is still something to look at."""
        if watch is not self.watch or self._opened is None:
            return
        said = self._said if self._over else [*self._said, *self._finish(watch)]
        interrupted = watch.job is not None and getattr(watch.job.run.state, "ended", "") == "interrupted"
        self._over, self._said = True, said
        if self._leaving or interrupted or isinstance(watch.error, BLAMELESS):
            self._go_home([tr(W.INTERRUPTED), *said] if interrupted else said, str(watch.error or ""))
        else:  # the end of a scenario or a recording stays to be looked at; a fault stays on the screen, and is heard, until it is seen
            self.strip.say("  ".join(said))

    def _finish(self, watch: Watch) -> list[str]:
        assert self._opened is not None
        said = []
        if watch.error is not None:
            known = isinstance(watch.error, BLAMELESS)
            said.append(str(watch.error) if known else fill(W.UNEXPECTED, {"reason": repr(watch.error)}))
            if not known:
                traceback.print_exception(watch.error, file=sys.stderr)
        said += self._opened.end(watch)
        self._awake.release()
        self._remember_volume()
        return said

    def _go_home(self, said: Sequence[str], why_not: str) -> None:
        if self._sound is not None and self._sound.on and self.watch is not None:
            hush(self._sound, self.watch.error is not None and self.watch.reading is not None)
        page, self._page, self.watch, self._opened = self._page, None, None, None
        self._timer.stop()
        for shortcut in self._stops:
            shortcut.setEnabled(False)
        for over in (self.loud, self.sheet, self.lean):
            over.hide()
        self.strip.say("")
        if self.home is None:
            self.close()
            return
        self._know()
        self.home.say(said)
        if self._ask is not None:
            self.home.used(self._ask, why_not)
        self._show(self.home)
        if page is not None:
            self._stack.removeWidget(page)
            page.deleteLater()

    # Frames.

    def frame(self) -> None:
        """Draw the present."""
        if self.watch is None or self._page is None:
            return
        view = look(self.watch, estimate=self.settings.estimate)
        self._page.refresh(view)
        if not self._over:
            self._ask_or_say(self.watch)
        self._show_lean(view)
        if self.sheet.isVisible():
            self.sheet.setGeometry(self._beside_stop())
        if self.sound_page is not None and self.sound_page.check.loud_words:
            self.loud.show_view(view, self.rect())

    @Slot(object, str)
    def _notice(self, watch: Watch, code: str) -> None:
        """A notice is on the screen at once, whatever the frame rate."""
        if watch is not self.watch or self._page is None:
            return
        if code in ALARMS:
            self._close_sheet()
        if self.isVisible():
            self.frame()
            (self.loud if self.loud.isVisible() else self._page).repaint()

    def _ask_or_say(self, watch: Watch) -> None:
        if watch.hello is None or watch.job is None:
            return
        self._meeting = met(self._meeting, watch.hello, watch.job.run.readings.info.get("fault", ""))
        self.strip.say(*says(self._meeting))

    def _show_lean(self, view: View) -> None:
        source: Any = None if self.watch is None or self.watch.job is None else self.watch.job.source
        can = view.label == "VIRTUAL" and hasattr(source, "lean_to") and not self._over
        self.lean.setVisible(can)
        if can:
            self.lean.show_share(source.leaning)

    def _lean_to(self, share: float) -> None:
        source: Any = None if self.watch is None or self.watch.job is None else self.watch.job.source
        if hasattr(source, "lean_to"):
            source.lean_to(share)

    def _look_after(self) -> None:
        if self.watch is not None and not self.watch.running and not self._over and not self._leaving:
            self.frame()
            self._ended(self.watch)
        if self.home is not None and self.home.isVisible():
            self.home.show_sound(sound_card(self._sound))
        if self.sound_page is not None and self.sound_page.isVisible():
            self.sound_page.refresh()

    def _show(self, page: QWidget | None) -> None:
        if page is not None:
            self._stack.setCurrentWidget(page)
            page.setFocus()
        self._keep_pace()

    def _keep_pace(self) -> None:
        """Frames only while there is somebody to see them; the session goes on in its own thread."""
        wanted = self._page is not None and self.isVisible() and not self.isMinimized()
        if wanted:
            self._timer.start(LOW_POWER_MS if self.settings.low_power else FRAME_MS)
            self.frame()
        else:
            self._timer.stop()

    # Keys.

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 (Qt's name)
        self._press(key_of(event))

    def _press(self, key: str) -> None:
        """A key in a session, or one that no page wanted."""
        watch = self.watch
        if self.sheet.isVisible():
            self._close_sheet()
            if key not in STOPS:
                return
        if watch is None:
            self._global(key)
        elif self._meeting.question and key in ("y", "n"):
            self._answer(watch, key == "y")
        elif key == "b" and watch.job is not None and watch.job.replay is None:
            watch.job.source.ask("beep", BEEP_MS)
        elif self._over and key in STOPS and watch.job is not None and watch.job.replay is None:
            self._leave()
        elif not self._global(key):
            press(watch, key)
            if key in ("[", "]"):
                self._remember_volume()

    def _answer(self, watch: Watch, yes: bool) -> None:
        self._meeting = answered(self._meeting)
        self.strip.say("")
        if yes and watch.job is not None:
            watch.job.source.ask("keep", "sensor")
            watch.job.source.ask("info")  # so that the fault is gone here too
        elif not yes:
            self._said = [tr(W.UNPLUG_IT)]
            self._leave()

    def _wants(self, wanted: str) -> None:
        if wanted == "sound":
            self._show(self.sound_page)
        elif wanted == "names" and self.home is not None:
            self._change(hide_names=self.home.home.hidden)
        else:
            self._global(wanted)

    def _global(self, key: str) -> bool:
        """A key that means the same everywhere; whether it was one."""
        if key in ("r", "R"):
            self._change(turn=TURNS[(TURNS.index(self.settings.turn) + 1) % len(TURNS)])
        elif key == "d":
            self._change(theme="light" if self.settings.theme == "dark" else "dark")
        elif key == "e":
            self._change(estimate=not self.settings.estimate)
        elif key == "p":
            self._change(low_power=not self.settings.low_power)
        elif key == "f":
            self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)
        elif key == "?":
            self._open_sheet()
        elif key == "q":
            if self.watch is not None and self.home is not None:
                self._leave()
            else:
                self.close()
        else:
            return False
        return True

    def _open_sheet(self) -> None:
        label = self._opened.label if self._opened is not None else ""
        own = W.SHEET_HOME if self._page is None else W.SHEET_REPLAY if label == "REPLAY" else W.SHEET_SESSION
        self.sheet.open((own, W.SHEET_ALWAYS), label, self._beside_stop())

    def _beside_stop(self) -> QRect:
        """Where the sheet may lie: in a session STOP stays in sight, wherever the page has put it by now."""
        if self._page is None:
            return self.rect()
        stop = self._page.stop
        return beside(self.rect(), stop.rect().translated(stop.mapTo(self, stop.rect().topLeft())))

    def _close_sheet(self) -> None:
        if self.sheet.isVisible():
            self.sheet.hide()
            self._show(self._stack.currentWidget())

    # What is remembered.

    def _change(self, **changes: Any) -> None:
        self._kept.change(**changes)
        self._restyle()
        self._keep_pace()
        if self.watch is None:
            self._save()

    def _save(self) -> None:
        trouble = self._kept.save()
        if trouble and self.home is not None:
            self.home.say([*self.home.home.said, trouble])

    def _remember_volume(self) -> None:
        if self._sound is not None and self._sound.on and self._sound.mixer.volume != self.settings.volume:
            self._change(volume=self._sound.mixer.volume)

    def _know(self) -> None:
        """What the ports are known by may have changed with the last session."""
        if self._ask is not None and self._ask.person:
            self._kept.change(person=self._ask.person)
        self._save()
        if self.home is not None:
            remembered = self._kept.reload()
            self.home.know(F.Known(frozenset(remembered.balls), tuple(remembered.picked)))

    def _restyle(self) -> None:
        theme, turn = THEMES[self.settings.theme], self.settings.turn
        self.setStyleSheet(f"AppWindow {{ background: {theme.background.name()}; }}")
        self._column.setDirection(
            {0: QBoxLayout.Direction.TopToBottom, 90: QBoxLayout.Direction.RightToLeft, -90: QBoxLayout.Direction.LeftToRight}[turn]
        )
        for part in (self.home, self.sound_page, self._page, self.strip, self.lean, self.sheet, self.loud):
            if part is not None:
                part.restyle(theme, turn)

    # The window itself.

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 (Qt's name)
        self._keep_pace()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 (Qt's name)
        self._timer.stop()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 (Qt's name)
        if event.type() == QEvent.Type.WindowStateChange:
            self._keep_pace()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 (Qt's name)
        self._close_sheet()
        self.loud.setGeometry(self.rect())

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 (Qt's name)
        self._timer.stop()
        self._pulse.stop()
        self._background.close()
        watch = self.watch
        if watch is not None:
            watch.on_notice = watch.on_reading = None
            watch.close()
            if not self._over:
                self._over = True
                self._finish(watch)
        self._know()
        event.accept()
