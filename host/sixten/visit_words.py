"""What is said and shown in a visit, for every face. The window's and the calibration's own words: words.py, calibration_words.py."""

from __future__ import annotations

from collections.abc import Mapping

from sixten import calibration_words, words
from sixten.language import fill, tr

# Screening questions, by key (session/plan.py). A yes to any of them ends the visit.
QUESTIONS: dict[str, str] = {
    "saddle": "New trouble with bladder or bowel, numbness between the legs, or weakness in a leg?",
    "clot": "A blood clot in a leg or lung, known or suspected?",
    "fever": "A fever now?",
    "night_pain": "Pain at night that nothing explains?",
    "fall": "A fall in the last weeks?",
    "cancer_infection": "Cancer, or an infection, near the hip?",
    "fracture": "A broken bone near the hip, or the suspicion of one?",
    "wound": "An open wound or broken skin where the ball goes?",
    "hip_surgery": "A hip replacement, or hip surgery or an injection into the hip not long ago?",
    "blood": "Blood thinners, or a bleeding disorder?",
    "bones": "Osteoporosis?",
    "pregnant": "Pregnant?",
    "numb": "Loss of feeling in the leg or hip, or nerve damage from diabetes?",
    "dulled": "Painkillers or alcohol in the last hours?",
    "under_18": "Younger than 18?",
    "alone": "Unable to get up from the floor without help, or no phone within reach?",
    "worse": "Were you worse the morning after the last time?",
    "changed": "Has any of this changed since the last time, or is any of it so today?",
    "own": "Without a line, do a window by your own rating, with NO CEILING? It has a clock, asks for a rating every ten "
    "seconds, and only the ball's own limit warns.",
    "closed": "You reached the longest time. Once more with your eyes closed, hands near the wall?",
    "side": "Which side today?",
    "hurts": "Does this hip hurt on most days?",
    "pain": "How much does the hip hurt now, 0 to 10?",
    "moving": "And on the movement that brings it on, 0 to 10?",
}

# The screening in short, for whoever has answered it before.
IN_SHORT = (
    "bladder, bowel, numbness between the legs, weak leg; blood clot; fever; pain at night; a fall; cancer, infection, fracture, wound "
    "near the hip; hip replacement, surgery, injection; blood thinners, bleeding; osteoporosis; pregnancy; loss of feeling; painkillers "
    "or alcohol today; can you get up, and is a phone within reach?"
)

# What a yes leads to.
NO_SESSION: dict[str, str] = {
    "doctor_now": "No session. See a doctor now, today: this can be an emergency.",
    "doctor_first": "No session. Ask a doctor whether pressure on the hip is right for you, and come back when that is clear.",
    "healed_first": "No session. Wait until the skin has healed.",
    "another_day": "No session. These dull what you feel, so your ratings could not be trusted; come back another day.",
    "not_for_you": "No session. This is for adults.",
    "not_alone": "No session now. Come back with somebody beside you, or a phone within reach.",
    "worse": "Rest today. That was too much; come back when the morning after is no worse, and stay lower then.",
    "visits": "No session. Two visits a day are enough; come back tomorrow.",
}

GUIDE: dict[str, str] = {
    "place": "Lie on your side. The ball goes into the hollow above and just behind the bony point of the hip: not on the bone, not "
    "mid-buttock.",
    "cable": "The cable lies behind your back. Weight on hand and foot until you are told to let it come.",
    "move": "Move little and slowly: bend and stretch the hip, later turn the leg in and out a little.",
    "stops": "Any large key stops, and so does the button when held. Stop for numbness, tingling, shooting pain or weakness: key s.",
    "silence": "While the clock runs you hear a soft tone each way of a cycle. Silence means that nobody is watching: come off.",
}

SIDES: dict[str, str] = {"left": "LEFT HIP", "right": "RIGHT HIP"}
EYES: dict[str, str] = {"open": "eyes open", "closed": "eyes closed"}
LEGS: dict[str, str] = {"left": "left", "right": "right"}
WHENS: dict[str, str] = {"before": "before", "after": "after"}
WHATS: dict[str, str] = {"pain": "Pain now", "moving": "Pain on the movement", "balance": "Balance"}

# One sentence a code. Empty: shown or sounded, not said. Fields in braces come from the notice's values.
NOTICES: dict[str, str] = {
    "score": "",
    "typed": "",
    "pacer": "",
    "balance": "Put ball and cable aside. Stand by a wall on your {leg} leg, {eyes}; try {try}. The count begins when you press n.",
    "count": "{left}",
    "stand": "Lift the foot now.",
    "aloud": "{s:.0f}",
    "stood": "{s:.1f} seconds.",
    "type_seconds": "Type the seconds, then n.",
    "not_now": "That key does nothing here; see the last line.",
    "stopped_goes_on": "To go on press n; to end the visit press stop again.",
    "goes_on": "Going on.",
    "wait_for_zero": "Leave the ball alone for five seconds, so that it finds its zero.",
    "calibration": "Now your line is found: a few ramps that you rate without seeing the pressure.",
    "line": "Your line is {ceiling_kpa:.1f}.",
    "too_low": "That is too low for a window: rest today.",
    "get_on": "Get on now, slowly, with weight on hand and foot.",
    "no_ceiling": "NO CEILING: you go by your own rating.",
    "slowly": "Slowly.",
    "count_off": "Not yet; it starts when you lie still.",
    "get_off": "Come off the ball.",
    "stand_up": "Take your time. Put the box down before you stand up.",
    "not_retested": "Not retested.",
    "unrated": "Press if it is 6 or more.",
}

# "enough" by its reason: no further window on this side today.
ENOUGH: dict[str, str] = {
    "windows": "Two windows a side are enough. Stay off this side now; the other side, or another day.",
    "symptom": "No further window after numbness, tingling or shooting pain: rest today.",
}

READY: dict[str, str] = {
    "calibration": "When the ball is in place, press n: first your line is found.",
    "window": "When the ball is in place, press n: then get on.",
}
STARTING: dict[str, str] = {"left": "Left hip, starting.", "right": "Right hip, starting."}
PHASES: dict[str, str] = {"flexion": "Bend and stretch the hip, slowly.", "rotation": "Turn the leg in and out a little, slowly."}
PROMPT = "How much does it hurt, 0 to 10?"
PROMPT_AGAIN = "Once more: how much does it hurt, 0 to 10?"
OVER: dict[str, str] = {
    "finished": "The visit is over.",
    "stopped": "The visit is over, because you stopped.",
    "symptom": "The visit is over. Rest today; if it stays, see a doctor.",
    "no_session": "The visit is over.",
}
CHANGES: dict[str, str] = {
    "pain less": "{what}: changed, from {before:.0f} to {after:.0f}, less.",
    "pain more": "{what}: changed, from {before:.0f} to {after:.0f}, more.",
    "pain noise": "{what}: from {before:.0f} to {after:.0f}, within noise.",
    "balance more": "Balance: changed, from {before:.1f} to {after:.1f} s, longer.",
    "balance less": "Balance: changed, from {before:.1f} to {after:.1f} s, shorter.",
    "balance noise": "Balance: from {before:.1f} to {after:.1f} s, within noise.",
    "at_cap": "Balance: the longest time before and after, so it cannot show change.",
    "not_retested": "{what}: not retested.",
}
NOTED: dict[str, str] = {
    "score": "{what}, {when}: {score}.",
    "balance": "Balance, {when}: {best_s:.1f} s on the {leg} leg, {eyes}.",
    "skipped": "{what}, {when}: skipped.",
}
OFFER: dict[str, str] = {
    "both": "Once more on this side, the other side, or finish?",
    "other": "The other side, or finish?",
    "again": "Once more on this side, or finish?",
}

Values = Mapping[str, float | int | str | None]


def say(code: str, values: Values) -> str:
    """The sentence for anything that a visit says; empty for what is only shown or sounded. KeyError for an unknown code."""
    if code in NOTICES:
        return fill(NOTICES[code], _named(values))
    if code in _by_value:
        table, key = _by_value[code]
        return tr(table[str(values[key])])
    if code == "prompt":
        return tr(PROMPT_AGAIN if values["again"] else PROMPT)
    if code == "guide":
        return " ".join(map(tr, GUIDE.values()))
    if code == "no_session":
        return tr(NO_SESSION[consequence(str(values["why"]))])
    if code == "offer":
        return tr(OFFER["both" if values["again"] and values["other"] else "other" if values["other"] else "again"])
    if code == "compared":
        return _compared(values)
    if code == "noted":
        kind = "score" if values.get("score") is not None else "balance" if values.get("best_s") is not None else "skipped"
        return fill(NOTED[kind], _named(values))
    if code in calibration_words.PROMPTS or code in ("cue", "again", "start_over"):
        return calibration_words.say(code, values)
    return words.say(code, values)


# Codes whose sentence is chosen by one of their values.
_by_value = {
    "ask": (QUESTIONS, "what"), "ready": (READY, "todo"), "starting": (STARTING, "side"), "phase": (PHASES, "phase"),
    "visit_over": (OVER, "why"), "enough": (ENOUGH, "why"),
}  # fmt: skip


def consequence(why: str) -> str:
    """What a reason for no session leads to: the key of its sentence."""
    from sixten.session.plan import SCREENING

    return next((q.then for q in SCREENING if q.key == why), why)


def _compared(values: Values) -> str:
    change, what = str(values["change"]), str(values["what"])
    key = change if change in CHANGES else f"{'balance' if what == 'balance' else 'pain'} {change}"
    return fill(CHANGES[key], _named(values))


def _named(values: Values) -> dict[str, float | int | str | None]:
    """Values with words for what they name."""
    out = dict(values)
    for key, names in (("what", WHATS), ("when", WHENS), ("leg", LEGS), ("eyes", EYES)):
        if key in out:
            out[key] = tr(names.get(str(out[key]), str(out[key])))
    return out


# What the keys of a page are for; a key's own letter stands in visitview.py.
KEYS: dict[str, str] = {
    "go": "go on", "skip": "skip", "unsure": "not sure",
    "yes": "yes", "no": "no", "left": "left", "right": "right", "untouched": "nothing touches it",
    "uncalibrated": "no calibration", "again": "again", "other": "other side", "finish": "finish", "type": "type the seconds",
    "enough": "enough", "down": "foot down", "moved": "ball moved",
}  # fmt: skip
KEYS_RATE = "0-9 t rate · + - one more, one less"
KEYS_LEAN = "← → lean"
KEYS_ALWAYS = "space stop · s symptom · u mute · q quit"
KEYS_OVER = "any key: leave"
QUESTION_OF = "{n} of {all}"
TRY = "{s:.1f} s"
VISIT_OF = "visit, {who}"
BY_PARTNER = "{who}, keys by a partner"
AS_RECORDED = "as recorded"
RATING = "rating {score}"
WHO = "Who is it?"
LEAVE = "leave"
THAT_KEY = "That key"
NOT_STORED = "not everything could be stored: {reason}"
CUT_OFF = "The visit was left before its end."
WINDOWS: dict[str, str] = {
    "left": "Left hip: {seconds} counted, {load_s:.0f} s of load.",
    "right": "Right hip: {seconds} counted, {load_s:.0f} s of load.",
}
PAUSED = "Stopped. Press n to go on, or stop again to end the visit."
KEY_DOES_NOTHING = "{key} does nothing here."
TOO_SMALL = "This window is {columns} x {rows}; make it at least {least_columns} x {least_rows}."
