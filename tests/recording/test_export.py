"""What is exported, read back by other libraries' readers, is what was recorded; and an anonymous export names nobody."""

from __future__ import annotations

import csv
import json
from dataclasses import asdict
from math import isnan
from pathlib import Path

import pytest

from recorded import calibration, session
from sixten.ball.messages import Connection, Samples
from sixten.pain.ceiling import Ceiling, fit_ceiling
from sixten.pressure.readings import Gap, Reading
from sixten.recording.errors import RecordingError
from sixten.recording.export import Wish, export
from sixten.recording.ratings import read_ratings
from sixten.recording.replay import Recording, read
from sixten.session.calibrating import CalibrationRun
from sixten.session.rules import Notice, Plan
from sixten.session.run import Run

WHOSE = {"person": "0123456789abcdef", "side": "left"}


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """Unplugged and plugged in again, so with silence, gaps and untrusted samples; rated twice under load and once off the ball."""
    path = tmp_path_factory.mktemp("export") / "2026-07-13-120000-abcdef.ndjson"
    recording = read(session(path, "unplugged", {1.0: 1, 16.0: 3, 31.0: 5}, **WHOSE))
    assert recording.damage == []
    return recording


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def samples(recording: Recording) -> list[tuple[int, int, int]]:
    return [row for e in recording.events if isinstance(e, Samples) for row in zip(e.t_us, e.raw, e.flags, strict=True)]


def test_csv_holds_every_sample_and_its_reading(one: Recording, tmp_path: Path) -> None:
    written = export(one, tmp_path / "one.csv", Wish("csv"))
    assert [p.name for p in written] == ["one.csv", "one.events.csv"]
    rows, there = table(written[0]), samples(one)
    first_us = there[0][0]
    assert [(round(float(r["t_s"]) * 1e6) + first_us, int(r["raw_counts"]), int(r["flags"])) for r in rows] == there
    run = Run(one.plan)
    readings = [o for e in one.events for o in run.feed(e) if isinstance(o, Reading) and isinstance(e, Samples)]
    by_time = {r.t_us: r for r in readings}
    assert len(by_time) == len(readings) > 10_000
    blank = 0
    for row, (t_us, _, _) in zip(rows, there, strict=True):
        r = by_time[t_us]
        assert row["quality"] == r.quality
        assert bool(int(row["zeroed"])) == r.zeroed
        if isnan(r.gauge_kpa):
            blank += 1
            assert row["gauge_rel"] == row["smooth_rel"] == row["rate_rel_s"] == ""
        else:
            assert (float(row["gauge_rel"]), float(row["smooth_rel"]), float(row["rate_rel_s"])) == (
                r.gauge_kpa,
                r.smooth_kpa,
                r.rate_kpa_s,
            )
    assert 0 < blank < 500
    assert float(rows[-1]["window_s"]) == pytest.approx(run.state.window_us / 1e6, abs=0.1)
    assert {row["band"] for row in rows} >= {"", "off", "settle", "work"}


def test_events_hold_what_was_said_and_done(one: Recording, tmp_path: Path) -> None:
    export(one, tmp_path / "one.csv", Wish("csv", person="Ana", side="left", remarks=("knee hurt", "=1+1")))
    rows = table(tmp_path / "one.events.csv")
    about = {(r["code"], r["values"]) for r in rows if r["kind"] == "about"}
    assert {("source", "VIRTUAL"), ("person", "Ana"), ("side", "left"), ("unit", "rel."), ("remark", "knee hurt")} <= about
    assert ("recording", "2026-07-13-120000-abcdef.ndjson") in about
    notices = [(r["code"], json.loads(r["values"])) for r in rows if r["kind"] == "notice"]
    assert sorted(notices, key=str) == sorted(((n.code, n.values) for n in one.notices), key=str)
    assert [(r["code"], r["values"]) for r in rows if r["kind"] == "mark"] == [("rate", "1"), ("rate", "3"), ("rate", "5"), ("close", "")]
    run = Run(one.plan)
    gaps = [str(o.lost) for e in one.events for o in run.feed(e) if isinstance(o, Gap)]
    assert [r["values"] for r in rows if r["kind"] == "gap"] == gaps
    times = [float(r["t_s"]) for r in rows if r["t_s"]]
    assert times == sorted(times)
    assert [r["code"] for r in rows if r["kind"] == "connection"].count("lost") == 2


def test_parquet_says_the_same_as_csv(one: Recording, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pip install 'sixten[export]'")
    export(one, tmp_path / "one.csv", Wish("csv"))
    export(one, tmp_path / "one.parquet", Wish("parquet"))
    for name in ("one", "one.events"):
        rows, columns = table(tmp_path / f"{name}.csv"), parquet.read_table(tmp_path / f"{name}.parquet")
        assert columns.column_names == list(rows[0])
        assert columns.num_rows == len(rows)
        for column in columns.column_names:
            for mine, theirs in zip(columns[column].to_pylist(), (r[column] for r in rows), strict=True):
                if mine is None:
                    assert theirs == ""
                elif isinstance(mine, str):
                    assert mine == theirs
                else:
                    assert mine == float(theirs)


def test_a_range_is_cut_after_deciding(one: Recording, tmp_path: Path) -> None:
    export(one, tmp_path / "all.csv", Wish("csv"))
    export(one, tmp_path / "some.csv", Wish("csv", 15.0, 17.0))
    assert table(tmp_path / "some.csv") == [r for r in table(tmp_path / "all.csv") if 15.0 <= float(r["t_s"]) <= 17.0]
    some = [r for r in table(tmp_path / "some.events.csv") if r["kind"] != "about"]
    assert some == [r for r in table(tmp_path / "all.events.csv") if r["t_s"] and 15.0 <= float(r["t_s"]) <= 17.0]
    assert [r["values"] for r in some if r["kind"] == "mark"] == ["3"]


@pytest.mark.parametrize("to", ["csv", "parquet", "ratings"])
def test_an_anonymous_one_names_nobody_and_no_day(one: Recording, tmp_path: Path, to: str) -> None:
    if to == "parquet":
        parquet = pytest.importorskip("pyarrow.parquet", reason="pip install 'sixten[export]'")
    wish = Wish(to, anonymous=True, person="Ana Bell", side="left", remarks=("Ana's knee",))
    port = Connection(one.notices[-1].t_us, "lost", "port Ana-7 went away")
    named = Recording(one.path, one.header, [*one.events, port], one.notices)
    data = b""
    for path in export(named, tmp_path / f"x.{to}", wish):
        data += path.read_bytes()
        if to == "parquet":
            data += str(parquet.read_table(path).to_pydict()).encode() + str(parquet.read_schema(path)).encode()
    started = one.header["started_utc"]
    unique_id = next(e.unique_id for e in one.events if hasattr(e, "unique_id"))
    for secret in ("Ana", "knee", WHOSE["person"], "2026-07-13", "abcdef", started, started[:10], unique_id):
        assert secret.encode() not in data, secret
    assert b"left" in data or to == "ratings"


def test_ratings_of_a_session_are_those_under_load(one: Recording, tmp_path: Path) -> None:
    (path,) = export(one, tmp_path / "r.csv", Wish("ratings", person="Ana"))
    found = read_ratings(path.read_bytes())
    assert found.assumed == []
    (ratings,) = found.people.values()
    said = [n for n in one.notices if n.code == "rating"]
    assert [(r.score, r.kpa) for r in ratings] == [(n.values["score"], n.values["gauge_kpa"]) for n in said][1:]
    assert [(r.kind, r.rate_kpa_s, r.trial) for r in ratings] == [("hold", 0.0, 1), ("hold", 0.0, 2)]  # the cable was out between them
    assert list(found.people) == ["Ana"]
    assert 1.0 < ratings[0].held_s < 15.0


def test_ratings_of_a_calibration_give_its_line_again(tmp_path: Path) -> None:
    recording = read(calibration(tmp_path / "c.ndjson"))
    run = recording.run()
    assert isinstance(run, CalibrationRun)
    for event in recording.events:
        for _ in run.feed(event):
            pass
    outcome = run.state.outcome
    assert outcome is not None and outcome.ceiling is not None
    (path,) = export(recording, tmp_path / "r.csv", Wish("ratings"))
    (ratings,) = read_ratings(path.read_bytes()).people.values()
    assert tuple(ratings) == outcome.ratings
    fitted = fit_ceiling(ratings)
    assert isinstance(fitted, Ceiling) and fitted.kpa == outcome.ceiling.kpa
    export(recording, tmp_path / "c.csv", Wish("csv"))
    assert len(table(tmp_path / "c.csv")) == run.samples


def test_nothing_is_overwritten_and_nothing_half_left(one: Recording, tmp_path: Path) -> None:
    (tmp_path / "a.events.csv").write_bytes(b"mine")
    with pytest.raises(RecordingError, match="a.events.csv exists already"):
        export(one, tmp_path / "a.csv", Wish("csv"))
    with pytest.raises(RecordingError, match="no samples in that range"):
        export(one, tmp_path / "b.csv", Wish("csv", 5000.0))
    with pytest.raises(RecordingError, match="cannot be written"):
        export(one, tmp_path / "nowhere" / "b.csv", Wish("csv"))
    quiet = Recording(Path("quiet"), {"plan": asdict(Plan(40.0)), "virtual": True})
    with pytest.raises(RecordingError, match="quiet holds no samples\\."):
        export(quiet, tmp_path / "b.csv", Wish("csv"))
    with pytest.raises(RecordingError, match="no ratings"):
        export(quiet, tmp_path / "b.csv", Wish("ratings"))
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {"a.events.csv": b"mine"}


def test_samples_before_the_ball_is_known_are_kept(one: Recording, tmp_path: Path) -> None:
    begin = next(i for i, e in enumerate(one.events) if isinstance(e, Samples))
    deaf = Recording(one.path, one.header, [e for e in one.events[begin : begin + 50] if isinstance(e, Samples)], [Notice(0, "off", {})])
    export(deaf, tmp_path / "a.csv", Wish("csv"))
    rows = table(tmp_path / "a.csv")
    assert len(rows) == len(samples(deaf))
    assert list(rows[0]) == ["t_s", "raw_counts", "flags", "quality", "zeroed", "band", "window_s"]
    assert rows[0]["quality"] == ""
