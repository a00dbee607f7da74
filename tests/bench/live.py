"""What `sixten live` costs on this machine: `make bench-live`. Figures are shown, not asserted.

Real firmware in the simulator -> pseudo-terminal -> the program. Quiet machine please; the simulator itself takes a tenth of a core.
"""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 24.0
SETTLED_S = 7.0  # the zero is taken by then, which is when the cheap path begins


def ballsim(folder: Path) -> tuple[subprocess.Popen[str], str]:
    load = folder / "load.csv"
    load.write_text("t_s,force_n\n0,0\n6,0\n9,131\n60,131\n")
    child = subprocess.Popen(
        [sys.executable, str(ROOT / "tests/ballsim/launch.py"), "--load", str(load)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    return child, child.stdout.readline().strip()


def lost_samples(folder: Path) -> None:
    child, port = ballsim(folder)
    command = [sys.executable, "-m", "sixten", "live", "--port", port, "--ceiling-kpa", "40", "--seconds", "20", "--json", "--no-record"]
    out = subprocess.run(command, capture_output=True, text=True).stdout.splitlines()
    child.terminate()
    summary = json.loads(out[-1])
    print(f"samples in 20 s at wall speed: {summary['samples']}, lost {summary['lost']}, damaged lines {summary['damaged']}")


def terminal(folder: Path) -> None:
    child, port = ballsim(folder)
    args = [sys.executable, "-m", "sixten", "live", "--port", port, "--ceiling-kpa", "40", "--seconds", str(SECONDS), "--terminal"]
    args += ["--out", str(folder / "terminal.ndjson")]
    began = time.monotonic()
    pid, fd = pty.fork()
    if pid == 0:
        os.execve(args[0], args, {**os.environ, "TERM": "xterm-256color", "COLUMNS": "110", "LINES": "30"})
    process = psutil.Process(pid)
    text, frame_s, number_s, cpu0, at0, cpu1, at1 = "", 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    while True:
        if select.select([fd], [], [], 0.5)[0]:
            try:
                data = os.read(fd, 65536)
            except OSError:
                break
            now = time.monotonic() - began
            text = (text + data.decode("utf-8", "replace"))[-20_000:]
            if not frame_s and "sixten" in text:
                frame_s = now
            if not number_s and "rel." in text and " 0.0" in text:
                number_s = now
            if now > SETTLED_S:
                t = process.cpu_times()
                cpu1, at1 = t.user + t.system, now
                if not at0:
                    cpu0, at0 = cpu1, now
    os.waitpid(pid, 0)
    child.terminate()
    print(f"terminal: first frame {frame_s:.2f} s, first number {number_s:.2f} s (the simulated boot loader takes 1.0 s of that)")
    print(f"terminal: {100 * (cpu1 - cpu0) / (at1 - at0):.1f} % of one core over {at1 - at0:.0f} s, recording included")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        terminal(Path(name))
        lost_samples(Path(name))
