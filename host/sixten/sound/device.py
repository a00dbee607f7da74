"""The computer's speaker. Nothing here can hold up or end a session: what goes wrong is one sentence in ``trouble``."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

from sixten.language import fill, tr
from sixten.words import MUTED, NO_SOUND, NO_SOUND_DEVICE, SILENT, SOUND_HANGS, VOLUME

if TYPE_CHECKING:  # numpy, and scipy behind the session, would make the first frame wait
    from sixten.ball.messages import Event
    from sixten.recording.replay import ReplaySource
    from sixten.session.run import Output
    from sixten.sound.hearing import Hearing
    from sixten.sound.mixer import Mixer
    from sixten.sound.tones import Wave
    from sixten.watch import Job

BLOCK_MS = 10  # an alarm waits for the next block at most; three of them lie in the device, enough for a slow paint
HANGS_S = 1.0  # a device that has asked for no block this long is gone, or asleep
LAST_WORDS_S = 3.0  # for what is being said when a session ends by itself; the longest last phrase takes less
VOLUME_STEP = 0.2


class Sound:
    """Hears everything that is published and plays it. Everything public may be called from any thread."""

    def __init__(
        self, silent: bool = False, why_not: str = "", backend: str = "", tap: Callable[[float, Wave], None] | None = None
    ) -> None:
        """silent: no device is opened. why_not: likewise, and this is why. backend: a single one by miniaudio's name, such as NULL.
        tap: gets every block, and when.
        """
        self._hearing: Hearing | None = None
        self._making = threading.Lock()
        self.silent = silent
        self.trouble = tr(why_not)
        self._backend, self._tap = backend, tap
        self._device: Any = None
        self._asked_s: float | None = None  # when the device last asked for a block
        self._closed = False
        self._replay: ReplaySource | None = None
        self._rested = False
        self._opener = threading.Thread(target=self._open, name="sound", daemon=True)

    def start(self) -> None:
        """Open the device, which can take its time; what is published meanwhile is not waited for."""
        if not (self.silent or self.trouble):
            self._opener.start()

    def __call__(self, job: Job, what: Event | Output) -> None:
        """Hear it; called by the pump, which a fault in here must not end."""
        try:
            self._replay = job.replay
            if not self._rests():
                self.hearing(job, what, time.monotonic())
        except Exception as error:
            self.trouble = f"{type(error).__name__}: {error}"

    @property
    def hearing(self) -> Hearing:
        """What turns events into cues, and keeps the last of them."""
        with self._making:
            if self._hearing is None:
                from sixten.sound.hearing import Hearing
                from sixten.sound.mixer import Mixer

                self._hearing = Hearing(Mixer({}))
            return self._hearing

    @property
    def mixer(self) -> Mixer:
        """What makes samples of cues."""
        return self.hearing.mixer

    @property
    def on(self) -> bool:
        """Whether the device is playing."""
        return not self.trouble and self._asked_s is not None and time.monotonic() - self._asked_s < HANGS_S

    @property
    def state(self) -> str:
        """What there is to know about sound, in words; empty if all is well."""
        if self.silent:
            return tr(SILENT)
        if self.trouble:
            return fill(NO_SOUND, {"reason": self.trouble})
        if self._asked_s is not None and not self.on:
            return fill(NO_SOUND, {"reason": tr(SOUND_HANGS)})
        mixer = None if self._hearing is None else self._hearing.mixer
        if mixer is None or mixer.muted_s == 0 and mixer.volume == 1:
            return ""
        if mixer.muted_s > 0:
            return fill(MUTED, {"left_s": mixer.muted_s})
        return fill(VOLUME, {"percent": 100 * mixer.volume})

    def mute(self) -> None:
        """Quiet for a while, or no longer."""
        self.mixer.mute()

    def louder(self, steps: int) -> None:
        """That many steps louder, or quieter if negative; never so quiet that an alarm would not be heard."""
        from sixten.sound.mixer import QUIETEST

        self.mixer.volume = min(1.0, max(QUIETEST, self.mixer.volume + steps * VOLUME_STEP))

    def close(self, lost: bool = False, wait: bool = False) -> None:
        """No more sound. lost: the session ended by a fault, which is heard. wait: for what is still being said."""
        if self.on:
            self._last_words(lost, wait)
        self._closed = True
        device, self._device = self._device, None
        if device is not None:
            device.close()

    def _last_words(self, lost: bool, wait: bool) -> None:
        from sixten.sound.cues import TIME, Cue

        self.mixer.seen(None)
        if lost:
            self.mixer.play(Cue("alarm", "", TIME))
            self.mixer.play(Cue("tone", "loss", TIME))
        end_s = time.monotonic() + LAST_WORDS_S
        while (lost or wait) and self.on and self.mixer.busy and time.monotonic() < end_s:
            time.sleep(BLOCK_MS / 1000)

    def _open(self) -> None:
        try:
            import miniaudio

            from sixten.sound.cues import TIME, Cue
            from sixten.sound.tones import RATE
            from sixten.sound.voice import phrases

            self.mixer.phrases = phrases()
            if sys.platform.startswith("linux"):
                _hush_alsa()
            # By name, because the library would otherwise take a null device where there is no other, and say nothing.
            names = [self._backend] if self._backend else ["WASAPI", "COREAUDIO", "PULSEAUDIO", "ALSA"]
            device = miniaudio.PlaybackDevice(
                miniaudio.SampleFormat.SIGNED16, 1, RATE, BLOCK_MS, backends=[miniaudio.Backend[n] for n in names], app_name="sixten"
            )
            self.mixer.play(Cue("tone", "ready", TIME))  # so that it is heard whether sound is on, before anybody lies down
            blocks = self._blocks()
            next(blocks)
            device.start(blocks)
        except ImportError as error:
            self.trouble = str(error)
        except Exception:  # miniaudio's own error says a number
            self.trouble = tr(NO_SOUND_DEVICE)
        else:
            self._device = device
            if self._closed:
                device.close()

    def _rests(self) -> bool:
        """Whether there is nothing to hear now; asked before every block, because a replay that stands still publishes nothing."""
        rests = self._replay is not None and not self._replay.in_real_time
        if rests and not self._rested:
            self.hearing.rest()
        self._rested = rests
        return rests

    def _blocks(self) -> Generator[bytes, int, None]:
        import numpy as np

        frames = yield b""
        while True:
            now_s = time.monotonic()
            self._asked_s = now_s
            try:
                self._rests()
                block = self.mixer.render(frames, now_s)
            except Exception as error:
                self.trouble = f"{type(error).__name__}: {error}"
                block = np.zeros(frames, np.float32)
            if self._tap is not None:
                self._tap(now_s, block)
            frames = yield np.rint(block * 32767).astype("<i2").tobytes()


_quiet: Any = None  # ALSA keeps a pointer to it


def _hush_alsa() -> None:
    """ALSA prints pages to the terminal where there is no card; a handler that does nothing takes them."""
    global _quiet
    import ctypes

    kind = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p)
    try:
        alsa = ctypes.CDLL("libasound.so.2")
    except OSError:
        return
    _quiet = kind(lambda *what: None)
    alsa.snd_lib_error_set_handler(_quiet)
