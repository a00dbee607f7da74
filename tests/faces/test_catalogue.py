"""One catalogue of words: complete for translators, safe against their slips, and where every face takes its words from."""

from __future__ import annotations

import json
import os
import re
import string
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from catalogue import POT, messages, pot, write_mo
from sixten import language, words
from sixten.ball.messages import Event, Samples
from sixten.ball.port import Found
from sixten.ball.virtual import VirtualSource
from sixten.desktop.session_page import SessionPage
from sixten.desktop.theme import load_fonts
from sixten.language import LOCALE, fill, tr
from sixten.pages import finding, home, soundcheck
from sixten.pages.program import Somebody
from sixten.session.rules import Plan
from sixten.session.run import Run
from sixten.terminal import _frame
from sixten.view import look
from sixten.watch import Job, Watch

# What a face shows that is no word of the catalogue: names, labels, units, the virtual board's own name, and the codes of notices.
NO_WORDS = {"sixten", "VIRTUAL", "REPLAY", "s", "rel", "kPa", "virtual", "uno", "f"}


@pytest.fixture(scope="module")
def nowhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A language in which every sentence stands in angle quotes."""
    folder = tmp_path_factory.mktemp("locale")
    write_mo(folder / "xx" / "LC_MESSAGES" / "sixten.mo", {m: f"«{m}»" for m in messages()})
    return folder


@pytest.fixture
def speaks(nowhere: Path) -> Iterator[Path]:
    language.use(nowhere, ["xx"])
    yield nowhere
    language.use()


def untranslated(text: str) -> set[str]:
    """The words of ``text`` outside of angle quotes."""
    before = ""
    while before != text:
        before, text = text, re.sub("«[^«»]*»", " ", text)
    return set(re.findall(r"[^\W\d_]+", text)) - NO_WORDS


def until(source: VirtualSource, t_s: float) -> Iterator[Event]:
    for event in source:
        yield event
        if isinstance(event, Samples) and event.t_us[-1] >= t_s * 1e6:
            return


def at(scenario: str, t_s: float, side: str = "", ceiling_kpa: float | None = 40.0) -> Watch:
    source = VirtualSource(scenario, 40.0)
    watch = Watch(lambda: Job(source, until(source, t_s), Run(Plan(ceiling_kpa)), None, "VIRTUAL", side=side))
    watch.start()
    watch.wait()
    assert watch.error is None
    return watch


def test_the_template_is_of_today() -> None:
    assert POT.read_text("utf-8") == pot(), "run `make words`"


def test_every_message_is_in_the_template_and_carries_its_fields() -> None:
    text = POT.read_text("utf-8")
    for message, where in messages().items():
        assert json.dumps(message, ensure_ascii=False) in text
        assert all(name for _, name, _, _ in string.Formatter().parse(message) if name is not None), where


def test_a_translation_has_the_fields_of_its_sentence(nowhere: Path) -> None:
    """Of every language that is shipped, and of the one made for these tests."""
    import gettext

    catalogues = [*LOCALE.glob("*/LC_MESSAGES/*.mo"), *nowhere.glob("*/LC_MESSAGES/*.mo")]
    assert catalogues
    for path in catalogues:
        with path.open("rb") as file:
            told = gettext.GNUTranslations(file)
        for message in messages():
            assert fields(told.gettext(message)) <= fields(message), (path, message)


def fields(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text)} - {None}


@given(st.text())
def test_a_spoilt_translation_is_said_in_english(nonsense: str) -> None:
    """Whatever a translator has written, the sentence comes out."""
    values = {"score": 7, "ceiling_kpa": 31.25}

    class Spoilt:
        def gettext(self, message: str) -> str:
            return nonsense

    before = language._catalogue
    language._catalogue = Spoilt()  # type: ignore[assignment]
    try:
        said = fill(words.RATING_LOWERED, values)
    finally:
        language._catalogue = before
    try:
        assert said == nonsense.format(**values)
    except (KeyError, IndexError, ValueError, AttributeError, TypeError):
        assert said == "7 of 10 noted; your line is now 31.2."


def test_the_language_is_the_environments_and_else_english(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for value, stop in (("xx", "«Stopped. Come off the ball.»"), ("yy:xx", "«Stopped. Come off the ball.»"), ("yy", words.NOTICES["stop"])):
        monkeypatch.setenv("LANGUAGE", value)
        language.use(nowhere)
        assert words.say("stop", {}) == stop
        assert tr("") == ""
    monkeypatch.undo()
    language.use()
    assert words.say("stop", {}) == "Stopped. Come off the ball."


@pytest.mark.parametrize(
    ("scenario", "t_s", "side", "ceiling_kpa"),
    [("overshoot", 0.5, "", 40.0), ("overshoot", 27.0, "left", 40.0), ("steady", 82.0, "right", 40.0), ("steady", 20.0, "", None)],
)
def test_terminal_and_window_take_every_word_from_it(
    speaks: Path, qtbot: QtBot, scenario: str, t_s: float, side: str, ceiling_kpa: float | None
) -> None:
    watch = at(scenario, t_s, side, ceiling_kpa)
    text = _frame(look(watch)).plain
    assert "«" in text
    assert not untranslated(text)
    load_fonts()
    page = SessionPage(watch)
    qtbot.addWidget(page)
    page.add_trace()
    page.refresh(look(watch))
    for widget in (page, page.stop, page.symptom, *page.parts.values()):
        assert not untranslated(f"{widget.accessibleName()} {widget.accessibleDescription()}")


PORTS = (Found("/1", "board", "n/a", "1"), Found("/2", "board", "n/a", "2"), Found("/3", "chip", "n/a", "3"))


@pytest.mark.parametrize("ports", [(), PORTS[:1], PORTS[:2], PORTS[2:], PORTS])
def test_home_and_sound_check_take_every_word_from_it(speaks: Path, ports: tuple[Found, ...]) -> None:
    for device in (True, False):
        sound = soundcheck.sound_card(device, "", 0.6, False)
        page = home.Home(finding=finding.looked(finding.Finding(), ports))
        for people in ((), (Somebody("1", "7"), Somebody("2", "8"))):
            for keys in ("", "h/999", "1l\r", "\r", "b"):
                shown = home.met(page, people, "")
                for key in keys:
                    shown, _ = home.press(shown, key)
                assert not [word for word in untranslated(home.shown(shown, sound).text) if len(word) > 1], keys  # one letter is a key
        for check in (soundcheck.Check(), soundcheck.Check(True, True)):
            text = soundcheck.shown(check, device, soundcheck.sound_card(device, "", 0.6, True), "").text
            assert not [word for word in untranslated(text) if len(word) > 1]


PROGRAM = "import sys; from pathlib import Path; from sixten import language; language.use(Path(sys.argv.pop(1)), ['xx']); "


@pytest.mark.parametrize(
    ("args", "typed"),
    [
        (["live", "--virtual", "overshoot", "--speed", "max", "--terminal", "--no-record"], ""),
        (["live", "--virtual", "unplugged", "--speed", "max", "--json", "--no-record"], ""),
        (["calibrate", "--virtual", "--person", "Ann", "--side", "left", "--speed", "max", "--no-record", "--seed", "4"], ""),
        (["flatboard", "--virtual", "--speed", "max", "--no-record"], "\n" * 10 + "y\n"),
    ],
    ids=["terminal", "json", "calibration", "flatboard"],
)
def test_the_program_takes_every_word_from_it(nowhere: Path, tmp_path: Path, args: list[str], typed: str) -> None:
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "XDG_DATA_HOME", "XDG_CONFIG_HOME")
    env = {k: v for k, v in os.environ.items() if k not in hidden} | {"HOME": str(tmp_path)}
    command = [sys.executable, "-c", PROGRAM + "from sixten.cli import main; main()", str(nowhere), *args]
    done = subprocess.run(command, capture_output=True, text=True, env=env, input=typed, timeout=120)
    assert done.returncode == 0, done.stderr
    if "--json" in args:
        said = [o["text"] for o in map(json.loads, done.stdout.splitlines()) if o["type"] == "notice"]
        assert len(said) > 5
        assert all(text.startswith("«") and text.endswith("»") for text in said)
        return
    assert done.stdout.count("«") > 10
    for line in done.stdout.splitlines():
        coded = re.match(r"(VIRTUAL +\d+\.\d{3} s +)[a-z_]+( .*)", line)  # one line a notice: its time, its code, its sentence
        assert not untranslated("".join(coded.groups()) if coded else line.strip("░─┃ox 0123456789")), line  # nor the picture's points
