import json
import signal
import subprocess
import sys
import threading
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sixten.ball.messages import Connection, Damaged, Event, Mark, Samples, Silence
from sixten.ball.virtual import SCENARIOS, VirtualSource
from sixten.recording.errors import RecordingError
from sixten.recording.file import Writer
from sixten.recording.lines import BadLine, event_line, event_of, samples_lines, seal, unseal
from sixten.recording.replay import Recording, ReplaySource, paced, read, verify
from sixten.session.rules import Notice, Plan
from sixten.session.run import Output, Run, pump

CEILING = 40.0


def record(path: Path, scenario: str = "falls-off") -> tuple[list[Output], Run]:
    plan, outs = Plan(CEILING), []
    run = Run(plan)
    writer = Writer(path, {"virtual": True, "plan": asdict(plan)})
    ball = VirtualSource(scenario, CEILING)
    pump(ball, writer, run, outs.append, ball.ask)
    writer.close(run.summary())
    assert writer.failure == ""
    return outs, run


def rerun(recording: Recording) -> list[object]:
    outs: list[object] = []
    pump(ReplaySource(recording), None, Run(recording.plan), outs.append)
    return outs


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recording") / "one.ndjson"
    record(path)
    return path


def decided(outs: list) -> list[str]:  # type: ignore[type-arg]
    """Readings, gaps and notices; the events between them may be cut differently, what follows from them may not."""
    return [repr(o) for o in outs if isinstance(o, tuple)]


@pytest.mark.parametrize("scenario", sorted(SCENARIOS))
def test_replay_is_the_session(tmp_path: Path, scenario: str) -> None:
    """run(read(write(events))) == run(events), bit for bit."""
    outs, run = record(tmp_path / "s.ndjson", scenario)
    recording = read(tmp_path / "s.ndjson")
    assert recording.damage == []
    assert recording.end is not None
    assert {k: recording.end[k] for k in run.summary()} == run.summary()
    assert decided(rerun(recording)) == decided(outs)
    assert recording.notices == [o for o in outs if isinstance(o, Notice)]
    assert verify(recording).same


def test_verify_notices_a_changed_decision(one: Path) -> None:
    recording = read(one)
    recording.header["plan"]["ceiling_kpa"] = 20.0
    verdict = verify(recording)
    assert not verdict.same
    assert "differ" in verdict.words


def test_verify_notices_a_changed_sample(one: Path) -> None:
    recording = read(one)
    i = next(i for i, e in enumerate(recording.events) if isinstance(e, Samples) and e.t_us[0] > 2_000_000)
    s = recording.events[i]
    assert isinstance(s, Samples)
    recording.events[i] = Samples(s.seq, s.t_us, s.flags, (s.raw[0] + 1, *s.raw[1:]))
    assert not verify(recording).same


def test_a_torn_tail_costs_one_line(one: Path, tmp_path: Path) -> None:
    data = one.read_bytes()
    torn = tmp_path / "torn.ndjson"
    torn.write_bytes(data[: len(data) // 2])
    recording = read(torn)
    assert [d.split(": ")[1] for d in recording.damage] == ["torn"]
    assert recording.end is None
    whole = read(one)
    assert recording.events == whole.events[: len(recording.events)]


def test_damaged_lines_are_skipped_counted_and_named(one: Path, tmp_path: Path) -> None:
    lines = one.read_bytes().splitlines(keepends=True)
    lines[100] = lines[100].replace(b"6", b"7", 1)
    lines[200] = b"\xff\xfe garbage\n"
    lines[300] = b""
    bad = tmp_path / "bad.ndjson"
    bad.write_bytes(b"".join(lines))
    recording = read(bad)
    assert recording.damage == ["line 101: damaged", "line 201: torn"]
    assert len(recording.events) >= len(read(one).events) - 3


@settings(max_examples=60)
@given(at=st.integers(0, 10**9), what=st.sampled_from(["flip", "cut", "insert", "zero"]), junk=st.binary(min_size=1, max_size=20))
def test_no_damage_becomes_a_sample(one: Path, at: int, what: str, junk: bytes) -> None:
    data = bytearray(one.read_bytes())
    at %= len(data)
    if what == "flip":
        data[at] ^= 1 << at % 8
    elif what == "cut":
        del data[at:]
    elif what == "insert":
        data[at:at] = junk
    else:
        data[at : at + 16] = bytes(16)
    mutated = one.parent / "mutated.ndjson"
    mutated.write_bytes(data)
    try:
        got = read(mutated)
    except RecordingError:
        return
    true = {(t, r) for e in read(one).events if isinstance(e, Samples) for t, r in zip(e.t_us, e.raw, strict=True)}
    assert {(t, r) for e in got.events if isinstance(e, Samples) for t, r in zip(e.t_us, e.raw, strict=True)} <= true


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"t_s,force_n\n0,0\n", "not a sixten recording"),
        (seal({"k": "s", "v": [1]}), "not a sixten recording"),
        (seal({"k": "header", "format": "sixten-recording", "version": 99}), "newer version"),
        (seal({"k": "header", "format": "other", "version": 1}), "not a sixten recording"),
        (b"[" * 60_000 + b"\n", "not a sixten recording"),
        (b"x" * 200_000, "not a sixten recording"),
    ],
)
def test_files_that_are_no_recording(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "x.ndjson"
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=words):
        read(path)


def test_a_plan_that_makes_no_sense_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.ndjson"
    path.write_bytes(seal({"k": "header", "format": "sixten-recording", "version": 1, "plan": {"ceiling_kpa": 400.0}}))
    with pytest.raises(RecordingError, match="no usable plan"):
        _ = read(path).plan


events = st.one_of(
    st.builds(Mark, st.integers(0, 2**60), st.sampled_from(["stop", "rate"]), st.none() | st.integers(0, 10)),
    st.builds(Silence, st.integers(0, 2**60)),
    st.builds(Damaged, st.just("crc"), st.integers(0, 999)),
    st.builds(Connection, st.integers(0, 2**60), st.just("lost"), st.text(max_size=20).filter(lambda s: s.isprintable())),
)


@given(events)
def test_every_event_survives_its_line(event: Event) -> None:
    line = seal(event_line(event))
    json.loads(line)  # any JSON reader can have it
    assert event_of(unseal(line)) == event


a_row = st.tuples(st.integers(1, 10**6), st.integers(0, 31), st.integers(0, 2**31 - 1), st.none() | st.integers(-9999, 2**24))


@given(st.integers(0, 65535), st.lists(a_row, min_size=1, max_size=40), st.integers(0, 2))
def test_samples_survive_their_lines(seq: int, rows: list[tuple[int, int, int, int | None]], order: int) -> None:
    t, times = 0, []
    for dt, *_ in rows:
        t += dt
        times.append(t)
    extra = tuple((i, x) for i, (*_, x) in enumerate(rows) if x is not None)
    block = Samples(seq, tuple(times), tuple(f for _, f, _, _ in rows), tuple(r for _, _, r, _ in rows), extra)
    back = [event_of(unseal(seal(line))) for line in samples_lines(block, order)]
    at, got = 0, []
    for b in back:
        assert isinstance(b, Samples)
        assert b.seq == (seq + at) % 65536
        got += [(at + i, x) for i, x in b.extra]
        at += len(b.raw)
    assert tuple(got) == extra
    for name in ("t_us", "flags", "raw"):
        assert sum((getattr(b, name) for b in back), ()) == getattr(block, name)


def test_a_slope_is_kept_as_differences_of_differences_and_noise_is_not() -> None:
    times = tuple(range(0, 50_000, 5000))
    slope = Samples(0, times, (0,) * 10, tuple(1000 + 300 * i + i % 2 for i in range(10)))
    noise = Samples(0, times, (0,) * 10, tuple(1000 + 37 * (i % 2) for i in range(10)))
    keys = [[next(k for k in ("v", "d", "dd") if k in samples_lines(s, order)[0]) for order in (0, 1, 2)] for s in (slope, noise)]
    assert keys == [["v", "d", "dd"], ["v", "d", "d"]]
    assert samples_lines(slope, 2)[0]["dd"] == [1000, 301, -2, 2, -2, 2, -2, 2, -2, 2]


GOOD_SAMPLES = {"k": "s", "q": 0, "t": 0, "dt": 0, "f": 0, "v": [1]}


@pytest.mark.parametrize(
    "obj",
    [
        *(
            {**GOOD_SAMPLES, **wrong}
            for wrong in (
                {"v": []},
                {"v": [2**40]},
                {"v": ["1"]},
                {"dd": [1]},
                {"d": [1]},
                {"v": [], "d": [1], "dd": [1]},
                {"v": [], "dd": [0, 2**31]},
                {"q": -1},
                {"t": 2**70},
                {"dt": -1},
                {"f": 256},
            )
        ),
        {"k": "mark", "t_us": "soon", "kind": "stop", "value": None},
        {"k": "s"},
        {"k": "notice", "t_us": 1},
    ],
)
def test_sealed_nonsense_is_still_refused(obj: dict) -> None:  # type: ignore[type-arg]
    with pytest.raises(BadLine):
        event_of(unseal(seal(obj)))


def test_a_recording_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "x.ndjson"
    path.write_text("precious")
    with pytest.raises(RecordingError, match="never overwritten"):
        Writer(path, {})
    assert path.read_text() == "precious"


def test_owner_alone_can_read_it(one: Path) -> None:
    assert one.stat().st_mode & 0o077 == 0


CHILD = """
import sys
from dataclasses import asdict
from pathlib import Path
from sixten.ball.virtual import VirtualSource
from sixten.recording.file import Writer
from sixten.recording.replay import paced
from sixten.session.rules import Plan
from sixten.session.run import Run, pump
plan = Plan(40.0)
last = 0
def tell(what):
    if hasattr(what, "raw") and isinstance(what.raw, tuple):
        print(what.t_us[-1], flush=True)
pump(paced(VirtualSource("steady", 40.0), 20.0), Writer(Path(sys.argv[1]), {"virtual": True, "plan": asdict(plan)}), Run(plan), tell)
"""


@pytest.mark.parametrize("after_samples", [200, 700])
def test_kill_9_keeps_what_was_measured(tmp_path: Path, after_samples: int) -> None:
    """At 20 times real time, so 20 ms of writing interval are 400 ms of session: no more than two intervals may be missing."""
    path = tmp_path / "killed.ndjson"
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    fed = 0
    for _ in range(after_samples):
        fed = int(child.stdout.readline())
    child.send_signal(signal.SIGKILL)
    child.wait()
    rest = [int(x) for x in child.stdout.read().split()]
    child.stdout.close()
    recording = read(path)
    kept = max(e.t_us[-1] for e in recording.events if isinstance(e, Samples))
    assert len(recording.damage) <= 1
    assert max([fed, *rest]) - kept < 20 * 2 * 0.05 * 1e6  # generous to a busy machine: 50 ms for each interval


def test_a_full_disk_is_told_and_nothing_waits(tmp_path: Path) -> None:
    """A file-size limit gives the short write of a full disk. When there is room again, writing resumes without a bad line."""
    script = f"""
import resource, signal, time
from dataclasses import asdict
from pathlib import Path
from sixten.ball.virtual import VirtualSource
from sixten.recording.file import Writer
from sixten.recording.replay import read
from sixten.session.rules import Notice, Plan
from sixten.session.run import Run, pump
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
plan, said = Plan(40.0), []
run = Run(plan)
writer = Writer(Path({str(tmp_path / "full.ndjson")!r}), {{"virtual": True, "plan": asdict(plan)}})
ball = VirtualSource("overshoot", 40.0)
def see(o):
    if isinstance(o, Notice):
        said.append(o.code)
def events():
    for i, e in enumerate(ball):
        if i == 1500:
            while not writer.failure:  # let the writer thread meet the limit
                time.sleep(0.01)
        yield e
pump(events(), writer, run, see, ball.ask)
assert writer.failure, "the limit was not met"
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
writer.close(run.summary())
print(",".join(said))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    said = done.stdout.strip().split(",")
    assert said.count("recording_lost") == 1
    assert [c for c in said if c != "recording_lost"] == [
        "guard_on",
        "off",
        "settle",
        "work",
        "keep_moving",
        "rising",
        "over",
        "ease_off",
        "work",
        "may_stop",
        "done",
        "off",
    ]
    recording = read(tmp_path / "full.ndjson")
    assert recording.damage == []
    assert recording.end is not None
    assert verify(recording).same  # memory held everything until there was room again


def test_a_stalled_disk_delays_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The writer thread hangs in its first write; the session runs to its end, is told, and is kept when the disk answers after all."""
    answers = threading.Event()

    class Stalled(Writer):
        def _write(self) -> bool:
            answers.wait()
            return super()._write()

    monkeypatch.setattr("sixten.recording.file.STALL_S", 0.05)
    plan, said = Plan(CEILING), []
    writer = Stalled(tmp_path / "x.ndjson", {"virtual": True, "plan": asdict(plan)})
    run = Run(plan)
    ball = VirtualSource("overshoot", CEILING)
    pump(ball, writer, run, lambda o: said.append(o.code) if isinstance(o, Notice) else None, ball.ask)
    assert [c for c in said if c in ("over", "done", "recording_lost")] == ["recording_lost", "over", "done"]
    assert (tmp_path / "x.ndjson").stat().st_size == 0
    answers.set()
    writer.close(run.summary())
    assert verify(read(tmp_path / "x.ndjson")).same


def test_paced_sleeps_to_the_schedule_not_between_events() -> None:
    now, slept = [100.0], []

    def sleep(s: float) -> None:
        slept.append(s)
        now[0] += s + 0.003  # every sleep is 3 ms late

    events: list[Event] = [Silence(t) for t in range(1_000_000, 3_000_000, 100_000)]
    got = list(paced(events, 2.0, now=lambda: now[0], sleep=sleep))
    assert got == events
    assert now[0] == pytest.approx(100.0 + 1.9 / 2, abs=0.004)  # late once, not twenty times
    assert all(0 < s <= 0.1 for s in slept)


def test_a_replay_carries_its_own_marks(one: Path) -> None:
    with pytest.raises(ValueError, match="cannot be changed"):
        ReplaySource(read(one)).mark("stop")
