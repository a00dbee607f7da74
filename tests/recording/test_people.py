"""People, their history and the lock, on a real folder, with real other processes."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sixten.pain.model import UNKNOWNS, prior_after
from sixten.recording.companion import correct
from sixten.recording.errors import RecordingError
from sixten.recording.lock import locked
from sixten.recording.people import Calibration, NoCeiling, People, Person, Side

NOON = datetime(2026, 7, 13, 12, 0, tzinfo=UTC)
RATING = (31.0, 6, "ramp", 2.5, 0.0, 1)


@pytest.fixture
def people(tmp_path: Path) -> People:
    return People(tmp_path / "people", virtual=False)


BALL = ("kPa", "", "00c0ffee")  # unit, calibration and id of the ball of these calibrations


def calibration(
    made: datetime = NOON, ceiling: float | None = 32.5, side: Side = "left", unit: str = "kPa", ball: str = "", virtual: bool = False
) -> Calibration:
    return Calibration(
        made_utc=made, side=side, ceiling_kpa=ceiling, ratings=(RATING,), unit=unit, ball_id="00c0ffee", ball_calibration_id=ball,
        virtual=virtual,
    )  # fmt: skip


def today(people: People, person: Person, side: Side = "left", unit: str = "kPa", ball: str = "", now: datetime = NOON) -> float | str:
    found = people.todays_ceiling(person, side, unit, ball, now)
    return found.reason if isinstance(found, NoCeiling) else found.ceiling_kpa or -1.0


def test_a_person_is_found_whatever_the_capitals_and_spaces(people: People) -> None:
    anna = people.create(" Anna  Bell ")
    assert people.find("anna bell") == people.find("ANNA\tBELL") == anna
    assert people.everybody() == [anna]
    with pytest.raises(ValueError, match="already somebody called aNNa bell"):
        people.create("aNNa bell")
    with pytest.raises(ValueError, match="no person called Ana Bell; did you mean Anna  Bell?"):
        people.find("Ana Bell")
    with pytest.raises(ValueError, match="see `sixten people list`"):
        people.find("Zacharias")


def test_with_nobody_stored_it_says_so(people: People) -> None:
    assert people.everybody() == []
    with pytest.raises(ValueError, match="nobody is stored yet"):
        people.find("Anna")


@given(st.text(min_size=1, max_size=200).filter(lambda s: s.strip() and s.encode("utf-8", "ignore").decode() == s))
def test_any_text_is_a_name_and_never_a_path(name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        people = People(Path(folder) / "in" / "people", virtual=False)
        person = people.create(name)
        assert people.find(name) == person
        assert [p.name for p in Path(folder).iterdir()] == ["in"]
        assert [p.name for p in (Path(folder) / "in").iterdir()] == ["people"]
        assert [p.name for p in people.folder.iterdir()] == [person.id]
        assert person.shown.isprintable()


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "..", "👩‍🦽", "a" * 200, "\x1b[31mred\x00", "con", ".lock", "a/b\\c", "\u202eabc"])
def test_names_that_look_like_something_else(people: People, name: str) -> None:
    person = people.create(name)
    assert people.find(name) == person
    assert len(person.id) == 16
    assert "\x1b" not in person.shown
    people.forget(person)
    assert list(people.folder.iterdir()) == []


@pytest.mark.parametrize("name", ["", "  ", "\t\n", "a" * 1001, "\udcff"])
def test_what_is_no_name(people: People, name: str) -> None:
    with pytest.raises(ValueError):
        people.create(name)
    assert not people.folder.exists()


@pytest.mark.skipif(os.name == "nt", reason="no owners and modes there")
def test_everything_is_readable_by_its_owner_alone(people: People) -> None:
    person = people.create("Anna")
    people.add_calibration(person, calibration())
    modes = {p: stat.S_IMODE(p.stat().st_mode) for p in people.folder.rglob("*")}
    assert len(modes) == 3
    assert {m for p, m in modes.items() if p.is_dir()} == {0o700}
    assert {m for p, m in modes.items() if p.is_file()} == {0o600}


def test_calibrations_are_a_history_per_side(people: People) -> None:
    person = people.create("Anna")
    first, second = calibration(NOON - timedelta(days=1), 30.0), calibration(NOON, 33.0)
    paths = [people.add_calibration(person, c) for c in (second, first)]
    before = [p.read_bytes() for p in paths]
    people.add_calibration(person, calibration(side="right", ceiling=20.0))
    people.add_calibration(person, second)  # the same again is another one
    assert people.calibrations(person, "left") == [first, second, second]
    assert [c.ceiling_kpa for c in people.calibrations(person, "right")] == [20.0]
    assert [p.read_bytes() for p in paths] == before


def test_todays_ceiling_counts_today_with_the_same_ball(people: People) -> None:
    person = people.create("Anna")
    assert "no calibration of the left side yet; calibrate: sixten calibrate --person Anna --side left" in str(today(people, person))
    people.add_calibration(person, calibration(NOON - timedelta(hours=3)))
    assert today(people, person) == 32.5
    assert "no calibration of the right side" in str(today(people, person, side="right"))
    assert "made in kPa, this ball shows rel." in str(today(people, person, unit="rel."))
    assert "calibrated anew" in str(today(people, person, ball="other"))
    elsewhere = people.todays_ceiling(person, "left", "kPa", "", NOON, ball_id="0badba11")
    assert isinstance(elsewhere, NoCeiling)
    assert "made on another ball (00c0ffee, this is 0badba11)" in elsewhere.reason
    assert "of 2026-07-13, not of today" in str(today(people, person, now=NOON + timedelta(days=1)))
    assert "after now" in str(today(people, person, now=NOON - timedelta(hours=4)))


def test_today_is_the_date_where_the_person_is(people: People) -> None:
    person = people.create("Anna")
    east = timezone(timedelta(hours=9))
    people.add_calibration(person, calibration(datetime(2026, 7, 13, 14, 0, tzinfo=UTC)))  # 23:00 there
    assert today(people, person, now=datetime(2026, 7, 13, 23, 59, tzinfo=east)) == 32.5
    assert "not of today" in str(today(people, person, now=datetime(2026, 7, 14, 0, 1, tzinfo=east)))


def test_a_refused_or_unreadable_last_one_hides_the_ceiling_before_it(people: People) -> None:
    person = people.create("Anna")
    people.add_calibration(person, calibration(NOON - timedelta(hours=3)))
    refused = people.add_calibration(person, calibration(NOON - timedelta(hours=2), None))
    assert "gave no ceiling" in str(today(people, person))
    refused.unlink()
    assert today(people, person) == 32.5
    people.add_calibration(person, calibration(NOON - timedelta(hours=1), 40.0)).write_bytes(b'{"made_utc"')
    assert "cannot be read" in str(today(people, person))
    assert [c.ceiling_kpa for c in people.calibrations(person, "left")] == [32.5]
    assert len(people.damage) == 1
    assert "is damaged" in people.damage[0]


def test_valid_calibrations_of_both_sides_teach_the_next(people: People) -> None:
    """Oldest first; refused and lowered ones, and those of another model, are left out."""
    person = people.create("Anna")
    known = {"mean": [0.1] * UNKNOWNS, "sd": [1.0] * UNKNOWNS}

    def keep(
        hours: int, side: Side = "left", ceiling: float | None = 30.0, lowered: bool = False, numbers: dict[str, list[float]] = known
    ) -> None:
        plain = calibration(NOON - timedelta(hours=hours), ceiling, side)
        people.add_calibration(person, msgspec.structs.replace(plain, lowered=lowered, numbers=numbers))

    keep(3)
    keep(5, "right")
    keep(2, ceiling=None)
    keep(1, lowered=True)
    keep(4, numbers={"mean": [0.1], "sd": [1.0]})
    keep(6, numbers={})
    assert [e.same_side for e in people.earlier(person, "left", *BALL)] == [False, True]
    assert [e.same_side for e in people.earlier(person, "right", *BALL)] == [True, False]
    assert prior_after(people.earlier(person, "left", *BALL)).earlier == 1
    assert [e.same_side for e in people.earlier(person, "left", "kPa", "", "another")] == [False, False]
    assert [e.same_side for e in people.earlier(person, "left", "kPa", "calibrated anew", "00c0ffee")] == [False, False]
    assert people.earlier(person, "left", "another unit", *BALL[1:]) == []


def test_virtual_and_real_never_mix(people: People, tmp_path: Path) -> None:
    person = people.create("Anna")
    with pytest.raises(ValueError, match="virtual ball"):
        people.add_calibration(person, calibration(virtual=True))
    made_up = People(tmp_path / "virtual", virtual=True)
    robot = made_up.create("Anna")
    path = made_up.add_calibration(robot, calibration(virtual=True))
    (people.folder / person.id / path.name).write_bytes(path.read_bytes())  # copied over by hand
    assert "does not belong" in str(today(people, person))
    assert people.calibrations(person, "left") == []


def test_forgetting_really_removes(people: People) -> None:
    anna, ben = people.create("Anna"), people.create("Ben")
    people.add_calibration(anna, calibration())
    (people.folder / ".forgotten-halfway").mkdir()  # what a power cut left
    people.forget(anna)
    assert [p.name for p in people.folder.iterdir()] == [ben.id]
    with pytest.raises(ValueError, match="no person called Anna"):
        people.find("Anna")
    with pytest.raises(ValueError, match="not stored any more"):
        people.forget(anna)
    with pytest.raises(RecordingError, match="not stored any more"):
        people.add_calibration(anna, calibration())


def test_a_damaged_person_is_told_and_the_others_are_there(people: People) -> None:
    anna, ben = people.create("Anna"), people.create("Ben")
    (people.folder / anna.id / "person.json").write_bytes(b"\xff\x00 no")
    assert people.everybody() == [ben]
    assert "person.json is damaged" in people.damage[0]


@pytest.mark.parametrize("junk", [b"", b"[]", b'{"version": 2, "id": "x"}', b"[" * 10_000, b"\xff", b" " * ((1 << 20) + 1)])
def test_junk_in_a_persons_file_is_a_sentence(people: People, junk: bytes) -> None:
    person = people.create("Anna")
    (people.folder / person.id / "person.json").write_bytes(junk)
    assert people.everybody() == []
    assert people.damage[0].endswith(".")


def test_what_cannot_be_kept_is_refused(people: People) -> None:
    person = people.create("Anna")
    with pytest.raises(ValueError, match="time zone"):
        people.add_calibration(person, calibration(datetime(2026, 7, 13)))
    nan = calibration()
    with pytest.raises(ValueError, match="without a number"):
        people.add_calibration(
            person,
            Calibration(**{f: getattr(nan, f) for f in nan.__struct_fields__} | {"ratings": ((float("nan"), 6, "ramp", 2.0, 0.0, 1),)}),
        )
    assert people.calibrations(person, "left") == []


# --- two programs at once --------------------------------------------------------------------------------------------------------

WRITE_MANY = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from sixten.recording.people import Calibration, People
people = People(Path(sys.argv[1]), virtual=False)
for i in range(10):
    try:
        people.create(f"person {i}")
    except ValueError:
        pass
for i in range(10):
    people.add_calibration(people.find(f"person {i}"), Calibration(made_utc=datetime.now(UTC), side="left", ceiling_kpa=30.0,
        ratings=(), unit="kPa", ball_id="", ball_calibration_id="", virtual=False))
"""


def test_four_programs_at_once_lose_nothing_and_make_nobody_twice(people: People) -> None:
    children = [subprocess.Popen([sys.executable, "-c", WRITE_MANY, str(people.folder)], stderr=subprocess.PIPE) for _ in range(4)]
    for child in children:
        _, err = child.communicate(timeout=60)
        assert child.returncode == 0, err.decode()
    everybody = people.everybody()
    assert len(everybody) == 10
    assert [len(people.calibrations(p, "left")) for p in everybody] == [4] * 10
    assert [p for p in people.folder.rglob(".*")] == []


def test_a_living_owner_keeps_the_lock_and_is_named(people: People) -> None:
    people.create("Anna")
    hold = (
        "import sys, pathlib; from sixten.recording.lock import locked\n"
        "with locked(pathlib.Path(sys.argv[1])):\n print('held', flush=True); sys.stdin.read()"
    )
    child = subprocess.Popen([sys.executable, "-c", hold, str(people.folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stdout.readline() == b"held\n"
    with pytest.raises(RecordingError, match=f"process {child.pid} on"), locked(people.folder, wait_s=0.0):
        pass
    child.kill()  # dead without tidying up: now it may be taken over
    child.wait()
    assert (people.folder / ".lock").exists()
    people.create("Ben")
    assert not (people.folder / ".lock").exists()
    child.stdin.close()
    child.stdout.close()


def test_a_number_used_again_is_another_process(people: People) -> None:
    people.create("Anna")
    with locked(people.folder):
        mine = json.loads((people.folder / ".lock").read_text())
    if not mine["started"]:
        pytest.skip("this system does not say when a process began")
    (people.folder / ".lock").write_text(json.dumps(mine | {"started": "1"}))
    people.create("Ben")


@pytest.mark.parametrize("text", ["", "junk", '{"pid": 1}', '{"pid": 999999999, "started": "", "host": "elsewhere"}'])
def test_an_owner_that_may_live_is_left_alone(people: People, text: str) -> None:
    people.create("Anna")
    (people.folder / ".lock").write_text(text)
    with pytest.raises(RecordingError, match="If none is running, delete"), locked(people.folder, wait_s=0.0):
        pass
    assert (people.folder / ".lock").read_text() == text


def test_without_fdatasync_fcntl_and_links_it_works(people: People) -> None:
    poor = (
        "import os, sys\n"
        "def no(*a): raise PermissionError(1, 'no links here')\n"
        "os.link = no; del os.fdatasync; sys.modules['fcntl'] = None\n" + WRITE_MANY
    )
    done = subprocess.run([sys.executable, "-c", poor, str(people.folder)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert len(people.everybody()) == 10


def test_a_calibration_of_the_wrong_side_counts_for_nobody(people: People) -> None:
    """Neither as today's line nor as a prior, and what it said stays where it is."""
    ann = people.create("Ann")
    numbers = {"mean": [0.0] * UNKNOWNS, "sd": [1.0] * UNKNOWNS}
    kept = msgspec.structs.replace(calibration(), recording="2026-07-13.ndjson.gz", numbers=numbers)
    path = people.add_calibration(ann, kept)
    sessions = people.folder.with_name("sessions")
    sessions.mkdir()
    correct(sessions / "2026-07-13.ndjson.gz", remark="slept badly")
    assert today(people, ann) == 32.5
    assert len(people.earlier(ann, "right", *BALL)) == 1
    before = path.read_bytes()
    correct(sessions / "2026-07-13.ndjson.gz", side="right")
    assert "was of another person or side" in str(today(people, ann))
    assert people.earlier(ann, "left", *BALL) == people.earlier(ann, "right", *BALL) == []
    assert path.read_bytes() == before
