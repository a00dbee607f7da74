"""People, ratings from a table, and a person's own line, as a user starts them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest

from sixten.ball.messages import Event, Samples
from sixten.ball.virtual import VirtualSource
from sixten.cli.whose import Whose, greeting
from sixten.pain.ceiling import Ceiling, fit_ceiling
from sixten.pain.model import POPULATION, Rating
from sixten.recording.people import Calibration, People, Person
from sixten.recording.replay import read
from sixten.session.run import Run, pump
from sixten.watch import Job

SIXTEN = [sys.executable, "-m", "sixten"]
RATINGS = [Rating(30 + 2.6 * s + t / 2, s, "ramp", 2.5, 0.0, t) for t, top in enumerate((6, 5, 5), 1) for s in range(1, top + 1)]
FITTED = fit_ceiling(RATINGS)
TABLE = "person,trial,kpa,score\n" + "".join(f"{who},{r.trial},{r.kpa},{r.score}\n" for who in ("Ann <&>", "Bo") for r in RATINGS)


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    gone = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "XDG_DATA_HOME", "XDG_CONFIG_HOME")
    return {k: v for k, v in os.environ.items() if k not in gone} | {"HOME": str(tmp_path)}


def run(home: dict[str, str], *args: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([*SIXTEN, *args], capture_output=True, text=True, env=home, stdin=subprocess.DEVNULL, timeout=60)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def stored(home: dict[str, str], virtual: bool = True) -> People:
    return People(Path(home["HOME"]) / ".local/share/sixten" / ("virtual-people" if virtual else "people"), virtual)


def calibrated(home: dict[str, str], ceiling: float | None = 30.0, days_ago: int = 0, unit: str = "rel.", ball: str = "000000f5") -> Person:
    people = stored(home)
    person = next(iter(people.everybody()), None) or people.create("Anna Bell")
    people.add_calibration(
        person,
        Calibration(
            made_utc=datetime.now(UTC) - timedelta(days=days_ago), side="left", ceiling_kpa=ceiling, ratings=tuple(RATINGS), unit=unit,
            ball_id=ball, ball_calibration_id="", virtual=True,
        ),
    )  # fmt: skip
    return person


# --- people ------------------------------------------------------------------------------------------------------------------------


def test_people_are_listed_shown_and_forgotten(home: dict[str, str]) -> None:
    assert "Nobody is stored yet" in run(home, "people").stdout
    person = calibrated(home)
    assert "Anna Bell" in run(home, "people", "list", "--virtual").stdout
    assert "Nobody is stored yet" in run(home, "people", "list").stdout  # the simulated are nobody among the real
    assert "ceiling 30.0 rel., 16 ratings" in run(home, "people", "show", "anna BELL", "--virtual").stdout
    refused = run(home, "people", "forget", "Anna Bell", "--virtual", code=2).stderr
    assert refused.strip() == "sixten: this would remove Anna Bell and 1 calibrations; say so with --yes."
    done = run(home, "people", "forget", "Anna Bell", "--virtual", "--yes").stdout
    assert "is forgotten" in done
    assert "exports and backups" in done
    assert not (stored(home).folder / person.id).exists()


def test_a_name_that_is_not_there_names_what_comes_near(home: dict[str, str]) -> None:
    calibrated(home)
    assert "did you mean Anna Bell?" in run(home, "people", "show", "Ana Bel", "--virtual", code=2).stderr


def test_a_damaged_person_is_told_and_the_program_goes_on(home: dict[str, str]) -> None:
    person = calibrated(home)
    (stored(home).folder / person.id / "person.json").write_text("{")
    done = run(home, "people", "list", "--virtual")
    assert "is damaged" in done.stderr


# --- a table of ratings --------------------------------------------------------------------------------------------------------------


def test_each_person_of_a_table_gets_a_line(home: dict[str, str], tmp_path: Path) -> None:
    table, drawing = tmp_path / "r.csv", tmp_path / "curves.svg"
    table.write_text(TABLE + "Cy,1,30,3\n")
    done = run(home, "ceiling", str(table), "--json", "--plot", str(drawing))
    ann, bo, cy = (json.loads(line) for line in done.stdout.splitlines())
    assert isinstance(FITTED, Ceiling)
    assert list(ann) == ["person", "ceiling_kpa", "median_kpa", "interval_kpa", "highest_felt_kpa", "limited_by", "reasons"]
    assert (ann["person"], ann["ceiling_kpa"], ann["interval_kpa"], ann["reasons"]) == (
        "Ann <&>",
        FITTED.kpa,
        list(FITTED.interval_kpa),
        [],
    )
    assert bo == {**ann, "person": "Bo"}
    assert (cy["ceiling_kpa"], cy["limited_by"], cy["highest_felt_kpa"]) == (None, None, 30.0)
    assert "do another ramp" in cy["reasons"][0]
    assert "there is no column kind: all are ramps" in done.stderr
    svg = ElementTree.parse(drawing).getroot()
    words = [t.text or "" for t in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert {"Ann <&>", "Bo", "Cy"} <= set(words)
    assert words.count(f"ceiling {FITTED.kpa:.1f}") == 2
    assert len(list(svg.iter("{http://www.w3.org/2000/svg}circle"))) == 2 * len(RATINGS) + 1
    plain = run(home, "ceiling", str(table)).stdout.splitlines()
    assert plain[0].startswith(f"Ann <&>: ceiling {FITTED.kpa:.1f} kPa, limited by posterior; 6 of 10 at ")
    assert plain[2].startswith("Cy: no ceiling. ")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "line 1: the file is empty"),
        (b"person,score\na,1\n", "line 1: there is no column kpa"),
        (b"kpa,score\n30,4\n31,12\n", "line 3, column score: 12 does not lie between 0 and 10"),
        (b"kpa,score\n31,-1\n", "line 2, column score: -1 does not lie between 0 and 10"),
        (b"kpa,score\n31,four\n", "line 2, column score: 'four' is not a number"),
        (b"kpa,score\n31,nan\n", "line 2, column score"),
        (b"kpa,score\n-30,4\n", "line 2, column kpa: -30 does not lie between 0 and 406"),
        (b"kpa,score\nx,4\n", "line 2, column kpa: 'x' is not a number"),
        (b"kpa,score\nnan,4\n", "line 2, column kpa"),
        (b"kpa,score\n3\xff,4\n", "line 2: not UTF-8"),
    ],
)
def test_a_bad_table_is_one_sentence_and_nothing_is_written(home: dict[str, str], tmp_path: Path, data: bytes, words: str) -> None:
    table, drawing = tmp_path / "r.csv", tmp_path / "curves.svg"
    table.write_bytes(data)
    done = run(home, "ceiling", str(table), "--plot", str(drawing), code=2)
    assert done.stderr.startswith(f"sixten: {table} {words}")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
    assert not drawing.exists()


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["ceiling", "/no/such.csv"], "/no/such.csv cannot be read"),
        (["ceiling", "/"], "cannot be read"),
        (["ceiling", "TABLE", "--plot", "curves.png"], "ends in .svg"),
        (["ceiling", "TABLE", "--plot", "/no/such/folder/curves.svg"], "cannot be written"),
        (["live", "--virtual", "--person", "Anna"], "--person and --side belong together"),
        (["live", "--virtual", "--side", "left"], "--person and --side belong together"),
        (["live", "--virtual", "--person", "Anna", "--side", "top"], "--side top: give left or right"),
        (["live", "--virtual", "--person", "Anna", "--side", "left"], "There is no person called Anna; nobody is stored yet"),
        (["people", "show", "../x"], "There is no person called ../x"),
        (["people", "forget", "\x1b[31m"], r"There is no person called \\x1b\[31m"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(home: dict[str, str], tmp_path: Path, args: list[str], words: str) -> None:
    table = tmp_path / "r.csv"
    table.write_text(TABLE)
    done = run(home, *[str(table) if a == "TABLE" else a for a in args], code=2)
    last = done.stderr.splitlines()[-1]
    assert re.search(words, last), done.stderr
    assert done.stdout == ""


# --- a person's own line in a session ---------------------------------------------------------------------------------------------------

LIVE = ["live", "--virtual", "falls-off", "--person", "anna bell", "--side", "left", "--speed", "max"]


def test_todays_line_is_used_and_stands_in_the_recording_without_the_name(home: dict[str, str], tmp_path: Path) -> None:
    person = calibrated(home)
    out = tmp_path / "s.ndjson"
    done = run(home, *LIVE, "--json", "--out", str(out))
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert next(o for o in said if o.get("code") == "guard_on")["ceiling_kpa"] == 30.0
    assert said[-1]["ceiling_kpa"] == 30.0
    recording = read(out)
    assert (recording.header["person"], recording.header["side"]) == (person.id, "left")
    assert "anna" not in out.read_text().lower()
    basis = recording.plan.basis
    assert basis is not None
    assert (list(basis.ratings), basis.prior) == (RATINGS, POPULATION)
    assert "the same, bit for bit" in run(home, "replay", str(out), "--verify").stdout


def test_a_lower_line_may_be_asked_for_and_a_higher_one_not(home: dict[str, str]) -> None:
    person = calibrated(home)
    for asked, used in (("20", 20.0), ("60", 30.0)):
        done = run(home, *LIVE, "--json", "--no-record", "--ceiling-kpa", asked)
        assert json.loads(done.stdout.splitlines()[-1])["ceiling_kpa"] == used
    assert len(stored(home).calibrations(person, "left")) == 1  # asking for less is not a lowered line


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"days_ago": 2}, "not of today"),
        ({"unit": "kPa"}, "was made in kPa, this ball shows rel."),
        ({"ball": "0badba11"}, "was made on another ball"),
        ({"ceiling": None}, "gave no ceiling"),
        ({"ceiling": 3.0}, "too low for a window"),
    ],
)
def test_without_todays_line_there_is_the_gauge_and_the_reason(home: dict[str, str], how: dict[str, object], words: str) -> None:
    calibrated(home, **how)  # type: ignore[arg-type]
    done = run(home, *LIVE, "--json", "--no-record")
    assert done.stderr.startswith("sixten: no ceiling, so no window: ")
    assert words in done.stderr
    last = json.loads(done.stdout.splitlines()[-1])
    assert (last["ceiling_kpa"], last["window_s"], last["peak_kpa"] > 20) == (None, 0.0, True)


def test_real_people_are_not_found_by_a_virtual_ball(home: dict[str, str]) -> None:
    stored(home, virtual=False).create("Anna Bell")
    assert "There is no person called anna bell" in run(home, *LIVE, code=2).stderr


def test_a_line_lowered_by_a_rating_is_todays_from_then_on(home: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    person = calibrated(home)
    monkeypatch.setenv("HOME", home["HOME"])
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    ball = VirtualSource("falls-off", 30.0)
    whose = Whose(stored(home), person, "left")
    says, events = greeting(ball)
    plan, why_not = whose.plan(says, None)
    assert why_not == ""
    session = Run(plan)

    def rates() -> Iterator[Event]:
        rated = False
        for event in events:
            yield event
            if isinstance(event, Samples) and event.t_us[-1] > 20_000_000 and not rated:
                rated = True
                ball.mark("rate", 6)

    pump(rates(), None, session, lambda _: None, ball.ask)
    whose.keep_lowered(Job(ball, events, session, None))
    first, lowered = stored(home).calibrations(person, "left")
    assert (first.ceiling_kpa, lowered.lowered) == (30.0, True)
    assert lowered.ceiling_kpa == session.state.ceiling_kpa == pytest.approx(24.0, abs=0.2)
    assert Whose(stored(home), person, "left").plan(says, None)[0].ceiling_kpa == lowered.ceiling_kpa
    earlier = stored(home).earlier(person, "left", first.unit, first.ball_calibration_id, first.ball_id)
    assert len(earlier) == 0  # it teaches the next calibration nothing
