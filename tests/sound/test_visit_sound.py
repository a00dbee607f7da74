"""What of a visit is heard: the pacer while its clock runs, the loss of the ball where somebody lies on it and nowhere else."""

from __future__ import annotations

from sixten.pressure.readings import Reading
from sixten.session.rules import Notice
from sixten.sound.cues import Cue, Cues, facts, key_of, step
from sixten.voice_words import SPOKEN
from visit_lab import EVERYWHERE, FIRST, Lab, in_window, placed


def lost(lab: Lab) -> list[Cue]:
    """What sounds when the ball falls silent here."""
    cues, _ = step(Cues(), facts(Reading(lab.t_us, 1.0, 1.0, 0.0, "ok", "rel.", True, 0), lab.state))
    lab.feel(0, 1, "stale")
    _, play = step(cues, facts(Reading(lab.t_us, 0.0, 0.0, 0.0, "stale", "rel.", True, 0), lab.state))
    return play


def test_silence_is_an_alarm_where_somebody_lies_on_the_ball_and_only_there() -> None:
    alarm = [c for c in lost(in_window()) if c.kind == "alarm"]
    assert [c.name for c in alarm] == ["loss"]
    assert [c.name for c in lost(placed(FIRST).press("go").feel(0.0, 0.1)) if c.kind == "alarm"] == ["loss"]
    for where in ("before", "screen", "place", "next", "end", "after"):
        assert not [c for c in lost(EVERYWHERE[where]()) if c.kind == "alarm"], where


def test_the_pacer_comes_from_the_notices_and_stops_with_the_clock() -> None:
    lab = in_window()
    cues = Cues()
    heard = []
    for notice in lab.notices:
        cues, play = step(cues, notice)
        heard += play
    assert [c.name for c in heard if c.kind == "pacer"] == ["in"]
    cues, _ = step(cues, facts(Reading(lab.t_us, 32.0, 32.0, 0.0, "ok", "rel.", True, 0), lab.state))
    lab.feel(5.0, 1)
    _, play = step(cues, facts(Reading(lab.t_us, 5.0, 5.0, 0.0, "ok", "rel.", True, 0), lab.state))
    assert Cue("pacer", "", 4) in play


def test_the_seconds_on_one_leg_are_counted_aloud() -> None:
    assert key_of(Notice(0, "aloud", {"s": 15.0})) == "aloud_15"
    assert SPOKEN["aloud_15"] == "Fifteen."
