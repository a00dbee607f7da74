"""The closed form, repair of what was cut off, and the companion."""

import gzip
import json
import os
import subprocess
import sys
import zlib
from dataclasses import asdict
from pathlib import Path

import pytest

from sixten.ball.messages import Clock, Event, Mark, Samples
from sixten.ball.virtual import SCENARIOS, VirtualSource
from sixten.recording.closing import close, repair, tidy
from sixten.recording.companion import Corrections, companion_path, correct, corrections
from sixten.recording.errors import RecordingError
from sixten.recording.file import Writer
from sixten.recording.head import head
from sixten.recording.lines import follows, joined, seal, unseal
from sixten.recording.lock import myself
from sixten.recording.reader import Recording, read
from sixten.recording.replay import verify
from sixten.session.rules import Plan
from sixten.session.run import Run, pump

CEILING = 40.0
SENSORS = ("fsr", "lps28dfw", "ms5837")


def record(path: Path, scenario: str = "falls-off", sensor: str = "fsr", **header: object) -> Path:
    """Returns where it is now."""
    plan = Plan(CEILING)
    run = Run(plan)
    writer = Writer(path, {"virtual": True, "plan": asdict(plan), **header})
    ball = VirtualSource(scenario, CEILING, sensor)
    pump(ball, writer, run, lambda out: None, ball.ask)
    writer.close(run.summary())
    assert writer.failure == ""
    return writer.path


def flat(recording: Recording) -> list[object]:
    """The events, however their samples are cut: one entry a sample."""
    out: list[object] = []
    for e in recording.events:
        if isinstance(e, Samples):
            extra = dict(e.extra)
            out += [((e.seq + i) % 65536, e.t_us[i], e.flags[i], e.raw[i], extra.get(i)) for i in range(len(e.raw))]
        else:
            out.append(e)
    return out


def blocks(recording: Recording) -> int:
    return sum(isinstance(e, Samples) for e in recording.events)


def dead_process() -> object:
    script = "import json; from sixten.recording.lock import myself; print(json.dumps(myself()))"
    return json.loads(subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record(tmp_path_factory.mktemp("plain") / "one.ndjson", "overshoot")


@pytest.mark.parametrize("sensor", SENSORS)
@pytest.mark.parametrize("scenario", ["overshoot", "unplugged", "saturates", "restless"])
def test_closed_it_holds_the_same_and_decides_the_same(tmp_path: Path, scenario: str, sensor: str) -> None:
    """Joined into half seconds, packed, and read back: every sample, every event in its place, bit for bit the same readings."""
    assert scenario in SCENARIOS
    before = read(record(tmp_path / "a.ndjson", scenario, sensor))
    path = close(before.path)
    assert path.name == "a.ndjson.gz"
    assert not before.path.exists()
    after = read(path)
    assert after.damage == []
    assert flat(after) == flat(before)
    assert (after.header, after.end, after.notices, after.digests) == (before.header, before.end, before.notices, before.digests)
    assert blocks(after) < blocks(before) / 3  # a ball that is unplugged again and again has short pieces
    words = verify(after).words
    assert "bit for bit" in words, words


def test_a_gz_name_is_recorded_plain_and_then_closed(tmp_path: Path) -> None:
    plan = Plan(CEILING)
    writer = Writer(tmp_path / "s.ndjson.gz", {"virtual": True, "plan": asdict(plan)})
    assert writer.path == tmp_path / "s.ndjson"
    writer.put(Samples(0, (1000, 2000), (0, 0), (5, 6)))
    writer.close({"samples": 2})
    assert [p.name for p in tmp_path.iterdir()] == ["s.ndjson.gz"]
    assert writer.path == tmp_path / "s.ndjson.gz"
    assert writer.path.stat().st_mode & 0o077 == 0
    assert read(tmp_path / "s.ndjson").events == [Samples(0, (1000, 2000), (0, 0), (5, 6))]  # found by its old name


def test_the_first_member_is_header_summary_and_index(plain: Path, tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_bytes(plain.read_bytes())
    path = close(tmp_path / "a.ndjson")
    data = path.read_bytes()
    member = zlib.decompressobj(31)
    lines = member.decompress(data).splitlines()
    assert [unseal(line)["k"] for line in lines] == ["header", "end", "index"]
    index = unseal(lines[2])
    behind = member.unused_data
    assert index["size"] == len(behind)
    for at, t_us in zip(index["at"], index["t_us"], strict=True):
        inside = [unseal(line) for line in zlib.decompressobj(31).decompress(behind[at:]).splitlines()]
        assert next(o["t"] for o in inside if o["k"] == "s") == t_us
    assert all(b - a >= 10_000_000 for a, b in zip(index["t_us"], index["t_us"][1:], strict=False))
    assert {json.loads(line)["k"] for line in gzip.decompress(data).splitlines()} >= {"s", "notice", "mark", "digest"}  # any tool can


def test_head_reads_header_and_end_of_both_forms(plain: Path, tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_bytes(plain.read_bytes())
    whole = read(plain)
    for path in (plain, close(tmp_path / "a.ndjson")):
        got = head(path)
        assert (got.header, got.end) == (whole.header, whole.end)
    torn = tmp_path / "torn.ndjson"
    torn.write_bytes(plain.read_bytes()[:-7])
    assert head(torn).end is None
    assert head(torn).header == whole.header


@pytest.mark.parametrize("span_s", [(0.0, 1.0), (20.0, 21.0), (29.9, 30.1), (85.0, 900.0), (500.0, 900.0)])
def test_a_part_of_a_closed_file_is_what_lies_in_it(plain: Path, tmp_path: Path, span_s: tuple[float, float]) -> None:
    (tmp_path / "a.ndjson").write_bytes(plain.read_bytes())
    closed = close(tmp_path / "a.ndjson")
    begin, end = (round(s * 1e6) for s in span_s)

    def inside(recording: Recording) -> list[object]:
        out = [x for x in flat(recording) if isinstance(x, tuple) and begin <= x[1] <= end]
        return [*out, *(e for e in recording.events if not isinstance(e, Samples) and begin <= getattr(e, "t_us", -1) <= end)]

    part = read(closed, (begin, end))
    whole = read(plain)
    assert part.damage == []
    assert inside(part) == inside(whole)
    assert part.notices == [n for n in whole.notices if begin <= n.t_us <= end]
    assert (part.header, part.end) == (whole.header, whole.end)
    assert flat(read(plain, (begin, end))) != flat(whole)


def test_what_a_notice_followed_from_stays_a_block_of_its_own(tmp_path: Path) -> None:
    blocks: list[Event] = [Samples(2 * i, (2000 * i + 1000, 2000 * i + 2000), (0, 0), (i, i)) for i in range(6)]
    path = tmp_path / "a.ndjson"
    lines = [seal({"k": "header", "format": "sixten-recording", "version": 2})]
    lines += [seal({"k": "s", "q": b.seq, "t": b.t_us[0], "dt": 1000, "f": 0, "v": b.raw}) for b in blocks if isinstance(b, Samples)]
    lines.insert(5, seal({"k": "notice", "t_us": 8000, "code": "work", "values": {}}))
    lines.insert(7, seal({"k": "clock", "t_us": 10000, "host_ns": 1}))
    path.write_bytes(b"".join([*lines, seal({"k": "end"})]))
    got = read(close(path)).events
    assert [len(e.raw) if isinstance(e, Samples) else type(e) for e in got] == [6, 2, 2, Clock, 2]


def test_blocks_apart_in_time_are_never_joined() -> None:
    """A pause restarts the filters, and is looked for between blocks alone."""
    a = Samples(65534, (0, 3328), (0, 0), (1, 2), ((1, 7),))
    b = Samples(0, (6656,), (0,), (3,), ((0, 8),))
    assert follows(a, b)
    assert joined([a, b]) == Samples(65534, (0, 3328, 6656), (0, 0, 0), (1, 2, 3), ((1, 7), (2, 8)))
    assert not follows(a, Samples(1, (6656,), (0,), (3,)))
    assert not follows(a, Samples(0, (300_000,), (0,), (3,)))
    assert not follows(a, Samples(0, (0,), (0,), (3,)))


def test_without_room_the_plain_file_stays(tmp_path: Path) -> None:
    """A limit on file sizes stands in for a disk with room for the session and not for its closed form."""
    script = f"""
import resource, signal
from pathlib import Path
import sixten.recording.file as f
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
really = f.close
def close(path):
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
    try:
        return really(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
f.close = close
from recording.test_closing import record
print(record(Path({str(tmp_path / "s.ndjson.gz")!r})))
"""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=env)
    assert done.stdout.strip() == str(tmp_path / "s.ndjson"), done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["s.ndjson"]
    assert verify(read(tmp_path / "s.ndjson")).same


def test_a_damaged_line_is_carried_along_and_told_in_both_forms(plain: Path, tmp_path: Path) -> None:
    lines = plain.read_bytes().splitlines(keepends=True)
    lines[100] = lines[100].replace(b"6", b"7", 1)
    bad = tmp_path / "bad.ndjson"
    bad.write_bytes(b"".join(lines))
    before = read(bad)
    after = read(close(bad))
    assert flat(after) == flat(before)
    assert [d.split(": ")[1] for d in after.damage] == [d.split(": ")[1] for d in before.damage] == ["damaged"]


def test_another_recording_of_that_name_is_not_overwritten(plain: Path, tmp_path: Path) -> None:
    a = tmp_path / "a.ndjson"
    a.write_bytes(plain.read_bytes())
    other = record(tmp_path / "a.ndjson.gz".replace("a", "b", 1), "saturates")
    other.rename(tmp_path / "a.ndjson.gz")
    with pytest.raises(RecordingError, match="another recording"):
        close(a)
    assert a.exists()
    with pytest.raises(RecordingError, match="never overwritten"):
        Writer(tmp_path / "a.ndjson.gz", {})


def test_a_program_that_died_between_rename_and_removal(plain: Path, tmp_path: Path) -> None:
    a = tmp_path / "a.ndjson"
    a.write_bytes(plain.read_bytes())
    closed = close(a)
    packed = closed.read_bytes()
    a.write_bytes(plain.read_bytes())
    assert close(a) == closed
    assert not a.exists()
    assert closed.read_bytes() == packed


def cut_off(folder: Path, plain: Path, share: float, writer: object) -> Path:
    """A session whose program died: no end line, half a line at its end."""
    lines = plain.read_bytes().splitlines(keepends=True)
    header = {k: v for k, v in unseal(lines[0]).items() if k != "c"}
    kept = [seal({**header, "writer": writer}), *lines[1 : round(share * len(lines))], lines[5][:11]]
    path = folder / "cut.ndjson"
    path.write_bytes(b"".join(kept))
    return path


def test_what_was_cut_off_is_repaired_at_the_next_start(plain: Path, tmp_path: Path) -> None:
    before = read(cut_off(tmp_path, plain, 0.5, dead_process()))
    (tmp_path / "cut.notes.ndjson").write_bytes(b"")
    assert tidy(tmp_path) == [tmp_path / "cut.ndjson.gz"]
    after = read(tmp_path / "cut.ndjson.gz")
    assert after.damage == []
    assert flat(after) == flat(before)
    assert after.end is not None
    assert after.end["recovered"] is True
    assert after.end["samples"] == sum(len(e.raw) for e in before.events if isinstance(e, Samples))
    assert after.end["peak_kpa"] > 30
    assert verify(after).same
    assert sorted(p.name for p in tmp_path.iterdir()) == ["cut.ndjson.gz", "cut.notes.ndjson"]
    assert tidy(tmp_path) == []


def test_what_an_older_program_had_begun_is_closed_so_that_it_can_read_it(tmp_path: Path) -> None:
    """Before this program was put in its place it died: only what version 2 knew may stand in a file that says version 2."""
    plain = record(tmp_path / "whole" / "one.ndjson", "restless", "lps28dfw")
    first, *lines = plain.read_bytes().splitlines(keepends=True)
    keys: dict[int, set[str]] = {}
    for version in (2, 3):
        header = {**unseal(first), "version": version, "writer": dead_process()}
        (tmp_path / "cut.ndjson").write_bytes(b"".join([seal({k: v for k, v in header.items() if k != "c"}), *lines[:-1]]))
        (repaired,) = tidy(tmp_path)
        found = [unseal(line) for line in gzip.decompress(repaired.read_bytes()).splitlines()]
        keys[version] = {k for line in found for k in line if line["k"] == "s" and k in ("v", "d", "dd")}
        assert read(repaired).damage == []
        repaired.unlink()
    assert keys == {2: {"d"}, 3: {"d", "dd"}}


@pytest.mark.parametrize(
    "writer",
    [myself(), {**myself(), "host": "elsewhere", "pid": 999_999_999}, None, "x", {"pid": "x"}],
    ids=["alive", "another machine", "unknown", "nonsense", "no process"],
)
def test_without_a_dead_owner_nothing_is_touched(plain: Path, tmp_path: Path, writer: object) -> None:
    path = cut_off(tmp_path, plain, 0.3, writer)
    data = path.read_bytes()
    assert tidy(tmp_path) == []
    with pytest.raises(RecordingError, match="may still be written to"):
        repair(path)
    assert path.read_bytes() == data


def test_another_process_under_the_same_number_is_not_the_owner(plain: Path, tmp_path: Path) -> None:
    if not myself()["started"]:
        pytest.skip("this system does not say when a process began")
    cut_off(tmp_path, plain, 0.3, {**myself(), "started": "1"})
    assert len(tidy(tmp_path)) == 1


def test_files_that_are_not_ours_to_repair_stay(tmp_path: Path) -> None:
    contents = {
        "empty.ndjson": b"",
        "torn.ndjson": b'{"k":"header"',
        "other.ndjson": b'{"a":1}\n',
        "newer.ndjson": seal({"k": "header", "format": "sixten-recording", "version": 99, "writer": dead_process()}),
        "older.ndjson": seal({"k": "header", "format": "sixten-recording", "version": 1}),
    }
    for name, data in contents.items():
        (tmp_path / name).write_bytes(data)
    assert tidy(tmp_path) == []
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == contents
    assert tidy(tmp_path / "nowhere") == []


# --- the companion --------------------------------------------------------------------------------------------------------


def test_corrections_add_up_and_the_recording_stays(plain: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    path.write_bytes(plain.read_bytes())
    assert corrections(path) == Corrections()
    assert correct(path, remark="  the  ball lay\nbadly ") == Corrections(remarks=("the ball lay badly",))
    assert not corrections(path).calibration_detached
    correct(path, side="right")
    got = correct(path, person_id="0123456789abcdef", side="left", remark="again")
    assert got == Corrections("0123456789abcdef", "left", ("the ball lay badly", "again"), True)
    assert path.read_bytes() == plain.read_bytes()
    assert companion_path(path).stat().st_mode & 0o077 == 0
    assert corrections(close(path)) == got  # one companion for both forms
    assert corrections(path) == got


def test_a_torn_or_damaged_correction_costs_itself_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson.gz"
    correct(path, side="left")
    notes = companion_path(path)
    notes.write_bytes(notes.read_bytes() + notes.read_bytes().replace(b"left", b"lefs") + b'{"k":"correction","version":1,"utc":"2026')
    assert correct(path, remark="still here") == Corrections(None, "left", ("still here",), True, damaged=2)


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ({}, "nothing to correct"),
        ({"remark": "  "}, "nothing to correct"),
        ({"side": "both"}, "no side 'both'"),
        ({"person_id": "../x"}, "not the id of a person"),
        ({"remark": "x" * 2001}, "at most 2000"),
    ],
)
def test_what_cannot_be_a_correction(tmp_path: Path, what: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        correct(tmp_path / "a.ndjson", **what)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_a_newer_companion_and_a_huge_one_are_refused_in_words(tmp_path: Path) -> None:
    notes = companion_path(tmp_path / "a.ndjson")
    notes.write_bytes(seal({"k": "correction", "version": 2, "person": None, "side": "left", "remark": None}))
    with pytest.raises(RecordingError, match="newer version"):
        corrections(tmp_path / "a.ndjson")
    notes.write_bytes(b"\n" * (1 << 20) + b"x")
    with pytest.raises(RecordingError, match="larger than 1 MB"):
        corrections(tmp_path / "a.ndjson")
    with pytest.raises(RecordingError, match="full"):
        correct(tmp_path / "a.ndjson", side="left")
    with pytest.raises(RecordingError, match="cannot be written"):
        correct(Path("/proc/no/a.ndjson"), side="left")


def test_marks_and_samples_keep_their_order_when_closed(tmp_path: Path) -> None:
    plan = Plan(CEILING)
    writer = Writer(tmp_path / "s.ndjson.gz", {"virtual": True, "plan": asdict(plan)})
    put: list[Event] = []
    for i in range(40):
        put.append(Samples(i, (1000 * i,), (0,), (i,)))
        if i % 7 == 3:
            put.append(Mark(1000 * i + 500, "rate", i % 10))
    for event in put:
        writer.put(event)
    writer.close({})
    got = flat(read(writer.path))
    assert got == flat(Recording(writer.path, events=put))
