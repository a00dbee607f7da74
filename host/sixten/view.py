"""What there is to see of a session at this moment, as plain values: the terminal and the window draw the same."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan, nan
from typing import TYPE_CHECKING, cast

from sixten.watch import Watch
from sixten.words import (
    CONNECTION,
    DRIFT_UNCERTAIN,
    GIVE_ONE,
    NO_CEILING,
    NO_ZERO,
    ON_FLAT_BOARD,
    SENSOR_CHANGED,
    WAITS_FOR_GUARD,
    headline,
    say,
)

if TYPE_CHECKING:
    from sixten.recording.replay import ReplaySource
    from sixten.session.run import Run

TOP_SHARE = 1.25  # the gauge ends a quarter above the line
NO_LINE_TOP_KPA = 95.0  # and at the ball's own limit where there is no line
LINES_SAID = 4
BLANK = "--.-"
NEWTONS_STEP = 5  # the scale it was calibrated on is no better


@dataclass(frozen=True, slots=True)
class View:
    """label: VIRTUAL, REPLAY and where it is, or empty. number: blank unless it can be trusted. newtons: empty without a
    flat-board calibration.

    share, line_share: 0..1 of the gauge's height. band: "" where there is no number or no line. said: (seconds, sentence), the newest last.
    """

    label: str = ""
    connection: str = CONNECTION["starting"]
    ball: str = ""
    number: str = BLANK
    unit: str = ""
    newtons: str = ""
    share: float = 0.0
    line_share: float | None = None
    line: str = ""
    band: str = ""
    word: str = ""
    window_s: float = 0.0
    min_s: float = 30.0
    max_s: float = 60.0
    clock: str = ""
    said: tuple[tuple[float, str], ...] = ()
    trouble: str = ""


def replay_label(replay: ReplaySource) -> str:
    """REPLAY, and where it is, how quick, and whether it stands still."""
    speed = "max" if replay.speed is None else f"x{replay.speed:g}"
    return f"REPLAY {replay.at_s:.1f} of {replay.length_s:.1f} s, {'paused' if replay.paused else speed}"


def look(watch: Watch) -> View:
    """The view of ``watch`` now; safe from any thread, since everything it reads is replaced, never changed in place."""
    job, reading, connection, hello = watch.job, watch.reading, watch.connection, watch.hello
    if job is None:
        return View()
    run = cast("Run", job.run)  # a calibration has a face of its own, which shows no numbers
    state = run.state
    good = reading is not None and reading.quality in ("ok", "saturated") and not state.stale
    ceiling = state.ceiling_kpa
    top = (ceiling or NO_LINE_TOP_KPA) * TOP_SHARE
    number, share, newtons = BLANK, 0.0, ""
    if good and reading is not None:
        number = "MAX" if reading.quality == "saturated" else f"{max(0.0, reading.smooth_kpa):.1f}"
        force_n = nan if reading.quality == "saturated" else run.readings.newtons(reading.smooth_kpa)
        newtons = "" if isnan(force_n) else ON_FLAT_BOARD.format(newtons=NEWTONS_STEP * round(force_n / NEWTONS_STEP))
        share = min(1.0, max(0.0, (reading.gauge_kpa if state.band == "over" else reading.smooth_kpa) / top))
    first_us = run.first_us or 0
    trouble = [f"{n} {what}" for n, what in ((run.lost, "samples lost"), (run.damaged, "damaged lines")) if n]
    fault = run.readings.info.get("fault", "none")
    if fault != "none":
        trouble.append(SENSOR_CHANGED if fault == "sensor_changed" else f"sensor fault: {fault}")
    if job.recorder is not None and job.recorder.failure:
        trouble.append(f"not recording: {job.recorder.failure}")
    if run.readings.zero.drifting:
        trouble.append(DRIFT_UNCERTAIN)
    if reading is not None and not reading.zeroed:
        trouble.append(NO_ZERO)
    if job.balls is not None and job.balls.trouble:
        trouble.append(job.balls.trouble)
    plan = state.plan
    if ceiling is None:
        clock = f"{NO_CEILING} {job.no_line or GIVE_ONE}"
    else:
        clock = f"{state.window_us / 1e6:.1f} s of {plan.min_s:.0f}-{plan.max_s:.0f}"
        if state.ended:
            clock += ", done" if state.ended == "done" else ", window ended"
        elif state.may_stop:
            clock += ", you may stop"
        if good and not (state.guard.confirmed or state.ended):
            clock += WAITS_FOR_GUARD
    return View(
        label=job.label if job.replay is None else replay_label(job.replay),
        connection=CONNECTION.get(connection.state, connection.state) if connection else CONNECTION["starting"],
        ball=f"{hello.board} {hello.unique_id}" if hello else "",
        number=number,
        unit=reading.unit if reading else "",
        newtons=newtons,
        share=share,
        line_share=ceiling / top if ceiling else None,
        line=(f"line {ceiling:.1f}" if ceiling else "no line") + (f", {job.side}" if job.side else ""),
        band=state.band if good else "",
        word=headline(state.band, bool(state.ended), not good) if reading else "",
        window_s=state.window_us / 1e6,
        min_s=plan.min_s,
        max_s=plan.max_s,
        clock=clock,
        said=tuple(((n.t_us - first_us) / 1e6, say(n.code, n.values)) for n in list(watch.notices)[-LINES_SAID:]),
        trouble=", ".join(trouble),
    )
