"""The screen stays on, asked of a real bus."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux") or shutil.which("dbus-daemon") is None, reason="needs a message bus: apt-get install dbus-daemon"
)
# In a process of its own, because Qt asks for the session's bus once: hold, then release, and how many connections that has left.
CLIENT = """
import threading, time
from PySide6.QtCore import QCoreApplication
from PySide6.QtDBus import QDBusConnection
from sixten.desktop.wake import Awake
app = QCoreApplication([])
def answered():
    while any(thread.name == "awake" for thread in threading.enumerate()):
        time.sleep(0.01)
def connections():
    bus = QDBusConnection.sessionBus()
    return len(bus.interface().registeredServiceNames().value()) if bus.isConnected() else 0
before, awake = connections(), Awake()
awake.hold("a session")
answered()
held = connections()
print(awake.held, held - before)
awake.release()
answered()
print(awake.held, connections() - before)
"""


def client(address: str) -> list[str]:
    env = os.environ | {"DBUS_SESSION_BUS_ADDRESS": address}
    done = subprocess.run([sys.executable, "-c", CLIENT], env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.fixture
def bus() -> Iterator[str]:
    with subprocess.Popen(["dbus-daemon", "--session", "--nofork", "--print-address"], stdout=subprocess.PIPE, text=True) as daemon:
        assert daemon.stdout is not None
        yield daemon.stdout.readline().strip()
        daemon.terminate()


def test_the_desktop_is_asked_and_the_wish_ends_with_its_connection(bus: str) -> None:
    saver = [sys.executable, str(Path(__file__).with_name("screen_saver.py"))]
    env = os.environ | {"DBUS_SESSION_BUS_ADDRESS": bus}
    with subprocess.Popen(saver, env=env, stdout=subprocess.PIPE, text=True) as desktop:
        assert desktop.stdout is not None and desktop.stdout.readline() == "ready\n"
        assert client(bus) == ["True 1", "False 0"]
        assert desktop.stdout.readline() == "sixten: a session\n"
        desktop.terminate()


def test_without_a_screen_saver_or_a_bus_nothing_is_held_and_nothing_fails(bus: str) -> None:
    assert client(bus)[1] == "False 0"
    assert client("unix:path=/nowhere/at/all")[0] == "False 0"
