"""The spoken phrases, as files that come with the program (`make voice`)."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

from sixten.sound.tones import RATE, Wave
from sixten.voice_words import SPOKEN

VOICE = Path(__file__).parent.parent / "voice" / "en"
LEVEL = 0.75  # of the files' own, so that words and an alarm under them do not clip
MANIFEST = VOICE / "manifest.json"

FIRST = {text: key for key, text in reversed(SPOKEN.items())}  # two keys with the same words share the file of the first


def file_of(key: str) -> Path:
    """The file of a phrase."""
    return VOICE / f"{FIRST[SPOKEN[key]]}.wav"


def phrases() -> dict[str, Wave]:
    """Every phrase that can be read; one that cannot is not spoken, and its tone stands alone."""
    found = {}
    for key in SPOKEN:
        try:
            with wave.open(str(file_of(key)), "rb") as file:
                if (file.getnchannels(), file.getsampwidth(), file.getframerate()) != (1, 1, RATE):
                    continue
                data = file.readframes(file.getnframes())
        except (OSError, EOFError, wave.Error):
            continue
        found[key] = np.asarray((np.frombuffer(data, np.uint8).astype(np.float32) - 128) * (LEVEL / 128), np.float32)
    return found
