"""Draws the figures of docs/how-it-decides.md from the code as shipped: `make figures`. Nothing in them is drawn by hand.

The signals are made up (no physical ball is involved); what is drawn over them is what the program made of them.
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
from matplotlib.axes import Axes  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from scipy import signal  # noqa: E402

from bench.shipped import FSR, KINDS, Array, Kind, blocks, greeted  # noqa: E402
from sixten.ball.messages import FLAG_SATURATED, Event, Samples, Silence  # noqa: E402
from sixten.pressure import filters  # noqa: E402
from sixten.pressure.movement import Movement  # noqa: E402
from sixten.pressure.readings import Reading  # noqa: E402
from sixten.pressure.rise import Noise, ahead  # noqa: E402
from sixten.session import limits as L  # noqa: E402
from sixten.session.rules import Notice  # noqa: E402

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
LINE = 40.0
FAST, SMOOTH, RATE, TRUE = "#c8102e", "#0b6e99", "#6a4c93", "#777777"
BANDS = {"off": "#e8e8e8", "settle": "#d7e8f5", "work": "#cfeccf", "near": "#fdeab5", "over": "#f6c4c4", "": "#ffffff"}
QUALITY = {"ok": "#2a9d2a", "saturated": "#c8102e", "suspect": "#e6a700", "stale": "#555555"}


def filters_of(kind: Kind) -> tuple[filters.Filter, filters.Filter, filters.Filter]:
    sensor = kind.readings().sensor
    assert sensor is not None
    return filters.fast(kind.rate_hz, sensor.mains)[0], filters.smooth(kind.rate_hz), filters.rate(kind.rate_hz)


def told(
    kind: Kind, load: Array, more: dict[int, Event] | None = None, events: list[Event] | None = None
) -> tuple[list[Reading], list[Notice]]:
    """What the program makes of ``load`` on a board with 0.4 counts of noise; ``more``: events put in before the block with this number."""
    run, readings, notices = greeted(kind, LINE), [], []
    raw = kind.to_raw(load, np.random.default_rng(6).standard_normal(len(load)) * 0.15, None)
    for i, block in enumerate(events or blocks(kind, raw, 5)):
        for event in [*([more[i]] if more and i in more else []), block]:
            for out in run.feed(event):
                if isinstance(out, Reading):
                    readings.append(out)
                elif isinstance(out, Notice):
                    notices.append(out)
    return readings, notices


def over_time(seconds: float, points: list[tuple[float, float]]) -> tuple[Array, Array]:
    """(times, load) of an FSR ball: straight lines between points of (s, share of the line)."""
    t = (1 + np.arange(round(seconds * 1e6 / FSR.sample_us))) * FSR.sample_us / 1e6
    return t, LINE * np.interp(t, *zip(*points, strict=True))


def shade(ax: Axes, begin: float, end: float, lowest: float = 0.0) -> None:
    for low, high, band in (
        (0, L.OFF_SHARE, "off"), (L.OFF_SHARE, L.SETTLE_SHARE, "settle"), (L.SETTLE_SHARE, L.NEAR_SHARE, "work"),
        (L.NEAR_SHARE, 1.0, "near"), (1.0, 1.3, "over"),
    ):  # fmt: skip
        ax.axhspan(low * LINE, high * LINE, color=BANDS[band], lw=0, zorder=0)
        if high * LINE > lowest:
            ax.text(end, (max(low, lowest / LINE) + min(high, 1.12)) / 2 * LINE, " " + band, va="center", fontsize=8, color="#444444")
    ax.axhline(LINE, color="#c8102e", lw=0.8, ls="--")
    ax.set_xlim(begin, end)


def mark(ax: Axes, notices: list[Notice], codes: tuple[str, ...], level: float, begin: float, end: float) -> None:
    for n in notices:
        if n.code in codes and begin <= n.t_us / 1e6 <= end:
            ax.axvline(n.t_us / 1e6, color="#333333", lw=0.7)
            ax.text(n.t_us / 1e6, level, f" {n.code}", rotation=90, va="top", ha="left", fontsize=8, backgroundcolor="#ffffffb0")


def responses() -> Figure:
    fig, axes = plt.subplots(1, 3, figsize=(10.5, 3.6), sharey=True)
    for ax, kind in zip(axes, KINDS, strict=True):
        fast, smooth, rate = filters_of(kind)
        hz = np.geomspace(0.05, kind.rate_hz / 2 * 0.999, 3000)
        turn = 2 * np.pi * hz / kind.rate_hz
        response = [signal.freqz(f._b, f._a, worN=turn)[1] for f in (fast, smooth, rate)]
        for name, colour, h in (
            ("fast: decides", FAST, response[0]), ("smooth: is shown", SMOOTH, response[1]),
            ("rate, behind fast (1/s)", RATE, response[0] * response[2]),
        ):  # fmt: skip
            ax.plot(hz, 20 * np.log10(np.maximum(np.abs(h), 1e-5)), color=colour, label=name, lw=1.4)
        for mains in (50, 60):
            if mains < kind.rate_hz / 2:
                ax.axvline(mains, color="#999999", lw=0.6, ls=":")
        ax.axvspan(0.2, 0.3, color="#eeeeee", lw=0)
        ax.text(0.245, -45, "breathing", rotation=90, fontsize=7, ha="center", color="#555555")
        ax.set(title=f"{kind.name}, {kind.rate_hz:.1f} samples/s", xscale="log", ylim=(-85, 30), xlabel="Hz")
        ax.grid(alpha=0.25)
    axes[0].set_ylabel("gain, dB")
    axes[0].legend(fontsize=7.5, loc="lower left")
    return fig


def delays() -> Figure:
    fig, axes = plt.subplots(1, 2, figsize=(10.5, 3.4))
    for kind, style in zip(KINDS, ("-", "--", ":"), strict=True):
        fast, smooth, rate = filters_of(kind)
        t = (np.arange(round(0.7 * kind.rate_hz)) + 1) * kind.sample_us / 1e3
        step = np.ones(len(t))
        axes[0].step(np.r_[-50, 0, t], np.r_[0, 0, fast.alone(step)], where="post", color=FAST, ls=style, label=f"fast, {kind.name}")
        axes[0].plot(np.r_[-50, 0, t], np.r_[0, 0, smooth.alone(step)], color=SMOOTH, ls=style, label=f"smooth, {kind.name}")
        ramp = np.arange(1, len(t) + 1) / kind.rate_hz
        axes[1].plot(np.r_[-50, 0, t], np.r_[0, 0, rate.alone(fast.alone(ramp))], color=RATE, ls=style, label=f"rate, {kind.name}")
    axes[0].set(title="A load that steps from 0 to 1", xlabel="ms after the step", xlim=(-30, 600))
    axes[1].set(title="A load that begins to rise by 1 a second", xlabel="ms after it begins", xlim=(-30, 600))
    for ax in axes:
        ax.grid(alpha=0.25)
        ax.legend(fontsize=7.5, loc="lower right")
    return fig


def ramp() -> Figure:
    onset, slope = 17.0, 2.2
    t, load = over_time(20.5, [(0, 0), (6.5, 0), (11.5, 0.9), (30, 0.9)])
    load = load + np.where(t > 6.5, np.minimum(1, (t - 6.5).clip(0) / 5), 0) * 0.02 * LINE * np.sin(2 * np.pi * 0.25 * t)
    load = load + slope * np.maximum(t - onset, 0)
    readings, notices = told(FSR, load)
    rt = np.array([r.t_us for r in readings]) / 1e6
    fig, (top, low) = plt.subplots(2, 1, figsize=(10.5, 5.6), sharex=True, height_ratios=(2, 1))
    begin, end = 15.0, 20.3
    shade(top, begin, end, lowest=33)
    top.plot(t, load, color=TRUE, lw=1, label="true pressure")
    top.plot(rt, [r.gauge_kpa for r in readings], color=FAST, lw=1.2, label="fast: decides")
    top.plot(rt, [r.smooth_kpa for r in readings], color=SMOOTH, lw=1.2, label="smooth: is shown")
    rising = next(n for n in notices if n.code == "rising")
    r = next(r for r in readings if r.t_us == rising.t_us)
    at, away = r.t_us / 1e6, float(rising.values["away_s"] or 0)
    soonest, latest = float(rising.values["soonest_s"] or 0), rising.values["latest_s"]
    top.plot([at, at + away], [r.gauge_kpa, LINE], color="#000000", lw=1, ls="-.")
    latest_s = soonest + 1.0 if latest is None else float(latest)
    top.plot([at + soonest, at + latest_s], [LINE * 1.005] * 2, color="#000000", lw=4, solid_capstyle="butt",
             label="when the line is expected, 90 in 100")  # fmt: skip
    mark(top, notices, ("near", "rising", "over"), 45.5, begin, end)
    top.set(ylim=(33, 46), ylabel=f"rel. (line {LINE:g})")
    top.legend(fontsize=8, loc="upper left")
    noise = Noise.of(FSR.readings().sensor, FSR.rate_hz)  # type: ignore[arg-type]
    found = [ahead(min(r.gauge_kpa, LINE), r.rate_kpa_s, LINE, L.RISING_LEAD_S, noise) if r.quality == "ok" else None for r in readings]
    low.plot(rt, [a.chance if a else 0 for a in found], color="#000000", lw=1, label="chance of reaching the line within 0.5 s")
    low.axhline(L.RISING_CHANCE, color="#000000", lw=0.7, ls=":")
    low.text(begin, L.RISING_CHANCE, " rising is said", fontsize=8, va="bottom")
    low.plot(rt, np.array([r.rate_kpa_s for r in readings]) / 5, color=RATE, lw=1, label="rate, in 5 a second")
    low.set(ylim=(-0.1, 1.1), xlabel="s")
    low.legend(fontsize=8, loc="upper center")
    low.grid(alpha=0.25)
    lead_s = (next(n.t_us for n in notices if n.code == "over") - rising.t_us) / 1e6
    print(f"ramp of {slope} a second over breathing: rising {lead_s:.2f} s before over; told {rising.values}")
    return fig


def bands() -> Figure:
    t, load = over_time(46, [(0, 0), (6.5, 0), (11, 0.5), (14, 0.5), (17, 0.8), (20, 0.8), (23, 0.97), (25, 0.97), (27, 1.06), (29, 1.06),
                             (30, 0.965), (32, 0.965), (33, 0.9), (37, 0.8), (40, 0.8), (41, 0), (46, 0)])  # fmt: skip
    readings, notices = told(FSR, load)
    rt = np.array([r.t_us for r in readings]) / 1e6
    run = greeted(FSR, LINE)
    seen, counted = [], []
    raw = FSR.to_raw(load, np.random.default_rng(6).standard_normal(len(load)) * 0.15, None)
    for block in blocks(FSR, raw, 5):
        for out in run.feed(block):
            if isinstance(out, Reading):
                seen.append(run.state.band)
                counted.append(run.state.window_us / 1e6)
    fig, (top, strip, low) = plt.subplots(3, 1, figsize=(10.5, 6), sharex=True, height_ratios=(3, 0.35, 1))
    shade(top, 5, 46)
    top.axhline(L.OVER_LEAVES_SHARE * LINE, color="#c8102e", lw=0.6, ls=":")
    top.text(5, L.OVER_LEAVES_SHARE * LINE, " over is left only below this", fontsize=7.5, va="top", color="#c8102e")
    top.plot(rt, [r.gauge_kpa for r in readings], color=FAST, lw=1.2, label="fast: over")
    top.plot(rt, [r.smooth_kpa for r in readings], color=SMOOTH, lw=1.2, label="smooth: the other bands")
    mark(top, notices, ("settle", "work", "near", "over", "off"), 52, 5, 46)
    mark(top, notices, ("rising",), 30, 5, 46)
    mark(top, notices, ("ease_off",), 20, 5, 46)
    top.set(ylim=(-1, 53), ylabel=f"rel. (line {LINE:g})")
    top.legend(fontsize=8, loc=(0.6, 0.12))
    begin = 0
    for i in range(1, len(seen) + 1):
        if i == len(seen) or seen[i] != seen[begin]:
            strip.axvspan(rt[begin], rt[i - 1], color=BANDS[seen[begin]], lw=0)
            if rt[i - 1] - rt[begin] > 1.2 and rt[i - 1] > 5:
                strip.text((max(5, rt[begin]) + rt[i - 1]) / 2, 0.5, seen[begin], fontsize=8, ha="center", va="center")
            begin = i
    strip.set(yticks=[], ylabel="band")
    low.plot(rt, counted, color="#333333", lw=1.2)
    low.set(ylabel="clock, s", xlabel="s")
    low.grid(alpha=0.25)
    return fig


def qualities() -> Figure:
    """A gap, a wild sample, one and then many saturated samples, a fault, silence."""
    n = round(14e6 / FSR.sample_us)
    t, load = over_time(14, [(0, 0), (6, 0), (8, 0.8), (14, 0.8)])
    at = {name: round(s * 1e6 / FSR.sample_us) for name, s in
          {"wild": 8.8, "gap": 9.4, "one": 10.0, "many": 10.6, "end": 11.0, "silence": 11.8, "back": 12.6}.items()}  # fmt: skip
    load[at["wild"]] = 130.0
    raw = FSR.to_raw(load, np.random.default_rng(6).standard_normal(n) * 0.15, None)
    events: list[Event] = []
    for i in range(n):
        if at["gap"] <= i < at["gap"] + 12 or at["silence"] <= i < at["back"]:
            if i % 30 == 0 and i >= at["silence"]:
                events.append(Silence((i + 1) * FSR.sample_us))
            continue
        top = i == at["one"] or at["many"] <= i < at["end"]
        events.append(Samples(i % 65536, ((i + 1) * FSR.sample_us,), (FLAG_SATURATED if top else 0,), (32736 if top else int(raw[i]),)))
    readings, notices = told(FSR, load, events=events)
    fig, (top_ax, strip) = plt.subplots(2, 1, figsize=(10.5, 4), sharex=True, height_ratios=(3, 0.5))
    rt = np.array([r.t_us for r in readings]) / 1e6
    shown = np.array([r.gauge_kpa for r in readings])
    top_ax.plot(rt, np.minimum(shown, 60), color=FAST, lw=1.2, label="fast; no number while nothing can be trusted")
    top_ax.axhline(LINE, color="#c8102e", lw=0.8, ls="--")
    words = (("wild", "one wild\nsample"), ("gap", "12 samples\nlost"), ("one", "one saturated\nsample"), ("many", "saturated\nfor 0.4 s"),
             ("silence", "silence for 0.8 s"))  # fmt: skip
    for name, text in words:
        top_ax.text(at[name] * FSR.sample_us / 1e6, 27, text, fontsize=8, ha="left", va="top")
    mark(top_ax, notices, ("over", "stale", "back"), 59, 8, 14)
    top_ax.set(ylim=(20, 60), xlim=(8.4, 13.2), ylabel="rel.")
    top_ax.legend(fontsize=8, loc="lower right")
    late = [r for r in readings if r.t_us > 8.4e6]
    wide = FSR.sample_us / 1e6
    for quality, colour in QUALITY.items():
        begun = None
        for i, r in enumerate(late):  # samples that follow each other, as one piece
            if r.quality == quality and begun is None:
                begun = r.t_us / 1e6 - wide
            last = i + 1 == len(late) or late[i + 1].quality != quality or late[i + 1].t_us - r.t_us > 2 * FSR.sample_us
            if begun is not None and last:
                strip.axvspan(begun, r.t_us / 1e6, color=colour, lw=0.5)
                begun = None
        strip.plot([], [], "s", color=colour, label=quality)
    strip.set(yticks=[], xlabel="s", ylabel="quality")
    strip.legend(fontsize=8, ncols=4, loc="upper center", bbox_to_anchor=(0.5, -0.7), frameon=False)
    return fig


def zero() -> Figure:
    """Somebody fiddles with the ball, lets it be, and lies down."""
    t, load = over_time(16, [(0, 0), (12, 0), (15, 0.8), (16, 0.8)])
    load = load + np.where((t > 1.0) & (t < 4.0), 1.2 * np.abs(np.sin(2.4 * t)), 0.0)
    run = greeted(FSR, LINE)
    raw = FSR.to_raw(load, np.random.default_rng(6).standard_normal(len(load)), None)
    rt, gauge, zeroed, codes = [], [], [], []
    for block in blocks(FSR, raw, 5):
        for out in run.feed(block):
            if isinstance(out, Reading):
                rt.append(out.t_us / 1e6)
                gauge.append(out.gauge_kpa)
                zeroed.append(out.zeroed)
            elif isinstance(out, Notice):
                codes.append(out)
    taken = rt[zeroed.index(True)]
    fig, ax = plt.subplots(figsize=(10.5, 3.2))
    ax.plot(rt, gauge, color=FAST, lw=1)
    ax.axvspan(taken - 5, taken, color="#cfeccf", lw=0)
    ax.axvspan(taken - 2, taken, color="#a8dba8", lw=0)
    ax.text(taken - 4.9, 1.55, "at rest for 3 s", fontsize=8, va="top")
    ax.text(taken - 1.9, 1.55, "median of 2 s", fontsize=8, va="top")
    ax.axvline(taken, color="#333333", lw=0.8)
    ax.text(taken, 1.55, " the zero is taken", fontsize=8, va="top")
    ax.text(1.2, 1.55, "somebody touches the ball", fontsize=8, va="top")
    mark(ax, codes, ("zero_needed", "settle"), 1.2, 0, 16)
    ax.set(xlim=(0, 13), ylim=(-0.3, 1.7), ylabel="rel., above the nominal\nor the taken zero", xlabel="s")
    ax.grid(alpha=0.25)
    print(f"zero: the last touch at 4.0 s, taken at {taken:.2f} s")
    return fig


def movement() -> Figure:
    t, base = over_time(72, [(0, 0), (6.5, 0), (11.5, 0.75), (72, 0.75)])
    on = np.clip((t - 13) / 2, 0, 1)
    phase = np.cumsum(np.where(t < 36, 1 / 7.0, 1 / 2.5)) * FSR.sample_us / 1e6
    ripple = np.where(t < 52, 0.06 * np.sin(2 * np.pi * phase), 0) + 0.01 * np.sin(2 * np.pi * 0.25 * t)
    load = base * (1 + on * ripple)
    run = greeted(FSR, LINE)
    raw = FSR.to_raw(load, np.random.default_rng(6).standard_normal(len(load)) * 0.15, None)
    rt, shown, judged, notices = [], [], [], []
    last: Movement | None = None
    for block in blocks(FSR, raw, 5):
        for out in run.feed(block):
            if isinstance(out, Reading):
                rt.append(out.t_us / 1e6)
                shown.append(out.smooth_kpa)
            elif isinstance(out, Notice):
                notices.append(out)
        if run.movement.now is not last:
            last = run.movement.now
            judged.append((block.t_us[-1] / 1e6, last))
    fig, (top, low) = plt.subplots(2, 1, figsize=(10.5, 4.8), sharex=True, height_ratios=(1.4, 1))
    top.plot(rt, shown, color=SMOOTH, lw=1)
    for begin, end, text in ((15, 36, "cycles of 7 s"), (36, 52, "cycles of 2.5 s"), (52, 72, "lies still, breathing 2 %")):
        top.text((begin + end) / 2, 35.5, text, fontsize=8, ha="center", va="top")
        top.axvline(end, color="#bbbbbb", lw=0.6, ls=":")
    mark(top, notices, ("slower", "keep_moving"), 27.4, 12, 72)
    top.set(ylim=(23.5, 36), ylabel="smooth, rel.", xlim=(12, 72))
    low.plot(
        [s for s, m in judged if m.cycle_s],
        [m.cycle_s for _, m in judged if m.cycle_s],
        "o",
        ms=3,
        color="#333333",
        label="seconds a cycle",
    )
    low.plot([s for s, m in judged if m.too_fast], [0.6 for _, m in judged if m.too_fast], "s", ms=4, color=FAST, label="too fast")
    low.plot([s for s, m in judged if m.still], [1.4 for _, m in judged if m.still], "s", ms=4, color=RATE, label="still")
    low.axhspan(6, 8, color="#cfeccf", lw=0)
    low.axhline(L.TOO_FAST_S, color=FAST, lw=0.7, ls="--")
    low.set(ylim=(0, 10), ylabel="s", xlabel="s")
    low.legend(fontsize=8, loc="upper right")
    low.grid(alpha=0.25)
    return fig


FIGURES = {"responses": responses, "delays": delays, "zero": zero, "quality": qualities, "bands": bands, "ramp": ramp, "movement": movement}


def main(kind: str = "svg", folder: Path = IMAGES) -> None:
    plt.rcParams.update({"svg.hashsalt": "sixten", "font.size": 9, "path.simplify_threshold": 0.5, "figure.constrained_layout.use": True})
    for name, draw in FIGURES.items():
        fig = draw()
        metadata = {"Date": None} if kind == "svg" else None  # the same figure is the same file
        fig.savefig(folder / f"decides-{name}.{kind}", metadata=metadata, dpi=90, facecolor="white")
        plt.close(fig)


if __name__ == "__main__":
    main(*sys.argv[1:2], *map(Path, sys.argv[2:3]))
