"""`sixten people`: who is stored on this computer, and how to be forgotten."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from sixten.cli.common import app, fail
from sixten.recording.errors import RecordingError

if TYPE_CHECKING:
    from sixten.recording.people import Calibration, People, Person

group = typer.Typer(help="Who is stored on this computer: list, show, forget.", no_args_is_help=False)
app.add_typer(group, name="people")

Virtual = Annotated[bool, typer.Option("--virtual", help="The simulated ones, who are kept apart.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="Capitals and spaces do not matter.")]
REMAINS = "Recordings stay where they are, under a random id without the name; so do exports and backups that you have made."


@group.callback(invoke_without_command=True)
def default(context: typer.Context) -> None:
    """Without a command: list."""
    if context.invoked_subcommand is None:
        everybody()


@group.command("list")
def everybody(virtual: Virtual = False) -> None:
    """Everybody, with how many calibrations."""
    people = people_of(virtual)
    try:
        stored = people.everybody()
        damage = list(people.damage)
        for person in stored:
            left, right = len(people.calibrations(person, "left")), len(people.calibrations(person, "right"))
            print(f"{person.shown:<24} since {person.created_utc:%Y-%m-%d}, calibrations: {left} left, {right} right")
    except RecordingError as error:
        fail(error)
    if not stored:
        print("Nobody is stored yet; sixten calibrate --person NAME --side left --new stores somebody.")
    for words in damage:
        print(f"sixten: {words}", file=sys.stderr)


@group.command()
def show(name: Name, virtual: Virtual = False) -> None:
    """What is kept of one person."""
    people = people_of(virtual)
    person = find_person(people, name)
    print(f"{person.shown}, since {person.created_utc:%Y-%m-%d}, kept in {people.folder / person.id}")
    try:
        for side in ("left", "right"):
            calibrations = people.calibrations(person, side)
            print(f"{side}: {'nothing yet' if not calibrations else ''}".rstrip())
            for c in calibrations:
                print(f"  {_line(c)}")
            for words in people.damage:
                print(f"sixten: {words}", file=sys.stderr)
    except RecordingError as error:
        fail(error)


@group.command()
def forget(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    virtual: Virtual = False,
) -> None:
    """Remove a person and all their calibrations from this computer."""
    people = people_of(virtual)
    person = find_person(people, name)
    count = sum(1 for side in ("left", "right") for _ in (people.folder / person.id).glob(f"{side}-*.json"))
    if not yes:
        if not sys.stdin.isatty():
            fail(f"this would remove {person.shown} and {count} calibrations; say so with --yes.")
        print(f"{person.shown} and {count} calibrations will be removed for good. {REMAINS}")
        if input("Type yes to go on: ").strip().casefold() != "yes":
            print("Nothing was removed.")
            return
    try:
        people.forget(person)
    except (RecordingError, ValueError) as error:
        fail(error)
    print(f"{person.shown} is forgotten. {REMAINS}")


def people_of(virtual: bool) -> People:
    """The people of this computer, real or simulated."""
    from sixten.recording.people import People
    from sixten.recording.places import people_folder

    return People(people_folder(virtual), virtual)


def find_person(people: People, name: str) -> Person:
    """The person of that name, or the end of the program with near names."""
    try:
        return people.find(name)
    except (ValueError, RecordingError) as error:
        fail(error)


def _line(c: Calibration) -> str:
    made = c.made_utc.astimezone(datetime.now().astimezone().tzinfo)
    what = "no ceiling: " + " ".join(c.reasons) if c.ceiling_kpa is None else f"ceiling {c.ceiling_kpa:.1f} {c.unit}"
    return f"{made:%Y-%m-%d %H:%M}  {what}{', lowered in a session' if c.lowered else ''}, {len(c.ratings)} ratings"
