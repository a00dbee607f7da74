"""The program with its window as a user starts it, and how it is left: by a signal, and by a display that goes away."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sixten.recording.replay import read

VIRTUAL = [sys.executable, "-m", "sixten", "live", "--virtual", "--silent"]


def start(tmp_path: Path, **display: str) -> tuple[subprocess.Popen[str], Path]:
    """The program once its session is being recorded, and the folder of recordings."""
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "XDG_DATA_HOME", "XDG_CONFIG_HOME")
    env = {k: v for k, v in os.environ.items() if k not in hidden} | {"HOME": str(tmp_path)} | display
    child = subprocess.Popen(VIRTUAL, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    folder = tmp_path / ".local" / "share" / "sixten" / "virtual-sessions"
    wait_for(lambda: any(path.stat().st_size > 10_000 for path in folder.glob("*")) or child.poll() is not None)
    assert child.poll() is None
    return child, folder


def wait_for(true: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 60
    while not true() and time.monotonic() < give_up:
        time.sleep(0.05)


def kept(folder: Path) -> None:
    """One recording, closed."""
    (path,) = folder.iterdir()
    assert read(path).end is not None


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the recordings' folder is Linux's")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_closes_and_keeps_the_session(tmp_path: Path, number: int) -> None:
    child, folder = start(tmp_path, QT_QPA_PLATFORM="offscreen")
    child.send_signal(number)
    out, err = child.communicate(timeout=60)
    assert child.returncode == 130, err
    assert "recorded in" in out
    assert "Traceback" not in err
    kept(folder)


@pytest.mark.skipif(shutil.which("Xvfb") is None, reason="needs a display to take away: apt-get install xvfb")
def test_a_display_that_goes_away_is_a_sentence_and_the_session_is_kept(tmp_path: Path) -> None:
    number, tells = os.pipe()
    display = subprocess.Popen(
        ["Xvfb", "-displayfd", str(tells), "-screen", "0", "1280x800x24"], pass_fds=[tells], stderr=subprocess.DEVNULL
    )
    try:
        child, folder = start(tmp_path, DISPLAY=f":{os.read(number, 16).decode().strip()}")
    finally:
        display.kill()
        display.wait()
        os.close(number)
        os.close(tells)
    _, err = child.communicate(timeout=60)
    assert "sixten: the display is gone, so the session was closed; what was recorded is kept." in err
    assert "Traceback" not in err
    kept(folder)
