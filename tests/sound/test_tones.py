"""What the tones and the voice are made of, measured: pitch, harmonics, pulses, loudness."""

from __future__ import annotations

import json
import wave

import numpy as np
import pytest

from sixten.calibration_words import PROMPTS
from sixten.sound.cues import ONCE_A_WINDOW, SOUNDS
from sixten.sound.tones import AGAIN_S, LEVELS_DB, NAMES, RATE, tone
from sixten.sound.voice import FIRST, LEVEL, MANIFEST, VOICE, file_of, phrases
from sixten.voice_words import SPOKEN
from voices import SPOKEN_RMS, active_rms, text_hash

ALARMS = ("over", "loss")


def pulses(name: str) -> list[tuple[int, int]]:
    """(begin, end) of each pulse, in samples."""
    loud = np.abs(tone(name)) > 1e-4
    loud = np.convolve(loud, np.ones(80), "same") > 0  # zero crossings are no pause
    edges = np.flatnonzero(np.diff(np.concatenate([[0], loud.astype(int), [0]])))
    return list(zip(edges[::2], edges[1::2], strict=True))


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_has_the_shape_of_medium_priority(name: str) -> None:
    parts = pulses(name)
    assert len(parts) == 3
    for begin, end in parts:
        assert 0.125 <= (end - begin) / RATE <= 0.25
    for (_, end), (begin, _) in zip(parts, parts[1:], strict=False):
        assert 0.125 <= (begin - end) / RATE <= 0.25
    assert 2.5 <= AGAIN_S <= 30


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_has_a_low_fundamental_and_four_harmonics(name: str) -> None:
    for begin, end in pulses(name):
        x = tone(name)[begin:end] * np.hanning(end - begin)
        spectrum = 20 * np.log10(np.abs(np.fft.rfft(x, RATE)) + 1e-12)  # one bin a hertz
        peaks = [hz for hz in range(100, 4000) if spectrum[hz] == spectrum[hz - 20 : hz + 21].max() and spectrum[hz] > spectrum.max() - 30]
        fundamental = peaks[0]
        assert 150 <= fundamental <= 1000
        harmonics = [hz for hz in peaks[1:] if abs(hz / fundamental - round(hz / fundamental)) < 0.02 and 300 <= hz <= 4000]
        assert len(harmonics) >= 4
        assert all(abs(spectrum[hz] - spectrum[fundamental]) <= 15 for hz in harmonics)


def test_each_tone_is_as_loud_as_it_should_be_and_alarms_are_loudest() -> None:
    for name in NAMES:
        x = tone(name).astype(float)
        assert np.abs(x).max() < 0.9, name
        sounding = x[np.convolve(np.abs(x) > 1e-4, np.ones(80), "same") > 0]
        assert 20 * np.log10(np.sqrt((sounding**2).mean())) == pytest.approx(LEVELS_DB[name], abs=0.6), name
        assert abs(x[0]) < 0.01 and abs(x[-1]) < 0.01, f"{name} clicks"
    assert max(LEVELS_DB, key=lambda name: LEVELS_DB[name]) == "over"
    assert LEVELS_DB["in"] == LEVELS_DB["out"] == min(LEVELS_DB.values())


def test_tones_are_told_apart() -> None:
    """No two of them have the same notes, apart from loudness."""
    shapes = {name: tone(name) / np.abs(tone(name)).max() for name in NAMES}
    for a in NAMES:
        for b in NAMES:
            if a < b and len(shapes[a]) == len(shapes[b]):
                assert np.abs(shapes[a] - shapes[b]).max() > 0.2, (a, b)


def test_every_phrase_has_its_file_made_from_todays_words() -> None:
    kept = json.loads(MANIFEST.read_text())["texts"]
    assert kept == {key: text_hash(text) for key, text in SPOKEN.items()}, "run `make voice`"
    assert {path.stem for path in VOICE.glob("*.wav")} == set(FIRST.values())
    assert set(phrases()) == set(SPOKEN)


@pytest.mark.parametrize("key", sorted(FIRST.values()))
def test_phrases_are_short_trimmed_and_equally_loud(key: str) -> None:
    with wave.open(str(file_of(key))) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (1, RATE, 1)
    x = phrases()[key].astype(float)
    assert 0.2 < len(x) / RATE < 5.0
    assert np.abs(x).max() < LEVEL
    assert 20 * np.log10(active_rms(x) / (LEVEL * SPOKEN_RMS)) == pytest.approx(0, abs=1.5)
    for end in (x[: RATE // 10], x[-RATE // 10 :]):
        assert np.abs(end).max() > 0.01, "silence is left at an end"


def test_they_are_small() -> None:
    assert sum(path.stat().st_size for path in VOICE.iterdir()) < 1.5e6


def test_the_tables_agree() -> None:
    for key, (priority, name) in SOUNDS.items():
        assert priority in range(5)
        assert name in ("", *NAMES)
        assert name or key in SPOKEN, f"{key} has neither tone nor words"
    assert set(SOUNDS) >= ONCE_A_WINDOW
    spoken_in_calibration = {code for code in PROMPTS if code in SPOKEN}
    assert set(PROMPTS) - spoken_in_calibration == {"stopped_goes_on", "differs"}
