"""Keeps a session while it happens: ``put`` never waits, a thread appends, and what is on the disk survives the program's death."""

from __future__ import annotations

import errno
import os
import platform
import threading
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy
import scipy

import sixten
from sixten.ball.messages import Event, Samples
from sixten.pressure.readings import Gap, Reading
from sixten.pressure.zero import TAKEN, ZeroNews
from sixten.recording.closing import close
from sixten.recording.digest import Digest
from sixten.recording.errors import RecordingError
from sixten.recording.head import CLOSED, PLAIN
from sixten.recording.lines import FORMAT, VERSION, event_line, follows, joined, notice_line, samples_lines, seal, zero_line
from sixten.recording.lock import myself
from sixten.recording.reader import base_name
from sixten.session.rules import Notice

WRITE_EVERY_S = 0.02  # at least; and when an event has been decided
REST_S = 0.01  # but not sooner after the last time: a ball's samples come every 16.5 ms, a virtual one's at full speed much faster
SYNC_EVERY_S = 1.0  # what a machine crash may cost; a crash of the program costs at most WRITE_EVERY_S
RETRY_EVERY_S = LOOK_EVERY_S = 1.0
STALL_S = 2.0  # a write or a sync has taken this long: the disk hangs, say so
WRITE_LINES = 200  # lines in one write; on a nearly full disk small pieces still fit
BATCH_SAMPLES = 9  # 30 ms of samples in a line
QUEUE_MAX = 30_000  # events; over a minute of a full stream, far more than any disk stall that is not a dead disk

CREATE = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
COPY_BYTES = 1 << 20  # at a time, of a file that was removed

_sync = getattr(os, "fdatasync", os.fsync)


def software() -> dict[str, str]:
    """What must be the same for a replay to be bit for bit the same."""
    return {
        "sixten": sixten.__version__, "python": platform.python_version(), "numpy": numpy.__version__,
        "scipy": scipy.__version__, "machine": platform.machine(),
    }  # fmt: skip


class Writer:
    """One recording. ``failure`` is empty, or a sentence while what is put cannot be kept."""

    def __init__(self, path: Path, header: Mapping[str, Any]) -> None:
        """Creates ``path`` (readable by its owner alone). Raises RecordingError if it exists or cannot be made.

        A path that ends in ``.gz`` is recorded plain, without that ending, and made so by ``close``; ``path`` is where it is now.
        """
        closes = path.name.endswith(CLOSED)
        taken = path.exists()
        self.path = path = path.with_name(base_name(path) + PLAIN) if closes else path
        self._closes = closes
        self.failure = ""
        self.lines_dropped = 0
        self._queue: deque[Event | Reading | Gap | ZeroNews | Notice] = deque()
        self._pending: list[bytes] = []  # sealed, not yet on the disk
        self._good = 0  # offset behind the last whole line
        self._gone = self._unsynced = ""  # why what is written may not stay
        self._syncing_s: float | None = None  # since when
        self._open_file = threading.Lock()  # so that none is closed while it is synced
        self._digest = Digest()
        self._stop, self._wake = threading.Event(), threading.Event()
        self._alive = time.monotonic()
        try:
            if taken:
                raise FileExistsError
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._fd = os.open(path, CREATE, 0o600)
        except FileExistsError:
            raise RecordingError(f"{path} exists already; a recording is never overwritten, choose another name.") from None
        except OSError as error:
            raise RecordingError(f"{path} cannot be written ({error.strerror}); choose another place or use --no-record.") from error
        started = datetime.now(UTC).isoformat(timespec="milliseconds")
        begins = {"k": "header", "format": FORMAT, "version": VERSION, "started_utc": started}
        self._line({**begins, **header, "software": software(), "writer": myself()})
        self._thread = threading.Thread(target=self._work, name="recorder", daemon=True)
        self._syncer = threading.Thread(target=self._sync_work, name="recorder-sync", daemon=True)
        self._thread.start()
        self._syncer.start()

    def put(self, what: Event | Reading | Gap | ZeroNews | Notice) -> None:
        """Keep it. Returns at once, whatever the disk does; what no longer fits into memory is counted and said."""
        if time.monotonic() - self._alive > STALL_S:
            self.failure = self.failure or "the disk does not answer"
        if len(self._queue) >= QUEUE_MAX:
            self.lines_dropped += 1
            self.failure = self.failure or "the disk does not keep up"
        else:
            self._queue.append(what)

    def wake(self) -> None:
        """Have what was put written now: a program that is killed meanwhile loses next to nothing. After each event, behind its decisions,
        so that the two threads do not want the processor at the same time.
        """
        if time.monotonic() - self._alive > REST_S:
            self._wake.set()

    def close(self, summary: Mapping[str, Any], keep: bool = True, wait_s: float = 5.0) -> None:
        """Writes what is left and the end line; gives a stuck disk ``wait_s`` seconds and no more. Then the file takes its closed form.

        keep: False removes the file, for a session in which not one sample came.
        """
        self._summary = dict(summary)
        self._stop.set()
        self._wake.set()
        self._thread.join(wait_s)
        if self._thread.is_alive():
            self.failure = self.failure or "the disk did not answer"
        elif not keep:
            self.path.unlink(missing_ok=True)
        elif self._closes and not self.failure:
            with suppress(OSError, RecordingError):  # no room for it, perhaps: it stays as it is, which is as good
                self.path = close(self.path)

    # --- the writer thread -------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        looked = failed = time.monotonic()
        failing = False
        while True:
            self._wake.wait(WRITE_EVERY_S)
            self._wake.clear()
            stopping = self._stop.is_set()
            self._take()
            if stopping:
                self._line({"k": "end", "dropped_lines": self.lines_dropped, **self._summary})
            now = self._alive = time.monotonic()
            if not failing or stopping or now - failed >= RETRY_EVERY_S:
                failing = not self._write()
                if failing:
                    failed = now
                elif now - looked >= LOOK_EVERY_S or stopping:
                    looked = now
                    self._look()
            if stopping:
                break
        self._syncer.join()
        self._sync()
        self.failure = self.failure or self._unsafe()
        os.close(self._fd)

    def _take(self) -> None:
        """Empties the queue into lines, joining neighbouring samples up to 30 ms."""
        batch: Samples | None = None
        while self._queue:
            what = self._queue.popleft()
            if isinstance(what, Samples):
                if batch and len(batch.raw) + len(what.raw) <= BATCH_SAMPLES and follows(batch, what):
                    batch = joined((batch, what))
                    continue
                self._samples(batch)
                batch = what
            elif isinstance(what, (Reading, Gap, ZeroNews)):
                digest = self._digest.add(what)
                if digest:
                    self._samples(batch)
                    batch = None
                    self._line(digest)
                if isinstance(what, ZeroNews) and what.kind == TAKEN:
                    self._samples(batch)
                    batch = None
                    self._line(zero_line(what))
            else:
                self._samples(batch)
                batch = None
                self._line(notice_line(what) if isinstance(what, Notice) else event_line(what))
        self._samples(batch)

    def _samples(self, batch: Samples | None) -> None:
        if batch:
            for line in samples_lines(batch):
                self._line(line)

    def _line(self, obj: dict[str, Any]) -> None:
        if len(self._pending) >= QUEUE_MAX:
            self.lines_dropped += 1
        else:
            self._pending.append(seal(obj))

    def _write(self) -> bool:
        """Pending lines, a piece at a time. A short write raises nothing by itself: it is cut back to the last whole line."""
        while self._pending:
            data = b"".join(self._pending[:WRITE_LINES])
            try:
                written = os.pwrite(self._fd, data, self._good) if hasattr(os, "pwrite") else self._seek_write(data)
                if written != len(data):
                    os.ftruncate(self._fd, self._good)
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            except OSError as error:
                self.failure = error.strerror or str(error)
                return False
            self._good += len(data)
            del self._pending[:WRITE_LINES]
        self.failure = self._unsafe()
        return True

    def _seek_write(self, data: bytes) -> int:
        os.lseek(self._fd, self._good, os.SEEK_SET)
        return os.write(self._fd, data)

    def _sync(self) -> None:
        self._syncing_s = time.monotonic()
        try:
            with self._open_file:
                _sync(self._fd)
            self._unsynced = ""
        except OSError as error:
            self._unsynced = error.strerror or str(error)
        self._syncing_s = None

    def _sync_work(self) -> None:
        """A thread of its own: what a killed program loses must not depend on how long the disk takes."""
        while not self._stop.wait(SYNC_EVERY_S):
            self._sync()

    def _unsafe(self) -> str:
        """Why what is written may not stay; empty if nothing is known. It holds on until it is over, however well writing goes."""
        began = self._syncing_s
        if began is not None and time.monotonic() - began > STALL_S:
            return self._gone or "the disk does not answer"
        return self._gone or self._unsynced

    def _look(self) -> None:
        """Whether the file is still there."""
        try:
            self._put_back()
            self._gone = ""
        except OSError as error:
            self._gone = f"the file was removed and cannot be put back: {error.strerror or error}"

    def _put_back(self) -> None:
        """A file that somebody has removed is gone only when it is closed: while it is open, it can be copied. Raises OSError."""
        now = os.fstat(self._fd)
        with suppress(FileNotFoundError, NotADirectoryError):
            if now.st_nlink or os.path.samestat(now, os.stat(self.path)):  # some file systems count no links
                return
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        new = os.open(self.path, CREATE, 0o600)
        try:
            at = 0
            while at < self._good:
                os.lseek(self._fd, at, os.SEEK_SET)
                data = os.read(self._fd, min(COPY_BYTES, self._good - at))
                if not data or os.write(new, data) != len(data):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                at += len(data)
        except OSError:
            os.close(new)
            self.path.unlink(missing_ok=True)
            raise
        with self._open_file:
            os.close(self._fd)
            self._fd = new
