"""Recordings of every format version stay readable for ever (tests/recordings/make.py made them)."""

import gzip
import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

from sixten.ball.virtual import SCENARIOS
from sixten.recording.file import software
from sixten.recording.lines import VERSION
from sixten.recording.reader import read

FOLDER = Path(__file__).parent.parent / "recordings"


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("recordings_make", FOLDER / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


make = load()
PATHS = make.recordings()


def test_there_is_one_of_every_version_and_form() -> None:
    for version in range(1, VERSION + 1):
        assert any(p.name.startswith(f"v{version}-") for p in PATHS), f"no recording of version {version}"
    for version in (2, VERSION):
        assert {p.name.split(".", 1)[1] for p in PATHS if p.name.startswith(f"v{version}-")} == {"ndjson", "ndjson.gz"}
    assert sum(p.stat().st_size for p in FOLDER.iterdir()) < 700_000


def test_there_is_one_of_every_scenario() -> None:
    assert {name for name in SCENARIOS if not any(f"-{name}." in p.name for p in PATHS)} == set()


@pytest.mark.parametrize("path", PATHS, ids=lambda p: p.name)
def test_it_is_read_as_on_the_day_and_decided_as_today(path: Path) -> None:
    expected = json.loads(gzip.decompress(make.expected_path(path).read_bytes()))
    recording = read(path)
    assert recording.damage == []
    assert recording.end is not None
    assert recording.header["version"] == int(path.name[1])
    assert make.contents(recording) == expected["contents"]
    today = json.loads(json.dumps(make.decided(recording)))
    then = expected["decided"]
    assert today["notices"] == then["notices"], "a rule changed: if on purpose, run tests/recordings/make.py and look at what differs"
    if then["software"] == software():
        assert today["digests"] == then["digests"], "the readings changed: if on purpose, run tests/recordings/make.py"
    assert len(today["readings"]) == len(then["readings"])
    for now, before in zip(today["readings"], then["readings"], strict=True):
        assert [x is None for x in now] == [x is None for x in before]
        now, before = ([x for x in row if x is not None] for row in (now, before))
        assert now == pytest.approx(before, rel=1e-9, abs=1e-9), "the readings changed: if on purpose, run tests/recordings/make.py"
