"""What tells the person how far it is and what to do: the clock, the prompt with its pacer, the question, what was said, the connection."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from sixten import words
from sixten.desktop.parts import CENTRE, LEFT, MIDDLE, RIGHT, Part, card, fits, write, write_tall
from sixten.language import fill, tr
from sixten.pages.session import beside_clock, has_clock, pacer, prompt, question, state_of
from sixten.view import View


class Label(Part):
    """VIRTUAL or REPLAY, across the whole page, in every frame."""

    def seen(self, view: View) -> object:
        return (view.label,)

    def told(self, view: View) -> None:
        self.setAccessibleName(view.label)

    def draw(self, painter: QPainter, w: float, h: float) -> None:
        paint = self.theme.notice
        painter.fillRect(QRectF(0, 0, w, h), paint.fill)
        write(painter, QRectF(0.02 * w, 0, 0.96 * w, h), self.view.label, 0.72 * h, paint.ink, bold=True)


class Head(Part):
    """Left the side's word; right the connection and the sound in words, under them what is not as it should be."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr(words.CONNECTED))

    def seen(self, view: View) -> object:
        return view.side, self._status(view), view.trouble

    def told(self, view: View) -> None:
        self.setAccessibleDescription(", ".join(filter(None, (view.side, self._status(view), view.trouble))))

    def _status(self, view: View) -> str:
        return "   ·   ".join(filter(None, (view.connection, view.sound)))

    def draw(self, painter: QPainter, w: float, h: float) -> None:
        view, theme = self.view, self.theme
        side_w = 0.31 * w if view.side else 0.0
        high = 0.46 * h if view.trouble else h
        narrow = w < 12 * h  # then trouble has the whole width for itself
        side = QRectF(0, 0, side_w, high if narrow else h)
        write(painter, side, view.side, 0.8 * h, theme.ink, LEFT | MIDDLE, bold=True)
        x = side_w + 0.02 * w
        write(painter, QRectF(x, 0, w - x, high), self._status(view), 0.42 * h, theme.dim, RIGHT | MIDDLE)
        if narrow:
            x = 0.0
        write(painter, QRectF(x, high, w - x, h - high), view.trouble, 0.46 * h, theme.ink, RIGHT | MIDDLE, bold=True, wrap=True)


class Clock(Part):
    """A ring that fills in the time of a window, with a mark where one may stop; while getting on, the count."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr(words.CLOCK_NAME))

    def seen(self, view: View) -> object:
        return view.count, round(view.window_s, 1), view.min_s, view.max_s, beside_clock(view), has_clock(view), self._running(view)

    def told(self, view: View) -> None:
        self.setAccessibleDescription(view.count or view.clock)

    def _running(self, view: View) -> bool:
        return state_of(view) in ("work", "near") or (has_clock(view) and view.line_share is None)

    def draw(self, painter: QPainter, w: float, h: float) -> None:
        view, theme = self.view, self.theme
        beside = beside_clock(view)
        if not has_clock(view):
            write(painter, QRectF(0, 0, w, h), beside, 0.12 * h, theme.dim, CENTRE | MIDDLE, wrap=True)
            return
        side = min(w, 0.8 * h)
        under = QRectF(0, side, w, h - side)
        write(painter, under, beside, 0.10 * h, theme.ink, CENTRE | MIDDLE, bold=True, wrap=True)
        pen = 0.075 * side
        ring = QRectF((w - side) / 2 + pen, pen, side - 2 * pen, side - 2 * pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if view.count:
            painter.setBrush(theme.trace)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawEllipse(ring.adjusted(-pen / 2, -pen / 2, pen / 2, pen / 2))
            write_tall(painter, ring.adjusted(0, 0.22 * side, 0, -0.22 * side), view.count, theme.background, like="8")
            return
        painter.setPen(QPen(theme.panel, pen))
        painter.drawEllipse(ring)
        share = min(1.0, view.window_s / view.max_s)
        painter.setPen(QPen(theme.trace if self._running(view) else theme.dim, pen, c=Qt.PenCapStyle.FlatCap))
        painter.drawArc(ring, 90 * 16, -round(share * 360 * 16))
        if view.min_s < view.max_s:
            painter.save()
            painter.translate(ring.center())
            painter.rotate(360 * view.min_s / view.max_s)
            painter.setPen(QPen(theme.ink, max(2.0, 0.018 * side), c=Qt.PenCapStyle.FlatCap))
            painter.drawLine(QPointF(0, -ring.height() / 2 - 0.8 * pen), QPointF(0, -ring.height() / 2 + 0.8 * pen))
            painter.restore()
        inside = QRectF(ring.left() + 2 * pen, 0.32 * side, ring.width() - 4 * pen, 0.26 * side)
        write_tall(painter, inside, f"{int(view.window_s)}", theme.ink, like="88")
        bounds = fill(words.RING, {"min_s": view.min_s, "max_s": view.max_s})
        below = QRectF(ring.left() + 1.6 * pen, 0.64 * side, ring.width() - 3.2 * pen, 0.13 * side)
        if fits(bounds, below.width(), below.height()):
            write(painter, below, bounds, 0.09 * side, theme.dim)


class Prompt(Part):
    """What to do now, and the pacer: a dot that goes one way and back in the time of one slow movement."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr(words.WHAT_TO_DO))

    def seen(self, view: View) -> object:
        return prompt(view), round(pacer(view) * 0.8 * self.long) if view.beat else None

    def told(self, view: View) -> None:
        if self.accessibleDescription() != prompt(view):  # not at every step of the pacer
            self.setAccessibleDescription(prompt(view))

    def draw(self, painter: QPainter, w: float, h: float) -> None:
        view, theme = self.view, self.theme
        dot = min(0.12 * h, 0.08 * w)
        text_h = h - 3 * dot if view.beat else h
        write(painter, QRectF(0, 0, w, text_h), prompt(view), min(0.24 * h, 0.10 * w), theme.ink, CENTRE | MIDDLE, bold=True, wrap=True)
        if not view.beat:
            return
        y, left, right = h - 1.2 * dot, 1.5 * dot, w - 1.5 * dot
        painter.setPen(QPen(theme.panel, 1.1 * dot, c=Qt.PenCapStyle.RoundCap))
        painter.drawLine(QPointF(left, y), QPointF(right, y))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.trace)
        painter.drawEllipse(QPointF(left + pacer(view) * (right - left), y), dot, dot)


class Question(Part):
    """While a rating is wanted: the question, and what has been pressed so far."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr(words.QUESTION))

    def seen(self, view: View) -> object:
        return view.asking, question(view), view.score

    def told(self, view: View) -> None:
        self.setAccessibleDescription(f"{question(view)} {view.score}".strip())

    def draw(self, painter: QPainter, w: float, h: float) -> None:
        view, theme = self.view, self.theme
        card(painter, w, h, theme.panel)
        score_w = min(0.34 * w, 1.2 * h)
        pad = 0.03 * w
        asked = QRectF(pad, 0.06 * h, w - score_w - 2 * pad, 0.88 * h)
        write(painter, asked, question(view), 0.28 * h, theme.ink, LEFT | MIDDLE, bold=True, wrap=True)
        box = QRectF(w - score_w, 0.07 * h, score_w - pad, 0.86 * h)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.background)
        painter.drawRoundedRect(box, 0.05 * h, 0.05 * h)
        score = QRectF(box.left(), box.top(), box.width(), 0.76 * box.height())
        digits = score.adjusted(0, 0.16 * h, 0, -0.06 * h)
        write_tall(painter, digits, view.score or "–", theme.ink if view.score else theme.dim, like="10")
        write(painter, QRectF(box.left(), score.bottom(), box.width(), 0.20 * box.height()), tr(words.OF_TEN), 0.15 * h, theme.dim)


class Said(Part):
    """The last two things said, the newest first and larger. What the prompt or the clock shows need not stand here too."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr(words.SAID))

    def seen(self, view: View) -> object:
        return tuple(self._sentences(view))

    def told(self, view: View) -> None:
        self.setAccessibleDescription(" ".join(self._sentences(view)))

    def _sentences(self, view: View) -> list[str]:
        return [sentence for _, sentence in reversed(view.said) if sentence != prompt(view) and not sentence.isdigit()][:2]

    def draw(self, painter: QPainter, w: float, h: float) -> None:
        newest, older = (*self._sentences(self.view), "", "")[:2]
        if not fits(older, w, 0.38 * h):
            older = ""  # nothing is shown in part
        write(painter, QRectF(0, 0, w, 0.6 * h if older else h), newest, 0.32 * h, self.theme.ink, LEFT | MIDDLE, wrap=True)
        write(painter, QRectF(0, 0.62 * h, w, 0.38 * h), older, 0.24 * h, self.theme.dim, LEFT | MIDDLE, wrap=True)
