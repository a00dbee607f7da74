"""Each sensor, from the load on the ball through the real firmware to the host's readings; and what is asked of the board."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sixten.ball.link import Link
from sixten.ball.mechanics import REAL, Ball, Load, Mechanics
from sixten.ball.messages import Event, Hello, Info, Samples
from sixten.ball.virtual import LPS28DFW_NOISE_PA, VirtualBoard
from sixten.pressure.readings import Gap, Reading
from sixten.pressure.sensors import NEWTONS_PER_REL
from sixten.session.rules import Notice, Plan
from sixten.session.run import Run

ROOT = Path(__file__).resolve().parents[2]
LAUNCHER = ROOT / "tests" / "ballsim" / "launch.py"
pytestmark = pytest.mark.skipif(not (ROOT / "build" / "ballsim-core").exists(), reason="no build/ballsim-core: run `make ballsim` first")

SPACING_US = {"fsr": 3328, "lps28dfw": 5000, "ms5837": 6240}
FORCE_N = 147.0


def simulate(folder: Path, sensor: str, load: str, seconds: float, *more: str) -> Iterator[Event]:
    script, log = folder / "load.csv", folder / "tx.log"
    script.write_text("t_s,force_n\n" + load)
    command = [sys.executable, str(LAUNCHER), "--load", str(script), "--sensor", sensor, "--fast", "--seconds", str(seconds), *more]
    subprocess.run([*command, "--tx-log", str(log)], check=True)
    link = Link()
    for line in log.read_text().splitlines():
        us, value = line.split()
        yield from link.feed(bytes([int(value)]), int(us) / 1e6)


@pytest.mark.parametrize("sensor", sorted(SPACING_US))
def test_from_the_load_to_the_reading(tmp_path: Path, sensor: str) -> None:
    """Empty for 7 s, then 147 N, then over the line: zeroed, within 0.1 kPa of the mechanics (FSR: 0.5 % of its own scale), warned."""
    expected = FORCE_N / NEWTONS_PER_REL if sensor == "fsr" else Mechanics.of().gauge_kpa(FORCE_N)
    run = Run(Plan(40.0))
    last, gaps, codes, times, seqs = None, 0, [], [], []
    for event in simulate(tmp_path, sensor, f"0,0\n7,0\n8,{FORCE_N}\n12,{FORCE_N}\n12.5,230\n14,230\n", 14):
        if isinstance(event, Samples):
            times += event.t_us
            seqs += [event.seq + i for i in range(len(event.raw))]
        for out in run.feed(event):
            if isinstance(out, Reading) and out.t_us < 11_900_000:
                last = out
            elif isinstance(out, Gap):
                gaps += 1
            elif isinstance(out, Notice):
                codes.append(out.code)
    assert last is not None
    assert last.zeroed
    assert last.unit == ("rel." if sensor == "fsr" else "kPa")
    assert last.gauge_kpa == pytest.approx(expected, abs=0.1 if sensor != "fsr" else 0.005 * expected)
    assert gaps == 0
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
    spacing = [b - a for a, b in zip(times, times[1:], strict=False)]
    assert sum(spacing) / len(spacing) == pytest.approx(SPACING_US[sensor], rel=0.01)
    assert "over" in codes


@pytest.mark.parametrize("sensor", sorted(SPACING_US))
def test_the_virtual_ball_says_what_the_firmware_says(tmp_path: Path, sensor: str) -> None:
    """The same greeting in the same order, but for who it is and how much memory is free; the same samples of an empty ball, but for
    noise and the moments of the first ones."""
    real = list(simulate(tmp_path, sensor, "0,0\n", 2.0))
    board, link = VirtualBoard(lambda t_s: 0.0, sensor=sensor), Link()
    virtual = link.feed(board.greeting() + b"".join(board.sample()[1] for _ in range(200)), 1.0)

    def pairs(events: list[Event]) -> list[tuple[str, str]]:
        return [(e.key, "-" if e.key in ("free_ram", "stack_free") else e.value) for e in events if isinstance(e, Info)]

    assert pairs(virtual) == pairs(real)
    (hello,) = (e for e in real if isinstance(e, Hello))
    (own,) = (e for e in virtual if isinstance(e, Hello))
    assert (own.major, own.minor, own.firmware, own.boot_count, own.reset_cause) == (1, 1, hello.firmware, 1, "power")

    def first(events: list[Event]) -> tuple[list[int], list[int], list[tuple[int, int]]]:
        raw, flags, extra = [], [], []
        for e in events:
            if isinstance(e, Samples):
                extra += [(e.seq + i, value) for i, value in e.extra]
                raw += e.raw
                flags += e.flags
        return raw[:200], flags[:200], [(seq, value) for seq, value in extra if seq < 200]

    (raw, flags, extra), (own_raw, own_flags, own_extra) = first(real), first(virtual)
    assert own_flags == flags
    assert [seq for seq, _ in own_extra] == [seq for seq, _ in extra]
    counts = {"fsr": 20, "lps28dfw": 20.48 * LPS28DFW_NOISE_PA, "ms5837": 500}[sensor]
    assert abs(sum(own_raw) - sum(raw)) / 200 < counts
    assert all(abs(a - b) < 4000 for (_, a), (_, b) in zip(own_extra, extra, strict=True))


@pytest.mark.parametrize("sensor", ["lps28dfw", "ms5837"])
def test_the_simulated_board_plays_a_ball_that_creeps(tmp_path: Path, sensor: str) -> None:
    """The same physics as the virtual ball's, through the real firmware: the reading is the cavity's pressure and not the table's."""
    load = f"0,0\n7,0\n8,{FORCE_N}\n20,{FORCE_N}\n"
    script = tmp_path / "same.csv"
    script.write_text("t_s,force_n\n" + load)
    ball, script_load = Ball(REAL), Load.read(script)
    truth = [ball.at(i / 50, script_load.at(i / 50)).gauge_kpa for i in range(1000)][-1]
    run = Run(Plan(60.0))
    outs = [out for event in simulate(tmp_path, sensor, load, 20, "--real", "--noise", "20") for out in run.feed(event)]
    last = [out for out in outs if isinstance(out, Reading)][-1]
    assert last.zeroed
    assert last.smooth_kpa == pytest.approx(truth, abs=0.1)
    assert truth < Mechanics.of().gauge_kpa(FORCE_N) - 1.0


@pytest.fixture
def ballsim(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Starts the simulated board with an EEPROM of its own; returns its port."""
    running = []

    def start(sensor: str = "fsr", load: str = "0,0\n") -> str:
        script = tmp_path / "load.csv"
        script.write_text("t_s,force_n\n" + load)
        for child in running:
            child.terminate()
            child.wait()
        command = [sys.executable, str(LAUNCHER), "--load", str(script), "--sensor", sensor, "--eeprom", str(tmp_path / "eeprom")]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        running.append(child)
        assert child.stdout is not None
        return child.stdout.readline().strip()

    yield start
    for child in running:
        child.terminate()
        child.wait()
        assert child.stdout is not None
        child.stdout.close()


def sixten(tmp_path: Path, *args: str, code: int | None = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "sixten", *args], capture_output=True, text=True, timeout=60, env={**os.environ, "HOME": str(tmp_path)}
    )
    assert code is None or done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("sensor", sorted(SPACING_US))
def test_the_doctor_finds_each_sensor_well(tmp_path: Path, ballsim: Callable[..., str], sensor: str) -> None:
    # The rate is judged by this computer's clock, and a simulated board on a busy computer is slow: so either code, and not that verdict.
    out = sixten(tmp_path, "doctor", "--port", ballsim(sensor), "--seconds", "3", "--json", code=None)
    verdicts = {v["about"]: v for v in map(json.loads, out.splitlines())}
    assert sensor in verdicts["sensor"]["words"]
    assert {a: v["state"] for a, v in verdicts.items() if v["state"] == "bad" and a != "rate"} == {}


def test_a_name_is_kept_through_a_restart(tmp_path: Path, ballsim: Callable[..., str]) -> None:
    assert "is now called lefty" in sixten(tmp_path, "name", "lefty", "--port", ballsim())
    assert "lefty" in sixten(tmp_path, "doctor", "--port", ballsim(), "--seconds", "1", code=None)


def test_another_sensor_is_asked_about_and_accepted_once(tmp_path: Path, ballsim: Callable[..., str]) -> None:
    sixten(tmp_path, "doctor", "--port", ballsim("fsr"), "--seconds", "1", code=None)
    changed = sixten(tmp_path, "doctor", "--port", ballsim("lps28dfw"), "--seconds", "1", code=1)
    assert "another sensor than before" in changed
    port = ballsim("lps28dfw")
    assert "another sensor" not in sixten(tmp_path, "doctor", "--port", port, "--seconds", "1", "--accept-sensor", code=None)
    assert "another sensor" not in sixten(tmp_path, "doctor", "--port", ballsim("lps28dfw"), "--seconds", "1", code=None)
