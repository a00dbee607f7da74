"""Commands for whoever built a ball: what was measured on it, against what was computed."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer

from sixten.cli.common import app, fail


@app.command("verify-ball")
def verify_ball(
    form: Annotated[Path, typer.Argument(metavar="FORM.csv", help="A filled form from hardware/forms.")],
) -> None:
    """Compare measurements on a physical ball with what was computed for it; exit code 1 if a row lies outside."""
    from sixten.verify import verify

    try:
        rows = verify(form)
    except (ValueError, OSError) as error:
        fail(f"{form}: {error.strerror if isinstance(error, OSError) else error}.")
    wide = max(len(r.what) for r in rows)
    for r in rows:
        if math.isinf(r.low):
            allowed = f"at most {r.high:.3g}"
        elif math.isinf(r.high):
            allowed = f"at least {r.low:.3g}"
        else:
            allowed = f"{r.low:.3g} to {r.high:.3g}"
        measured = "never" if math.isinf(r.measured) else f"{r.measured:.3g}"
        print(f"{'ok' if r.ok else 'OUTSIDE':<8} {r.what:<{wide}}  measured {measured} {r.unit}, computed {allowed}")
    outside = sum(not r.ok for r in rows)
    print(f"{len(rows) - outside} of {len(rows)} within what was computed.")
    if outside:
        raise typer.Exit(1)
