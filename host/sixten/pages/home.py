"""The home page: is there a ball, who lies on it, which side; then go. ``press`` says what a key does, ``shown`` what there is to see."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sixten import window_words as W
from sixten.language import fill, tr
from sixten.pages import finding as F
from sixten.pages.program import NOBODY, Somebody
from sixten.pages.shown import Card, Choice, Shown

if TYPE_CHECKING:
    from sixten.ball.port import Found

DIGITS = 9  # people with a key each; more are found by typing
TYPED_MIN = 3  # letters before a hidden name is shown: fewer would let anybody leaf through them [judged]
SIDES = {"l": "left", "r": "right"}


@dataclass(frozen=True, slots=True)
class Home:
    """people: None before they are read. who: None before somebody is chosen. side: asked each time, never remembered. typed: None unless
    a name is being typed. choosing: the person wants another ball. lines: sentences by side. said: of what was before. eager: begins by
    itself as soon as there is a ball, because everything else is known.
    """

    people: tuple[Somebody, ...] | None = None
    who: Somebody | None = None
    side: str = ""
    hidden: bool = False
    typed: str | None = None
    choosing: bool = False
    lines: Mapping[str, str] = field(default_factory=dict)
    said: tuple[str, ...] = ()
    eager: bool = False
    finding: F.Finding = F.Finding()
    known: F.Known = F.Known()


def met(home: Home, people: tuple[Somebody, ...], last: str) -> Home:
    """These people are stored; ``last`` was on the ball the last time. Where nobody is stored there is nothing to ask."""
    if home.who is not None:
        return replace(home, people=people)
    if not people:
        return replace(home, people=people, who=NOBODY, eager=True)
    return replace(home, people=people, who=None if home.hidden else next((p for p in people if p.id == last), None))


def missing(home: Home) -> str:
    """What keeps it from going: ``who``, ``side``, ``ball`` or nothing."""
    if home.who is None:
        return "who"
    if home.who != NOBODY and not home.side:
        return "side"
    return "" if F.candidate(home.finding, home.known) is not None else "ball"


def starts(home: Home) -> bool:
    """Whether it goes by itself now."""
    return home.eager and not home.choosing and missing(home) == "" and F.to_open(home.finding, home.known) is not None


def press(home: Home, key: str) -> tuple[Home, str]:
    """The page after ``key``, and what is wanted: ``go``, ``virtual``, ``sound``, ``names`` (hide or show them), ``key`` (nobody's
    here: a key of the window's), or nothing.
    """
    if home.typed is not None:
        return _typing(home, home.typed, key), ""
    ports = _choice(home)
    if ports and key.isascii() and key.isdigit():
        if not 1 <= int(key) <= len(ports):
            return home, ""
        return replace(home, finding=F.pick(home.finding, ports[int(key) - 1]), choosing=False), ""
    if key in SIDES and home.who != NOBODY:
        return replace(home, side=SIDES[key]), ""
    if key == "\r":
        return (home, "go") if not missing(home) else (replace(home, said=(tr(W.MISSING[missing(home)]),)), "")
    if key == "b" and len(F.says(home.finding, home.known).choice) > 1:
        return replace(home, choosing=not home.choosing), ""
    if key in ("v", "s"):
        return home, {"v": "virtual", "s": "sound"}[key]
    if key == "h" and home.people:
        return replace(home, hidden=not home.hidden, who=None, lines={}), "names"
    if key == "/" and _by_typing(home):
        return replace(home, typed=""), ""
    if key == "0":
        return replace(home, who=NOBODY, lines={}), ""
    if key.isascii() and key.isdigit() and home.people and not _by_typing(home) and int(key) <= len(home.people):
        return replace(home, who=home.people[int(key) - 1], lines={}), ""
    return home, "key"


def shown(home: Home, sound: Card) -> Shown:
    """What there is to see."""
    cards = [_ball(home)]
    if home.said:
        cards.insert(0, Card("", home.said, urgent=True))
    if home.people:
        cards += [_who(home), _side(home)] if home.who != NOBODY else [_who(home)]
    elif home.people is not None:
        cards.append(Card(tr(W.WHO), (tr(W.NOBODY_STORED),)))
    again = F.says(home.finding, home.known).code == "failed"
    go = (Choice("\r", tr(W.AGAIN if again else W.GO), strong=not missing(home), shown=tr(W.KEY_NAMES["enter"])),)
    return Shown(tr(W.HOME), (*cards, *((sound,) if sound.title else ())), go, tr(W.HOME_FOOT))


def _choice(home: Home) -> tuple[Found, ...]:
    """The ports to pick from with digits now."""
    found = F.says(home.finding, home.known)
    return found.choice[:DIGITS] if home.choosing or found.code in ("choose", "chip") else ()


def _what(port: Found) -> str:
    return f"{port.description} ({port.device})" if port.description and port.description != "n/a" else port.device


def _ball(home: Home) -> Card:
    found = F.says(home.finding, home.known)
    ports = _choice(home)
    choices = [Choice(str(i), _what(p)) for i, p in enumerate(ports, 1)]
    code = found.code
    if ports:
        chips = any(p.kind == "chip" and p.usb_key not in home.known.balls for p in ports)
        code = "chip" if chips and len(ports) == 1 else "choose_chip" if chips else "choose"
    lines = (fill(W.FOUND[code], {"what": _what(found.port) if found.port is not None else ""}),)
    if len(found.choice) > 1 and (found.port is not None):
        choices.append(Choice("b", tr(W.OTHER_BALL), chosen=home.choosing))
    if found.port is None and code != "looking":
        choices.append(Choice("v", tr(W.TRY_VIRTUAL)))
    return Card(tr(W.BALL), lines, tuple(choices), urgent=code == "failed")


def _by_typing(home: Home) -> bool:
    return home.people is not None and (home.hidden or len(home.people) > DIGITS)


def _who(home: Home) -> Card:
    people = home.people or ()
    nobody = Choice("0", tr(W.JUST_THE_GAUGE), chosen=home.who == NOBODY)
    hide = Choice("h", tr(W.SHOW_NAMES if home.hidden else W.HIDE_NAMES))
    if not _by_typing(home):
        digits = not _choice(home)  # one question at a time: they pick a ball first
        named = [Choice(str(i) if digits else "", p.shown, chosen=p == home.who) for i, p in enumerate(people, 1)]
        return Card(tr(W.WHO), (), (*named, nobody, hide))
    chosen = home.who is not None and home.who != NOBODY
    words = home.who.shown if chosen and home.who is not None else tr(W.TYPE_TO_FIND)
    lines: tuple[str, ...] = ()
    if home.typed is not None:
        matches = _matching(people, home.typed)
        said = W.TYPED if len(home.typed) < TYPED_MIN else W.TYPED_MANY if matches else W.TYPED_NOBODY
        lines = (fill(said, {"typed": home.typed}),)
    return Card(tr(W.WHO), lines, (Choice("/", words, chosen=chosen), nobody, hide))


def _side(home: Home) -> Card:
    choices = tuple(Choice(key, tr(W.SIDE_WORDS[side]), chosen=home.side == side) for key, side in SIDES.items())
    lines = tuple(home.lines[s] for s in SIDES.values() if s in home.lines and home.side in ("", s))
    return Card(tr(W.WHICH_SIDE), lines, choices)


def _typing(home: Home, typed: str, key: str) -> Home:
    if key == "\x1b":
        return replace(home, typed=None)
    if key == "\r":
        exact = [p for p in home.people or () if _plain(p.shown) == _plain(typed)]
        return replace(home, typed=None, who=exact[0] if exact else home.who, lines={} if exact else home.lines)
    if key in ("\b", "\x7f"):
        return replace(home, typed=typed[:-1])
    if len(key) != 1 or not key.isprintable():
        return home
    typed += key
    matches = _matching(home.people or (), typed)
    if len(matches) == 1 and len(typed) >= TYPED_MIN:
        return replace(home, who=matches[0], typed=None, lines={})
    return replace(home, typed=typed)


def _matching(people: tuple[Somebody, ...], typed: str) -> list[Somebody]:
    return [p for p in people if _plain(p.shown).startswith(_plain(typed))]


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
