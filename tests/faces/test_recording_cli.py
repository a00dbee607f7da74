"""Recordings from the command line: closed, repaired at the next start, replayed in part, corrected."""

import json
import signal
import subprocess
from pathlib import Path

import pytest

from faces.test_cli import SIXTEN, Screen, home, objects, run  # noqa: F401
from sixten.recording.reader import read


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from recording.test_closing import record

    return record(tmp_path_factory.mktemp("cli") / "s.ndjson.gz", "overshoot", person="0123456789abcdef", side="left")


def test_a_session_that_was_killed_is_repaired_at_the_next_start(home: dict[str, str]) -> None:  # noqa: F811
    child = subprocess.Popen([*SIXTEN, "live", "--virtual", "--json"], stdout=subprocess.PIPE, text=True, env=home)
    assert child.stdout is not None
    while '"reading"' not in child.stdout.readline():
        pass
    for _ in range(300):
        child.stdout.readline()
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    left = sorted(Path(home["HOME"]).rglob("*.ndjson"))
    assert len(left) == 1
    run(home, "live", "--virtual", "falls-off", "--speed", "max", "--terminal")
    assert not left[0].exists()
    repaired = read(left[0])  # in its other form
    assert repaired.path.suffix == ".gz"
    assert repaired.end is not None
    assert repaired.end["recovered"] is True
    assert "bit for bit" in run(home, "replay", str(left[0]), "--verify").stdout


def test_part_of_a_session_again(home: dict[str, str], path: Path) -> None:  # noqa: F811
    out = objects(run(home, "replay", str(path), "--from-s", "24", "--to-s", "27", "--speed", "max", "--json").stdout)
    times = [o["t_s"] for o in out if o["type"] == "reading"]
    assert 23.9 < times[0] < 24.1
    assert 26.9 < times[-1] <= 27.1
    assert [o["code"] for o in out if o["type"] == "notice"] == ["rising", "over", "ease_off"]


def test_another_line(home: dict[str, str], path: Path) -> None:  # noqa: F811
    done = run(home, "replay", str(path), "--what-if-ceiling-kpa", "25")
    first, *rest = done.stdout.splitlines()
    assert first.startswith("With a line of 25, ")
    assert "Only with 25:" in rest
    assert "Only with the line of that day, 40:" in rest
    assert any(line.split()[2] == "over" for line in rest[1 : rest.index("Only with the line of that day, 40:")])
    assert "0 decisions differ" in run(home, "replay", str(path), "--what-if-ceiling-kpa", "40").stdout


def test_corrections_stand_beside_the_recording(home: dict[str, str], path: Path) -> None:  # noqa: F811
    before = path.read_bytes()
    assert run(home, "correct", str(path)).stdout == "Nothing was corrected.\n"
    run(home, "calibrate", "--person", "Ann", "--side", "left", "--virtual", "no-pain", "--seed", "1", "--speed", "max", "--no-record")
    said = run(home, "correct", str(path), "--person", "ann", "--side", "right", "--note", "too late in the evening").stdout.splitlines()
    assert said[0].endswith(", recorded as 0123456789abcdef")
    assert said[1:] == [
        "side: right, recorded as left",
        "The line and the ratings of this recording no longer count for anybody.",
        "note: too late in the evening",
    ]
    notes = [json.loads(line) for line in (path.parent / "s.notes.ndjson").read_text().splitlines()]
    assert [(n["side"], n["remark"]) for n in notes] == [("right", "too late in the evening")]
    assert "Ann" not in (path.parent / "s.notes.ndjson").read_text()
    assert run(home, "correct", str(path)).stdout.splitlines() == said
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["replay", "PATH", "--from-s", "900"], "cannot begin at 900 s: the recording has 8"),
        (["replay", "PATH", "--from-s", "nan"], "cannot begin at nan s"),
        (["replay", "PATH", "--from-s", "5", "--to-s", "4"], "cannot end at 4 s: it begins at 5 s"),
        (["replay", "PATH", "--to-s", "inf"], "cannot end at inf s"),
        (["replay", "PATH", "--what-if-ceiling-kpa", "96"], "between 5 and 95"),
        (["replay", "PATH", "--what-if-ceiling-kpa", "nan"], "between 5 and 95"),
        (["replay", "PATH", "--what-if-ceiling-kpa", "40", "--verify"], "exclude each other"),
        (["correct", "PATH", "--side", "up"], "no side 'up'"),
        (["correct", "PATH", "--person", "Nobody"], "There is no person called Nobody"),
        (["correct", "PATH", "--note", "x" * 3000], "at most 2000 characters"),
        (["correct", "/etc/hostname", "--note", "x"], "not a sixten recording"),
        (["correct", "/no/such", "--note", "x"], "cannot be read"),
    ],
)
def test_bad_input(home: dict[str, str], path: Path, args: list[str], words: str) -> None:  # noqa: F811
    done = run(home, *(str(path) if a == "PATH" else a for a in args), code=2)
    assert words in done.stderr
    assert done.stdout == ""


def test_keys_in_the_terminal_go_back_and_on(home: dict[str, str], path: Path) -> None:  # noqa: F811
    screen = Screen(home, "replay", str(path), "--from-s", "30", "--terminal")
    screen.until("REPLAY 30.")
    screen.until("space pause")
    screen.key(b" ")
    screen.until("paused")
    screen.key(b"\x1b[D")
    screen.until("REPLAY 25.")
    screen.key(b"\x1b[C")
    screen.until("REPLAY 30.")
    screen.key(b" ")
    screen.key(b"\x1b[A")
    screen.until("x2")
    screen.key(b"q")
    assert screen.finish() == 0
