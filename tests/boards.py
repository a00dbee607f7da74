"""A ball on a pseudo-terminal for tests of what hangs on ports: the virtual board's own bytes, at the pace of the clock."""

from __future__ import annotations

import os
import pty
import threading
import time
import tty
from collections.abc import Callable
from pathlib import Path

from sixten.ball.port import Found
from sixten.ball.virtual import VirtualBoard
from sixten.ball.virtual_guard import answer
from sixten.ball.wire import frame

SAME = frame("I,fault=none")
CHANGED = frame("I,fault=sensor_changed")


class Board(VirtualBoard):
    """unique_id: of the board. changed: it has another sensor than before, until somebody says that this is right. heard: what was sent."""

    def __init__(self, unique_id: str = "000000f5", changed: bool = False, force_n: Callable[[float], float] = lambda t_s: 0.0) -> None:
        super().__init__(force_n)
        self.unique_id, self.changed = unique_id, changed
        self.heard: list[str] = []

    def _hello(self) -> bytes:
        return frame(f"H,1.1,0.2.0,virtual,{self.unique_id},1,power")

    def _info(self) -> bytes:
        return super()._info().replace(SAME, CHANGED) if self.changed else super()._info()

    def receive(self, line: bytes) -> bytes:
        text = line.split(b"*")[0].decode().split(",", 2)[2]
        self.heard.append(text)
        if text == "keep,sensor":
            self.changed = False
            return answer(line, lambda name, args: "fsr")
        return super().receive(line)


class Plugged:
    """Plugged in at ``path`` from its making to ``unplug``. board: None is something else, which says nothing."""

    def __init__(
        self, path: Path, board: Board | None, kind: str = "board", usb_key: str = "2341:0043:one", name: str = "Arduino Uno"
    ) -> None:
        self.board = board
        self.found = Found(str(path), kind, name, usb_key)
        self._path = path
        self._master, slave = pty.openpty()
        tty.setraw(slave)
        path.symlink_to(os.ttyname(slave))
        self._slave: int | None = slave
        self._out = threading.Event()
        self._thread = threading.Thread(target=self._talk, daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        """Pull the cable."""
        if self._slave is not None:
            self._out.set()
            self._thread.join()
            self._path.unlink()
            os.close(self._master)
            os.close(self._slave)
            self._slave = None

    def _talk(self) -> None:
        os.set_blocking(self._master, False)
        began, waiting = time.monotonic(), b""
        if self.board is not None:
            self._send(self.board.greeting())
        while not self._out.wait(0.01):
            try:
                waiting += os.read(self._master, 4096)
            except OSError:  # nothing there, or nobody has opened it yet
                pass
            if self.board is None:
                continue
            *lines, waiting = waiting.split(b"\n")
            for line in lines:
                self._send(self.board.receive(line + b"\n"))
            while self.board_s < time.monotonic() - began:
                self._send(self._sample())

    board_s = 0.0

    def _sample(self) -> bytes:
        assert self.board is not None
        self.board_s, line = self.board.sample()
        return line

    def _send(self, data: bytes) -> None:
        try:
            os.write(self._master, data)
        except OSError:  # nobody reads, as with a real cable
            pass
