"""The serial port source against the real firmware in the simulator, and against things that are not a ball."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import threading
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sixten.ball import port as ports
from sixten.ball.messages import Asked, BallError, Connection, Damaged, Hello, Info, Samples, Silence
from sixten.ball.port import PortSource
from sixten.ball.wire import frame
from sixten.pressure.readings import Reading
from sixten.session.rules import Notice, Plan
from sixten.session.run import Run

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "build" / "ballsim-core"
LAUNCHER = ROOT / "tests" / "ballsim" / "launch.py"
needs_ballsim = pytest.mark.skipif(not CORE.exists(), reason="no build/ballsim-core: run `make ballsim` first")


@pytest.fixture
def ballsim(tmp_path: Path) -> Iterator[Callable[..., tuple[str, subprocess.Popen[str]]]]:
    running = []

    def start(load: str, *args: str) -> tuple[str, subprocess.Popen[str]]:
        script = tmp_path / "load.csv"
        script.write_text("t_s,force_n\n" + load)
        command = [sys.executable, str(LAUNCHER), "--load", str(script), *args]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        running.append(child)
        assert child.stdout is not None
        return child.stdout.readline().strip(), child

    yield start
    for child in running:
        child.terminate()
        child.wait()
        assert child.stdout is not None
        child.stdout.close()


@pytest.fixture
def stranger() -> Iterator[Callable[[bytes, float], str]]:
    """A pseudo-terminal on which something else talks: these bytes, again and again, every so many seconds."""
    stop = threading.Event()
    opened = []

    def start(chatter: bytes, every_s: float = 0.05) -> str:
        master, slave = pty.openpty()
        tty.setraw(slave)
        opened.extend((master, slave))

        def talk() -> None:
            while not stop.wait(every_s):
                if chatter:
                    os.write(master, chatter)

        thread = threading.Thread(target=talk, daemon=True)
        thread.start()
        threads.append(thread)
        return os.ttyname(slave)

    threads: list[threading.Thread] = []
    yield start
    stop.set()
    for thread in threads:
        thread.join()
    for fd in opened:
        os.close(fd)


@needs_ballsim
def test_a_real_greeting_then_unbroken_samples(ballsim: Callable[..., tuple[str, subprocess.Popen[str]]]) -> None:
    path, _ = ballsim("0,0\n")
    source = PortSource(path)
    count, expected, hello = 0, None, None
    states: list[str] = []
    for event in source:
        if isinstance(event, Connection):
            states.append(event.state)
        elif isinstance(event, Hello):
            hello = event
        elif isinstance(event, Samples):
            assert expected in (None, event.seq)
            expected = (event.seq + len(event.raw)) % 65536
            count += len(event.raw)
            if count > 300:
                source.close()
    assert states == ["opening", "starting", "live"]
    assert hello is not None
    assert (hello.major, hello.board) == (1, "uno")


@needs_ballsim
def test_unplugged_is_lost_and_silence_goes_on_in_device_time(ballsim: Callable[..., tuple[str, subprocess.Popen[str]]]) -> None:
    path, child = ballsim("0,0\n")
    source = PortSource(path)
    lost, silences, last_us = False, [], 0
    for event in source:
        if isinstance(event, Samples):
            last_us = event.t_us[-1]
            if last_us > 500_000 and not lost:
                child.send_signal(signal.SIGTERM)
        elif isinstance(event, Connection) and event.state == "lost":
            lost = True
        elif isinstance(event, Silence) and lost:
            silences.append(event.t_us)
            if len(silences) == 5:
                source.close()
    assert lost
    assert silences == sorted(silences)
    assert last_us < silences[0]


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "GREET_S", 60.0)  # a simulated board on a busy computer starts late


@needs_ballsim
def test_replugged_it_goes_on_with_the_same_zero(
    ballsim: Callable[..., tuple[str, subprocess.Popen[str]]], patient: None, tmp_path: Path
) -> None:
    """The cable is pulled under load and put back: greeted again, the same ball by its id, so the zero holds and time runs on. The board,
    which has lost both, is given the zero and the line again.

    The simulated board runs in this computer's time, so when it answers, and whether it stalls meanwhile, decides nothing here."""
    eeprom = str(tmp_path / "eeprom")
    loaded = "0,0\n5.5,0\n6,131\n"
    path, child = ballsim(loaded, "--eeprom", eeprom)
    socket = tmp_path / "ttyBALL"
    socket.symlink_to(path)
    source = PortSource(str(socket))
    run = Run(Plan(40.0))
    states: list[str] = []
    said: list[str] = []
    times: list[int] = []
    asked: list[str] = []
    for event in source:
        for out in run.feed(event):
            if isinstance(out, Notice):
                said.append(out.code)
            elif isinstance(out, Reading) and out.quality == "ok":
                times.append(out.t_us)
        if words := run.order():  # as pump does
            source.ask(*words.split(","))
        if isinstance(event, Asked):
            asked.append(event.text)
        if isinstance(event, Connection):
            states.append(event.state)
            if event.state == "lost":
                asked.append("lost")
                path, _ = ballsim("0,131\n", "--eeprom", eeprom)
                socket.unlink()
                socket.symlink_to(path)
        elif isinstance(event, Samples) and "lost" not in states and event.t_us[-1] > 7_000_000 and {"work", "guard_on"} <= set(said):
            child.send_signal(signal.SIGTERM)
        back = said[said.index("lost") :] if "lost" in said else []
        if {"work", "guard_on"} <= set(back):
            source.close()
    assert states == ["opening", "starting", "live", "lost", "starting", "live"]
    assert [c for c in dict.fromkeys(said) if c in ("off", "settle", "work", "lost")] == ["off", "settle", "work", "lost"]
    assert [c for c in dict.fromkeys(back) if c in ("lost", "back", "work")] == ["lost", "back", "work"]
    first, again = asked[: asked.index("lost")], asked[asked.index("lost") + 1 :]
    *_, zero, line = dict.fromkeys(first)  # a greeting may come twice, then so do these
    assert zero.startswith("zero,")
    assert list(dict.fromkeys(again)) == [zero, line, "guard,0,0"]  # as before it was lost; and nobody's line at the end
    assert run.state.band == "work"
    assert times == sorted(times)
    assert "zero_needed" not in said


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "GREET_S", 0.5)


def refused(path: str) -> str:
    with pytest.raises(BallError) as error:
        for _ in PortSource(path):
            pass
    return str(error.value)


def test_another_device_is_not_a_ball(stranger: Callable[..., str], hasty: None) -> None:
    words = refused(stranger(b"$GPGGA,123519,4807.038,N*47\r\n"))
    assert words.startswith("This is not a sixten ball")
    assert "bytes came, none of them a sixten line" in words


def test_a_wrong_speed_is_only_noise(stranger: Callable[..., str], hasty: None) -> None:
    assert "none of them a sixten line" in refused(stranger(bytes(range(128, 256)) + b"\n"))


def test_silence_is_not_a_ball_either(stranger: Callable[..., str], hasty: None) -> None:
    assert "nothing came" in refused(stranger(b""))


def test_it_really_waits_four_seconds_and_no_more() -> None:
    assert ports.GREET_S == 4.0


def test_another_protocol_says_what_to_flash(stranger: Callable[..., str]) -> None:
    words = refused(stranger(frame("H,2.1,9.0.0,uno,00c0ffee,1,power")))
    assert "protocol 2.1" in words
    assert "make -C firmware upload PORT=" in words


def test_junk_before_the_first_line_is_counted_not_raised(stranger: Callable[..., str]) -> None:
    greeting = [b"half a li\n\xff\x00", *(frame(f"I,k{i}={i}") for i in range(2)), frame("I,end,2"), frame("H,1.0,0.1.0,uno,0,1,power")]
    greeting += [frame("I,a=b"), frame("I,end,1"), frame("D,0,3328,0,700")]
    source = PortSource(stranger(b"".join(greeting)))
    seen = []
    for event in source:
        seen.append(type(event))
        if isinstance(event, Samples):
            source.close()
    assert Damaged in seen
    assert Hello in seen


def test_it_asks_for_what_does_not_come_by_itself() -> None:
    """A board that was already running says nothing until it is asked: first hello, then info."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    asked: list[str] = []

    def board() -> None:
        data = b""
        while "info" not in asked:
            data += os.read(master, 100)
            *lines, data = data.split(b"\n")
            for line in lines:
                name = line.split(b"*")[0].split(b",")[2].decode()
                asked.append(name)
                if name == "hello":
                    os.write(master, frame("H,1.0,0.1.0,uno,0,1,power"))
                else:
                    os.write(master, frame("I,a=b") + frame("I,end,1"))

    thread = threading.Thread(target=board, daemon=True)
    thread.start()
    source = PortSource(os.ttyname(slave))
    for event in source:
        if isinstance(event, Info) and event.key == "end":
            source.close()
    thread.join(60)
    assert list(dict.fromkeys(asked)) == ["hello", "info"]  # again, where the answer is slow
    os.close(master)
    os.close(slave)


def test_a_hello_by_itself_makes_it_ask_for_the_list_again() -> None:
    """The answer to one that was asked for a moment before the board's own came. What is known of the board ends with it: without its list
    no alarm would be set."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    asked: list[str] = []
    source = PortSource(os.ttyname(slave))

    def board() -> None:
        hello, info = frame("H,1.0,0.1.0,uno,0,1,power"), frame("I,a=b") + frame("I,end,1")
        silent = 0
        while asked.count("info") < 2 and silent < 1500:
            if select.select([master], [], [], 0.003)[0]:
                asked.append(os.read(master, 100).split(b"*")[0].split(b",")[2].decode())
                lone = hello if asked.count("info") == 1 else b""
                os.write(master, hello if asked[-1] == "hello" else info + lone)
            elif "info" in asked:
                os.write(master, frame(f"D,{silent},{3328 * silent},0,700"))
                silent += 1
        if silent == 1500:
            source.close()

    thread = threading.Thread(target=board, daemon=True)
    thread.start()
    ends = 0
    for event in source:
        ends += isinstance(event, Info) and event.key == "end"
        if ends == 2:
            source.close()
    thread.join(60)
    assert asked.count("info") == 2
    os.close(master)
    os.close(slave)


def test_a_port_in_use_is_said(stranger: Callable[..., str]) -> None:
    path = stranger(b"")
    first = PortSource(path)
    first.open()
    assert "in use by another program" in refused(path)


def test_no_permission_gives_the_line_that_fixes_it() -> None:
    error = PermissionError(13, "Permission denied")
    assert "sudo usermod -aG dialout $USER" in ports._why_not("/dev/ttyACM0", error)


@needs_ballsim
def test_live_through_the_program_loses_nothing(ballsim: Callable[..., tuple[str, subprocess.Popen[str]]], tmp_path: Path) -> None:
    """The real firmware, a pseudo-terminal, the real program, at wall speed: every sample of 8 s is there or counted as lost.

    That none is lost on a quiet machine is shown by `make bench-live`; a busy one may stall this process past the terminal's buffer.
    """
    from sixten.recording.replay import read, verify

    path, _ = ballsim("0,0\n5.5,0\n6,131\n7,197\n")
    out = tmp_path / "s.ndjson"
    command = [sys.executable, "-m", "sixten", "live", "--port", path, "--ceiling-kpa", "40", "--seconds", "8", "--json", "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env={**os.environ, "HOME": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    assert '"code":"over"' in done.stdout
    recording = read(out)
    times = [t for e in recording.events if isinstance(e, Samples) for t in e.t_us]
    assert recording.end is not None
    assert (times[-1] - times[0]) / 3328 + 1 == len(times) + recording.end["lost"]
    assert times[-1] - times[0] >= 7_900_000
    assert verify(recording).same


def test_closing_while_waiting_for_a_greeting_ends_it(stranger: Callable[..., str], patient: None) -> None:
    """Without the BallError that follows when the whole time for a greeting has passed."""
    source = PortSource(stranger(b""))
    states: list[str] = []
    for event in source:
        if isinstance(event, Connection):
            states.append(event.state)
            if event.state == "starting":
                threading.Timer(0.2, source.close).start()
    assert states == ["opening", "starting"]
