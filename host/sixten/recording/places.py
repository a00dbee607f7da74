"""Where recordings and settings live on this system. Virtual sessions are kept apart from real ones."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import platformdirs

APP = "sixten"


class Settings(msgspec.Struct):
    """What is remembered between runs. balls: USB identities (vendor:product:serial) of ports that a ball answered on."""

    balls: list[str] = []


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


def _settings_path() -> Path:
    return Path(platformdirs.user_config_dir(APP, appauthor=False)) / "settings.json"


def load_settings() -> Settings:
    """What was remembered; defaults if there is nothing, or nothing that can be read."""
    try:
        return msgspec.json.decode(_settings_path().read_bytes(), type=Settings)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return Settings()


def remember_ball(usb_key: str) -> None:
    """A ball answered behind this USB identity: next time its port is opened without asking. Never a reason to fail a session."""
    settings = load_settings()
    if not usb_key or usb_key in settings.balls:
        return
    settings.balls.append(usb_key)
    try:
        path = _settings_path()
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(".new")
        new.write_bytes(msgspec.json.encode(settings))
        new.replace(path)
    except OSError:
        pass  # the port can be named again
