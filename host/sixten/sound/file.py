"""The sound of a session as a WAV file, from the same mixer, in the session's own time."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

from sixten.ball.messages import Event
from sixten.session.run import Output
from sixten.sound.hearing import Hearing
from sixten.sound.mixer import Mixer
from sixten.sound.tones import RATE
from sixten.watch import Job

TAIL_S = 3.0  # after the end, for the last words


class SoundFile:
    """Give it everything that is published. Raises OSError for a path that exists or cannot be written."""

    def __init__(self, path: Path, mixer: Mixer) -> None:
        self._raw = path.open("xb")
        self._file = wave.open(self._raw, "wb")
        self._file.setnchannels(1)
        self._file.setsampwidth(2)
        self._file.setframerate(RATE)
        self._mixer = mixer
        self.hearing = Hearing(mixer)
        self._frames = 0

    @property
    def seconds(self) -> float:
        """How much has been written."""
        return self._frames / RATE

    def __call__(self, job: Job, what: Event | Output) -> None:
        """Everything up to this moment, then what follows from it."""
        t_us = getattr(what, "t_us", None)
        if job.run.first_us is None or not isinstance(t_us, int):
            return
        at_s = (t_us - job.run.first_us) / 1e6
        self._until(at_s)
        self.hearing(job, what, at_s)

    def _until(self, at_s: float) -> None:
        frames = round(at_s * RATE) - self._frames
        if frames > 0:
            block = self._mixer.render(frames, self._frames / RATE)
            self._file.writeframes(np.rint(block * 32767).astype("<i2").tobytes())
            self._frames += frames

    def close(self) -> None:
        """The last words, and the end."""
        self._mixer.seen(None)
        self._until(self.seconds + TAIL_S)
        self._file.close()
        self._raw.close()
