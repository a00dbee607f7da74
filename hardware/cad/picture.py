"""Meshes to a picture: a small depth-buffer renderer with outlines, in numpy. OpenSCAD's own preview needs a screen and cuts badly.

An orthographic camera; every solid has one colour; lines are drawn where solids meet, at sharp edges and at jumps of depth.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Colour = tuple[float, float, float]
SUPER = 2  # rendered this much larger, then averaged: smooth edges
SHARP = 0.75  # cosine between neighbouring pixels' normals below which an edge is drawn
JUMP_MM = 1.5
WHITE, INK = 255.0, 40.0


@dataclass(frozen=True)
class Solid:
    """triangles: shape (n, 3, 3), millimetres, outward by the right hand."""

    triangles: NDArray[np.float64]
    colour: Colour


def _camera(turn_deg: float, tilt_deg: float) -> NDArray[np.float64]:
    """Rows: right, up, towards the eye. turn: about z, 0 = seen from -y; tilt: 0 = from the side, 90 = from above."""
    a, b = np.radians([turn_deg, tilt_deg])
    right = np.array([np.cos(a), np.sin(a), 0.0])
    eye = np.array([np.sin(a) * np.cos(b), -np.cos(a) * np.cos(b), np.sin(b)])
    return np.array([right, np.cross(eye, right), eye])


def render(solids: list[Solid], turn_deg: float, tilt_deg: float, wide: int) -> NDArray[np.uint8]:
    """Shape (high, wide, 3); all of it fits, with a margin of 2 %."""
    camera = _camera(turn_deg, tilt_deg)
    seen = np.concatenate([s.triangles for s in solids]) @ camera.T
    owner = np.concatenate([np.full(len(s.triangles), i) for i, s in enumerate(solids)])
    low, high = seen.reshape(-1, 3).min(0), seen.reshape(-1, 3).max(0)
    width = wide * SUPER
    scale = 0.96 * width / (high[0] - low[0])
    height = int((high[1] - low[1]) * scale / 0.96) // SUPER * SUPER
    x = (seen[:, :, 0] - (low[0] + high[0]) / 2) * scale + width / 2
    y = height / 2 - (seen[:, :, 1] - (low[1] + high[1]) / 2) * scale
    z = seen[:, :, 2]
    normal = np.cross(seen[:, 1] - seen[:, 0], seen[:, 2] - seen[:, 0])
    length = np.linalg.norm(normal, axis=1)
    ok = (length > 1e-12) & (normal[:, 2] > 0)
    normal = normal / np.maximum(length, 1e-12)[:, None]
    depth = np.full((height, width), -np.inf)
    which = np.full((height, width), -1)
    for i in np.flatnonzero(ok):
        (x0, x1, x2), (y0, y1, y2) = x[i], y[i]
        left, top = max(0, int(min(x0, x1, x2))), max(0, int(min(y0, y1, y2)))
        right, bottom = min(width, int(max(x0, x1, x2)) + 2), min(height, int(max(y0, y1, y2)) + 2)
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if abs(area) < 1e-9 or left >= right or top >= bottom:
            continue
        px = np.arange(left, right)[None, :] + 0.5
        py = np.arange(top, bottom)[:, None] + 0.5
        b1 = ((px - x0) * (y2 - y0) - (x2 - x0) * (py - y0)) / area
        b2 = ((x1 - x0) * (py - y0) - (px - x0) * (y1 - y0)) / area
        inside = (b1 >= -1e-6) & (b2 >= -1e-6) & (b1 + b2 <= 1 + 1e-6)
        here = z[i, 0] + b1 * (z[i, 1] - z[i, 0]) + b2 * (z[i, 2] - z[i, 0])
        window = (slice(top, bottom), slice(left, right))
        nearer = inside & (here > depth[window])
        depth[window][nearer] = here[nearer]
        which[window][nearer] = i
    image = np.full((height, width, 3), WHITE)
    drawn = which >= 0
    normals = np.zeros((height, width, 3))
    normals[drawn] = normal[which[drawn]]
    light = np.array([-0.35, 0.55, 0.76])
    shade = 0.45 + 0.55 * np.clip(normals @ light, 0, 1)
    colours = np.array([s.colour for s in solids])
    image[drawn] = 255.0 * colours[owner[which[drawn]]] * shade[drawn][:, None]
    part = np.where(drawn, owner[which], -1)
    lines = np.zeros((height, width), dtype=bool)
    flat = np.where(drawn, depth, -1e3)
    for axis in (0, 1):
        a = (slice(1, None), slice(None)) if axis == 0 else (slice(None), slice(1, None))
        b = (slice(None, -1), slice(None)) if axis == 0 else (slice(None), slice(None, -1))
        both = drawn[a] & drawn[b]
        edge = (part[a] != part[b]) | (both & ((normals[a] * normals[b]).sum(-1) < SHARP)) | (both & (np.abs(flat[a] - flat[b]) > JUMP_MM))
        lines[a] |= edge
        lines[b] |= edge
    image[lines] = INK
    return image.reshape(height // SUPER, SUPER, wide, SUPER, 3).mean((1, 3)).astype(np.uint8)


def write_png(image: NDArray[np.uint8], path: Path) -> None:
    """RGB, shape (high, wide, 3); the same bytes for the same picture."""
    high, wide, _ = image.shape
    rows = b"".join(b"\0" + image[i].tobytes() for i in range(high))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", wide, high, 8, 2, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))
