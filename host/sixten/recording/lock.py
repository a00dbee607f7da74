"""One program at a time: a lock file that names its owner and is taken over only when that owner is dead. Needs no fcntl."""

from __future__ import annotations

import json
import os
import secrets
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any

from sixten.recording.errors import RecordingError

WAIT_S = 2.0  # what is done under a lock takes milliseconds; a disk that is slow today takes less than this
_POLL_S = 0.02


@contextmanager
def locked(folder: Path, wait_s: float = WAIT_S) -> Iterator[None]:
    """Hold ``folder``'s lock (the file ``.lock`` in it) meanwhile.

    Raises RecordingError, naming the owner, if another living program holds it for longer than ``wait_s``, or if it cannot be made.
    """
    path = folder / ".lock"
    mine = json.dumps({**myself(), "host": socket.gethostname(), "key": secrets.token_hex(8)})
    give_up = time.monotonic() + wait_s
    try:
        while not _take(path, mine):
            text = _text(path)
            if text and _dead(text):
                _remove(path, text)
            elif time.monotonic() >= give_up:
                raise RecordingError(_held(path, text))
            else:
                time.sleep(_POLL_S)
    except OSError as error:
        raise RecordingError(f"{folder} cannot be written ({error.strerror}).") from error
    try:
        yield
    finally:
        if _text(path) == mine:
            path.unlink(missing_ok=True)


def _take(path: Path, mine: str) -> bool:
    """The file appears with its content or not at all, so that nobody reads a lock without an owner."""
    new = path.with_name(f".lock-{secrets.token_hex(6)}")
    fd = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(fd, mine.encode())
    finally:
        os.close(fd)
    try:
        if os.name == "nt":
            os.rename(new, path)  # there it refuses to replace
        else:
            os.link(new, path)
    except FileExistsError:
        return False
    except OSError:  # a file system without links
        try:
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return False
        os.write(fd, mine.encode())
        os.close(fd)
    finally:
        new.unlink(missing_ok=True)
    return True


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except FileNotFoundError:
        return ""


def _remove(path: Path, text: str) -> None:
    """Remove the lock ``text`` and no other: between looking and removing, somebody else may have done it and taken the lock."""
    aside = path.with_name(f".lock-{secrets.token_hex(6)}")
    try:
        os.rename(path, aside)
    except FileNotFoundError:
        return
    if _text(aside) != text:
        _take(path, _text(aside))
    aside.unlink(missing_ok=True)


def myself() -> dict[str, Any]:
    """This process, as ``is_dead`` knows it; without the machine's name, which may be its owner's and stands in what is passed on."""
    return {"pid": os.getpid(), "started": _started(os.getpid()), "host": _machine()}


def is_dead(owner: object) -> bool:
    """Whether ``owner`` (see ``myself``) is known to be dead: a process of this machine that is no more. In doubt it lives."""
    if not isinstance(owner, dict):
        return False
    try:
        pid, started, host = int(owner["pid"]), str(owner["started"]), owner["host"]
    except (ValueError, KeyError, TypeError, OverflowError):
        return False
    return bool(host in (_machine(), socket.gethostname())) and not _alive(pid, started)


def _machine() -> str:
    return blake2b(socket.gethostname().encode(), digest_size=4).hexdigest()


def _dead(text: str) -> bool:
    try:
        return is_dead(json.loads(text))
    except (ValueError, RecursionError):
        return False


def _held(path: Path, text: str) -> str:
    try:
        owner = json.loads(text)
        who = f"process {int(owner['pid'])} on {owner['host']}"
    except (ValueError, KeyError, TypeError):
        who = "somebody unknown"
    return f"Another program ({who}) is writing to {path.parent}; close it and try again. If none is running, delete {path}."


def _alive(pid: int, started: str) -> bool:
    if sys.platform == "win32":  # os.kill(pid, 0) would end the process there
        import ctypes

        query, still_active = 0x1000, 259
        handle = ctypes.windll.kernel32.OpenProcess(query, False, pid)
        if not handle:
            return False
        code = ctypes.c_ulong()
        ctypes.windll.kernel32.GetExitCodeProcess(handle, ctypes.byref(code))
        ctypes.windll.kernel32.CloseHandle(handle)
        return code.value == still_active
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return _started(pid) == started or not started


def _started(pid: int) -> str:
    """When the process began, where the system says so: a number that is used again is another process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""
