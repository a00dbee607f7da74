"""What came out of a calibration, as plain text: the curve, the points, the line and how sure it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sixten.calibration_words import LIMITED_BY, OWN_RATING, SHORT

if TYPE_CHECKING:
    from sixten.pain.procedure import CalibrationPlan, Outcome

PLOT_COLUMNS = 60


def report(plan: CalibrationPlan, outcome: Outcome, unit: str) -> str:
    """Afterwards: the curve, the points, the line and how sure it is, and what it means, as plain text."""
    lines = []
    if outcome.ceiling is None:
        lines += [f"No ceiling. {reason}" for reason in outcome.reasons]
        if outcome.own_rating:
            lines.append(OWN_RATING)
        return "\n".join(lines)
    c = outcome.ceiling
    lines += [*_plot(plan, outcome, unit), ""]
    dot = "" if unit.endswith(".") else "."
    lines.append(f"Your line for the {plan.side} side: {c.kpa:.1f} {unit}{dot}")
    lines += [LIMITED_BY[c.limited_by]] if LIMITED_BY[c.limited_by] else []
    lines.append(
        f"6 of 10 within {plan.hold_s:.0f} s is most likely reached at {c.median_kpa:.1f}, and in 9 of 10 cases"
        f" between {c.interval_kpa[0]:.1f} and {c.interval_kpa[1]:.1f} {unit}{dot}"
    )
    lines.append(MEANING)
    lines.append(
        f"{outcome.ramps} ramp{'s' if outcome.ramps > 1 else ''}, {outcome.holds} holds, {outcome.loaded_s:.0f} s of load,"
        f" rated by {'you' if plan.rated_by == 'self' else 'a partner'}. {SHORT[outcome.short]}".rstrip()
    )
    return "\n".join(lines)


# Printed by tests/bench/ceiling_loop.py for a first calibration of 1000 simulated people: 6.4 % (5.0 to 8.2) had a line above the truth,
# and 2.8 of 10 is the median of the worst of 60 s at it. Rounded to the careful side.
MEANING = (
    "In simulations, 60 s at such a line stayed under 6 for 91 of 100 people, and half of them felt no more than 3 of 10 at it."
    " Nobody has been measured on a physical ball. Stay below it, and come off sooner if you want to."
)


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
    return ["rating", *out, f"{axis}{f'{top:.0f} {unit}':>{max(1, PLOT_COLUMNS + 5 - len(axis))}}", LEGEND]


LEGEND = "     o rated in a ramp, x in a hold, ─ the curve, ░ where it may lie, ┃ your line"
