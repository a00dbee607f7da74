"""The session's page without Qt: what it looks like in which state, that nothing overlaps, and how the pacer moves."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, pairwise

import pytest

from sixten import visit_words
from sixten.pages import session as S
from sixten.pages.session import Rect, beside_clock, has_clock, headline, layout, pacer, shown, state_of, zones
from sixten.view import BLANK, View

WORK = View(
    connection="live", number="32.0", unit="kPa", share=0.64, line_share=0.8, line="line 40.0", line_kpa=40.0, band="work", word="WORK",
    window_s=12.3, clock="12.3 s of 30-60", side="LEFT HIP", prompt="Bend and stretch the hip, slowly.", beat="in", beat_share=0.5,
)  # fmt: skip
SIZES = [(480, 360), (360, 480), (640, 480), (800, 600), (1024, 768), (1280, 800), (800, 1280), (1920, 1080), (1080, 1920), (1920, 360)]
KINDS = {
    "real": WORK, "virtual": replace(WORK, label="VIRTUAL"), "asking": replace(WORK, asking=True),
    "replay": replace(WORK, label="REPLAY 3.0 of 80.0 s, x1"), "replay asking": replace(WORK, label="REPLAY 3.0 of 80.0 s", asking=True),
}  # fmt: skip


def overlap(a: Rect, b: Rect) -> bool:
    return a.x < b.x + b.w and b.x < a.x + a.w and a.y < b.y + b.h and b.y < a.y + a.h


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_parts_neither_overlap_nor_leave_the_page(kind: str, size: tuple[int, int]) -> None:
    w, h = size
    places = layout(w, h, KINDS[kind])
    for name, rect in places.items():
        assert 0 <= rect.x and rect.x + rect.w <= w and 0 <= rect.y and rect.y + rect.h <= h, name
        assert rect.w >= 40 and rect.h >= 12, (name, rect)
    for (a, one), (b, two) in combinations(places.items(), 2):
        assert not overlap(one, two), (a, b)


def test_what_is_always_there() -> None:
    for kind, view in KINDS.items():
        places = layout(1280, 800, view)
        assert {"head", "bar", "number", "word", "clock", "prompt"} <= set(places)
        assert ("label" in places) == bool(view.label)
        assert ("question" in places) == view.asking
        assert ("trace" in places) == (not view.asking)
        assert ({"stop", "symptom"} <= set(places)) == ("replay" not in kind)  # nobody lies on the ball now


def test_it_can_be_read_from_two_metres() -> None:
    """At 1280 x 800: the bar over half of the height, the number's field about half of the bar's, the word's an eighth or more."""
    places = layout(1280, 800, WORK)
    assert places["bar"].h > 400
    assert places["number"].h * 0.64 > 0.45 * places["bar"].h
    assert places["word"].h * 0.46 > places["bar"].h / 9


def test_what_is_asked_stands_in_one_place() -> None:
    asked = replace(WORK, asking=True, prompt=visit_words.PROMPT)
    assert (S.question(asked), S.prompt(asked)) == (visit_words.PROMPT, "")
    again = replace(WORK, asking=True, prompt=visit_words.PROMPT_AGAIN)
    assert (S.question(again), S.prompt(again)) == (visit_words.PROMPT_AGAIN, "")
    unasked = replace(WORK, asking=True, score="2")  # pressed without having been asked
    assert (S.question(unasked), S.prompt(unasked)) == (visit_words.PROMPT, WORK.prompt)


def test_in_an_alarm_the_last_thing_said_is_what_to_do() -> None:
    over = replace(WORK, band="over", word="OVER", prompt="", beat="", said=((1.0, "Near your line."), (2.0, "Ease off.")))
    assert S.prompt(over) == "Ease off."
    assert S.prompt(replace(over, band="near", word="NEAR")) == ""
    lost = shown(replace(over, band="", word="NO SIGNAL", said=((3.0, "The ball is lost."),)))
    assert S.prompt(lost) == "The ball is lost."
    assert S.prompt(shown(replace(over, watched=False))) == "Come off the ball."  # what was said last is of before


def test_nobody_watching_shows_no_number() -> None:
    for view in (replace(WORK, watched=False, asking=True, estimate="3"), replace(WORK, number="32.0", word="NO SIGNAL", band="")):
        seen = shown(view)
        assert (seen.number, seen.share, seen.band, seen.beat, seen.asking) == (BLANK, 0.0, "", "", False)
        assert seen.prompt == ("" if view.watched else "Come off the ball.")
        assert (seen.estimate, seen.newtons, seen.count) == ("", "", "")
        assert state_of(seen) == S.NO_SIGNAL
        assert headline(seen) == "NO SIGNAL"
    assert shown(WORK) is WORK


def test_states() -> None:
    assert state_of(WORK) == "work"
    assert state_of(replace(WORK, word="COME OFF")) == S.COME_OFF
    assert state_of(replace(WORK, word="FINISHED", band="off")) == S.FINISHED
    assert state_of(replace(WORK, band="", word="")) == S.NONE
    assert headline(View(connection="looking for a ball")) == "looking for a ball"
    assert headline(replace(WORK, band="", word="", line="no line")) == "no line"


def test_zones_lie_where_the_rules_put_them() -> None:
    found = zones(0.8)
    assert [band for band, _, _ in found] == ["settle", "work", "near", "over"]
    assert [low for _, low, _ in found] == pytest.approx([0.0, 0.48, 0.76, 0.8])
    assert all(a[2] == b[1] for a, b in pairwise(found))
    assert found[-1][2] == 1.0


def test_the_pacer_goes_there_and_back_without_a_jump() -> None:
    way = [pacer(replace(WORK, beat=beat, beat_share=i / 100)) for beat in ("in", "out") for i in range(101)]
    assert min(way) == 0.0 and max(way) == 1.0
    assert max(abs(a - b) for a, b in pairwise([*way, way[0]])) < 0.02
    assert pacer(replace(WORK, beat="in", beat_share=7.0)) == 1.0  # a beat that is late stays at the end


def test_the_clock_says_in_words_only_what_the_ring_does_not_show() -> None:
    assert beside_clock(WORK) == ""
    assert beside_clock(replace(WORK, clock="12.3 s of 30-60, you may stop")) == "you may stop"
    assert beside_clock(replace(WORK, clock="getting on")) == "getting on"
    free = View(clock="NO CEILING: gauge only, no window.")
    assert not has_clock(free)
    assert beside_clock(free) == free.clock
    own = replace(WORK, line_share=None, clock="NO CEILING, by your own rating. 12.3 s of 30-60")
    assert has_clock(own)
    assert beside_clock(own) == "NO CEILING, by your own rating."
