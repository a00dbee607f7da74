"""What there is to see of a visit at this moment, and what each key does there: plain values, for the terminal and any other face."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from sixten import visit_words as W
from sixten.calibration_words import CUES
from sixten.keys import LEAN, LESS, MORE, STOPS
from sixten.view import View, look
from sixten.watch import Watch
from sixten.words import CONNECTION

if TYPE_CHECKING:
    from sixten.session.retest import Exam
    from sixten.session.visit import State
    from sixten.session.visiting import VisitRun

LINES_SAID = 4
HIDDEN = -1  # a rating that is still to be given is no zero


@dataclass(frozen=True, slots=True)
class Choice:
    """A key and what it is for. mark: the mark's kind and value that it makes."""

    key: str
    words: str
    mark: str
    value: int | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """side: LEFT HIP, RIGHT HIP or empty. number: shown large; None: there is none, empty: still to be given. cue: of the calibration.

    window: the gauge, while there is one. said: what was said, the newest last. over: the visit is.
    """

    label: str = ""
    connection: str = CONNECTION["starting"]
    side: str = ""
    title: str = ""
    lines: tuple[str, ...] = ()
    number: str | None = None
    cue: str = ""
    choices: tuple[Choice, ...] = ()
    rates: bool = False
    window: View | None = None
    said: tuple[str, ...] = ()
    trouble: str = ""
    over: bool = False
    by_keys: bool = False  # on the virtual ball without a simulated person


GO = Choice("n", "go on", "go")
SKIP = Choice("x", "skip", "skip")


def page(watch: Watch) -> Page:
    """The page of ``watch`` now; safe from any thread, since everything it reads is replaced, never changed in place."""
    job, connection = watch.job, watch.connection
    if job is None:
        return Page()
    run = cast("VisitRun", job.run)
    state = run.state
    said = [s for n in list(watch.notices) if (s := W.say(n.code, n.values))]
    trouble = f"not recording: {job.recorder.failure}" if job.recorder is not None and job.recorder.failure else ""
    found = connection.state if connection else "starting"
    out = Page(
        label=job.label,
        connection=CONNECTION.get(found, found),
        side=W.SIDES.get(state.side, ""),
        said=tuple(said[-LINES_SAID:]),
        trouble=trouble,
        over=bool(state.ended),
        by_keys=job.label == "VIRTUAL" and not hasattr(job.source, "see"),
    )
    if state.paused:
        return replace(out, title=W.PAUSED, choices=(GO,))
    return _phase(out, watch, run, state)


def _phase(out: Page, watch: Watch, run: VisitRun, state: State) -> Page:
    from sixten.session import plan as P
    from sixten.session import visit as V

    phase = state.phase
    asked = {
        V.MORNING: ("worse", P.WORSE), V.NEWS: ("changed", P.CHANGED), V.OFFER_OWN: ("own", P.OWN),
        V.SCREEN: (P.SCREENING[state.question].key, state.question),
    }.get(phase)  # fmt: skip
    if asked is not None:
        lines = (W.IN_SHORT,) if phase == V.NEWS else (f"{state.question + 1} of {len(P.SCREENING)}",) if phase == V.SCREEN else ()
        return replace(out, title=W.QUESTIONS[asked[0]], lines=lines, choices=_yes_no(asked[1]))
    if phase == V.SIDE:
        return replace(out, title=W.QUESTIONS["side"], choices=(Choice("l", "left", "side", 0), Choice("r", "right", "side", 1)))
    if phase in (V.BEFORE, V.AFTER) and state.exam is not None:
        return _exam(out, state.exam)
    if phase == V.ZERO:
        return replace(out, title=W.NOTICES["wait_for_zero"], choices=(Choice("y", "nothing touches it", "untouched"),))
    if phase == V.PLACE:
        todo = "window" if state.here.ceiling_kpa is not None or state.here.own else "calibration"
        skip = (Choice("x", "no calibration", "skip"),) if todo == "calibration" else ()
        return replace(out, title=W.READY[todo], lines=W.GUIDE, choices=(GO, *skip))
    if phase == V.CALIBRATE:
        return _calibration(out, state)
    if phase == V.LINE:
        return replace(out, title=out.said[-1] if out.said else "", lines=_report(run), choices=(GO,))
    if phase in (V.WINDOW, V.COME_OFF):
        choices = (GO,) if phase == V.COME_OFF and state.rules.stale else ()
        guided = state.rules.guided
        number = str(guided.score) if guided is not None and guided.pressed_us is not None else None
        return replace(out, window=look(watch, state.rules), number=number, rates=True, choices=choices)
    if phase == V.NEXT:
        again = (Choice("a", "again", "again"),) if V.may_again(state, state.side) else ()
        other = (Choice("o", "other side", "other"),) if V.may_again(state, P.other(state.side)) else ()
        return replace(out, title=out.said[-1] if out.said else "", choices=(*again, *other, Choice("f", "finish", "finish")))
    return replace(out, title=W.OVER[state.ended] if state.ended else "")


def _yes_no(number: int) -> tuple[Choice, ...]:
    return Choice("y", "yes", "yes", number), Choice("n", "no", "no", number)


def _exam(out: Page, exam: Exam) -> Page:
    from sixten.session import retest as R
    from sixten.session.plan import CLOSED

    if exam.at in (R.PAIN, R.MOVING):
        number = "" if exam.score is None else str(exam.score)
        return replace(out, title=W.QUESTIONS[exam.at], number=number, rates=True, choices=(GO, SKIP))
    if exam.at == R.EYES:
        return replace(out, title=W.QUESTIONS["closed"], choices=_yes_no(CLOSED))
    if exam.at == R.TYPING:
        number = "" if exam.typed is None else str(exam.typed)
        return replace(out, title=W.NOTICES["type_seconds"], number=number, rates=True, choices=(GO, SKIP))
    if exam.at == R.STAND:
        tries = tuple(f"{s:.1f} s" for s in exam.tries_s)
        title = W.say("balance", {"leg": exam.leg, "eyes": exam.eyes, "try": len(exam.tries_s) + 1})
        enough = Choice("x", "enough" if tries else "skip", "skip")
        return replace(out, title=title, lines=tries, choices=(GO, Choice("w", "type the seconds", "type"), enough))
    if exam.at == R.COUNT_IN:
        return replace(out, title=out.said[-1] if out.said else "", choices=(SKIP,))
    number = f"{max(0.0, exam.t_us - exam.since_us) / 1e6:.0f}"
    return replace(out, title=W.NOTICES["stand"], number=number, choices=(Choice("d", "foot down", "down"), SKIP))


def _calibration(out: Page, state: State) -> Page:
    """Blind: the cue and the person's own number, and nothing that names a pressure."""
    now = state.calibration
    if now is None:
        return out
    waits = now.trial is not None and now.phase == "holding" and now.trial.score is None
    paused = now.phase == "paused" and now.why_paused == "stop"
    choices = (GO,) if paused else (Choice("m", "ball moved", "moved"), Choice("y", "nothing touches it", "untouched"))
    number = "" if waits else str(now.score)
    return replace(out, title=out.said[-1] if out.said else "", number=number, cue=CUES[now.cue], rates=True, choices=choices)


def _report(run: VisitRun) -> tuple[str, ...]:
    from sixten.calibration_report import report

    here, sensor = run.state.here, run.readings.sensor
    if here.outcome is None or here.asked_with is None or sensor is None:
        return ()
    return tuple(report(here.asked_with, here.outcome, sensor.unit).splitlines())


def press(watch: Watch, key: str) -> bool:
    """Do what ``key`` (a character, or a name such as ``up``) means on the page of now; False if it means nothing there."""
    now = page(watch)
    if key in STOPS:
        watch.mark("stop")
    elif key == "s":
        watch.mark("symptom")
    elif key == "z":
        watch.mark("zero")
    elif key == "pagedown":
        watch.mark("press")
    elif key in ("left", "right") and now.by_keys and watch.job is not None:
        getattr(watch.job.source, "lean")(LEAN if key == "right" else -LEAN)  # noqa: B009  (only the virtual ball has it)
    elif choice := next((c for c in now.choices if c.key == key), None):
        watch.mark(choice.mark, choice.value)
    elif now.rates and key in MORE:
        watch.mark("more")
    elif now.rates and key in LESS:
        watch.mark("less")
    elif now.rates and len(key) == 1 and key in "0123456789":
        watch.mark("rate", int(key))
    elif now.rates and key == "t":
        watch.mark("rate", 10)
    else:
        return False
    return True


def help_line(now: Page) -> str:
    """Every key that does something on this page."""
    if now.over:
        return "any key: leave"
    keys = [f"{c.key} {c.words}" for c in now.choices]
    keys += ["0-9 t rate", "+ - one more, one less"] if now.rates else []
    keys += ["← → lean"] if now.by_keys else []
    return " · ".join([*keys, "space stop", "s symptom", "q quit"])
