"""Before and after: pain now, pain on a provoking movement, standing on one leg; and what may be called a change. Pure.

``step(exam, input) -> (exam, notices)`` asks the three in turn, each of which can be skipped; ``verdicts`` compares two of them.
"""

from __future__ import annotations

from typing import NamedTuple

from sixten.ball.messages import Mark
from sixten.session import limits as L
from sixten.session.plan import CLOSED
from sixten.session.values import Notice

# Where it stands.
PAIN, MOVING, STAND, COUNT_IN, STANDING, TYPING, EYES, DONE = "pain", "moving", "stand", "count_in", "standing", "typing", "eyes", "done"
OPEN, SHUT = "open", "closed"

LESS, MORE, NOISE, AT_CAP, UNKNOWN = "less", "more", "noise", "at_cap", "not_retested"


class Balance(NamedTuple):
    """Standing on one leg. leg: left or right; eyes: open or closed; tries_s: seconds, at most the cap."""

    leg: str
    eyes: str
    tries_s: tuple[float, ...]

    @property
    def best_s(self) -> float:
        return max(self.tries_s)

    @property
    def spread_s(self) -> float:
        return max(self.tries_s) - min(self.tries_s)


class Look(NamedTuple):
    """What was found before, or after. None = skipped."""

    pain: int | None = None
    moving: int | None = None
    balance: Balance | None = None


class Verdict(NamedTuple):
    """what: pain, moving or balance. change: less, more, noise (within it), at_cap (cannot show change), not_retested."""

    what: str
    change: str
    before: float | None
    after: float | None


class Exam(NamedTuple):
    """Where it stands. leg: the side of this visit. like: the look before, which the one after repeats. Times are device microseconds."""

    leg: str
    like: Look | None = None
    at: str = PAIN
    t_us: int = 0
    score: int | None = None  # as pressed so far
    look: Look = Look()
    eyes: str = OPEN
    tries_s: tuple[float, ...] = ()
    since_us: int = 0  # of the count, or since the foot was lifted
    told: int = 0  # numbers told since then
    typed: int | None = None

    @property
    def when(self) -> str:
        return "before" if self.like is None else "after"


def start(leg: str, t_us: int, like: Look | None = None) -> tuple[Exam, list[Notice]]:
    """The beginning; after the window only what was looked at before is asked."""
    return _enter(Exam(leg, like, t_us=t_us, eyes=OPEN if like is None or like.balance is None else like.balance.eyes), PAIN)


def step(exam: Exam, happened: Mark | int) -> tuple[Exam, list[Notice]]:
    """The next state, and what to tell because of ``happened``: a mark, or that it is now so many device microseconds."""
    if isinstance(happened, int):
        exam = exam._replace(t_us=max(exam.t_us, happened))
        return _time(exam)
    exam = exam._replace(t_us=max(exam.t_us, happened.t_us))
    if exam.at in (PAIN, MOVING):
        return _rated(exam, happened)
    if exam.at == TYPING:
        return _type(exam, happened)
    kind = happened.kind
    if exam.at == STANDING and kind in ("down", "press", "go"):
        return _stood(exam, (happened.t_us - exam.since_us) / 1e6)
    if exam.at in (STANDING, COUNT_IN):
        if kind == "skip":  # this try does not count
            return _enter(exam, STAND)
    elif exam.at == STAND and kind in ("go", "press"):
        return exam._replace(at=COUNT_IN, since_us=exam.t_us, told=0), []
    elif exam.at == STAND and kind == "type":
        return exam._replace(at=TYPING, typed=None), [_said(exam, "type_seconds", {})]
    elif exam.at == STAND and kind == "skip":
        return _balanced(exam)
    elif exam.at == EYES and kind in ("yes", "no") and happened.value == CLOSED:
        if kind == "no":
            return _enter(exam, DONE)
        return _enter(exam._replace(eyes=SHUT, tries_s=()), STAND)
    return exam, [_said(exam, "not_now", {})]


def _said(exam: Exam, code: str, values: dict[str, float | int | str | None]) -> Notice:
    return Notice(exam.t_us, code, values)


def _enter(exam: Exam, at: str) -> tuple[Exam, list[Notice]]:
    """To a question, or past it if it was not looked at before."""
    like = exam.like
    if at == PAIN and like is not None and like.pain is None:
        return _enter(exam, MOVING)
    if at == MOVING and like is not None and like.moving is None:
        return _enter(exam, STAND)
    if at == STAND and like is not None and like.balance is None:
        return _enter(exam, DONE)
    exam = exam._replace(at=at, score=None, typed=None)
    if at in (PAIN, MOVING):
        return exam, [_said(exam, "ask", {"what": at, "when": exam.when})]
    if at == STAND:
        return exam, [_said(exam, "balance", {"leg": exam.leg, "eyes": exam.eyes, "try": len(exam.tries_s) + 1})]
    if at == EYES:
        return exam, [_said(exam, "ask", {"what": "closed", "number": CLOSED})]
    return exam, []


def _rated(exam: Exam, mark: Mark) -> tuple[Exam, list[Notice]]:
    kind, score = mark.kind, exam.score
    if kind == "rate" and mark.value is not None:
        score = mark.value
    elif kind in ("more", "press"):
        score = min(10, (score or 0) + 1)
    elif kind == "less":
        score = max(0, (score or 0) - 1)
    elif kind == "skip" or kind == "go" and score is not None:
        found = None if kind == "skip" else score
        look = exam.look._replace(pain=found) if exam.at == PAIN else exam.look._replace(moving=found)
        said = [_said(exam, "noted", {"what": exam.at, "when": exam.when, "score": found})]
        exam, more = _enter(exam._replace(look=look), MOVING if exam.at == PAIN else STAND)
        return exam, said + more
    else:
        return exam, [_said(exam, "not_now", {})]
    return exam._replace(score=score), [_said(exam, "score", {"score": score})]


def _type(exam: Exam, mark: Mark) -> tuple[Exam, list[Notice]]:
    """Seconds from somebody's watch, digit by digit."""
    if mark.kind == "rate" and mark.value is not None and mark.value <= 9:
        typed = (exam.typed or 0) * 10 + mark.value
        if typed <= L.BALANCE_CAP_S:
            return exam._replace(typed=typed), [_said(exam, "typed", {"s": typed})]
    elif mark.kind == "less":
        typed_less = (exam.typed or 0) // 10
        return exam._replace(typed=typed_less or None), [_said(exam, "typed", {"s": typed_less})]
    elif mark.kind == "go" and exam.typed is not None:
        return _stood(exam, float(exam.typed))
    elif mark.kind == "skip":
        return _enter(exam, STAND)
    return exam, [_said(exam, "not_now", {})]


def _time(exam: Exam) -> tuple[Exam, list[Notice]]:
    """Counts in, then aloud; stops at the cap."""
    if exam.at not in (COUNT_IN, STANDING):
        return exam, []
    gone_s = (exam.t_us - exam.since_us) / 1e6
    if exam.at == COUNT_IN:
        if gone_s >= L.BALANCE_COUNT_S:
            return exam._replace(at=STANDING, since_us=exam.t_us, told=0), [_said(exam, "stand", {})]
        if gone_s >= exam.told:
            return exam._replace(told=exam.told + 1), [_said(exam, "count", {"left": L.BALANCE_COUNT_S - exam.told})]
        return exam, []
    if gone_s >= L.BALANCE_CAP_S:
        return _stood(exam, L.BALANCE_CAP_S)
    if gone_s >= L.ALOUD_EVERY_S * (exam.told + 1):
        exam = exam._replace(told=exam.told + 1)
        return exam, [_said(exam, "aloud", {"s": L.ALOUD_EVERY_S * exam.told})]
    return exam, []


def _stood(exam: Exam, seconds: float) -> tuple[Exam, list[Notice]]:
    seconds = round(min(L.BALANCE_CAP_S, max(0.0, seconds)), 1)
    exam = exam._replace(tries_s=(*exam.tries_s, seconds))
    said = [_said(exam, "stood", {"s": seconds, "cap": int(seconds >= L.BALANCE_CAP_S)})]
    if seconds >= L.BALANCE_CAP_S or len(exam.tries_s) >= L.BALANCE_TRIES:
        exam, more = _balanced(exam)
    else:
        exam, more = _enter(exam, STAND)
    return exam, said + more


def _balanced(exam: Exam) -> tuple[Exam, list[Notice]]:
    """The tries are over; none of them means skipped, and keeps what an earlier test with open eyes has found."""
    if not exam.tries_s:
        said = [] if exam.look.balance else [_said(exam, "noted", {"what": "balance", "when": exam.when, "best_s": None})]
        exam, more = _enter(exam, DONE)
        return exam, said + more
    found = Balance(exam.leg, exam.eyes, exam.tries_s)
    exam = exam._replace(look=exam.look._replace(balance=found))
    said = [_said(exam, "noted", {"what": "balance", "when": exam.when, "best_s": found.best_s, "leg": exam.leg, "eyes": exam.eyes})]
    # Whoever stands 45 s with open eyes cannot get better at it. A recent fall would have ended the visit before.
    offer = exam.like is None and exam.eyes == OPEN and found.best_s >= L.BALANCE_CAP_S
    exam, more = _enter(exam, EYES if offer else DONE)
    return exam, said + more


# --- what counts as change ----------------------------------------------------------------------------------------------------------


def verdicts(before: Look, after: Look) -> tuple[Verdict, ...]:
    """What changed, for whatever was looked at before; in the order in which it was asked."""
    out = []
    for what in ("pain", "moving"):
        a, b = getattr(before, what), getattr(after, what)
        if a is not None:
            out.append(Verdict(what, pain_change(a, b), a, b))
    if before.balance is not None:
        b_s = None if after.balance is None else after.balance.best_s
        out.append(Verdict("balance", balance_change(before.balance, after.balance), before.balance.best_s, b_s))
    return tuple(out)


def pain_change(before: int, after: int | None) -> str:
    """Less or more only by 2 points, or by a third of what it was."""
    if after is None:
        return UNKNOWN
    by = abs(after - before)
    if by >= L.PAIN_CHANGED or before and by >= L.PAIN_CHANGED_SHARE * before:
        return LESS if after < before else MORE
    return NOISE


def balance_change(before: Balance, after: Balance | None) -> str:
    """Longer (more) or shorter (less) only beyond noise and beyond what this person's own tries differ by."""
    if after is None or (after.leg, after.eyes) != (before.leg, before.eyes):
        return UNKNOWN
    if before.best_s >= L.BALANCE_CAP_S and after.best_s >= L.BALANCE_CAP_S:
        return AT_CAP
    by_s = after.best_s - before.best_s
    noise_s = L.BALANCE_CHANGED_OPEN_S if before.eyes == OPEN else L.BALANCE_CHANGED_CLOSED_S
    if abs(by_s) < noise_s or abs(by_s) <= max(before.spread_s, after.spread_s):
        return NOISE
    return MORE if by_s > 0 else LESS
