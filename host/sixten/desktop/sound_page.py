"""The sound check as a widget: plays the warning, and asks whether it was heard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent

from sixten import window_words as W
from sixten.desktop.ask_page import AskPage
from sixten.language import tr
from sixten.pages import soundcheck as S
from sixten.pages.shown import Card

if TYPE_CHECKING:
    from sixten.sound.device import Sound

SAMPLE_MS = 1600  # the alarm's three pulses once, and the beginning of its second turn


class SoundPage(AskPage):
    """``done`` tells that the check is over; what came of it is in ``check``. ``wants`` tells a key of the window's."""

    done = Signal(bool)  # False: back to where it was asked for
    wants = Signal(str)

    def __init__(self, sound: Sound) -> None:
        super().__init__(tr(W.SOUND_CHECK))
        self.check = S.Check()
        self._sound = sound
        self._quiet = QTimer(self)
        self._quiet.setSingleShot(True)
        self._quiet.setInterval(SAMPLE_MS)
        self._quiet.timeout.connect(lambda: play_alarm(sound, False))
        self._played = False
        self.pressed.connect(self.press)

    def press(self, key: str) -> None:
        """A key of this page, or else of the window's."""
        self.check, wanted = S.press(self.check, key, self._sound.on)
        if wanted in ("done", "back"):
            self.done.emit(wanted == "done")
        elif wanted == "play":
            self._play()
        elif wanted in ("louder", "quieter"):
            self._sound.louder(1 if wanted == "louder" else -1)
            self._play()
        elif wanted == "key":
            self.wants.emit(key)
        self.refresh()

    def refresh(self) -> None:
        """What is known of the sound now; the device may take its time, and may go away."""
        on = self._sound.on
        if on and not self._played and self.isVisible():
            self._play()
        self.show_page(S.shown(self.check, on, sound_card(self._sound, True), no_sound(self._sound)))

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 (Qt's name)
        self._played = False
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 (Qt's name)
        if self._quiet.isActive():
            self._quiet.stop()
            play_alarm(self._sound, False)

    def _play(self) -> None:
        self._played = True
        play_alarm(self._sound, True)
        self._quiet.start()


def play_alarm(sound: Sound, on: bool) -> None:
    """The warning itself, as it will sound."""
    from sixten.sound.cues import STOP, Cue

    if sound.on:
        sound.mixer.play(Cue("alarm", "over" if on else "", STOP))


def hush(sound: Sound, lost: bool) -> None:
    """A session is over. lost: by a fault, which is heard."""
    from sixten.sound.cues import TIME, Cue

    sound.hearing.rest()
    if lost:
        sound.mixer.play(Cue("tone", "loss", TIME))


def no_sound(sound: Sound) -> str:
    """Why there is none, in words; empty while the device is being opened."""
    return sound.trouble or sound.state


def sound_card(sound: Sound | None, check: bool = False) -> Card:
    """What there is to know about it, for a page."""
    if sound is None:
        return Card("")
    return S.sound_card(sound.on, no_sound(sound), sound.mixer.volume if sound.on else 1.0, check)
