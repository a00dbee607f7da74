"""What goes where: the arrangements that the tests check for room and the guide shows. Parts are Manifolds as parts.solid loads them.

Ball: x outward along the pod's neck, z the direction of the load. Mould: z up, parting plane at 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from manifold3d import Manifold, OpType

GREY, TAN, SOFT, SOFT2, GREEN = (0.66, 0.70, 0.74), (0.90, 0.77, 0.56), (0.95, 0.62, 0.53), (0.88, 0.50, 0.43), (0.45, 0.70, 0.50)
DARK, LIGHT, RED, METAL = (0.30, 0.33, 0.38), (0.93, 0.93, 0.90), (0.85, 0.25, 0.25), (0.55, 0.57, 0.60)
BOLT_ANGLES = (45, 135, 225, 315)

Placed = dict[str, tuple[Manifold, tuple[float, float, float]]]  # name -> (where it is, its colour)
Parts = Mapping[str, Manifold]
Dimensions = Mapping[str, Mapping[str, Any]]


def _box(low: tuple[float, float, float], size: tuple[float, float, float]) -> Manifold:
    return Manifold.cube(size).translate(low)


def _along_x(x: float, diameter: float, length: float) -> Manifold:
    return Manifold.cylinder(length, diameter / 2, circular_segments=32).rotate([0, 90, 0]).translate([x, 0, 0])


def bolts(d: Dimensions, head_z: float, long_mm: float = 30) -> Manifold:
    """Four M5 hex or socket screws with their heads' undersides at ``head_z``; nuts are not drawn."""
    m = d["mould"]
    one = Manifold.cylinder(long_mm, m["bolt_mm"] / 2, circular_segments=24).translate([0, 0, -long_mm])
    one += Manifold.cylinder(5, 4.25, circular_segments=24)
    return Manifold.batch_boolean([one.translate([m["bolt_circle_mm"], 0, head_z]).rotate([0, 0, a]) for a in BOLT_ANGLES], OpType.Add)


def cast_half(p: Parts, d: Dimensions, which: str) -> Placed:
    """The closed mould of one half of the air ball, silicone in it; which: "tongue" or "groove"."""
    return {
        "bowl": (p["bowl"], GREY),
        f"core_{which}": (p[f"core_{which}"], TAN),
        "insert": (p["insert_plain" if which == "tongue" else "insert_pin"], GREEN),
        "insert_notch": (p["insert_notch"], GREEN),
        "silicone": (p[f"shell_{which}"], SOFT),
        "bolts": (bolts(d, d["mould"]["flange_mm"]), METAL),
    }


def cast_fsr(p: Parts, d: Dimensions) -> Placed:
    """The closed mould of the FSR ball: the dot below, the gate above."""
    return {
        "bowl": (p["bowl"], GREY),
        "upper bowl": (p["bowl"].rotate([180, 0, 0]), (0.76, 0.79, 0.82)),
        "insert_dot": (p["insert_dot"], GREEN),
        "insert_gate": (p["insert_gate"].rotate([180, 0, 0]), GREEN),
        "silicone": (p["fsr_ball"], SOFT),
        **puck(p, d),
        "bolts": (bolts(d, d["mould"]["flange_mm"]), METAL),
    }


def puck(p: Parts, d: Dimensions) -> Placed:
    """Two discs, round edges outward, with the pad and the film between them."""
    gap = d["puck"]["pad_thick_mm"] + 0.2
    up = p["puck_disc"].rotate([180, 0, 0]).translate([0, 0, d["puck"]["thick_mm"]])  # flat face down
    return {
        "upper disc": (up.translate([0, 0, gap / 2]), TAN),
        "lower disc": (up.translate([0, 0, gap / 2]).rotate([180, 0, 0]), TAN),
        "pad": (Manifold.cylinder(gap - 0.2, d["puck"]["pad_mm"] / 2, circular_segments=48).translate([0, 0, 0.2 - gap / 2]), LIGHT),
    }


def cable(d: Dimensions, from_x: float, boot_x: float | None = None) -> Placed:
    """The cable, and its soft boot from ``boot_x`` on."""
    out: Placed = {"cable": (_along_x(from_x, 4, 75 - from_x), DARK)}
    if boot_x is not None:
        out["boot"] = (_along_x(boot_x, 6, 30) - _along_x(boot_x - 1, 4, 40), METAL)
    return out


def pod(p: Parts, d: Dimensions, lift: float = 0.0) -> Placed:
    """The pod with its breakout board, the cable and its tie; the lid ``lift`` above its place."""
    q = d["pod"]
    back = q["face_mm"] - 2 * q["wall_mm"] - q["board_width_mm"] - q["room_mm"] - q["tie_mm"]
    floor = -q["height_mm"] / 2 + q["wall_mm"]
    x = back + q["wall_mm"] + q["room_mm"] / 2
    inner = q["face_mm"] - q["wall_mm"]
    rim = (d["ball"]["outer_mm"] ** 2 / 4 - q["neck_flange_mm"] ** 2 / 4) ** 0.5
    return {
        "pod_base": (p["pod_base"], GREY),
        "pod_lid": (p["pod_lid"].translate([0, 0, lift]), TAN),
        "board": (_box((x, -q["board_length_mm"] / 2, floor + 0.1), (q["board_width_mm"], q["board_length_mm"], 1.6)), GREEN),
        "sensor": (_box((x + 2.2, -1.6, floor + 1.7), (3, 3, 1.8)), DARK),
        "tie": (_box((inner - 3.4, -2.6, -2.4), (3, 5.2, 4.8)) - _along_x(0, 4, 60), LIGHT),
        **cable(d, inner - 4, rim - q["boot_depth_mm"]),
    }


def air_ball(p: Parts, d: Dimensions) -> Placed:
    """The two halves, glued, with the pod in its place."""
    return {
        "shell_tongue": (p["shell_tongue"].rotate([0, 90, 0]), SOFT),
        "shell_groove": (p["shell_groove"].rotate([0, -90, 0]), SOFT2),
        **pod(p, d),
    }


def fsr_ball(p: Parts, d: Dimensions) -> Placed:
    """The solid ball with the puck in its middle."""
    return {"fsr_ball": (p["fsr_ball"], SOFT), **puck(p, d), **cable(d, d["puck"]["disc_mm"] / 2)}


def box(p: Parts, d: Dimensions, lift: float = 0.0) -> Placed:
    """The box with a Nano on its board; lid and button ``lift`` above their place."""
    b = d["box"]
    board_z = b["wall_mm"] + b["board_above_floor_mm"]
    high = b["height_mm"] + 2 * b["wall_mm"]
    usb_z = board_z + b["usb_above_board_mm"]
    board = (b["board_length_mm"], b["board_width_mm"], 1.6)
    button_x = b["length_mm"] + b["wall_mm"] - 14
    button = Manifold.cylinder(3, 7, circular_segments=40) + Manifold.cylinder(6, 4.5, circular_segments=40)
    button += Manifold.cylinder(12, b["button_mm"] / 2 - 0.1, circular_segments=40).translate([0, 0, -12])
    return {
        "box_base": (p["box_base"], GREY),
        "box_lid": (p["box_lid"].translate([0, 0, lift]), TAN),
        "perforated board": (_box((b["wall_mm"] + 0.5, -b["board_width_mm"] / 2, board_z), board), GREEN),
        "Nano": (_box((b["wall_mm"] + 0.5, -9, usb_z - 3.5), (45, 18, 1.6)), DARK),
        "USB": (_box((b["wall_mm"] - 1, -3.9, usb_z - 1.9), (9, 7.8, 3.8)), METAL),
        "button": (button.translate([button_x, 0, high + lift]), RED),
    }


def exploded_mould(p: Parts, d: Dimensions) -> Placed:
    """The groove half's mould, open."""
    return {
        "bowl": (p["bowl"], GREY),
        "core_groove": (p["core_groove"].translate([0, 0, 62]), TAN),
        "insert_pin": (p["insert_pin"].translate([0, 0, -32]), GREEN),
        "insert_notch": (p["insert_notch"].translate([14, 0, 14]), GREEN),
        "bolts": (bolts(d, 98), METAL),
    }


def cut(placed: Placed, keep: tuple[str, ...] = ()) -> Placed:
    """The half behind the plane y = 0, but ``keep`` whole."""
    return {n: (m if n in keep else m.trim_by_plane([0, 1, 0], 0), c) for n, (m, c) in placed.items()}


ARRANGEMENTS: dict[str, Callable[[Parts, Dimensions], Placed]] = {
    "cast tongue half": lambda p, d: cast_half(p, d, "tongue"),
    "cast groove half": lambda p, d: cast_half(p, d, "groove"),
    "cast FSR ball": cast_fsr,
    "air ball": air_ball,
    "FSR ball": fsr_ball,
    "box": box,
}
