"""A drawing that knows what it has joined: schemdraw's symbols, with every terminal and wire noted, to be held against the netlist."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

import schemdraw
import schemdraw.elements as elm

from circuit.netlist import Circuit, Part

Point = tuple[float, float]
schemdraw.use("svg")
schemdraw.svgconfig.text = "text"

TWO_PINS = {
    "resistor": elm.ResistorIEC,
    "capacitor": elm.Capacitor,
    "electrolytic": elm.Capacitor2,
    "fsr": elm.ResistorVarIEC,
    "led": elm.LED,
    "diode": elm.Diode,
    "motor": elm.Motor,
    "button": elm.Button,
}
# Half the length and half the width of a symbol on the page, leads left out.
BODY = {
    "resistor": (0.5, 0.25),
    "fsr": (0.5, 0.55),
    "capacitor": (0.1, 0.3),
    "electrolytic": (0.15, 0.3),
    "led": (0.25, 0.35),
    "diode": (0.25, 0.25),
    "motor": (0.75, 0.55),
    "button": (0.5, 0.5),
}
FIRST, SECOND = ("1", "anode", "plus"), ("2", "cathode", "minus")
NEAR = 1e-6
INCHES_PER_UNIT = 0.36
POINTS = 72 * INCHES_PER_UNIT  # one unit of the page in the file's points
LINE_HEIGHT = 1.25 / POINTS  # in units, times the size of the type
LETTER = 0.6 / POINTS  # width of a letter, the same way; wider than most


def on(point: Point, a: Point, b: Point) -> bool:
    """True if the point lies on the upright or level line from a to b."""
    (x, y), (ax, ay), (bx, by) = point, a, b
    return min(ax, bx) - NEAR <= x <= max(ax, bx) + NEAR and min(ay, by) - NEAR <= y <= max(ay, by) + NEAR


@dataclass(frozen=True)
class Words:
    """One line of type, centred in height on y."""

    x: float
    y: float
    words: str
    align: str
    size: float

    @property
    def box(self) -> tuple[float, float, float, float]:
        """x0, y0, x1, y1."""
        width, half = LETTER * self.size * len(self.words), 0.4 * self.size / POINTS
        x0 = self.x - {"left": 0.0, "center": width / 2, "right": width}[self.align]
        return x0, self.y - half, x0 + width, self.y + half

    def svg(self) -> str:
        anchor = {"left": "start", "center": "middle", "right": "end"}[self.align]
        where = f'x="{self.x * POINTS:.1f}" y="{-self.y * POINTS + 0.35 * self.size:.1f}"'
        return f'<text {where} font-size="{self.size:g}" text-anchor="{anchor}">{escape(self.words)}</text>'


def _page() -> schemdraw.Drawing:
    return schemdraw.Drawing(show=False, unit=2, lw=1.4, inches_per_unit=INCHES_PER_UNIT)


@dataclass
class Sheet:
    """One schematic. Every part must be placed once; `joined` gives the nets as drawn."""

    circuit: Circuit
    drawing: schemdraw.Drawing = field(default_factory=_page)
    terminals: dict[tuple[str, str], Point] = field(default_factory=dict)
    wires: list[tuple[Point, Point]] = field(default_factory=list)
    supplies: list[tuple[str, Point]] = field(default_factory=list)
    words: list[Words] = field(default_factory=list)
    bodies: list[tuple[float, float, float, float]] = field(default_factory=list)

    def part(self, ref: str) -> Part:
        return self.circuit.parts[ref]

    def _at(self, ref: str, pin: str, point: Point) -> None:
        assert (ref, pin) not in self.terminals, f"{ref} pin {pin} is drawn twice"
        assert pin in self.part(ref).nets, f"{ref} has no pin {pin}"
        self.terminals[ref, pin] = point

    def two(self, ref: str, start: Point, end: Point, side: str = "", label: str = "") -> None:
        """A part with two pins, its first (or plus, or anode) at start. side: above, below, left or right, where its label goes."""
        part = self.part(ref)
        self.drawing.add(TWO_PINS[part.kind]().endpoints(start, end))
        names = list(part.nets)
        self._at(ref, next(n for n in names if n in FIRST), start)
        self._at(ref, next(n for n in names if n in SECOND), end)
        (x, y), level = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2), abs(start[1] - end[1]) < NEAR
        half = BODY[part.kind] if level else BODY[part.kind][::-1]
        self.bodies.append((x - half[0], y - half[1], x + half[0], y + half[1]))
        if part.kind == "led":
            self.bodies.append((x, y, x + 0.6, y + 0.9))  # its arrows
        lines = [label] if label else [f"{ref}  {part.value}"] if level else [ref, part.value]
        gap = half[1] + 0.32 if level else half[0] + 0.18
        if level:
            self.text((x, y + (-gap if side == "below" else gap)), lines, "center")
        else:
            self.text((x + (-gap if side == "left" else gap), y), lines, "right" if side == "left" else "left")

    def transistor(self, ref: str, base: Point) -> tuple[Point, Point]:
        """An NPN transistor with its base at the left; returns collector and emitter."""
        q = self.drawing.add(elm.BjtNpn(circle=True).theta(0).anchor("base").at(base))
        out = [(round(q.absanchors[n][0], 4), round(q.absanchors[n][1], 4)) for n in ("collector", "emitter")]
        self._at(ref, "base", base)
        self._at(ref, "collector", out[0])
        self._at(ref, "emitter", out[1])
        self.bodies.append((base[0], base[1] - 0.6, out[0][0] + 0.35, base[1] + 0.6))
        self.text((out[0][0] + 0.55, base[1]), [ref, self.part(ref).value], "left")
        return out[0], out[1]

    def piezo(self, ref: str, at: Point) -> Point:
        """Returns the second pin, half a unit below the first."""
        self.drawing.add(elm.Speaker().theta(0).at(at))
        self._at(ref, "1", at)
        self._at(ref, "2", (at[0], at[1] - 0.5))
        self.bodies.append((at[0], at[1] - 1.2, at[0] + 0.8, at[1] + 0.7))
        self.text((at[0] + 1.1, at[1] - 0.25), [ref, self.part(ref).value], "left")
        return at[0], at[1] - 0.5

    def box(self, ref: str, low: Point, high: Point, pins: Iterable[tuple[str, Point]], title: list[str]) -> None:
        """A part as a rectangle with named pins on its edge."""
        (x0, y0), (x1, y1) = low, high
        self.drawing.add(elm.Rect(corner1=(0, 0), corner2=(x1 - x0, y1 - y0), fill="#f4f6f8").at(low).theta(0))
        self.text(((x0 + x1) / 2, (y0 + y1) / 2), title, "center")
        for name, (x, y) in pins:
            self._at(ref, name, (x, y))
            left, right = abs(x - x0) < NEAR, abs(x - x1) < NEAR
            inside = (x + 0.15, y) if left else (x - 0.15, y) if right else (x, y + (0.3 if abs(y - y0) < NEAR else -0.3))
            self.text(inside, [name], "left" if left else "right" if right else "center", 10)

    def plug(self, ref: str, pins: Iterable[tuple[str, Point]]) -> None:
        """The plug: a contact on each line, in a dashed frame."""
        points = list(pins)
        for name, (x, y) in points:
            self._at(ref, name, (x, y))
            self.drawing.add(elm.Dot(open=True, radius=0.14).at((x, y)))
            self.text((x, y + 0.42), [name], "center", 9)
        x, ys = points[0][1][0], [p[1][1] for p in points]
        self.frame((x - 0.4, min(ys) - 0.4), (x + 0.4, max(ys) + 0.75))
        self.text((x, max(ys) + 1.45), [ref, self.part(ref).value], "center")

    def frame(self, low: Point, high: Point, title: str = "") -> None:
        """A dashed rectangle with its title above."""
        size = (high[0] - low[0], high[1] - low[1])
        self.drawing.add(elm.Rect(corner1=(0, 0), corner2=size, ls="--", lw=1, color="#667788").at(low).theta(0).zorder(0))
        (x0, y0), (x1, y1) = low, high
        self.bodies += [(x0, y0, x1, y0), (x0, y1, x1, y1), (x0, y0, x0, y1), (x1, y0, x1, y1)]
        if title:
            self.text((low[0], high[1] + 0.35), [title], "left")

    def text(self, at: Point, lines: list[str], align: str, size: float = 11) -> None:
        """Lines of words around the height of `at`; align says which end of them is at its x."""
        for i, words in enumerate(lines):
            self.words.append(Words(at[0], at[1] + ((len(lines) - 1) / 2 - i) * LINE_HEIGHT * size, words, align, size))

    def wire(self, *points: Point) -> None:
        """Level and upright stretches through these points."""
        for a, b in zip(points, points[1:], strict=False):
            assert abs(a[0] - b[0]) < NEAR or abs(a[1] - b[1]) < NEAR, f"slanted: {a} {b}"
            self.drawing.add(elm.Line().endpoints(a, b))
            self.wires.append((a, b))

    def ground(self, at: Point) -> None:
        self.drawing.add(elm.Ground().theta(0).at(at))
        self.supplies.append(("gnd", at))

    def five_volts(self, at: Point) -> None:
        self.drawing.add(elm.Vdd().theta(0).at(at))
        self.text((at[0], at[1] + 0.75), ["5 V"], "center", 10)
        self.supplies.append(("v5", at))

    def dots(self) -> None:
        """A dot wherever three or more ends meet, or an end lies on a wire: a crossing without one is no joint."""
        points = {(round(x, 4), round(y, 4)) for pair in self.wires for x, y in pair}
        points |= {(round(x, 4), round(y, 4)) for x, y in self.terminals.values()}
        for point in points:
            ends = sum(on(point, t, t) for t in self.terminals.values()) + sum(on(point, s, s) for _, s in self.supplies)
            for a, b in self.wires:
                if on(point, a, b):
                    ends += 1 if on(point, a, a) or on(point, b, b) else 2
            if ends > 2:
                self.drawing.add(elm.Dot(radius=0.09).at(point))

    def joined(self) -> set[frozenset[tuple[str, str]]]:
        """The nets as drawn: sets of (reference, pin), those of one pin left out."""
        group: dict[object, object] = {}

        def root(x: object) -> object:
            while group.setdefault(x, x) != x:
                x = group[x]
            return x

        things: list[tuple[object, list[Point]]] = [(key, [point]) for key, point in self.terminals.items()]
        things += [((name,), [point]) for name, point in self.supplies]
        things += [((i, "wire"), [a, b]) for i, (a, b) in enumerate(self.wires)]
        for i, (one, points) in enumerate(things):
            for other, others in things[:i]:
                touch = any(on(p, others[0], others[-1]) for p in points) or any(on(p, points[0], points[-1]) for p in others)
                if touch or one == other:
                    group[root(one)] = root(other)
        nets: dict[object, set[tuple[str, str]]] = {}
        for key in self.terminals:
            nets.setdefault(root(key), set()).add(key)
        return {frozenset(net) for net in nets.values() if len(net) > 1}

    def clashes(self) -> list[str]:
        """Type that lies on other type, on a wire or on a symbol."""
        out = []
        for i, words in enumerate(self.words):
            for other in self.words[:i]:
                if _overlap(words.box, other.box):
                    out.append(f"{words.words!r} on {other.words!r}")
            for (ax, ay), (bx, by) in self.wires:
                if _overlap(words.box, (min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))):
                    out.append(f"{words.words!r} on a wire at {ax:g},{ay:g}")
            out += [f"{words.words!r} on a symbol at {body[0]:g},{body[1]:g}" for body in self.bodies if _overlap(words.box, body)]
        return out

    def svg(self) -> str:
        """The drawing with its type added, all of it inside the page."""
        drawn: str = self.drawing.get_imagedata("svg").decode()
        body = drawn[drawn.index(">") + 1 : drawn.rindex("</svg>")]
        # Coordinates to a tenth of a point, so that the last digits of another version's arithmetic do not show.
        body = re.sub(r"-?\d+\.\d{2,}", lambda number: f"{float(number[0]):.1f}", body)
        view = re.search(r'viewBox="(\S+) (\S+) (\S+) (\S+)"', drawn)
        assert view is not None
        x, y, width, height = map(float, view.groups())
        boxes = [(w.box[0] * POINTS, -w.box[3] * POINTS, w.box[2] * POINTS, -w.box[1] * POINTS) for w in self.words]
        x0, y0 = min(x, *(b[0] for b in boxes)) - 8, min(y, *(b[1] for b in boxes)) - 8
        x1, y1 = max(x + width, *(b[2] for b in boxes)) + 8, max(y + height, *(b[3] for b in boxes)) + 8
        frame = f"{x0:.0f} {y0:.0f} {x1 - x0:.0f} {y1 - y0:.0f}"
        head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{frame}" width="{x1 - x0:.0f}" height="{y1 - y0:.0f}">'
        paper = f'<rect x="{x0:.0f}" y="{y0:.0f}" width="100%" height="100%" fill="white"/>'
        words = "\n".join(w.svg() for w in self.words)
        body = body.replace("><", ">\n<")
        return f'{head}\n{paper}\n{body}\n<g font-family="sans-serif" fill="black">\n{words}\n</g>\n</svg>\n'


def _overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def wanted(circuit: Circuit) -> set[frozenset[tuple[str, str]]]:
    """The nets of the netlist in the form of Sheet.joined."""
    return {frozenset(pins) for pins in circuit.nets().values() if len(pins) > 1}
