"""A person's ratings, curve and ceiling as one SVG drawing; it reads as well in grey."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from xml.sax.saxutils import escape

from sixten.pain.model import RAMP, Rating

WIDTH, HEIGHT = 460, 346  # of a panel
LEFT, RIGHT, TOP, BOTTOM = 46, 16, 46, 78
LINE_CHARACTERS = 66  # of 12 px text in a panel
COLUMNS = 2


@dataclass(frozen=True)
class Panel:
    """band: (kPa, low, median, high) of the pain, empty without a ceiling. note: what stands below, in one line. unit: of the pressures."""

    title: str
    ratings: Sequence[Rating]
    band: Sequence[tuple[float, float, float, float]] = ()
    ceiling_kpa: float | None = None
    note: str = ""
    unit: str = "kPa"


def svg(panels: Sequence[Panel]) -> str:
    """The drawing: one panel a person, two beside each other."""
    columns = min(COLUMNS, len(panels))
    rows = -(-len(panels) // COLUMNS)
    wide, high = columns * WIDTH, rows * HEIGHT
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" viewBox="0 0 {wide} {high}">',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for i, panel in enumerate(panels):
        out.append(f'<g transform="translate({i % COLUMNS * WIDTH} {i // COLUMNS * HEIGHT})">')
        out += _panel(panel)
        out.append("</g>")
    return "\n".join([*out, "</svg>"]) + "\n"


def _panel(p: Panel) -> list[str]:
    top_kpa = 1.05 * max(10.0, *(r.kpa for r in p.ratings), p.ceiling_kpa or 0.0)
    step = next(s for s in (5, 10, 20, 50, 100) if top_kpa / s <= 8)
    wide, high = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def x(kpa: float) -> float:
        return round(LEFT + wide * kpa / top_kpa, 1)

    def y(score: float) -> float:
        return round(TOP + high * (1 - score / 10), 1)

    out = [_text(LEFT, 20, p.title, "bold", size=14), _text(LEFT, 36, "pain", colour="#555")]
    for score in range(0, 11, 2):
        out.append(f'<path d="M{LEFT} {y(score)}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        out.append(_text(LEFT - 8, y(score) + 4, str(score), anchor="end"))
    for kpa in range(0, int(top_kpa) + 1, step):
        out.append(_text(x(kpa), HEIGHT - BOTTOM + 16, str(kpa), anchor="middle"))
    out.append(_text(WIDTH - RIGHT, HEIGHT - BOTTOM + 32, f"pressure, {p.unit}", anchor="end", colour="#555"))
    out.append(f'<path d="M{LEFT} {y(6)}H{WIDTH - RIGHT}" stroke="#888" stroke-dasharray="2 3"/>')
    if p.band:
        upper = [f"{x(k)},{y(h)}" for k, _, _, h in p.band]
        lower = [f"{x(k)},{y(lo)}" for k, lo, _, _ in reversed(p.band)]
        out.append(f'<polygon points="{" ".join(upper + lower)}" fill="#c8c8c8" fill-opacity="0.6"/>')
        out.append(f'<polyline points="{" ".join(f"{x(k)},{y(m)}" for k, _, m, _ in p.band)}" fill="none" stroke="#222" stroke-width="2"/>')
    if p.ceiling_kpa is not None:
        at = x(p.ceiling_kpa)
        out.append(f'<path d="M{at} {TOP}V{HEIGHT - BOTTOM}" stroke="black" stroke-width="2.5" stroke-dasharray="9 4"/>')
        side = "end" if at > LEFT + wide / 2 else "start"
        out.append(_text(at + (-6 if side == "end" else 6), TOP + 12, f"ceiling {p.ceiling_kpa:.1f}", "bold", side))
    for r in p.ratings:
        if r.kind == RAMP:
            out.append(f'<circle cx="{x(r.kpa)}" cy="{y(r.score)}" r="4" fill="white" stroke="black" stroke-width="1.5"/>')
        else:
            out.append(f'<rect x="{x(r.kpa) - 4:.1f}" y="{y(r.score) - 4:.1f}" width="8" height="8" fill="black"/>')
    curve = ", curve: pain after 10 s" if p.band else ""
    out.append(_text(LEFT, HEIGHT - BOTTOM + 32, f"\u25cb ramp  \u25a0 hold{curve}", colour="#555"))
    for i, line in enumerate(wrap(p.note, LINE_CHARACTERS, max_lines=2, placeholder="\u2026")):
        out.append(_text(LEFT, HEIGHT - BOTTOM + 50 + 16 * i, line))
    return out


def _text(x: float, y: float, words: str, weight: str = "normal", anchor: str = "start", size: int = 12, colour: str = "#222") -> str:
    words = "".join(c if c.isprintable() else " " for c in words)  # control characters are no XML
    if len(words) > LINE_CHARACTERS:
        words = words[: LINE_CHARACTERS - 1] + "\u2026"
    style = f'font-family="sans-serif" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" fill="{colour}"'
    return f'<text x="{x}" y="{y}" {style}>{escape(words)}</text>'
