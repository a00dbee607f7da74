"""`sixten calibrate`: find a person's line on one side."""

from __future__ import annotations

import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from sixten.calibration_words import HURTS, NOT_FINISHED, REST_TODAY
from sixten.cli.common import (
    BadInput,
    Silent,
    Speed,
    app,
    check_ball,
    check_side,
    check_simulated,
    fail,
    only_port,
    run_face,
    speed_of,
    tell_recorded,
)
from sixten.cli.whose import greeting
from sixten.language import tr
from sixten.recording.errors import RecordingError
from sixten.watch import Job, Watch
from sixten.words import ONLY_IN_REAL_TIME, SIDE_NAMED

if TYPE_CHECKING:
    from sixten.ball.messages import Event
    from sixten.pain.person import Traits
    from sixten.pain.procedure import CalibrationPlan, Outcome
    from sixten.pressure.readings import Readings
    from sixten.recording.people import Calibration, People, Person
    from sixten.session.calibrating import CalibrationRun
    from sixten.session.run import Output

Side = Literal["left", "right"]


@app.command()
def calibrate(
    person: Annotated[str, typer.Option(help="Whose line.")],
    side: Annotated[str, typer.Option(help="left or right.")],
    port: Annotated[str | None, typer.Option(help="The ball's serial port.")] = None,
    virtual: Annotated[bool, typer.Option("--virtual", help="A simulated person on a ball made of software does it.")] = False,
    kind: Annotated[str | None, typer.Argument(help="With --virtual: mixed, healthy, hip-pain, no-pain, coarse or lapsing.")] = None,
    sensor: Annotated[str | None, typer.Option(help="With --virtual: fsr, lps28dfw or ms5837 inside.")] = None,
    speed: Speed = "1",
    hurts: Annotated[bool | None, typer.Option(help="This hip hurts on most days; asked if not given.")] = None,
    new: Annotated[bool, typer.Option("--new", help="This person is not stored yet: store them.")] = False,
    partner: Annotated[bool, typer.Option("--partner", help="A partner presses the keys, and the record says so.")] = False,
    seed: Annotated[int | None, typer.Option(help="Shuffles the holds, and draws the simulated person.")] = None,
    silent: Silent = False,
    out: Annotated[Path | None, typer.Option(help="Record into this file.")] = None,
    no_record: Annotated[bool, typer.Option("--no-record", help="Keep no recording; the line is stored all the same.")] = False,
) -> None:
    """Find your line: a few slow ramps and holds that you rate without seeing the pressure. About five minutes."""
    times = speed_of(speed)
    check_side(side)
    check_ball(port, virtual, f"a kind of person ({kind})" if kind else "", sensor, out, no_record)
    check_simulated(seed, times, virtual)
    if not virtual and port is None:
        port = only_port()
        if port is None:
            fail("no ball found; name its port with --port (see `sixten ports`), or try it with --virtual.")
    lot = secrets.randbelow(1 << 32) if seed is None else seed
    people, somebody = find_or_store(person, virtual, new)
    if hurts is None and not virtual:
        hurts = _asked(cast(Side, side))

    def make() -> Job:
        from dataclasses import asdict

        from sixten.ball.port import PortSource
        from sixten.ball.virtual_person import PersonSource
        from sixten.pain.person import Person as Simulated
        from sixten.recording.balls import Balls, remembering
        from sixten.recording.closing import tidy
        from sixten.recording.file import Writer
        from sixten.recording.places import balls_folder, new_session_path
        from sixten.recording.replay import paced
        from sixten.session.calibrating import CalibrationRun

        simulated = _simulated(lot, kind or "mixed") if virtual else None
        answer = simulated.hurts if simulated is not None and hurts is None else hurts
        balls = Balls(balls_folder(virtual), keep=not no_record)
        if port is not None:
            plugged = PortSource(port)
            plugged.open()
            source: PortSource | PersonSource = plugged
        else:
            assert simulated is not None
            try:
                source = PersonSource(Simulated(simulated, lot), sensor or "fsr")
            except ValueError as error:
                raise BadInput(error) from error
        ball, events = greeting(remembering(source, balls))
        plan = _plan(people, somebody, cast(Side, side), ball, lot, partner, answer)
        if isinstance(source, PersonSource) and times is not None:
            simulator = source
            events = paced(events, times, closed=lambda: simulator.closed)
        path = None if no_record else out or new_session_path(virtual)
        if path is not None and out is None:
            tidy(path.parent)
        header = {"kind": "calibration", "virtual": virtual, "person": somebody.id, "side": side, "plan": asdict(plan)}
        recorder = Writer(path, header) if path else None
        return Job(source, events, CalibrationRun(plan), recorder, "VIRTUAL" if virtual else "", balls=balls)

    from sixten import calibration_terminal
    from sixten.sound.device import Sound

    sound = Sound(silent, ONLY_IN_REAL_TIME if times != 1.0 else "")

    def publish(job: Job, what: Event | Output) -> None:
        sound(job, what)
        tell_the_simulated(job, what)

    watch = Watch(make, publish)
    interrupted = run_face(watch, lambda: calibration_terminal.run(watch, f"{somebody.shown}, {tr(SIDE_NAMED[side])}"), sound)
    if watch.job is not None:
        _keep(people, somebody, watch)
    if interrupted:
        raise typer.Exit(130)


def _simulated(seed: int, kind: str) -> Traits:
    from sixten.pain.person import draw

    try:
        return draw(seed, kind)
    except ValueError as error:
        raise BadInput(error) from error


def tell_the_simulated(job: Job, what: object) -> None:
    """The simulated person hears what is said; a real one has ears."""
    from sixten.session.rules import Notice

    see = getattr(job.source, "see", None)
    if see is not None and isinstance(what, Notice):
        see(what)


def find_or_store(name: str, virtual: bool, new: bool) -> tuple[People, Person]:
    """The person of that name among real people, or among simulated ones, who are stored unasked."""
    from sixten.recording.people import People
    from sixten.recording.places import people_folder

    people = People(people_folder(virtual), virtual)
    try:
        if new:
            return people, people.create(name)
        return people, people.find(name)
    except RecordingError as error:
        fail(error)
    except ValueError as error:
        if new or not virtual:
            fail(error if new else f"{error} To store somebody new, add --new.")
    try:
        return people, people.create(name)
    except (ValueError, RecordingError) as error:
        fail(error)


def _asked(side: Side) -> bool | None:
    """What the person says; None, not sure, where nobody can be asked."""
    if not sys.stdin.isatty():
        return None
    while True:
        said = input(f"{tr(HURTS[side])} ").strip().lower()
        if said in ANSWERS:
            return ANSWERS[said]


ANSWERS = {"y": True, "yes": True, "n": False, "no": False, "": None}


def _plan(people: People, person: Person, side: Side, ball: Readings, seed: int, partner: bool, hurts: bool | None) -> CalibrationPlan:
    """The plan, with what earlier calibrations of this person say, on a ball of this unit."""
    from sixten.pain.model import prior_after
    from sixten.pain.procedure import CalibrationPlan

    unit = ball.sensor.unit if ball.sensor else ""
    prior = prior_after(people.earlier(person, side, unit, ball.calibration_id, ball.unique_id), hurts)
    return CalibrationPlan(side, seed, prior, "partner" if partner else "self")


def as_kept(
    people: People, plan: CalibrationPlan, outcome: Outcome, readings: Readings, ball_id: str, recording: str, made_utc: datetime
) -> Calibration | None:
    """What came out, whatever it is, as it is stored; None for what is not."""
    from dataclasses import asdict

    from sixten.recording.file import software
    from sixten.recording.people import Calibration

    if outcome.ended == "stopped" or readings.sensor is None:
        return None
    reasons = outcome.reasons if outcome.ended != "symptom" else (REST_TODAY,)
    ceiling = outcome.ceiling
    return Calibration(
        made_utc=made_utc,
        side=cast(Side, plan.side),
        ceiling_kpa=ceiling.kpa if ceiling else None,
        ratings=tuple((r.kpa, r.score, r.kind, r.rate_kpa_s, r.held_s, r.trial) for r in outcome.ratings),
        unit=readings.sensor.unit,
        ball_id=ball_id,
        ball_calibration_id=readings.calibration_id,
        virtual=people.virtual,
        reasons=reasons,
        numbers={}
        if ceiling is None
        else {
            "median_kpa": ceiling.median_kpa, "interval_kpa": ceiling.interval_kpa, "highest_felt_kpa": ceiling.highest_felt_kpa,
            "limited_by": ceiling.limited_by, "hold_s": ceiling.hold_s, "mean": ceiling.mean, "sd": ceiling.sd,
            "loaded_s": outcome.loaded_s, "prior": asdict(outcome.prior),
        },
        rated_by=plan.rated_by,
        recording=recording,
        software=software(),
    )  # fmt: skip


def _keep(people: People, person: Person, watch: Watch) -> None:
    """Store what came out, whatever it is, and say it."""
    from sixten.calibration_report import report

    job = watch.job
    assert job is not None
    run = cast("CalibrationRun", job.run)
    outcome, sensor, plan = run.state.outcome, run.readings.sensor, run.state.plan
    label = f"{job.label}: " if job.label else ""
    recording = job.recorder.path.name if job.recorder is not None else ""
    ball_id = watch.hello.unique_id if watch.hello else ""
    kept = None if outcome is None else as_kept(people, plan, outcome, run.readings, ball_id, recording, datetime.now(UTC))
    if kept is None or outcome is None or sensor is None:
        print(f"{label}{tr(NOT_FINISHED)}")
    else:
        try:
            people.add_calibration(person, kept)
        except (ValueError, RecordingError) as error:
            print(f"sixten: the line could not be stored: {error}")
        print(f"{label}{report(plan, outcome, sensor.unit)}")
    if run.samples:
        tell_recorded(job)
