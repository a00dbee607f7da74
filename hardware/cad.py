"""The printed parts: ball.toml into the OpenSCAD file, the OpenSCAD file into meshes and pictures, kept in build/hardware by content.

`python hardware/cad.py` (`make hardware`) writes all of it. Needs OpenSCAD; pictures need xvfb-run as well, because OpenSCAD 2021.01
without a screen leaves an empty PNG.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).parent
TOML = HERE / "ball.toml"
SCAD = HERE / "ball" / "ball.scad"
BUILD = HERE.parent / "build" / "hardware"
IMAGES = HERE.parent / "docs" / "images"
INSTALL = "sudo apt-get install --no-install-recommends openscad xvfb xauth libgl1-mesa-dri"

SECTIONS = ("ball", "mould", "pod", "puck", "box", "printer")  # what the CAD needs to know
BEGIN = "// --- from ball.toml, written by `make hardware`; change ball.toml, or try a value here ---\n"
END = "// --- end of what is written ---\n"

# Printed parts: how many for (the air ball, the FSR ball), and the turn (degrees about x, y, z) that lays each on the bed.
PRINTED: dict[str, tuple[int, int, tuple[float, float, float]]] = {
    "bowl": (1, 2, (0, 0, 0)),
    "core_tongue": (1, 0, (180, 0, 0)),
    "core_groove": (1, 0, (180, 0, 0)),
    "insert_plain": (1, 0, (0, 0, 0)),
    "insert_pin": (1, 0, (0, 0, 0)),
    "insert_gate": (0, 1, (0, 0, 0)),
    "insert_dot": (0, 1, (0, 0, 0)),
    "insert_notch": (1, 0, (0, 0, 0)),
    "pod_base": (1, 0, (0, -90, 0)),  # neck up: round, and its bore needs no support
    "pod_lid": (1, 0, (180, 0, 0)),
    "puck_disc": (0, 2, (0, 0, 0)),
    "box_base": (1, 1, (0, 0, 0)),
    "box_lid": (1, 1, (180, 0, 0)),
}
CAST = ("shell_tongue", "shell_groove", "fsr_ball")  # of silicone
# Pictures in the guide: camera (where it looks x, y, z; turns about x, y, z; distance) and size in pixels.
VIEWS: dict[str, tuple[tuple[float, ...], tuple[int, int]]] = {
    "view_mould": ((0, 0, 12, 68, 0, 25, 430), (760, 900)),
    "view_cast": ((57, 0, -15, 78, 0, 12, 480), (1200, 560)),
    "view_air": ((12, 0, 0, 68, 0, 22, 230), (1000, 800)),
    "view_fsr": ((10, 0, 0, 72, 0, 22, 230), (1000, 800)),
    "view_fsr_cast": ((0, 0, 0, 76, 0, 20, 360), (900, 760)),
    "view_pod": ((20, 0, 4, 52, 0, 40, 130), (1000, 800)),
    "view_box": ((48, 0, 25, 60, 0, 35, 330), (1000, 800)),
}
FINE, COARSE = 96, 48  # sides of a circle: for printing, for tests


def dimensions() -> dict[str, dict[str, float | str]]:
    """ball.toml."""
    return tomllib.loads(TOML.read_text("utf-8"))


def parameter_block() -> str:
    """The lines that ball.scad must hold between its two marks: one customizer tab a section, each value with its reason."""
    lines = []
    section = ""
    for line in TOML.read_text("utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
            if section in SECTIONS:
                lines += ["", f"/* [{section.capitalize()}] */"]
        elif section in SECTIONS and "=" in line and not line.startswith("#"):
            key, _, rest = line.partition("=")
            value, _, reason = rest.partition("#")
            # The customizer shows the comment line before a value; one behind it would be read as a range.
            lines += [f"// {reason.strip()}"] if reason else []
            lines += [f"{section}_{key.strip()} = {value.strip()};"]
    return "\n".join([*lines[1:], ""])


def with_parameters(scad: str) -> str:
    """ball.scad's text with the block renewed."""
    before, _, rest = scad.partition(BEGIN)
    return before + BEGIN + parameter_block() + END + rest.partition(END)[2]


def missing(*tools: str) -> str:
    """Why nothing can be rendered, with the line that installs it; empty if all is there."""
    gone = [t for t in tools or ("openscad",) if shutil.which(t) is None]
    return f"{' and '.join(gone)} not found; install: {INSTALL}" if gone else ""


def _sources() -> bytes:
    return b"".join(p.read_bytes() for p in sorted(SCAD.parent.glob("*.scad")))


def _kept(name: str, ending: str, *what: object) -> Path:
    digest = hashlib.sha256(_sources() + repr((name, *what)).encode()).hexdigest()[:16]
    return BUILD / "cache" / f"{name}-{digest}.{ending}"


def _run(command: list[str], out: Path) -> Path:
    """Run OpenSCAD into a file that appears whole or not at all; an empty one or a warning is an error."""
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(f"{os.getpid()}-{out.name}")
    done = subprocess.run([*command, "-o", str(part), str(SCAD)], capture_output=True, text=True, check=False)
    told = done.stderr.strip()
    if done.returncode or "WARNING" in told or not part.exists() or part.stat().st_size < 100:
        part.unlink(missing_ok=True)
        raise RuntimeError(f"OpenSCAD made no {out.name}: {told or 'it says nothing; is there a screen?'}")
    return part.replace(out)


def stl(name: str, facets: int = COARSE) -> Path:
    """One part's mesh, where it is when in use; rendered again only if a .scad has changed."""
    out = _kept(name, "stl", facets)
    if out.exists():
        return out
    return _run(["openscad", "-D", f'part="{name}"', "-D", f"facets={facets}", "--export-format", "binstl"], out)


def stls(names: list[str], facets: int = COARSE) -> dict[str, Path]:
    """Several, on all cores."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(names, pool.map(lambda n: stl(n, facets), names), strict=True))


def picture(name: str) -> Path:
    """A preview, 1 to 2 s each."""
    camera, (wide, high) = VIEWS[name]
    out = _kept(name, "png", camera, wide, high)
    if out.exists():
        return out
    command = ["xvfb-run", "-a", "openscad", "-D", f'part="{name}"', "-D", f"facets={FINE}", f"--imgsize={wide},{high}"]
    return _run([*command, "--camera=" + ",".join(map(str, camera)), "--projection=p", "--colorscheme=Tomorrow"], out)


def main() -> None:
    """Everything: parameters, STL files laid on the bed, previews, the drawing, the tables in the guide."""
    import trimesh
    from drawing import write_drawing
    from guide import write_tables

    why_not = missing("openscad", "xvfb-run")
    if why_not:
        sys.exit(why_not)
    SCAD.write_text(with_parameters(SCAD.read_text("utf-8")), "utf-8")
    BUILD.mkdir(parents=True, exist_ok=True)
    for name, path in stls([*PRINTED, *CAST], FINE).items():
        mesh = trimesh.load_mesh(path)
        turn = PRINTED[name][2] if name in PRINTED else (0, 0, 0)
        mesh.apply_transform(trimesh.transformations.euler_matrix(*(a * 3.141592653589793 / 180 for a in turn)))
        mesh.apply_translation([0, 0, -mesh.bounds[0][2]])
        target = BUILD / ("cast" if name in CAST else "print") / f"{name}.stl"
        target.parent.mkdir(exist_ok=True)
        mesh.export(target)
        size = " x ".join(f"{e:.1f}" for e in mesh.extents)
        print(f"{target.relative_to(HERE.parent)}  {size} mm  {mesh.volume / 1000:.1f} cm3")
    IMAGES.mkdir(exist_ok=True)
    for name in VIEWS:
        shutil.copy(picture(name), IMAGES / f"build-{name.removeprefix('view_').replace('_', '-')}.png")
    write_drawing(IMAGES / "build-drawing.svg")
    write_tables()
    print(f"pictures and the drawing: {IMAGES.relative_to(HERE.parent)}/build-*")


if __name__ == "__main__":
    main()
