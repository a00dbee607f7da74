"""The catalogue follows the folder, whatever happens to either, and holds nothing that the recordings do not say."""

from __future__ import annotations

import gzip
import json
import os
import sqlite3
import tracemalloc
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recorded import END, NOON, header, put
from sixten.recording import library as library_module
from sixten.recording.companion import correct
from sixten.recording.errors import RecordingError
from sixten.recording.head import Head, head
from sixten.recording.library import Library, Session
from sixten.recording.lines import MAX_LINE, VERSION, seal


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "sessions"


def names(library: Library, **query: Any) -> list[str]:
    library.refresh()
    return [s.name for s in library.find(**query)]


def test_both_forms_say_the_same(folder: Path) -> None:
    plain, closed = head(put(folder / "a.ndjson")), head(put(folder / "b.ndjson.gz"))
    assert plain == closed
    assert plain.end is not None and plain.end["window_s"] == 60.0
    library = Library(folder, virtual=False)
    library.refresh()
    one, two = library.find()
    stamp = "2026-07-13T12:00:00.000+00:00"
    known = Session("a.ndjson", stamp, "session", "ada", "left", True, 86.0, 60.0, 66.7, 1.5, "done", 30.5, 32.0, 25_855, 3, 0)
    assert {one, two} == {known, known._replace(name="b.ndjson.gz")}


def test_without_an_end_the_plan_is_known_and_no_more(folder: Path) -> None:
    put(folder / "a.ndjson", end=None)
    put(folder / "b.ndjson.gz", end=None)
    library = Library(folder, virtual=False)
    library.refresh()
    for s in library.find():
        assert (s.finished, s.ceiling_kpa, s.window_s, s.samples) == (False, 40.0, None, None)


def test_it_follows_what_is_done_by_hand(folder: Path) -> None:
    library = Library(folder, virtual=False)
    assert names(library) == []
    put(folder / "a.ndjson", NOON)
    put(folder / "b.ndjson", NOON + timedelta(hours=1), end=None)
    assert names(library) == ["b.ndjson", "a.ndjson"]
    assert library.refresh() == (0, 0)
    put(folder / "b.ndjson", NOON + timedelta(hours=1))  # it ended
    assert library.refresh() == (1, 0)
    assert library.find()[0].finished
    (folder / "old").mkdir()
    (folder / "a.ndjson").rename(folder / "old" / "a.ndjson")
    assert library.refresh() == (1, 1)
    assert names(library) == ["b.ndjson", "old/a.ndjson"]
    put(folder / "b.ndjson.gz", NOON + timedelta(hours=1))  # closed, and its plain form not removed yet
    assert names(library) == ["b.ndjson.gz", "old/a.ndjson"]
    (folder / "b.ndjson").unlink()
    (folder / "old" / "a.ndjson").unlink()
    assert names(library) == ["b.ndjson.gz"]


def test_a_correction_beside_a_recording_makes_it_read_again(folder: Path) -> None:
    put(folder / "a.ndjson.gz")
    library = Library(folder, virtual=False)
    assert library.refresh() == (1, 0)
    (folder / "a.notes.ndjson").write_bytes(b"anything")
    assert library.refresh() == (1, 0)
    assert names(library) == ["a.ndjson.gz"]  # and it is no recording itself
    assert library.problems() == []


def test_what_it_is_asked(folder: Path) -> None:
    put(folder / "a.ndjson", NOON, side="right")
    put(folder / "b.ndjson", NOON + timedelta(days=1), person="bob")
    put(folder / "c.ndjson", NOON + timedelta(days=2), kind="calibration")
    put(folder / "d.ndjson", NOON + timedelta(days=3), procedure="flatboard")
    library = Library(folder, virtual=False)
    assert names(library) == ["d.ndjson", "c.ndjson", "b.ndjson", "a.ndjson"]
    assert names(library, limit=1) == ["d.ndjson"]
    assert names(library, person="bob") == ["b.ndjson"]
    assert names(library, side="right") == ["a.ndjson"]
    assert names(library, kind="calibration") == ["c.ndjson"]
    assert names(library, kind="session", person="ada") == ["a.ndjson"]
    assert names(library, since_utc=NOON + timedelta(days=1)) == ["d.ndjson", "c.ndjson", "b.ndjson"]


def test_virtual_ones_are_apart(folder: Path) -> None:
    put(folder / "a.ndjson", virtual=True)
    put(folder / "b.ndjson")
    real, virtual = Library(folder, virtual=False), Library(folder.with_name("virtual-sessions"), virtual=True)
    assert names(real) == ["b.ndjson"]
    assert [p.partition("is ")[2] for p in real.problems()] == ["of a virtual ball and does not belong here; it is not listed."]
    assert names(virtual) == []
    (folder / "a.ndjson").rename(put(virtual.folder / "a.ndjson"))
    assert names(virtual) == ["a.ndjson"]
    assert real.path != virtual.path


def test_what_is_no_recording_is_one_sentence_and_hides_nothing_else(folder: Path) -> None:
    put(folder / "good.ndjson")
    (folder / "empty.ndjson").write_bytes(b"")
    (folder / "noise.ndjson.gz").write_bytes(os.urandom(2000))
    (folder / "text.ndjson").write_bytes(b"hello\n" * 1000)
    (folder / "long.ndjson").write_bytes(b"x" * 10 * MAX_LINE)
    put(folder / "newer.ndjson", version=VERSION + 1)
    put(folder / "undated.ndjson", started_utc="yesterday")
    put(folder / "local.ndjson", started_utc="2026-07-13T12:00:00")
    (folder / "folder.ndjson").mkdir()
    (folder / "elsewhere.ndjson").symlink_to(folder / "good.ndjson")
    os.mkfifo(folder / "pipe.ndjson")  # would wait for ever if it were opened
    (folder / "holiday.jpg").write_bytes(b"")
    library = Library(folder, virtual=False)
    assert names(library) == ["good.ndjson"]
    assert len(library.problems()) == 7
    assert sum("newer version" in p for p in library.problems()) == 1
    assert library.refresh() == (0, 0)


def test_a_name_that_is_no_text_is_told(folder: Path) -> None:
    good = put(folder / "good.ndjson")
    os.rename(good, os.fsencode(folder) + b"/\xff.ndjson")
    library = Library(folder, virtual=False)
    assert names(library) == []
    assert len(library.problems()) == 1 and "\\xff" in library.problems()[0]


def test_a_bomb_costs_no_more_than_two_lines(folder: Path) -> None:
    folder.mkdir()
    (folder / "bomb.ndjson.gz").write_bytes(gzip.compress(b" " * (1 << 28), 9))
    tracemalloc.start()
    with pytest.raises(RecordingError, match="damaged"):
        head(folder / "bomb.ndjson.gz")
    assert tracemalloc.get_traced_memory()[1] < 8 * MAX_LINE
    tracemalloc.stop()


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=2),
    max_leaves=4,
)
FIELDS = ("version", "started_utc", "virtual", "plan", "person", "side", "kind", "procedure")


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from(FIELDS), values), st.dictionaries(st.sampled_from(sorted(END)), values), st.booleans())
def test_no_header_and_no_summary_can_break_it(
    tmp_path_factory: pytest.TempPathFactory, top: dict[str, Any], bottom: dict[str, Any], closed: bool
) -> None:
    folder = tmp_path_factory.mktemp("hostile") / "sessions"
    put(folder / ("a.ndjson.gz" if closed else "a.ndjson"), end={**END, **bottom, "k": "end"}, **top)
    library = Library(folder, virtual=False)
    library.refresh()
    assert len(library.find()) + len(library.problems()) == 1
    assert library.trouble == ""
    library.close()


# --- the catalogue's own file ---------------------------------------------------------------------------------------------------


@pytest.fixture
def filled(folder: Path) -> Path:
    for i in range(60):
        put(folder / f"{i:02d}.ndjson.gz", NOON + timedelta(hours=i))
    library = Library(folder, virtual=False)
    library.refresh()
    library.close()
    return folder


def test_a_catalogue_that_is_there_is_used(filled: Path) -> None:
    library = Library(filled, virtual=False)
    assert library.refresh() == (0, 0)
    assert library.refresh(rebuild=True) == (60, 0)
    assert library.trouble == ""
    assert library.path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("damage", ["gone", "noise", "empty", "half", "other", "hang", "newer"])
def test_a_catalogue_that_is_damaged_is_made_anew(filled: Path, damage: str) -> None:
    path = Library(filled, virtual=False).path
    data = path.read_bytes()
    if damage in ("gone", "other", "hang"):
        path.unlink()
    if damage == "noise":
        path.write_bytes(os.urandom(len(data)))
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "half":
        path.write_bytes(data[: len(data) // 2])
    elif damage == "other":
        sqlite3.connect(path).execute("CREATE TABLE session(name TEXT)").connection.close()
    elif damage == "hang":  # a view that never ends
        db = sqlite3.connect(path)
        db.execute("CREATE VIEW session AS WITH RECURSIVE n(name) AS (SELECT 1 UNION ALL SELECT name FROM n) SELECT name FROM n")
        db.execute(f"PRAGMA user_version = {library_module.VERSION}").connection.close()
    elif damage == "newer":
        sqlite3.connect(path).execute(f"PRAGMA user_version = {library_module.VERSION + 1}").connection.close()
    library = Library(filled, virtual=False)
    assert library.refresh() == (60, 0)
    assert len(library.find()) == 60
    assert bool(library.trouble) == (damage not in ("gone", "empty", "newer"))


def test_damage_under_an_open_catalogue_is_survived(filled: Path) -> None:
    library = Library(filled, virtual=False)
    with library.path.open("r+b") as file:
        file.seek(24)  # the counter of changes: whoever has the file open reads it again
        file.write(b"\xff\xff\xff\xff")
        file.seek(4096)
        file.write(os.urandom(library.path.stat().st_size - 4096))
    library.refresh()
    assert len(library.find()) == 60
    assert "made anew" in library.trouble


def test_no_flipped_byte_breaks_a_list(filled: Path) -> None:
    """Values may be wrong in a catalogue that somebody changed (that is why a report reads the recording); nothing may raise."""
    path = Library(filled, virtual=False).path
    data = path.read_bytes()
    for at in range(7, len(data), len(data) // 80):
        path.write_bytes(data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :])
        library = Library(filled, virtual=False)
        library.refresh()
        assert 0 < len(library.find()) <= 60
        library.close()


def test_without_a_place_for_it_the_list_still_comes(filled: Path) -> None:
    path = Library(filled, virtual=False).path
    path.unlink()
    path.mkdir()
    library = Library(filled, virtual=False)
    assert "cannot be kept" in library.trouble
    library.refresh()
    assert len(library.find()) == 60


def test_another_program_that_holds_it_is_named(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library_module, "BUSY_S", 0.0)
    library = Library(filled, virtual=False)
    other = sqlite3.connect(library.path)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(RecordingError, match="Another program"):
        library.refresh()
    other.rollback()
    assert library.refresh() == (0, 0)


def test_the_summary_of_a_plain_one_is_its_last_line_only(folder: Path) -> None:
    path = put(folder / "a.ndjson")
    with path.open("ab") as file:
        file.write(seal({"k": "mark", "t_us": 5, "kind": "stop", "value": None}))
    assert head(path) == Head({**header(), "c": json.loads(path.read_bytes().splitlines()[0])["c"]}, None)


def test_a_correction_counts_instead_of_the_header(folder: Path) -> None:
    path = put(folder / "a.ndjson.gz")
    put(folder / "b.ndjson.gz")
    correct(path, person_id="bob", side="right", remark="it was Bob")
    library = Library(folder, virtual=False)
    assert names(library, person="bob") == ["a.ndjson.gz"]
    assert [(s.side, s.remarks) for s in library.find(person="bob")] == [("right", 1)]
    correct(path, person_id="cyd")
    assert names(library, person="bob") == []
    assert names(library, person="cyd", side="right") == ["a.ndjson.gz"]
    assert names(library, person="ada") == ["b.ndjson.gz"]
