"""A page that asks, as it is laid out: nothing is cut, nothing lies on something else, and it is the same page however it is turned."""

from __future__ import annotations

from itertools import combinations

import pytest
from PySide6.QtCore import QRectF
from pytestqt.qtbot import QtBot

from sixten.ball.port import Found
from sixten.desktop.ask_page import AskPage
from sixten.desktop.theme import DARK, THEMES, contrast, load_fonts
from sixten.desktop.turned import TURNS, upright
from sixten.pages import finding as F
from sixten.pages import home as H
from sixten.pages import soundcheck as S
from sixten.pages.program import Somebody
from sixten.pages.shown import Shown

PORTS = (
    Found("/dev/ttyACM0", "board", "Arduino Uno", "2341:0043:one"), Found("/dev/ttyACM1", "board", "Arduino Uno", "2341:0043:two"),
    Found("/dev/ttyUSB0", "chip", "USB2.0-Serial", "1a86:7523:"),
)  # fmt: skip
SOUND = S.sound_card(True, "", 0.6, False)
LONG = (
    "LEFT HIP: The last calibration of the left side is of 2026-07-12, not of today; calibrate: sixten calibrate --person Ann --side left"
)


def home(people: int, ports: int) -> Shown:
    stored = tuple(Somebody(str(i), f"Person number {i}") for i in range(people))
    page = H.Home(finding=F.looked(F.Finding(), PORTS[:ports]), said=(LONG,), lines={"left": LONG, "right": LONG})
    return H.shown(H.met(page, stored, "1"), SOUND)


PAGES = {
    "nobody": home(0, 0), "three": home(3, 1), "full": home(9, 3), "crowd": home(12, 1),
    "check": S.shown(S.Check(), True, S.sound_card(True, "", 0.6, True), ""),
    "not heard": S.shown(S.Check(True, True), True, S.sound_card(True, "", 0.6, True), ""),
    "no device": S.shown(S.Check(), False, SOUND, "there is no sound device"),
}  # fmt: skip


@pytest.mark.parametrize("size", [(1280, 800), (800, 1280), (1024, 700), (640, 480)])
@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_cut_and_nothing_covers_another(qtbot: QtBot, name: str, size: tuple[int, int]) -> None:
    load_fonts()
    page = AskPage("page")
    qtbot.addWidget(page)
    page.resize(*size)
    for turn in TURNS:
        page.restyle(DARK, turn)
        page.show_page(PAGES[name])
        whole = QRectF(0, 0, upright(page.size(), turn).width(), upright(page.size(), turn).height())
        texts = [text.box for text in page._laid.texts]
        buttons = [box for _, box in page._laid.buttons]
        assert all(whole.contains(box) for box in texts + buttons)
        for a, b in combinations(texts + buttons, 2):
            assert not a.adjusted(2, 3, -2, -3).intersects(b), (a, b)
        assert all(page.rect().contains(button.geometry()) for button in page._buttons.values())


def test_contrast() -> None:
    for t in THEMES.values():
        for ink, ground in (
            (t.ink, t.panel), (t.dim, t.panel), (t.dim, t.background), (t.ink, t.background), (t.stop.ink, t.stop.fill),
            (t.bands["work"].ink, t.bands["work"].fill), (t.notice.ink, t.notice.fill),
        ):  # fmt: skip
            assert contrast(ink, ground) >= 4.5
        assert contrast(t.focus, t.panel) >= 3.0
        assert contrast(t.focus, t.background) >= 3.0


def test_what_is_chosen_differs_without_colour(qtbot: QtBot) -> None:
    """The dot: of two choices side by side the chosen one has it, seen as a difference of shape."""
    load_fonts()
    page = AskPage("page")
    qtbot.addWidget(page)
    page.resize(1280, 800)
    page.show_page(PAGES["three"])
    chosen, other = page._buttons["2"], page._buttons["3"]
    assert (chosen.isChecked(), other.isChecked()) == (True, False)
    assert chosen.grab().toImage() != other.grab().toImage()
