"""Whole visits by simulated people, with fixed seeds, as stories that can be read: tests/recordings/visits/*.txt.

`PYTHONPATH=host:tests python tests/visits.py` writes them anew; a test holds them against what is decided today.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from bench.closed_loop import calibrate
from sixten.ball.messages import Connection, Event, Mark
from sixten.ball.virtual_person import PersonSource
from sixten.pain.model import Earlier, population
from sixten.pain.person import draw, on_a_day, usual
from sixten.pain.procedure import CalibrationPlan
from sixten.pain.visitor import Story, Visitor
from sixten.session.plan import SidePlan, VisitPlan
from sixten.session.rules import Notice
from sixten.session.run import Recorder, pump
from sixten.session.visiting import VisitRun
from sixten.visit_words import say

FOLDER = Path(__file__).parent / "recordings" / "visits"
UNTOLD = {"pacer", "aloud", "score", "cue", "typed"}  # sounds and running numbers: no story
UNSAID = {"more", "less", "close"}  # presses that go with them, and the program's end


class Visit(NamedTuple):
    """about: for the first line. kind, seed: who it is. returning: five earlier calibrations, screened and visited before."""

    about: str
    kind: str
    seed: int
    story: Story = Story()
    returning: bool = False
    sensor: str = "ms5837"


VISITS = {
    "healthy": Visit("A first visit of somebody healthy.", "healthy", 4, Story(balance_s=60.0, pain=2, eased=1), sensor="fsr"),
    "hip-pain": Visit("A first visit with a painful hip.", "hip-pain", 4, Story(balance_s=12.0, pain=5)),
    "returning": Visit("The sixth visit: one ramp is enough.", "healthy", 4, Story(balance_s=60.0, pain=3), True, "lps28dfw"),
    "no-pain": Visit("Nothing hurts, so there is no line: a window by the own rating.", "no-pain", 1, Story(retests=False)),
    "coarse": Visit("Somebody who rates 0, 5 or 10.", "coarse", 7, Story(retests=False)),
    "symptom": Visit("Tingling in mid-window.", "healthy", 5, Story(retests=False, symptom_s=17.0), True),
    "unplugged": Visit("The cable comes out for six seconds.", "healthy", 6, Story(retests=False, unplugged=(12.0, 6.0)), True),
    "lost": Visit("The cable comes out and stays out for half a minute.", "healthy", 6, Story(retests=False, unplugged=(12.0, 30.0)), True),
    "falls-off": Visit("Rolls off the ball for eight seconds.", "healthy", 8, Story(retests=False, falls_off=(20.0, 8.0)), True),
    "refuses": Visit("Does not want a calibration.", "hip-pain", 9, Story(retests=False, refuses_calibration=True)),
    "both-sides": Visit("Left, then right; a returning person.", "healthy", 10, Story(both_sides=True, retests=False), True),
    "no-session": Visit("Fell lately.", "healthy", 11, Story(yes_to="fall")),
    "unrated": Visit("Answers no question in the window.", "healthy", 12, Story(retests=False, silent=True), True),
}


@cache
def history(kind: str, seed: int) -> tuple[Earlier, ...]:
    """What five earlier calibrations of this person say."""
    earlier: list[Earlier] = []
    day = 0
    while len(earlier) < 5:
        day += 1
        traits = on_a_day(usual(seed, kind), 1000 * seed + day)
        outcome = calibrate(traits, CalibrationPlan("left", day, population(traits.hurts)), day).state.outcome
        if outcome is not None and outcome.ceiling is not None:
            earlier.append(Earlier(outcome.ceiling.mean, outcome.ceiling.sd))
    return tuple(earlier)


def plan_of(visit: Visit) -> VisitPlan:
    earlier = history(visit.kind, visit.seed) if visit.returning else ()
    return VisitPlan("left", SidePlan(earlier), SidePlan(earlier), visit.seed, screened=visit.returning, visited=visit.returning)


class Played(NamedTuple):
    """run: at its end. told: marks, notices and the cable's states, in order."""

    run: VisitRun
    told: list[Event | Notice]


def play(visit: Visit, recorder: Recorder | None = None) -> Played:
    """The whole visit."""
    person = Visitor(draw(visit.seed, visit.kind), visit.seed, visit.story)
    source = PersonSource(person, visit.sensor)
    run, told = VisitRun(plan_of(visit)), []  # type: ignore[var-annotated]

    def hear(what: object) -> None:
        if isinstance(what, (Mark, Notice, Connection)):
            told.append(what)
        if isinstance(what, Notice):
            source.see(what)

    pump(source, recorder, run, hear, source.ask)
    return Played(run, told)


def transcript(visit: Visit, played: Played) -> str:
    """The story: minutes and seconds of the ball's time, what was said, and behind ``>`` what the person did."""
    lines = [f"{visit.about} ({visit.kind}, seed {visit.seed}, {visit.sensor})", "", *_lines(played.told), ""]
    s = played.run.summary()
    for side in ("left", "right"):
        if s[f"{side}_load_s"]:
            line = "no line" if s[f"{side}_ceiling_kpa"] is None else f"line {s[f'{side}_ceiling_kpa']:.1f}"
            windows, counted, load = (s[f"{side}_{what}"] for what in ("windows", "window_s", "load_s"))
            lines.append(f"{side}: {line}, {windows} window, {counted:.0f} s counted, {load:.0f} s of load")
    return "\n".join([*lines, f"ended: {s['ended']}, after {_clock(round(float(s['duration_s'] or 0) * 1e6))}", ""])


def _lines(told: Iterable[Event | Notice]) -> Iterable[str]:
    for what in told:
        if isinstance(what, Mark) and what.kind not in UNSAID:
            number = f" {what.value}" if what.kind == "rate" else ""
            yield f"{_clock(what.t_us)}       > {what.kind}{number}"
        elif isinstance(what, Notice) and what.code not in UNTOLD:
            yield f"{_clock(what.t_us)}  {say(what.code, what.values)}"
        elif isinstance(what, Connection) and what.state == "lost":
            yield f"{_clock(what.t_us)}       (the cable comes out)"


def _clock(t_us: int) -> str:
    return f"{t_us // 60_000_000:2d}:{t_us // 1_000_000 % 60:02d}"


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, visit in VISITS.items():
        text = transcript(visit, play(visit))
        (FOLDER / f"{name}.txt").write_text(text, "utf-8")
        print(f"{name:<12} {text.splitlines()[-1]}")
