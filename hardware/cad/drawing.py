"""The dimensioned drawing, an A4 sheet in SVG at 1:1: outlines are cut from the meshes that are printed, figures come from ball.toml."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

from manifold3d import Manifold

from cad import assembly

WIDE, HIGH = 297, 210
Point = tuple[float, float]


class Sheet:
    """Millimetres, y down."""

    def __init__(self) -> None:
        self.lines = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDE * 4}" height="{HIGH * 4}" viewBox="0 0 {WIDE} {HIGH}" '
            'font-family="DejaVu Sans, Arial, sans-serif" font-size="3.2">',
            '<defs><marker id="tip" viewBox="0 0 6 4" refX="6" refY="2" markerWidth="6" markerHeight="4" markerUnits="userSpaceOnUse" '
            'orient="auto-start-reverse"><path d="M0,0.9 L6,2 L0,3.1 z"/></marker></defs>',
            f'<rect width="{WIDE}" height="{HIGH}" fill="white"/>',
        ]

    def outline(self, polygons: Sequence[Any], origin: Point, fill: str) -> None:
        """A section: polygons in mm, y up, holes by the even-odd rule."""
        path = ""
        for polygon in polygons:
            path += "M" + " L".join(f"{origin[0] + x:.2f},{origin[1] - y:.2f}" for x, y in polygon) + " z "
        self.lines.append(f'<path d="{path}" fill="{fill}" fill-rule="evenodd" stroke="black" stroke-width="0.25"/>')

    def line(self, a: Point, b: Point, extra: str = "") -> None:
        x = f'x1="{a[0]:.2f}" y1="{a[1]:.2f}" x2="{b[0]:.2f}" y2="{b[1]:.2f}"'
        self.lines.append(f'<line {x} stroke="black" stroke-width="0.18" {extra}/>')

    def text(self, at: Point, text: str, size: float = 3.2, anchor: str = "middle") -> None:
        self.lines.append(f'<text x="{at[0]:.2f}" y="{at[1]:.2f}" font-size="{size}" text-anchor="{anchor}">{escape(text)}</text>')

    def across(self, x0: float, x1: float, y: float, from_y: float, text: str) -> None:
        """A horizontal dimension at height y, its thin lines from from_y."""
        gap = 1.0 if y > from_y else -1.0
        for x in (x0, x1):
            self.line((x, from_y + gap), (x, y + gap))
        if x1 - x0 > 20:
            self.line((x0, y), (x1, y), 'marker-start="url(#tip)" marker-end="url(#tip)"')
            self.text(((x0 + x1) / 2, y - 1), text)
        else:  # arrows from outside, the figure beside them
            self.line((x0 - 7, y), (x0, y), 'marker-end="url(#tip)"')
            self.line((x1 + 7, y), (x1, y), 'marker-end="url(#tip)"')
            self.text((x0 - 8, y + 1.1), text, anchor="end")

    def upright(self, y0: float, y1: float, x: float, from_x: float, text: str) -> None:
        """A vertical dimension at x, its thin lines from from_x; y0 < y1."""
        gap = 1.0 if x > from_x else -1.0
        for y in (y0, y1):
            self.line((from_x + gap, y), (x + gap, y))
        if y1 - y0 > 14:
            self.line((x, y0), (x, y1), 'marker-start="url(#tip)" marker-end="url(#tip)"')
        else:
            self.line((x, y0 - 7), (x, y0), 'marker-end="url(#tip)"')
            self.line((x, y1 + 7), (x, y1), 'marker-end="url(#tip)"')
        anchor = "start" if x > from_x else "end"
        self.text((x + (1.5 if x > from_x else -1.5), (y0 + y1) / 2 + 1.1), text, anchor=anchor)

    def note(self, at: Point, corner: Point, text: str) -> None:
        """A leader from ``at`` to its words."""
        self.line(corner, at, 'marker-end="url(#tip)"')
        right = corner[0] >= at[0]
        self.text((corner[0] + (1 if right else -1), corner[1] + 1.1), text, anchor="start" if right else "end")

    def done(self) -> str:
        return "\n".join([*self.lines, "</svg>", ""])


def section(manifold: Manifold, plane: str) -> list[Any]:
    """Polygons of a cut through the origin; plane "xz" (y = 0) as seen from -y, or "xy" as seen from above."""
    turned = manifold.rotate([-90, 0, 0]) if plane == "xz" else manifold
    return list(turned.slice(0.001).to_polygons())


def shadow(manifold: Manifold, plane: str) -> list[Any]:
    """Polygons of the outline as seen from -y or from above; specks that rounding leaves are dropped."""
    turned = manifold.rotate([-90, 0, 0]) if plane == "xz" else manifold
    return list(turned.project().simplify(0.01).to_polygons())


def colour(rgb: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{round(255 * (0.35 + 0.65 * c)):02x}" for c in rgb)


def g(value: float) -> str:
    return f"{value:g}"


def drawing(p: assembly.Parts, d: assembly.Dimensions) -> str:
    """The sheet as SVG text."""
    s = Sheet()
    ball, mould, pod, box = d["ball"], d["mould"], d["pod"], d["box"]
    radius = ball["outer_mm"] / 2
    s.text((8, 9), "sixten: air ball, mould, pod and box. Millimetres, 1:1 on A4. Figures from hardware/ball.toml.", 3.6, "start")

    # The ball, cut through the pod's neck.
    x0, y0 = 62.0, 66.0
    placed = assembly.air_ball(p, d)
    for name in ("shell_tongue", "shell_groove", "pod_base", "pod_lid", "board", "tie", "boot"):
        s.outline(section(placed[name][0], "xz"), (x0, y0), colour(placed[name][1]))
    s.across(x0 - radius, x0 + radius, y0 - radius - 10, y0, f"Ø {g(ball['outer_mm'])}")
    s.across(x0 - radius, x0 - radius + ball["wall_mm"], y0 + radius + 8, y0, g(ball["wall_mm"]))
    s.upright(y0 - pod["height_mm"] / 2, y0 + pod["height_mm"] / 2, x0 - radius - 5, x0 - 6, g(pod["height_mm"]))
    s.across(x0 - 0.0, x0 + ball["tongue_mm"], y0 - radius - 3, y0 - radius + 3, f"lap {g(ball['tongue_mm'])}")
    s.note((x0 + 36, y0 + 3.2), (x0 + 42, y0 + 16), "boot: tube 4 × 6")
    s.note((x0 + 25.5, y0 + 5.0), (x0 + 33, y0 + 25), f"neck Ø {g(pod['neck_mm'])} in a hole of Ø {g(pod['hole_mm'])}")
    s.text((x0, y0 + radius + 18), "Air ball, cut. The load comes from above and below.")

    # The mould of the groove half.
    x1, y1 = 222.0, 41.0
    placed = assembly.cast_half(p, d, "groove")
    for name in ("bowl", "core_groove", "insert", "insert_notch", "silicone"):
        s.outline(section(placed[name][0], "xz"), (x1, y1), colour(placed[name][1]))
    flange, floor = mould["flange_radius_mm"], radius + mould["floor_mm"]
    s.across(x1 - flange, x1 + flange, y1 - 18, y1 - 10, f"Ø {g(2 * flange)}")
    s.upright(y1 - mould["flange_mm"], y1 + floor, x1 + flange + 8, x1 + flange, g(mould["flange_mm"] + floor))
    s.upright(y1 - mould["flange_mm"], y1, x1 - flange - 5, x1 - flange, g(mould["flange_mm"]))
    s.across(x1 - mould["base_radius_mm"], x1 + mould["base_radius_mm"], y1 + floor + 8, y1 + floor, f"Ø {g(2 * mould['base_radius_mm'])}")
    words = f"4 × Ø {g(mould['bolt_hole_mm'])} for M{g(mould['bolt_mm'])} × 30 on a circle of Ø {g(2 * mould['bolt_circle_mm'])}"
    s.text((x1, y1 + floor + 15.5), f"Mould of the groove half, cut. {words}.")

    # The pod from above, lid off.
    x2, y2 = 52.0, 158.0
    placed = assembly.pod(p, d)
    s.outline(shadow(placed["pod_base"][0], "xy"), (x2, y2), colour(assembly.GREY))
    s.outline(section(placed["pod_base"][0].translate([0, 0, -2]), "xy"), (x2, y2), colour(assembly.TAN))
    long_y = pod["board_length_mm"] + pod["room_mm"] + 2 * pod["wall_mm"]
    long_x = pod["board_width_mm"] + pod["room_mm"] + pod["tie_mm"] + 2 * pod["wall_mm"]
    back = pod["face_mm"] - long_x
    rim = (radius**2 - pod["neck_flange_mm"] ** 2 / 4) ** 0.5
    s.upright(y2 - long_y / 2, y2 + long_y / 2, x2 + back - 6, x2 + back, g(long_y))
    s.across(x2 + back, x2 + pod["face_mm"], y2 + long_y / 2 + 7, y2 + long_y / 2, g(long_x))
    s.across(x2 + back, x2 + rim, y2 + long_y / 2 + 14, y2 + 6, f"{rim - back:.1f}")
    s.note((x2 + rim, y2 - 5.5), (x2 + rim + 9, y2 - 12), f"Ø {g(pod['neck_flange_mm'])}, {g(pod['flats_mm'])} across the flats")
    s.note((x2 + back + 0.9, y2 - long_y / 2 + 0.9), (x2 + back + 12, y2 - long_y / 2 - 7), f"edges R {g(pod['edge_mm'])}")
    s.text((x2 + 10, y2 + long_y / 2 + 24), "Pod, cut level with its walls.")

    # The box from above and from its side.
    x3, y3 = 165.0, 143.0
    long, wide, high = (box[k] + 2 * box["wall_mm"] for k in ("length_mm", "width_mm", "height_mm"))
    s.outline(shadow(p["box_lid"], "xy"), (x3, y3), colour(assembly.TAN))
    s.across(x3, x3 + long, y3 - wide / 2 - 6, y3 - wide / 2 + 4, g(long))
    s.upright(y3 - wide / 2, y3 + wide / 2, x3 - 5, x3 + 4, g(wide))
    button_x = box["length_mm"] + box["wall_mm"] - 14
    s.note((x3 + button_x + 6.1, y3), (x3 + long + 4, y3 + 8), f"Ø {g(box['button_mm'])}")
    s.note((x3 + button_x - 16, y3 + 10.5), (x3 + button_x - 22, y3 + 18), f"3 × Ø {g(box['led_mm'])}")
    both = p["box_base"] + p["box_lid"]
    s.outline(shadow(both, "xz"), (x3, y3 + wide / 2 + 8 + high), colour(assembly.GREY))
    s.upright(y3 + wide / 2 + 8, y3 + wide / 2 + 8 + high, x3 - 5, x3 + 4, g(high))
    s.text((x3 + long / 2, y3 - wide / 2 - 13), "Box: its lid from above, and from the side.")
    return s.done()
