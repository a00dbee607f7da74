"""`sixten flatboard`: the guided calibration with a bathroom scale, in lines and typed numbers."""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
from collections.abc import Iterable
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sixten.ball.messages import BallError
from sixten.cli.common import Speed, app, check_ball, check_simulated, fail, only_port, speed_of
from sixten.language import fill, tr
from sixten.recording.errors import RecordingError
from sixten.words import FLAT_BOARD, say

if TYPE_CHECKING:
    from sixten.ball.messages import Event
    from sixten.ball.virtual import VirtualSource
    from sixten.pressure.readings import Reading
    from sixten.recording.balls import Balls
    from sixten.session.flatboard import State, Values
    from sixten.session.run import Output, Run
    from sixten.watch import Source

LINES_AHEAD = 256  # lines typed, or piped in, before they are asked for; what reads them waits with the rest
SHOW_EVERY_US = 250_000  # of the ball's time
CLEAR = "\r\x1b[K"  # the line that is being shown in place
LINE_BYTES = 4096  # of one line; the rest of a longer one is dropped
NOTICES = ("stale", "lost", "back", "recording_lost")  # of the session's, those that matter here


@app.command()
def flatboard(
    port: Annotated[str | None, typer.Option(help="The ball's serial port.")] = None,
    virtual: Annotated[bool, typer.Option("--virtual", help="A ball made of software, on a scale made of software.")] = False,
    sensor: Annotated[str | None, typer.Option(help="With --virtual: fsr, lps28dfw or ms5837 inside.")] = None,
    speed: Speed = "1",
    out: Annotated[Path | None, typer.Option(help="Record into this file.")] = None,
    no_record: Annotated[bool, typer.Option("--no-record", help="Keep no recording; the calibration is still stored.")] = False,
) -> None:
    """Calibrate a ball in newtons: between two boards on a bathroom scale, with six weights."""
    times = speed_of(speed)
    check_ball(port, virtual, "", sensor, out, no_record)
    check_simulated(None, times, virtual)
    if not virtual:
        port = port or only_port()
        if port is None:
            fail("no ball found; name its port with --port (see `sixten ports`), or try --virtual.")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    from dataclasses import asdict

    from sixten.ball.mechanics import REAL
    from sixten.ball.port import PortSource
    from sixten.ball.virtual import VirtualSource
    from sixten.recording.balls import Balls, remembering
    from sixten.recording.closing import tidy
    from sixten.recording.file import Writer
    from sixten.recording.places import balls_folder, new_session_path
    from sixten.recording.replay import paced
    from sixten.session.rules import Plan
    from sixten.session.run import Run, pump

    plan = Plan()
    try:
        source: PortSource | VirtualSource = VirtualSource(None, None, sensor or "fsr", REAL) if port is None else PortSource(port)
    except ValueError as error:
        fail(error)
    balls = Balls(balls_folder(virtual))
    run = Run(plan)
    events: Iterable[Event] = remembering(source, balls, flat_board=False)
    if times is not None and port is None:
        events = paced(events, times, closed=lambda: source.closed)  # type: ignore[union-attr]
    path = None if no_record else out or new_session_path(virtual)
    if path is not None and out is None:
        tidy(path.parent)
    try:
        writer = Writer(path, {"virtual": virtual, "plan": asdict(plan), "procedure": "flatboard"}) if path else None
    except RecordingError as error:
        fail(error)
    scale = VirtualScale(source) if isinstance(source, VirtualSource) else None
    label = "VIRTUAL " if virtual else ""
    guide: Guide | None = None
    failed: BallError | None = None
    interrupted = False
    try:
        guide = Guide(source, run, balls, scale, waits=times is None, label=label)
        pump(events, writer, run, guide)
    except BallError as error:
        failed = error
    except KeyboardInterrupt:
        interrupted = True
        if guide is None or guide.state.phase != "kept":
            print(f"\n{label}{tr(FLAT_BOARD['stopped'])}", flush=True)
    if writer is not None:
        writer.close(run.summary(), keep=run.samples > 0)
    if failed is not None:
        fail(failed)
    if interrupted:
        raise typer.Exit(130)
    if balls.trouble:
        print(f"sixten: {balls.trouble}.", file=sys.stderr)
    if guide is not None and guide.failed:
        raise typer.Exit(2)


class Guide:
    """Sees everything that is published, leads the procedure with it, and turns typed lines into the source's marks."""

    def __init__(self, source: Source, run: Run, balls: Balls, scale: VirtualScale | None, waits: bool, label: str) -> None:
        """waits: time stands still while the person types (a virtual ball without a pace of its own)."""
        from sixten.session.flatboard import start

        self.failed = False  # it was to be kept and could not be
        self._source, self._run, self._balls, self._scale, self._waits, self._label = source, run, balls, scale, waits, label
        self._lines = Lines()
        self._asked = False  # a mark is on its way
        self._ball: str | None = None
        self._progress = sys.stdout.isatty() and not waits
        self._shown_us = 0
        self.state, said = start()
        for s in said:
            self._say(s.code, s.values)

    def __call__(self, what: Event | Output) -> None:
        from sixten.ball.messages import Mark
        from sixten.pressure.readings import Reading
        from sixten.pressure.zero import ZeroNews
        from sixten.session.flatboard import OVER, ZERO, step
        from sixten.session.rules import Notice

        if self.state.phase in OVER:
            return
        if isinstance(what, (Reading, ZeroNews, Mark)):
            self._asked = self._asked and not isinstance(what, Mark)
            self.state, said = step(self.state, what, self._run.readings.temperature_c)
            for s in said:
                self._say(s.code, s.values)
        elif isinstance(what, Notice) and (what.code in NOTICES or what.code == "zero_needed" and self.state.phase == ZERO):
            self.tell(say(what.code, what.values))
            if what.code == "lost":
                self._end("lost")
        ball = self._run.readings.unique_id
        if self._ball is not None and ball != self._ball:
            self._end("lost")
        self._ball = ball
        if self.state.phase in OVER:
            self._finish()
        else:
            if self._scale is not None:
                self._scale.press(self.state)
            self._listen()
            if self._progress and isinstance(what, Reading):
                self._show(what)

    def tell(self, sentence: str) -> None:
        """One line to the person."""
        print(f"{CLEAR if self._progress else ''}{self._label}{sentence}", flush=True)

    def _show(self, reading: Reading) -> None:
        """How far the wait has come, in place, where nothing is being typed."""
        from sixten.session.flatboard import HOLD, HOLD_S, REST, REST_S

        wait_s = {HOLD: HOLD_S, REST: REST_S}.get(self.state.phase)
        if wait_s is None or reading.t_us - self._shown_us < SHOW_EVERY_US:
            return
        self._shown_us = reading.t_us
        held_s = 0.0 if self.state.since_us is None else (self.state.t_us - self.state.since_us) / 1e6
        number = "--.-" if isnan(reading.smooth_kpa) else f"{reading.smooth_kpa:.1f}"
        so_far = fill(FLAT_BOARD["so_far"], {"now": min(held_s, wait_s), "of": wait_s})
        print(f"{CLEAR}{self._label}{number} {reading.unit}  {so_far}", end="", flush=True)

    def _say(self, code: str, values: Values) -> None:
        self.tell(fill(FLAT_BOARD[code], values))
        if code == "type" and self._scale is not None:
            self._say("virtual_scale", {"kg": self._scale.kg})

    def _listen(self) -> None:
        from sixten.session.flatboard import TYPE, meant

        if self._asked or self._waits and not self.state.awaits:
            return
        line = self._lines.next(wait=self._waits)
        if line is None:
            return
        if line == "" and self._scale is not None and self.state.phase == TYPE:
            line = f"{self._scale.kg:.1f}"
        mark = ("stop", None) if line == END else meant(self.state, line)
        if mark is None:
            if line.strip():
                self._say("huh", {})
            return
        self._asked = True
        self._source.mark(*mark)

    def _end(self, code: str) -> None:
        from sixten.session.flatboard import STOPPED

        self.state = self.state._replace(phase=STOPPED, board=None)
        self._say(code, {})

    def _finish(self) -> None:
        from sixten.session.flatboard import HOLD_S, calibration

        self._source.close()
        readings, board = self._run.readings, self.state.board
        points = calibration(self.state, readings.sensor.key) if readings.sensor else None
        if points is None or board is None or readings.unique_id is None:
            return
        try:
            self._balls.keep_flat_board(readings.unique_id, points, board, self.state.temperature_c, HOLD_S)
        except RecordingError as error:
            print(f"sixten: the calibration could not be stored: {error}.", file=sys.stderr)
            self.failed, self._balls.trouble = True, ""
            return
        values: Values = {"ball": readings.unique_id, "lowest": board.lowest_kpa, "highest": board.highest_kpa, "unit": board.unit}
        self._say("kept", values)


class VirtualScale:
    """The person and the bathroom scale of the virtual ball: does what the procedure asks, and shows it to 0.1 kg."""

    SQUEEZE_KG = 40.0

    def __init__(self, source: VirtualSource) -> None:
        self._source = source
        self.kg = 0.0

    def press(self, state: State) -> None:
        """The load that the procedure asks for now."""
        from sixten.session.flatboard import G_N_KG, HOLD, SQUEEZE, STEPS, TYPE

        kg = 0.0
        if state.phase == SQUEEZE and not state.squeezed and state.t_us:
            kg = self.SQUEEZE_KG
        elif state.phase in (HOLD, TYPE):
            kg = STEPS[state.step].kg
        self.kg = round(kg, 1)
        self._source.press(kg * G_N_KG)


END = "\0"  # nothing more will be typed; cannot be typed itself


class Lines:
    """What is typed or piped in, line by line, read by a thread so that the ball is never kept waiting."""

    def __init__(self) -> None:
        self._queue: queue.Queue[str] = queue.Queue(LINES_AHEAD)
        self._ended = False
        threading.Thread(target=self._work, name="lines", daemon=True).start()

    def next(self, wait: bool) -> str | None:
        """The next line, or END; None if there is none yet. wait: until there is."""
        if self._ended:
            return END
        while True:
            try:
                line = self._queue.get(timeout=0.2) if wait else self._queue.get_nowait()
            except queue.Empty:
                if wait:  # in pieces, so that Ctrl-C is heard
                    continue
                return None
            self._ended = line == END
            return line

    def _work(self) -> None:
        """Reads the descriptor itself: a thread that waits inside sys.stdin would make the interpreter's end fatal."""
        rest = b""
        while True:
            try:
                data = os.read(0, LINE_BYTES)
            except OSError:
                data = b""
            if not data:
                break
            *lines, rest = (rest + data).split(b"\n")
            rest = rest[:LINE_BYTES]
            for line in lines:
                self._queue.put(line[:LINE_BYTES].decode("utf-8", "replace").replace("\0", "").strip())
        if rest:
            self._queue.put(rest.decode("utf-8", "replace").replace("\0", "").strip())
        self._queue.put(END)
