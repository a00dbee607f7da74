"""The speaker: the null device for real, no device at all, and that nothing of it can hold up or end a session."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from test_mixer import where

from sixten.ball.virtual import VirtualSource
from sixten.keys import press, press_calibration
from sixten.pressure.readings import Reading
from sixten.recording.file import Writer
from sixten.session.rules import Notice, Plan
from sixten.session.run import Run, pump
from sixten.sound.cues import STOP, Cue
from sixten.sound.device import Sound
from sixten.sound.file import SoundFile
from sixten.sound.mixer import MUTE_S, QUIETEST, Mixer
from sixten.sound.tones import RATE, Wave, tone
from sixten.view import look
from sixten.watch import Job, Watch
from sixten.words import ONLY_IN_REAL_TIME

NOT_HERE = "WASAPI" if not sys.platform.startswith("win") else "COREAUDIO"
PATIENCE_S = 20.0  # for a thread; a test that waits this long has failed


def job() -> Job:
    source = VirtualSource("steady", 40.0)
    return Job(source, source, Run(Plan(40.0)), None, "VIRTUAL")


class Tap:
    """Keeps the blocks, and says when an alarm is in them."""

    def __init__(self) -> None:
        self.blocks: list[Wave] = []
        self.alarm = threading.Event()
        self.running = threading.Event()

    def __call__(self, at_s: float, block: Wave) -> None:
        self.blocks.append(block)
        self.running.set()
        if sum(np.sqrt((b**2).mean()) > 0.1 for b in self.blocks[-30:]) > 12:  # most of a pulse, and it began before
            self.alarm.set()


def test_the_null_device_asks_for_blocks_and_gets_the_alarm() -> None:
    tap = Tap()
    sound = Sound(backend="NULL", tap=tap)
    assert not sound.on
    sound.start()
    assert tap.running.wait(PATIENCE_S)
    sound.mixer.play(Cue("alarm", "over", STOP))
    assert tap.alarm.wait(PATIENCE_S)
    assert sound.on
    assert sound.state == ""
    sound.close()
    assert where(np.concatenate(tap.blocks), tone("over")[: round(0.15 * RATE)].astype(float)) is not None
    assert max(len(block) for block in tap.blocks) <= 0.02 * RATE  # an alarm waits for one block at most


def test_without_a_device_it_says_so_and_everything_goes_on() -> None:
    sound = Sound(backend=NOT_HERE)
    watch = Watch(job, sound)
    watch.sound = sound
    sound.start()
    sound._opener.join(PATIENCE_S)
    watch.start()
    watch.wait()
    assert watch.error is None
    assert not sound.on
    assert look(watch).sound == "no sound: there is no sound device"
    codes = [cue.name for _, cue in sound.hearing.played if cue.kind == "say"]
    assert codes[0] == "settle"
    assert codes[-1] == "done"
    sound.close(lost=True, wait=True)


def test_silent_opens_nothing_and_another_speed_says_why() -> None:
    for sound, state in ((Sound(silent=True), "silent"), (Sound(why_not=ONLY_IN_REAL_TIME), "no sound: only at speed 1")):
        sound.start()
        assert not sound._opener.is_alive()
        assert sound.state == state
        assert not sound.on
        sound.close(wait=True)


def test_the_first_frame_does_not_wait_for_it() -> None:
    """What the terminal imports before it draws."""
    program = "import sys, sixten.terminal, sixten.sound.device as d; d.Sound().state; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numpy", "scipy", "miniaudio"} & set(loaded)


def test_a_fault_in_it_is_told_and_does_not_end_the_pump() -> None:
    sound = Sound()
    reading = Reading(0, 1.0, 1.0, 0.0, "ok", "kPa", True, 0)
    broken = job()
    broken.run = None  # type: ignore[assignment]
    sound(broken, reading)
    assert "AttributeError" in sound.state
    assert not sound.on


def test_keys_mute_and_change_the_volume_and_both_are_seen() -> None:
    watch = Watch(job)
    press(watch, "m")  # without sound: nothing
    sound = Sound(backend="NULL")
    watch.sound = sound
    press(watch, "m")
    assert look(watch).sound == f"muted for {MUTE_S:.0f} s"
    press(watch, "m")
    assert look(watch).sound == ""
    press_calibration(watch, "u")
    assert "muted" in look(watch).sound
    press_calibration(watch, "u")
    for _ in range(9):
        press(watch, "[")
    assert look(watch).sound == f"volume {100 * QUIETEST:.0f} %"
    for _ in range(9):
        press(watch, "]")
    assert look(watch).sound == ""


def test_the_last_words_are_waited_for_and_a_loss_is_heard() -> None:
    tap = Tap()
    sound = Sound(backend="NULL", tap=tap)
    sound.start()
    assert tap.running.wait(PATIENCE_S)
    sound(job(), Notice(0, "done", {}))
    sound.close(wait=True)
    assert where(np.concatenate(tap.blocks), tone("done").astype(float)) is not None
    assert where(np.concatenate(tap.blocks), sound.mixer.phrases["done"].astype(float)) is not None
    tap = Tap()
    sound = Sound(backend="NULL", tap=tap)
    sound.start()
    assert tap.running.wait(PATIENCE_S)
    sound.close(lost=True)
    assert where(np.concatenate(tap.blocks), tone("loss").astype(float)) is not None


def sixten(home: Path, *args: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith("XDG_")} | {"HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-m", "sixten", *args], capture_output=True, text=True, env=env, stdin=subprocess.DEVNULL, timeout=60
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def test_a_recordings_sound_is_written_once_and_never_over_a_file(tmp_path: Path) -> None:
    recording, out = tmp_path / "s.ndjson", tmp_path / "s.wav"
    source, run = VirtualSource("falls-off", 40.0), Run(Plan(40.0))
    writer = Writer(recording, {"virtual": True, "plan": asdict(run.state.plan)})
    pump(source, writer, run, lambda what: None, source.ask)
    writer.close(run.summary())
    done = sixten(tmp_path, "replay", str(recording), "--sound-file", str(out))
    assert done.stdout.startswith("REPLAY: ")
    before = out.read_bytes(), recording.read_bytes()
    assert before[0][:4] == b"RIFF"
    assert "exists already" in sixten(tmp_path, "replay", str(recording), "--sound-file", str(recording), code=2).stderr
    assert before == (out.read_bytes(), recording.read_bytes())
    for path, error in ((out, FileExistsError), (tmp_path / "no" / "such.wav", FileNotFoundError), (Path("/proc/s.wav"), OSError)):
        with pytest.raises(error):
            SoundFile(path, Mixer({}))


@pytest.mark.parametrize("args", [[], ["--silent"]])
def test_it_prints_nothing_of_its_own_where_there_is_no_device(tmp_path: Path, args: list[str]) -> None:
    """ALSA would print a page."""
    done = sixten(tmp_path, "live", "--virtual", "steady", "--terminal", "--no-record", "--seconds", "0.5", *args)
    assert done.stderr == ""
