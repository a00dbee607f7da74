"""Where recordings and settings live on this system. Virtual sessions are kept apart from real ones."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from pathlib import Path

import platformdirs

APP = "sixten"


def sessions_folder(virtual: bool) -> Path:
    """The folder of recorded sessions."""
    return Path(platformdirs.user_data_dir(APP, appauthor=False)) / ("virtual-sessions" if virtual else "sessions")


def people_folder(virtual: bool) -> Path:
    """The folder of people and their calibrations."""
    return Path(platformdirs.user_data_dir(APP, appauthor=False)) / ("virtual-people" if virtual else "people")


def new_session_path(virtual: bool) -> Path:
    """A name that says when and nothing about whom; the letters keep two sessions of one second apart."""
    return sessions_folder(virtual) / f"{datetime.now(UTC):%Y-%m-%d-%H%M%S}-{secrets.token_hex(3)}.ndjson.gz"


def balls_folder(virtual: bool) -> Path:
    """The folder of what is remembered of each ball; what a virtual one leaves is never offered to a real one."""
    return Path(platformdirs.user_data_dir(APP, appauthor=False)) / ("virtual-balls" if virtual else "balls")


def settings_path() -> Path:
    """The file of what is remembered between runs."""
    return Path(platformdirs.user_config_dir(APP, appauthor=False)) / "settings.json"
