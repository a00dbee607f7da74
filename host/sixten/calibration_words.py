"""What is said in a calibration, for every face. Nothing said before its end names a pressure."""

from __future__ import annotations

from collections.abc import Mapping

from sixten.words import NOTICES, ZEROS

# One sentence a code. Fields in braces come from the notice's values.
PROMPTS: dict[str, str] = {
    "zero_needed": ZEROS["none"],
    "practice": "Practice: shift your weight on slowly, and press once each time it hurts one more. It ends at 3.",
    "ramp": "A ramp: shift your weight on slowly, and press once each time it hurts one more.",
    "ramp_on": "A ramp: get on to where nothing hurts yet, then slowly more. Press once each time it hurts one more.",
    "fourth_ramp": "The ramps differ, so one more, slowly. Press once each time it hurts one more.",
    "differs": "Today differs from your earlier days, so it takes the usual three ramps.",
    "hold": "A hold: shift your weight on until it says good, and stay there.",
    "stay_now": "Stay like this.",
    "move_now": "Stay on, and move your hip slowly as in the window.",
    "rate_now": "How much now? Press as often as it hurts; if not at all, press less.",
    "come_off": "Come off: weight on hand and foot. The ball stays where it is.",
    "rest": "Rest for {rest_s:.0f} seconds, and press less until the number is what you feel.",
    "bring_down": "Press less until the number is what you feel now; it goes on when that is near where you began.",
    "too_far": "Too far: come off now.",
    "no_signal": "No signal: come off the ball, and look at the cable.",
    "back": NOTICES["back"],
    "stop": NOTICES["stop"],
    "stopped_goes_on": "To go on press n; to end press stop again.",
    "symptom": NOTICES["symptom"],
    "recording_lost": "Recording has stopped ({reason}); the calibration goes on.",
    "stopped": "Calibration ended; nothing was stored.",
    "calibrated": "Done. Take your time getting up.",
    "refused": "No ceiling this time. {reasons}",
}

AGAIN: dict[str, str] = {
    "fast": "That one was too fast to count; once more, slower.",
    "slow": "That one was too slow to count; once more, a little faster.",
    "short": "That one ended too early to count; once more, as far as you like to go.",
}

START_OVER: dict[str, str] = {
    "moved": "The ball lies elsewhere now, so the ramps begin again.",
    "away": "You were off the ball for more than a minute, so it lies elsewhere now and the ramps begin again.",
    "long": "More than ten minutes have passed, so the ramps begin again.",
    "zero": "The ball needs its zero again, and the ramps begin again.",
}

CUES: dict[str, str] = {"": "", "slower": "SLOWER", "good": "GOOD", "faster": "FASTER", "more": "MORE", "less": "LESS"}

SHORT: dict[str, str] = {
    "": "",
    "history": "One ramp was enough, because of your earlier calibrations.",
    "known": "Fewer holds were enough, because your ratings agree so well.",
    "load": "There were fewer holds than usual, so that the time under load stayed short.",
}

LIMITED_BY: dict[str, str] = {
    "posterior": "",
    "highest felt": "It is the highest pressure that you have felt today; nobody knows what lies beyond.",
    "device": "It is the ball's own limit.",
}

OWN_RATING = (
    "You can still do a window by your own rating, with NO CEILING: a rating every ten seconds, and only the ball's own limit warns."
)


def say(code: str, values: Mapping[str, float | int | str | None]) -> str:
    """The sentence for a prompt; empty for a cue and a score, which are shown, not said in a sentence. KeyError for an unknown code."""
    if code in ("cue", "score"):
        return ""
    if code == "again":
        return AGAIN[str(values["why"])]
    if code == "start_over":
        return START_OVER[str(values["why"])]
    return PROMPTS[code].format(**values)
