"""What the window is given: ports, people, sessions. Only here is chosen which source and which recorder it gets."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, cast

import typer

from sixten import window_words as W
from sixten.cli.common import farewell
from sixten.cli.opening import Opening
from sixten.cli.whose import Whose
from sixten.language import fill, tr
from sixten.pages.program import NOBODY, Ask, Opened, Somebody
from sixten.recording.errors import RecordingError
from sixten.words import ONLY_IN_REAL_TIME

if TYPE_CHECKING:
    from sixten.ball.port import Found
    from sixten.pages.home import Home
    from sixten.recording.people import Person, Side
    from sixten.watch import Job, Watch


class Live:
    """The program around the window. What was given on the command line counts for every session of it."""

    def __init__(self, given: Opening) -> None:
        self._given = given
        self._people: dict[str, Person] = {}

    def look(self) -> Sequence[Found]:
        """The serial ports that are there now."""
        from sixten.ball.port import found_ports

        return found_ports()

    def people(self) -> tuple[Sequence[Somebody], Sequence[str]]:
        """Who is stored, and what could not be read of it."""
        from sixten.cli.people import people_of

        people = people_of(False)
        try:
            stored = people.everybody()
        except RecordingError as error:
            return [], [str(error)]
        self._people = {person.id: person for person in stored}
        return [Somebody(person.id, person.shown) for person in stored], list(people.damage)

    def lines(self, person: str) -> Mapping[str, str]:
        """Today's line of each side, as far as it is known before a ball has said which it is."""
        from sixten.cli.people import people_of
        from sixten.recording.people import NoCeiling

        people, somebody = people_of(False), self._people.get(person)
        if somebody is None:  # given on the command line, and not yet read
            return {}
        said: dict[str, str] = {}
        sides: tuple[Side, Side] = ("left", "right")
        for side in sides:
            named = {"side": tr(W.SIDE_WORDS[side])}
            try:
                last = next(reversed(people.calibrations(somebody, side)), None)
                unit, board, ball = (last.unit, last.ball_calibration_id, last.ball_id) if last else ("", "", "")
                found = people.todays_ceiling(somebody, side, unit, board, datetime.now().astimezone(), ball)
            except RecordingError as error:
                found = NoCeiling(str(error))
            if isinstance(found, NoCeiling):
                said[side] = fill(W.LINE_REASON, {**named, "reason": found.reason})
            else:
                said[side] = fill(W.LINE_KNOWN, {**named, "kpa": found.ceiling_kpa, "unit": found.unit})
        return said

    def open(self, ask: Ask) -> Opened:
        """A session as it was asked for."""
        from sixten.cli.people import people_of

        given = self._given
        whose = given.whose
        if ask.person and (whose is None or (whose.person.id, whose.side) != (ask.person, ask.side)):
            whose = Whose(people_of(False), self._people[ask.person], cast("Side", ask.side))
        return replace(
            given,
            port=ask.port or None,
            usb_key=ask.usb_key,
            whose=whose if ask.person else None,
            side=ask.side,
            guided=True,
            picked=ask.picked,
        )


@dataclass
class Replay:
    """A recording as a session of the window."""

    make: Callable[[], Job]
    label: str = "REPLAY"

    def end(self, watch: Watch) -> Sequence[str]:
        """Nothing is kept of it."""
        said = farewell(watch.job) if watch.job is not None else []
        print(*said, sep="\n")
        return said


def run_live(given: Opening, begin: bool, silent: bool) -> None:
    """The window; begin: with this session at once, or else at home, where what was given need not be asked."""
    from sixten.pages.home import Home

    home = Home()
    if given.whose is not None:
        person = given.whose.person
        home = Home(who=Somebody(person.id, person.shown), side=given.whose.side, eager=True)
    elif given.ceiling_kpa is not None or given.side:
        home = Home(who=NOBODY, side=given.side, eager=True)
    given = replace(given, guided=True)
    _run(Live(given), given if begin else None, silent, given.times, home)


def run_replay(make: Callable[[], Job], silent: bool, times: float | None) -> None:
    """The window with a recording, and nothing else."""
    _run(None, Replay(make), silent, times)


def _run(program: Live | None, first: Opened | None, silent: bool, times: float | None, home: Home | None = None) -> None:
    from sixten.desktop.app import run_app
    from sixten.sound.device import Sound

    sound = Sound(silent, ONLY_IN_REAL_TIME if times != 1.0 else "")
    try:
        if not run_app(program, sound, first, home):
            print(f"sixten: {tr(W.DISPLAY_GONE)}", file=sys.stderr)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    finally:
        sys.stdout.flush()
