"""Cues to samples, exact to the sample: the same for the speaker and for a file, however it is cut into blocks. Reads no clock."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from sixten.sound.cues import ANSWER, LOSS, STOP, Cue
from sixten.sound.tones import AGAIN_S, RATE, Wave, tone

INBOX = 64  # cues between two blocks; a session makes a handful a second
FADE = round(0.010 * RATE)  # what is cut off fades this long, so that it does not click
SLEW = 1 / (0.030 * RATE)  # a gain goes from 0 to 1 in 30 ms, for the same reason
UNDER_WORDS = 0.3  # of its level: an alarm under its own words or a tone, a tone under words, and the pacer under anything
WAITS_S = 2.0  # a phrase that could not begin within this is no longer true
MUTE_S = 30.0  # at most; long enough to answer somebody [judged]
QUIETEST = 0.2  # volume below which nobody would hear an alarm [judged]
# Readings come every few milliseconds and count as lost after 0.25 s. With the block that follows, whoever is watched by a reader that
# has died hears it within 0.3 s.
WATCHED_S = 0.28


class _Playing(NamedTuple):
    name: str
    wave: Wave
    at: int
    priority: int


class Mixer:
    """Give it cues from one thread, and take blocks from another. Deque and attribute are all that they share."""

    def __init__(self, phrases: Mapping[str, Wave], volume: float = 1.0) -> None:
        self.phrases = phrases  # may be filled later, as a whole
        self.volume = volume
        self.muted_s = 0.0  # still to go
        self._inbox: deque[Cue] = deque(maxlen=INBOX)
        self._seen_s: float | None = None
        self._wanted = ""  # the alarm that was asked for
        self._alarm = ""  # the alarm that sounds
        self._alarm_at = 0
        self._alone = 0  # samples for which the alarm is still to be heard without words
        self._tone: _Playing | None = None
        self._speech: _Playing | None = None
        self._pacer: _Playing | None = None
        self._waiting: tuple[Cue, int] | None = None  # and how many samples it has waited
        self._tails: list[tuple[Wave, int]] = []
        self._gains = {"alarm": 1.0, "tone": 1.0, "pacer": 1.0, "all": 1.0}

    def play(self, cue: Cue) -> None:
        """Play it from the next block on."""
        self._inbox.append(cue)

    def seen(self, at_s: float | None) -> None:
        """A reading that can be trusted was there at ``at_s``, on the clock of ``render``. None: nobody is being watched any more."""
        self._seen_s = at_s

    def mute(self) -> None:
        """Be quiet for a while, or no longer. It ends by itself with the alarm that sounds, with a new one, and after MUTE_S."""
        self.muted_s = 0.0 if self.muted_s > 0 else MUTE_S

    @property
    def busy(self) -> bool:
        """Whether a tone or words are still to be heard, the alarm and the pacer aside."""
        return bool(self._inbox or self._tone or self._speech or self._waiting)

    def render(self, frames: int, at_s: float) -> Wave:
        """The next ``frames`` samples. at_s: the time of the first."""
        # A reader that has died, or hangs, sends no cue; then this is what stops the pacer.
        unwatched = self._seen_s is not None and at_s - self._seen_s > WATCHED_S
        while self._inbox:
            cue = self._inbox.popleft()
            if cue.kind == "alarm":
                self._wanted = cue.name
                self._sound_alarm("loss" if unwatched else cue.name)
            else:
                self._take(cue)
        self._sound_alarm("loss" if unwatched else self._wanted)
        self._begin_waiting()
        out = np.zeros(frames, np.float32)
        done = 0
        while done < frames:  # cut where something ends, so that what waits begins at that very sample
            part = out[done : done + self._until_change(frames - done)]
            self._add(part)
            done += len(part)
        target = 0.0 if self.muted_s > 0 else max(QUIETEST, self.volume)
        out *= self._slew("all", target, frames)
        self.muted_s = max(0.0, self.muted_s - frames / RATE)
        return np.clip(out, -1.0, 1.0)

    # What is to sound.

    def _take(self, cue: Cue) -> None:
        if cue.kind == "pacer":
            self._cut(self._pacer, self._gains["pacer"])
            self._pacer = _Playing(cue.name, tone(cue.name), 0, ANSWER) if cue.name and not self._alarm else None
        elif self._hushed(cue.priority):
            return
        elif cue.kind == "tone":
            if cue.priority == STOP:
                self.muted_s = 0.0
            if self._tone is None or cue.priority <= self._tone.priority:
                self._cut(self._tone, self._gains["tone"])
                self._tone = _Playing(cue.name, tone(cue.name), 0, cue.priority)
                if self._speech is not None and cue.priority < self._speech.priority:
                    self._cut(self._speech)
                    self._speech = None
                self._gains["tone"] = 1.0 if self._speech is None else UNDER_WORDS
        elif cue.name in self.phrases:
            self._say(cue)

    def _hushed(self, priority: int) -> bool:
        """Under an alarm only its own words are heard, and what is more urgent."""
        return self._alarm != "" and priority > (LOSS if self._alarm == "loss" else STOP)

    def _say(self, cue: Cue) -> None:
        now, waiting = self._speech, self._waiting
        if waiting is not None and cue.priority <= waiting[0].priority:
            self._waiting = waiting = None  # the older one is dropped
        if now is not None and (cue.priority < now.priority or cue.priority == now.priority and cue.priority in (STOP, ANSWER)):
            self._cut(now)
            self._speech = None
        if waiting is None:
            self._waiting = (cue, 0)
            self._begin_waiting()

    def _begin_waiting(self) -> None:
        """Words wait for words, and for the tone that announces them."""
        if self._waiting is None or self._speech is not None or self._alone:
            return
        cue = self._waiting[0]
        if self._tone is None or self._tone.priority > cue.priority:
            self._waiting = None
            self._speech = _Playing(cue.name, self.phrases[cue.name], 0, cue.priority)

    def _sound_alarm(self, name: str) -> None:
        if name == self._alarm:
            return
        if self._alarm:
            self._cut(_Playing(self._alarm, tone(self._alarm), self._alarm_at, STOP), self._gains["alarm"])
        self._alarm, self._alarm_at = name, 0
        self._alone = len(tone(name)) if name == "loss" else 0  # its words come at once; those of `over` come when they must
        self.muted_s = 0.0
        if not name:
            return
        self._gains["alarm"] = 1.0
        self._cut(self._pacer, self._gains["pacer"])
        self._pacer = None
        if self._tone is not None and self._hushed(self._tone.priority):
            self._cut(self._tone, self._gains["tone"])
            self._tone = None
        if self._speech is not None and self._hushed(self._speech.priority):
            self._cut(self._speech)
            self._speech = None
        if self._waiting is not None and self._hushed(self._waiting[0].priority):
            self._waiting = None

    def _cut(self, playing: _Playing | None, gain: float = 1.0) -> None:
        """Its next samples fade out, from the ``gain`` it had."""
        if playing is not None:
            rest = playing.wave[playing.at : playing.at + FADE]
            if len(rest):
                self._tails.append((rest * np.linspace(gain, 0, FADE, dtype=np.float32)[: len(rest)], 0))

    # Samples.

    def _until_change(self, frames: int) -> int:
        """Samples until a phrase or a tone ends, or a waiting one has waited too long; at most ``frames``, at least one."""
        ends = [len(p.wave) - p.at for p in (self._speech, self._tone, self._pacer) if p is not None]
        return max(1, min([frames, *ends, self._alone or frames]))

    def _add(self, out: Wave) -> None:
        frames = len(out)
        under_words = UNDER_WORDS if self._speech is not None else 1.0
        under_any = UNDER_WORDS if self._tone is not None else under_words
        if self._alarm:
            wave = tone(self._alarm)
            period = len(wave) + round(AGAIN_S * RATE)
            at = (self._alarm_at + np.arange(frames)) % period
            sounding = np.flatnonzero(at < len(wave))
            out[sounding] += wave[at[sounding]] * self._slew("alarm", under_any, frames)[sounding]
            self._alarm_at = (self._alarm_at + frames) % period
            self._alone = max(0, self._alone - frames)
        if self._tone is not None:
            self._tone = self._advance(self._tone, out, self._slew("tone", under_words, frames))
        if self._pacer is not None:
            self._pacer = self._advance(self._pacer, out, self._slew("pacer", under_any, frames))
        self._speech = self._advance(self._speech, out, None)
        tails = []
        for tail, begun in self._tails:
            piece = tail[begun : begun + frames]
            out[: len(piece)] += piece
            if begun + frames < len(tail):
                tails.append((tail, begun + frames))
        self._tails = tails
        if self._waiting is not None:
            cue, waited = self._waiting
            waited += frames
            self._waiting = (cue, waited) if waited < WAITS_S * RATE else None
            self._begin_waiting()

    @staticmethod
    def _advance(playing: _Playing | None, out: Wave, gain: Wave | None) -> _Playing | None:
        if playing is None:
            return None
        piece = playing.wave[playing.at : playing.at + len(out)]
        out[: len(piece)] += piece if gain is None else piece * gain[: len(piece)]
        at = playing.at + len(out)
        return playing._replace(at=at) if at < len(playing.wave) else None

    def _slew(self, name: str, target: float, frames: int) -> Wave:
        """The gain ``name`` on its way to ``target``, sample by sample."""
        gain = self._gains[name]
        if gain == target:
            return np.full(frames, target, np.float32)
        way = np.arange(1, frames + 1) * SLEW
        path = np.maximum(target, gain - way) if gain > target else np.minimum(target, gain + way)
        self._gains[name] = float(path[-1])
        return np.asarray(path, np.float32)
