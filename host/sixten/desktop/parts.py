"""What every painted part of a page shares: when it repaints, text that fits, and the shapes that tell a state without colour."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF

from sixten.desktop.theme import font
from sixten.desktop.turned import Turned
from sixten.view import View

LEFT, RIGHT, CENTRE = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignHCenter
TOP, MIDDLE = Qt.AlignmentFlag.AlignTop, Qt.AlignmentFlag.AlignVCenter
CAPITAL = 0.668  # of the font's height: how high its capitals and digits are
SMALLEST = 8  # pixels; text that does not fit even so ends in an ellipsis


class Part(Turned):
    """Shows some of a view. Call ``show_view`` as often as you like: it repaints only when what it shows has changed."""

    def __init__(self) -> None:
        super().__init__()
        self.view = View()
        self._seen: object = None
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # each fills its own background

    def show_view(self, view: View) -> None:
        """Draw this view."""
        seen = self.seen(view)
        if seen != self._seen:
            self.view, self._seen = view, seen
            self.told(view)
            self.update()

    def seen(self, view: View) -> object:
        """All that the picture depends on."""
        raise NotImplementedError

    def told(self, view: View) -> None:
        """Give a screen reader the words of it."""

    @property
    def long(self) -> int:
        """The longer side: pixels along it are the finest step that can be seen."""
        return max(self.width(), self.height())


def mixed(a: QColor, b: QColor, share: float) -> QColor:
    """``share`` of a in b."""
    return QColor(
        *(round(share * x + (1 - share) * y) for x, y in zip((a.red(), a.green(), a.blue()), (b.red(), b.green(), b.blue()), strict=True))
    )


@lru_cache(maxsize=64)
def sized(pixels: int, bold: bool) -> QFont:
    """The font at this height. Digits are all as wide as each other, so that a changing number does not tremble."""
    made = font(max(SMALLEST, pixels), bold)
    made.setFeature(QFont.Tag("tnum"), 1)
    return made


@lru_cache(maxsize=256)
def fitting(text: str, pixels: int, bold: bool, w: int, h: int, wrap: bool) -> tuple[QFont, str]:
    """The largest font up to ``pixels`` with which ``text`` fits into w by h; the text is cut short if none does."""
    flags = (Qt.TextFlag.TextWordWrap if wrap else Qt.TextFlag.TextSingleLine).value
    low, high = SMALLEST, max(SMALLEST, min(pixels, h))
    while low < high:  # bisection: a sentence fits or does not, in at most eight looks
        middle = (low + high + 1) // 2
        box = QFontMetricsF(sized(middle, bold)).boundingRect(QRectF(0, 0, w, 10_000), flags, text)
        low, high = (middle, high) if box.width() <= w and box.height() <= h * 1.001 else (low, middle - 1)
    made = sized(low, bold)
    if low == SMALLEST:
        metrics = QFontMetricsF(made)
        lines = max(1, int(h // metrics.height())) if wrap else 1
        if metrics.horizontalAdvance(text) > w * lines:
            text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, w * lines * 0.9)
    return made, text


def write(
    painter: QPainter, box: QRectF, text: str, pixels: float, colour: QColor, align: Qt.AlignmentFlag = CENTRE | MIDDLE,
    bold: bool = False, wrap: bool = False, like: str = "",
) -> None:  # fmt: skip
    """Text in ``box``, smaller if it would not fit. like: what decides the size instead, so that it is the same for all that comes."""
    if not text or box.width() < 1 or box.height() < 1:
        return
    w, h = int(box.width()), int(box.height())
    made, out = fitting(like if len(like) >= len(text) else text, round(pixels), bold, w, h, wrap)
    painter.setFont(made)
    painter.setPen(colour)
    flags = align.value | (Qt.TextFlag.TextWordWrap if wrap else Qt.TextFlag.TextSingleLine).value
    painter.drawText(box, flags, text if like else out)


def fits(text: str, w: float, h: float) -> bool:
    """Whether ``write`` can show all of this text in lines of w within h."""
    box = QFontMetricsF(sized(SMALLEST, False)).boundingRect(QRectF(0, 0, w, 10_000), Qt.TextFlag.TextWordWrap.value, text)
    return box.width() <= w and box.height() <= h


@lru_cache(maxsize=128)
def tall(like: str, w: int, h: int) -> tuple[QFont, float, float]:
    """The bold font with which ``like`` is at most w wide and its capitals and digits h high; its width, and the height of these."""
    pixels = max(SMALLEST, int(h / CAPITAL))
    wide = QFontMetricsF(sized(pixels, True)).horizontalAdvance(like)
    made = sized(max(SMALLEST, min(pixels, int(pixels * w / max(1.0, wide)))), True)
    metrics = QFontMetricsF(made)
    return made, metrics.horizontalAdvance(like), metrics.capHeight()


def write_tall(painter: QPainter, box: QRectF, text: str, colour: QColor, like: str = "") -> None:
    """Capitals or digits that fill ``box``: nothing is kept free for what would hang below the line. like: as in ``write``."""
    if box.width() < 1 or box.height() < 1:
        return
    made, _, high = tall(like if len(like) >= len(text) else text, int(box.width()), int(box.height()))
    painter.setFont(made)
    painter.setPen(colour)
    wide = QFontMetricsF(made).horizontalAdvance(text)
    painter.drawText(QPointF(box.center().x() - wide / 2, box.center().y() + high / 2), text)


def card(painter: QPainter, w: float, h: float, colour: QColor) -> QPainterPath:
    """A filled field with round corners, over the whole part; returns its outline."""
    outline = QPainterPath()
    radius = min(14.0, 0.12 * min(w, h))
    outline.addRoundedRect(QRectF(0, 0, w, h), radius, radius)
    painter.fillPath(outline, colour)
    return outline


def hatch(painter: QPainter, box: QRectF, colour: QColor, step: float, within: QPainterPath | None = None) -> None:
    """Broad slanting stripes: seen without colour, and from afar. within: their outline, if it is not the box."""
    painter.save()
    if within is not None:
        painter.setClipPath(within)
    painter.setClipRect(box, Qt.ClipOperation.IntersectClip if within is not None else Qt.ClipOperation.ReplaceClip)
    painter.setPen(QPen(colour, step * 0.5, c=Qt.PenCapStyle.FlatCap))
    x, high = box.left() - box.height(), box.height() + step
    while x < box.right() + step:
        painter.drawLine(QPointF(x, box.bottom() + step), QPointF(x + high + step, box.top() - step))
        x += step * 1.5
    painter.restore()


# Outlines in a square from -1 to 1. Bundled fonts have no such signs, and a system's may be any size.
_OUTLINES: dict[str, tuple[tuple[float, float], ...]] = {
    "settle": ((-0.95, -0.5), (0.95, -0.5), (0.0, 0.95)),  # more weight may come down
    "near": ((0.0, -0.95), (0.95, 0.75), (-0.95, 0.75)),
    "over": ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    "no_signal": (
        (-0.9, -0.55), (-0.55, -0.9), (0.0, -0.35), (0.55, -0.9), (0.9, -0.55), (0.35, 0.0), (0.9, 0.55), (0.55, 0.9), (0.0, 0.35),
        (-0.55, 0.9), (-0.9, 0.55), (-0.35, 0.0),
    ),
    "come_off": ((0.0, -0.95), (0.95, 0.05), (0.4, 0.05), (0.4, 0.95), (-0.4, 0.95), (-0.4, 0.05), (-0.95, 0.05)),
    "finished": ((-0.95, 0.1), (-0.6, -0.25), (-0.25, 0.15), (0.6, -0.75), (0.95, -0.4), (-0.25, 0.85)),
}  # fmt: skip
SHAPES = ("off", "work", *_OUTLINES)


def shape(painter: QPainter, state: str, centre: QPointF, radius: float, colour: QColor) -> None:
    """The sign of a state: off a ring, work a disc, the others as outlined above; nothing for what has none."""
    if state not in SHAPES:
        return
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    if state == "work":
        painter.drawEllipse(centre, radius, radius)
    elif state == "off":
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour, radius * 0.35))
        painter.drawEllipse(centre, radius * 0.82, radius * 0.82)
    else:
        painter.drawPolygon(QPolygonF([QPointF(centre.x() + radius * x, centre.y() + radius * y) for x, y in _OUTLINES[state]]))
