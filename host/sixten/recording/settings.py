"""What is remembered between runs. Nothing here fails a session: what cannot be read or kept is a ``Trouble``, and defaults stand in.

What stands in the file and is not understood, the fields of a newer version among it, is left as it is.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import msgspec

from sixten.recording.places import settings_path
from sixten.recording.whole import sync_folder

FILE_MAX = 1 << 20  # bytes; a thousand balls and people are a tenth of this
VOLUMES = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]


class Settings(msgspec.Struct, frozen=True):
    """balls: USB identities (vendor:product:serial) of ports that a ball answered on. picked: those that were picked where there was a
    choice, the newest last. turn: degrees clockwise. low_power: fewer frames. estimate: whether the estimated pain is shown.
    person: the id of who was last on the ball.
    """

    balls: list[str] = []
    picked: list[str] = []
    theme: Literal["dark", "light"] = "dark"
    turn: Literal[0, 90, -90] = 0
    low_power: bool = False
    estimate: bool = False
    volume: VOLUMES = 1.0
    person: str = ""
    hide_names: bool = False


class Trouble(NamedTuple):
    """kind: ``damaged``, ``unreadable`` or ``unwritable``. aside: the name under which a damaged file is kept, if it could be."""

    kind: str
    path: Path
    reason: str
    aside: str = ""


def load() -> tuple[Settings, Trouble | None]:
    """What was remembered, and what is wrong with it. A value that makes no sense is as good as none."""
    raw, trouble = _read(settings_path())
    return _understood(raw), trouble


def load_settings() -> Settings:
    """What was remembered; defaults if there is nothing, or nothing that can be read."""
    return load()[0]


def change(**changes: Any) -> Trouble | None:
    """Remember these fields; the others stay as they are in the file. A damaged file is put aside first, never written over."""
    path = settings_path()
    raw, trouble = _read(path)
    if trouble is not None and trouble.kind == "unreadable":
        return trouble
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if trouble is not None:
            aside = f"{path.name}.broken-{datetime.now(UTC):%Y%m%d%H%M%S}-{secrets.token_hex(2)}"
            path.rename(path.with_name(aside))
            trouble = trouble._replace(aside=aside)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(raw | changes), indent=1) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        return Trouble("unwritable", path, error.strerror or str(error))
    return trouble


def remember_ball(usb_key: str) -> Trouble | None:
    """A ball answered behind this USB identity: next time its port is opened without asking. Never a reason to fail a session."""
    balls = load_settings().balls
    return change(balls=[*balls, usb_key]) if usb_key and usb_key not in balls else None


def _read(path: Path) -> tuple[dict[str, Any], Trouble | None]:
    try:
        with path.open("rb") as file:
            data = file.read(FILE_MAX + 1)
    except FileNotFoundError:
        return {}, None
    except OSError as error:
        return {}, Trouble("unreadable", path, error.strerror or str(error))
    try:
        if len(data) > FILE_MAX:
            raise ValueError("too large")
        raw = msgspec.json.decode(data)
        if not isinstance(raw, dict):
            raise ValueError("no settings")
    except (ValueError, RecursionError) as error:  # msgspec's errors are ValueErrors
        return {}, Trouble("damaged", path, str(error))
    return raw, None


def _understood(raw: dict[str, Any]) -> Settings:
    found = {}
    for field in msgspec.structs.fields(Settings):
        if field.name in raw:
            with suppress(ValueError):
                found[field.name] = msgspec.convert(raw[field.name], field.type)
    return Settings(**found)
