"""What is published, heard: turns it into cues for a mixer. No clock: the time comes from whoever has one."""

from __future__ import annotations

from collections import deque

from sixten.ball.messages import Event
from sixten.pressure.readings import Reading
from sixten.session.rules import Notice
from sixten.session.run import Output
from sixten.sound.cues import TIME, Cue, Cues, facts, step
from sixten.sound.mixer import Mixer
from sixten.watch import Job

PLAYED = 200  # the last cues, for a look at what has sounded; a window has some fifty


class Hearing:
    """One session's ears."""

    def __init__(self, mixer: Mixer) -> None:
        self.mixer = mixer
        self.played: deque[tuple[int, Cue]] = deque(maxlen=PLAYED)  # (device microseconds, cue)
        self._cues = Cues()

    def rest(self) -> None:
        """Nothing is to be heard: a replay stands still, or does not pass in real time."""
        self.mixer.seen(None)
        self.mixer.play(Cue("alarm", "", TIME))
        self._cues = Cues()

    def __call__(self, job: Job, what: Event | Output, at_s: float) -> None:
        """at_s: now, on the clock of the mixer's ``render``."""
        if isinstance(what, Reading):
            now = facts(what, job.run.state)
            if now.trusted:
                self.mixer.seen(at_s)
            self._cues, play = step(self._cues, now)
        elif isinstance(what, Notice):
            self._cues, play = step(self._cues, what)
        else:
            return
        for cue in play:
            self.played.append((what.t_us, cue))
            self.mixer.play(cue)
