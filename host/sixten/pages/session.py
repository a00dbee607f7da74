"""The session's page without Qt: which state it looks like, where each part lies, and what moves. Upright coordinates, in pixels."""

from __future__ import annotations

from dataclasses import replace
from math import cos, pi
from typing import NamedTuple

from sixten import visit_words, words
from sixten.language import fill, tr
from sixten.view import BLANK, View

# What the page can look like, besides the bands.
NONE, NO_SIGNAL, COME_OFF, FINISHED = "", "no_signal", "come_off", "finished"
LOUD = ("over", NO_SIGNAL)  # these may shout; everything else stays calm

LANDSCAPE, PORTRAIT = (1280.0, 800.0), (800.0, 1280.0)  # what the measures below are told for


class Rect(NamedTuple):
    """Whole pixels, so that parts meet exactly when they are turned."""

    x: int
    y: int
    w: int
    h: int


def shown(view: View) -> View:
    """What may be shown of ``view``: no number and no band where nothing comes; and whoever nobody watches had better come off."""
    if view.watched and state_of(view) != NO_SIGNAL:
        return view
    blank = replace(view, number=BLANK, newtons="", share=0.0, band="", word=tr(words.NO_SIGNAL))
    todo = "" if view.watched else tr(visit_words.NOTICES["get_off"])
    return replace(blank, count="", prompt=todo, beat="", asking=False, estimate="")


def state_of(view: View) -> str:
    """The band, or what stands in its place."""
    if view.word and view.word == tr(words.NO_SIGNAL):
        return NO_SIGNAL
    if view.word and view.word in (tr(words.COME_OFF), tr(words.FINISHED)):
        return COME_OFF if view.word == tr(words.COME_OFF) else FINISHED
    return view.band


def headline(view: View) -> str:
    """The one word; before there is a number how far the connection is, and without a line that there is none."""
    return view.word or (view.connection if view.number == BLANK else view.line)


def replayed(view: View) -> bool:
    """Whether nobody lies on the ball now, so that there is nothing to stop."""
    return view.label.startswith("REPLAY")


def zones(line_share: float) -> tuple[tuple[str, float, float], ...]:
    """(band, from, to) along the gauge, 0..1."""
    from sixten.session import limits as L  # with scipy behind it: where there is a line, the session has imported it already

    marks = (0.0, L.SETTLE_SHARE * line_share, L.NEAR_SHARE * line_share, line_share, 1.0)
    return tuple(zip(("settle", "work", "near", "over"), marks, marks[1:], strict=False))


def pacer(view: View) -> float:
    """Where the pacer's dot is, 0..1: slow at both ends, as a hip turns round."""
    there = 0.5 - 0.5 * cos(pi * min(1.0, max(0.0, view.beat_share)))
    return there if view.beat == "in" else 1.0 - there


def question(view: View) -> str:
    """What is asked: once, or once more."""
    again = tr(visit_words.PROMPT_AGAIN)
    return again if view.prompt == again else tr(visit_words.PROMPT)


def prompt(view: View) -> str:
    """What to do now. What is asked stands in a place of its own; in an alarm, the last thing said is what to do."""
    if state_of(view) in LOUD and view.said and not view.prompt:
        return view.said[-1][1]
    return "" if view.asking and view.prompt == question(view) else view.prompt


def has_clock(view: View) -> bool:
    """Whether a window can run: there is a line, or one goes by one's own rating."""
    return view.line_share is not None or view.window_s > 0 or bool(view.side)


def beside_clock(view: View) -> str:
    """What the clock's words say beyond what the ring shows."""
    ticking = fill(words.CLOCK, {"now_s": view.window_s, "min_s": view.min_s, "max_s": view.max_s})
    return view.clock.replace(ticking, "").strip(" ,") if has_clock(view) else view.clock


def layout(w: float, h: float, view: View) -> dict[str, Rect]:
    """Where each part of an upright page of w by h lies. A part that is not in it is not shown."""
    label, asking, buttons = bool(view.label), view.asking, not replayed(view)
    out = _landscape(w, h, label, asking, buttons) if w >= h else _portrait(w, h, label, asking, buttons)
    return {name: Rect(round(x), round(y), round(x + a) - round(x), round(y + b) - round(y)) for name, (x, y, a, b) in out.items()}


Box = tuple[float, float, float, float]


def _landscape(w: float, h: float, label: bool, asking: bool, buttons: bool) -> dict[str, Box]:
    """Left the reading, under it what has happened; right the clock, what to do, and how to stop."""
    out: dict[str, Box] = {}
    u = min(w / LANDSCAPE[0], h / LANDSCAPE[1])
    top, gap, edge = _label(out, w, 40 * u, label), 20 * u, 28 * u
    out["head"] = (edge, top + 10 * u, w - 2 * edge, 56 * u)
    top += 66 * u + gap
    bottom = h - edge
    right_w = 0.27 * w
    left_w = w - 2 * edge - right_w - 2 * gap
    below = 0.28 * (bottom - top)
    _reading(out, (edge, top, left_w, bottom - top - below - gap), 0.28, gap, 0.25)
    _lower(out, (edge, bottom - below, left_w, below), gap, asking)
    x = w - edge - right_w
    if buttons:
        high = 0.13 * (bottom - top)
        out["symptom"] = (x, bottom - high, right_w, high)
        out["stop"] = (x, bottom - 2.25 * high - gap * 0.6, right_w, 1.25 * high)
        bottom = out["stop"][1] - gap
    ring = min(1.15 * right_w, 0.62 * (bottom - top))
    out["clock"] = (x, top, right_w, ring)
    out["prompt"] = (x, top + ring + gap, right_w, bottom - top - ring - gap)
    return out


def _portrait(w: float, h: float, label: bool, asking: bool, buttons: bool) -> dict[str, Box]:
    """From the top down: the reading, the clock with what to do, what has happened, and how to stop."""
    out: dict[str, Box] = {}
    u = min(w / PORTRAIT[0], h / PORTRAIT[1])
    top, gap, edge = _label(out, w, 40 * u, label), 20 * u, 28 * u
    out["head"] = (edge, top + 10 * u, w - 2 * edge, 84 * u)
    top += 94 * u + gap
    bottom, full = h - edge, w - 2 * edge
    if buttons:
        high = 0.095 * (bottom - top)
        stop_w = 0.58 * (full - gap)
        out["stop"] = (edge, bottom - high, stop_w, high)
        out["symptom"] = (edge + stop_w + gap, bottom - high, full - gap - stop_w, high)
        bottom -= high + gap
    tall = bottom - top - 2 * gap
    _reading(out, (edge, top, full, 0.46 * tall), 0.30, gap, 0.27)
    y = top + 0.46 * tall + gap
    ring = min(0.40 * full, 0.25 * tall)
    out["clock"] = (edge, y, 0.42 * full, 0.25 * tall)
    out["prompt"] = (edge + 0.42 * full + gap, y, 0.58 * full - gap, max(ring, 0.25 * tall))
    y += 0.25 * tall + gap
    _lower(out, (edge, y, full, bottom - y), gap, asking)
    return out


def _label(out: dict[str, Box], w: float, high: float, label: bool) -> float:
    if label:
        out["label"] = (0.0, 0.0, w, high)
    return high if label else 0.0


def _reading(out: dict[str, Box], box: Box, bar: float, gap: float, word: float) -> None:
    x, y, w, h = box
    out["bar"] = (x, y, bar * w, h)
    out["number"] = (x + bar * w + gap, y, w - bar * w - gap, (1 - word) * h - gap * 0.6)
    out["word"] = (x + bar * w + gap, y + (1 - word) * h, w - bar * w - gap, word * h)


def _lower(out: dict[str, Box], box: Box, gap: float, asking: bool) -> None:
    x, y, w, h = box
    if asking:  # the question is all that matters now; the gauge above still warns
        out["question"] = box
        return
    out["trace"] = (x, y, w, 0.58 * h)
    out["said"] = (x, y + 0.58 * h + gap * 0.3, w, 0.42 * h - gap * 0.3)
