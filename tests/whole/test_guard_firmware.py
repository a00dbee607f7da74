"""The line reaches the alarm of the real firmware: host and board closed-loop in the simulator's time, every run the same."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sixten.ball.commands import Commands, asked
from sixten.ball.link import Link
from sixten.ball.mechanics import Mechanics
from sixten.ball.messages import Asked, DeviceEvent, Hello, Mark, Reply
from sixten.ball.port import GATHER_S
from sixten.pressure.sensors import NEWTONS_PER_REL
from sixten.session.rules import Notice, Plan
from sixten.session.run import Run, pump

ROOT = Path(__file__).resolve().parents[2]
LAUNCHER = ROOT / "tests" / "ballsim" / "launch.py"
pytestmark = pytest.mark.skipif(not (ROOT / "build" / "ballsim-core").exists(), reason="no build/ballsim-core: run `make ballsim` first")

CEILING = 40.0
RED_LIGHT = "D7"


@dataclass
class Simulated:
    """A source whose board is the firmware in the simulator, in its time.

    The simulator cannot be spoken to while it runs, but it gives the same bytes each time: it is run until the host has something to
    say, then anew with that among what is sent, until nothing new is said. marks: (t_s, kind, value).
    """

    folder: Path
    sensor: str
    load: str
    seconds: float
    marks: Sequence[tuple[float, str, int | None]] = ()
    happens: str = ""  # rows t_s,event for the simulator
    said: list[tuple[float, bytes]] = field(default_factory=list)
    pins: list[tuple[float, str, bool]] = field(default_factory=list)

    def bytes_at(self) -> list[tuple[float, int]]:
        files = {name: self.folder / f"{name}.csv" for name in ("load", "send", "events", "tx", "pins")}
        files["load"].write_text("t_s,force_n\n" + self.load)
        files["send"].write_text("t_s,line\n" + "".join(f"{t:.6f},{line.decode().strip()}\n" for t, line in self.said))
        files["events"].write_text("t_s,event\n" + self.happens)
        command = [sys.executable, str(LAUNCHER), "--sensor", self.sensor, "--fast", "--seconds", str(self.seconds)]
        command += ["--load", str(files["load"]), "--send", str(files["send"]), "--events", str(files["events"])]
        subprocess.run([*command, "--tx-log", str(files["tx"]), "--pin-log", str(files["pins"])], check=True)
        pins = (line.split() for line in files["pins"].read_text().splitlines())
        self.pins = [(int(us) / 1e6, pin, value == "1") for us, pin, value in pins]
        return [(int(us) / 1e6, int(value)) for us, value in (line.split() for line in files["tx"].read_text().splitlines())]

    def run(self, plan: Plan) -> tuple[Run, list[object], list[tuple[float, object]]]:
        """The session once nothing new is said: the run, everything published, and the same with the host's time of it."""
        while True:
            run, seen, new = Run(plan), [], None
            self._at: list[tuple[float, object]] = []
            new = self._session(run, seen)
            if new is None:
                return run, seen, self._at
            assert len(self.said) < 12, "the host keeps talking"
            self.said.append(new)

    def _session(self, run: Run, seen: list[object]) -> tuple[float, bytes] | None:
        """One pass; the first line that the host has to say and that the simulator was not yet told."""
        link, commands = Link(), Commands()
        known, marks = list(self.said), list(self.marks)
        data, at, t_s = self.bytes_at(), 0, 0.0
        new: list[tuple[float, bytes]] = []

        def events() -> object:  # PortSource's loop, with the simulator's time for the clock
            nonlocal at, t_s
            yield link.connection("live", "", 0.0)
            while t_s < self.seconds and not new:
                t_s += GATHER_S
                begin = at
                while at < len(data) and data[at][0] <= t_s:
                    at += 1
                while marks and marks[0][0] <= t_s:
                    pressed_s, kind, value = marks.pop(0)
                    link.mark(kind, value, pressed_s)
                chunk = bytes(b for _, b in data[begin:at])
                for event in link.feed(chunk, t_s) if chunk else link.tick(t_s):
                    if isinstance(event, Reply):
                        commands.hear(event)
                    yield event
                line = commands.due(t_s)
                if line and (not known or known.pop(0)[1] != line):
                    new.append((t_s, line))
                elif line:
                    yield asked(line)

        def see(what: object) -> None:
            seen.append(what)
            self._at.append((t_s, what))

        pump(events(), None, run, see, commands.ask)  # type: ignore[arg-type]
        return new[0] if new else None


def newtons(sensor: str, kpa: float) -> float:
    return kpa * NEWTONS_PER_REL if sensor == "fsr" else Mechanics.of().newtons(kpa)


def replayed(seen: list[object], plan: Plan) -> list[Notice]:
    run = Run(plan)
    return [o for e in seen if not isinstance(e, tuple) for o in run.feed(e) if isinstance(o, Notice)]  # type: ignore[arg-type]


KEY_S = 575 * GATHER_S + 0.0005  # just missed by one read of the port, so that the next one is as late as it can be


@pytest.mark.parametrize("sensor", ["fsr", "lps28dfw", "ms5837"])
def test_the_board_has_the_line_and_a_lowered_one_within_100_ms(tmp_path: Path, sensor: str) -> None:
    """A slow rise over the line: host and board alarm at the same load. Then held at 90 %, and a rating of 7 lowers it to 81 %: the board
    is told, answers, and its alarm comes on. Then the session is left."""
    slow = "".join(f"{7 + (k - 38.5) / 2},{newtons(sensor, k)}\n" for k in (38.5, 39, 39.5, 40, 40.5, 41))  # 2 kPa/s
    held = newtons(sensor, 0.9 * CEILING)
    board = Simulated(tmp_path, sensor, f"0,0\n6,0\n{slow}8.4,{held}\n", 10.5, [(KEY_S, "rate", 7), (10.0, "close", None)])
    run, seen, at = board.run(Plan(CEILING))
    told = [(t, o) for t, o in at if isinstance(o, Notice)]
    over = next(o.t_us for _, o in told if o.code == "over") / 1e6
    alarms = [(e.t_us / 1e6, e.detail) for e in seen if isinstance(e, DeviceEvent) and e.code == "guard"]
    assert abs(over - alarms[0][0]) < 0.06  # an eighth of a kilopascal
    assert [detail for _, detail in alarms][:3] == ["on", "off", "on"]

    rated = next(t for t, o in told if o.code == "rating")
    assert rated - KEY_S < 2 * GATHER_S
    sent, asked_for = next((t, o) for t, o in at if isinstance(o, Asked) and t > KEY_S)
    answered = next(t for t, o in at if isinstance(o, Reply) and t > sent and o.command_id == asked_for.command_id)
    red = next(t for t, pin, on in board.pins if pin == RED_LIGHT and on and t > KEY_S)
    print(f"\n{sensor}, simulator's time: over by the host at {over:.4f} s, by the board at {alarms[0][0]:.4f} s")
    print(f"key to command {1000 * (sent - KEY_S):.1f} ms, to the red light {1000 * (red - KEY_S):.1f} ms, ", end="")
    print(f"to the answer {1000 * (answered - KEY_S):.1f} ms")
    assert answered - KEY_S < 0.1
    assert red - KEY_S < 0.1
    assert not any(pin == RED_LIGHT and on and 8.4 < t < KEY_S for t, pin, on in board.pins)
    assert run.state.ceiling_kpa == pytest.approx(0.81 * CEILING, rel=0.02)
    assert [n.code for _, n in told if n.code.startswith("guard")] == ["guard_on", "guard_on"]
    assert [e.kind for e in seen if isinstance(e, Mark)] == ["rate", "close"]
    assert [e.text for e in seen if isinstance(e, Asked)][-1] == "guard,0,0"
    assert [e.text for e in seen if isinstance(e, Reply)][-1] == ("22679/21546" if sensor == "fsr" else "95000/90250")
    assert replayed(seen, Plan(CEILING)) == [o for o in seen if isinstance(o, Notice)]


def test_after_a_restart_by_the_watchdog_it_is_set_again(tmp_path: Path) -> None:
    """The program on the board hangs for a quarter second and starts anew, without a word from the cable."""
    run, seen, at = Simulated(tmp_path, "fsr", f"0,0\n6,0\n7,{newtons('fsr', 30)}\n", 9, happens="7.5,hang\n").run(Plan(CEILING))
    hellos = [t for t, o in at if isinstance(o, Hello)]
    assert len(hellos) == 2
    assert [e.reset_cause for e in seen if isinstance(e, Hello)][1] == "watchdog"
    before = [o.text for t, o in at if isinstance(o, Asked) and t < hellos[1]]
    again = [o.text for t, o in at if isinstance(o, Asked) and t > hellos[1]]
    assert again == before[-2:]  # the zero that the host has, then the line above it
    assert run.state.guard.confirmed
    answered = [t for t, o in at if isinstance(o, Reply)][-1]
    print(f"\nfrom the new greeting to the last answer {1000 * (answered - hellos[1]):.1f} ms (simulator's time)")
