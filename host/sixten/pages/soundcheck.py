"""The sound check: was the warning heard? If not, what else warns. Once for each start of the program, before a session."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sixten import window_words as W
from sixten.language import fill, tr
from sixten.pages.shown import Card, Choice, Shown


@dataclass(frozen=True, slots=True)
class Check:
    """not_heard: the person has said so. loud_words: the warning's word fills the screen."""

    not_heard: bool = False
    loud_words: bool = False


def press(check: Check, key: str, device: bool) -> tuple[Check, str]:
    """The check after ``key``, and what is wanted: ``play``, ``louder``, ``quieter``, ``done``, ``back``, ``key`` (not of this page) or
    nothing. device: whether there is sound at all.
    """
    if key in ("y", "\r"):
        return check, "done"
    if key == "n" and device and not check.not_heard:
        return replace(check, not_heard=True, loud_words=True), ""
    if key == "a" and device:
        return check, "play"
    if key in ("[", "]") and device:
        return check, {"[": "quieter", "]": "louder"}[key]
    if key == "w" and (check.not_heard or not device):
        return replace(check, loud_words=not check.loud_words), ""
    if key == "\x1b":
        return check, "back"
    return check, "key"


def shown(check: Check, device: bool, sound: Card, reason: str) -> Shown:
    """What there is to see. sound: the state of it. reason: why there is none; empty while it is being opened."""
    if device and not check.not_heard:
        answers = (Choice("y", tr(W.I_HEARD_IT), strong=True), Choice("n", tr(W.NOT_HEARD)))
        return Shown(tr(W.SOUND_CHECK), (Card("", (tr(W.LISTEN),), answers), sound))
    lines = (tr(W.HELPS),) if device else (fill(W.NO_DEVICE, {"reason": reason}) if reason else tr(W.SOUND_OPENS),)
    word = Card(
        tr(W.FULL_SCREEN_WORD), (tr(W.WORD_ON if check.loud_words else W.WORD_OFF), tr(W.BOARD_WARNS)),
        (Choice("w", tr(W.FULL_SCREEN_WORD), chosen=check.loud_words),),
    )  # fmt: skip
    cards = (Card("", lines, urgent=bool(reason) and not device), *((sound,) if device else ()), word)
    return Shown(tr(W.SOUND_CHECK), cards, (Choice("\r", tr(W.GO_ON), strong=True, shown=tr(W.KEY_NAMES["enter"])),))


def sound_card(device: bool, reason: str, volume: float, check: bool) -> Card:
    """What there is to know and to do about sound. check: on the check's own page."""
    if not device:
        return Card(tr(W.SOUND), (fill(W.SOUND_OFF, {"reason": reason}) if reason else tr(W.SOUND_OPENS),), urgent=bool(reason))
    told = (fill(W.SOUND_ON, {"percent": 100 * volume}),)
    if not check:
        return Card(tr(W.SOUND), told, (Choice("s", tr(W.SOUND_CHECK)),))
    choices = (
        Choice("a", tr(W.PLAY_AGAIN)),
        Choice("[", tr(W.QUIETER)),
        Choice("]", tr(W.LOUDER)),
        Choice("\x1b", tr(W.BACK), shown=tr(W.KEY_NAMES["esc"])),
    )
    return Card(tr(W.SOUND), told, choices)
