"""What there is to see of a session at this moment, as plain values: the terminal and the window draw the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import isnan, nan
from typing import TYPE_CHECKING, cast

from sixten import visit_words, words
from sixten.language import fill, tr
from sixten.visit_words import say
from sixten.watch import Job, Watch
from sixten.words import headline

if TYPE_CHECKING:
    from sixten.pressure.readings import Reading
    from sixten.recording.replay import ReplaySource
    from sixten.session.refit import Basis
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


def look(watch: Watch, session: State | None = None, words_of: Callable[[str, Values], str] = say, estimate: bool = False) -> View:
    """The view of ``watch`` now; safe from any thread, since everything it reads is replaced, never changed in place.

    session: where the window stands, if the run's own state is about more than that. words_of: the sentence for a notice, or empty.
    estimate: whether the expected pain may be shown; it never is while a rating is asked for.
    """
    job, reading, hello = watch.job, watch.reading, watch.hello
    keys = tr(words.HELP) + (tr(words.HELP_LEAN) if job is not None and job.label == "VIRTUAL" else "")
    if job is not None and job.replay is not None:
        keys = tr(words.HELP_REPLAY)
    sound = watch.sound.state if watch.sound is not None else ""
    if job is None:
        return View(connection=tr(words.CONNECTION[_connection(watch, True, False)]), keys=keys, sound=sound)
    run = cast("Run", job.run)  # a calibration has a face of its own, which shows no numbers
    state = run.state if session is None else session
    watched = watch.watched or reading is None
    good = watched and reading is not None and reading.quality in ("ok", "saturated") and not state.stale
    ceiling = state.ceiling_kpa
    top = (ceiling or NO_LINE_TOP_KPA) * TOP_SHARE
    number, share, newtons = BLANK, 0.0, ""
    if good and reading is not None:
        number = tr(words.SATURATED) if reading.quality == "saturated" else f"{max(0.0, reading.smooth_kpa):.1f}"
        force_n = nan if reading.quality == "saturated" else run.readings.newtons(reading.smooth_kpa)
        newtons = "" if isnan(force_n) else fill(words.ON_FLAT_BOARD, {"newtons": NEWTONS_STEP * round(force_n / NEWTONS_STEP)})
        share = min(1.0, max(0.0, (reading.gauge_kpa if state.band == "over" else reading.smooth_kpa) / top))
    first_us = run.first_us or 0
    plan = state.plan
    clock = _clock(job, state, good)
    # By the own rating there is no band, but whoever still lies there after the end is told to come off.
    band = "work" if plan.own_rating and state.ended and state.loaded_since_us is not None and not state.band else state.band
    line = tr(words.NO_LINE) if ceiling is None else fill(words.LINE, {"kpa": ceiling})
    side = job.side or plan.side
    guided = state.guided
    asking = guided is not None and not state.ended and (guided.waiting_us is not None or guided.pressed_us is not None)
    beat, beat_share = _beat(state, good)
    return View(
        label=job.label if job.replay is None else replay_label(job.replay),
        connection=tr(words.CONNECTION[_connection(watch, watched, state.stale)]),
        ball=f"{hello.board} {hello.unique_id}" if hello else "",
        number=number,
        unit=reading.unit if reading else "",
        newtons=newtons,
        share=share,
        line_share=ceiling / top if ceiling else None,
        line=line + (f", {tr(words.SIDES[side])}" if side else ""),
        line_kpa=ceiling or 0.0,
        band=state.band if good else "",
        word=headline(band, bool(state.ended), not good) if reading else "",
        window_s=state.window_us / 1e6,
        min_s=plan.min_s,
        max_s=plan.max_s,
        clock=clock,
        said=tuple(((n.t_us - first_us) / 1e6, s) for n in list(watch.notices) if (s := words_of(n.code, n.values)))[-LINES_SAID:],
        trouble=", ".join(_trouble(job, run, reading)),
        keys=keys,
        sound=sound,
        watched=watched,
        side=tr(visit_words.SIDES[side]) if side else "",
        prompt=_prompt(state, good, reading is not None and reading.zeroed),
        count=_count(state),
        beat=beat,
        beat_share=beat_share,
        asking=asking,
        score=str(guided.score) if asking and guided is not None and guided.pressed_us is not None else "",
        estimate=_estimate(state, reading.smooth_kpa) if estimate and good and reading is not None and not asking else "",
    )


def _connection(watch: Watch, watched: bool, stale: bool) -> str:
    """A key of words.CONNECTION."""
    if not watched:
        return "dead"
    state = watch.connection.state if watch.connection is not None else "starting"
    if state not in words.CONNECTION:  # of a recording by another program
        return "live"
    return "stale" if stale and state == "live" else state


def _trouble(job: Job, run: Run, reading: Reading | None) -> list[str]:
    """What is not as it should be, in words."""
    out = [fill(what, {"n": n}) for n, what in ((run.lost, words.SAMPLES_LOST), (run.damaged, words.DAMAGED_LINES)) if n]
    fault = run.readings.info.get("fault", "none")
    if fault != "none":
        out.append(tr(words.SENSOR_CHANGED) if fault == "sensor_changed" else fill(words.SENSOR_FAULT, {"fault": fault}))
    if job.recorder is not None and job.recorder.failure:
        out.append(fill(words.NOT_RECORDING, {"reason": job.recorder.failure}))
    if run.readings.zero.drifting:
        out.append(tr(words.DRIFT_UNCERTAIN))
    if reading is not None and not reading.zeroed:
        out.append(tr(words.NO_ZERO))
    if job.balls is not None and job.balls.trouble:
        out.append(job.balls.trouble)
    return out


def _clock(job: Job, state: State, good: bool) -> str:
    """The clock in words, or why none runs."""
    plan = state.plan
    if state.guided is not None and not (state.guided.begun or state.ended):
        clock = tr(words.GETTING_ON)
    elif state.ceiling_kpa is None and state.guided is None:
        clock = f"{tr(words.NO_CEILING)} {job.no_line or tr(words.GIVE_ONE)}"
    else:
        clock = fill(words.CLOCK, {"now_s": state.window_us / 1e6, "min_s": plan.min_s, "max_s": plan.max_s})
        if state.ended:
            clock += tr(words.CLOCK_DONE if state.ended == "done" else words.CLOCK_ENDED)
        elif state.may_stop:
            clock += tr(words.CLOCK_MAY_STOP)
        if good and not (state.guard.confirmed or state.ended):
            clock += tr(words.WAITS_FOR_GUARD)
    return f"{tr(words.NO_CEILING_OWN)} {clock}" if plan.own_rating else clock


def _ticks(state: State, good: bool) -> bool:
    """Whether the clock runs now."""
    if not good or not state.running or state.over_since_us is not None:
        return False
    return state.band in ("work", "near") or state.plan.own_rating and state.loaded_since_us is not None


def _prompt(state: State, good: bool, zeroed: bool) -> str:
    """What to do now, in a guided window."""
    from sixten.session.window import PHASES

    guided = state.guided
    if guided is None or not good or state.over_since_us is not None:
        return ""
    if state.ended:
        return tr(visit_words.NOTICES["get_off"]) if state.loaded_since_us is not None else ""
    if not zeroed:
        return tr(visit_words.NOTICES["wait_for_zero"])
    if not guided.begun:
        return tr(visit_words.STARTING[state.plan.side] if guided.starting_us is not None else visit_words.NOTICES["get_on"])
    if guided.waiting_us is not None:
        return tr(visit_words.PROMPT_AGAIN if guided.again else visit_words.PROMPT)
    return tr(visit_words.PHASES[PHASES[guided.phase % 2]]) if guided.phase >= 0 else ""


def _count(state: State) -> str:
    """The number that was counted last while somebody gets on; empty outside of the count."""
    from sixten.session.limits import COUNT_S

    guided = state.guided
    if guided is None or guided.begun or guided.starting_us is None or not guided.counted:
        return ""
    return str(COUNT_S - guided.counted + 1)


def _beat(state: State, good: bool) -> tuple[str, float]:
    """Which way the pacer beats, and how much of this beat has passed, 0..1. Without a guide it goes by the clock."""
    from sixten.session.limits import CYCLE_S
    from sixten.session.window import BEATS

    if not _ticks(state, good):
        return "", 0.0
    half_us = CYCLE_S / 2 * 1e6
    if state.guided is None:
        return BEATS[int(state.window_us / half_us) % 2], state.window_us / half_us % 1
    return BEATS[(state.guided.beat - 1) % 2], min(1.0, max(0.0, 1 - (state.guided.beat_us - state.t_us) / half_us))


def _estimate(state: State, kpa: float) -> str:
    """In half kilopascals and fives of seconds, so that it is worked out a few times a second at most."""
    if state.plan.basis is None or state.loaded_since_us is None:
        return ""
    held_s = 5 * round((state.t_us - state.loaded_since_us) / 5e6)
    return fill(words.ESTIMATED, {"score": _expected(state.plan.basis, round(2 * kpa) / 2, held_s)})


@lru_cache(maxsize=256)
def _expected(basis: Basis, kpa: float, held_s: float) -> float:
    from sixten.session.refit import expected_score

    return expected_score(basis, kpa, held_s)
