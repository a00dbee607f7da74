"""What is remembered between runs, and what happens to a file that cannot be used."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sixten.recording import settings as S
from sixten.recording.places import settings_path


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return settings_path()


def test_what_is_changed_is_there_the_next_time_for_its_owner_alone(config: Path) -> None:
    assert S.load() == (S.Settings(), None)
    assert S.change(theme="light", turn=-90, volume=0.4) is None
    assert S.remember_ball("2341:0043:one") is None
    assert S.remember_ball("2341:0043:one") is None
    assert S.load_settings() == S.Settings(theme="light", turn=-90, volume=0.4, balls=["2341:0043:one"])
    if os.name == "posix":
        assert stat.S_IMODE(config.stat().st_mode) == 0o600
    assert [p.name for p in config.parent.iterdir()] == [config.name]


def test_a_newer_versions_fields_survive_and_so_does_a_value_that_is_not_understood(config: Path) -> None:
    config.parent.mkdir(parents=True)
    config.write_text(json.dumps({"colour": "mauve", "turn": 45, "theme": "light"}))
    assert S.load() == (S.Settings(theme="light"), None)
    S.change(low_power=True)
    assert json.loads(config.read_text()) == {"colour": "mauve", "turn": 45, "theme": "light", "low_power": True}


@pytest.mark.parametrize("junk", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"theme"'])
def test_a_broken_file_is_kept_under_another_name(config: Path, junk: bytes) -> None:
    config.parent.mkdir(parents=True)
    config.write_bytes(junk)
    found, trouble = S.load()
    assert found == S.Settings()
    assert trouble is not None
    assert (trouble.kind, trouble.aside) == ("damaged", "")
    assert config.read_bytes() == junk  # looking changes nothing
    told = S.change(theme="light")
    assert told is not None
    assert (config.parent / told.aside).read_bytes() == junk
    assert S.load() == (S.Settings(theme="light"), None)


def test_a_folder_that_cannot_be_written_loses_nothing(config: Path) -> None:
    config.parent.parent.mkdir(parents=True, exist_ok=True)
    config.parent.write_text("a file where the folder should be")
    trouble = S.change(theme="light")
    assert trouble is not None
    assert trouble.kind in ("unwritable", "unreadable")
    assert S.remember_ball("x") is not None
    assert config.parent.read_text() == "a file where the folder should be"


def test_a_file_that_cannot_be_read_is_never_written_over(config: Path) -> None:
    config.mkdir(parents=True)
    assert S.load()[1] is not None
    trouble = S.change(theme="light")
    assert trouble is not None
    assert trouble.kind == "unreadable"
    assert config.is_dir()


@given(
    st.dictionaries(st.sampled_from([*S.Settings.__struct_fields__, "new"]), st.one_of(st.none(), st.integers(), st.text(), st.booleans()))
)
def test_whatever_stands_there_settings_make_sense(raw: dict[str, object]) -> None:
    found = S._understood(raw)
    assert found.theme in ("dark", "light")
    assert found.turn in (0, 90, -90)
    assert 0 <= found.volume <= 1
    assert isinstance(found.person, str)
