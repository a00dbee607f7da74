"""`sixten visit` as a person starts it: its pages, keys and words, what it stores, and one sentence for each thing that cannot be."""

from __future__ import annotations

import ast
import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_cli import Screen, home, run  # noqa: F401

from bench.closed_loop import calibrate
from sixten import visit_words as W
from sixten import words
from sixten.ball.messages import Event
from sixten.ball.virtual import VirtualSource
from sixten.pain.person import draw
from sixten.pain.procedure import CalibrationPlan
from sixten.pressure.readings import Reading
from sixten.pressure.sensors import Lps28dfw
from sixten.recording.reader import base_name
from sixten.session import plan, retest, rules, visit, visiting, window
from sixten.session.rules import Notice
from sixten.session.visiting import VisitRun
from sixten.visit_terminal import _frame, too_small
from sixten.visitview import help_line, page, press
from sixten.watch import Job, Watch
from visit_lab import EVERYWHERE, FIRST, Lab, placed

ANN = ["--person", "Ann", "--virtual"]


def stored(home: dict[str, str], pattern: str) -> list[Path]:  # noqa: F811
    return sorted(Path(home["HOME"]).rglob(pattern))


# --- pages and keys -----------------------------------------------------------------------------------------------------------------


class Marks(VirtualSource):
    """The virtual ball, which also tells what it was marked with."""

    def __init__(self) -> None:
        super().__init__(None, None)
        self.marked: list[tuple[str, int | None]] = []

    def mark(self, kind: str, value: int | None = None) -> None:
        self.marked.append((kind, value))


def watching(lab: Lab) -> tuple[Watch, Marks]:
    """A face's view of a visit that stands where ``lab`` does."""
    source, run = Marks(), VisitRun(lab.state.plan)
    run.state = lab.state

    def nothing() -> Iterator[Event]:
        return iter(())

    watch = Watch(lambda: Job(source, nothing(), run, None, "VIRTUAL"))
    watch.start()
    watch.wait()
    assert watch.error is None
    watch.notices.extend(n for n in lab.notices if isinstance(n, Notice))
    return watch, source


@pytest.mark.parametrize("where", sorted(EVERYWHERE))
def test_every_page_says_where_it_stands_and_which_keys_do_something(where: str) -> None:
    lab = EVERYWHERE[where]()
    watch, source = watching(lab)
    now = page(watch)
    assert now.title or now.window is not None or now.number is not None
    assert now.side == ("" if where == "side" else "LEFT HIP")
    for choice in now.choices:
        assert f"{choice.key} {W.KEYS[choice.what]}" in help_line(now)
        source.marked.clear()
        assert press(watch, choice.key)
        assert source.marked == [(choice.mark, choice.value)]
        after = visit.step(lab.state, visit.Mark(lab.t_us, choice.mark, choice.value))
        assert "not_now" not in [n.code for n in after[1]], choice
    for key, kind in ((" ", "stop"), ("\r", "stop"), ("\x1b", "stop"), ("s", "symptom"), ("pagedown", "press")):
        source.marked.clear()
        assert press(watch, key)
        assert source.marked == [(kind, None)]
    for key in "5t+-":
        source.marked.clear()
        assert press(watch, key) == now.rates
    assert not press(watch, "\x00")
    assert not press(watch, "K")
    text = _frame(now, "Ann", "").plain
    assert ("any key" if now.over else "space stop") in text
    assert max(map(len, text.splitlines())) <= 100
    assert len(text.splitlines()) <= 24


def test_the_page_of_a_calibration_is_blind() -> None:
    lab = placed(FIRST).press("go").feel(0.0, 0.1).feel(20.0, 2).press("press").feel(25.0, 2)
    watch, _ = watching(lab)
    text = _frame(page(watch), "Ann", "").plain
    assert not re.search(r"\d\.\d|kPa|rel\.", text), text
    assert page(watch).number == "1"


@pytest.mark.parametrize(("rows", "drawn"), [(24, False), (40, True)])
def test_after_a_calibration_there_is_the_curve_where_it_has_room(monkeypatch: pytest.MonkeyPatch, rows: int, drawn: bool) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("LINES", str(rows))
    found = calibrate(draw(4, "hip-pain"), CalibrationPlan("left", 4), 4).state.outcome
    assert found is not None
    lab = placed(FIRST).press("go").calibrated(found)
    watch, _ = watching(lab)
    assert watch.job is not None
    watch.job.run.readings.sensor = Lps28dfw()
    text = _frame(page(watch), "Ann", "").plain
    assert ("┃" in text) == drawn
    assert "Your line for the left side: " in text
    assert len(text.splitlines()) <= rows
    assert "n go on" in text


def test_after_a_window_without_a_line_the_word_is_come_off_until_the_load_is() -> None:
    lab = EVERYWHERE["own window"]().press("stop")
    watch, _ = watching(lab)
    watch.reading = Reading(lab.t_us, 32.0, 32.0, 0.0, "ok", "rel.", True, 0)
    now = page(watch).window
    assert now is not None
    assert now.word == "COME OFF"
    assert "NO CEILING" in now.clock


def test_leaning_is_for_the_virtual_ball_by_keys_alone() -> None:
    watch, _ = watching(placed())
    assert page(watch).by_keys
    assert press(watch, "right")
    assert watch.job is not None
    watch.job.label = ""
    assert not press(watch, "right")


# --- words --------------------------------------------------------------------------------------------------------------------------


def test_every_code_of_a_visit_has_words_and_every_table_is_whole() -> None:
    said = set()
    for module in (visit, retest, window, rules, visiting):
        for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Notice", "_said"):
                said |= {c.value for c in node.args[:2] if isinstance(c, ast.Constant) and isinstance(c.value, str)}
    known = {*W.NOTICES, *W._by_value, *words.NOTICES, "prompt", "guide", "no_session", "offer", "compared", "noted", "ended"}
    assert said <= known | {"zero_needed", "guard_off"}
    assert {"ask", "starting", "phase", "pacer", "count", "stood", "no_ceiling", "not_now", "compared"} <= said
    assert {q.key for q in plan.SCREENING} <= set(W.QUESTIONS)
    assert {q.then for q in plan.SCREENING} | {"worse", "visits"} == set(W.NO_SESSION)
    assert set(W.PHASES) == set(window.PHASES)
    for label in EVERYWHERE.values():
        for notice in label().notices:
            assert isinstance(W.say(notice.code, notice.values), str)


@pytest.mark.parametrize("what", ["pain", "moving", "balance"])
@pytest.mark.parametrize("change", [retest.LESS, retest.MORE, retest.NOISE, retest.AT_CAP, retest.UNKNOWN])
def test_every_comparison_has_words(what: str, change: str) -> None:
    sentence = W.say("compared", {"what": what, "change": change, "before": 4.0, "after": 2.0})
    assert ("changed" in sentence) == (change in (retest.LESS, retest.MORE))


def test_wording_stays_within_wellness() -> None:
    texts = [v for k, v in vars(W).items() if k.isupper() and isinstance(v, str)]
    texts += [t for k, v in vars(W).items() if k.isupper() and isinstance(v, dict) for t in v.values()]
    for word in ("treat", "diagnos", "measures pain", "therapy", "cure"):
        assert word not in " ".join(texts).lower()


# --- the program --------------------------------------------------------------------------------------------------------------------


def test_a_simulated_visit_is_kept_counted_and_replayed(home: dict[str, str]) -> None:  # noqa: F811
    done = run(home, "visit", *ANN, "healthy", "--side", "left", "--speed", "max", "--seed", "4", "--sensor", "ms5837")
    assert "VIRTUAL: The visit is over." in done.stdout
    assert "Left hip: 60 s counted" in done.stdout
    assert done.stderr == ""
    (visited,) = (json.loads(p.read_text()) for p in stored(home, "visit-*.json"))
    assert (visited["ended"], visited["screened"], visited["loaded"], visited["virtual"]) == ("finished", True, True, True)
    assert visited["sides"]["left"]["before"]["pain"] == 4
    (line,) = (json.loads(p.read_text()) for p in stored(home, "left-*.json"))
    assert line["ceiling_kpa"] == visited["sides"]["left"]["ceiling_kpa"]
    recording = Path(done.stdout.splitlines()[-1].removeprefix("recorded in "))
    names = {base_name(recording), base_name(Path(visited["recording"])), base_name(Path(line["recording"]))}
    assert len(names) == 1, "each in its own form: plain while it was written, closed since"
    assert "Ann" not in gzip.decompress(recording.read_bytes()).decode()
    assert "bit for bit" in run(home, "replay", str(recording), "--verify").stdout
    assert "Left hip, starting." in run(home, "replay", str(recording), "--speed", "max", "--terminal").stdout
    (listed,) = [line for line in run(home, "sessions", "--virtual").stdout.splitlines() if "visit" in line]
    assert "left" in listed and "visit, windows 60 s, load " in listed and "finished" in listed
    # The same day: nothing changed, today's line counts, no calibration; and the third visit is one too many.
    again = run(home, "visit", *ANN, "healthy", "--side", "left", "--speed", "max", "--seed", "4", "--no-record", "--sensor", "ms5837")
    assert "Were you worse the morning after" in again.stdout
    assert "Practice" not in again.stdout
    assert f"alarm is set to {line['ceiling_kpa']:.1f}" in again.stdout
    third = run(home, "visit", *ANN, "healthy", "--side", "left", "--speed", "max", "--no-record")
    assert "Two visits a day are enough" in third.stdout
    assert "Left hip, starting." not in third.stdout
    assert "2 left" not in run(home, "people", "list", "--virtual").stdout  # visits are no calibrations


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["--person", "Ann", "--side", "up", "--virtual"], "--side up: give left or right."),
        (["--person", "Ann", "--virtual", "--port", "x"], "exclude each other"),
        (["--person", "Ann", "healthy"], "needs --virtual before it"),
        (["--person", "Ann", "--port", "x", "--sensor", "fsr"], "needs --virtual"),
        (["--person", "Ann", "--virtual", "--sensor", "nose"], "there is no sensor 'nose'"),
        (["--person", "Ann", "--virtual", "cat"], "there is no person 'cat'"),
        (["--person", "Ann", "--virtual", "--seed", "-1"], "--seed -1"),
        (["--person", "Ann", "--virtual", "--speed", "0"], "--speed 0"),
        (["--person", "Ann", "--port", "/dev/x"], "a visit needs a terminal"),
        (["--person", "Ann", "--virtual", "--out", "x", "--no-record"], "exclude each other"),
        (["--new", "--virtual"], "--new needs the name"),
        (["--person", " ", "--virtual"], "at least one letter"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(home: dict[str, str], args: list[str], sentence: str) -> None:  # noqa: F811
    done = run(home, "visit", *args, code=2)
    assert sentence in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["--port", "/dev/x"], "nobody is stored yet"),
        (["--port", "/dev/x", "--person", "Ann"], "To store somebody new, add --new."),
        (["--port", "/dev/nope", "--person", "Ann", "--new"], "There is no port /dev/nope"),
        (["--virtual", "--speed", "max"], "needs somebody simulated"),
    ],
)
def test_bad_input_at_a_terminal_is_one_sentence_too(home: dict[str, str], args: list[str], sentence: str) -> None:  # noqa: F811
    screen = Screen(home, "visit", *args)
    assert screen.finish() == 2
    assert sentence in screen.text
    assert "Traceback" not in screen.text


def test_a_terminal_too_small_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("LINES", "30")
    assert too_small() == ""
    monkeypatch.setenv("COLUMNS", "60")
    assert too_small() == "This window is 60 x 30; make it at least 76 x 24."


def test_by_keys_from_who_to_the_first_question_in_two_presses(home: dict[str, str]) -> None:  # noqa: F811
    run(home, "visit", *ANN, "healthy", "--side", "left", "--speed", "max", "--seed", "4", "--no-record", "--sensor", "ms5837")
    screen = Screen(home, "visit", "--virtual", "--no-record", "--sensor", "ms5837")
    screen.until("1  Ann")
    screen.key(b"1")
    screen.until("Which side today?")
    screen.key(b"r")
    screen.until("Were you worse the morning after")
    screen.until("RIGHT HIP")
    screen.key(b"5")
    screen.until("5 does nothing here.")
    screen.key(b"n")
    screen.until("Has any of this changed")
    screen.key(b"n")
    screen.until("How much does the hip hurt now")
    screen.key(b" ")
    screen.until("Press n to go on, or stop again")
    screen.key(b"n")
    screen.until("Going on.")
    screen.key(b"s")
    screen.until("The visit is over. Rest today")
    screen.key(b"x")
    assert screen.finish() == 0
    assert "The visit is over. Rest today" in screen.text
