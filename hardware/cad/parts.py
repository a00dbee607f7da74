"""The printed parts: ball.toml into the OpenSCAD file, and the OpenSCAD file into meshes, kept in build/hardware/cache by content."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import trimesh
from manifold3d import Error, Manifold, Mesh

HERE = Path(__file__).parents[1]
TOML = HERE / "ball.toml"
SCAD = HERE / "ball" / "ball.scad"
BUILD = HERE.parent / "build" / "hardware"
INSTALL = "sudo apt-get install --no-install-recommends openscad"

SECTIONS = ("ball", "mould", "pod", "puck", "box")  # what the CAD needs to know
BEGIN = "// --- from ball.toml, written by `make hardware`; change ball.toml, or try a value here ---\n"
END = "// --- end of what is written ---\n"

# Printed parts: how many for the air ball and for the FSR ball, and the turn (degrees about x, y, z) that lays each on the bed.
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
    "puck_disc": (0, 2, (180, 0, 0)),
    "box_base": (1, 1, (0, 0, 0)),
    "box_lid": (1, 1, (180, 0, 0)),
}
CAST = ("shell_tongue", "shell_groove", "fsr_ball")  # of silicone
FINE, COARSE = 96, 48  # sides of a circle: for printing, for tests


def dimensions() -> dict[str, dict[str, Any]]:
    """ball.toml."""
    return tomllib.loads(TOML.read_text("utf-8"))


def parameter_block() -> str:
    """The lines that ball.scad must hold between its two marks: one customizer tab a section, each value with its reason."""
    lines: list[str] = []
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


def missing() -> str:
    """Why nothing can be rendered, with the line that installs it; empty if all is there."""
    return "" if shutil.which("openscad") else f"OpenSCAD is missing; install: {INSTALL}"


def stl(name: str, facets: int = COARSE) -> Path:
    """One part's mesh, where it is when in use; rendered again only if a .scad has changed. Raises RuntimeError with OpenSCAD's words."""
    sources = b"".join(p.read_bytes() for p in sorted(SCAD.parent.glob("*.scad")))
    out = BUILD / "cache" / f"{name}-{facets}-{hashlib.sha256(sources).hexdigest()[:16]}.stl"
    if out.exists():
        return out
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.with_suffix(".lock").open("w") as lock:  # tests run in several processes; each part is rendered by one of them
        fcntl.flock(lock, fcntl.LOCK_EX)
        return out if out.exists() else _render(name, facets, out)


def _render(name: str, facets: int, out: Path) -> Path:
    part = out.with_name(f"{os.getpid()}-{out.name}")  # appears whole or not at all
    command = ["openscad", "-D", f'part="{name}"', "-D", f"facets={facets}", "--export-format", "binstl", "-o", str(part), str(SCAD)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode or "WARNING" in done.stderr or not part.exists():
        part.unlink(missing_ok=True)
        raise RuntimeError(f"OpenSCAD made no {out.name}: {done.stderr.strip()}")
    return part.replace(out)


def stls(names: list[str], facets: int = COARSE) -> dict[str, Path]:
    """Several, on all cores."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(names, pool.map(lambda n: stl(n, facets), names), strict=True))


def solid(path: Path) -> Manifold:
    """A mesh as something that can be cut and measured. Raises ValueError if it does not close."""
    mesh = trimesh.load_mesh(path)
    made = Manifold(Mesh(np.asarray(mesh.vertices, np.float32), np.asarray(mesh.faces, np.uint32)))
    if made.status() != Error.NoError:
        raise ValueError(f"{path.name} does not close: {made.status()}")
    return made
