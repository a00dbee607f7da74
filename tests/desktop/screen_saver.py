"""A desktop's screen saver for test_wake.py, on the session bus that the environment names: prints what it is told, a line each."""

from __future__ import annotations

import sys

from PySide6.QtCore import ClassInfo, QCoreApplication, QObject, Slot
from PySide6.QtDBus import QDBusConnection

NAME = "org.freedesktop.ScreenSaver"


@ClassInfo({"D-Bus Interface": NAME})
class ScreenSaver(QObject):
    @Slot(str, str, result=int)
    def Inhibit(self, who: str, why: str) -> int:  # noqa: N802 (the service's name)
        print(f"{who}: {why}", flush=True)
        return 6


app = QCoreApplication(sys.argv[:1])
saver = ScreenSaver()
bus = QDBusConnection.sessionBus()
assert bus.registerObject("/org/freedesktop/ScreenSaver", saver, QDBusConnection.RegisterOption.ExportAllSlots)
assert bus.registerService(NAME)
print("ready", flush=True)
app.exec()
