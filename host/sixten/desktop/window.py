"""The main window: home, sound check, session, and home again. It asks and shows; ``Watch`` decides, in its own thread."""

from __future__ import annotations

import importlib
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QRect, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent, QHideEvent, QKeyEvent, QKeySequence, QResizeEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QStackedWidget, QWidget

from sixten import window_words as W
from sixten.desktop.ask_page import key_of
from sixten.desktop.background import Background
from sixten.desktop.home_page import HomePage
from sixten.desktop.kept import Kept
from sixten.desktop.over import LoudWord, Sheet, beside
from sixten.desktop.running import Running
from sixten.desktop.sound_page import SoundPage, hush, sound_card
from sixten.desktop.strips import LeanBar, Strip
from sixten.desktop.theme import THEMES
from sixten.desktop.turned import TURNS
from sixten.desktop.wake import Awake
from sixten.keys import STOPS, press
from sixten.language import tr
from sixten.pages import finding as F
from sixten.pages import home as H
from sixten.pages.program import Ask, Opened, Program
from sixten.recording.settings import Settings
from sixten.watch import Watch

if TYPE_CHECKING:
    from sixten.sound.device import Sound

FRAME_MS, LOW_POWER_MS = 16, 50
PULSE_MS = 250  # what is looked after while no frame is drawn: a session that has ended, and Ctrl-C, which waits for Python to run
ALARMS = {"over", "ease_off", "rising", "ended", "stale", "lost", "symptom", "stop", "recording_lost"}
DOWN = {0: QBoxLayout.Direction.TopToBottom, 90: QBoxLayout.Direction.RightToLeft, -90: QBoxLayout.Direction.LeftToRight}
STOP_KEYS = (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape, Qt.Key.Key_Backspace)


class AppWindow(QWidget):
    """program: None where there is nothing but one session, a replay's. home: what is known before anybody is asked."""

    _noticed = Signal(object, str)

    def __init__(self, program: Program | None, sound: Sound | None, home: H.Home) -> None:
        super().__init__()
        self._kept = Kept()
        self._sound = sound
        self._checked = sound is None or sound.silent
        self._background = Background()
        self.running: Running | None = None
        self._pending: tuple[Opened, Ask | None] | None = None
        self.ended = False
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
            shortcut.setAutoRepeat(False)  # the Enter that began the session may still be held
            shortcut.activated.connect(lambda k=key: self._press({Qt.Key.Key_Space: " ", Qt.Key.Key_Escape: "\x1b"}.get(k, "\r")))
        self._restyle()

    @property
    def settings(self) -> Settings:
        """What counts now."""
        return self._kept.now

    @property
    def watch(self) -> Watch | None:
        """The session's, if there is one."""
        return None if self.running is None else self.running.watch

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
        if self._program is not None and self.running is None and self._pending is None:
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
            if pending is not None:
                self.home.used(pending[1], "")
            self._show(self.home)
        elif pending is not None:
            self.close()

    def _start(self, opened: Opened, ask: Ask | None) -> None:
        watch = Watch(opened.make, self._sound)
        running = self.running = Running(opened, ask, watch, self._sound, self._noticed.emit)
        running.page.stop_pressed.connect(lambda: self._press(" "))
        self._stack.addWidget(running.page)
        self._restyle()
        for shortcut in self._stops:
            shortcut.setEnabled(True)
        self._show(running.page)
        watch.start()
        if not running.replays:
            self._awake.hold(tr(W.AWAKE))
        # Plotting takes a third of a second to import, which no frame waits for.
        self._background.run(partial(importlib.import_module, "sixten.desktop.trace"), lambda _: self._add_trace(running))

    def _add_trace(self, running: Running) -> None:
        if running is self.running:
            running.page.add_trace()

    def _leave(self) -> None:
        """End the session; it is closed in the background, because a board still has to be told."""
        running = self.running
        if running is None or running.leaving:
            return
        running.leaving = True
        if running.over:
            self._ended(running)
        else:
            self._background.run(running.watch.close, lambda _: self._ended(running))

    def _ended(self, running: Running) -> None:
        if running is self.running:
            running.finish()
            self._awake.release()
            self._remember_volume()
            if not running.stays:
                self._go_home(running)

    def _go_home(self, running: Running) -> None:
        if self._sound is not None and self._sound.on:
            hush(self._sound, running.lost)
        self.running = None
        self._timer.stop()
        for shortcut in self._stops:
            shortcut.setEnabled(False)
        for over in (self.loud, self.sheet, self.lean):
            over.hide()
        self.strip.say("")
        if self.home is None:
            self.close()
            return
        if running.ask is not None and running.ask.person:
            self._kept.change(person=running.ask.person)
        self._know()
        self.home.say(running.said)
        self.home.used(running.ask, str(running.watch.error or ""))
        self._show(self.home)
        self._stack.removeWidget(running.page)
        running.page.deleteLater()

    # Frames.

    def frame(self) -> None:
        """Draw the present."""
        running = self.running
        if running is None:
            return
        view = running.frame(self.settings.estimate)
        self.strip.say(*running.strip())
        leaning = running.leaning
        self.lean.setVisible(leaning is not None)
        if leaning is not None:
            self.lean.show_share(leaning)
        if self.sheet.isVisible():
            self.sheet.setGeometry(self._beside_stop())
        if self.sound_page is not None and self.sound_page.check.loud_words:
            self.loud.show_view(view, self.rect())

    @Slot(object, str)
    def _notice(self, running: Running, code: str) -> None:
        """A notice is on the screen at once, whatever the frame rate."""
        if running is not self.running:
            return
        if code in ALARMS:
            self._close_sheet()
        if self.isVisible():
            self.frame()
            (self.loud if self.loud.isVisible() else running.page).repaint()

    def _lean_to(self, share: float) -> None:
        if self.running is not None:
            self.running.lean_to(share)

    def _look_after(self) -> None:
        running = self.running
        if running is not None and not (running.watch.running or running.over or running.leaving):
            self._ended(running)
            self.frame()
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
        wanted = self.running is not None and self.isVisible() and not self.isMinimized()
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
        running = self.running
        if self.sheet.isVisible():
            self._close_sheet()
            if key not in STOPS:
                return
        if running is None:
            self._global(key)
        elif running.asks and key in ("y", "n"):
            running.same_ball(key == "y")
            if key == "n":
                self._leave()
        elif key == "b":
            running.beep()
        elif running.over and key in STOPS and not running.replays:
            self._leave()
        elif not self._global(key):
            press(running.watch, key)
            if key in ("[", "]"):
                self._remember_volume()

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
            if self.running is not None and self.home is not None:
                self._leave()
            else:
                self.close()
        else:
            return False
        return True

    def _open_sheet(self) -> None:
        label = self.running.opened.label if self.running is not None else ""
        own = W.SHEET_HOME if self.running is None else W.SHEET_REPLAY if self.running.replays else W.SHEET_SESSION
        self.sheet.open((own, W.SHEET_ALWAYS), label, self._beside_stop())

    def _beside_stop(self) -> QRect:
        """Where the sheet may lie: in a session STOP stays in sight, wherever the page has put it by now."""
        if self.running is None:
            return self.rect()
        stop = self.running.page.stop
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
        if self.running is None:
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
        self._save()
        if self.home is not None:
            remembered = self._kept.reload()
            self.home.know(F.Known(frozenset(remembered.balls), tuple(remembered.picked)))

    def _restyle(self) -> None:
        theme, turn = THEMES[self.settings.theme], self.settings.turn
        self.setStyleSheet(f"AppWindow {{ background: {theme.background.name()}; }}")
        self._column.setDirection(DOWN[turn])
        page = None if self.running is None else self.running.page
        for part in (self.home, self.sound_page, page, self.strip, self.lean, self.sheet, self.loud):
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
        self.end()
        event.accept()

    def end(self) -> None:
        """Close the session and keep what is to be kept. Once; Qt itself may be gone by then."""
        if self.ended:
            return
        self.ended = True
        self._timer.stop()
        self._pulse.stop()
        self._background.close()
        running = self.running
        if running is not None:
            running.watch.on_notice = running.watch.on_reading = None
            running.watch.close()
            running.finish()
            self._awake.release()
            self._remember_volume()
        self._know()
