"""`sixten ceiling`: lines from ratings that stand in a table, away from any ball."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sixten.cli.common import Json, app, fail

if TYPE_CHECKING:
    from sixten.pain.ceiling import Ceiling, NotCalibrated
    from sixten.pain.model import Rating
    from sixten.plot import Panel

BYTES_MAX = 1 << 26  # 64 MB of ratings are no study's
CURVE_POINTS = 40


@app.command()
def ceiling(
    file: Annotated[Path, typer.Argument(metavar="RATINGS.csv", help="Columns kpa, score; person, trial, kind, rate_kpa_s, held_s.")],
    json: Json = False,
    plot: Annotated[Path | None, typer.Option(metavar="FILE.svg", help="Draw ratings, curve and ceiling, a panel a person.")] = None,
) -> None:
    """Fit the line of each person in a table of ratings."""
    if plot is not None and plot.suffix.lower() != ".svg":
        fail(f"--plot {plot}: give a name that ends in .svg.")
    try:
        with file.open("rb") as opened:
            data = opened.read(BYTES_MAX + 1)
    except OSError as error:
        fail(f"{file} cannot be read ({error.strerror}).")
    if len(data) > BYTES_MAX:
        fail(f"{file} is larger than {BYTES_MAX >> 20} MB; that is not one study's ratings.")
    from sixten.pain.ceiling import fit_ceiling
    from sixten.recording.ratings import read_ratings

    try:
        table = read_ratings(data)
    except ValueError as error:
        fail(f"{file} {error}.")
    for words in table.assumed:
        print(f"sixten: {words}.", file=sys.stderr)
    fits = {person: fit_ceiling(ratings) for person, ratings in table.people.items()}
    if plot is not None:
        _draw(plot, [_panel(person, table.people[person], fit) for person, fit in fits.items()])
    for person, fit in fits.items():
        print(_object(person, table.people[person], fit) if json else _words(person, fit))


def _object(person: str, ratings: list[Rating], fit: Ceiling | NotCalibrated) -> str:
    import msgspec

    from sixten.pain.ceiling import Ceiling

    out: dict[str, Any] = {"person": person, "ceiling_kpa": None, "median_kpa": None, "interval_kpa": None}
    out |= {"highest_felt_kpa": max(r.kpa for r in ratings), "limited_by": None, "reasons": []}
    if isinstance(fit, Ceiling):
        out |= {"ceiling_kpa": fit.kpa, "median_kpa": fit.median_kpa, "interval_kpa": fit.interval_kpa, "limited_by": fit.limited_by}
    else:
        out["reasons"] = fit.reasons
    return msgspec.json.encode(out).decode()


def _words(person: str, fit: Ceiling | NotCalibrated) -> str:
    from sixten.pain.ceiling import Ceiling

    name = "".join(c if c.isprintable() else repr(c)[1:-1] for c in person)
    if not isinstance(fit, Ceiling):
        return f"{name}: no ceiling. {' '.join(fit.reasons)}"
    low, high = fit.interval_kpa
    six = f"6 of 10 at {fit.median_kpa:.1f} kPa (90 %: {low:.1f} to {high:.1f})"
    return f"{name}: ceiling {fit.kpa:.1f} kPa, limited by {fit.limited_by}; {six}."


def _panel(person: str, ratings: list[Rating], fit: Ceiling | NotCalibrated) -> Panel:
    import numpy as np

    from sixten.pain.ceiling import RATINGS_KEPT, Ceiling
    from sixten.pain.model import posterior
    from sixten.plot import Panel

    if not isinstance(fit, Ceiling):
        return Panel(person, ratings, note=f"No ceiling. {' '.join(fit.reasons)}")
    low, high = fit.interval_kpa
    pressures = np.linspace(0.0, 1.05 * max(fit.highest_felt_kpa, fit.kpa), CURVE_POINTS).tolist()
    quantiles = posterior(ratings[-RATINGS_KEPT:]).band(pressures)
    band = [(p, lo, mid, hi) for p, (lo, mid, hi) in zip(pressures, quantiles, strict=True)]
    note = f"6 of 10 at {fit.median_kpa:.1f} kPa (90 %: {low:.1f} to {high:.1f}); limited by {fit.limited_by}."
    return Panel(person, ratings, band, fit.kpa, note)


def _draw(path: Path, panels: list[Panel]) -> None:
    """Whole or not at all."""
    from sixten.plot import svg

    new = path.with_name(f".{path.name}.new")
    try:
        new.write_text(svg(panels), "utf-8")
        new.replace(path)
    except OSError as error:
        new.unlink(missing_ok=True)
        fail(f"{path} cannot be written ({error.strerror}).")
