"""A page that asks, as plain values: a widget draws any of them, and every choice has its key."""

from __future__ import annotations

from typing import NamedTuple


class Choice(NamedTuple):
    """A button. key: what presses it, as ``press`` of the page takes it. shown: the key as it is written under the words."""

    key: str
    words: str
    chosen: bool = False
    strong: bool = False
    shown: str = ""


class Card(NamedTuple):
    """Something to know or to say, and its buttons. urgent: the sentences are of something that went wrong."""

    title: str
    lines: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    urgent: bool = False


class Shown(NamedTuple):
    """A whole page. go: the one large button at its end. foot: a line under everything."""

    title: str
    cards: tuple[Card, ...]
    go: tuple[Choice, ...] = ()
    foot: str = ""

    @property
    def text(self) -> str:
        """Everything on it in the order in which it is read."""
        lines = [self.title]
        for card in self.cards:
            lines += [card.title, *card.lines, *(f"{c.words} ({c.shown or c.key})" for c in card.choices)]
        return "\n".join(filter(None, [*lines, *(f"{c.words} ({c.shown or c.key})" for c in self.go), self.foot]))
