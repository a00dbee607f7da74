"""Small recordings as a program left them, for tests of what is done with them afterwards."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sixten.ball.virtual import VirtualSource
from sixten.ball.virtual_person import PersonSource
from sixten.pain.person import Person, draw
from sixten.pain.procedure import CalibrationPlan
from sixten.pressure.readings import Reading
from sixten.recording.file import Writer
from sixten.recording.lines import FORMAT, VERSION, seal
from sixten.session.calibrating import CalibrationRun
from sixten.session.rules import Notice, Plan
from sixten.session.run import Run, pump

NOON = datetime(2026, 7, 13, 12, 0, tzinfo=UTC)
END = {"k": "end", "dropped_lines": 0, "duration_s": 86.0, "window_s": 60.0, "load_s": 66.7, "over_s": 1.5, "ended": "done"}
END |= {"ceiling_kpa": 30.5, "peak_kpa": 32.0, "samples": 25_855, "lost": 3, "damaged": 0}


def header(started: datetime = NOON, **more: Any) -> dict[str, Any]:
    out = {"k": "header", "format": FORMAT, "version": VERSION, "started_utc": started.isoformat(), "virtual": False}
    return out | {"plan": {"ceiling_kpa": 40.0}, "person": "ada", "side": "left"} | more


def put(path: Path, started: datetime = NOON, end: dict[str, Any] | None = END, **more: Any) -> Path:
    """A recording in the form that its name says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    first, last = seal(header(started, **more)), b"" if end is None else seal(end)
    middle = b"".join(seal({"k": "s", "q": i, "t": i * 3328, "dt": 0, "f": 0, "v": [i]}) for i in range(200))
    path.write_bytes(gzip.compress(first + last) + gzip.compress(middle) if path.suffix == ".gz" else first + middle + last)
    return path


def session(
    path: Path, scenario: str = "overshoot", rated: Mapping[float, int] | None = None, plan: Plan | None = None, **more: Any
) -> Path:
    """A session of the virtual ball, recorded by the real writer. rated: device seconds to score; they are given while it runs."""
    plan = plan or Plan(40.0)
    run = Run(plan)
    writer = Writer(path, {"virtual": True, "plan": asdict(plan), **more})
    ball = VirtualSource(scenario, plan.ceiling_kpa)
    still = sorted((rated or {}).items())

    def publish(what: object) -> None:
        if isinstance(what, Reading) and still and what.t_us >= still[0][0] * 1e6:
            ball.mark("rate", still.pop(0)[1])

    pump(ball, writer, run, publish, ball.ask)
    writer.close(run.summary())
    assert writer.failure == "" and not still
    return path


def calibration(path: Path, seed: int = 3, **more: Any) -> Path:
    """A calibration of a simulated person, recorded by the real writer."""
    run = CalibrationRun(CalibrationPlan("left", seed))
    writer = Writer(path, {"kind": "calibration", "virtual": True, "side": "left", "plan": asdict(run.state.plan), **more})
    ball = PersonSource(Person(draw(seed, "mixed"), seed))
    pump(ball, writer, run, lambda what: ball.see(what) if isinstance(what, Notice) else None, ball.ask)
    writer.close(run.summary())
    return path
