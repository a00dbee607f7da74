"""What is said in a calibration, for every face. Nothing said before its end names a pressure."""

from __future__ import annotations

from collections.abc import Mapping

from sixten.language import fill, tr
from sixten.words import NOTICES, ZEROS

# One sentence a code. Fields in braces come from the notice's values.
PROMPTS: dict[str, str] = {
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
    "history": "Fewer ramps were enough, because of your earlier calibrations.",
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

# The screen's own words.
TITLE = "calibration, {who}"
HELP = (
    "↑ or + one more · ↓ or - one less · 0-9 t rate · space stop · s symptom · m ball moved · y untouched · n go on"
    " · u mute · [ ] volume · q quit"
)
ANY_KEY = "any key: see what came out"

# Afterwards.
SIDES: dict[str, str] = {"left": "Your line for the left side: {kpa:.1f} {unit}", "right": "Your line for the right side: {kpa:.1f} {unit}"}
NO_CEILING = "No ceiling. {reason}"
LIKELY = (
    "6 of 10 within {hold_s:.0f} s is most likely reached at {median:.1f}, and in 9 of 10 cases between {low:.1f} and {high:.1f} {unit}"
)
# Printed by tests/bench/ceiling_loop.py for a first calibration of 2000 simulated people: 4.6 % (3.8 to 5.7) had a line above the truth,
# and 3.0 of 10 (2.9 to 3.1) is the median of the worst of 60 s at it. Rounded to the careful side.
MEANING = (
    "In simulations, 60 s at such a line stayed under 6 for 94 of 100 people, and half of them felt 3 of 10 or more at it."
    " Nobody has been measured on a physical ball. Stay below it, and come off sooner if you want to."
)
EFFORT: dict[str, str] = {
    "self": "Ramps: {ramps}, holds: {holds}, {loaded_s:.0f} s of load, rated by you.",
    "partner": "Ramps: {ramps}, holds: {holds}, {loaded_s:.0f} s of load, rated by a partner.",
}
RATING = "rating"  # the height of the picture
LEGEND = "o rated in a ramp, x in a hold, ─ the curve, ░ where it may lie, ┃ your line"
HURTS: dict[str, str] = {
    "left": "Does your left hip hurt on most days? y yes, n no, Enter if not sure:",
    "right": "Does your right hip hurt on most days? y yes, n no, Enter if not sure:",
}
NOT_FINISHED = "not finished; no line was stored."
REST_TODAY = "Something was felt that a ball must not do: rest today."


def say(code: str, values: Mapping[str, float | int | str | None]) -> str:
    """The sentence for a prompt; empty for a cue and a score, which are shown, not said in a sentence. KeyError for an unknown code."""
    if code in ("cue", "score"):
        return ""
    if code == "zero_needed":
        return fill(ZEROS[str(values["reason"])], values)
    if code == "again":
        return tr(AGAIN[str(values["why"])])
    if code == "start_over":
        return tr(START_OVER[str(values["why"])])
    return fill(PROMPTS[code], values)
