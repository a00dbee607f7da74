"""The program as a user starts it: real processes, exit codes, one sentence for bad input."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SIXTEN = [sys.executable, "-m", "sixten"]


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """An environment of its own: nothing is read from or written to the developer's library."""
    env = {
        k: v
        for k, v in os.environ.items()
        if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "XDG_DATA_HOME", "XDG_CONFIG_HOME")
    }
    return env | {"HOME": str(tmp_path)}


def run(home: dict[str, str], *args: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([*SIXTEN, *args], capture_output=True, text=True, env=home, stdin=subprocess.DEVNULL, timeout=300)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def objects(text: str) -> list[dict]:  # type: ignore[type-arg]
    return [json.loads(line) for line in text.splitlines()]


def test_json_keeps_its_contract(home: dict[str, str]) -> None:
    out = objects(run(home, "live", "--virtual", "unplugged", "--ceiling-kpa", "40", "--speed", "max", "--json", "--no-record").stdout)
    assert {o["type"] for o in out} == {"hello", "reading", "notice", "summary"}
    assert all(o["source"] == "virtual" for o in out)
    readings = [o for o in out if o["type"] == "reading"]
    assert readings[0]["t_s"] == 0
    assert set(readings[0]) == {
        "type", "t_s", "gauge_kpa", "smooth_kpa", "rate_kpa_s", "band", "window_s", "quality", "unit", "source",
    }  # fmt: skip
    for r in readings:
        numbers = [r[k] for k in ("gauge_kpa", "smooth_kpa", "rate_kpa_s")]
        assert (None in numbers) == (r["quality"] not in ("ok", "saturated"))
        assert len({n is None for n in numbers}) == 1
    assert [o["code"] for o in out if o["type"] == "notice"][:8] == [
        "guard_on",
        "off",
        "settle",
        "work",
        "stale",
        "lost",
        "back",
        "guard_on",
    ]
    assert out[-1]["type"] == "summary"
    assert out[-1]["ended"] == "interrupted"


@pytest.mark.parametrize("sensor", ["lps28dfw", "ms5837"])
def test_the_virtual_ball_has_the_sensor_asked_for(home: dict[str, str], sensor: str) -> None:
    command = ["live", "--virtual", "warm", "--sensor", sensor, "--speed", "max", "--json", "--no-record", "--seconds", "20"]
    out = objects(run(home, *command).stdout)
    readings = [o for o in out if o["type"] == "reading"]
    assert readings[-1]["unit"] == "kPa"
    assert readings[-1]["window_s"] > 5  # only a ball with a zero of its own counts time


def test_without_a_terminal_one_line_a_notice_and_virtual_on_each(home: dict[str, str]) -> None:
    done = run(home, "live", "--virtual", "overshoot", "--speed", "max", "--terminal", "--no-record")
    *lines, last = done.stdout.splitlines()
    story = ["guard_on", "off", "settle", "work", "keep_moving", "rising", "over", "ease_off", "work", "may_stop", "done", "off"]
    assert [line.split()[3] for line in lines] == story
    assert all(line.startswith("VIRTUAL") for line in [*lines, last])


def test_without_a_display_it_says_so_and_uses_the_terminal(home: dict[str, str]) -> None:
    done = run(home, "live", "--virtual", "steady", "--speed", "max", "--no-record")
    assert done.stderr.strip() == "sixten: no window, there is no display; this is the terminal."
    assert "done" in done.stdout
    refused = run(home, "live", "--virtual", "steady", "--desktop", code=2)
    assert "no display" in refused.stderr


def test_a_display_that_does_not_answer_is_no_display(home: dict[str, str]) -> None:
    done = run(home | {"DISPLAY": ":987"}, "live", "--virtual", "falls-off", "--speed", "max", "--no-record")
    assert "the display does not answer" in done.stderr
    assert "ended (off)" in done.stdout


def test_sessions_go_to_the_library_virtual_ones_apart(home: dict[str, str]) -> None:
    done = run(home, "live", "--virtual", "falls-off", "--speed", "max", "--terminal")
    path = Path(done.stdout.split("recorded in ")[1].strip())
    assert path.parent.name == "virtual-sessions"
    assert str(path).startswith(home["HOME"])
    assert "bit for bit" in run(home, "replay", str(path), "--verify").stdout
    replayed = objects(run(home, "replay", str(path), "--speed", "max", "--json").stdout)
    assert [o["code"] for o in replayed if o["type"] == "notice"] == ["guard_on", "off", "settle", "work", "keep_moving", "off", "ended"]
    assert all(o["source"] == "replay" for o in replayed)
    told = run(home, "replay", str(path), "--speed", "max", "--terminal")
    assert all(line.startswith("REPLAY") for line in told.stdout.splitlines())


def test_a_damaged_recording_is_shown_and_counted_and_verify_fails(home: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "s.ndjson"
    run(home, "live", "--virtual", "falls-off", "--speed", "max", "--terminal", "--out", str(path))
    lines = path.read_bytes().splitlines(keepends=True)
    lines[500] = lines[500].replace(b":", b";", 1)
    path.write_bytes(b"".join(lines))
    done = run(home, "replay", str(path), "--speed", "max", "--terminal")
    assert "1 damaged line left out (line 501: damaged)" in done.stderr
    assert run(home, "replay", str(path), "--verify", code=1).stdout


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["live", "--virtual", "nap"], "there is no scenario 'nap'"),
        (["live", "--virtual=nap"], "there is no scenario 'nap'"),
        (["live", "steady"], "needs --virtual"),
        (["live", "--sensor", "ms5837"], "--sensor ms5837 needs --virtual"),
        (["live", "--virtual", "--sensor", "bmp280"], "there is no sensor 'bmp280'; there are: fsr, lps28dfw, ms5837"),
        (["live", "--virtual", "--ceiling-kpa", "96"], "between 5 and 95"),
        (["live", "--virtual", "--ceiling-kpa", "nan"], "between 5 and 95"),
        (["live", "--virtual", "--ceiling-kpa", "x"], "not a valid|valid number"),
        (["live", "--virtual", "--speed", "0"], "--speed 0"),
        (["live", "--virtual", "--speed", "fast"], "--speed fast"),
        (["live", "--virtual", "--seconds", "-1"], "--seconds -1"),
        (["live", "--virtual", "--json", "--terminal"], "exclude each other"),
        (["live", "--virtual", "--port", "/dev/x"], "exclude each other"),
        (["live", "--virtual", "--out", "x", "--no-record"], "exclude each other"),
        (["live", "--port", "/dev/x", "--speed", "2"], "real ball"),
        (["live", "--port", "/dev/nope", "--terminal"], "There is no port /dev/nope; ports found: "),
        (["live", "--port", "/dev/null", "--terminal"], "cannot be opened as a serial port"),
        (["live", "--virtual", "--terminal", "--out", "/proc/no/such.ndjson"], "cannot be written"),
        (["replay", "/no/such/file"], "cannot be read"),
        (["replay", "/etc/hostname"], "not a sixten recording"),
        (["replay", "/"], "cannot be read"),
        (["nonsense"], "No such command"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(home: dict[str, str], args: list[str], words: str) -> None:
    import re

    done = run(home, *args, code=2)
    assert re.search(words, done.stderr), done.stderr
    assert done.stdout == ""


def test_ports_lists_without_opening(home: dict[str, str]) -> None:
    assert run(home, "ports").stdout


def test_ctrl_c_closes_and_keeps_the_session(home: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "s.ndjson"
    child = subprocess.Popen(
        [*SIXTEN, "live", "--virtual", "--json", "--out", str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=home
    )
    assert child.stdout is not None
    assert child.stderr is not None
    while '"reading"' not in child.stdout.readline():
        pass
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=120)
    assert child.returncode == 130, err
    assert json.loads(out.splitlines()[-1])["type"] == "summary"
    assert "Traceback" not in err
    assert b'"k":"end"' in path.read_bytes().splitlines()[-1]
    assert "bit for bit" in run(home, "replay", str(path), "--verify").stdout


def test_a_closed_pipe_is_no_traceback(home: dict[str, str]) -> None:
    command = f"{sys.executable} -m sixten live --virtual steady --speed max --json --no-record | head -3"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, env=home)
    assert len(done.stdout.splitlines()) == 3
    assert "Traceback" not in done.stderr


class Screen:
    """A terminal of 100 x 30 in which the program runs; keys go in, what it wrote comes out."""

    def __init__(self, env: dict[str, str], *args: str) -> None:
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(SIXTEN[0], [*SIXTEN, *args], env | {"TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30"})
        self.text = ""

    def until(self, words: str, seconds: float = 20.0) -> None:
        end = time.monotonic() + seconds
        while words not in self.text:
            assert time.monotonic() < end, f"{words!r} did not come:\n{self.text[-2000:]}"
            self.read()

    def read(self) -> bool:
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return False
        self.text += data.decode("utf-8", "replace")
        return bool(data)

    def key(self, data: bytes) -> None:
        os.write(self.fd, data)

    def finish(self) -> int:
        while self.read():
            pass
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def test_the_terminal_shows_warns_and_stops_by_key(home: dict[str, str]) -> None:
    screen = Screen(home, "live", "--virtual", "overshoot", "--ceiling-kpa", "40", "--speed", "12", "--terminal", "--no-record")
    screen.until("VIRTUAL")
    screen.until("line 40.0")
    screen.until("WORK")
    screen.until("OVER")
    screen.until("Ease off. Take weight on your hand and foot.")
    screen.until("\x07")  # the bell
    screen.key(b"4")
    screen.until("4 of 10 noted.")
    screen.key(b" ")
    screen.until("Stopped. Come off the ball.")
    screen.until("COME OFF")
    screen.key(b"q")
    assert screen.finish() == 0
    assert "ended (stop)" in screen.text


def test_the_terminal_follows_the_arrow_keys(home: dict[str, str]) -> None:
    screen = Screen(home, "live", "--virtual", "--ceiling-kpa", "40", "--terminal", "--no-record")
    screen.until("virtual 000000f5")
    for _ in range(40):
        screen.key(b"\x1b[A")
    screen.until(" 32.0")
    screen.until("Take all weight off the ball")  # there was no rest, so there is no zero
    screen.key(b"\x1b")
    screen.until("Stopped.")
    screen.key(b"\x03")
    assert screen.finish() == 130
