"""`sixten flatboard` and what it leaves behind, as real processes over plain pipes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SIXTEN = [sys.executable, "-m", "sixten"]
TEN_ENTERS = "\n" * 10  # the zero and nine loads, as the virtual scale shows them


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    env = {
        k: v
        for k, v in os.environ.items()
        if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "XDG_DATA_HOME", "XDG_CONFIG_HOME")
    }
    return env | {"HOME": str(tmp_path)}


def run(home: dict[str, str], *args: str, typed: str = "", code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([*SIXTEN, *args], capture_output=True, text=True, env=home, input=typed, timeout=120)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def stored(home: dict[str, str]) -> dict:  # type: ignore[type-arg]
    (path,) = Path(home["HOME"]).rglob("virtual-balls/000000f5.json")
    return dict(json.loads(path.read_text()))


def test_kept_it_gives_the_fsr_ball_its_unit_and_newtons(home: dict[str, str]) -> None:
    done = run(home, "flatboard", "--virtual", "--speed", "max", typed=TEN_ENTERS + "y\n")
    assert all(line.startswith("VIRTUAL") for line in done.stdout.splitlines())
    assert "Stored for ball 000000f5" in done.stdout
    (board,) = stored(home)["flat_boards"]
    assert [round(n / 9.81) for _, n, _ in board["points"]["points"]] == [5, 10, 15, 22, 32, 45, 32, 22, 10]
    assert board["points"]["unit"] == "rel."
    assert not list(Path(home["HOME"]).rglob("balls/*.json")) or "virtual-balls" in str(next(Path(home["HOME"]).rglob("balls/*.json")))
    live = run(home, "live", "--virtual", "steady", "--speed", "max", "--json").stdout.splitlines()
    reading = json.loads(live[len(live) // 2])
    assert reading["unit"] == "kPa eq."
    recordings = sorted(Path(home["HOME"]).rglob("*.ndjson.gz"))
    assert len(recordings) == 2
    for path in recordings:
        assert "bit for bit" in run(home, "replay", str(path), "--verify").stdout


@pytest.mark.parametrize("typed", ["", "\nq\n", TEN_ENTERS + "n\n", "what\n\x00\n\n5 stones\nstop\n"])
def test_whatever_else_is_typed_nothing_is_stored_and_that_is_said(home: dict[str, str], typed: str) -> None:
    done = run(home, "flatboard", "--virtual", "--speed", "max", "--no-record", typed=typed)
    assert "nothing was stored." in done.stdout.splitlines()[-1]
    assert not list(Path(home["HOME"]).rglob("*.json"))


def test_ctrl_c_in_the_middle(home: dict[str, str]) -> None:
    child = subprocess.Popen([*SIXTEN, "flatboard", "--virtual"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=home)
    assert child.stdout is not None
    while "more" not in child.stdout.readline():
        pass
    child.send_signal(signal.SIGINT)
    out, _ = child.communicate(timeout=120)
    assert child.returncode == 130
    assert "nothing was stored" in out


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--virtual", "--port", "/dev/x"], "exclude each other"),
        (["--port", "/dev/x", "--speed", "max"], "--speed is for the virtual ball"),
        (["--virtual", "--sensor", "scale"], "no sensor 'scale'"),
        (["--port", "/dev/nope"], "There is no port /dev/nope"),
        (["--virtual", "--out", "x", "--no-record"], "exclude each other"),
    ],
)
def test_bad_input_is_one_sentence(home: dict[str, str], args: list[str], words: str) -> None:
    assert words in run(home, "flatboard", *args, code=2).stderr


def test_a_broken_memory_is_said_once_and_the_session_goes_on(home: dict[str, str]) -> None:
    folder = Path(home["HOME"]) / ".local/share/sixten/virtual-balls"
    folder.mkdir(parents=True)
    (folder / "000000f5.json").write_text("{")
    done = run(home, "live", "--virtual", "falls-off", "--speed", "max", "--terminal")
    assert done.stderr.count("is damaged") == 1
    assert "ended (off)" in done.stdout
    assert any("broken" in p.name for p in folder.iterdir())


def test_a_zero_is_kept_at_the_end_unless_nothing_is_to_be_kept(home: dict[str, str]) -> None:
    run(home, "live", "--virtual", "falls-off", "--speed", "max", "--terminal", "--no-record")
    assert not list(Path(home["HOME"]).rglob("*.json"))
    for n in (1, 2):
        run(home, "live", "--virtual", "falls-off", "--speed", "max", "--terminal")
        assert len(stored(home)["zeros"]) == n


def test_a_zero_far_from_the_last_one_is_asked_about_and_y_answers(home: dict[str, str]) -> None:
    from test_cli import Screen

    run(home, "live", "--virtual", "falls-off", "--sensor", "lps28dfw", "--speed", "max", "--terminal")
    path = next(Path(home["HOME"]).rglob("virtual-balls/*.json"))
    path.write_text(path.read_text().replace('"zero_kpa": 101.3', '"zero_kpa": 95.3'))
    screen = Screen(home, "live", "--virtual", "steady", "--sensor", "lps28dfw", "--speed", "2", "--terminal", "--no-record")
    screen.until("no zero yet")
    screen.until("press y")
    screen.key(b"y")
    end = time.monotonic() + 20
    while "no zero yet" in screen.text[-1200:]:
        assert time.monotonic() < end
        screen.read()
    screen.until("WORK")
    screen.key(b"z")
    screen.until("There is load on the ball")
    screen.key(b"q")
    assert screen.finish() == 0
