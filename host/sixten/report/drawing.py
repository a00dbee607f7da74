"""The report's drawings as SVG. Readable in grey: what differs, differs in shape and word, not in colour alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from markupsafe import Markup, escape

from sixten.report.figures import Figures
from sixten.session.limits import NEAR_SHARE, SETTLE_SHARE

WIDTH, HEIGHT = 700, 200
LEFT, RIGHT, TOP, BOTTOM = 40, 12, 22, 30
WIDE, HIGH = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
ROOM = 1.15  # of the axis above the highest thing drawn
TICKS = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600)
SMALL_HEIGHT = 126
INK, GREY, PALE, ZONE = "#111", "#666", "#ccc", "#e4e4e4"


def trace(f: Figures, virtual: bool) -> Markup:
    """Pressure over time, with the band to stay in, the line, the moments over it, and the ratings."""
    tops = [p.high for p in f.trace if p.high is not None] + [kpa for _, kpa in f.lines if kpa is not None]
    top = ROOM * max(10.0, *tops)
    duration = max(1.0, f.duration_s)

    def x(t_s: float) -> str:
        return f"{LEFT + WIDE * min(1.0, max(0.0, t_s / duration)):.1f}"

    def y(kpa: float) -> str:
        return f"{TOP + HIGH * (1 - min(1.0, max(0.0, kpa / top))):.1f}"

    bottom = TOP + HIGH
    out = [_hatch()]
    if virtual:
        out.append(_text(LEFT + WIDE / 2, TOP + HIGH / 2 + 22, "VIRTUAL", "middle", 64, PALE, "bold"))
    ends = [t for t, _ in f.lines[1:]] + [duration]
    for (begin, kpa), end in zip(f.lines, ends, strict=False):
        if kpa is not None:
            zone = float(y(kpa * SETTLE_SHARE)) - float(y(kpa))
            wide = float(x(end)) - float(x(begin))
            out.append(f'<rect x="{x(begin)}" y="{y(kpa)}" width="{wide:.1f}" height="{zone:.1f}" fill="{ZONE}" fill-opacity="0.7"/>')
            out.append(_path(f"M{x(begin)} {y(kpa * NEAR_SHARE)}H{x(end)}", GREY, 0.7, "1 3"))
    for t_s in _ticks(duration):
        out.append(_path(f"M{x(t_s)} {bottom}v4", GREY))
        out.append(_text(float(x(t_s)), bottom + 15, f"{t_s:.0f}", "middle"))
    for kpa in _ticks(top, 6):
        out.append(_path(f"M{LEFT} {y(kpa)}h-4", GREY))
        out.append(_text(LEFT - 7, float(y(kpa)) + 3.5, f"{kpa:.0f}", "end"))
    for span in f.overs:
        wide = max(2.0, float(x(span.end_s)) - float(x(span.begin_s)))
        out.append(f'<rect x="{x(span.begin_s)}" y="{TOP}" width="{wide:.1f}" height="{HIGH}" fill="url(#hatch)"/>')
        out.append(_text(float(x((span.begin_s + span.end_s) / 2)), TOP - 4, "over", "middle", 10, INK, "bold"))
    for piece in _pieces(f):
        upper = " ".join(f"{x(t)},{y(high)}" for t, _, high, _ in piece)
        lower = " ".join(f"{x(t)},{y(low)}" for t, low, _, _ in reversed(piece))
        out.append(f'<polygon points="{upper} {lower}" fill="#999" fill-opacity="0.55"/>')
        points = " ".join(f"{x(t)},{y(smooth)}" for t, _, _, smooth in piece)
        out.append(f'<polyline points="{points}" fill="none" stroke="{INK}" stroke-width="1.3"/>')
    for (begin, kpa), end in zip(f.lines, ends, strict=False):
        if kpa is not None:
            out.append(_path(f"M{x(begin)} {y(kpa)}H{x(end)}", INK, 2, "8 4"))
    named = next((kpa for _, kpa in f.lines if kpa is not None), None)
    if named is not None:
        out.append(_text(LEFT + 6, float(y(named)) - 4, f"line {named:.1f}", weight="bold"))
    for r in f.rated:
        out.append(f'<circle cx="{x(r.t_s)}" cy="{y(r.kpa)}" r="8" fill="white" stroke="{INK}" stroke-width="1.4"/>')
        out.append(_text(float(x(r.t_s)), float(y(r.kpa)) + 3.8, str(r.score), "middle", 10.5, INK, "bold"))
    out.append(_path(f"M{LEFT} {TOP}V{bottom}H{WIDTH - RIGHT}", INK))
    out.append(_text(LEFT - 34, TOP - 8, f.unit))
    out.append(_text(WIDTH - RIGHT, bottom + 28, "seconds", "end"))
    return _svg(WIDTH, HEIGHT, out, "Pressure over time")


class Day(NamedTuple):
    """A line of a person's side on a day, with the 90 % interval of where 6 of 10 lay; refused: there was none."""

    at: datetime
    kpa: float | None
    low: float | None = None
    high: float | None = None


class Bar(NamedTuple):
    """A session of a person: seconds in the window, and over the line."""

    at: datetime
    window_s: float
    over_s: float


def lines_over_time(days: Sequence[Day], begin: datetime, end: datetime, unit: str, virtual: bool) -> Markup:
    """A side's lines over the days."""
    top = ROOM * max(10.0, *(v for d in days for v in (d.kpa, d.high) if v is not None))
    x, out = _dates(begin, end, virtual)

    def y(kpa: float) -> float:
        return TOP + (SMALL_HEIGHT - TOP - BOTTOM) * (1 - min(kpa / top, 1.0))

    for kpa in _ticks(top, 4):
        out.append(_path(f"M{LEFT} {y(kpa):.1f}H{WIDTH - RIGHT}", PALE, 0.6))
        out.append(_text(LEFT - 7, y(kpa) + 3.5, f"{kpa:.0f}", "end"))
    for d in days:
        at = x(d.at)
        if d.low is not None and d.high is not None:
            out.append(_path(f"M{at:.1f} {y(d.low):.1f}V{y(d.high):.1f}", GREY, 1.2))
        if d.kpa is None:
            out.append(_text(at, y(0) - 3, "\u00d7", "middle", 13, INK, "bold"))
        else:
            out.append(f'<circle cx="{at:.1f}" cy="{y(d.kpa):.1f}" r="3.2" fill="{INK}"/>')
    out.append(_text(LEFT - 34, TOP - 8, unit))
    return _svg(WIDTH, SMALL_HEIGHT, out, "Lines over time")


def sessions_over_time(bars: Sequence[Bar], begin: datetime, end: datetime, virtual: bool) -> Markup:
    """Seconds in the window (grey) and over the line (black) of each session."""
    top = ROOM * max(60.0, *(b.window_s + b.over_s for b in bars))
    x, out = _dates(begin, end, virtual)
    bottom = SMALL_HEIGHT - BOTTOM
    for seconds in _ticks(top, 4):
        y = bottom - (bottom - TOP) * seconds / top
        out.append(_path(f"M{LEFT} {y:.1f}H{WIDTH - RIGHT}", PALE, 0.6))
        out.append(_text(LEFT - 7, y + 3.5, f"{seconds:.0f}", "end"))
    wide = max(1.0, min(7.0, 0.6 * WIDE / max(1, len(bars))))
    for b in bars:
        tall, over = ((bottom - TOP) * s / top for s in (b.window_s, b.over_s))
        left = x(b.at) - wide / 2
        out.append(f'<rect x="{left:.1f}" y="{bottom - tall:.1f}" width="{wide:.1f}" height="{tall:.1f}" fill="#aaa"/>')
        out.append(f'<rect x="{left:.1f}" y="{bottom - tall - over:.1f}" width="{wide:.1f}" height="{over:.1f}" fill="{INK}"/>')
    out.append(_text(LEFT - 34, TOP - 8, "seconds"))
    return _svg(WIDTH, SMALL_HEIGHT, out, "Sessions over time")


def bar(shares: Sequence[tuple[str, float]]) -> Markup:
    """Words with their seconds, as one bar; each has its own shade and its word below."""
    total = sum(s for _, s in shares) or 1.0
    shades = {"off": "#fff", "settle": "#ddd", "work": "#aaa", "near": "#666", "over": "#000"}
    out, left = [], 0.0
    for word, seconds in shares:
        wide = WIDTH * seconds / total
        out.append(f'<rect x="{left:.1f}" y="1" width="{wide:.1f}" height="18" fill="{shades.get(word, "#fff")}" stroke="{INK}"/>')
        left += wide
    return _svg(WIDTH, 20, out, "Time in each band")


def _dates(begin: datetime, end: datetime, virtual: bool) -> tuple[_At, list[str]]:
    """Where a moment lies, and the axis with its first and last day."""
    span_s = max(86_400.0, (end - begin).total_seconds())
    bottom = SMALL_HEIGHT - BOTTOM
    out = [_path(f"M{LEFT} {bottom}H{WIDTH - RIGHT}", INK)]
    if virtual:
        out.insert(0, _text(LEFT + WIDE / 2, bottom - 30, "VIRTUAL", "middle", 44, PALE, "bold"))
    out.append(_text(LEFT, bottom + 16, f"{begin:%Y-%m-%d}"))
    out.append(_text(WIDTH - RIGHT, bottom + 16, f"{end:%Y-%m-%d}", "end"))
    return _At(begin, span_s), out


class _At(NamedTuple):
    begin: datetime
    span_s: float

    def __call__(self, moment: datetime) -> float:
        return LEFT + 8 + (WIDE - 16) * (moment - self.begin).total_seconds() / self.span_s


def _pieces(f: Figures) -> Iterator[list[tuple[float, float, float, float]]]:
    """Stretches without a hole: where nothing could be trusted there is no line."""
    piece: list[tuple[float, float, float, float]] = []
    for t_s, low, high, smooth in f.trace:
        if low is None or high is None or smooth is None:
            if piece:
                yield piece
            piece = []
        else:
            piece.append((t_s, low, high, smooth))
    if piece:
        yield piece


def _ticks(top: float, most: int = 10) -> list[float]:
    step = next((s for s in TICKS if top / s <= most), TICKS[-1])
    return [float(i * step) for i in range(int(top / step) + 1)]


def _hatch() -> str:
    return (
        '<defs><pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        f'<path d="M0 0V5" stroke="{INK}" stroke-width="1.2" stroke-opacity="0.55"/></pattern></defs>'
    )


def _path(d: str, stroke: str, width: float = 1, dash: str = "") -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<path d="{d}" fill="none" stroke="{stroke}" stroke-width="{width}"{dashed}/>'


def _text(x: float, y: float, words: str, anchor: str = "start", size: float = 11, fill: str = INK, weight: str = "normal") -> str:
    style = f'text-anchor="{anchor}" font-size="{size}" fill="{fill}" font-weight="{weight}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(words)}</text>'


def _svg(width: int, height: int, parts: Sequence[str], title: str) -> Markup:
    """``parts`` hold nothing but numbers, our own words, and what ``_text`` has escaped."""
    return Markup(f'<svg viewBox="0 0 {width} {height}" role="img" font-family="sans-serif"><title>{title}</title>{"".join(parts)}</svg>')
