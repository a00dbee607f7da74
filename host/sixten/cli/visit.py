"""`sixten visit`: a whole visit, from the questions to the retest."""

from __future__ import annotations

import secrets
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from sixten import visit_words as W
from sixten.cli.calibrate import Side, as_kept, find_or_store, tell_the_simulated
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
from sixten.cli.people import people_of
from sixten.cli.whose import basis_of, greeting
from sixten.language import fill, tr
from sixten.recording.errors import RecordingError
from sixten.watch import Job, Watch
from sixten.words import ONLY_IN_REAL_TIME

if TYPE_CHECKING:
    from sixten.ball.messages import Event
    from sixten.pressure.readings import Readings
    from sixten.recording.people import People, Person
    from sixten.session.plan import SidePlan, VisitPlan
    from sixten.session.run import Output
    from sixten.session.visit_values import SideState
    from sixten.session.visiting import VisitRun


@app.command()
def visit(
    person: Annotated[str | None, typer.Option(help="Who; without it you are asked.")] = None,
    side: Annotated[str | None, typer.Option(help="left or right; without it you are asked.")] = None,
    port: Annotated[str | None, typer.Option(help="The ball's serial port.")] = None,
    virtual: Annotated[
        bool, typer.Option("--virtual", help="A ball made of software; name a kind of person behind it, or use keys.")
    ] = False,
    kind: Annotated[
        str | None, typer.Argument(help="With --virtual: mixed, healthy, hip-pain, no-pain, coarse or lapsing does it.")
    ] = None,
    sensor: Annotated[str | None, typer.Option(help="With --virtual: fsr, lps28dfw or ms5837 inside.")] = None,
    speed: Speed = "1",
    new: Annotated[bool, typer.Option("--new", help="This person is not stored yet: store them.")] = False,
    partner: Annotated[bool, typer.Option("--partner", help="A partner has the keys, you hold the button; the record says so.")] = False,
    silent: Silent = False,
    seed: Annotated[int | None, typer.Option(help="Shuffles the holds, and draws the simulated person.")] = None,
    out: Annotated[Path | None, typer.Option(help="Record into this file.")] = None,
    no_record: Annotated[bool, typer.Option("--no-record", help="Keep no recording; lines and the visit are stored all the same.")] = False,
) -> None:
    """A whole visit: questions, before, your line, the window, after. About nine minutes the first time, four later."""
    times = speed_of(speed)
    check_side(side)
    check_ball(port, virtual, f"a kind of person ({kind})" if kind else "", sensor, out, no_record)
    check_simulated(seed, times, virtual)
    if new and person is None:
        fail("--new needs the name of the new person; give it with --person.")
    keys = sys.stdin.isatty() and sys.stdout.isatty()
    simulated = virtual and (kind is not None or not keys)
    if not (keys or simulated):
        fail("a visit needs a terminal for its questions and keys; start it in one, or try it with --virtual mixed.")
    from sixten import visit_terminal

    if keys and (small := visit_terminal.too_small()):
        fail(small)
    if not simulated and times is None:
        fail("--speed max needs somebody simulated; name a kind of person behind --virtual.")
    if not virtual and port is None:
        port = only_port()
        if port is None:
            fail("no ball found; name its port with --port (see `sixten ports`), or try it with --virtual.")
    people, somebody = _who(person, virtual, new, keys)
    lot = secrets.randbelow(1 << 32) if seed is None else seed
    keeper = Keeper(people, somebody)

    def make() -> Job:
        if port is not None:
            from sixten.ball.port import PortSource

            source: Any = PortSource(port)
            source.open()
        else:
            source = _virtual_ball(kind or "mixed", lot, sensor or "fsr", simulated)
        from sixten.recording.balls import Balls, remembering
        from sixten.recording.file import Writer
        from sixten.recording.places import balls_folder, new_session_path
        from sixten.recording.replay import paced
        from sixten.session.visiting import VisitRun

        balls = Balls(balls_folder(virtual), keep=not no_record)
        ball_says, events = greeting(remembering(source, balls))
        plan = _plan(people, somebody, side or "", lot, partner, ball_says)
        path = None if no_record else out or new_session_path(virtual)
        header = {"kind": "visit", "virtual": virtual, "person": somebody.id, "plan": asdict(plan)}
        recorder = Writer(path, header) if path else None
        if virtual and times is not None:
            events = paced(events, times, closed=lambda: source.closed)
        return Job(source, events, VisitRun(plan), recorder, "VIRTUAL" if virtual else "", balls=balls, goes_on=True)

    from sixten.sound.device import Sound

    sound = Sound(silent or not keys, ONLY_IN_REAL_TIME if times != 1.0 else "")

    def publish(job: Job, what: Event | Output) -> None:
        sound(job, what)
        tell_the_simulated(job, what)

    watch = Watch(make, publish)
    who = fill(W.BY_PARTNER, {"who": somebody.shown}) if partner else somebody.shown
    try:
        interrupted = run_face(watch, lambda: visit_terminal.run(watch, who, lambda: keeper.tick(watch)), sound)
    finally:
        keeper.tick(watch, leaving=True)
    _farewell(watch, keeper)
    if interrupted:
        raise typer.Exit(130)


def _virtual_ball(kind: str, lot: int, sensor: str, simulated: bool) -> Any:
    from sixten.ball.virtual import VirtualSource
    from sixten.ball.virtual_person import PersonSource
    from sixten.pain.person import draw
    from sixten.pain.visitor import Visitor

    try:
        if simulated:
            return PersonSource(Visitor(draw(lot, kind), lot), sensor)
        ball = VirtualSource(None, None, sensor)
    except ValueError as error:
        raise BadInput(error) from error
    ball.lean(0.0)  # nothing on it until somebody leans
    return ball


def _who(name: str | None, virtual: bool, new: bool, keys: bool) -> tuple[People, Person]:
    """The person of that name, or the one who is chosen by a key."""
    if name is not None:
        return find_or_store(name, virtual, new)
    people = people_of(virtual)
    try:
        stored = people.everybody()
    except RecordingError as error:
        fail(error)
    if virtual and not stored:
        return find_or_store("Somebody", virtual, new)
    if not stored:
        fail("nobody is stored yet; give a name with --person NAME --new.")
    if not keys:
        fail("who is it? Give a name with --person.")
    from sixten.visit_terminal import choose

    if len(stored) > CHOICES_MAX:
        fail(f"{len(stored)} people are stored, too many for one key each; give a name with --person.")
    chosen = choose([p.shown for p in stored])
    if chosen is None:
        raise typer.Exit(0)
    return people, stored[chosen]


CHOICES_MAX = 9  # keys 1 to 9


def _plan(people: People, person: Person, side: str, seed: int, partner: bool, ball: Readings) -> VisitPlan:
    from sixten.recording.visits import today, visits
    from sixten.session.plan import VisitPlan

    found = visits(people, person)
    return VisitPlan(
        side=side,
        left=_side_plan(people, person, "left", ball),
        right=_side_plan(people, person, "right", ball),
        seed=seed,
        rated_by="partner" if partner else "self",
        screened=bool(found) and found[-1].screened,
        visited=any(v.loaded for v in found),
        visits_today=today(found, datetime.now().astimezone()),
    )


def _side_plan(people: People, person: Person, side: Side, ball: Readings) -> SidePlan:
    """What earlier calibrations say, and today's line if one counts on this ball."""
    from sixten.recording.people import NoCeiling
    from sixten.session.limits import CEILING_MIN_KPA
    from sixten.session.plan import SidePlan, kept

    now = datetime.now().astimezone()
    unit = ball.sensor.unit if ball.sensor is not None else ""
    earlier = kept(people.earlier(person, side, unit, ball.calibration_id, ball.unique_id))
    found = people.todays_ceiling(person, side, unit, ball.calibration_id, now, ball.unique_id)
    if isinstance(found, NoCeiling) or found.ceiling_kpa is None:
        return SidePlan(earlier)
    if found.ceiling_kpa < CEILING_MIN_KPA:
        return SidePlan(earlier, refused=True)
    return SidePlan(earlier, found.ceiling_kpa, basis_of(found))


class Keeper:
    """Stores what a visit brings as soon as it is there, from the face's thread: the one that decides never waits for a disk."""

    def __init__(self, people: People, person: Person) -> None:
        self.people, self.person = people, person
        self.trouble: list[str] = []
        self.begun = datetime.now(UTC)
        self._path: Path | None = None
        self._kept: set[int] = set()  # outcomes that are stored, by identity
        self._alive: list[object] = []  # so that an identity is not given twice
        self._loaded = self._ended = False

    def tick(self, watch: Watch, leaving: bool = False) -> None:
        """Store what is new."""
        if watch.job is None:
            return
        run = cast("VisitRun", watch.job.run)
        state = run.state
        try:
            for here in state.sides:
                self._calibration(watch, run, here)
            loaded = any(here.load_us for here in state.sides)
            if loaded and not self._loaded or state.ended and not self._ended or leaving and loaded:
                self._loaded, self._ended = loaded, bool(state.ended)
                self._visit(watch, run)
            if leaving:
                for side, here in zip(("left", "right"), state.sides, strict=True):
                    self._lowered(watch, cast(Side, side), here)
        except (RecordingError, ValueError) as error:
            if str(error) not in self.trouble:
                self.trouble.append(str(error))

    def _calibration(self, watch: Watch, run: VisitRun, here: SideState) -> None:
        if here.outcome is None or here.asked_with is None or id(here.outcome) in self._kept:
            return
        self._kept.add(id(here.outcome))
        self._alive.append(here.outcome)
        kept = as_kept(self.people, here.asked_with, here.outcome, run.readings, _ball_id(watch), _recording(watch), datetime.now(UTC))
        if kept is not None:
            self.people.add_calibration(self.person, kept)

    def _lowered(self, watch: Watch, side: Side, here: SideState) -> None:
        """A line that a rating has lowered is today's from now on."""
        import msgspec

        if not here.lowered or here.ceiling_kpa is None:
            return
        last = next(reversed(self.people.calibrations(self.person, side)), None)
        if last is None or last.ceiling_kpa is None or last.ceiling_kpa <= here.ceiling_kpa:
            return
        self.people.add_calibration(
            self.person,
            msgspec.structs.replace(
                last, made_utc=datetime.now(UTC), ceiling_kpa=here.ceiling_kpa, lowered=True, recording=_recording(watch)
            ),
        )

    def _visit(self, watch: Watch, run: VisitRun) -> None:
        from sixten.recording.file import software
        from sixten.recording.visits import Visit, VisitSide, keep_visit, visit_path
        from sixten.session.plan import SIDES

        state = run.state
        if self._path is None:
            self._path = visit_path(self.people, self.person, self.begun)
        sides = {
            cast(Side, name): VisitSide(
                window_s=here.window_s,
                load_s=round(here.load_us / 1e6, 3),
                ceiling_kpa=here.ceiling_kpa,
                own_rating=here.own,
                before=_look(here.before),
                after=_look(here.after),
            )
            for name, here in zip(SIDES, state.sides, strict=True)
            if here.load_us or here.before is not None
        }
        keep_visit(
            self._path,
            Visit(
                begun_utc=self.begun, virtual=self.people.virtual, screened=state.screened, loaded=any(s.load_us for s in state.sides),
                ended=state.ended, sides=sides, recording=_recording(watch), software=software(),
            ),
        )  # fmt: skip


def _look(found: Any) -> dict[str, Any] | None:
    if found is None:
        return None
    balance = None if found.balance is None else found.balance._asdict()
    return {"pain": found.pain, "moving": found.moving, "balance": balance}


def _ball_id(watch: Watch) -> str:
    return watch.hello.unique_id if watch.hello else ""


def _recording(watch: Watch) -> str:
    return watch.job.recorder.path.name if watch.job is not None and watch.job.recorder is not None else ""


def _farewell(watch: Watch, keeper: Keeper) -> None:
    """The visit in a few lines; what stands on the screen is gone by then."""
    for words in keeper.trouble:
        print(f"sixten: {fill(W.NOT_STORED, {'reason': words})}", file=sys.stderr)
    job = watch.job
    if job is None:
        return
    from sixten.session.plan import SIDES
    from sixten.session.retest import verdicts

    run = cast("VisitRun", job.run)
    label = f"{job.label}: " if job.label else ""
    print(f"{label}{tr(W.OVER[run.state.ended] if run.state.ended else W.CUT_OFF)}")
    for name, here in zip(SIDES, run.state.sides, strict=True):
        if here.window_s:
            seconds = ", ".join(f"{s:.0f} s" for s in here.window_s)
            print(fill(W.WINDOWS[name], {"seconds": seconds, "load_s": here.load_us / 1e6}))
        if here.before is not None and here.after is not None:
            for v in verdicts(here.before, here.after):
                print(f"  {W.say('compared', v._asdict())}")
    if job.balls is not None and job.balls.trouble:
        print(f"sixten: {job.balls.trouble}.", file=sys.stderr)
    if run.samples:
        tell_recorded(job)
