"""Sessions, backup, export and report as a user starts them; and one sentence for whatever cannot be done."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from recorded import NOON, put, session
from sixten.cli import app
from sixten.recording.people import People


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A user with one person, who has a session and a calibration, a virtual session, and a folder to work in."""
    data = tmp_path / ".local/share/sixten"
    ana = People(data / "people", False).create("Ana Bell")
    put(data / "sessions" / "a.ndjson", NOON, person=ana.id)
    put(data / "sessions" / "b.ndjson.gz", NOON + timedelta(days=1), person=ana.id, side="right", kind="calibration")
    put(data / "sessions" / "c.ndjson.gz", NOON + timedelta(days=2), person="fedcba9876543210", end=None)
    session(data / "virtual-sessions" / "v.ndjson", "falls-off", {15.0: 3}, side="left")
    (tmp_path / "here").mkdir()
    return tmp_path


def run(home: Path, *args: str, code: int = 0) -> Any:
    """In this process: half a second of imports for each of some forty commands would be most of the suite's time."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME"):
            patch.delenv(name, raising=False)
        patch.setenv("HOME", str(home))
        patch.chdir(home / "here")
        done = CliRunner().invoke(app, args)
    assert done.exit_code == code, done.output + repr(done.exception)
    if code == 2:
        assert done.stderr.count("\n") == 1 and done.stderr.startswith("sixten: ") and done.stdout == "", done.stderr
    return done


@pytest.fixture(autouse=True)
def in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_sessions(home: Path) -> None:
    lines = run(home, "sessions").stdout.splitlines()
    assert [line.split()[-1] for line in lines] == ["c.ndjson.gz", "b.ndjson.gz", "a.ndjson"]
    assert lines[0].startswith("2026-07-15 12:00  (fedcba98)") and "no end: still running, or stopped by a crash" in lines[0]
    assert "Ana Bell         right  calibration, line 30.5, done" in lines[1]
    assert "Ana Bell         left   window 60 s, line 30.5, peak 32.0, over 2 s, done" in lines[2]
    (virtual,) = run(home, "sessions", "--virtual").stdout.splitlines()
    assert virtual.startswith("VIRTUAL  ") and virtual.endswith("v.ndjson")
    objects = [json.loads(line) for line in run(home, "sessions", "--json", "--person", "ana bell", "--rebuild").stdout.splitlines()]
    assert [(o["type"], o["person"], o["side"], o["kind"], o["virtual"]) for o in objects] == [
        ("session", "Ana Bell", "right", "calibration", False), ("session", "Ana Bell", "left", "session", False),
    ]  # fmt: skip
    assert objects[1]["window_s"] == 60.0 and Path(objects[1]["file"]).is_file()
    assert run(home, "sessions", "--side", "right").stdout.count("\n") == 1
    assert run(home, "sessions", "--since", "2026-07-14").stdout.count("\n") == 2
    assert run(home, "sessions", "--since", "2026-07-16").stdout == "Nothing recorded that fits.\n"


def test_a_damaged_catalogue_and_a_damaged_file_are_told_and_hide_nothing(home: Path) -> None:
    run(home, "sessions")
    data = home / ".local/share/sixten"
    (data / "sessions.sqlite").write_bytes(b"SQLite format 3\0" + os.urandom(5000))
    (data / "sessions" / "d.ndjson").write_bytes(b"hello\n")
    done = run(home, "sessions")
    assert done.stdout.count("\n") == 3
    told = done.stderr.splitlines()
    assert len(told) == 2 and "damaged and has been made anew" in told[0] and "d.ndjson is not a sixten recording" in told[1]
    assert run(home, "sessions").stderr.count("\n") == 1


def test_backup_and_restore(home: Path, tmp_path: Path) -> None:
    made = run(home, "backup", "kept.zip").stdout
    assert made.startswith("kept.zip: 3 recordings, 1 people, 0 calibrations, 0 balls.") and "not encrypted" in made
    other = tmp_path / "other"
    (other / "here").mkdir(parents=True)
    archive = str(home / "here" / "kept.zip")
    assert run(other, "restore", archive).stdout.startswith("added 3 recordings, 1 people, 0 calibrations, 0 balls; 0 files were here")
    assert "Ana Bell" in run(other, "sessions").stdout
    again = run(other, "restore", archive)
    assert "added 0 recordings" in again.stdout and "4 files were here already; 0 to look at." in again.stdout


def test_export_and_report(home: Path) -> None:
    recording = str(home / ".local/share/sixten/virtual-sessions/v.ndjson")
    assert run(home, "export", recording, "--to", "csv").stdout == "wrote v-VIRTUAL.csv\nwrote v-VIRTUAL.events.csv\n"
    assert run(home, "export", recording, "--to", "ratings", "--out", "r.csv").stdout == "wrote r.csv\n"
    assert run(home, "ceiling", "r.csv").stdout.startswith("1: no ceiling.")
    names = run(home, "export", recording, "--to", "csv", "--anonymous").stdout.splitlines()
    assert all(n.startswith("wrote sixten-") and "v" not in n.removeprefix("wrote").partition("-VIRTUAL")[0] for n in names)
    assert run(home, "report", recording).stdout == "wrote v.html\n"
    assert "VIRTUAL" in (home / "here" / "v.html").read_text("utf-8")
    run(home, "report", "--person", "ana bell", "--out", "ana.html")
    page = (home / "here" / "ana.html").read_text("utf-8")
    assert "Ana Bell" in page and "VIRTUAL" not in page and "2026-07-13 12:00" in page


def test_bad_input_is_one_sentence(home: Path) -> None:
    recording = str(home / ".local/share/sixten/virtual-sessions/v.ndjson")
    (home / "here" / "there.html").write_bytes(b"")
    (home / "here" / "there.zip").write_bytes(b"")
    for words, args in (
        ("no person called bob; see `sixten people list`", ("sessions", "--person", "bob")),
        ("--side up: give left or right.", ("sessions", "--side", "up")),
        ("--since yesterday: give a day, as 2026-07-13.", ("sessions", "--since", "yesterday")),
        ("there.zip exists already and is not overwritten", ("backup", "there.zip")),
        ("there.zip is no sixten backup", ("restore", "there.zip")),
        ("gone.zip cannot be restored (No such file", ("restore", "gone.zip")),
        ("--to xls: give csv, parquet or ratings.", ("export", recording, "--to", "xls")),
        ("gone.ndjson cannot be read", ("export", "gone.ndjson", "--to", "csv")),
        ("--from-s 5 --to-s 5: the first must be less", ("export", recording, "--to", "csv", "--from-s", "5", "--to-s", "5")),
        ("holds no samples in that range", ("export", recording, "--to", "csv", "--from-s", "9999")),
        ("ratings go with all of the session", ("export", recording, "--to", "ratings", "--from-s", "1")),
        ("give a recording or --person NAME", ("report",)),
        ("give a recording or --person NAME", ("report", recording, "--person", "ana bell")),
        ("no person called Ana Bel; did you mean Ana Bell?", ("report", "--person", "Ana Bel")),
        ("gone.ndjson cannot be read", ("report", "gone.ndjson")),
        ("there.html exists already and is not overwritten", ("report", recording, "--out", "there.html")),
        ("nowhere/x.html cannot be written", ("report", recording, "--out", "nowhere/x.html")),
    ):
        assert words in run(home, *args, code=2).stderr, args
    assert {p.name for p in (home / "here").iterdir()} == {"there.html", "there.zip"}


def test_parquet_without_its_library_says_what_to_install(home: Path) -> None:
    hide = "import sys; sys.modules['pyarrow'] = None; sys.argv[0] = 'sixten'; from sixten.cli import main; main()"
    recording = str(home / ".local/share/sixten/virtual-sessions/v.ndjson")
    done = subprocess.run(
        [sys.executable, "-c", hide, "export", recording, "--to", "parquet"], capture_output=True, text=True, cwd=home / "here", timeout=60
    )
    assert (done.returncode, done.stderr) == (2, "sixten: Parquet needs pyarrow: python -m pip install 'sixten[export]'.\n")
