"""Recordings that must stay readable for ever, and what they hold: `PYTHONPATH=host:tests python tests/recordings/make.py`.

Makes the recordings that are missing, of the present format; those of versions 1 and 2 were made by the programs of their time. Never
touches one that is there. For each it writes what today's software reads and decides, NAME.expected.json: when a rule is changed on
purpose, run it and look at what differs in these. All from simulated balls and people.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import asdict, fields
from hashlib import blake2b
from pathlib import Path
from typing import Any

from sixten.ball.messages import Event, Samples
from sixten.ball.virtual import VirtualSource
from sixten.ball.virtual_person import PersonSource
from sixten.pain.model import POPULATION
from sixten.pain.person import Person, draw
from sixten.pain.procedure import CalibrationPlan
from sixten.pressure.readings import Reading
from sixten.recording.digest import Digest
from sixten.recording.file import Writer, software
from sixten.recording.reader import Recording, read
from sixten.session.calibrating import CalibrationRun
from sixten.session.rules import Notice, Plan
from sixten.session.run import Run, pump

HERE = Path(__file__).parent
CEILING = 40.0
EVERY = 50  # readings of which one is kept to compare with, six a second
# name: scenario, sensor, seconds, what the person did
STORIES: dict[str, tuple[str, str, float, tuple[tuple[float, str, int | None], ...]]] = {
    "v3-lps28dfw-restless.ndjson.gz": ("restless", "lps28dfw", 56, ((30, "rate", 4),)),
    "v3-fsr-falls-off.ndjson.gz": ("falls-off", "fsr", 56, ()),
    "v3-ms5837-warm.ndjson.gz": ("warm", "ms5837", 90, ()),
    "v3-ms5837-leaks.ndjson.gz": ("leaks", "ms5837", 90, ()),
    "v3-fsr-steady.ndjson": ("steady", "fsr", 5, ((4, "stop", None),)),
}
CALIBRATION = "v2-calibration.ndjson.gz"
CALIBRATION_S = 45.0


def ending(events: Any, ball: VirtualSource, seconds: float, marks: tuple[tuple[float, str, int | None], ...] = ()) -> Iterator[Event]:
    todo = list(marks)
    for event in events:
        yield event
        if isinstance(event, Samples):
            while todo and event.t_us[-1] >= todo[0][0] * 1e6:
                ball.mark(*todo.pop(0)[1:])
            if event.t_us[-1] >= seconds * 1e6:
                ball.close()


def make(name: str) -> None:
    path = HERE / name
    if name == CALIBRATION:
        plan = CalibrationPlan("left", 6, POPULATION, "self")
        header = {"virtual": True, "kind": "calibration", "person": "0123456789abcdef", "side": "left", "plan": asdict(plan)}
        person, calibration = PersonSource(Person(draw(6, "healthy"), 6)), CalibrationRun(plan)
        writer = Writer(path, header)
        told = lambda out: person.see(out) if isinstance(out, Notice) else None  # noqa: E731
        pump(ending(person, person, CALIBRATION_S), writer, calibration, told, person.ask)
        writer.close(calibration.summary())
        return
    scenario, sensor, seconds, marks = STORIES[name]
    session = Plan(CEILING)
    run, ball = Run(session), VirtualSource(scenario, CEILING, sensor)
    writer = Writer(path, {"virtual": True, "plan": asdict(session), "person": "0123456789abcdef", "side": "left"})
    pump(ending(ball, ball, seconds, marks), writer, run, lambda out: None, ball.ask)
    writer.close(run.summary())


def contents(recording: Recording) -> dict[str, Any]:
    """What any program must find in the file, however it cuts the samples."""
    columns = [blake2b(digest_size=8) for _ in range(3)]
    others = blake2b(digest_size=8)
    count = 0
    for event in recording.events:
        if isinstance(event, Samples):
            for column, values in zip(columns, (event.t_us, event.flags, event.raw), strict=True):
                column.update(b"".join(b"%d," % v for v in values))
            count += len(event.raw)
        else:
            said = [f"{f.name}={value!r}" for f in fields(event) if (value := getattr(event, f.name)) != f.default]
            others.update(f"{count}:{type(event).__name__}:{said}".encode())  # so that a new field with a default changes nothing
    return {
        "samples": count, "t_us": columns[0].hexdigest(), "flags": columns[1].hexdigest(), "raw": columns[2].hexdigest(),
        "others": others.hexdigest(), "notices": [list(n) for n in recording.notices],
    }  # fmt: skip


def decided(recording: Recording) -> dict[str, Any]:
    """What today's software decides, the digests of all readings, and one reading in EVERY."""
    run, digest = recording.run(), Digest()
    notices: list[Any] = []
    readings: list[list[float | int | None]] = []
    digests: list[str] = []
    n = 0
    for event in recording.events:
        for out in run.feed(event):
            if isinstance(out, Notice):
                notices.append(list(out))
                continue
            if line := digest.add(out):
                digests.append(line["digest"])
            if isinstance(out, Reading):
                if n % EVERY == 0:
                    good = out.quality in ("ok", "saturated")
                    readings.append([out.t_us, *((out.gauge_kpa, out.smooth_kpa, out.rate_kpa_s) if good else (None, None, None))])
                n += 1
    return {"software": software(), "notices": notices, "digests": digests, "readings": readings}


def recordings() -> list[Path]:
    return sorted(p for p in HERE.iterdir() if p.name.endswith((".ndjson", ".ndjson.gz")))


def expected_path(path: Path) -> Path:
    return path.with_name(path.name + ".expected.json.gz")


def main() -> None:
    for name in (*STORIES, CALIBRATION):
        if not (HERE / name).exists():
            make(name)
    for path in recordings():
        recording = read(path)
        if expected_path(path).exists():  # what stands in the file never changes, whatever the rules do
            assert json.loads(gzip.decompress(expected_path(path).read_bytes()))["contents"] == contents(recording), path
        text = json.dumps({"contents": contents(recording), "decided": decided(recording)})
        expected_path(path).write_bytes(gzip.compress(text.encode(), mtime=0))
        print(f"{path.name}: {path.stat().st_size} bytes, {len(recording.notices)} decisions")


if __name__ == "__main__":
    main()
