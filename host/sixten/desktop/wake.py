"""Keeps the screen on while somebody lies on the ball: nobody touches the computer for minutes, and a dark screen warns nobody."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import threading

from PySide6.QtDBus import QDBus, QDBusConnection, QDBusMessage

ANSWER_MS = 2000  # a desktop that has not answered by then does not
# Windows: ES_CONTINUOUS, and with ES_SYSTEM_REQUIRED and ES_DISPLAY_REQUIRED, of SetThreadExecutionState (Microsoft, winbase.h).
SLEEPS, AWAKE = 0x80000000, 0x80000003
BUS = "sixten-awake"  # a connection of its own: the desktop forgets the wish when that is closed, or when this program dies


class Awake:
    """Ask with ``hold`` and ``release``, from the window's thread; neither waits. held: whether the system has agreed."""

    def __init__(self) -> None:
        self.held = False
        self._wanted = False
        self._one = threading.Lock()
        self._caffeinate: subprocess.Popen[bytes] | None = None

    def hold(self, why: str) -> None:
        """Keep the screen on from now. why: in words, for the system's own list of who does so."""
        self._want(True, why)

    def release(self) -> None:
        """Let it sleep again."""
        self._want(False, "")

    def _want(self, wanted: bool, why: str) -> None:
        if wanted == self._wanted:
            return
        self._wanted = wanted
        if sys.platform == "win32":  # counts by thread, and answers at once
            self.held = bool(ctypes.windll.kernel32.SetThreadExecutionState(AWAKE if wanted else SLEEPS)) and wanted
        else:  # a desktop can take seconds to answer
            threading.Thread(target=self._follow, args=(why,), name="awake", daemon=True).start()

    def _follow(self, why: str) -> None:
        with self._one:
            if self._wanted and not self.held:
                self.held = self._caffeinated() if sys.platform == "darwin" else _inhibited(why)
            elif not self._wanted and self.held:
                self.held = False
                if self._caffeinate is not None:
                    self._caffeinate.terminate()
                    self._caffeinate.wait()
                QDBusConnection.disconnectFromBus(BUS)

    def _caffeinated(self) -> bool:
        try:
            self._caffeinate = subprocess.Popen(["caffeinate", "-d", "-w", str(os.getpid())])
        except OSError:
            return False
        return True


def _inhibited(why: str) -> bool:
    """Whether the desktop's screen saver (freedesktop.org, Idle Inhibition Service) has agreed to stay away."""
    service = "org.freedesktop.ScreenSaver"
    call = QDBusMessage.createMethodCall(service, "/org/freedesktop/ScreenSaver", service, "Inhibit")
    call.setArguments(["sixten", why])
    bus = QDBusConnection.connectToBus(QDBusConnection.BusType.SessionBus, BUS)
    if bus.isConnected() and bus.call(call, QDBus.CallMode.Block, ANSWER_MS).type() == QDBusMessage.MessageType.ReplyMessage:
        return True
    QDBusConnection.disconnectFromBus(BUS)
    return False
