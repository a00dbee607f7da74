"""Codes and numbers to sentences: the one catalogue for every face."""

from __future__ import annotations

from collections.abc import Mapping

# One sentence a code, as it is said to the person on the ball. Fields in braces come from the notice's values.
NOTICES: dict[str, str] = {
    "off": "No load on the ball.",
    "settle": "Settling in; let a little more weight come.",
    "work": "Good. Stay here and move slowly.",
    "near": "Near your line.",
    "rising": "Careful, rising towards your line.",
    "over": "Over your line: ease off now.",
    "ease_off": "Ease off. Take weight on your hand and foot.",
    "slower": "Slower.",
    "keep_moving": "Keep moving, gently.",
    "may_stop": "{window_s:.0f} seconds: you may stop.",
    "done": "Done, come off slowly.",
    "stale": "No signal; the clock stands still.",
    "lost": "The ball is lost; come off and look at the cable.",
    "back": "The ball is back.",
    "rating": "{score} of 10 noted.",
    "symptom": "Stop. Come off the ball. Numbness, tingling or shooting pain: rest today; if it stays, see a doctor.",
    "stop": "Stopped. Come off the ball.",
    "zero_needed": "Take all weight off the ball for five seconds, so that it finds its zero.",
    "guard_on": "The ball's own alarm is on.",
    "guard_off": "The ball's own alarm is off.",
    "recording_lost": "Recording has stopped ({reason}); the warnings go on.",
}

ENDINGS: dict[str, str] = {
    "over": "Too long over your line: come off the ball.",
    "off": "Window ended: you were off the ball for a while.",
    "load": "Window ended: that was enough load for one go.",
    "stop": "Window ended.",
    "symptom": "Window ended.",
    "interrupted": "Session interrupted: no signal for ten seconds. What was recorded is kept.",
}

# What the big word says. Empty = no ceiling, so no band.
BANDS: dict[str, str] = {"": "", "off": "OFF", "settle": "SETTLE", "work": "WORK", "near": "NEAR", "over": "OVER"}

COME_OFF, FINISHED, NO_SIGNAL = "COME OFF", "FINISHED", "NO SIGNAL"


def headline(band: str, ended: bool, stale: bool) -> str:
    """The one big word for where things stand."""
    if stale:
        return NO_SIGNAL
    if ended and band != "over":
        return FINISHED if band in ("", "off") else COME_OFF
    return BANDS[band]


CONNECTION: dict[str, str] = {
    "looking": "looking for a ball",
    "opening": "opening the port",
    "starting": "starting",
    "live": "live",
    "lost": "lost, trying to reconnect",
}

SENSOR_CHANGED = "another sensor than before: is this the same ball? (sixten doctor)"
NO_CEILING = "NO CEILING: gauge only, no window. Give one with --ceiling-kpa."
NOT_MEDICAL = "sixten is a wellness tool, not a medical device and not for treating patients. Stay within your own comfort limit."


def say(code: str, values: Mapping[str, float | int | str | None]) -> str:
    """The sentence for a notice. Raises KeyError for a code without words, which a test makes impossible."""
    if code == "ended":
        return ENDINGS[str(values["reason"])]
    if code == "rating" and values.get("lowered"):
        return f"{values['score']} of 10 noted; your line is now {values['ceiling_kpa']:.1f}."
    return NOTICES[code].format(**values)
