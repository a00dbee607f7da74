"""One session being run for a face: the pump in a thread of its own, and what a face may look at meanwhile.

The thread decides; a face only reads what stands here, so a slow paint cannot delay a warning.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # scipy behind these takes most of a second to import; the first frame does not wait for it
    from sixten.ball.messages import Connection, Event, Hello
    from sixten.pressure.readings import Reading
    from sixten.recording.balls import Balls
    from sixten.recording.file import Writer
    from sixten.recording.replay import ReplaySource
    from sixten.session.rules import Notice
    from sixten.session.run import Output, Runs

CLOSE_S = 8.0  # a disk that hangs gets five of these to take the end of the recording
NOTICES_KEPT = 50  # more than a screen shows
# A live source says something every 20 to 100 ms, also when nothing comes. Silent for this long, the pump's thread has died or hangs.
WATCHED_S = 0.25


class Heard(Protocol):
    """The sound of a session, as far as a face has to do with it. state: in words, empty if all is well. silent: on purpose."""

    silent: bool

    @property
    def on(self) -> bool: ...
    @property
    def state(self) -> str: ...
    def mute(self) -> None: ...
    def louder(self, steps: int) -> None: ...


class Source(Protocol):
    """Where events come from: the cable, the virtual ball, or a recording."""

    def __iter__(self) -> Iterator[Event]: ...
    def mark(self, kind: str, value: int | None = None) -> None: ...
    def ask(self, name: str, *args: object) -> int: ...
    def close(self) -> None: ...


@dataclass
class Job:
    """What one session needs. events: the source's events, perhaps paced. label: VIRTUAL, REPLAY or empty. side: left, right or empty.
    no_line: why there is no ceiling, where one was looked for. replay: the source, if it is a recording.

    balls: where the zero is remembered when the session ends. goes_on: a window that was interrupted does not end it.
    """

    source: Source
    events: Iterable[Event]
    run: Runs
    recorder: Writer | None
    label: str = ""
    seconds: float | None = None
    balls: Balls | None = None
    side: str = ""
    no_line: str = ""
    goes_on: bool = False
    replay: ReplaySource | None = None


class Watch:
    """Runs a job. Everything public may be read from any thread."""

    def __init__(self, make: Callable[[], Job], publish: Callable[[Job, Event | Output], None] | None = None) -> None:
        """make: opens the source and imports what is heavy; called in the thread. publish: called in the thread for every output."""
        self._make = make
        self._publish = publish
        self._stop = threading.Event()
        self._started = self._ended_well = False
        self._heard_s: float | None = None
        self.job: Job | None = None
        self.reading: Reading | None = None
        self.connection: Connection | None = None
        self.notices: deque[Notice] = deque(maxlen=NOTICES_KEPT)
        self.hello: Hello | None = None
        self.notice_count = 0
        self.error: BaseException | None = None
        self.on_reading: Callable[[Reading], None] | None = None
        self.on_notice: Callable[[Notice], None] | None = None
        self.sound: Heard | None = None
        # An event of our own: Ctrl-C in the middle of Thread.join makes Python 3.11 believe that the thread has ended.
        self._over = threading.Event()

    def start(self) -> None:
        """Begin."""
        self._started = True
        threading.Thread(target=self._work, name="pump", daemon=True).start()

    @property
    def running(self) -> bool:
        """Whether the session goes on; also before its start."""
        return not self._over.is_set()

    @property
    def watched(self) -> bool:
        """Whether the thread is at work. False once it has died without a word or hangs; a replay may stand still, an end is an end."""
        if self._heard_s is None or self._ended_well or self.job is None or self.job.replay is not None:
            return True
        return time.monotonic() - self._heard_s <= WATCHED_S

    def wait(self, seconds: float | None = None) -> None:
        """Wait for the end, at most ``seconds``."""
        self._over.wait(seconds)

    def close(self) -> None:
        """End the session if it was started: the source is closed, the recording gets its end line."""
        self._stop.set()
        job = self.job
        if job is not None:
            job.source.close()
        if self._started:
            self._over.wait(CLOSE_S)

    def mark(self, kind: str, value: int | None = None) -> None:
        """What the person did just now. Nothing before the session runs, and nothing in a replay."""
        if self.job is not None and self.job.replay is None:
            self.job.source.mark(kind, value)

    def _work(self) -> None:
        try:
            self._session()
            self._ended_well = True
        except Exception as error:
            self.error = error
        finally:
            self._over.set()

    def _session(self) -> None:
        job = self._make()
        self.job = job
        if self._stop.is_set():
            job.source.close()
        from sixten.session.run import pump

        try:
            pump(job.events, job.recorder, job.run, self._seer(job), None if job.replay is not None else job.source.ask)
            while job.replay is not None and job.replay.again():
                job.run = job.replay.recording.run()  # decided anew from the start, because nothing can be decided from the middle
                self.reading, self.notices = None, deque(maxlen=NOTICES_KEPT)
                pump(job.events, None, job.run, self._seer(job))
        finally:
            if job.recorder is not None:
                job.recorder.close(job.run.summary(), keep=job.run.samples > 0)
            readings = job.run.readings
            if job.balls is not None and readings.unique_id is not None and readings.last_zero is not None:
                job.balls.keep_zero(readings.unique_id, readings.last_zero)

    def _seer(self, job: Job) -> Callable[[Event | Output], None]:
        """What looks at everything that is published. A closure, because its imports must not be looked up 600 times a second."""
        from sixten.ball.messages import Connection, Hello
        from sixten.pressure.readings import Gap, Reading
        from sixten.session.rules import Notice

        publish = self._publish
        end_us = None if job.seconds is None else job.seconds * 1e6
        replay = job.replay

        def see(what: Event | Output) -> None:
            kind = type(what)
            self._heard_s = time.monotonic()
            if replay is not None and replay.skipping and isinstance(what, (Reading, Gap, Notice)):  # known, and told to nobody
                if isinstance(what, Notice):
                    self.notices.append(what)
                return
            if kind is Reading:
                assert isinstance(what, Reading)
                self.reading = what
                if self.on_reading is not None:
                    self.on_reading(what)
                if end_us is not None and what.t_us - (job.run.first_us or 0) >= end_us:
                    job.source.close()
            elif isinstance(what, Notice):
                self.notices.append(what)
                self.notice_count += 1
                if self.on_notice is not None:
                    self.on_notice(what)
                if what.code == "ended" and what.values.get("reason") == "interrupted" and not job.goes_on:
                    job.source.close()
            elif isinstance(what, Connection):
                self.connection = what
            elif isinstance(what, Hello):
                self.hello = what
            if publish is not None:
                publish(job, what)

        return see
