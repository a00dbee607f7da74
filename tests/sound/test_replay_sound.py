"""A replay is heard only while it passes as it did."""

from __future__ import annotations

import time

import numpy as np
import pytest

from recording.test_closing import record
from sixten.recording.reader import Recording, read
from sixten.recording.replay import ReplaySource
from sixten.session.rules import Notice
from sixten.session.run import pump
from sixten.sound.device import Sound
from sixten.sound.tones import RATE
from sixten.watch import Job


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return read(record(tmp_path_factory.mktemp("sound") / "one.ndjson.gz", "overshoot"))


def until_over(one: Recording, source: ReplaySource) -> Sound:
    """The ears of a replay that has just come to `over`, with the alarm on."""
    sound = Sound(silent=True)
    job = Job(source, source, one.run(), None, "REPLAY", replay=source)

    def publish(what: object) -> None:
        sound(job, what)  # type: ignore[arg-type]
        if isinstance(what, Notice) and what.code == "over":
            source.close()

    pump(source, None, job.run, publish)
    return sound


def loudest(sound: Sound) -> float:
    """A device asks for a block, and for another a second later."""
    blocks = sound._blocks()
    next(blocks)
    blocks.send(480)
    return float(np.abs(sound.mixer.render(RATE, time.monotonic() + 1.0)[RATE // 2 :]).max())


class Still(ReplaySource):
    """Time does not pass, so that a test needs not wait for it."""

    def _wait(self, t_us: int) -> None:
        return


def test_what_is_heard_in_real_time_falls_silent_when_it_stands_still(one: Recording) -> None:
    passing = Still(one, 1.0)
    sound = until_over(one, passing)
    assert [cue.name for _, cue in sound.hearing.played if cue.kind == "alarm"]
    assert loudest(sound) > 0.05  # the alarm goes on, and nobody is watching
    still = Still(one, 1.0)
    sound = until_over(one, still)
    still.pause()
    assert loudest(sound) == 0.0


@pytest.mark.parametrize("speed", [2.0, 0.5, None])
def test_at_another_speed_it_is_not_heard(one: Recording, speed: float | None) -> None:
    sound = until_over(one, Still(one, speed))
    assert not sound.hearing.played
    assert loudest(sound) == 0.0
