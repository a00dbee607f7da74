"""What there is to see of a visit at this moment, and what each key does there: plain values, for the terminal and any other face."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, cast

from sixten import visit_words as W
from sixten.calibration_report import report
from sixten.keys import LEAN, LESS, MORE, STOPS
from sixten.language import fill, tr
from sixten.view import View, look
from sixten.watch import Watch
from sixten.words import CONNECTION, NOT_RECORDING

if TYPE_CHECKING:
    from sixten.pain.procedure import CalibrationPlan, Outcome
    from sixten.session.retest import Exam
    from sixten.session.visit_values import State
    from sixten.session.visiting import VisitRun

LINES_SAID = 4
ON_THE_PAGE = frozenset({"ask", "balance", "ready", "guide", "wait_for_zero", "type_seconds"})  # it stands there already


@dataclass(frozen=True, slots=True)
class Choice:
    """A key and what it is for (visit_words.KEYS). mark, value: the mark that it makes."""

    key: str
    what: str
    mark: str
    value: int | None = None

    @property
    def words(self) -> str:
        return f"{self.key} {tr(W.KEYS[self.what])}"


@dataclass(frozen=True, slots=True)
class Page:
    """side: LEFT HIP, RIGHT HIP or empty. number: shown large; None: there is none, empty: still to be given. cue: a key of CUES.

    window: the gauge, while there is one. said: what was said, the newest last. over: the visit is. by_keys: on the virtual ball lies
    nobody but whoever has the keys. sound: what there is to know of it.
    """

    label: str = ""
    connection: str = ""
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
    by_keys: bool = False
    sound: str = ""


GO = Choice("n", "go", "go")
SKIP = Choice("x", "skip", "skip")
UNTOUCHED = Choice("y", "untouched", "untouched")


def page(watch: Watch) -> Page:
    """The page of ``watch`` now; safe from any thread, since everything it reads is replaced, never changed in place."""
    job, connection = watch.job, watch.connection
    if job is None:
        return Page(connection=tr(CONNECTION["starting"]))
    run = cast("VisitRun", job.run)
    state = run.state
    said = [s for n in list(watch.notices) if (s := _said(n.code, n.values))]
    trouble = fill(NOT_RECORDING, {"reason": job.recorder.failure}) if job.recorder is not None and job.recorder.failure else ""
    found = connection.state if connection else "starting"
    out = Page(
        label=job.label,
        connection=tr(CONNECTION.get(found, found)),
        side=tr(W.SIDES.get(state.side, "")),
        said=tuple(said[-LINES_SAID:]),
        trouble=trouble,
        over=bool(state.ended),
        sound=watch.sound.state if watch.sound is not None else "",
        by_keys=job.label == "VIRTUAL" and not hasattr(job.source, "see"),
    )
    if state.paused:
        return replace(out, title=tr(W.PAUSED), choices=(GO,))
    return _phase(out, watch, run, state)


def _phase(out: Page, watch: Watch, run: VisitRun, state: State) -> Page:
    from sixten.session import plan as P
    from sixten.session import visit_values as V

    phase = state.phase
    asked = {
        V.MORNING: ("worse", P.WORSE), V.NEWS: ("changed", P.CHANGED), V.OFFER_OWN: ("own", P.OWN),
        V.SCREEN: (P.SCREENING[state.question].key, state.question),
    }.get(phase)  # fmt: skip
    if asked is not None:
        lines: tuple[str, ...] = ()
        if phase == V.NEWS:
            lines = (tr(W.IN_SHORT),)
        elif phase == V.SCREEN:
            lines = (fill(W.QUESTION_OF, {"n": state.question + 1, "all": len(P.SCREENING)}),)
        return replace(out, title=tr(W.QUESTIONS[asked[0]]), lines=lines, choices=_yes_no(asked[1]))
    if phase == V.ASK_HURTS:
        unsure = Choice("x", "unsure", "skip")
        return replace(out, title=tr(W.QUESTIONS["hurts"]), choices=(*_yes_no(P.HURTS), unsure))
    if phase == V.SIDE:
        return replace(out, title=tr(W.QUESTIONS["side"]), choices=(Choice("l", "left", "side", 0), Choice("r", "right", "side", 1)))
    if phase in (V.BEFORE, V.AFTER) and state.exam is not None:
        return _exam(out, state.exam)
    if phase == V.ZERO:
        return replace(out, title=tr(W.NOTICES["wait_for_zero"]), choices=(UNTOUCHED,))
    if phase == V.PLACE:
        todo = "window" if state.here.ceiling_kpa is not None or state.here.own else "calibration"
        skip = (Choice("x", "uncalibrated", "skip"),) if todo == "calibration" else ()
        return replace(out, title=tr(W.READY[todo]), lines=tuple(map(tr, W.GUIDE.values())), choices=(GO, *skip))
    if phase == V.CALIBRATE:
        return _calibration(out, state)
    if phase == V.LINE:
        return replace(out, title=out.said[-1] if out.said else "", lines=_report(run), choices=(GO,))
    if phase in (V.WINDOW, V.COME_OFF):
        choices = (GO,) if phase == V.COME_OFF and state.rules.stale else ()
        guided = state.rules.guided
        number = str(guided.score) if guided is not None and guided.pressed_us is not None else None
        return replace(out, window=look(watch, state.rules, _said), number=number, rates=True, choices=choices)
    if phase == V.NEXT:
        again = (Choice("a", "again", "again"),) if V.may_again(state, state.side) else ()
        other = (Choice("o", "other", "other"),) if V.may_again(state, P.other(state.side)) else ()
        return replace(out, title=out.said[-1] if out.said else "", choices=(*again, *other, Choice("f", "finish", "finish")))
    return replace(out, title=tr(W.OVER[state.ended]) if state.ended else "")


def _said(code: str, values: W.Values) -> str:
    return "" if code in ON_THE_PAGE else W.say(code, values)


def _yes_no(number: int) -> tuple[Choice, ...]:
    return Choice("y", "yes", "yes", number), Choice("n", "no", "no", number)


def _exam(out: Page, exam: Exam) -> Page:
    from sixten.session import retest as R
    from sixten.session.plan import CLOSED

    if exam.at in (R.PAIN, R.MOVING):
        number = "" if exam.score is None else str(exam.score)
        ready = (GO,) if number else ()
        return replace(out, title=tr(W.QUESTIONS[exam.at]), number=number, rates=True, choices=(*ready, SKIP))
    if exam.at == R.EYES:
        return replace(out, title=tr(W.QUESTIONS["closed"]), choices=_yes_no(CLOSED))
    if exam.at == R.TYPING:
        number = "" if exam.typed is None else str(exam.typed)
        ready = (GO,) if number else ()
        return replace(out, title=tr(W.NOTICES["type_seconds"]), number=number, rates=True, choices=(*ready, SKIP))
    if exam.at == R.STAND:
        tries = tuple(fill(W.TRY, {"s": s}) for s in exam.tries_s)
        title = W.say("balance", {"leg": exam.leg, "eyes": exam.eyes, "try": len(exam.tries_s) + 1})
        enough = Choice("x", "enough" if tries else "skip", "skip")
        return replace(out, title=title, lines=tries, choices=(GO, Choice("w", "type", "type"), enough))
    if exam.at == R.COUNT_IN:
        return replace(out, title=out.said[-1] if out.said else "", choices=(SKIP,))
    number = f"{max(0.0, exam.t_us - exam.since_us) / 1e6:.0f}"
    return replace(out, title=tr(W.NOTICES["stand"]), number=number, choices=(Choice("d", "down", "down"), SKIP))


def _calibration(out: Page, state: State) -> Page:
    """Blind: the cue and the person's own number, and nothing that names a pressure."""
    now = state.calibration
    if now is None:
        return out
    waits = now.trial is not None and now.phase == "holding" and now.trial.score is None
    paused = now.phase == "paused" and now.why_paused == "stop"
    choices = (GO,) if paused else (Choice("m", "moved", "moved"), UNTOUCHED)
    number = "" if waits else str(now.score)
    return replace(out, title=out.said[-1] if out.said else "", number=number, cue=now.cue, rates=True, choices=choices)


def _report(run: VisitRun) -> tuple[str, ...]:
    here, sensor = run.state.here, run.readings.sensor
    if here.outcome is None or here.asked_with is None or sensor is None:
        return ()
    return _lines(here.asked_with, here.outcome, sensor.unit)


@lru_cache(maxsize=2)  # a curve takes tens of milliseconds, and a page is drawn again and again
def _lines(plan: CalibrationPlan, outcome: Outcome, unit: str) -> tuple[str, ...]:
    return tuple(report(plan, outcome, unit).splitlines())


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
    elif key == "u" and watch.sound is not None:
        watch.sound.mute()
    elif key in ("[", "]") and watch.sound is not None:
        watch.sound.louder(1 if key == "]" else -1)
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
        return tr(W.KEYS_OVER)
    keys = [c.words for c in now.choices]
    keys += [tr(W.KEYS_RATE)] if now.rates else []
    keys += [tr(W.KEYS_LEAN)] if now.by_keys else []
    return " · ".join([*keys, tr(W.KEYS_ALWAYS)])
