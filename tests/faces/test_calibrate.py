"""`sixten calibrate` as a person starts it, the words, and the blind screen."""

import ast
import gzip
import json
import re
import unicodedata
from pathlib import Path

import pytest
from test_cli import Screen, home, run  # noqa: F401

from sixten import calibration_words as words
from sixten.calibration_report import report
from sixten.calibration_terminal import big
from sixten.pain import calibration, next_trial, procedure
from sixten.pain.model import POPULATION
from sixten.pressure.zero import DIFFERS, MOVING, OUTSIDE
from sixten.session import limits
from sixten.words import ZEROS

NEXT = ["--person", "Ann", "--side", "left", "--virtual", "--speed", "max"]


def stored(home: dict[str, str]) -> list[Path]:  # noqa: F811
    return sorted(Path(home["HOME"]).rglob("left-*.json"))


def test_a_simulated_person_calibrates_and_the_line_is_kept_apart(home: dict[str, str]) -> None:  # noqa: F811
    done = run(home, "calibrate", *NEXT, "--seed", "4")
    lines = done.stdout.splitlines()
    asked = [line for line in lines if re.match(r"VIRTUAL +\d+\.\d{3} s ", line)]
    assert [line.split()[3] for line in asked][:4] == ["zero_needed", "practice", "come_off", "rest"]
    for line in asked:
        said = line.split(None, 4)[4]
        assert not re.search(r"\d\.\d|kPa|rel\.", said), said  # nothing said before the end names a pressure
    assert "Your line for the left side: " in done.stdout
    assert "┃ your line" in done.stdout
    files = stored(home)
    assert len(files) == 1
    assert "virtual-people" in str(files[0])
    kept = json.loads(files[0].read_text())
    assert kept["virtual"] is True
    assert kept["ceiling_kpa"] == pytest.approx(float(re.search(r"left side: ([\d.]+)", done.stdout)[1]), abs=0.06)  # type: ignore[index]
    assert len(kept["ratings"]) >= 6
    assert kept["rated_by"] == "self"
    recording = Path(lines[-1].removeprefix("recorded in "))
    assert recording.name == kept["recording"]
    assert "bit for bit" in run(home, "replay", str(recording), "--verify").stdout
    lines = gzip.decompress(recording.read_bytes()).decode()
    header = json.loads(lines.splitlines()[0])
    assert (header["kind"], header["side"], header["plan"]["seed"]) == ("calibration", "left", 4)
    assert "Ann" not in lines
    told = run(home, "replay", str(recording), "--speed", "max", "--terminal")
    assert "Your line for the left side" in told.stdout
    assert run(home, "replay", str(recording), "--speed", "max", "--json").stdout.splitlines()[-1].startswith('{"type":"summary"')
    # A real ball knows nobody of that name.
    refused = run(home, "calibrate", "--person", "Ann", "--side", "left", "--port", "/dev/nope", code=2)
    assert "There is no person called Ann" in refused.stderr


def test_somebody_without_pain_is_told_why_there_is_no_line(home: dict[str, str]) -> None:  # noqa: F811
    done = run(home, "calibrate", *NEXT, "no-pain", "--seed", "1", "--no-record", "--partner")
    assert "No pain was rated" in done.stdout
    assert "NO CEILING" in done.stdout
    kept = json.loads(stored(home)[0].read_text())
    assert kept["ceiling_kpa"] is None
    assert kept["reasons"]
    assert kept["rated_by"] == "partner"


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["--person", "Ann", "--side", "up", "--virtual"], "--side up: give left or right."),
        (["--person", "Ann", "--side", "left", "--virtual", "--port", "x"], "exclude each other"),
        (["--person", "Ann", "--side", "left", "healthy"], "needs --virtual before it"),
        (["--person", "Ann", "--side", "left", "--port", "x", "--sensor", "fsr"], "needs --virtual"),
        (["--person", "Ann", "--side", "left", "--virtual", "--sensor", "nose"], "there is no sensor 'nose'"),
        (["--person", "Ann", "--side", "left", "--virtual", "cat"], "there is no person 'cat'"),
        (["--person", "Ann", "--side", "left", "--virtual", "--seed", "-1"], "--seed -1"),
        (["--person", "Ann", "--side", "left", "--virtual", "--speed", "0"], "--speed 0"),
        (["--person", "Ann", "--side", "left", "--port", "/dev/x", "--speed", "2"], "real ball"),
        (["--person", "Ann", "--side", "left", "--port", "/dev/x"], "To store somebody new, add --new."),
        (["--person", "Ann", "--side", "left", "--port", "/dev/nope", "--new"], "There is no port /dev/nope"),
        (["--person", " ", "--side", "left", "--virtual"], "at least one letter"),
        (["--person", "Ann", "--side", "left", "--virtual", "--out", "x", "--no-record"], "exclude each other"),
        (["--person", "Ann", "--side", "left", "--virtual", "--out", "/proc/no/such.ndjson"], "cannot be written"),
        (["--side", "left"], "--person"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(home: dict[str, str], args: list[str], sentence: str) -> None:  # noqa: F811
    done = run(home, "calibrate", *args, code=2)
    assert sentence in done.stderr
    assert done.stdout == ""


def test_the_screen_is_blind_and_stop_works(home: dict[str, str]) -> None:  # noqa: F811
    screen = Screen(home, "calibrate", "--person", "Ann", "--side", "right", "--virtual", "--speed", "8", "--no-record", "--seed", "4")
    screen.until("VIRTUAL")
    screen.until("Practice: shift your weight on slowly")
    screen.until("space stop")
    screen.until("GOOD")
    screen.until("\x07")
    screen.until("Rest for 20 seconds")
    screen.key(b" ")
    screen.until("To go on press n")
    screen.key(b" ")
    screen.until("nothing was stored")
    assert not re.search(r"\d\.\d|kPa|rel\.", screen.text), "a pressure was shown"
    screen.key(b"x")
    assert screen.finish() == 0
    assert "no line was stored" in screen.text


def test_every_prompt_has_words() -> None:
    codes = set()
    trees = [ast.parse(Path(module.__file__).read_text("utf-8")) for module in (calibration, next_trial)]
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Prompt", "_ready"):
            said = node.args
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "code":
            said = [node.value]
        else:
            continue
        for arg in said:
            codes |= {c.value for c in ast.walk(arg) if isinstance(c, ast.Constant) and isinstance(c.value, str) and c.value}
    codes -= {"reason", "none", "off_kpa", "why", "cue", "score", "rest_s", "away_s", "again", "start_over", "zero_needed"}
    assert set(ZEROS) >= {"none", MOVING, OUTSIDE, DIFFERS}
    assert {"practice", "ramp", "hold", "come_off", "rate_now", "too_far"} <= codes
    assert codes <= set(words.PROMPTS)
    assert {"calibrated", "refused", "stopped", "symptom"} <= set(words.PROMPTS)


def test_wording_stays_within_wellness() -> None:
    tables = (words.PROMPTS, words.AGAIN, words.START_OVER, words.SHORT, words.LIMITED_BY)
    text = " ".join([v for t in tables for v in t.values()] + [words.OWN_RATING]).lower()
    for word in ("treat", "diagnos", "measures pain", "therapy", "cure"):
        assert word not in text


def test_the_big_digits_are_five_rows_of_equal_width() -> None:
    for score in (None, *range(11)):
        rows = big("" if score is None else str(score))
        assert len(rows) == 5
        assert len({sum(1 + (unicodedata.east_asian_width(c) == "W") for c in row) for row in rows}) == 1


def test_the_report_of_a_refusal_names_no_line() -> None:
    outcome = procedure.Outcome("refused", None, ("Too fast.",), (), 1, 0, 10.0, "", True, POPULATION)
    text = report(procedure.CalibrationPlan("left"), outcome, "kPa")
    assert "Too fast." in text
    assert "NO CEILING" in text
    assert "Your line" not in text
    assert limits.LOADED_MAX_S == 100.0
