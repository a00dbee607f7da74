"""Settings that hold for every test."""

import os

from hypothesis import settings

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # the window's tests need no screen
os.environ["LANGUAGE"] = "C"  # what is said is compared in English, whatever the developer speaks
settings.register_profile("sixten", deadline=None, derandomize=True)  # no wall clock in a verdict; the same examples each time
settings.load_profile("sixten")
