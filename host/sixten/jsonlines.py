"""A session as JSON, one object a line, for other programs (docs/json.md)."""

from __future__ import annotations

import sys
import time
from typing import Any

import msgspec

from sixten import calibration_words, visit_words
from sixten.ball.messages import Event, Hello
from sixten.pressure.readings import OK, SATURATED, Gap, Reading
from sixten.session.rules import Notice
from sixten.session.run import Output, Run
from sixten.session.visiting import VisitRun
from sixten.watch import Job

FLUSH_EVERY_S = 0.05


class JsonLines:
    """Give it everything that is published; it prints what the contract names. Numbers are null unless they can be trusted."""

    def __init__(self) -> None:
        self._encoder = msgspec.json.Encoder()
        self._out = sys.stdout.buffer
        self._flushed_s = 0.0

    def __call__(self, job: Job, what: Event | Output) -> None:
        obj = self._object(job, what)
        if obj is None:
            return
        self._write(job, obj)
        now = time.monotonic()
        if not isinstance(what, Reading) or now - self._flushed_s > FLUSH_EVERY_S:
            self._flushed_s = now
            self._out.flush()

    def summary(self, job: Job) -> None:
        """The last line."""
        recording = None if job.recorder is None else str(job.recorder.path)
        self._write(job, {"type": "summary", **job.run.summary(), "recording": recording})
        self._out.flush()

    def _write(self, job: Job, obj: dict[str, Any]) -> None:
        self._out.write(self._encoder.encode({**obj, "source": job.label.lower() or "ball"}) + b"\n")

    @staticmethod
    def _object(job: Job, what: Event | Output) -> dict[str, Any] | None:
        def t_s(t_us: int) -> float:
            return round((t_us - (job.run.first_us or 0)) / 1e6, 6)

        if isinstance(what, Reading):
            state = job.run.state if isinstance(job.run, Run) else job.run.state.rules if isinstance(job.run, VisitRun) else None
            good = what.quality in (OK, SATURATED)
            return {
                "type": "reading",
                "t_s": t_s(what.t_us),
                "gauge_kpa": what.gauge_kpa if good else None,
                "smooth_kpa": what.smooth_kpa if good else None,
                "rate_kpa_s": what.rate_kpa_s if good else None,
                "band": (state and state.band) or None,
                "window_s": round(state.window_us / 1e6, 6) if state else 0.0,
                "quality": what.quality,
                "unit": what.unit,
            }
        if isinstance(what, Notice):
            run = job.run
            said = visit_words if isinstance(run, (Run, VisitRun)) else calibration_words
            text = said.say(what.code, what.values)
            return {"type": "notice", "t_s": t_s(what.t_us), "code": what.code, **what.values, "text": text}
        if isinstance(what, Gap):
            return {"type": "gap", "t_s": t_s(what.t_us), "lost": what.lost}
        if isinstance(what, Hello):
            return {
                "type": "hello", "protocol": f"{what.major}.{what.minor}", "firmware": what.firmware, "board": what.board,
                "unique_id": what.unique_id, "boot_count": what.boot_count, "reset_cause": what.reset_cause,
            }  # fmt: skip
        return None
