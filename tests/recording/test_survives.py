"""Killed programs, full and vanishing disks, systems without POSIX: what was measured stays."""

import os
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from recording.killing import ROOT, Loss, killed
from sixten.recording.reader import read
from sixten.recording.replay import verify

KILLS = 5
FULL = "SIXTEN_FULL"  # in the environment: a hundred kills instead, four minutes
LATE_MS = (
    500  # on a busy machine a thread that wants to write every 20 ms may wait; `make bench-recording` prints what is missing on a quiet one
)

needs_ballsim = pytest.mark.skipif(not (ROOT / "build/ballsim-core").exists(), reason="no build/ballsim-core: run `make ballsim` first")


@needs_ballsim
def test_kill_9_while_recording_the_real_firmware(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """At random moments. Every file opens, no event that was put before the last 50 ms is missing, and hardly a sample.

    A writer that was ready to run when it was killed had no core to run on, so what it owed is the computer's and is not judged.
    """
    n = 100 if os.environ.get(FULL) else KILLS
    if n == KILLS:
        with capsys.disabled():
            print(f" [{KILLS} kills of 100, which take four minutes: {FULL}=1]", end="")
    lot = random.Random(n)

    def one(i: int) -> Loss:
        (tmp_path / str(i)).mkdir()
        return killed(tmp_path / str(i), waits[i])

    waits = [lot.uniform(0.2, 3.0) for _ in range(n)]
    with ThreadPoolExecutor(2) as pool:  # more would be one simulator and one recorder too many for two cores
        losses = list(pool.map(one, range(n)))
    for loss in losses:
        assert loss.damage <= 1, losses
        assert loss.samples > 30, losses
        if loss.writer != "ready":
            assert loss.missing_ms <= LATE_MS, losses
            assert loss.events == 0, losses


def script(text: str, *args: str, wrap: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    return subprocess.run([*wrap, sys.executable, "-c", text, *args], capture_output=True, text=True, env=env)


RECORD = """
import os, shutil, sys, time
from dataclasses import asdict
from pathlib import Path
from sixten.ball.virtual import VirtualSource
from sixten.recording.file import Writer
from sixten.recording.replay import read, verify
from sixten.session.rules import Notice, Plan
from sixten.session.run import Run, pump
plan, said = Plan(40.0), []
folder = Path(sys.argv[1])
def until(what):
    end = time.monotonic() + 20
    while not what():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.005)
def session(path, at):
    run, ball = Run(plan), VirtualSource("overshoot", 40.0)
    writer = Writer(path, {"virtual": True, "plan": asdict(plan)})
    def events():
        for i, e in enumerate(ball):
            if i in at:
                at[i](writer)
            yield e
    pump(events(), writer, run, lambda o: said.append(o.code) if isinstance(o, Notice) else None, ball.ask)
    writer.close(run.summary())
    got = read(writer.path)
    assert got.damage == [], got.damage
    print(writer.path.name, "|", verify(got).words, "|", writer.failure, "|", said.count("recording_lost"), "|", writer.lines_dropped)
"""

FULL_DISK = (
    RECORD
    + """
filler = folder / "filler"
filler.write_bytes(bytes(700_000))
def space(writer):
    until(lambda: writer.failure)
    assert "No space" in writer.failure, writer.failure
    filler.unlink()
session(folder / "s.ndjson.gz", {4500: space})
"""
)


def mounted(folder: Path, options: str) -> tuple[str, ...]:
    """What to put before a command so that it finds a file system in memory on ``folder``, where nobody else sees it. Skips without."""
    wrap = ("unshare", "-rm", "sh", "-c", f'mount -t tmpfs -o {options} none {folder} && exec "$@"', "sh")
    try:
        probe = subprocess.run([*wrap, "true"], capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("no unshare here; test_a_full_disk_is_told_and_nothing_waits uses a limit on file sizes instead")
    if probe.returncode:
        pytest.skip(f"nothing may be mounted here ({probe.stderr.strip()}); test_a_full_disk_is_told_and_nothing_waits stands in")
    return wrap


def test_a_read_only_folder_is_said_in_one_sentence(tmp_path: Path) -> None:
    done = script(RECORD + 'session(folder / "s.ndjson", {})', str(tmp_path), wrap=mounted(tmp_path, "ro"))
    assert done.returncode == 1
    said = done.stderr.splitlines()[-1]
    assert said.startswith("sixten.recording.errors.RecordingError: ")
    assert said.endswith("s.ndjson cannot be written (Read-only file system); choose another place or use --no-record.")


def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    """A file system of 1 MB in memory."""
    wrap = mounted(tmp_path, "size=1000k")
    done = script(FULL_DISK, str(tmp_path), wrap=wrap)
    assert done.returncode == 0, done.stderr
    name, words, failure, told, dropped = (part.strip() for part in done.stdout.split("|"))
    assert name == "s.ndjson.gz"
    assert "bit for bit" in words
    assert (failure, told, dropped) == ("", "1", "0")


def test_a_folder_that_is_removed_is_made_again(tmp_path: Path) -> None:
    done = script(RECORD + 'session(folder / "a" / "s.ndjson", {2000: lambda w: shutil.rmtree(w.path.parent)})', str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "bit for bit" in done.stdout
    assert verify(read(tmp_path / "a" / "s.ndjson")).same
    assert (tmp_path / "a" / "s.ndjson").stat().st_mode & 0o077 == 0


def test_a_removed_file_that_cannot_be_put_back_is_told(tmp_path: Path) -> None:
    """Something else stands where the folder was."""
    take = "def take(w):\n    shutil.rmtree(w.path.parent); w.path.parent.write_bytes(b'')\n    until(lambda: w.failure)\n"
    text = RECORD.replace("    got = read", "    print(said.count('recording_lost'), writer.failure); sys.exit()\n    got = read")
    done = script(text + take + 'session(folder / "a" / "s.ndjson", {2000: take})', str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("1 the file was removed and cannot be put back")


WITHOUT = """
import os, sys
for name in ("termios", "tty", "pty", "fcntl", "resource", "grp", "pwd"):
    sys.modules[name] = None
for name in ("fdatasync", "pwrite", "pread", "fchmod", "fork", "openpty", "getuid"):
    if hasattr(os, name):
        delattr(os, name)
"""


def test_it_imports_and_records_where_there_is_no_posix(tmp_path: Path) -> None:
    """As on Windows: no termios, fcntl, pty; no os.fdatasync, os.pwrite. (pyserial brings its own for each system.)"""
    modules = [
        "sixten.recording." + name for name in ("balls", "closing", "companion", "file", "lock", "people", "places", "reader", "replay")
    ]
    more = ["sixten.watch", "sixten.terminal", "sixten.jsonlines", "sixten.cli.live", "sixten.cli.replay", "sixten.cli.correct"]
    text = WITHOUT + "".join(f"import {name}\n" for name in (*modules, *more)) + "from sixten.terminal import keyboard\n"
    text += "with keyboard() as keys:\n    assert keys(0.001) == []\n" + RECORD
    text += 'path = folder / "s.ndjson.gz"\nsession(path, {})\n'
    text += 'from sixten.recording.companion import correct\ncorrect(path, side="left")\n'
    done = script(text, str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "s.ndjson.gz | all" in done.stdout
    assert "bit for bit" in done.stdout
