"""The tables in docs/build: written from ball.toml, the mechanics tables and the meshes, and compared with the pages by a test."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path

import trimesh

from cad import parts
from cad.parts import CAST, PRINTED, dimensions

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "build"
MECHANICS = ROOT / "host" / "sixten" / "ball" / "ball-mechanics.csv"
SOLID = ROOT / "hardware" / "solid-balls.csv"
G = 9.81
LOADS_KG = (5, 10, 15, 20, 30, 40)
FORCES_N = (50, 100, 200, 300, 500)  # what the solid balls were computed at
COLUMNS = ("height_mm", "gauge_kpa", "contact_area_cm2", "mean_contact_kpa", "peak_contact_kpa")


def _rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(line for line in path.read_text("utf-8").splitlines() if not line.startswith("#")))


def air_ball() -> list[dict[str, float]]:
    """The mechanics table's rows of the ball in ball.toml, by rising force. Raises ValueError if it has no such ball."""
    d = dimensions()
    want = (d["ball"]["outer_mm"], d["ball"]["wall_mm"], d["material"]["air_shear_mpa"])
    keys = ("outer_diameter_mm", "wall_mm", "shear_modulus_mpa")
    rows = [{k: float(v) for k, v in row.items()} for row in _rows(MECHANICS)]
    mine = sorted((r for r in rows if tuple(r[k] for k in keys) == want), key=lambda r: r["force_n"])
    if not mine:
        raise ValueError(f"the mechanics table has no ball of {want[0]} mm with a {want[1]} mm wall and {want[2]} MPa; choose one it has")
    return mine


def under(force_n: float, column: str) -> float:
    """One column of the air ball's table at ``force_n``, by straight lines. Raises ValueError beyond the table."""
    for a, b in pairwise(air_ball()):
        if a["force_n"] <= force_n <= b["force_n"]:
            share = (force_n - a["force_n"]) / (b["force_n"] - a["force_n"])
            return a[column] + share * (b[column] - a[column])
    raise ValueError(f"{force_n} N is beyond the mechanics table")


def solid(name: str) -> dict[int, dict[str, float]]:
    """Force to the other columns of one solid ball."""
    columns = ("height_mm", "contact_area_cm2", "mean_contact_kpa")
    return {int(r["force_n"]): {k: float(r[k]) for k in columns} for r in _rows(SOLID) if r["name"] == name}


def _table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    heads = list(head)
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return "\n".join([*lines, *("| " + " | ".join(map(str, row)) + " |" for row in rows)])


def softness() -> str:
    """The air ball between two boards."""
    head = ["load", "force N", "height mm", "pressure kPa", "contact cm²", "mean on the skin kPa", "peak kPa"]
    rows = [[f"{kg} kg", f"{kg * G:.0f}", *(f"{under(kg * G, c):.0f}" for c in COLUMNS)] for kg in LOADS_KG]
    return _table(head, rows)


def contact() -> str:
    """Mean contact pressure of the air ball and of solid ones."""
    balls = ("solid 20A", "solid 30A", "solid 60A")
    rows = []
    for n in FORCES_N:
        soft = under(n, "mean_contact_kpa")
        hard = [solid(b)[n]["mean_contact_kpa"] for b in balls]
        rows.append([f"{n} N ({n / G:.0f} kg)", f"{soft:.0f}", *(f"{h:.0f}, {h / soft:.1f} ×" for h in hard)])
    return _table(["load", "air ball, wall 8 mm, 30A", "solid 20A (FSR ball)", "solid 30A", "solid 60A (lacrosse ball and harder)"], rows)


def pod() -> str:
    """When the squeezed walls come to rest on the pod, if they kept their thickness."""
    d = dimensions()
    height = 2 * d["ball"]["wall_mm"] + d["pod"]["height_mm"]
    for a, b in pairwise(air_ball()):
        if a["height_mm"] >= height >= b["height_mm"]:
            force = a["force_n"] + (b["force_n"] - a["force_n"]) * (a["height_mm"] - height) / (a["height_mm"] - b["height_mm"])
            rows = [[f"{height:g} mm", f"{force:.0f} N ({force / G:.0f} kg)", f"{under(force, 'gauge_kpa'):.0f} kPa"]]
            return _table(["walls rest on the pod at a height of", "load", "pressure"], rows)
    raise ValueError(f"{height} mm is beyond the mechanics table")


def silicone(meshes: Mapping[str, trimesh.Trimesh]) -> str:
    """What to mix for each pour, with the loss."""
    material = dimensions()["material"]
    rows: list[list[object]] = []
    for what, name, kind in (
        ("half with the tongue", "shell_tongue", "air_silicone"),
        ("half with the groove", "shell_groove", "air_silicone"),
        ("FSR ball", "fsr_ball", "fsr_silicone"),
    ):
        cm3 = meshes[name].volume / 1000
        grams = cm3 * material["density_g_cm3"] * (1 + material["mixing_loss"])
        rows.append([what, material[kind], f"{cm3:.0f}", math.ceil(grams)])
        if name == "fsr_ball":  # a cap up to the underside of the puck
            d = dimensions()
            outer, thick = d["ball"]["outer_mm"] / 2, d["puck"]["thick_mm"] + d["puck"]["pad_thick_mm"] / 2
            deep = outer - thick
            cap = math.pi * deep**2 * (3 * outer - deep) / 3000
            first = math.ceil(cap * material["density_g_cm3"] * (1 + material["mixing_loss"] / 2))
            rows.append([f"– of it first, to {thick:g} mm below the rim", "", f"{cap:.0f}", first])
    return _table(["pour", "silicone", "in the mould cm³", "mix g (A and B together)"], rows)


def printed(meshes: Mapping[str, trimesh.Trimesh]) -> str:
    """Parts, how many, size on the bed, plastic, and what lies on the bed."""
    down = {"core_tongue": "its flat back", "core_groove": "its flat back", "pod_base": "its back: the neck points up"}
    down |= {"pod_lid": "its outside", "box_lid": "its outside", "puck_disc": "either face"}
    rows: list[list[object]] = []
    for name, (air, fsr, turn) in PRINTED.items():
        mesh = meshes[name].copy()
        mesh.apply_transform(trimesh.transformations.euler_matrix(*(math.radians(a) for a in turn)))
        size = " × ".join(f"{e:.0f}" for e in mesh.extents)
        plastic = f"{mesh.volume / 1000:.0f}" if mesh.volume > 500 else "< 1"
        rows.append([f"`{name}`", air or "–", fsr or "–", size, plastic, down.get(name, "its underside")])
    return _table(["part", "air ball", "FSR ball", "mm on the bed", "solid cm³", "lies on"], rows)


def renewed(page: str, tables: Mapping[str, str]) -> str:
    """A page with each ``<!-- table NAME -->`` ... ``<!-- end -->`` filled; tables that are not given stay."""
    out, rest = "", page
    while (begin := rest.find("<!-- table ")) >= 0:
        head_end = rest.index("-->", begin) + 3
        name = rest[begin + len("<!-- table ") : head_end - 3].strip()
        end = rest.index("<!-- end -->", head_end)
        body = f"\n{tables[name]}\n" if name in tables else rest[head_end:end]
        out, rest = out + rest[:head_end] + body, rest[end:]
    return out + rest


def computed_tables() -> dict[str, str]:
    """What follows from ball.toml and the mechanics tables alone."""
    return {"softness": softness(), "contact": contact(), "pod": pod()}


def meshed_tables(facets: int) -> dict[str, str]:
    """What follows from the meshes; needs OpenSCAD."""
    meshes = {n: trimesh.load_mesh(path) for n, path in parts.stls([*PRINTED, *CAST], facets).items()}
    return {"silicone": silicone(meshes), "printed": printed(meshes)}


def write_tables() -> None:
    """Renew every page."""
    tables = computed_tables() | meshed_tables(parts.FINE)
    for page in sorted(PAGES.glob("*.md")):
        page.write_text(renewed(page.read_text("utf-8"), tables), "utf-8")
