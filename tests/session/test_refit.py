"""Ratings in the session against what the calibration expects: when it is fitted anew, and that it only ever lowers the line."""

from __future__ import annotations

from dataclasses import asdict

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sixten.ball.messages import Mark
from sixten.pain.ceiling import Ceiling, fit_ceiling
from sixten.pain.model import POPULATION, Rating
from sixten.pressure.readings import Reading
from sixten.session import limits as L
from sixten.session.guard import Status
from sixten.session.refit import Basis, expected_score, refit_kpa, session_rating
from sixten.session.rules import Notice, Plan, State, start, step

RAMPS = [Rating(32 + 2.6 * s, s, "ramp", 2.5, 0.0, t) for t, top in enumerate((6, 5, 5)) for s in range(1, top + 1)]
HOLDS = [Rating(kpa, s, "hold", 0.0, held, t) for t, kpa, s in ((3, 24.0, 0), (4, 32.0, 1), (5, 36.0, 3)) for held in (5.0, 10.0)]
BASIS = Basis(tuple(RAMPS + HOLDS), POPULATION)
_fit = fit_ceiling(BASIS.ratings)
assert isinstance(_fit, Ceiling)
CEILING = _fit.kpa
PLAN = Plan(CEILING, basis=BASIS)


def lie(state: State, kpa: float, seconds: float) -> State:
    """Hold ``kpa`` for a while, a reading every 10 ms."""
    for _ in range(round(seconds * 100)):
        state, _ = step(state, Reading(state.t_us + 10_000, kpa, kpa, 0.0, "ok", "kPa", True, 0))
    return state


def rate(state: State, score: int) -> tuple[State, Notice]:
    state, notices = step(state, Mark(state.t_us, "rate", score))
    return state, notices[-1]


@pytest.fixture(scope="module")
def on() -> State:
    """Twenty seconds at 30 kPa, where the calibration expects next to no pain."""
    return lie(start(PLAN)._replace(guard=Status(0, True)), 30.0, 20)


def test_the_calibration_expects_what_it_was_taught() -> None:
    assert expected_score(BASIS, 24.0, 10.0) < 0.5
    assert expected_score(BASIS, 36.0, 10.0) == pytest.approx(3, abs=1.0)  # the ramps say more, the holds 3
    assert expected_score(BASIS, 45.0, 10.0) > 6


def test_an_expected_rating_changes_nothing(on: State) -> None:
    state, notice = rate(on, 1)
    assert state.ceiling_kpa == CEILING
    assert notice.values["lowered"] == 0
    assert state.rated == (session_rating(BASIS, 30.0, 1, 20.0, 0)._replace(held_s=state.rated[0].held_s),)  # but it is remembered


def test_a_surprising_rating_fits_anew_and_again_with_the_next(on: State) -> None:
    """Four of ten again and again where next to nothing was expected; each time the line is the lower of its old self and the new fit."""
    state, ceilings = on, [CEILING]
    for _ in range(4):
        before = state.ceiling_kpa
        state, notice = rate(lie(state, 30.0, 5), 4)
        fitted = refit_kpa(BASIS, state.rated, PLAN.max_s)
        assert before is not None and fitted is not None
        assert state.ceiling_kpa == min(before, fitted)
        assert notice.values["lowered"] == int(state.ceiling_kpa < before)
        ceilings.append(state.ceiling_kpa)
    assert ceilings[-1] < 0.97 * CEILING
    assert ceilings == sorted(ceilings, reverse=True)


def test_surprise_begins_at_one_and_a_half(on: State, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = expected_score(BASIS, 30.0, 20.0)
    fits = []
    monkeypatch.setattr("sixten.session.ratings.refit_kpa", lambda *a: fits.append(a))
    for score in range(L.RATING_TOO_MUCH):
        before = len(fits)
        rate(on, score)
        assert (len(fits) > before) == (score - expected >= L.SURPRISE)


def test_seven_takes_the_lowest_of_the_line_the_fit_and_nine_tenths(on: State) -> None:
    state, _ = rate(on, 7)
    fitted = refit_kpa(BASIS, state.rated, PLAN.max_s)
    assert fitted is not None
    assert state.ceiling_kpa == min(CEILING, fitted, 0.9 * 30.0)
    near = lie(start(PLAN)._replace(guard=Status(0, True)), 40.0, 3)
    state, _ = rate(near, 10)
    fitted = refit_kpa(BASIS, state.rated, PLAN.max_s)
    assert fitted is not None
    assert state.ceiling_kpa == pytest.approx(min(CEILING, fitted, 36.0))


def test_without_load_or_without_a_calibration_nothing_is_fitted(on: State) -> None:
    off, _ = rate(lie(on, 0.5, 2), 5)
    assert (off.ceiling_kpa, off.rated) == (CEILING, ())
    plain = lie(start(Plan(CEILING))._replace(guard=Status(0, True)), 30.0, 5)
    assert rate(plain, 5)[0].ceiling_kpa == CEILING


def test_a_new_window_keeps_what_was_rated_and_lies_elsewhere(on: State) -> None:
    state, _ = rate(on, 4)
    state, _ = step(state, Mark(state.t_us, "start"))
    state, _ = rate(lie(state, 30.0, 5), 4)
    first, second = state.rated
    assert second.trial == first.trial + 1 > max(r.trial for r in BASIS.ratings)


def test_the_ratings_kept_are_bounded(on: State) -> None:
    state = on
    for _ in range(L.RATED_MAX + 5):
        state, _ = rate(state, 0)
    assert len(state.rated) == L.RATED_MAX


def test_the_plan_survives_the_header_of_a_recording() -> None:
    again = msgspec.convert(msgspec.json.decode(msgspec.json.encode(asdict(PLAN))), Plan)
    assert again == PLAN
    assert msgspec.convert({"ceiling_kpa": 40.0, "min_s": 30, "max_s": 60}, Plan).basis is None  # as older recordings have it


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.floats(0.0, 60.0), st.integers(0, 10)), max_size=5))
def test_whatever_is_rated_the_line_never_rises(story: list[tuple[float, int]]) -> None:
    state = start(PLAN)._replace(guard=Status(0, True))
    for kpa, score in story:
        before = state.ceiling_kpa
        state, _ = rate(lie(state, kpa, 1.5), score)
        assert state.ceiling_kpa is not None and before is not None
        assert L.OFF_KPA <= state.ceiling_kpa <= before
