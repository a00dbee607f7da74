"""`make hardware`: everything that is made from ball.toml.

Renews the parameters in ball.scad; writes build/hardware/print/*.stl (laid on the bed), build/hardware/cast/*.stl (the silicone),
previews of each part in build/hardware/preview, the guide's pictures and its drawing in docs/images, and the tables in docs/build.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import trimesh
from manifold3d import Manifold

from cad import assembly, parts
from cad.drawing import drawing
from cad.guide import write_tables
from cad.picture import Solid, render, write_png

IMAGES = parts.HERE.parent / "docs" / "images"


def solids(placed: assembly.Placed) -> list[Solid]:
    """For the renderer."""
    out = []
    for manifold, colour in placed.values():
        mesh = manifold.to_mesh64()
        out.append(Solid(np.asarray(mesh.vert_properties)[:, :3][np.asarray(mesh.tri_verts)], colour))
    return out


def side_by_side(left: assembly.Placed, right: assembly.Placed, apart: float) -> assembly.Placed:
    return {**left, **{f"{n} (2)": (m.translate([apart, 0, 0]), c) for n, (m, c) in right.items()}}


def laid(name: str, path: Path) -> trimesh.Trimesh:
    """The mesh as it goes on the bed, lowest point at z = 0."""
    mesh = trimesh.load_mesh(path)
    turn = parts.PRINTED[name][2] if name in parts.PRINTED else (0.0, 0.0, 0.0)
    mesh.apply_transform(trimesh.transformations.euler_matrix(*(math.radians(a) for a in turn)))
    mesh.apply_translation([0, 0, -mesh.bounds[0][2]])
    return mesh


def pictures(p: dict[str, Manifold]) -> dict[str, tuple[assembly.Placed, float, float, int]]:
    """Name -> (what, turn, tilt, pixels wide)."""
    d = parts.dimensions()
    half = {which: assembly.cut(assembly.cast_half(p, d, which), ("bolts",)) for which in ("tongue", "groove")}
    for placed in half.values():
        placed.pop("bolts")
    fsr_cast = assembly.cut(assembly.cast_fsr(p, d), ("pad", "upper disc", "lower disc"))
    fsr_cast.pop("bolts")
    return {
        "mould": (assembly.exploded_mould(p, d), 25, 24, 640),
        "cast": (side_by_side(half["tongue"], half["groove"], 112), 8, 14, 1100),
        "air-ball": (assembly.cut(assembly.air_ball(p, d), ("board", "sensor", "tie", "cable", "boot", "pod_base")), 22, 26, 900),
        "fsr-ball": (assembly.cut(assembly.fsr_ball(p, d), ("pad", "upper disc", "lower disc", "cable")), 22, 18, 900),
        "fsr-cast": (fsr_cast, 12, 12, 760),
        "pod": (assembly.pod(p, d, lift=13), 40, 38, 900),
        "box": (assembly.box(p, d, lift=32), 32, 36, 900),
    }


def main() -> None:
    why_not = parts.missing()
    if why_not:
        sys.exit(why_not)
    parts.SCAD.write_text(parts.with_parameters(parts.SCAD.read_text("utf-8")), "utf-8")
    paths = parts.stls([*parts.PRINTED, *parts.CAST], parts.FINE)
    for name, path in paths.items():
        mesh = laid(name, path)
        target = parts.BUILD / ("cast" if name in parts.CAST else "print") / f"{name}.stl"
        target.parent.mkdir(parents=True, exist_ok=True)
        mesh.export(target)
        size = " x ".join(f"{e:.1f}" for e in mesh.extents)
        print(f"{target.relative_to(parts.HERE.parent)}  {size} mm  {mesh.volume / 1000:.1f} cm3")
        preview = parts.BUILD / "preview" / f"{name}.png"
        preview.parent.mkdir(exist_ok=True)
        write_png(render([Solid(np.asarray(mesh.triangles), assembly.GREY)], 30, 35, 480), preview)
    p = {name: parts.solid(path) for name, path in paths.items()}
    IMAGES.mkdir(exist_ok=True)
    for name, (placed, turn, tilt, wide) in pictures(p).items():
        write_png(render(solids(placed), turn, tilt, wide), IMAGES / f"build-{name}.png")
    (IMAGES / "build-drawing.svg").write_text(drawing(p, parts.dimensions()), "utf-8")
    write_tables()
    print(f"previews: {parts.BUILD.relative_to(parts.HERE.parent)}/preview; the guide's pictures: docs/images/build-*")


if __name__ == "__main__":
    main()
