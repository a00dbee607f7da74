"""What there is to see of a session at this moment, as plain values: the terminal and the window draw the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isnan, nan
from typing import TYPE_CHECKING, cast

from sixten import words
from sixten.language import fill, tr
from sixten.watch import Watch
from sixten.words import headline, say

if TYPE_CHECKING:
    from sixten.recording.replay import ReplaySource
    from sixten.session.run import Run
    from sixten.session.values import State

Values = Mapping[str, float | int | str | None]

TOP_SHARE = 1.25  # the gauge ends a quarter above the line
NO_LINE_TOP_KPA = 95.0  # and at the ball's own limit where there is no line
LINES_SAID = 4
BLANK = "--.-"
NEWTONS_STEP = 5  # the scale it was calibrated on is no better


@dataclass(frozen=True, slots=True)
class View:
    """Words are in the person's language. label: VIRTUAL, REPLAY and where it is, or empty. number: blank unless it can be trusted.
    newtons: empty outside of a flat-board calibration.

    share, line_share: 0..1 of the gauge's height. band: "" where there is no number or no line. said: (seconds, sentence), the newest last.

    watched: whether the reader is at work. side: LEFT HIP, RIGHT HIP or empty. prompt: what to do now. count: of getting on, or empty.
    beat: in or out while the pacer beats; beat_share: how much of this beat has passed, 0..1. asking: a rating is wanted; score: what has
    been pressed so far. estimate: the pain that the person's own ratings let expect, in words; empty if it is not to be shown.
    """

    label: str = ""
    connection: str = ""
    ball: str = ""
    number: str = BLANK
    unit: str = ""
    newtons: str = ""
    share: float = 0.0
    line_share: float | None = None
    line: str = ""
    line_kpa: float = 0.0
    band: str = ""
    word: str = ""
    window_s: float = 0.0
    min_s: float = 30.0
    max_s: float = 60.0
    clock: str = ""
    said: tuple[tuple[float, str], ...] = ()
    trouble: str = ""
    keys: str = ""
    sound: str = ""
    watched: bool = True
    side: str = ""
    prompt: str = ""
    count: str = ""
    beat: str = ""
    beat_share: float = 0.0
    asking: bool = False
    score: str = ""
    estimate: str = ""


def replay_label(replay: ReplaySource) -> str:
    """REPLAY, and where it is, how quick, and whether it stands still."""
    how = words.PAUSED if replay.paused else words.AT_MOST if replay.speed is None else words.TIMES
    told = {"at_s": replay.at_s, "length_s": replay.length_s, "how": fill(how, {"times": replay.speed})}
    return f"REPLAY {fill(words.REPLAYED, told)}"


def look(watch: Watch, session: State | None = None, words_of: Callable[[str, Values], str] = say) -> View:
    """The view of ``watch`` now; safe from any thread, since everything it reads is replaced, never changed in place.

    session: where the window stands, if the run's own state is about more than that. words_of: the sentence for a notice, or empty.
    """
    job, reading, connection, hello = watch.job, watch.reading, watch.connection, watch.hello
    keys = tr(words.HELP) + (tr(words.HELP_LEAN) if job is not None and job.label == "VIRTUAL" else "")
    if job is not None and job.replay is not None:
        keys = tr(words.HELP_REPLAY)
    connection_says = words.CONNECTION.get(connection.state, connection.state) if connection else words.CONNECTION["starting"]
    sound = watch.sound.state if watch.sound is not None else ""
    if job is None:
        return View(connection=tr(connection_says), keys=keys, sound=sound)
    run = cast("Run", job.run)  # a calibration has a face of its own, which shows no numbers
    state = run.state if session is None else session
    good = reading is not None and reading.quality in ("ok", "saturated") and not state.stale
    ceiling = state.ceiling_kpa
    top = (ceiling or NO_LINE_TOP_KPA) * TOP_SHARE
    number, share, newtons = BLANK, 0.0, ""
    if good and reading is not None:
        number = tr(words.SATURATED) if reading.quality == "saturated" else f"{max(0.0, reading.smooth_kpa):.1f}"
        force_n = nan if reading.quality == "saturated" else run.readings.newtons(reading.smooth_kpa)
        newtons = "" if isnan(force_n) else fill(words.ON_FLAT_BOARD, {"newtons": NEWTONS_STEP * round(force_n / NEWTONS_STEP)})
        share = min(1.0, max(0.0, (reading.gauge_kpa if state.band == "over" else reading.smooth_kpa) / top))
    first_us = run.first_us or 0
    trouble = [fill(what, {"n": n}) for n, what in ((run.lost, words.SAMPLES_LOST), (run.damaged, words.DAMAGED_LINES)) if n]
    fault = run.readings.info.get("fault", "none")
    if fault != "none":
        trouble.append(tr(words.SENSOR_CHANGED) if fault == "sensor_changed" else fill(words.SENSOR_FAULT, {"fault": fault}))
    if job.recorder is not None and job.recorder.failure:
        trouble.append(fill(words.NOT_RECORDING, {"reason": job.recorder.failure}))
    if run.readings.zero.drifting:
        trouble.append(tr(words.DRIFT_UNCERTAIN))
    if reading is not None and not reading.zeroed:
        trouble.append(tr(words.NO_ZERO))
    if job.balls is not None and job.balls.trouble:
        trouble.append(job.balls.trouble)
    plan = state.plan
    if state.guided is not None and not (state.guided.begun or state.ended):
        clock = tr(words.GETTING_ON)
    elif ceiling is None and state.guided is None:
        clock = f"{tr(words.NO_CEILING)} {job.no_line or tr(words.GIVE_ONE)}"
    else:
        clock = fill(words.CLOCK, {"now_s": state.window_us / 1e6, "min_s": plan.min_s, "max_s": plan.max_s})
        if state.ended:
            clock += tr(words.CLOCK_DONE if state.ended == "done" else words.CLOCK_ENDED)
        elif state.may_stop:
            clock += tr(words.CLOCK_MAY_STOP)
        if good and not (state.guard.confirmed or state.ended):
            clock += tr(words.WAITS_FOR_GUARD)
    if plan.own_rating:
        clock = f"{tr(words.NO_CEILING_OWN)} {clock}"
    # By the own rating there is no band, but whoever still lies there after the end is told to come off.
    band = "work" if plan.own_rating and state.ended and state.loaded_since_us is not None and not state.band else state.band
    line = tr(words.NO_LINE) if ceiling is None else fill(words.LINE, {"kpa": ceiling})
    return View(
        label=job.label if job.replay is None else replay_label(job.replay),
        connection=tr(connection_says),
        ball=f"{hello.board} {hello.unique_id}" if hello else "",
        number=number,
        unit=reading.unit if reading else "",
        newtons=newtons,
        share=share,
        line_share=ceiling / top if ceiling else None,
        line=line + (f", {tr(words.SIDES[side])}" if (side := job.side or plan.side) else ""),
        line_kpa=ceiling or 0.0,
        band=state.band if good else "",
        word=headline(band, bool(state.ended), not good) if reading else "",
        window_s=state.window_us / 1e6,
        min_s=plan.min_s,
        max_s=plan.max_s,
        clock=clock,
        said=tuple(((n.t_us - first_us) / 1e6, s) for n in list(watch.notices) if (s := words_of(n.code, n.values)))[-LINES_SAID:],
        trouble=", ".join(trouble),
        keys=keys,
        sound=sound,
    )
