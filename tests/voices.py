"""Makes the spoken phrases from the catalogue with espeak-ng (Debian: espeak-ng): `make voice`."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
import wave
from pathlib import Path

import numpy as np
from scipy.signal import resample_poly

from sixten.sound.tones import RATE
from sixten.sound.voice import FIRST, MANIFEST, VOICE
from sixten.voice_words import SPOKEN

SPEAKER, WORDS_PER_MIN = "en-gb", 165
QUIET = 0.01  # of full scale: what is trimmed at both ends
MARGIN_S = 0.02
SPOKEN_RMS = 10 ** (-17 / 20)  # of full scale, while there is voice
KNEE = 0.6  # from here on peaks are bent, so that none is cut


def text_hash(text: str) -> str:
    """What the manifest keeps of a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def speak(text: str) -> np.ndarray:  # type: ignore[type-arg]
    """``text`` at 16 kHz, trimmed and levelled, -1..1."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "s.wav"
        subprocess.run(["espeak-ng", "-v", SPEAKER, "-s", str(WORDS_PER_MIN), "-w", str(path), text], check=True)
        with wave.open(str(path)) as file:
            assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
            x = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
            x = resample_poly(x, RATE, file.getframerate())
    loud = np.flatnonzero(np.abs(x) > QUIET)
    margin = round(MARGIN_S * RATE)
    x = x[max(0, loud[0] - margin) : loud[-1] + margin]
    x *= SPOKEN_RMS / active_rms(x)
    bent = KNEE + (1 - KNEE) * np.tanh((np.abs(x) - KNEE) / (1 - KNEE))
    return np.where(np.abs(x) > KNEE, np.sign(x) * bent, x)


def active_rms(x: np.ndarray) -> float:  # type: ignore[type-arg]
    """Root mean square of the 20 ms pieces that are not silence."""
    pieces = x[: len(x) // 320 * 320].reshape(-1, 320)
    power = (pieces**2).mean(axis=1)
    return float(np.sqrt(power[power > QUIET**2].mean()))


if __name__ == "__main__":
    try:
        version = subprocess.run(["espeak-ng", "--version"], capture_output=True, text=True, check=True).stdout.split("  ")[0]
    except OSError:
        sys.exit("espeak-ng is missing; on Debian: apt-get install espeak-ng")
    for path in VOICE.glob("*.wav"):
        path.unlink()
    for text, key in FIRST.items():
        with wave.open(str(VOICE / f"{key}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(1)
            file.setframerate(RATE)
            file.writeframes((np.rint(127 * speak(text)) + 128).astype(np.uint8).tobytes())
    manifest = {"made_with": f"{version}, voice {SPEAKER}", "texts": {key: text_hash(text) for key, text in SPOKEN.items()}}
    MANIFEST.write_text(json.dumps(manifest, indent=1) + "\n")
    size = sum(path.stat().st_size for path in VOICE.iterdir())
    print(f"{len(FIRST)} phrases, {size / 1e6:.2f} MB, {size / RATE:.0f} s")
