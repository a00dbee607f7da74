"""Colours and the font. Everything that is painted takes them from here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontMetricsF

FAMILY = "Atkinson Hyperlegible Next"  # drawn for people with low vision; under the Open Font License, which lies beside it
FONTS = Path(__file__).parent.parent / "fonts"


@dataclass(frozen=True, slots=True)
class Paint:
    """A filled field and what is written on it."""

    fill: QColor
    ink: QColor


@dataclass(frozen=True, slots=True)
class Theme:
    """ink and dim are text on background and on panel; focus is the frame of what has the keyboard.

    bands: by the code of the band or the state (pages/session.py), "" for where there is none. Colour alone never tells
    one: word, shape, position and hatch do too.
    """

    name: str
    background: QColor
    panel: QColor
    ink: QColor
    dim: QColor
    focus: QColor
    trace: QColor
    stop: Paint
    notice: Paint
    bands: Mapping[str, Paint]


def _paint(fill: str, ink: str) -> Paint:
    return Paint(QColor(fill), QColor(ink))


# Blue, yellow and orange are told apart with every common colour blindness; purple, for what is no state, is none of them.
DARK = Theme(
    "dark",
    background=QColor("#101418"), panel=QColor("#232a31"), ink=QColor("#ffffff"), dim=QColor("#a9b5bf"), focus=QColor("#f0e442"),
    trace=QColor("#56b4e9"), stop=_paint("#ffffff", "#101418"), notice=_paint("#d9a3c7", "#101418"),
    bands={
        "": _paint("#6b7782", "#ffffff"), "off": _paint("#6b7782", "#ffffff"), "settle": _paint("#8ecdf5", "#101418"),
        "work": _paint("#56b4e9", "#101418"), "near": _paint("#f0e442", "#101418"), "over": _paint("#ff8a3d", "#101418"),
        "no_signal": _paint("#ffffff", "#101418"), "come_off": _paint("#f0e442", "#101418"), "finished": _paint("#8ecdf5", "#101418"),
    },
)  # fmt: skip
LIGHT = Theme(
    "light",
    background=QColor("#ffffff"), panel=QColor("#e6eaee"), ink=QColor("#101418"), dim=QColor("#46525d"), focus=QColor("#7a3d00"),
    trace=QColor("#0b62a8"), stop=_paint("#101418", "#ffffff"), notice=_paint("#7a2e63", "#ffffff"),
    bands={
        "": _paint("#5b6770", "#ffffff"), "off": _paint("#5b6770", "#ffffff"), "settle": _paint("#2a74a9", "#ffffff"),
        "work": _paint("#0b62a8", "#ffffff"), "near": _paint("#8a6d00", "#ffffff"), "over": _paint("#c2410c", "#ffffff"),
        "no_signal": _paint("#101418", "#ffffff"), "come_off": _paint("#8a6d00", "#ffffff"), "finished": _paint("#2a74a9", "#ffffff"),
    },
)  # fmt: skip
THEMES = {theme.name: theme for theme in (DARK, LIGHT)}


def contrast(a: QColor, b: QColor) -> float:
    """The contrast ratio of two opaque colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    low, high = sorted((_luminance(a), _luminance(b)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: QColor) -> float:
    parts = (colour.redF(), colour.greenF(), colour.blueF())
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def load_fonts() -> None:
    """Make the bundled font known to Qt, so that nothing depends on what the system has. Call it once there is an application."""
    for path in sorted(FONTS.glob("*.ttf")):
        QFontDatabase.addApplicationFont(str(path))


def font(pixels: float, bold: bool = False, fit: str = "", width: float = 0.0) -> QFont:
    """The font at this height in pixels; smaller if ``fit`` would be wider than ``width``."""
    made = QFont(FAMILY)
    made.setPixelSize(max(9, round(pixels)))
    made.setBold(bold)
    made.setHintingPreference(QFont.HintingPreference.PreferNoHinting)  # the same widths however the page is turned
    if fit:
        wide = QFontMetricsF(made).horizontalAdvance(fit)
        if wide > width:
            made.setPixelSize(max(9, int(made.pixelSize() * width / wide)))
    return made
