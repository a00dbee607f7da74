"""A page that asks: draws what a model shows, and tells which key was pressed, on the keyboard or by a button."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent, QPen, QResizeEvent

from sixten.desktop.theme import Theme, font
from sixten.desktop.turned import Turned, TurnedButton, placed, turned_painter, upright
from sixten.pages.shown import Card, Choice, Shown

_KEYS: dict[int, str] = {
    Qt.Key.Key_Return: "\r", Qt.Key.Key_Enter: "\r", Qt.Key.Key_Escape: "\x1b", Qt.Key.Key_Backspace: "\b", Qt.Key.Key_Space: " ",
    Qt.Key.Key_Up: "up", Qt.Key.Key_Down: "down", Qt.Key.Key_Left: "left", Qt.Key.Key_Right: "right",
    Qt.Key.Key_PageUp: "pageup", Qt.Key.Key_PageDown: "pagedown",  # of presenter remotes
}  # fmt: skip
_WRAP = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
LARGEST, SMALLEST = 25.0, 8.0  # pixels of a line's letters
WIDEST = 44  # of a column, in heights of a line: longer lines are hard to follow


def key_of(event: QKeyEvent) -> str:
    """The key by the name that every page takes: a character, or ``up``, ``down``, ``left``, ``right``, ``pageup``, ``pagedown``."""
    return _KEYS.get(event.key(), event.text())


class ChoiceButton(TurnedButton):
    """A choice: its words, the key, and a filled dot where it is chosen, so that colour alone never says it."""

    def __init__(self, choice: Choice) -> None:
        super().__init__(choice.words, choice.shown or choice.key)
        self.choice = choice

    def show_choice(self, choice: Choice) -> None:
        """Be this one; the keyboard stays where it is."""
        if choice != self.choice:
            self.choice = choice
            self.setText(choice.words)
            self.setAccessibleName(choice.words)
        self.setAccessibleDescription(choice.shown or choice.key)
        self.setCheckable(choice.chosen)
        self.setChecked(choice.chosen)
        self.setEnabled(bool(choice.key))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 (Qt's name)
        painter, w, h = turned_painter(self, self.turn)
        theme, choice = self.theme, self.choice
        work = theme.bands["work"]
        filled = self.isEnabled() and (choice.strong or choice.chosen)
        fill, ink = (
            (theme.stop.fill, theme.stop.ink)
            if filled and choice.strong
            else (work.fill, work.ink)
            if filled
            else (theme.background, theme.ink)
        )
        if not self.isEnabled():
            ink = theme.dim
        box = QRectF(3, 3, w - 6, h - 6)
        painter.setBrush(fill)
        painter.setPen(QPen(theme.focus, 4) if self.hasFocus() else QPen(fill if filled else theme.dim, 1.5))
        painter.drawRoundedRect(box, 10, 10)
        key = choice.shown or choice.key
        size = 0.34 * h
        left = 0.0
        if choice.chosen:
            left = 0.6 * size
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ink)
            painter.drawEllipse(QRectF(0.3 * h, h / 2 - 0.28 * size, 0.56 * size, 0.56 * size))
        painter.setPen(ink)
        painter.setFont(font(size, bold=True, fit=choice.words, width=w - 0.5 * h - left))
        painter.drawText(QRectF(left, 0.1 * h, w - left, 0.5 * h if key else 0.8 * h), Qt.AlignmentFlag.AlignCenter, choice.words)
        if key:
            painter.setFont(font(0.21 * h))
            painter.drawText(QRectF(left, 0.6 * h, w - left, 0.28 * h), Qt.AlignmentFlag.AlignCenter, key)
        painter.end()


class _Text(NamedTuple):
    box: QRectF
    text: str
    font: QFont
    colour: QColor


class _Laid:
    """Where everything lies for lines of ``u`` pixels, in the person's own upright coordinates."""

    def __init__(self, theme: Theme, u: float) -> None:
        self.theme, self.u = theme, u
        self.texts: list[_Text] = []
        self.panels: list[tuple[QRectF, bool]] = []
        self.buttons: list[tuple[Choice, QRectF]] = []
        self.bottom = 0.0

    def page(self, shown: Shown, w: float, columns: int) -> None:
        """The whole page, its cards in so many columns of much the same height."""
        u = self.u
        gap = 0.55 * u
        wide = min(w - 2 * u, (WIDEST * u + gap) * columns - gap)
        left = (w - wide) / 2
        top = self.text(shown.title, font(1.9 * u, bold=True), self.theme.ink, left, u, wide) + 0.5 * u
        column = (wide - gap * (columns - 1)) / columns
        heights = [_Laid(self.theme, u).card(card, 0.0, 0.0, column) + gap for card in shown.cards]
        first = len(heights) if columns == 1 else min(range(len(heights) + 1), key=lambda n: max(sum(heights[:n]), sum(heights[n:])))
        y = top
        for n, card in enumerate(shown.cards):
            if n == first:
                y = top
            y = self.card(card, left if n < first else left + column + gap, y, column) + gap
        y = top + max(sum(heights[:first]), sum(heights[first:]))
        for choice in shown.go:
            self.buttons.append((choice, QRectF(left, y, wide, 3.8 * u)))
            y += 4.2 * u
        if shown.foot:
            y = self.text(shown.foot, font(0.8 * u), self.theme.dim, left, y, wide)
        self.bottom = y + 0.3 * u

    def card(self, card: Card, x: float, y: float, wide: float) -> float:
        """One card; where it ends."""
        u = self.u
        pad = 0.8 * u
        top, left, inner = y, x + 1.2 * pad, wide - 2.4 * pad
        y += pad
        if card.title:
            y = self.text(card.title, font(0.85 * u, bold=True), self.theme.dim, left, y, inner) + 0.2 * u
        for line in card.lines:
            y = self.text(line, font(u), self.theme.ink, left, y, inner) + 0.2 * u
        if card.choices:
            y = self._flow(card.choices, left, y + 0.2 * u, inner)
        bottom = y + 0.6 * pad
        self.panels.append((QRectF(x, top, wide, bottom - top), card.urgent))
        return bottom

    def _flow(self, choices: tuple[Choice, ...], left: float, y: float, inner: float) -> float:
        u = self.u
        high, x = 3.1 * u, left
        metrics = QFontMetricsF(font(0.34 * high, bold=True))
        for choice in choices:
            wide = min(inner, max(6 * u, metrics.horizontalAdvance(choice.words) + 1.2 * high))
            if x > left and x + wide > left + inner:
                x, y = left, y + high + 0.35 * u
            self.buttons.append((choice, QRectF(x, y, wide, high)))
            x += wide + 0.5 * u
        return y + high

    def text(self, text: str, used: QFont, colour: QColor, x: float, y: float, wide: float) -> float:
        """Takes down a paragraph; where it ends."""
        box = QFontMetricsF(used).boundingRect(QRectF(x, y, wide, 1e6), int(_WRAP), text)
        self.texts.append(_Text(QRectF(x, y, wide, box.height() + 2), text, used, colour))
        return y + box.height()


def _fitting(shown: Shown, theme: Theme, w: float, h: float, columns: int) -> _Laid:
    """As large as everything fits."""
    u = min(LARGEST, w / 22, h / 20)
    while True:
        laid = _Laid(theme, u)
        laid.page(shown, w, columns)
        if laid.bottom <= h or u <= SMALLEST:
            return laid
        u *= 0.95


class AskPage(Turned):
    """Call ``show_page`` with what there is to see; ``pressed`` tells each key."""

    pressed = Signal(str)

    def __init__(self, name: str) -> None:
        super().__init__()
        self._shown = Shown("", ())
        self._laid = _Laid(self.theme, LARGEST)
        self._buttons: dict[str, ChoiceButton] = {}
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    @property
    def shown(self) -> Shown:
        """What there is to see now."""
        return self._shown

    def show_page(self, shown: Shown) -> None:
        """Draw this."""
        if shown != self._shown:
            self._shown = shown
            self.setAccessibleDescription(shown.text)
            self._lay_out()

    def restyle(self, theme: Theme, turn: int) -> None:
        """Paint in these colours, turned by this."""
        super().restyle(theme, turn)
        self._lay_out()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 (Qt's name)
        key = key_of(event)
        if not event.isAutoRepeat() or key == "\b":  # a key that is still held from the page before answers nothing here
            self.pressed.emit(key)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 (Qt's name)
        self._lay_out()

    def draw(self, painter: QPainter, w: float, h: float) -> None:
        for box, urgent in self._laid.panels:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.theme.panel)
            painter.drawRoundedRect(box, 14, 14)
            if urgent:
                painter.setBrush(self.theme.notice.fill)
                painter.drawRoundedRect(QRectF(box.left(), box.top(), 8, box.height()), 4, 4)
        for text in self._laid.texts:
            painter.setFont(text.font)
            painter.setPen(text.colour)
            painter.drawText(text.box, int(_WRAP), text.text)

    def _lay_out(self) -> None:
        size = upright(self.size(), self.turn)
        one, two = (_fitting(self._shown, self.theme, size.width(), size.height(), columns) for columns in (1, 2))
        self._laid = two if two.u > one.u else one
        self._put(self._laid.buttons)
        self.update()

    def _put(self, places: list[tuple[Choice, QRectF]]) -> None:
        """Buttons stay the same objects as long as their key is there, so that the keyboard's focus does."""
        names = [choice.key or f"-{i}" for i, (choice, _) in enumerate(places)]
        for gone in set(self._buttons) - set(names):
            old = self._buttons.pop(gone)
            old.hide()
            old.deleteLater()
        last: ChoiceButton | None = None
        for name, (choice, box) in zip(names, places, strict=True):
            button = self._buttons.get(name)
            if button is None:
                button = self._buttons[name] = ChoiceButton(choice)
                button.setParent(self)
                button.clicked.connect(lambda _=False, b=button: self.pressed.emit(b.choice.key))
                button.show()
            button.show_choice(choice)
            button.restyle(self.theme, self.turn)
            button.setGeometry(placed(box, self.size(), self.turn))
            if last is not None:
                self.setTabOrder(last, button)
            last = button
