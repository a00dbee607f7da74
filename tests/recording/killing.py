"""Programs that record the real firmware in the simulator and are killed, and what is then missing. For tests and the benchmark."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from sixten.ball.messages import Samples
from sixten.recording.reader import read

ROOT = Path(__file__).resolve().parents[2]
LOAD = "t_s,force_n\n0,0\n1,0\n3,130\n600,130\n"

# Prints each event after it was put into the record, so what is printed has been measured; the recorder does not know of it.
CHILD = """
import sys, threading
from dataclasses import asdict
from pathlib import Path
from sixten.ball.messages import EVENT_TYPES, Samples
from sixten.ball.port import PortSource
from sixten.recording.file import Writer
from sixten.session.rules import Plan
from sixten.session.run import Run, pump
plan, source = Plan(40.0), PortSource(sys.argv[1])
def tell(what):
    if isinstance(what, Samples):
        print("s", what.t_us[-1], flush=True)
    elif isinstance(what, EVENT_TYPES):
        print("e", repr(what), flush=True)
writer = Writer(Path(sys.argv[2]), {"virtual": True, "plan": asdict(plan)})
print("w", *(t.native_id for t in threading.enumerate() if t.name == "recorder"), flush=True)
pump(source, writer, Run(plan), tell, source.ask)
"""


@dataclass(frozen=True)
class Loss:
    """missing_ms: of samples, up to the last one that was measured. events: put into the record more than 50 ms before that and not in the
    file. damage: places in the file; a torn tail is one. samples: in the file. writer: what the thread that writes was about when it was
    killed, as Linux tells it: waiting (to be woken), ready (running, or waiting for a core) or in the disk; else empty. owed_ms: what is
    missing without the last block, which may have come a moment before, and be long if the program itself had not run.
    """

    missing_ms: float
    events: int
    damage: int
    samples: int
    writer: str = ""
    owed_ms: float = 0.0


STATES = {"S": "waiting", "R": "ready", "D": "in the disk"}


def doing(pid: int, thread: str) -> str:
    """What a thread is about; empty where the system does not say."""
    try:
        state = Path(f"/proc/{pid}/task/{thread}/stat").read_text("ascii", "replace").rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return ""
    return STATES.get(state, state)


def killed(folder: Path, after_s: float) -> Loss:
    """Records into ``folder`` and kills the program ``after_s`` seconds after its first sample. Raises if nothing
    was recorded, or the file does not open."""
    load, path = folder / "load.csv", folder / "killed.ndjson"
    load.write_text(LOAD)
    simulator = subprocess.Popen(
        [sys.executable, str(ROOT / "tests/ballsim/launch.py"), "--load", str(load)], stdout=subprocess.PIPE, text=True
    )
    assert simulator.stdout is not None
    child = None
    try:
        port = simulator.stdout.readline().strip()
        child = subprocess.Popen([sys.executable, "-c", CHILD, port, str(path)], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        lines: list[str] = []
        thread = writer = ""

        def kill() -> None:  # whenever it is: not when something has just been told
            nonlocal writer
            writer = doing(child.pid, thread)
            child.send_signal(signal.SIGKILL)

        timer = threading.Timer(after_s, kill)
        for line in child.stdout:
            lines.append(line.rstrip("\n"))
            if line.startswith("w "):
                thread = lines[-1][2:]
            elif line.startswith("s ") and timer.ident is None:
                timer.start()
        if timer.ident is not None:
            timer.join()
        child.wait()
    finally:
        for process in (child, simulator):
            if process is not None:
                process.terminate()
                process.wait()
                assert process.stdout is not None
                process.stdout.close()
    before_us = last_us = 0
    said: list[tuple[int, str]] = []
    for line in lines:
        kind, _, what = line.partition(" ")
        if kind == "s":
            before_us, last_us = last_us, int(what)
        elif kind == "e":
            said.append((last_us, what))
    if not last_us:
        raise ValueError("nothing was recorded")
    recording = read(path)
    kept_us = max((e.t_us[-1] for e in recording.events if isinstance(e, Samples)), default=0)
    kept = [repr(e) for e in recording.events if not isinstance(e, Samples)]
    gone = sum(what not in kept for t_us, what in said if t_us < last_us - 50_000)
    samples = sum(len(e.raw) for e in recording.events if isinstance(e, Samples))
    return Loss(max(0, last_us - kept_us) / 1e3, gone, len(recording.damage), samples, writer, max(0, before_us - kept_us) / 1e3)
