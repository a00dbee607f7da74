"""What there is to tell of a session, as plain values: the recording through today's software once, added up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sixten.ball.messages import Samples
from sixten.pain.ceiling import Ceiling
from sixten.pain.model import Prior, Rating, posterior
from sixten.pressure.readings import OK, SATURATED, STALE, Gap, Reading
from sixten.recording.replay import Recording
from sixten.session.calibrating import CalibrationRun
from sixten.session.limits import MAX_STEP_S, OFF_KPA
from sixten.session.refit import Basis, expected_score
from sixten.session.rules import Notice
from sixten.session.run import Runs

POINTS = 560  # of the trace: one for each pixel it has on paper
FELT = 2.0  # points of 10: less is hardly pain, and the window is meant to be felt [judged]
FELT_EVERY_S = 0.5  # the estimate follows the pressure more slowly than this
CURVE_POINTS = 40


class Point(NamedTuple):
    """A piece of the trace. low, high: of `fast`; smooth: its mean; all None where nothing could be trusted."""

    t_s: float
    low: float | None
    high: float | None
    smooth: float | None


class Span(NamedTuple):
    """From a second to a second."""

    begin_s: float
    end_s: float


class Said(NamedTuple):
    """A recorded notice, in seconds since the first sample."""

    t_s: float
    code: str
    values: dict[str, Any]


class Rated(NamedTuple):
    """A rating under load, and what the calibration expects there (None without one). line: the ceiling after it, where it fell."""

    t_s: float
    kpa: float
    score: int
    expected: float | None
    line: float | None


class Curve(NamedTuple):
    """What a line was fitted from, and the fit. band: (kPa, low, median, high) of the pain after 10 s."""

    ratings: tuple[Rating, ...]
    band: tuple[tuple[float, float, float, float], ...]
    ceiling_kpa: float | None


@dataclass
class Figures:
    """A session in numbers. bands: trusted seconds in each band until the window ended. felt_s: trusted seconds with an estimated pain of
    FELT and more; None without a calibration by value. lines: (second, ceiling) wherever it changed. compared: what was looked at before
    and after.
    """

    unit: str = ""
    duration_s: float = 0.0
    peak: float = 0.0
    trace: list[Point] = field(default_factory=list)
    lines: list[tuple[float, float | None]] = field(default_factory=list)
    bands: dict[str, float] = field(default_factory=dict)
    overs: list[Span] = field(default_factory=list)
    felt_s: float | None = None
    said: list[Said] = field(default_factory=list)
    rated: list[Rated] = field(default_factory=list)
    compared: list[dict[str, Any]] = field(default_factory=list)
    summary: dict[str, Any] = field(default_factory=dict)
    curve: Curve | None = None
    reasons: tuple[str, ...] = ()  # why a calibration gave no line
    lost: int = 0

    def count(self, code: str) -> int:
        """How often that was said."""
        return sum(s.code == code for s in self.said)


def figures(recording: Recording) -> Figures:
    """Raises RecordingError if the header holds no plan that makes sense."""
    out = Figures()
    run = recording.run()
    adding = _Adding(out, _times(recording))
    for event in recording.events:
        for what in run.feed(event):
            if isinstance(what, Reading):
                if isinstance(event, Samples):
                    adding.reading(what, run)
            elif isinstance(what, Gap):
                out.lost += what.lost
            elif isinstance(what, Notice) and what.code == "rating":
                adding.rating(what, run)
    adding.end()
    out.summary = run.summary()
    out.duration_s = float(out.summary["duration_s"] or 0.0)
    out.said = [Said(adding.t_s(n.t_us), n.code, n.values) for n in recording.notices]
    out.compared = [s.values for s in out.said if s.code == "compared"]
    if isinstance(run, CalibrationRun):
        outcome = run.state.outcome
        if outcome is not None:
            out.curve, out.reasons = _curve(outcome.ratings, outcome.prior, outcome.ceiling), outcome.reasons
    elif adding.basis is not None:
        out.curve = curve_of(adding.basis.ratings, adding.basis.prior, out.lines[0][1] if out.lines else None)
    return out


def curve_of(ratings: tuple[Rating, ...], prior: Prior, ceiling_kpa: float | None) -> Curve:
    """The curve that a line was read from."""
    if ceiling_kpa is None or not ratings:
        return Curve(ratings, (), ceiling_kpa)
    top_kpa = 1.05 * max(ceiling_kpa, *(r.kpa for r in ratings))
    pressures = [top_kpa * i / (CURVE_POINTS - 1) for i in range(CURVE_POINTS)]
    quantiles = posterior(ratings, prior).band(pressures)
    return Curve(ratings, tuple((p, *q) for p, q in zip(pressures, quantiles, strict=True)), ceiling_kpa)  # type: ignore[misc]


def _curve(ratings: tuple[Rating, ...], prior: Prior, ceiling: Ceiling | None) -> Curve | None:
    return curve_of(ratings, prior, ceiling.kpa if ceiling else None) if ratings else None


def _times(recording: Recording) -> tuple[int, int]:
    """First and last sample, device microseconds."""
    blocks = [e for e in recording.events if isinstance(e, Samples)]
    return (blocks[0].t_us[0], blocks[-1].t_us[-1]) if blocks else (0, 0)


def rules_of(run: Runs) -> Any:
    """The state that has a band and a line: the session's own, or the one inside a visit's; None in a calibration."""
    state = getattr(run.state, "rules", run.state)
    return state if hasattr(state, "band") else None


class _Adding:
    """Adds readings up, one after the other."""

    def __init__(self, out: Figures, times: tuple[int, int]) -> None:
        self._out = out
        self._first_us, last_us = times
        self._bin_us = max(1, -(-(last_us - self._first_us + 1) // POINTS))
        self._bin = 0
        self._held: list[Reading] = []
        self._last_us: int | None = None
        self._over_us: int | None = None
        self._loaded_us: int | None = None
        self._felt_us = 0
        self._piece: list[tuple[float, int]] = []  # (smooth, us) of the present FELT_EVERY_S
        self.basis: Basis | None = None

    def t_s(self, t_us: int) -> float:
        return (t_us - self._first_us) / 1e6

    def reading(self, r: Reading, run: Runs) -> None:
        out = self._out
        at = (r.t_us - self._first_us) // self._bin_us
        while self._bin < at:
            self._point()
        if not out.unit:
            out.unit = r.unit
        rules = rules_of(run)
        if rules is not None and (not out.lines or out.lines[-1][1] != rules.ceiling_kpa):
            out.lines.append((self.t_s(r.t_us), rules.ceiling_kpa))
        if rules is not None and rules.plan.basis is not None:
            self.basis = rules.plan.basis
        if r.quality not in (OK, SATURATED):
            if r.quality == STALE:  # what was last trusted no longer holds
                self._over(self._last_us or r.t_us, False)
                self._loaded_us = None
            return
        self._held.append(r)
        out.peak = max(out.peak, r.gauge_kpa)
        dt_us = 0 if self._last_us is None else r.t_us - self._last_us
        self._last_us = r.t_us
        if not 0 < dt_us <= MAX_STEP_S * 1e6:
            dt_us = 0
        loaded = r.quality == SATURATED or r.smooth_kpa >= OFF_KPA
        self._loaded_us = (r.t_us if self._loaded_us is None else self._loaded_us) if loaded else None
        if loaded and self.basis is not None:
            self._piece.append((r.smooth_kpa, dt_us))
            if len(self._piece) > 1 and sum(us for _, us in self._piece) >= FELT_EVERY_S * 1e6:
                self._felt(r.t_us)
        if rules is not None and rules.band and not rules.ended:
            out.bands[rules.band] = out.bands.get(rules.band, 0.0) + dt_us / 1e6
        self._over(r.t_us, rules is not None and rules.over_since_us is not None)

    def rating(self, n: Notice, run: Runs) -> None:
        kpa, score, rules = n.values.get("gauge_kpa"), n.values.get("score"), rules_of(run)
        if not isinstance(kpa, (int, float)) or not isinstance(score, int) or kpa < OFF_KPA or self._loaded_us is None:
            return
        held_s = (n.t_us - self._loaded_us) / 1e6
        expected = None if self.basis is None else expected_score(self.basis, float(kpa), held_s)
        line = rules.ceiling_kpa if rules is not None and n.values.get("lowered") else None
        self._out.rated.append(Rated(self.t_s(n.t_us), float(kpa), score, expected, line))

    def end(self) -> None:
        if self._held:
            self._point()
        if self._last_us is not None:
            self._over(self._last_us, False)
            if self._piece:
                self._felt(self._last_us)
        if self.basis is not None:
            self._out.felt_s = self._felt_us / 1e6

    def _point(self) -> None:
        held, t_s = self._held, (self._bin + 0.5) * self._bin_us / 1e6
        if held:
            low, high = min(r.gauge_kpa for r in held), max(r.gauge_kpa for r in held)
            self._out.trace.append(Point(t_s, low, high, sum(r.smooth_kpa for r in held) / len(held)))
        else:
            self._out.trace.append(Point(t_s, None, None, None))
        self._held = []
        self._bin += 1

    def _over(self, t_us: int, over: bool) -> None:
        if over and self._over_us is None:
            self._over_us = t_us
        elif not over and self._over_us is not None:
            self._out.overs.append(Span(self.t_s(self._over_us), self.t_s(t_us)))
            self._over_us = None

    def _felt(self, t_us: int) -> None:
        """The piece's time counts if its mean pressure, held as long as it was, is expected to be rated FELT or more."""
        assert self.basis is not None
        kpa = sum(k for k, _ in self._piece) / len(self._piece)
        held_s = 0.0 if self._loaded_us is None else (t_us - self._loaded_us) / 1e6
        if expected_score(self.basis, max(0.0, kpa), held_s) >= FELT:
            self._felt_us += sum(us for _, us in self._piece)
        self._piece = []


def longest(spans: Iterable[Span]) -> float:
    """Seconds of the longest of them."""
    return max((s.end_s - s.begin_s for s in spans), default=0.0)
