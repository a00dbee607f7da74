from itertools import pairwise
from math import isnan

import pytest

from sixten.ball.messages import DeviceEvent
from sixten.ball.virtual import SCENARIOS, VirtualSource
from sixten.pressure.readings import Reading
from sixten.session.rules import Notice, Plan
from sixten.session.run import Run, pump

CEILING = 40.0


def codes(scenario: str) -> list[str]:
    out: list[str] = []
    run = Run(Plan(CEILING))
    ball = VirtualSource(scenario, CEILING)
    pump(ball, None, run, lambda o: out.append(o.code) if isinstance(o, Notice) else None, ball.ask)
    return out


# Who lies still for ten seconds after getting on is told to move: everybody but `steady` and `unplugged`.
STORIES = {
    "steady": ["guard_on", "off", "settle", "work", "may_stop", "done", "off"],
    "overshoot": ["guard_on", "off", "settle", "work", "keep_moving", "rising", "over", "ease_off", "work", "may_stop", "done", "off"],
    "falls-off": ["guard_on", "off", "settle", "work", "keep_moving", "off", "ended"],
    "unplugged": ["guard_on", "off", "settle", "work", "stale", "lost", "back", "guard_on", "work", "stale", "lost", "ended"],
    "saturates": ["guard_on", "off", "settle", "work", "keep_moving", "over", "ease_off", "ended", "off"],
    "warm": ["guard_on", "off", "settle", "work", "may_stop", "done", "off"],
    "leaks": ["guard_on", "off", "settle", "work", "may_stop", "done", "off"],
}


@pytest.mark.parametrize("scenario", sorted(STORIES))
def test_a_scenario_tells_its_story(scenario: str) -> None:
    assert codes(scenario) == STORIES[scenario]


def test_restless_is_told_to_slow_down() -> None:
    said = codes("restless")
    assert said.count("slower") >= 3
    assert "over" not in said
    assert "keep_moving" not in said
    assert set(SCENARIOS) == {*STORIES, "restless"}


def test_slower_is_said_for_a_fast_rise_and_for_a_fast_cycle_but_not_twice_in_five_seconds() -> None:
    run, found = Run(Plan(CEILING)), []
    ball = VirtualSource("restless", CEILING)
    pump(ball, None, run, lambda o: found.append(o) if isinstance(o, Notice) and o.code == "slower" else None, ball.ask)
    assert {name for n in found for name in n.values} == {"rate_kpa_s", "cycle_s"}
    assert all(n.values["cycle_s"] == pytest.approx(1.1, rel=0.1) for n in found if "cycle_s" in n.values)
    assert all(b.t_us - a.t_us >= 5_000_000 for a, b in pairwise(found))


def test_over_follows_the_crossing_within_the_filter() -> None:
    """overshoot rises 0.16 of the ceiling a second from 24 s: it crosses at 25.25 s."""
    run, found = Run(Plan(CEILING)), []
    pump(VirtualSource("overshoot", CEILING), None, run, lambda o: found.append(o) if isinstance(o, Notice) and o.code == "over" else None)
    assert 0 <= found[0].t_us / 1e6 - 25.25 < 0.04


def test_a_stopped_run_shows_no_number() -> None:
    """Whatever is not trusted has no number, so no face can show one."""
    run, bad = Run(Plan(CEILING)), []

    def see(o: object) -> None:
        if isinstance(o, Reading) and o.quality not in ("ok", "saturated") and not isnan(o.gauge_kpa):
            bad.append(o)

    pump(VirtualSource("unplugged", CEILING), None, run, see)
    assert bad == []


def test_the_boards_button_stops_and_rates() -> None:
    for detail, codes in (("stop", ["stop", "ended"]), ("double", ["rating"]), ("press", [])):
        run = Run(Plan(CEILING))
        assert [o.code for o in run.feed(DeviceEvent(1_000_000, "button", detail)) if isinstance(o, Notice)] == codes
