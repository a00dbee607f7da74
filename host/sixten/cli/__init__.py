"""Every command. The only place that chooses source, recorder and face; one module for each family of commands."""

from __future__ import annotations

import os
import sys

# Each adds its commands to `app`, in the order that help shows.
from sixten.cli import live, visit, calibrate, people, sessions, correct, backup, export, report, replay  # noqa: F401  isort: skip
from sixten.cli import flatboard, ceiling, board, bench  # noqa: F401  isort: skip
from sixten.cli.common import app


def main() -> None:
    """The program."""
    argv = [part for a in sys.argv[1:] for part in (a.split("=", 1) if a.startswith("--virtual=") else [a])]
    try:
        app(args=argv)
    except BrokenPipeError:  # somebody closed the pipe we print into
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
