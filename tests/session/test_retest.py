"""Before and after: what is asked, how it is timed, and what may be called a change."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sixten.ball.messages import Mark
from sixten.session import limits as L
from sixten.session import retest as R
from sixten.session.plan import CLOSED
from sixten.session.retest import Balance, Exam, Look
from sixten.session.values import Notice


class Lab:
    def __init__(self, like: Look | None = None) -> None:
        self.exam, self.notices = R.start("left", 0, like)
        self.t_us = 0

    def press(self, kind: str, value: int | None = None) -> Lab:
        self.exam, said = R.step(self.exam, Mark(self.t_us, kind, value))
        self.notices += said
        return self

    def wait(self, seconds: float) -> Lab:
        for _ in range(round(seconds * 20)):
            self.t_us += 50_000
            self.exam, said = R.step(self.exam, self.t_us)
            self.notices += said
        return self

    def stand(self, seconds: float) -> Lab:
        self.press("go").wait(L.BALANCE_COUNT_S + 0.05)
        begun = next(n.t_us for n in reversed(self.notices) if n.code == "stand")
        self.t_us = max(self.t_us, begun + round(seconds * 1e6))
        return self.press("down")

    @property
    def codes(self) -> list[str]:
        return [n.code for n in self.notices]

    @property
    def last(self) -> Notice:
        return self.notices[-1]


def rated(pain: int = 4, moving: int = 5, like: Look | None = None) -> Lab:
    return Lab(like).press("rate", pain).press("go").press("rate", moving).press("go")


def test_pain_is_asked_for_now_and_on_the_movement_then_the_balance() -> None:
    lab = rated()
    assert (lab.exam.look.pain, lab.exam.look.moving, lab.exam.at) == (4, 5, R.STAND)
    assert lab.last.values == {"leg": "left", "eyes": "open", "try": 1}


def test_one_control_is_enough_and_nothing_is_taken_that_was_not_pressed() -> None:
    lab = Lab().press("go")
    assert lab.last.code == "not_now"
    lab.press("press").press("press").press("less").press("go")
    assert lab.exam.look.pain == 1
    assert Lab().press("less").press("go").exam.look.pain == 0


def test_the_count_goes_in_then_aloud_and_touch_down_is_timed_by_the_key() -> None:
    lab = rated().press("go").wait(L.BALANCE_COUNT_S + 12.05)
    assert [n.values["left"] for n in lab.notices if n.code == "count"] == [3, 2, 1]
    assert [n.values["s"] for n in lab.notices if n.code == "aloud"] == [5.0, 10.0]
    lab.press("press")
    assert lab.exam.tries_s == (pytest.approx(12.0, abs=0.1),)


def test_the_best_of_three_counts() -> None:
    lab = rated().stand(8).stand(12).stand(11)
    assert lab.exam.at == R.DONE
    assert lab.exam.look.balance is not None
    assert lab.exam.look.balance.best_s == pytest.approx(12, abs=0.1)
    assert lab.exam.look.balance.spread_s == pytest.approx(4, abs=0.1)


def test_it_stops_at_the_cap_and_then_offers_closed_eyes() -> None:
    lab = rated().press("go").wait(50)
    assert lab.exam.tries_s == (L.BALANCE_CAP_S,)
    assert (lab.last.code, lab.last.values["what"]) == ("ask", "closed")
    open_eyes = lab.exam.look.balance
    assert R.step(lab.exam, Mark(lab.t_us, "no", CLOSED))[0].look.balance == open_eyes
    closed = lab.press("yes", CLOSED).stand(9).press("skip")
    assert closed.exam.at == R.DONE
    assert closed.exam.look.balance is not None
    assert (closed.exam.look.balance.eyes, closed.exam.look.balance.best_s) == ("closed", pytest.approx(9, abs=0.1))


def test_closed_eyes_offered_and_then_skipped_keep_the_open_ones() -> None:
    lab = rated().press("go").wait(50).press("yes", CLOSED).press("skip")
    assert lab.exam.at == R.DONE
    assert lab.exam.look.balance == Balance("left", "open", (45.0,))


def test_the_seconds_can_be_typed() -> None:
    lab = rated().press("type").press("rate", 3).press("rate", 2).press("go").press("skip")
    assert lab.exam.look.balance == Balance("left", "open", (32.0,))
    lab = rated().press("type").press("rate", 4).press("rate", 9)
    assert lab.last.code == "not_now"  # 49 is beyond the cap
    assert lab.press("less").press("go").last.code == "not_now"


def test_everything_can_be_skipped() -> None:
    lab = Lab().press("skip").press("skip").press("skip")
    assert (lab.exam.at, lab.exam.look) == (R.DONE, Look())
    assert [n.values.get("score", n.values.get("best_s")) for n in lab.notices if n.code == "noted"] == [None] * 3


def test_afterwards_the_same_is_asked_and_nothing_else() -> None:
    like = Look(None, 5, Balance("left", "closed", (9.0,)))
    lab = Lab(like)
    assert lab.last.values == {"what": "moving", "when": "after"}
    lab.press("rate", 2).press("go")
    assert lab.last.values["eyes"] == "closed"
    lab.press("go").wait(60)
    assert lab.exam.at == R.DONE  # closed eyes are not offered
    assert Lab(Look(3)).press("rate", 3).press("go").exam.at == R.DONE


def test_a_try_can_be_taken_back_and_what_makes_no_sense_is_said() -> None:
    lab = rated().press("go").press("skip")
    assert (lab.exam.at, lab.exam.tries_s) == (R.STAND, ())
    assert lab.press("yes", CLOSED).last.code == "not_now"
    assert lab.press("down").last.code == "not_now"


marks = st.tuples(
    st.sampled_from(["go", "press", "skip", "rate", "more", "less", "down", "type", "yes", "no", "finish", "wait"]), st.integers(0, 10)
)


@given(st.lists(marks, max_size=40))
def test_whatever_is_pressed_it_ends_or_waits_and_says_so(story: list[tuple[str, int]]) -> None:
    lab = Lab()
    for kind, value in story:
        before, n = lab.exam, len(lab.notices)
        if kind == "wait":
            lab.wait(value)
            continue
        lab.press(kind, CLOSED if kind in ("yes", "no") else value if kind == "rate" else None)
        assert lab.exam.at != before.at or len(lab.notices) > n or lab.exam.at == R.COUNT_IN
        if lab.exam.at == R.DONE:
            break
    assert len(lab.exam.tries_s) <= L.BALANCE_TRIES
    assert all(0 <= s <= L.BALANCE_CAP_S for s in lab.exam.tries_s)
    assert isinstance(lab.exam, Exam)


# --- what counts as change ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (6, 4, "less"), (6, 5, "noise"), (6, 6, "noise"), (3, 2, "less"), (4, 3, "noise"), (4, 6, "more"), (0, 0, "noise"),
        (0, 1, "noise"), (0, 2, "more"), (1, 0, "less"), (5, None, "not_retested"),
    ],
)  # fmt: skip
def test_pain_has_changed_by_two_points_or_by_a_third(before: int, after: int | None, change: str) -> None:
    assert R.pain_change(before, after) == change


def balance(*tries: float, eyes: str = "open") -> Balance:
    return Balance("left", eyes, tries)


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (balance(20.0), balance(31.0), "more"),
        (balance(20.0), balance(29.0), "noise"),
        (balance(31.0), balance(20.0), "less"),
        (balance(20.0, 8.0), balance(31.0), "noise"),  # own tries differ by 12
        (balance(20.0), balance(31.0, 18.0), "noise"),
        (balance(8.0, eyes="closed"), balance(13.5, eyes="closed"), "more"),
        (balance(8.0, eyes="closed"), balance(12.5, eyes="closed"), "noise"),
        (balance(45.0), balance(45.0), "at_cap"),
        (balance(45.0), balance(30.0), "less"),
        (balance(33.0), balance(45.0), "more"),
        (balance(45.0), balance(45.0, eyes="closed"), "not_retested"),
        (balance(45.0), None, "not_retested"),
    ],
)
def test_balance_has_changed_beyond_noise_and_beyond_ones_own_spread(before: Balance, after: Balance | None, change: str) -> None:
    assert R.balance_change(before, after) == change


def test_verdicts_name_only_what_was_looked_at_before() -> None:
    found = R.verdicts(Look(5, None, balance(20.0)), Look(3, 4, None))
    assert [(v.what, v.change, v.before, v.after) for v in found] == [("pain", "less", 5, 3), ("balance", "not_retested", 20.0, None)]
    assert R.verdicts(Look(), Look(3)) == ()
