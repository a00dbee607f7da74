"""Codes and numbers to sentences: the one catalogue for every face, in English. Every text in capitals is a message for translators.

Whoever shows one goes through ``tr`` or ``fill``; `make words` collects them all.
"""

from __future__ import annotations

from collections.abc import Mapping

from sixten.language import fill, tr

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
    "guard_on": "The ball's own alarm is set to {ceiling_kpa:.1f}.",
    "recording_lost": "Recording has stopped ({reason}); the warnings go on.",
}

RATING_LOWERED = "{score} of 10 noted; your line is now {ceiling_kpa:.1f}."

# "guard_off" by its reason: without the board's own alarm no clock runs.
GUARDS: dict[str, str] = {
    "waiting": "The ball has not confirmed its own alarm yet; the clock waits for it.",
    "no_guard": "This ball's firmware has no alarm of its own, so no clock runs: sixten flash puts a newer one on it.",
    "refused": "The ball has refused to set its own alarm, so no clock runs: unplug it, plug it in again, then try sixten flash.",
    "unanswered": "The ball does not answer, so its own alarm is not set and no clock runs: unplug it and plug it in again.",
    "differs": "The ball has set its own alarm to something else, so no clock runs: unplug it, plug it in again, then try sixten flash.",
}

# "zero_needed" by its reason.
ZEROS: dict[str, str] = {
    "none": "Take all weight off the ball for five seconds, so that it finds its zero.",
    "moving": "The ball does not come to rest: take all weight off it and do not touch it for five seconds, for its zero.",
    "outside": "The ball reads as if something lay on it: take all weight off for five seconds, so that it finds its zero.",
    "loaded": "There is load on the ball: come off it first; it then takes a new zero after five seconds.",
    "differs": "At rest the ball reads {off_kpa:+.1f} against its last zero. Look that nothing touches it, then press y.",
    "offer": "With nothing on it the ball reads {off_kpa:+.1f}. Leave it alone and press z for a new zero.",
    "leak": "After the load the ball reads {off_kpa:+.1f}: it may be losing air. Look at cable and skin; press z for a new zero, once.",
    "warm": "The ball is {warmed_k:+.0f} K from where its zero was taken: drift uncertain. Come off for ten seconds and press z.",
}

# What the flat-board calibration says.
FLAT_BOARD: dict[str, str] = {
    "begin": "Scale on a hard floor, a flat board on it, the ball in the middle of the board; then switch the scale on and set it to zero. "
    "A second board goes on the ball only after its zero. Type s to skip a load, u to undo the last, q to stop; stopping keeps nothing.",
    "squeeze": "Press the ball with about 40 kg for a moment and let go; {left} more.",
    "rest": "Good. Let it lie free for {seconds:.0f} seconds.",
    "zero": "Look that nothing touches the ball, then press Enter for its zero.",
    "zeroing": "Taking the zero; do not touch the ball.",
    "boards": "Now put the second board on the ball.",
    "load": "Press until the scale shows about {kg:g} kg (on the way {direction}); hold it for {seconds:.0f} seconds.",
    "unsteady": "It does not come to rest: lean on it with straight arms, or put weights on the board.",
    "saturated": "That is more than the sensor can tell; less weight.",
    "type": "Held. Type what the scale shows, in kg (about {kg:g}).",
    "noted": "{kg:.1f} kg: {kpa:.1f} {unit}",
    "undone": "The point at {kg:.1f} kg is taken back.",
    "too_early": "Not yet: hold the load for {seconds:.0f} seconds without a change, then type.",
    "no_load_asked": "No weight is asked for now.",
    "not_above_zero": "{kg:.1f} kg is no load; type what the scale shows, or s to skip.",
    "too_heavy": "{kg:.1f} kg is more than {most} kg; type kilograms, as the scale shows them.",
    "absurd": "{kg:.1f} kg does not go with {kpa:.1f} {unit} in the ball; look at the scale again and type kilograms.",
    "same_again": "{kg:.1f} kg is the load of the point before ({last_kg:.1f} kg); change the load, or type u to take that point back.",
    "not_heavier": "{kg:.1f} kg is less than the point before ({last_kg:.1f} kg), on the way up; press harder, or type u.",
    "not_lighter": "{kg:.1f} kg is more than the point before ({last_kg:.1f} kg), on the way down; press less, or type u.",
    "against": "{kg:.1f} kg against {last_kg:.1f} kg before, but the ball went the other way, from {last_kpa:.1f} to {kpa:.1f} "
    "{unit}: measure this load again, or type u.",
    "too_few": "Without this load there would be fewer than {fewest} on the way up; press as much as you can and type that.",
    "refused": "This is no calibration. {reason} Type u to take the last point back, n to discard it all.",
    "review": "{points} points; the curve goes from {lowest:.1f} to {highest:.1f} {unit} and, made without one of them, misses it by at "
    "most {residual_n:.0f} N. The way down lies up to {hysteresis_n:.0f} N off. Keep it? y or n.",
    "cannot_keep": "There is nothing to keep yet; type u or n.",
    "discarded": "Discarded; nothing was stored.",
    "stopped": "Stopped; nothing was stored.",
    "lost": "The ball is lost; nothing was stored. Look at the cable and begin again.",
    "kept": "Stored for ball {ball}: from {lowest:.1f} to {highest:.1f} {unit} newtons are good, on a flat board. On a hip, which "
    "wraps the ball, the same pressure carries more (computed: 7 to 40 %).",
    "huh": "That was not understood here.",
    "virtual_scale": "(The virtual scale shows {kg:.1f} kg; Enter takes that.)",
    "so_far": "{now:.0f} of {of:.0f} s",
}

ENDINGS: dict[str, str] = {
    "over": "Too much for too long: come off the ball.",
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
        return tr(NO_SIGNAL)
    if ended and band != "over":
        return tr(FINISHED if band in ("", "off") else COME_OFF)
    return tr(BANDS[band])


CONNECTION: dict[str, str] = {
    "looking": "looking for a ball",
    "opening": "opening the port",
    "starting": "starting",
    "live": "live",
    "stale": "no signal",
    "lost": "lost, trying to reconnect",
    "dead": "the program has stopped reading: come off, then close it and start again",
}

SIDES: dict[str, str] = {"left": "left", "right": "right"}
SIDE_NAMED: dict[str, str] = {"left": "left side", "right": "right side"}

# What stands beside the number and the clock.
LINE, NO_LINE = "line {kpa:.1f}", "no line"
SATURATED = "MAX"
CLOCK = "{now_s:.1f} s of {min_s:.0f}-{max_s:.0f}"
RING = "of {min_s:.0f}–{max_s:.0f} s"
CLOCK_DONE, CLOCK_ENDED, CLOCK_MAY_STOP = ", done", ", window ended", ", you may stop"
WAITS_FOR_GUARD = ", waiting for the ball's own alarm"
NO_CEILING = "NO CEILING: gauge only, no window."
GIVE_ONE = "Give a line with --person and --side, or with --ceiling-kpa."
ON_FLAT_BOARD = "{newtons:.0f} N flat board"

# What is not as it should be.
NO_ZERO, DRIFT_UNCERTAIN = "no zero yet", "drift uncertain: the ball's temperature has changed"
SENSOR_CHANGED = "another sensor than before: is this the same ball? (sixten doctor)"
SENSOR_FAULT = "sensor fault: {fault}"
SAMPLES_LOST, DAMAGED_LINES = "samples lost: {n}", "damaged lines: {n}"
NOT_RECORDING = "not recording: {reason}"

# The pain that the person's own calibration lets expect at this pressure; never a measurement.
ESTIMATED = "about {score:.0f} of 10"

# What there is to know about sound.
NO_SOUND = "no sound: {reason}"
NO_SOUND_DEVICE, SOUND_HANGS = "there is no sound device", "the sound device has stopped"
ONLY_IN_REAL_TIME = "only at speed 1"
SILENT, MUTED, VOLUME = "silent", "muted for {left_s:.0f} s", "volume {percent:.0f} %"

# The keys.
HELP = "space stop · s symptom · 0-9 t rate · n new window · z zero · y untouched · m mute · [ ] volume · q quit"
HELP_LEAN = " · ↑↓ lean"
HELP_REPLAY = "space pause · ←→ 5 s back or on · . one step · ↑↓ quicker, slower · m mute · [ ] volume · q quit"

# Where a replay is, and how quick.
REPLAYED, PAUSED, AT_MOST, TIMES = "{at_s:.1f} of {length_s:.1f} s, {how}", "paused", "max", "x{times:g}"

# What a screen reader says.
GAUGE, TRACE = "gauge", "trace of the last ten seconds"

# The session's page in the window.
STOP_BUTTON, STOP_KEY = "STOP", "space, or any large key"
SYMPTOM_BUTTON, SYMPTOM_KEY = "SYMPTOM", "s"
SESSION, READING, STATE, CLOCK_NAME = "session", "pressure", "state", "clock"
WHAT_TO_DO, SAID, CONNECTED, QUESTION = "what to do", "what was said", "connection, sound and trouble", "question"
OF_TEN = "of 10"
ESTIMATE = "{estimate}, estimate from your own ratings"
LAST_SECONDS = "last {seconds:.0f} s"

# After the session.
FAREWELL = "window {window_s:.1f} s, {how}; peak {peak_kpa:.1f}, {samples} samples."
FAREWELL_LOST = "window {window_s:.1f} s, {how}; peak {peak_kpa:.1f}, {samples} samples, {lost} samples lost."
HOW_ENDED: dict[str, str] = {"": "not finished", "done": "done", "other": "ended ({reason})"}
RECORDED_IN, RECORDED_IN_PART = "recorded in {path}", "recorded in {path} (incomplete: {reason})"

NOT_MEDICAL = "sixten is a wellness tool, not a medical device and not for treating patients. Stay within your own comfort limit."


# The visit's window, beside what a session's says.
GETTING_ON = "getting on"
NO_CEILING_OWN = "NO CEILING, by your own rating."
OVER_NO_LINE = "Too much: ease off now."


def say(code: str, values: Mapping[str, float | int | str | None]) -> str:
    """The sentence for a notice. Raises KeyError for a code without words, which a test makes impossible."""
    if code == "ended":
        return tr(ENDINGS[str(values["reason"])])
    if code == "zero_needed":
        return fill(ZEROS[str(values["reason"])], values)
    if code == "guard_off":
        return tr(GUARDS[str(values["reason"])])
    if code == "over" and values.get("ceiling_kpa", 0) is None:
        return tr(OVER_NO_LINE)
    if code == "rating" and values.get("lowered"):
        return fill(RATING_LOWERED, values)
    return fill(NOTICES[code], values)
