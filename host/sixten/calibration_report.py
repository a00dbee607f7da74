"""What came out of a calibration, as plain text: the curve, the points, the line and how sure it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sixten import calibration_words as words
from sixten.calibration_words import LIMITED_BY, OWN_RATING, SHORT
from sixten.language import fill, tr

if TYPE_CHECKING:
    from sixten.pain.procedure import CalibrationPlan, Outcome

PLOT_COLUMNS = 60


def report(plan: CalibrationPlan, outcome: Outcome, unit: str) -> str:
    """Afterwards: the curve, the points, the line and how sure it is, and what it means, as plain text."""
    lines = []
    if outcome.ceiling is None:
        lines += [fill(words.NO_CEILING, {"reason": reason}) for reason in outcome.reasons]
        if outcome.own_rating:
            lines.append(tr(OWN_RATING))
        return "\n".join(lines)
    c = outcome.ceiling
    lines += [*_plot(plan, outcome, unit), ""]
    dot = "" if unit.endswith(".") else "."
    lines.append(fill(words.SIDES[plan.side], {"kpa": c.kpa, "unit": unit}) + dot)
    lines += [tr(LIMITED_BY[c.limited_by])] if LIMITED_BY[c.limited_by] else []
    low, high = c.interval_kpa
    lines.append(fill(words.LIKELY, {"hold_s": plan.hold_s, "median": c.median_kpa, "low": low, "high": high, "unit": unit}) + dot)
    lines.append(tr(words.MEANING))
    effort = {"ramps": outcome.ramps, "holds": outcome.holds, "loaded_s": outcome.loaded_s}
    lines.append(f"{fill(words.EFFORT[plan.rated_by], effort)} {tr(SHORT[outcome.short])}".rstrip())
    return "\n".join(lines)


def _plot(plan: CalibrationPlan, outcome: Outcome, unit: str) -> list[str]:
    from sixten.pain.model import posterior

    assert outcome.ceiling is not None
    line_kpa = outcome.ceiling.kpa
    top = 1.1 * max(outcome.ceiling.interval_kpa[1], *(r.kpa for r in outcome.ratings))
    kpa = [(i + 0.5) / PLOT_COLUMNS * top for i in range(PLOT_COLUMNS)]
    curves = posterior(outcome.ratings, outcome.prior).band(kpa)
    rows = [[" "] * PLOT_COLUMNS for _ in range(11)]
    for column, (low, middle, high) in enumerate(curves):
        for score in range(11):
            if low - 0.5 <= score <= high + 0.5:
                rows[score][column] = "░"
        rows[min(10, max(0, round(middle)))][column] = "─"
    at = min(PLOT_COLUMNS - 1, int(line_kpa / top * PLOT_COLUMNS))
    for row in rows:
        row[at] = "┃"
    for r in outcome.ratings:
        rows[r.score][min(PLOT_COLUMNS - 1, int(r.kpa / top * PLOT_COLUMNS))] = "o" if r.kind == "ramp" else "x"
    out = [f"{score:>4} {''.join(rows[score])}".rstrip() for score in range(10, -1, -1)]
    axis = f"     0{'':{at - 1}}{line_kpa:.1f}{'':>4}"
    return [tr(words.RATING), *out, f"{axis}{f'{top:.0f} {unit}':>{max(1, PLOT_COLUMNS + 5 - len(axis))}}", f"     {tr(words.LEGEND)}"]
