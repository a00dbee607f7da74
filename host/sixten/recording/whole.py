"""A file that appears whole or not at all, and never in the place of another one."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from sixten.recording.errors import RecordingError


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """Write into it; at the end of the block it is at ``path``, readable by its owner alone. After an exception nothing is there.

    Raises RecordingError if something is there already, or it cannot be written.
    """
    refuse_existing(path)
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    try:
        fd = os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        try:
            with open(fd, "w+b") as file:
                yield file
                file.flush()
                os.fsync(fd)
            _publish(new, path)
        finally:
            new.unlink(missing_ok=True)
    except FileExistsError:
        refuse_existing(path)
        raise
    except OSError as error:
        raise RecordingError(f"{path} cannot be written ({error.strerror}).") from error


def refuse_existing(path: Path) -> None:
    """Raises RecordingError if anything has that name."""
    if os.path.lexists(path):
        raise RecordingError(f"{path} exists already and is not overwritten; choose another name.")


def _publish(new: Path, path: Path) -> None:
    """Raises FileExistsError, on every system, if somebody was quicker."""
    if os.name == "nt":
        os.rename(new, path)
        return
    try:
        os.link(new, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links: the moment between looking and renaming remains
        if os.path.lexists(path):
            raise FileExistsError(path) from None
        os.rename(new, path)


def sync_folder(folder: Path) -> None:
    """So that the new name, too, outlives a power cut; systems that cannot sync a folder do it by themselves."""
    try:
        fd = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(fd)
    except OSError:
        pass
    finally:
        os.close(fd)
