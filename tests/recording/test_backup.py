"""A backup brings back every byte, adds without changing what is here, and a hostile archive leaves nothing behind."""

from __future__ import annotations

import os
import zipfile
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from recorded import NOON, put
from sixten.ball.messages import LastZero
from sixten.recording import backup as backup_module
from sixten.recording.backup import MANIFEST, Entry, Manifest, Trees, backup, restore
from sixten.recording.balls import Ball, Balls, ZeroEntry
from sixten.recording.errors import RecordingError
from sixten.recording.people import Calibration, People, Person

ID = "00c0ffee"


def trees(root: Path) -> Trees:
    return Trees(root / "sessions", root / "people", root / "balls")


def calibrate(people: People, person: Person, made: datetime) -> Path:
    return people.add_calibration(
        person,
        Calibration(
            made_utc=made, side="left", ceiling_kpa=32.5, ratings=((31.0, 6, "ramp", 2.5, 0.0, 1),), unit="kPa", ball_id=ID,
            ball_calibration_id="", virtual=False,
        ),
    )  # fmt: skip


def zero(day: int) -> ZeroEntry:
    return ZeroEntry(f"2026-07-{day:02d}T12:00:00+00:00", LastZero("fsr", "", 0.1 * day, None))


def put_ball(folder: Path, *days: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{ID}.json").write_bytes(msgspec.json.encode(Ball(ID, zeros=[zero(d) for d in days])))


def files(root: Path) -> dict[str, str]:
    return {
        p.relative_to(root).as_posix(): sha256(p.read_bytes()).hexdigest()
        for p in sorted(root.rglob("*"))
        if p.is_file() and p.name != ".lock"
    }


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Ada with two calibrations, a ball, a plain, a closed and a corrected recording."""
    root = tmp_path / "home"
    people = People(root / "people", False)
    ada = people.create("Ada", NOON)
    for day in range(2):
        calibrate(people, ada, NOON + timedelta(days=day))
    put_ball(root / "balls", 1, 2)
    put(root / "sessions" / "a.ndjson", person=ada.id)
    put(root / "sessions" / "old" / "b.ndjson.gz", NOON + timedelta(hours=1), person=ada.id)
    (root / "sessions" / "a.notes.ndjson").write_bytes(b"one remark\n")
    return root


@pytest.fixture
def archive(home: Path, tmp_path: Path) -> Path:
    backup(tmp_path / "kept.zip", trees(home))
    return tmp_path / "kept.zip"


def test_every_byte_comes_back(home: Path, archive: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    counts = restore(archive, trees(new))
    assert files(new) == files(home)
    assert (counts.sessions, counts.people, counts.calibrations, counts.balls, counts.already, counts.told) == (2, 1, 2, 1, 0, [])
    assert all(p.stat().st_mode & 0o077 == 0 for p in new.rglob("*") if p.is_file())
    assert archive.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(archive) as zipped:
        assert zipped.testzip() is None
        manifest = msgspec.json.decode(zipped.read(MANIFEST), type=Manifest)
        assert {e.name for e in manifest.files} == set(zipped.namelist()) - {MANIFEST}
    again = restore(archive, trees(new))
    assert (again.sessions, again.people, again.calibrations, again.balls, again.told) == (0, 0, 0, 0, [])
    assert again.already == 7
    assert files(new) == files(home)


def test_what_went_on_since_is_no_conflict(home: Path, archive: Path) -> None:
    """Recorded further, moved, closed, a remark more, another zero, another calibration: all of it is newer here."""
    with (home / "sessions" / "a.ndjson").open("ab") as file:
        file.write(b"more\n")
    with (home / "sessions" / "a.notes.ndjson").open("ab") as file:
        file.write(b"another remark\n")
    (home / "sessions" / "old" / "b.ndjson.gz").rename(home / "sessions" / "b.ndjson.gz")
    put_ball(home / "balls", 1, 2, 3)
    people = People(home / "people", False)
    calibrate(people, people.find("Ada"), NOON + timedelta(days=9))
    before = files(home)
    counts = restore(archive, trees(home))
    assert counts.told == []
    assert files(home) == before


def test_a_recording_closed_since_is_here_already(home: Path, archive: Path) -> None:
    ada = People(home / "people", False).find("Ada")
    (home / "sessions" / "a.ndjson").unlink()
    put(home / "sessions" / "a.ndjson.gz", person=ada.id)
    before = files(home)
    assert restore(archive, trees(home)).told == []
    assert files(home) == before


def test_another_session_of_the_same_name_elsewhere_is_added(home: Path, archive: Path) -> None:
    (home / "sessions" / "old" / "b.ndjson.gz").unlink()
    put(home / "sessions" / "b.ndjson.gz", NOON + timedelta(days=5))
    counts = restore(archive, trees(home))
    assert (counts.sessions, counts.told) == (1, [])
    assert (home / "sessions" / "old" / "b.ndjson.gz").exists()


def test_what_differs_stays_and_is_told(home: Path, archive: Path) -> None:
    (home / "sessions" / "a.ndjson").write_bytes(b"mine")
    made = sorted((home / "people").rglob("left-*.json"))[0]
    made.write_bytes(b"mine")
    before = files(home)
    counts = restore(archive, trees(home))
    assert sorted(counts.told) == sorted(
        f"{p} is here and differs from the backup; what is here stays." for p in (made, home / "sessions" / "a.ndjson")
    )
    assert files(home) == before


def test_a_forgotten_person_comes_back(home: Path, archive: Path) -> None:
    people = People(home / "people", False)
    people.forget(people.find("Ada"))
    counts = restore(archive, trees(home))
    assert (counts.people, counts.calibrations) == (1, 2)
    assert len(people.calibrations(people.find("ada"), "left")) == 2


def test_somebody_else_of_that_name_stays_somebody_else(archive: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    people = People(new / "people", False)
    mine = people.create(" aDA ")
    counts = restore(archive, trees(new))
    assert people.find("ada") == mine
    assert len(people.calibrations(people.find("Ada (2)"), "left")) == 2
    assert len(counts.told) == 1 and "already somebody called Ada" in counts.told[0]
    assert restore(archive, trees(new)).told == []  # and is not told again


def test_balls_are_joined_in_order_of_time(archive: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    put_ball(new / "balls", 2, 5)
    assert restore(archive, trees(new)).balls == 1
    ball = msgspec.json.decode((new / "balls" / f"{ID}.json").read_bytes(), type=Ball)
    assert ball.zeros == [zero(1), zero(2), zero(5)]
    assert Balls(new / "balls").remembered(ID).zero == zero(5).zero


def test_a_damaged_ball_in_a_backup_is_told(home: Path, tmp_path: Path) -> None:
    (home / "balls" / f"{ID}.json").write_bytes(b"{}")
    backup(tmp_path / "b.zip", trees(home))
    put_ball(tmp_path / "new" / "balls", 1)
    counts = restore(tmp_path / "b.zip", trees(tmp_path / "new"))
    assert counts.balls == 0 and "cannot be used" in counts.told[0]


def test_nothing_is_overwritten_by_a_backup(home: Path, archive: Path) -> None:
    before = archive.read_bytes()
    with pytest.raises(RecordingError, match="exists already"):
        backup(archive, trees(home))
    assert archive.read_bytes() == before
    with pytest.raises(RecordingError, match="cannot be written"):
        backup(home / "nowhere" / "b.zip", trees(home))


def test_what_no_backup_can_hold_is_told(home: Path, tmp_path: Path) -> None:
    put(home / "sessions" / "what?.ndjson")
    (home / "sessions" / "secret.ndjson").symlink_to("/etc/passwd")
    counts = backup(tmp_path / "b.zip", trees(home))
    assert counts.sessions == 2
    assert len(counts.told) == 1 and "what?.ndjson has no name" in counts.told[0]


def test_an_empty_computer_has_an_empty_backup(tmp_path: Path) -> None:
    backup(tmp_path / "b.zip", trees(tmp_path / "home"))
    assert restore(tmp_path / "b.zip", trees(tmp_path / "new")).already == 0


# --- archives that are not what they say ----------------------------------------------------------------------------------------


def forged(path: Path, contents: dict[str, bytes], lie: dict[str, Entry] | None = None, compress: int = zipfile.ZIP_DEFLATED) -> Path:
    entries = {n: Entry(n, len(d), sha256(d).hexdigest()) for n, d in contents.items()} | (lie or {})
    with zipfile.ZipFile(path, "w", compress) as zipped:
        for name, data in contents.items():
            zipped.writestr(name, data)
        manifest = Manifest("sixten-backup", 1, "2026-07-13T12:00:00+00:00", "0", tuple(entries.values()))
        zipped.writestr(MANIFEST, msgspec.json.encode(manifest))
    return path


NAMES = [
    "sessions/../../x.ndjson", "../x.ndjson", "/etc/x.ndjson", "sessions//etc/x.ndjson", "sessions/..\\..\\x.ndjson",
    "sessions/C:\\x.ndjson",
    "sessions/x.ndjson:stream.ndjson", "sessions/.hidden.ndjson", "sessions/dir./x.ndjson", "sessions/x\n.ndjson", "sessions/x.exe",
    "sessions/x.ndjson/", "people/00/person.json", "people/0123456789abcdef/../person.json", "people/0123456789abcdef/.bashrc",
    "balls/../x.json", "settings.json", "sessions/" + "d/" * 20 + "x.ndjson", "sessions/" + "x" * 300 + ".ndjson",
]  # fmt: skip


def refused(path: Path, root: Path, match: str) -> None:
    with pytest.raises(RecordingError, match=match):
        restore(path, trees(root))
    assert not root.exists() or files(root) == {}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_leads_elsewhere_refuses_all(tmp_path: Path, name: str) -> None:
    contents = {"sessions/good.ndjson": b"fine", name: b"evil"}
    refused(forged(tmp_path / "x.zip", contents), tmp_path / "new", "a name that no backup of sixten has; nothing was restored")
    assert {p.name for p in tmp_path.iterdir()} <= {"x.zip", "new"}


def test_bombs_are_refused_before_they_go_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    zeros = {"sessions/a.ndjson": bytes(20 << 20)}
    refused(forged(tmp_path / "ratio.zip", zeros), tmp_path / "new", "a size that no such file has")
    refused(forged(tmp_path / "big.zip", {f"balls/{ID}.json": os.urandom(5 << 20)}), tmp_path / "new", "a size that no such file has")
    monkeypatch.setattr(backup_module, "SPARE_BYTES", 1 << 60)
    refused(forged(tmp_path / "full.zip", {"sessions/a.ndjson": b"x"}), tmp_path / "new", "make room first")


def test_a_size_that_lies_is_refused(tmp_path: Path) -> None:
    """The central directory says 10 bytes, the stream goes on for 20 MB."""
    path = forged(tmp_path / "x.zip", {"sessions/a.ndjson": bytes(20 << 20)}, {"sessions/a.ndjson": Entry("sessions/a.ndjson", 10, "")})
    data = path.read_bytes()
    at = data.index(b"PK\x01\x02") + 24
    path.write_bytes(data[:at] + (10).to_bytes(4, "little") + data[at + 4 :])
    refused(path, tmp_path / "new", "damaged|digest differs")


def test_a_manifest_that_lies_is_refused(tmp_path: Path) -> None:
    good = {"sessions/a.ndjson": b"x"}
    more = {"sessions/b.ndjson": Entry("sessions/b.ndjson", 1, "")}
    wrong = {"sessions/a.ndjson": Entry("sessions/a.ndjson", 1, sha256(b"y").hexdigest())}
    refused(forged(tmp_path / "more.zip", good, more), tmp_path / "new", "does not hold what its manifest names")
    refused(forged(tmp_path / "wrong.zip", good, wrong), tmp_path / "new", "digest differs")
    with zipfile.ZipFile(tmp_path / "none.zip", "w") as zipped:
        zipped.writestr("sessions/a.ndjson", b"x")
    refused(tmp_path / "none.zip", tmp_path / "new", "no manifest")
    for i, text in enumerate((b"[" * 100_000, b"{}", b"\xff", b'{"format":"sixten-backup","version":1}')):
        with zipfile.ZipFile(tmp_path / f"{i}.zip", "w") as zipped:
            zipped.writestr(MANIFEST, text)
        refused(tmp_path / f"{i}.zip", tmp_path / "new", "no manifest that can be read")
    with zipfile.ZipFile(tmp_path / "newer.zip", "w") as zipped:
        zipped.writestr(MANIFEST, b'{"format":"sixten-backup","version":2}')
    refused(tmp_path / "newer.zip", tmp_path / "new", "newer version")


def test_what_is_no_archive_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "noise.zip").write_bytes(os.urandom(1000))
    refused(tmp_path / "noise.zip", tmp_path / "new", "no sixten backup")
    refused(tmp_path / "missing.zip", tmp_path / "new", "No such file")
    refused(tmp_path, tmp_path / "new", "Is a directory")
    odd = forged(tmp_path / "odd.zip", {"sessions/a.ndjson": b"x" * 100}, compress=zipfile.ZIP_LZMA)
    refused(odd, tmp_path / "new", "packed in a way")


def test_no_damage_gets_through(archive: Path, home: Path, tmp_path: Path) -> None:
    """Flip a byte anywhere, or cut the end off: refused as a whole, or (in a part of the zip that says nothing) restored exactly."""
    data, wanted, refusals = archive.read_bytes(), files(home), 0
    for i, at in enumerate(range(3, len(data), len(data) // 150)):
        for j, damaged in enumerate((data[:at] + bytes([data[at] ^ 0x41]) + data[at + 1 :], data[:at])):
            path, new = tmp_path / f"{i}-{j}.zip", tmp_path / f"new-{i}-{j}"
            path.write_bytes(damaged)
            try:
                restore(path, trees(new))
            except RecordingError:
                refusals += 1
                assert not new.exists() or files(new) == {}
            else:
                assert files(new) == wanted
    assert refusals > 250


def test_a_recording_that_grows_meanwhile_is_taken_as_far_as_it_was(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = home / "sessions" / "a.ndjson"
    size = path.stat().st_size
    monkeypatch.setattr(backup_module, "PIECE", 100)
    real, pieces = backup_module._piece, []

    def growing(where: Path, source: object, left: int) -> bytes:
        with path.open("ab") as file:
            file.write(b"more\n")
        pieces.append(left)
        return real(where, source, left)  # type: ignore[arg-type]

    monkeypatch.setattr(backup_module, "_piece", growing)
    backup(tmp_path / "b.zip", trees(home))
    monkeypatch.undo()
    restore(tmp_path / "b.zip", trees(tmp_path / "new"))
    assert (tmp_path / "new" / "sessions" / "a.ndjson").stat().st_size == size and len(pieces) > 10


def test_the_date_is_in_the_manifest(archive: Path) -> None:
    with zipfile.ZipFile(archive) as zipped:
        made = datetime.fromisoformat(msgspec.json.decode(zipped.read(MANIFEST), type=Manifest).made_utc)
    assert made.tzinfo is not None and datetime.now(UTC) - made < timedelta(days=1)
