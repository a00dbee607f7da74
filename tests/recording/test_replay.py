"""A recording as a source: paced, paused, stepped, sought, looped; and decided again with another line."""

from collections.abc import Callable
from pathlib import Path

import pytest

from recording.test_closing import flat, record
from sixten.ball.messages import Event, Samples
from sixten.keys import press
from sixten.pressure.readings import Reading
from sixten.recording.errors import RecordingError
from sixten.recording.reader import Recording, read
from sixten.recording.replay import ReplaySource, verify, what_if
from sixten.session.rules import Notice
from sixten.session.run import Run, pump
from sixten.view import look
from sixten.watch import Job, Watch


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """Closed: half seconds in a line, so the blocks of the day must be restored where somebody looks on."""
    return read(record(tmp_path_factory.mktemp("replay") / "one.ndjson.gz", "overshoot"))


class Clock:
    """Time that passes by sleeping. at: what happens when it has come to these seconds."""

    def __init__(self, at: dict[float, Callable[[], object]] | None = None) -> None:
        self.s = 0.0
        self._at = dict(at or {})

    def now(self) -> float:
        return self.s

    def sleep(self, s: float) -> None:
        assert 0 < s <= 0.1
        self.s += s
        for due in [d for d in self._at if d <= self.s]:
            self._at.pop(due)()


def played(source: ReplaySource) -> tuple[list[object], Watch]:
    """What a face would be told, in order, by a watch that has run to its end."""
    told: list[object] = []
    watch = Watch(lambda: Job(source, source, source.recording.run(), None, "REPLAY", replay=source), lambda job, what: told.append(what))
    watch.start()
    watch.wait(60)
    assert not watch.running
    if watch.error is not None:
        raise watch.error
    return told, watch


def decided(recording: Recording) -> list[object]:
    outs: list[object] = []
    pump(recording.events, None, recording.run(), outs.append)
    return outs


def readings(outs: list[object]) -> list[str]:
    return [repr(o) for o in outs if isinstance(o, Reading)]


def notices(outs: list[object]) -> list[Notice]:
    return [o for o in outs if isinstance(o, Notice)]


def test_paced_it_comes_in_small_pieces_and_decides_the_same(one: Recording) -> None:
    clock = Clock()
    source = ReplaySource(one, 2.0, now=clock.now, sleep=clock.sleep)
    events: list[Event] = list(source)
    assert max(len(e.raw) for e in events if isinstance(e, Samples)) <= 9
    assert max(len(e.raw) for e in one.events if isinstance(e, Samples)) > 100
    assert flat(Recording(one.path, events=events)) == flat(one)
    assert clock.s == pytest.approx(source.length_s / 2, abs=0.02)
    clock = Clock()
    told, _ = played(ReplaySource(one, 2.0, now=clock.now, sleep=clock.sleep))
    assert notices(told) == one.notices
    assert readings(told) == readings(decided(one))


def test_from_and_to_show_a_part_of_what_is_decided_in_full(one: Recording) -> None:
    clock = Clock()
    source = ReplaySource(one, 1.0, 21.0, 27.0, now=clock.now, sleep=clock.sleep)
    told, watch = played(source)
    shown = [o for o in decided(one) if isinstance(o, Reading) and 21.0 <= (o.t_us - source.first_us) / 1e6]
    got = readings(told)
    assert 0 <= len(got) - 6 * 300 < 20
    assert got == readings(shown)[: len(got)] or got[9:] == readings(shown)[: len(got) - 9]  # a block of nine around 21 s
    assert notices(told) == [n for n in one.notices if 21.0 <= (n.t_us - source.first_us) / 1e6 <= 27.0]
    assert len(list(watch.notices)) > len(notices(told))  # what was said before is known, and rings no bell
    assert clock.s == pytest.approx(6.0, abs=0.05)


def test_a_way_back_decides_anew_from_the_start(one: Recording) -> None:
    source = ReplaySource(one)
    first = source.first_us
    went = []

    def back(job: Job, what: object) -> None:
        if isinstance(what, Reading) and what.t_us > first + 30_000_000 and not went:
            went.append(what)
            source.seek(-20)
        told.append(what)

    told: list[object] = []
    watch = Watch(lambda: Job(source, source, one.run(), None, "REPLAY", replay=source), back)
    watch.start()
    watch.wait(60)
    assert watch.error is None
    at = told.index(went[0])
    again = [o for o in told[at:] if isinstance(o, Reading)]
    begins = next(i for i in range(1, len(again)) if again[i].t_us < again[i - 1].t_us)
    assert abs(again[begins].t_us - (source.first_us + 10_000_000)) < 600_000
    whole = readings(decided(one))
    rest = [repr(r) for r in again[begins:]]
    assert rest == whole[-len(rest) :]
    assert list(watch.notices) == one.notices
    assert watch.job is not None
    assert watch.job.run.summary() == {k: one.end[k] for k in watch.job.run.summary()}  # type: ignore[index]


def test_on_skips_without_waiting(one: Recording) -> None:
    clock = Clock({5.0: lambda: source.seek(20), 8.0: lambda: source.seek(9e9)})
    source = ReplaySource(one, 1.0, now=clock.now, sleep=clock.sleep)
    told, _ = played(source)
    times = [(o.t_us - source.first_us) / 1e6 for o in told if isinstance(o, Reading)]
    jumps = [(a, b) for a, b in zip(times, times[1:], strict=False) if b - a > 0.5]
    assert [(round(a), round(b)) for a, b in jumps] == [(5, 25), (28, 86)]
    assert clock.s < 8.2
    assert source.at_s == source.length_s


def test_pause_step_and_speed(one: Recording) -> None:
    shown: list[float] = []
    clock = Clock({
        2.0: lambda: source.pause(),
        9.9: lambda: shown.append(source.at_s),
        10.0: lambda: source.step(),
        10.4: lambda: shown.append(source.at_s),
        10.5: lambda: source.step(),
        10.9: lambda: shown.append(source.at_s),
        20.0: lambda: (source.pause(), source.quicken(4.0)),
        21.0: lambda: (shown.append(source.at_s), source.close()),
    })  # fmt: skip
    source = ReplaySource(one, 1.0, now=clock.now, sleep=clock.sleep)
    events = list(source)
    assert shown[0] == pytest.approx(2.0, abs=0.1)
    assert all(0 < b - a <= 0.03 for a, b in zip(shown[:2], shown[1:3], strict=True))  # a block each
    assert shown[3] - shown[2] == pytest.approx(4.0, abs=0.3)
    assert len(events) < len(one.events)
    source.quicken(1000)
    assert source.speed == 20.0
    source.quicken(1e-6)
    assert source.speed == 0.25


def test_loop_plays_the_same_part_until_it_is_closed(one: Recording) -> None:
    clock = Clock({6.5: lambda: source.close()})
    source = ReplaySource(one, 1.0, 24.0, 26.0, loop=True, now=clock.now, sleep=clock.sleep)
    told, _ = played(source)
    said = [n.code for n in notices(told)]
    assert said == ["rising", "over", "ease_off"] * 3


@pytest.mark.parametrize("skip", [False, True])
def test_gaps_are_kept_or_skipped(tmp_path: Path, skip: bool) -> None:
    recording = read(record(tmp_path / "u.ndjson.gz", "unplugged"))
    clock = Clock()
    source = ReplaySource(recording, 1.0, skip_gaps=skip, now=clock.now, sleep=clock.sleep)
    told, _ = played(source)
    assert notices(told) == recording.notices
    samples = sum(len(e.raw) for e in recording.events if isinstance(e, Samples)) / 300.48
    ended_s = (recording.notices[-1].t_us - source.first_us) / 1e6  # interrupted: there a session is over
    assert clock.s == pytest.approx(samples if skip else ended_s, abs=1.5)
    assert samples < ended_s - 3


def test_a_replay_takes_no_marks_and_asks_no_board(one: Recording) -> None:
    source = ReplaySource(one)
    told, watch = played(source)
    watch.mark("stop")
    assert notices(told) == one.notices
    with pytest.raises(ValueError, match="cannot be changed"):
        source.mark("stop")
    with pytest.raises(ValueError, match="no board"):
        source.ask("guard", 1, 2)


def test_the_keys_of_a_replay(one: Recording) -> None:
    clock = Clock()
    source = ReplaySource(one, 1.0, from_s=10.0, now=clock.now, sleep=clock.sleep)
    watch = Watch(lambda: None)  # type: ignore[arg-type, return-value]
    watch.job = Job(source, source, one.run(), None, "REPLAY", replay=source)
    list(zip(source, range(900), strict=False))
    press(watch, " ")
    assert source.paused
    assert "paused" in look(watch).label
    press(watch, " ")
    press(watch, "up")
    press(watch, "up")
    press(watch, "down")
    assert (source.paused, source.speed) == (False, 2.0)
    assert look(watch).label.endswith(f"of {source.length_s:.1f} s, x2")
    press(watch, ".")
    assert source.paused
    press(watch, "s")
    press(watch, "7")  # nothing can be rated that day any more
    press(watch, "left")
    assert source.again()
    press(watch, " ")
    times = [e.t_us[0] for e, _ in zip(source, range(900), strict=False) if isinstance(e, Samples)]
    assert times[0] == source.first_us
    assert not source.again()


def test_another_line_decides_otherwise(one: Recording) -> None:
    plan = one.plan
    assert what_if(one, plan.ceiling_kpa or 0.0) == ([], [])
    lower = what_if(one, 25.0)
    assert "over" in {n.code for n in lower.new}
    assert min(n.t_us for n in lower.new if n.code == "over") < min(n.t_us for n in one.notices if n.code == "over")
    higher = what_if(one, 60.0)
    assert "over" not in {n.code for n in higher.new}
    assert {"rising", "over", "ease_off"} <= {n.code for n in higher.gone}
    assert "may_stop" in {n.code for n in [*higher.new, *higher.gone]} or "may_stop" in {n.code for n in one.notices}
    with pytest.raises(ValueError, match="between 5 and 95"):
        what_if(one, 100.0)
    assert verify(one).same  # it changed nothing


def test_what_if_is_not_for_a_calibration(one: Recording) -> None:
    with pytest.raises(RecordingError, match="is a calibration"):
        what_if(Recording(one.path, {**one.header, "kind": "calibration"}, one.events), 30.0)


def test_the_runs_clock_runs_with_another_line(one: Recording) -> None:
    """The board's alarm of that day would be unconfirmed for another line, and no window would ever run."""
    assert {"work", "over"} <= {n.code for n in what_if(one, 30.0).new}
    assert isinstance(one.run(), Run)
