"""A visit driven by hand, for tests: in any phase, by readings and presses."""

from __future__ import annotations

from collections.abc import Callable
from math import nan

from sixten.ball.messages import Mark
from sixten.pain.ceiling import Ceiling
from sixten.pain.model import POPULATION, Rating
from sixten.pain.procedure import Outcome
from sixten.pressure.readings import Reading
from sixten.session import limits as L
from sixten.session import visit as V
from sixten.session.guard import Status
from sixten.session.plan import CHANGED, OWN, SCREENING, WORSE, SidePlan, VisitPlan
from sixten.session.values import Notice

DT_US = 40_000
CEILING = 40.0
WORK = 0.8 * CEILING
TODAY = VisitPlan("left", left=SidePlan(ceiling_kpa=CEILING), right=SidePlan(ceiling_kpa=CEILING), screened=True, visited=True)
FIRST = VisitPlan("left")
SKIPS = [("skip", None)] * 3


def outcome(kpa: float | None, ended: str = "calibrated", own: bool = False) -> Outcome:
    ratings = tuple(Rating(k, s, "ramp", 2.5, 0.0, 1) for k, s in ((20.0, 2), (30.0, 5)))
    line = None if kpa is None else Ceiling(kpa, kpa, (kpa, kpa), kpa, "posterior", 60.0, (1.0,), (1.0,), 6)
    return Outcome(ended, line, () if kpa else ("It did not work.",), ratings, 3, 2, 60.0, "", own, POPULATION)


class Lab:
    def __init__(self, plan: VisitPlan = TODAY) -> None:
        self.state, self.notices = V.start(plan)
        self.t_us = 0
        self.zeroed = True
        self.give(Status(0, True))

    def give(self, happened: V.Input) -> Lab:
        self.state, said = V.step(self.state, happened)
        self.notices += said
        return self

    def feel(self, kpa: float, seconds: float, quality: str = "ok") -> Lab:
        for _ in range(max(1, round(seconds * 1e6 / DT_US))):
            self.t_us += DT_US
            value = kpa if quality in ("ok", "saturated") else nan
            self.give(Reading(self.t_us, value, value, 0.0, quality, "rel.", self.zeroed, 0))
        return self

    def press(self, kind: str, value: int | None = None) -> Lab:
        return self.give(Mark(self.t_us, kind, value))

    def do(self, *steps: tuple[str, int | None]) -> Lab:
        for kind, value in steps:
            self.press(kind, value)
        return self

    def calibrated(self, found: Outcome) -> Lab:
        """The calibration comes to this; what it does on the way is tested with it."""
        assert self.state.phase == V.CALIBRATE
        now = self.state.calibration
        assert now is not None
        self.state = self.state._replace(calibration=now._replace(outcome=found))
        return self.feel(0.0, 0.04)

    @property
    def codes(self) -> list[str]:
        return [n.code for n in self.notices]

    def last(self, code: str) -> Notice:
        return next(n for n in reversed(self.notices) if n.code == code)


def placed(plan: VisitPlan = TODAY, before: list[tuple[str, int | None]] = SKIPS) -> Lab:
    lab = Lab(plan).feel(0.0, 1)
    if plan.visited:
        lab.press("no", WORSE)
    if plan.screened:
        lab.press("no", CHANGED)
    else:
        lab.do(*(("no", i) for i in range(len(SCREENING))))
    lab.do(*before)
    if lab.state.phase == V.ASK_HURTS:
        lab.press("skip")
    return lab.feel(0.0, 0.1)


def in_window(plan: VisitPlan = TODAY, before: list[tuple[str, int | None]] = SKIPS) -> Lab:
    return placed(plan, before).press("go").feel(WORK, L.STEADY_S + L.STARTING_SAID_S + L.COUNT_S + 1)


def _no_zero() -> Lab:
    lab = Lab()
    lab.zeroed = False
    return lab.do(("no", WORSE), ("no", CHANGED), *SKIPS).feel(0.0, 0.1)


# A visit in every phase, and in every phase of the calibration that asks for load.
EVERYWHERE: dict[str, Callable[[], Lab]] = {
    "side": lambda: Lab(VisitPlan()), "morning": Lab, "news": lambda: Lab().press("no", WORSE), "screen": lambda: Lab(FIRST),
    "before": lambda: Lab().do(("no", WORSE), ("no", CHANGED)),
    "standing": lambda: Lab().do(("no", WORSE), ("no", CHANGED), *SKIPS[:2], ("go", None)).feel(0.0, 4),
    "hurts": lambda: Lab(FIRST).do(*(("no", i) for i in range(len(SCREENING))), *SKIPS),
    "zero": _no_zero, "place": placed, "calibrate": lambda: placed(FIRST).press("go"),
    "ramp": lambda: placed(FIRST).press("go").feel(0.0, 0.1).feel(20.0, 1),
    "line": lambda: placed(FIRST).press("go").calibrated(outcome(33.0)), "own": lambda: placed(FIRST).press("skip"),
    "get on": lambda: placed().press("go"), "window": in_window, "over": lambda: in_window().feel(1.1 * CEILING, 1),
    "stale": lambda: in_window().feel(0, 1, "stale"), "come off": lambda: in_window().press("stop"),
    "next": lambda: in_window().press("stop").feel(0.0, 2),
    "own window": lambda: placed(FIRST).press("skip").press("yes", OWN).feel(WORK, 9),
    "after": lambda: in_window(before=[("rate", 5), ("go", None), *SKIPS[:2]]).press("stop").feel(0.0, 2),
    "paused": lambda: placed().press("stop"), "end": lambda: Lab().press("yes", WORSE),
}  # fmt: skip
