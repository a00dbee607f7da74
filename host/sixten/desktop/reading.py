"""The load on the ball at a glance: the bar with the person's line, one number, and one word with its shape."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from sixten import words
from sixten.desktop.parts import LEFT, MIDDLE, Part, card, hatch, mixed, shape, tall, write, write_tall
from sixten.language import fill, tr
from sixten.pages.session import COME_OFF, LOUD, NO_SIGNAL, NONE, headline, state_of, zones
from sixten.view import BLANK, View

FILLED = ("work", "near", "over", NO_SIGNAL, COME_OFF)  # states whose word stands on their own colour; the others stay quiet


class Bar(Part):
    """How much load there is, from none at the bottom to a quarter above the line; beside it the bands, each in its place."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr(words.GAUGE))

    def seen(self, view: View) -> object:
        return round(view.share * self.long), view.line_share, view.line, state_of(view)

    def told(self, view: View) -> None:
        self.setAccessibleDescription(view.line)

    def draw(self, painter: QPainter, w: float, h: float) -> None:
        view, theme, state = self.view, self.theme, state_of(self.view)
        bar_w = 0.56 * w
        outline = card(painter, bar_w, h, theme.panel)
        if state == NO_SIGNAL:
            hatch(painter, QRectF(0, 0, bar_w, h), mixed(theme.dim, theme.panel, 0.45), 0.12 * w, outline)
        top = h * (1 - view.share)
        filled = QRectF(0, top, bar_w, h - top)
        painter.save()
        painter.setClipPath(outline)
        painter.fillRect(filled, theme.bands[state].fill)
        painter.restore()
        if state in ("near", "over"):
            paint = theme.bands[state]
            hatch(painter, filled, paint.ink if state == "over" else mixed(paint.ink, paint.fill, 0.4), 0.12 * w, outline)
        if view.line_share is not None:
            self._line(painter, view.line_share, bar_w, w, h)

    def _line(self, painter: QPainter, line_share: float, bar_w: float, w: float, h: float) -> None:
        theme = self.theme
        x, thick, gap = bar_w + 0.05 * w, 0.045 * w, max(1.0, 0.004 * h)
        painter.setPen(Qt.PenStyle.NoPen)
        for band, low, high in zones(line_share):
            strip = QRectF(x, h * (1 - high) + gap, thick, h * (high - low) - 2 * gap)
            painter.fillRect(strip, theme.bands[band].fill)
            if band == "over":
                hatch(painter, strip, theme.background, thick * 0.8)
            if band == "work":
                shape(painter, band, QPointF(x + 2.6 * thick, strip.center().y()), 0.9 * thick, theme.bands[band].fill)
        y, high = h * (1 - line_share), max(3.0, 0.011 * h)
        across = QRectF(0, y - high / 2, x + 2 * thick, high)
        painter.fillRect(across.adjusted(0, -high / 2, 0, high / 2), theme.background)  # stands out from every fill
        painter.fillRect(across, theme.ink)
        beside = QRectF(x + 2.5 * thick, y - 0.05 * h, w - x - 2.5 * thick, 0.10 * h)
        write(painter, beside, f"{self.view.line_kpa:.1f}", 0.075 * h, theme.ink, LEFT | MIDDLE, bold=True, like="88.8")


class Number(Part):
    """The one number, its unit, and what pain the person's own ratings let expect, where that is wanted."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr(words.READING))

    def seen(self, view: View) -> object:
        return view.number, self._under(view), self._estimate(view), state_of(view) in LOUD and state_of(view)

    def told(self, view: View) -> None:
        number = view.number if view.number != BLANK else ""
        self.setAccessibleDescription(" ".join(filter(None, (number, self._under(view), self._estimate(view)))))

    def _under(self, view: View) -> str:
        return "   ".join(filter(None, (view.unit, view.newtons))) if view.number != BLANK else ""

    def _estimate(self, view: View) -> str:
        """Hidden while a rating is asked, which it would lead."""
        return fill(words.ESTIMATE, {"estimate": view.estimate}) if view.estimate and not view.asking else ""

    def draw(self, painter: QPainter, w: float, h: float) -> None:
        view, theme, state = self.view, self.theme, state_of(self.view)
        ink, dim = theme.ink, theme.dim
        if state == "over":
            paint = theme.bands[state]
            card(painter, w, h, paint.fill)
            ink = dim = paint.ink
        elif state == NO_SIGNAL:
            outline = card(painter, w, h, theme.panel)
            hatch(painter, QRectF(0, 0, w, h), mixed(theme.dim, theme.panel, 0.25), 0.10 * h, outline)
            return
        estimate = self._estimate(view)
        number = QRectF(0.04 * w, 0.09 * h, 0.92 * w, 0.64 * h)
        if view.number != BLANK:
            write_tall(painter, number, view.number, ink, like="88.8")
        write(painter, QRectF(0.03 * w, 0.78 * h, 0.94 * w, 0.12 * h), self._under(view), 0.09 * h, dim)
        write(painter, QRectF(0.03 * w, 0.90 * h, 0.94 * w, 0.09 * h), estimate, 0.065 * h, dim)


class Word(Part):
    """The one word for where things stand, and its shape."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr(words.STATE))

    def seen(self, view: View) -> object:
        return headline(view), state_of(view)

    def told(self, view: View) -> None:
        self.setAccessibleDescription(headline(view))

    def draw(self, painter: QPainter, w: float, h: float) -> None:
        theme, state, word = self.theme, state_of(self.view), headline(self.view)
        paint, filled = theme.bands[state], state in FILLED
        outline = card(painter, w, h, paint.fill if filled else theme.panel)
        ink = paint.ink if filled else theme.ink
        if state in LOUD:  # stripes at both ends
            for x in (0.0, w - 0.08 * w):
                hatch(painter, QRectF(x, 0, 0.08 * w, h), paint.ink, 0.16 * h, outline)
        if state == NONE:
            write(painter, QRectF(0.05 * w, 0, 0.90 * w, h), word, 0.34 * h, ink)
            return
        sign, room = 0.25 * h, 0.78 * w
        high = 0.46 * h
        _, wide, _ = tall(word, int(room - 3 * sign), int(high))
        left = (w - wide - 3 * sign) / 2  # sign and word stand in the middle together
        shape(painter, state, QPointF(left + sign, h / 2), sign, ink if filled else paint.fill)
        write_tall(painter, QRectF(left + 3 * sign, (h - high) / 2, wide + 1, high), word, ink)
