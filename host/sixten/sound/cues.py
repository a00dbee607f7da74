"""What should sound when: ``step(cues, happened) -> (cues, what to play)``, a pure function of readings' facts and notices, in device time.

A notice's sound has a key: its code, and where a detail matters that too (``ended_over``). A key may have a tone, spoken words
(voice_words.SPOKEN) or both.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sixten.pressure.readings import OK, SATURATED, STALE, Reading
from sixten.session.rules import NEAR, OVER, WORK, Notice
from sixten.session.visit_values import CALIBRATE, WINDOW
from sixten.session.visit_values import State as VisitState
from sixten.voice_words import SPOKEN

# Who may interrupt whom: less interrupts more.
STOP, LOSS, TIME, PROMPT, ANSWER = range(5)

PACER_CYCLE_S = 7.0  # one way and back; the practice asks for slow movement of 6 to 8 s a cycle
NEAR_SOUNDS_AFTER_S = 3.0  # near the line is where the work is; who stays there is told once

# Key: (priority, tone). A key of SPOKEN that is not here has priority PROMPT and no tone.
SOUNDS: dict[str, tuple[int, str]] = {
    "ease_off": (STOP, ""),  # the alarm is already sounding
    "rising": (STOP, "rising"),  # half a second before the line: no word is quick enough, and none may talk over it
    "stop": (STOP, "end"),
    "symptom": (STOP, "end"),
    "ended_over": (STOP, "end"),
    "ended_load": (STOP, "end"),
    "ended_off": (TIME, "end"),
    "ended_interrupted": (LOSS, "end"),
    "too_far": (STOP, "end"),
    "no_signal": (LOSS, "loss"),
    "come_off": (TIME, "time"),
    "stale": (LOSS, ""),  # the loss tone is already sounding
    "lost": (LOSS, ""),
    "recording_lost": (LOSS, "loss"),
    "back": (LOSS, "back"),
    "may_stop": (TIME, "time"),
    "done": (TIME, "done"),
    "calibrated": (TIME, "done"),
    "refused": (TIME, "end"),
    "stopped": (TIME, "end"),
    "starting_left": (TIME, ""),
    "starting_right": (TIME, ""),
    "count_3": (TIME, ""),
    "count_2": (TIME, ""),
    "count_1": (TIME, ""),
    "stand": (TIME, "time"),
    **{f"aloud_{s}": (TIME, "") for s in range(5, 45, 5)},
    "get_off": (STOP, "end"),
    "enough": (TIME, "end"),
    "no_session": (TIME, "end"),
    "stood": (TIME, "done"),
    "off": (PROMPT, "off"),
    "settle": (PROMPT, "settle"),
    "work": (PROMPT, "work"),
    "near": (PROMPT, "near"),
    "rate_now": (PROMPT, "near"),
    "prompt": (PROMPT, "near"),
    **{f"score_{n}": (ANSWER, "") for n in range(11)},
}
# The value that tells a code's keys apart.
DETAILS = {
    "ended": "reason", "zero_needed": "reason", "starting": "side", "count": "left", "phase": "phase", "again": "why", "score": "score",
    "cue": "cue", "aloud": "s",
}  # fmt: skip
GONE = {"stale", "lost"}
ONCE_A_WINDOW = {"settle", "work"}  # spoken the first time; after that the tone is enough


class Cue(NamedTuple):
    """One thing to play. kind: ``alarm`` (repeats until another, or empty), ``tone``, ``say``, ``pacer`` (empty: be quiet)."""

    kind: str
    name: str
    priority: int


class Now(NamedTuple):
    """What a reading says about sound. clock: the window's clock runs. guided: beats of the pacer come as notices."""

    t_us: int
    trusted: bool
    stale: bool = False
    band: str = ""
    clock: bool = False
    ended: bool = False
    window: int = 0
    guided: bool = False


class Cues(NamedTuple):
    """What is sounding, and what has been told. Times are device microseconds."""

    now: Now = Now(0, False)
    alarm: str = ""
    near_us: int | None = None  # since when; -1 = told
    beats: int = 0
    beat_us: int = 0  # when the next is due
    told: frozenset[str] = frozenset()


def facts(reading: Reading, state: Any) -> Now:
    """What matters here of a reading and of the state it has led to: a session's, a calibration's, which has no bands, or a visit's.

    Between a visit's loads nobody needs the ball, and its silence is no alarm.
    """
    between = False
    if isinstance(state, VisitState):  # a visit's face is that of what goes on in it
        between = state.phase not in (CALIBRATE, WINDOW)
        state = state.calibration if state.calibration is not None else state.rules
    band = getattr(state, "band", "")
    stale = reading.quality == STALE or bool(getattr(state, "stale", False))
    return Now(
        reading.t_us,
        reading.quality in (OK, SATURATED),
        stale,
        "" if stale else band,
        band in (WORK, NEAR) and not stale and bool(getattr(state, "running", False)),
        between or bool(getattr(state, "ended", "") or getattr(state, "outcome", None)),
        getattr(state, "window", 0),
        getattr(state, "guided", None) is not None,
    )


def step(cues: Cues, happened: Now | Notice) -> tuple[Cues, list[Cue]]:
    """The next state, and what to play because of ``happened``."""
    if isinstance(happened, Now):
        return _now(cues, happened)
    if happened.code not in GONE:
        return _notice(cues, happened)
    # A cable that is pulled is told before any reading says it.
    cues, play = _now(cues, cues.now._replace(trusted=False, stale=True, band="", clock=False))
    cues, words = _notice(cues, happened)
    return cues, play + words


def _now(cues: Cues, now: Now) -> tuple[Cues, list[Cue]]:
    before = cues.now
    if now.window != before.window:
        cues = cues._replace(told=frozenset())
    cues = cues._replace(now=now)
    play: list[Cue] = []
    alarm = OVER if now.band == OVER else "loss" if now.stale and not now.ended else ""
    if alarm != cues.alarm:
        cues = cues._replace(alarm=alarm)
        play.append(Cue("alarm", alarm, LOSS if alarm == "loss" else STOP))
    if now.clock and not now.guided:
        if now.t_us >= cues.beat_us:
            play.append(Cue("pacer", "out" if cues.beats % 2 else "in", ANSWER))
            cues = cues._replace(beats=cues.beats + 1, beat_us=now.t_us + round(PACER_CYCLE_S / 2 * 1e6))
    if before.clock and not now.clock:
        play.append(Cue("pacer", "", ANSWER))
    if now.band != NEAR or now.ended:
        if cues.near_us is not None:
            cues = cues._replace(near_us=None)
    elif cues.near_us is None:
        cues = cues._replace(near_us=now.t_us)
    elif cues.near_us >= 0 and now.t_us - cues.near_us >= NEAR_SOUNDS_AFTER_S * 1e6:
        cues = cues._replace(near_us=-1)
        play += _both(NEAR)
    return cues, play


def _notice(cues: Cues, notice: Notice) -> tuple[Cues, list[Cue]]:
    key = key_of(notice)
    if key == "pacer":
        return cues, [Cue("pacer", str(notice.values["beat"]), ANSWER)]
    if key in (NEAR, OVER) or key not in SOUNDS and key not in SPOKEN:  # those two go by the readings
        return cues, []
    if key in cues.told:
        return cues, _both(key, spoken=False)
    if key in ONCE_A_WINDOW:
        cues = cues._replace(told=cues.told | {key})
    return cues, _both(key)


def key_of(notice: Notice) -> str:
    """The key of a notice's sound."""
    code, values = notice.code, notice.values
    if code == "rating":
        return "rating_lowered" if values.get("lowered") else f"score_{values['score']}"
    detail = values.get(DETAILS[code]) if code in DETAILS else None
    key = code if detail is None else f"{code}_{detail:g}" if isinstance(detail, float) else f"{code}_{detail}"
    return key if key in SOUNDS or key in SPOKEN else code


def _both(key: str, spoken: bool = True) -> list[Cue]:
    priority, tone = SOUNDS.get(key, (PROMPT, ""))
    tones = [Cue("tone", tone, priority)] if tone else []
    return tones + ([Cue("say", key, priority)] if spoken and key in SPOKEN else [])
