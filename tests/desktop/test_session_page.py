"""The session's page as it is painted: in words for a screen reader, without colour, in contrast, turned, and for ever."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from bench.screenshots import Moment, page_at
from sixten import visit_words, words
from sixten.desktop import parts
from sixten.desktop.session_page import SessionPage
from sixten.desktop.theme import DARK, LIGHT, THEMES, Theme, contrast, load_fonts
from sixten.desktop.turned import TURNS
from sixten.view import BLANK, View
from sixten.watch import Job, Watch

WORK = View(
    label="VIRTUAL", connection="live", ball="uno 0011aabb", number="32.0", unit="kPa", share=0.64, line_share=0.8, line="line 40.0",
    line_kpa=40.0, band="work", word="WORK", window_s=12.3, clock="12.3 s of 30-60", side="LEFT HIP", sound="volume 80 %",
    said=((1.0, "Slowly."), (2.0, "Good. Stay here and move slowly.")), prompt="Bend and stretch the hip, slowly.", beat="in",
    beat_share=0.5,
)  # fmt: skip
# With the same number and the same load: only word, shape, hatch and place may tell them apart.
STATES = {
    **{band: replace(WORK, band=band, word=word) for band, word in words.BANDS.items() if band},
    "no signal": replace(WORK, watched=False), "finished": replace(WORK, word="FINISHED"), "come off": replace(WORK, word="COME OFF"),
    "getting on": replace(WORK, count="3", clock="getting on", prompt=""), "asking": replace(WORK, asking=True, score="4"),
    "connecting": View(label="VIRTUAL", connection="looking for a ball"),
}  # fmt: skip
LONG = replace(
    WORK,
    label="REPLAY 123.4 of 4321.0 s, x0.25",
    side="RIGHT HIP",
    ball="nano_lps28dfw 0011aabbccdd",
    sound=words.NO_SOUND.format(reason=words.SOUND_HANGS),
    trouble=words.SENSOR_CHANGED,
    said=tuple((0.0, s) for s in (words.GUARDS["refused"], words.NOTICES["symptom"])),
    clock="12.3 s of 30-60" + words.WAITS_FOR_GUARD,
    newtons="155 N flat board",
    estimate=words.ESTIMATED.format(score=3),
)


def no_job() -> Job:
    raise AssertionError("not started")


@pytest.fixture
def fonts(qtbot: QtBot) -> None:
    load_fonts()


@pytest.fixture
def page(qtbot: QtBot, fonts: None) -> SessionPage:
    made = SessionPage(Watch(no_job))
    qtbot.addWidget(made)
    made.resize(640, 400)
    made.add_trace()
    made.show()
    return made


@pytest.fixture
def painted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """(text, as it was painted): everything that goes through ``write``, looked at on its way."""
    out: list[tuple[str, str]] = []
    fit = parts.fitting

    def look_at(text: str, *args: object) -> tuple[object, str]:
        made, fitted = fit(text, *args)  # type: ignore[arg-type]
        out.append((text, fitted))
        return made, fitted

    monkeypatch.setattr(parts, "fitting", look_at)
    return out


def grey(image: QImage) -> NDArray[np.int64]:
    image = image.convertToFormat(QImage.Format.Format_Grayscale8)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width()].astype(np.int64)


def picture(page: SessionPage, view: View) -> NDArray[np.int64]:
    page.refresh(view)
    return grey(page.grab().toImage())


def described(page: SessionPage) -> str:
    return "\n".join(part.accessibleDescription() for part in page.parts.values())


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_every_state_differs_without_colour(page: SessionPage, theme: Theme) -> None:
    page.restyle(theme, 0)
    pictures = {name: picture(page, view) for name, view in STATES.items()}
    for a, b in combinations(pictures, 2):
        assert (np.abs(pictures[a] - pictures[b]) > 40).mean() > 0.008, (a, b)


def test_text_is_not_boxes(page: SessionPage) -> None:
    """Without a font every glyph is the same box: two different letters must look different."""
    one, two = (picture(page, replace(WORK, word=word, prompt=word, side=word)) for word in ("IIII", "WWWW"))
    assert (np.abs(one - two) > 40).sum() > 1000


def test_the_bundled_font_has_every_letter_of_the_catalogue(fonts: None) -> None:
    from PySide6.QtGui import QRawFont

    raw = QRawFont.fromFont(parts.sized(20, False))
    arrows = set("←→↑↓")  # only in the list of keys, which this page does not paint
    for module in (words, visit_words):
        for name, value in vars(module).items():
            texts = [value] if isinstance(value, str) else value.values() if isinstance(value, dict) else []
            if name.isupper():
                assert not {c for text in texts for c in text if not raw.supportsCharacter(ord(c))} - arrows, name


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_contrast(theme: Theme) -> None:
    text = [(ink, ground) for ink in (theme.ink, theme.dim) for ground in (theme.background, theme.panel)]
    text += [(paint.ink, paint.fill) for paint in (*theme.bands.values(), theme.stop, theme.notice)]
    text += [(theme.background, theme.trace)]
    for ink, ground in text:
        assert contrast(ink, ground) >= 4.5, (ink.name(), ground.name())
    graphics = [(paint.fill, ground) for paint in theme.bands.values() for ground in (theme.background, theme.panel)]
    graphics += [(c, theme.background) for c in (theme.trace, theme.focus, theme.stop.fill, theme.notice.fill)] + [
        (theme.trace, theme.panel)
    ]
    for a, b in graphics:
        assert contrast(a, b) >= 3.0, (a.name(), b.name())


def test_contrast_can_fail() -> None:
    assert contrast(QColor("#777777"), QColor("#888888")) < 1.5
    assert contrast(DARK.ink, LIGHT.ink) > 15


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("size", [(480, 360), (640, 480), (1280, 800), (800, 1280), (1920, 1080)], ids=str)
def test_nothing_is_cut_or_covers_another(page: SessionPage, painted: list[tuple[str, str]], size: tuple[int, int], turn: int) -> None:
    page.resize(*size)
    page.restyle(DARK, turn)
    for view in (*STATES.values(), LONG, replace(LONG, label="VIRTUAL", asking=True, score="10")):
        page.refresh(view)
        page.grab()
        shown = [child for child in (*page.parts.values(), page.stop, page.symptom) if child.isVisible()]
        assert all(page.rect().contains(child.geometry()) for child in shown)
        for one, two in combinations(shown, 2):
            assert not one.geometry().intersects(two.geometry()), (one, two)
    assert len(painted) > 100
    assert all(text == fitted for text, fitted in painted), [p for p in painted if p[0] != p[1]]


@pytest.mark.parametrize("turn", TURNS)
def test_a_turned_page_is_the_upright_one_turned(page: SessionPage, turn: int) -> None:
    page.resize(400, 640)
    page.restyle(DARK, 0)
    upright = picture(page, WORK)
    if turn:
        page.resize(640, 400)
        page.restyle(DARK, turn)
    turned = np.rot90(picture(page, WORK), turn // 90)  # anticlockwise: back upright
    assert turned.shape == upright.shape
    assert (np.abs(turned - upright) > 60).mean() < 0.02  # letters are smoothed a little differently


def test_the_ball_is_shown_as_it_is(qtbot: QtBot, fonts: None) -> None:
    for moment, word in (
        (Moment("work", "steady", 27.0), "WORK"), (Moment("over", "overshoot", 27.5), "OVER"),
        (Moment("done", "steady", 82.0, guided=False), "FINISHED"), (Moment("lost", "unplugged", 22.0), "NO SIGNAL"),
    ):  # fmt: skip
        page, view = page_at(moment)
        qtbot.addWidget(page)
        assert word in described(page)
        assert page.parts["label"].accessibleName() == "VIRTUAL"
        number = page.parts["number"].accessibleDescription()
        assert number == "" if word == "NO SIGNAL" else number.startswith(view.number)


def test_a_number_that_nobody_watches_is_not_painted(page: SessionPage) -> None:
    lost = replace(WORK, watched=False)
    assert np.array_equal(picture(page, lost), picture(page, replace(lost, number="99.9", share=1.0, band="over", word="OVER")))
    assert BLANK not in described(page) and "99.9" not in described(page)


def test_the_estimate_is_hidden_while_a_rating_is_asked(page: SessionPage, painted: list[tuple[str, str]]) -> None:
    told = replace(WORK, estimate=words.ESTIMATED.format(score=3))
    picture(page, told)
    assert any("estimate from your own ratings" in text for text, _ in painted)
    painted.clear()
    picture(page, replace(told, asking=True, score="4"))
    assert any(visit_words.PROMPT == text for text, _ in painted)
    assert not any("estimate" in text for text, _ in painted)


def test_the_label_is_in_every_state(page: SessionPage) -> None:
    for view in (*STATES.values(), LONG):
        page.refresh(view)
        assert page.parts["label"].isVisible()
        assert page.parts["label"].accessibleName() == view.label


def test_buttons_by_mouse_tab_and_screen_reader(qtbot: QtBot, page: SessionPage) -> None:
    page.refresh(WORK)
    assert (page.stop.accessibleName(), page.symptom.accessibleName()) == ("STOP", "SYMPTOM")
    assert all(part.accessibleName() for part in page.parts.values())
    for button, pressed in ((page.stop, page.stop_pressed), (page.symptom, page.symptom_pressed)):
        with qtbot.waitSignal(pressed):
            qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    page.activateWindow()
    page.stop.setFocus()
    focused = grey(page.stop.grab().toImage())
    qtbot.keyClick(page.stop, Qt.Key.Key_Tab)
    assert page.symptom.hasFocus()
    assert (np.abs(focused - grey(page.stop.grab().toImage())) > 40).mean() > 0.01  # the frame is seen


def test_it_repaints_only_what_has_changed(qtbot: QtBot, page: SessionPage, painted: list[tuple[str, str]]) -> None:
    page.refresh(WORK)
    qtbot.waitUntil(lambda: bool(painted))
    qtbot.wait(1)
    painted.clear()
    page.refresh(replace(WORK))
    page.refresh(replace(WORK, share=0.640001))
    qtbot.wait(1)
    assert painted == []
    page.refresh(replace(WORK, side="RIGHT HIP"))
    qtbot.waitUntil(lambda: any(text == "RIGHT HIP" for text, _ in painted))
    assert {text for text, _ in painted} <= {"RIGHT HIP", "live   ·   volume 80 %"}


def changing() -> Iterator[View]:
    """Views in which something of every part has changed, for ever."""
    i = 0
    while True:
        i += 1
        state = list(STATES.values())[i // 40 % len(STATES)]
        yield replace(state, number=f"{i % 600 / 10}", share=i % 100 / 100, window_s=i % 600 / 10, beat_share=i % 7 / 7)


def test_painting_loses_no_reference_to_none(page: SessionPage) -> None:
    """A Qt binding that drops references kills Python 3.11 after seconds of painting; the pin in pyproject.toml keeps it out."""
    page.resize(QSize(480, 360))
    views = changing()
    for _ in range(50):
        picture(page, next(views))
    before = sys.getrefcount(None)
    for _ in range(1000):
        page.refresh(next(views))
        page.grab()
    assert sys.getrefcount(None) > before - 300
