"""What a whole session sounds like: a virtual ball's event stream through the same mixer, in its own time, and measured."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from test_mixer import db, where

from sixten.ball.messages import Event
from sixten.ball.virtual import VirtualSource
from sixten.ball.virtual_person import PersonSource
from sixten.pain.model import prior_after
from sixten.pain.person import Person, draw
from sixten.pain.procedure import CalibrationPlan
from sixten.pressure.readings import Reading
from sixten.session.calibrating import CalibrationRun
from sixten.session.rules import Notice, Plan
from sixten.session.run import Output, Run, pump
from sixten.sound.cues import PACER_CYCLE_S, Cue
from sixten.sound.file import SoundFile
from sixten.sound.hearing import Hearing
from sixten.sound.mixer import Mixer
from sixten.sound.tones import LEVELS_DB, RATE, tone
from sixten.sound.voice import phrases
from sixten.watch import Job

START_ALLOWED_S = 0.001  # after the notice's own device time


class Story:
    """One scenario played into a file."""

    def __init__(self, path: Path, scenario: str) -> None:
        source = VirtualSource(scenario, 40.0)
        run = Run(Plan(40.0))
        job = Job(source, source, run, None, "VIRTUAL")
        file = SoundFile(path, Mixer(phrases()))
        self.notices: list[tuple[float, str]] = []
        self.counted: list[float] = []  # when the clock ran
        self.trusted: list[float] = []

        def publish(what: Event | Output) -> None:
            file(job, what)
            if isinstance(what, Notice):
                self.notices.append(((what.t_us - (run.first_us or 0)) / 1e6, what.code))
            elif isinstance(what, Reading):
                t_s = (what.t_us - (run.first_us or 0)) / 1e6
                if what.quality == "ok":
                    self.trusted.append(t_s)
                if run.state.running and run.state.band in ("work", "near"):
                    self.counted.append(t_s)

        pump(source, None, run, publish, source.ask)
        file.close()
        self.played: list[tuple[float, Cue]] = [((t - (run.first_us or 0)) / 1e6, cue) for t, cue in file.hearing.played]
        with wave.open(str(path)) as wav:
            assert wav.getframerate() == RATE
            self.x = np.frombuffer(wav.readframes(wav.getnframes()), "<i2").astype(np.float32) / 32767
        assert len(self.x) / RATE == pytest.approx(file.seconds)

    def at(self, code: str) -> float:
        return next(t for t, c in self.notices if c == code)

    def piece(self, begin_s: float, end_s: float) -> np.ndarray:  # type: ignore[type-arg]
        return self.x[round(begin_s * RATE) : round(end_s * RATE)]


@pytest.fixture(scope="module")
def overshoot(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return Story(tmp_path_factory.mktemp("s") / "o.wav", "overshoot")


@pytest.fixture(scope="module")
def unplugged(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return Story(tmp_path_factory.mktemp("s") / "u.wav", "unplugged")


def test_the_alarm_begins_with_over(overshoot: Story) -> None:
    at = overshoot.at("over")
    pulse = tone("over")[: round(0.2 * RATE)].astype(float)
    begins = where(overshoot.piece(at - 0.1, at + 0.3), pulse)
    assert begins is not None
    delay_s = begins - 0.1
    print(f"from `over` to the first sample of its alarm: {1000 * delay_s:.2f} ms of device time")
    assert 0 <= delay_s + 1 / RATE <= START_ALLOWED_S


def test_the_alarm_stays_while_it_is_over_and_ends_with_it(overshoot: Story) -> None:
    begun, ended = (t for t, cue in overshoot.played if cue.kind == "alarm")
    assert begun == pytest.approx(overshoot.at("over"), abs=0.001)
    assert db(overshoot.piece(ended - 0.05, ended)) > -20  # sounding
    assert db(overshoot.piece(ended + 0.02, ended + 0.2)) < LEVELS_DB["in"] + 3  # the pacer is back, nothing else


def test_ease_off_is_said_over_the_alarm(overshoot: Story) -> None:
    at = overshoot.at("ease_off")
    assert at - overshoot.at("over") == pytest.approx(0.7, abs=0.01)
    word = phrases()["ease_off"].astype(float)
    begins = where(overshoot.piece(at - 0.2, at + 1.0), word)
    assert begins == pytest.approx(0.2, abs=0.001)


def test_while_the_clock_runs_it_is_never_quiet_for_a_cycle(overshoot: Story) -> None:
    """Silence means that nobody watches; half a cycle is the longest."""
    loud = np.sqrt(np.convolve(overshoot.x.astype(float) ** 2, np.ones(800) / 800, "same")) > 10 ** ((LEVELS_DB["in"] - 15) / 20)
    for begin, end in stretches(overshoot.counted):
        quiet = np.flatnonzero(loud[round(begin * RATE) : round(end * RATE)])
        gaps = np.diff(np.concatenate([[0], quiet, [round((end - begin) * RATE)]])) / RATE
        assert gaps.max() < PACER_CYCLE_S / 2
    assert sum(end - begin for begin, end in stretches(overshoot.counted)) > 50


def stretches(times: list[float]) -> Iterator[tuple[float, float]]:
    cuts = [0, *(i + 1 for i, (a, b) in enumerate(zip(times, times[1:], strict=False)) if b - a > 0.05), len(times)]
    for a, b in zip(cuts, cuts[1:], strict=False):
        yield times[a], times[b - 1]


def test_no_pacer_where_the_clock_does_not_run(overshoot: Story) -> None:
    for t_s, cue in overshoot.played:
        if cue.kind == "pacer" and cue.name:
            assert any(abs(t_s - counted) < 0.01 for counted in overshoot.counted)


def test_a_loss_ends_the_pacer_within_half_a_second_and_is_heard(unplugged: Story) -> None:
    gone = unplugged.at("stale")
    last = max(t for t in unplugged.trusted if t < gone)
    (begun, *_) = (t for t, cue in unplugged.played if cue == Cue("alarm", "loss", 1))
    assert begun - last < 0.5
    pulse = tone("loss")[: round(0.2 * RATE)].astype(float)
    begins = where(unplugged.piece(begun - 0.1, begun + 0.5), pulse)
    assert begins == pytest.approx(0.1, abs=0.002)
    pacers = [t for t, cue in unplugged.played if cue.kind == "pacer" and cue.name]
    assert not [t for t in pacers if last + 0.01 < t < unplugged.at("back")]
    print(f"from the last trusted reading to the loss tone: {1000 * (begun + begins - 0.1 - last):.0f} ms of device time")


def test_levels_of_a_whole_session(overshoot: Story, unplugged: Story) -> None:
    for story in (overshoot, unplugged):
        assert np.abs(story.x).max() < 0.99, "it clips"
        assert np.abs(story.x).max() > 0.3
    at = overshoot.at("over")
    assert db(overshoot.piece(at + 0.02, at + 0.18)) == pytest.approx(LEVELS_DB["over"], abs=2)
    pacer = next(t for t, cue in overshoot.played if cue.kind == "pacer" and t > 60)
    assert db(overshoot.piece(pacer, pacer + 1.2)) == pytest.approx(LEVELS_DB["in"], abs=2)
    said = overshoot.at("done") + len(tone("done")) / RATE
    assert -24 < db(overshoot.piece(said, said + len(phrases()["done"]) / RATE)) < -14


def test_a_calibration_speaks_each_step_and_each_number_back() -> None:
    source, run, mixer = PersonSource(Person(draw(4), 4)), CalibrationRun(CalibrationPlan("right", 4, prior_after([]), "self")), Mixer({})
    hearing, job = Hearing(mixer), Job(source, source, run, None, "VIRTUAL")
    spoken, scores = [], []

    def publish(what: Event | Output) -> None:
        hearing(job, what, 0.0)
        if isinstance(what, Notice):
            source.see(what)
            scores.extend([what.values["score"]] if what.code == "score" else [])
            spoken.extend(cue.name for t_us, cue in list(hearing.played)[-3:] if cue.kind == "say" and t_us == what.t_us)

    pump(source, None, run, publish)
    steps = {"zero_needed_none", "practice", "ramp_on", "come_off", "rest", "hold", "stay_now", "move_now", "rate_now", "cue_good"}
    assert steps | {"calibrated"} <= set(spoken)
    assert scores
    assert {f"score_{score}" for score in scores} <= set(spoken)
    assert not any(cue.kind in ("alarm", "pacer") and cue.name for _, cue in hearing.played)
