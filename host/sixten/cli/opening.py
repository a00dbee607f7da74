"""A session as the command line or the window asks for it: which source, which recorder, and what is kept at its end."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sixten.cli.common import BadInput, farewell
from sixten.cli.whose import Whose, greeting
from sixten.language import tr
from sixten.watch import Job, Watch
from sixten.window_words import SAY_WHO

if TYPE_CHECKING:
    from sixten.recording.settings import Trouble

VIRTUAL_CEILING_KPA = 40.0  # a middling line, so that the virtual ball has something to warn of when none is given


@dataclass
class Opening:
    """port: None for the virtual ball; usb_key: what is behind it, if that is known; picked: the person chose it among several. times:
    real time; None for as fast as it goes. guided: a window with getting on, count and phases, where there are a side and a line.
    tells: whether to say on stderr why there is no line.
    """

    port: str | None = None
    scenario: str | None = None
    sensor: str | None = None
    times: float | None = 1.0
    whose: Whose | None = None
    side: str = ""
    ceiling_kpa: float | None = None
    seconds: float | None = None
    out: Path | None = None
    record: bool = True
    guided: bool = False
    picked: bool = False
    tells: bool = False
    usb_key: str = ""
    job: Job | None = field(default=None, init=False)

    @property
    def label(self) -> str:
        """What stands in every frame."""
        return "VIRTUAL" if self.port is None else ""

    def make(self) -> Job:
        """Opens the source first, so that a board boots while scipy is imported."""
        if self.port is not None:
            from sixten.ball.port import PortSource, usb_key

            self.usb_key = self.usb_key or usb_key(self.port)  # while it is plugged in
            source = PortSource(self.port)
            source.open()
        from dataclasses import asdict

        from sixten.ball.virtual import VirtualSource
        from sixten.recording.balls import Balls, remembering
        from sixten.recording.closing import tidy
        from sixten.recording.file import Writer
        from sixten.recording.places import balls_folder, new_session_path
        from sixten.recording.replay import paced
        from sixten.session.rules import Plan
        from sixten.session.run import Run

        virtual, sensor = self.port is None, self.sensor or "fsr"
        ceiling_kpa = self.ceiling_kpa
        if virtual and ceiling_kpa is None and self.whose is None:
            ceiling_kpa = VIRTUAL_CEILING_KPA
        balls = Balls(balls_folder(virtual), keep=self.record)
        try:
            events = remembering(VirtualSource(self.scenario, None, sensor) if virtual else source, balls)
            plan, no_line = Plan(ceiling_kpa), ""
            if self.whose is not None:
                ball_says, events = greeting(events)
                plan, no_line = self.whose.plan(ball_says, ceiling_kpa)
            ball = VirtualSource(self.scenario, plan.ceiling_kpa, sensor)
            if self.guided and self.side and plan.ceiling_kpa is not None:
                plan = replace(plan, guided=True, side=self.side)
        except ValueError as error:
            raise BadInput(error) from error
        if self.guided and plan.ceiling_kpa is None and not no_line:
            no_line = tr(SAY_WHO)
        if no_line and self.tells:
            print(f"sixten: no ceiling, so no window: {no_line}", file=sys.stderr)
        path = self.out or new_session_path(virtual) if self.record else None
        if path is not None and self.out is None:
            tidy(path.parent)
        whose = {} if self.whose is None else {"person": self.whose.person.id, "side": self.whose.side}
        header = {"virtual": virtual, "plan": asdict(plan)} | whose
        recorder = Writer(path, header) if path else None
        if virtual:
            events = remembering(ball, balls)
            if self.times is not None:
                events = paced(events, self.times, closed=lambda: ball.closed)
            job = Job(ball, events, Run(plan), recorder, "VIRTUAL", self.seconds, balls)
        else:
            job = Job(source, events, Run(plan), recorder, "", self.seconds, balls)
        job.side, job.no_line = self.side, no_line
        self.job = job
        return job

    def keep_lowered(self, job: Job | None) -> str:
        """A line that a rating has lowered is today's from now on; or why it could not be stored."""
        return self.whose.keep_lowered(job) if self.whose is not None and job is not None and self.record else ""

    def remember(self, watch: Watch) -> Trouble | None:
        """A port that a ball answered on is opened without asking the next time."""
        from sixten.recording.settings import change, load_settings, remember_ball

        if self.port is None or watch.hello is None or not self.usb_key:
            return None
        trouble = remember_ball(self.usb_key)
        if self.picked:
            others = [key for key in load_settings().picked if key != self.usb_key]
            trouble = change(picked=[*others, self.usb_key]) or trouble
        return trouble

    def end(self, watch: Watch) -> list[str]:
        """For the window: keeps what is to be kept, tells it on the terminal too, and returns what there is to say."""
        self.remember(watch)
        job = watch.job
        said = [self.keep_lowered(job)]
        if job is not None:
            said += [*(farewell(job) if job.run.samples else []), job.balls.trouble if job.balls is not None else ""]
        said = [words for words in said if words]
        for words in said:
            print(words)
        return said
