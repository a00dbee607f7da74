"""Which port may be opened: ``(what was found, what is remembered, what the person did) -> which, and what there is to say``.

Opening restarts whatever hangs on a port. So unasked only a remembered ball or the single board is opened, once each time it is plugged
in; anything else waits until the person has picked it. A port that could not be used is tried again when it was plugged in anew, or when
the person asks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from sixten.ball.port import Found

Plugged = tuple[str, str]  # a port's name and the USB identity behind it: another identity is another thing under the same name


@dataclass(frozen=True, slots=True)
class Finding:
    """ports: None before the first look. picked: what the person has picked, while it stays plugged in. tried: what was opened since it
    was plugged in, and why it could not be used; empty if it could.
    """

    ports: tuple[Found, ...] | None = None
    picked: Plugged | None = None
    tried: Mapping[Plugged, str] = field(default_factory=dict)


class Known(NamedTuple):
    """What is remembered, by USB identity. balls: a ball answered there. picked: was picked where there was a choice, newest last."""

    balls: frozenset[str] = frozenset()
    picked: tuple[str, ...] = ()


class Says(NamedTuple):
    """code: ``looking``, ``found``, ``choose``, ``chip``, ``failed`` or ``none``. port: the one it is about. choice: what can be picked.
    reason: why it failed, in words.
    """

    code: str
    port: Found | None = None
    choice: tuple[Found, ...] = ()
    reason: str = ""


def identity(port: Found) -> Plugged:
    """What stays the same while it is plugged in."""
    return port.device, port.usb_key


def looked(finding: Finding, ports: Sequence[Found]) -> Finding:
    """After a look around. What is not there any more is forgotten: plugged in again it is new."""
    here = {identity(p) for p in ports}
    return Finding(
        tuple(ports),
        finding.picked if finding.picked in here else None,
        {plugged: why for plugged, why in finding.tried.items() if plugged in here},
    )


def pick(finding: Finding, port: Found) -> Finding:
    """The person has picked it, and so wants it opened whatever happened before."""
    return replace(finding, picked=identity(port), tried={p: why for p, why in finding.tried.items() if p != identity(port)})


def tried(finding: Finding, port: Found, why_not: str = "") -> Finding:
    """It was opened, and is not any more."""
    return replace(finding, tried={**finding.tried, identity(port): why_not})


def candidate(finding: Finding, known: Known) -> Found | None:
    """The one port that may be opened; the person may ask for it again, whatever became of it."""
    ports = finding.ports or ()
    for port in ports:
        if identity(port) == finding.picked:
            return port
    likely = _likely(ports, known)
    if len(likely) == 1:
        return likely[0]
    for key in reversed(known.picked):
        of_key = [p for p in likely if p.usb_key == key]
        if of_key:
            return of_key[0] if len(of_key) == 1 else None  # two of one identity cannot be told apart
    return None


def to_open(finding: Finding, known: Known) -> Found | None:
    """The port to open unasked, if any."""
    port = candidate(finding, known)
    return None if port is None or identity(port) in finding.tried else port


def says(finding: Finding, known: Known) -> Says:
    """What there is to say, and to pick from."""
    if finding.ports is None:
        return Says("looking")
    port = candidate(finding, known)
    choice = tuple(p for p in finding.ports if p.kind != "other" or p.usb_key in known.balls)
    if port is not None:
        why_not = finding.tried.get(identity(port), "")
        return Says("failed" if why_not else "found", port, choice, why_not)
    if len(_likely(finding.ports, known)) > 1:
        return Says("choose", None, choice)
    return Says("chip" if choice else "none", None, choice)


def _likely(ports: Sequence[Found], known: Known) -> list[Found]:
    return [p for p in ports if p.usb_key and p.usb_key in known.balls] or [p for p in ports if p.kind == "board"]
