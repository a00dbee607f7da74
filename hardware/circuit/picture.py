"""The picture of a build on its breadboard, as an SVG file."""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape

from circuit.wiring import BLACK, COLUMNS, LINES, RED, Breadboard, split

Point = tuple[float, float]
PITCH = 18.0  # of the holes, in the picture's points
# Where each row of holes lies, in pitches from the top.
ROWS = {"T+": -2.2, "T-": -1.2, "a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 8, "g": 9, "h": 10, "i": 11, "j": 12, "B-": 14.2, "B+": 15.2}
LAMP = {"green": "#43a047", "amber": "#ffb300", "red": "#e53935"}

# Seen from above with the USB plug at the left (Arduino's own pin-out pictures), from left to right.
UNO_TOP = ["SCL", "SDA", "AREF", "GND.", "D13", "D12", "D11", "D10", "D9", "D8", "", "D7", "D6", "D5", "D4", "D3", "D2", "D1", "D0"]
UNO_BOTTOM = ["", "IOREF", "RESET", "3V3", "5V", "GND", "GND.", "VIN", "", "A0", "A1", "A2", "A3", "A4", "A5"]
NANO_TOP = ["D12", "D11", "D10", "D9", "D8", "D7", "D6", "D5", "D4", "D3", "D2", "GND.", "RST", "D0", "D1"]
NANO_BOTTOM = ["D13", "3V3", "AREF", "A0", "A1", "A2", "A3", "A4", "A5", "A6", "A7", "5V", "RST", "GND", "VIN"]
SHIFTER = ["1", "2", "", "GND", "3", "4"]  # HV1 HV2 HV GND HV3 HV4 above, LV1 ... below
OFF_BOARD = {"BZ1": "piezo", "M1": "motor", "SW1": "button"}
BALL = ("J1", "FSR1", "R11", "U1")  # behind the plug; drawn as one cable


def hole_point(hole: str) -> Point:
    row, column = split(hole)
    return (column * PITCH, ROWS[row] * PITCH)


class Picture:
    """SVG elements, with a note of the type that was set, for the check that nothing is printed over."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.type: list[tuple[str, float, float, float, float]] = []

    def rect(self, x: float, y: float, w: float, h: float, fill: str, stroke: str = "none", r: float = 2) -> None:
        self.out.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" rx="{r:g}" fill="{fill}" stroke="{stroke}"/>')

    def circle(self, at: Point, r: float, fill: str, stroke: str = "none") -> None:
        self.out.append(f'<circle cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="{r:g}" fill="{fill}" stroke="{stroke}"/>')

    def line(self, points: Iterable[Point], colour: str, width: float = 2.4) -> None:
        path = " L".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.out.append(
            f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="{width:g}" stroke-linejoin="round" stroke-linecap="round"/>'
        )

    def text(self, at: Point, words: str, size: float = 9, colour: str = "#222", anchor: str = "middle", turn: bool = False) -> None:
        x, y = at
        width, height = 0.6 * size * len(words), 0.8 * size  # a letter takes 0.6 of its size, or less
        left = x - {"start": 0.0, "middle": width / 2, "end": width}[anchor]
        turned = f' transform="rotate(-90 {x:.1f} {y:.1f})"' if turn else ""
        upright = (x - height / 2, y - width / 2, x + height / 2, y + width / 2)
        self.type.append((words, *(upright if turn else (left, y - height / 2, left + width, y + height / 2))))
        style = f'font-size="{size:g}" fill="{colour}" text-anchor="{anchor}"{turned}'
        self.out.append(f'<text x="{x:.1f}" y="{y + 0.35 * size:.1f}" {style}>{escape(words)}</text>')

    def clashes(self) -> list[str]:
        """Pairs of words that lie on each other."""
        out = []
        for i, (words, x0, y0, x1, y1) in enumerate(self.type):
            out += [f"{words!r} on {w!r}" for w, a0, b0, a1, b1 in self.type[:i] if x0 < a1 and a0 < x1 and y0 < b1 and b0 < y1]
        return out


def picture(b: Breadboard) -> Picture:
    p = Picture()
    _plate(p)
    pins = _arduino(p, b)
    _wires(p, b, pins)
    _cable(p, b)
    for ref in b.circuit.parts:
        if ref not in BALL and ref != "MB1":
            _part(p, b, ref)
    _legend(p, b)
    return p


def svg(b: Breadboard) -> str:
    p = picture(b)
    left = -400 if b.circuit.board == "uno" else -60
    width = COLUMNS * PITCH + 60 - left
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{left} -190 {width:g} 690" width="{width:g}" height="690">'
    paper = f'<rect x="{left}" y="-190" width="100%" height="100%" fill="white"/>'
    return "\n".join([head, paper, '<g font-family="sans-serif">', *p.out, "</g>", "</svg>", ""])


def _plate(p: Picture) -> None:
    width = (COLUMNS + 1) * PITCH
    p.rect(0, ROWS["T+"] * PITCH - 14, width, (ROWS["B+"] - ROWS["T+"]) * PITCH + 28, "#f3efe6", "#bbb", 6)
    p.rect(4, 5.9 * PITCH, width - 8, 1.2 * PITCH, "#e4dfd2")
    for row, y in ROWS.items():
        if len(row) == 2:
            colour = "#e57373" if row[1] == "+" else "#64b5f6"
            p.line([(8, y * PITCH - 8), (width - 8, y * PITCH - 8)], colour, 1)
            p.text((-8, y * PITCH), row[1], 11, colour)
        else:
            p.text((-8, y * PITCH), row, 8, "#888")
        p.out.append(
            f'<path d="M{PITCH:.1f},{y * PITCH:.1f} H{COLUMNS * PITCH:.1f}" stroke="#9a958a" stroke-width="4" stroke-linecap="round" '
            f'stroke-dasharray="0 {PITCH:g}"/>'
        )
    for column in range(5, COLUMNS + 1, 5):
        p.text((column * PITCH, 0.1 * PITCH), str(column), 8, "#888")


def _arduino(p: Picture, b: Breadboard) -> dict[str, Point]:
    """Draws the board; returns where a wire to each pin begins."""
    pins: dict[str, Point] = {}
    if b.circuit.board == "uno":
        x0, y0, y1 = -385.0, 0.5 * PITCH, 12.5 * PITCH
        p.rect(x0, y0, 355, y1 - y0, "#cfe3ee", "#5b8ba5", 8)
        p.rect(x0 - 8, y0 + 25, 50, 46, "#b0b6ba", "#777")
        p.text((x0 + 17, y0 + 48), "USB", 10)
        p.text((x0 + 180, (y0 + y1) / 2), "Arduino Uno", 16)
        for names, y, inward, begin in ((UNO_TOP, y0 + 10, 18, x0 + 62), (UNO_BOTTOM, y1 - 10, -18, x0 + 122)):
            for i, name in enumerate(names):
                if name:
                    at = (begin + i * 15.2, y)
                    p.rect(at[0] - 5, y - 5, 10, 10, "#333")
                    p.text((at[0], y + inward), name.rstrip("."), 7, "#234", turn=True)
                    pins[name] = at
    else:
        p.rect(0.4 * PITCH, 2.6 * PITCH, 15.2 * PITCH, 6.8 * PITCH, "#cfe3ee", "#5b8ba5", 4)
        p.rect(-0.6 * PITCH, 4.9 * PITCH, 2.4 * PITCH, 2.2 * PITCH, "#b0b6ba", "#777")
        p.text((0.6 * PITCH, 6 * PITCH), "USB", 9)
        p.text((8.5 * PITCH, 6 * PITCH), "Arduino Nano", 14)
        for names, row, away, label in ((NANO_TOP, "c", "b", 15), (NANO_BOTTOM, "g", "h", -15)):
            for i, name in enumerate(names):
                p.circle(hole_point(f"{row}{i + 1}"), 3, "#333")
                x, y = hole_point(f"{row}{i + 1}")
                p.text((x, y + label), name.rstrip("."), 7, "#234", turn=True)
                pins[name] = hole_point(f"{away}{i + 1}")
    return pins


def _wires(p: Picture, b: Breadboard, pins: dict[str, Point]) -> None:
    above, below = ROWS["T+"] * PITCH - 22, ROWS["B+"] * PITCH + 22
    left = -14.0
    for start, end, colour in b.wires:
        to = hole_point(end)
        if not start.startswith("MB1."):
            a = hole_point(start)
            p.line([a, to], colour)
            p.circle(a, 3.2, colour)
        else:
            a = pins[start[4:]]
            if start[4] == "D":
                p.line([a, (a[0], above), (to[0], above), to], colour)
                above -= 7
            elif end[0] == "T":  # the supply comes from below and goes round the left end
                p.line([a, (a[0], below), (left, below), (left, to[1]), to], colour)
                below, left = below + 7, left - 7
            elif end[0] in "bc":  # A4 and A5: up between the columns left of their own
                x = (35 + b.offset) * PITCH - (4 if end[0] == "c" else 10)
                p.line([a, (a[0], below), (x, below), (x, to[1]), to], colour)
                below += 7
            else:
                beside = to[0] - PITCH / 2  # not over the part that hangs on the same column
                p.line([a, (a[0], below), (beside, below), (beside, to[1]), to], colour)
                below += 7
            p.circle(a, 3.2, colour)
        p.circle(to, 3.2, colour)


def _part(p: Picture, b: Breadboard, ref: str) -> None:
    part = b.circuit.parts[ref]
    points = {pin: hole_point(hole) for (r, pin), hole in b.holes.items() if r == ref}
    first, *_, last = sorted(points.values()) if part.kind == "npn" else points.values()
    mid = ((first[0] + last[0]) / 2, (first[1] + last[1]) / 2)
    level = abs(first[1] - last[1]) < 1
    if part.kind == "resistor":
        p.line([first, last], "#777", 1.6)
        wide, high = (30.0, 12.0) if level else (12.0, 30.0)
        p.rect(mid[0] - wide / 2, mid[1] - high / 2, wide, high, "#f0d9a8", "#8d6e3f", 4)
        p.text(mid, ref, 9, turn=not level)
    elif part.kind == "diode":
        p.line([first, last], "#777", 1.6)
        p.rect(mid[0] - 15, mid[1] - 6, 30, 12, "#444", "#222", 3)
        band = mid[0] + (9 if points["cathode"][0] > mid[0] else -13)
        p.rect(band, mid[1] - 6, 4, 12, "#eee", r=0)
        p.text((mid[0] - 3, mid[1]), ref, 8, "white")
    elif part.kind == "capacitor":
        p.line([first, last], "#777", 1.6)
        p.rect(mid[0] - 11, mid[1] - 7, 22, 14, "#f4a261", "#a65e1f", 7)
        p.text(mid, ref, 9)
    elif part.kind == "electrolytic":
        p.circle(mid, 13, "#37474f", "#111")
        p.text((mid[0], mid[1]), ref, 9, "white")
        plus = points["plus"]
        p.text((plus[0] - 18, plus[1] + (-4 if plus[1] < mid[1] else 4)), "+", 12, RED)
    elif part.kind == "led":
        p.line([first, last], "#777", 1.6)
        p.circle(mid, 8, LAMP[part.value], "#333")
        p.text((mid[0] + 11, mid[1] + 5), ref, 9, anchor="start")
        p.text((first[0] + 9, first[1] - 4), "+", 10, RED)
    elif part.kind == "npn":
        p.rect(mid[0] - PITCH - 9, mid[1] - 8, 2 * PITCH + 18, 17, "#333", "#000", 6)
        p.text((mid[0] + PITCH + 14, mid[1]), ref, 9, anchor="start")
        for pin, (x, y) in points.items():
            p.text((x, y), pin[0].upper(), 9, "white")
    elif part.kind == "shifter":
        x, y0, y1 = points["HV1"][0], points["HV1"][1], points["LV1"][1]
        p.rect(x - 9, y0 - 8, 5 * PITCH + 18, y1 - y0 + 16, "#d7c7e8", "#7e57a8", 4)
        p.text((x + 2.5 * PITCH, (y0 + y1) / 2), "U2 level shifter", 10)
        for i, name in enumerate(SHIFTER):
            for side, y, inward in (("HV", y0, 16), ("LV", y1, -16)):
                p.circle((x + i * PITCH, y), 3, "#333")
                p.text((x + i * PITCH, y + inward), name if name == "GND" else side + name, 7, turn=True)
    else:  # off the board, on two leads
        y = -150.0
        for point in points.values():
            beside = point[0] + (6 if point[1] > 0 else 0)  # not over the wire that comes to the same column
            p.line([(beside, y), (beside, point[1]), point], "#546e7a", 1.8)
            p.circle(point, 3.2, "#546e7a")
        p.rect(mid[0] - 42, y - 16, 84, 30, "#eceff1", "#546e7a", 5)
        p.text((mid[0], y - 1), f"{ref} {OFF_BOARD[ref]}", 10)


def _cable(p: Picture, b: Breadboard) -> None:
    """The plug below the board and the ball at the cable's end, with what is soldered in its pod."""
    y = ROWS["B+"] * PITCH + 92
    ends = {pin: hole_point(hole) for (ref, pin), hole in b.holes.items() if ref == "J1"}
    centre = sum(x for x, _ in ends.values()) / len(ends)
    names = {"v5": "5 V", "sense": "sense", "v_ball": "3.3 V", "gnd": "GND", "sda_ball": "SDA", "scl_ball": "SCL"}
    colours = {"v5": RED, "v_ball": RED, "gnd": BLACK, "sense": LINES[1], "sda_ball": LINES[3], "scl_ball": LINES[4]}
    order = sorted(ends, key=lambda pin: ends[pin][0])
    for i, pin in enumerate(order):
        net = b.circuit.parts["J1"].nets[pin]
        x = centre + (i - (len(order) - 1) / 2) * 34
        bend = y - 28 + (5 * i if x > ends[pin][0] else -5 * i)
        beside = ends[pin][0] + (PITCH / 2 if ends[pin][1] < ROWS["B-"] * PITCH - 1 else 0)
        p.line([ends[pin], (beside, ends[pin][1]), (beside, bend), (x, bend), (x, y)], colours[net])
        p.circle(ends[pin], 3.2, colours[net])
        p.text((x, y + 8), pin, 9)
        p.line([(x, y + 30), (x, y + 38)], colours[net])
        p.text((x, y + 22), names[net], 8)
    wide = 34.0 * len(order) + 6
    right = centre < COLUMNS * PITCH / 2
    beside, anchor = centre + (wide / 2 + 8) * (1 if right else -1), "start" if right else "end"
    p.rect(centre - wide / 2, y, wide, 30, "none", "#667788")
    p.text((beside, y + 8), f"J1 {b.circuit.parts['J1'].value}: cable to the ball", 10, anchor=anchor)
    inside = [ref for ref in ("FSR1", "R11", "U1") if ref in b.circuit.parts]
    told = " and ".join(f"{ref} ({b.circuit.parts[ref].value})" for ref in inside)
    both = ", each between 5 V and sense" if len(inside) > 1 else ""
    p.text((beside, y + 24), f"in the pod: {told}{both}", 10, anchor=anchor)


def _legend(p: Picture, b: Breadboard) -> None:
    told = ("resistor", "capacitor", "electrolytic", "npn", "diode")
    parts = [f"{part.ref} {part.value}" for part in b.circuit.parts.values() if part.kind in told]
    half = (len(parts) + 1) // 2
    x, y = (-385 if b.circuit.board == "uno" else -30), ROWS["B+"] * PITCH + 190
    note = "" if b.circuit.sensor == "fsr" else ": the lower + rail is the ball's 3.3 V, never 5 V"
    p.text((x, y - 22), b.circuit.title + note, 13, anchor="start")
    for i, row in enumerate((parts[:half], parts[half:])):
        p.text((x, y + 17 * i), " · ".join(row), 10, anchor="start")
