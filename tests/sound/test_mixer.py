"""Cues to samples, in virtual time: who interrupts whom, what is dropped, and that nothing clips or depends on the blocks."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sixten.sound.cues import ANSWER, LOSS, PROMPT, SOUNDS, STOP, TIME, Cue
from sixten.sound.mixer import FADE, MUTE_S, QUIETEST, WAITS_S, WATCHED_S, Mixer
from sixten.sound.tones import AGAIN_S, NAMES, RATE, Wave, tone
from sixten.sound.voice import phrases

PHRASES = phrases()
OVER, NO_ALARM = Cue("alarm", "over", STOP), Cue("alarm", "", STOP)


def db(x: Wave) -> float:
    return float(20 * np.log10(np.sqrt(np.mean(x.astype(float) ** 2)) + 1e-9))


def heard(mixer: Mixer, seconds: float, at_s: float = 0.0) -> Wave:
    return mixer.render(round(seconds * RATE), at_s)


def alone(name: str) -> np.ndarray:  # type: ignore[type-arg]
    """One phrase alone."""
    return PHRASES[name].astype(float)


def where(x: Wave, what: np.ndarray) -> float | None:  # type: ignore[type-arg]
    """When ``what`` begins in ``x``, seconds, if it is heard there."""
    if len(what) > len(x):
        x = np.concatenate([x, np.zeros(len(what), np.float32)])
    n = len(x) + len(what)
    match = np.fft.irfft(np.fft.rfft(x, n) * np.conj(np.fft.rfft(what, n)), n)[: len(x)]
    best = int(match.argmax())
    piece = x[best : best + len(what)].astype(float)
    alike = match[best] / (np.linalg.norm(piece) * np.linalg.norm(what) + 1e-12)
    return best / RATE if alike > 0.7 else None


def test_an_alarm_repeats_until_it_is_over() -> None:
    mixer = Mixer(PHRASES)
    mixer.play(OVER)
    x = heard(mixer, 10)
    period = len(tone("over")) + round(AGAIN_S * RATE)
    assert np.allclose(x[: len(tone("over"))], tone("over"), atol=1e-6)  # from the first sample on
    assert np.allclose(x[:period], x[period : 2 * period], atol=1e-6)
    mixer.play(OVER)  # the same again does not begin it anew
    y = heard(mixer, 1)
    at = len(x) % period
    assert np.allclose(y, np.resize(x[:period], at + len(y))[at:], atol=1e-6)
    mixer.play(NO_ALARM)
    assert db(heard(mixer, 1)[FADE:]) < -100


def test_words_of_stop_cut_all_others_and_an_alarm_hushes_them() -> None:
    mixer = Mixer(PHRASES)
    mixer.play(Cue("say", "keep_moving", PROMPT))
    heard(mixer, 0.1)
    mixer.play(OVER)
    x = heard(mixer, 1.5)
    assert np.allclose(x[FADE : len(tone("over"))], tone("over")[FADE:], atol=1e-6), "the prompt went on under the alarm"
    mixer.play(Cue("say", "keep_moving", PROMPT))
    assert db(heard(mixer, 1.0)) < -100  # in the alarm's pause: not said at all
    mixer.play(Cue("say", "ease_off", STOP))
    assert where(heard(mixer, 1.0), alone("ease_off")) == 0.0


RANKED = [("stop", STOP), ("lost", LOSS), ("done", TIME), ("slower", PROMPT)]


@pytest.mark.parametrize(("first", "second"), list(itertools.combinations(RANKED, 2)))
def test_the_more_urgent_words_cut_the_others_and_never_the_other_way_round(first: tuple[str, int], second: tuple[str, int]) -> None:
    mixer = Mixer(PHRASES)
    mixer.play(Cue("say", *second))
    heard(mixer, 0.1)
    mixer.play(Cue("say", *first))
    x = heard(mixer, 6)
    assert where(x, alone(first[0])) == 0.0
    assert db(x[len(PHRASES[first[0]]) + FADE :]) < -100, "what was cut came back"
    mixer.play(Cue("say", *first))
    heard(mixer, 0.1)
    mixer.play(Cue("say", *second))
    x = heard(mixer, 6)
    assert np.allclose(x[: len(alone(first[0])) - 1600], alone(first[0])[1600:], atol=1e-6)
    begins = where(x, alone(second[0]))
    assert begins is not None
    assert begins == pytest.approx(len(alone(first[0])) / RATE - 0.1)


def test_of_two_that_wait_the_newer_is_said_and_what_waits_too_long_is_dropped() -> None:
    mixer = Mixer(PHRASES)
    for name in ("done", "slower", "keep_moving"):
        mixer.play(Cue("say", name, TIME if name == "done" else PROMPT))
    x = heard(mixer, 6)
    assert where(x, alone("slower")) is None
    assert where(x, alone("keep_moving")) == pytest.approx(len(alone("done")) / RATE)
    assert len(alone("symptom")) / RATE > WAITS_S
    mixer.play(Cue("say", "symptom", STOP))
    mixer.play(Cue("say", "slower", PROMPT))
    assert where(heard(mixer, 8), alone("slower")) is None


def test_an_early_warning_is_not_talked_over() -> None:
    mixer = Mixer(PHRASES)
    mixer.play(Cue("say", "work", PROMPT))
    heard(mixer, 0.1)
    mixer.play(Cue("tone", "rising", STOP))
    x = heard(mixer, 1)
    assert np.allclose(x[FADE : len(tone("rising"))], tone("rising")[FADE:], atol=1e-6)
    assert db(x[len(tone("rising")) + FADE :]) < -100


def test_the_newest_number_cuts_the_older_one() -> None:
    mixer = Mixer(PHRASES)
    mixer.play(Cue("say", "score_3", ANSWER))
    heard(mixer, 0.1)
    mixer.play(Cue("say", "score_4", ANSWER))
    assert where(heard(mixer, 1), alone("score_4")) == 0.0


def test_words_come_after_their_tone() -> None:
    mixer = Mixer(PHRASES)
    mixer.play(Cue("tone", "end", STOP))
    mixer.play(Cue("say", "stop", STOP))
    x = heard(mixer, 4)
    assert np.allclose(x[: len(tone("end"))], tone("end"), atol=1e-6)
    assert where(x, alone("stop")) == len(tone("end")) / RATE


def test_the_pacer_is_soft_under_words_and_gone_under_an_alarm() -> None:
    mixer = Mixer(PHRASES)
    mixer.play(Cue("pacer", "in", ANSWER))
    x = heard(mixer, 2)
    assert np.allclose(x[: len(tone("in"))], tone("in"), atol=1e-6)
    mixer.play(Cue("pacer", "in", ANSWER))
    heard(mixer, 0.5)
    mixer.play(Cue("pacer", "", ANSWER))
    assert db(heard(mixer, 1)[FADE:]) < -100
    mixer.play(OVER)
    mixer.play(Cue("pacer", "in", ANSWER))
    x = heard(mixer, 1)
    assert np.allclose(x, tone("over")[: len(x)], atol=1e-6)
    mixer.play(NO_ALARM)
    mixer.play(Cue("pacer", "out", ANSWER))  # in one go with the alarm's end
    x = heard(mixer, 2)
    assert np.allclose(x[FADE : len(tone("out"))], tone("out")[FADE:], atol=1e-6)


def test_without_a_trusted_reading_the_pacer_stops_within_half_a_second_and_the_loss_is_heard() -> None:
    """The pump is dead: no cue comes any more, only blocks are asked for."""
    mixer, block = Mixer(PHRASES), round(0.01 * RATE)
    mixer.seen(0.0)
    mixer.play(Cue("pacer", "in", ANSWER))
    x = np.concatenate([mixer.render(block, i * 0.01) for i in range(200)])
    assert WATCHED_S < 0.5
    begins = where(x, tone("loss").astype(float))
    assert begins is not None
    assert WATCHED_S <= begins <= WATCHED_S + 0.02
    y = x[round(0.5 * RATE) :]
    at = round((0.5 - begins) * RATE)
    assert np.allclose(y[: len(tone("loss")) - at], tone("loss")[at:], atol=1e-6), "the pacer is still there"
    mixer.seen(2.0)
    assert db(mixer.render(RATE, 2.0)[FADE:]) < -100  # it is watched again
    mixer.seen(None)
    assert db(mixer.render(RATE, 100.0)) < -100  # nobody is to be watched any more


def test_a_dead_pump_turns_even_the_alarm_into_a_loss() -> None:
    mixer = Mixer(PHRASES)
    mixer.seen(0.0)
    mixer.play(OVER)
    heard(mixer, 0.1)
    x = heard(mixer, 1, at_s=1.0)
    assert where(x, tone("loss").astype(float)) == 0.0


def test_mute_ends_with_the_alarm_with_a_new_one_with_stop_and_by_itself() -> None:
    mixer = Mixer(PHRASES)
    mixer.play(OVER)
    heard(mixer, 0.5)
    mixer.mute()
    assert db(heard(mixer, 4)[RATE // 10 :]) < -100
    assert 0 < mixer.muted_s < MUTE_S
    mixer.play(NO_ALARM)
    heard(mixer, 0.1)
    assert mixer.muted_s == 0
    mixer.mute()
    mixer.play(OVER)
    assert db(heard(mixer, 1)) > -20
    mixer.play(NO_ALARM)
    heard(mixer, 0.1)
    mixer.mute()
    mixer.play(Cue("tone", "end", STOP))
    mixer.play(Cue("say", "stop", STOP))
    assert where(heard(mixer, 4), alone("stop")) is not None
    mixer.mute()
    for _ in range(round(MUTE_S)):
        heard(mixer, 1)
    mixer.play(Cue("say", "slower", PROMPT))
    assert where(heard(mixer, 2), alone("slower")) is not None
    mixer.mute()
    mixer.mute()
    assert mixer.muted_s == 0


def test_volume_changes_without_a_click_and_has_a_floor() -> None:
    mixer = Mixer(PHRASES, volume=0.0)
    heard(mixer, 0.1)
    mixer.play(OVER)
    x = heard(mixer, 1)
    assert np.allclose(x[: len(tone("over"))], QUIETEST * tone("over")[: len(x)], atol=1e-3)


def any_cue(lot: random.Random) -> Cue:
    kind = lot.choice(["alarm", "tone", "say", "pacer"])
    names = {"alarm": ["", "over", "loss"], "tone": NAMES, "say": sorted(PHRASES), "pacer": ["", "in", "out"]}[kind]
    return Cue(kind, lot.choice(names), STOP if kind == "alarm" else lot.randrange(5))


@settings(max_examples=300)
@given(st.integers(0, 2**32))
def test_it_does_not_matter_how_it_is_cut_into_blocks(seed: int) -> None:
    lot = random.Random(seed)
    whole, chopped = Mixer(PHRASES), Mixer(PHRASES)
    sizes = itertools.cycle([lot.randrange(1, 4000) for _ in range(lot.randrange(1, 6))])
    for _ in range(lot.randrange(1, 7)):
        for cue in (any_cue(lot) for _ in range(lot.randrange(4))):
            whole.play(cue)
            chopped.play(cue)
        left = lot.randrange(1, RATE)
        x, parts = whole.render(left, 0.0), []
        while left:
            parts.append(chopped.render(min(left, next(sizes)), 0.0))
            left -= len(parts[-1])
        assert np.allclose(x, np.concatenate(parts), atol=1e-5)


def test_the_loudest_that_can_happen_does_not_clip() -> None:
    """Alarm, its own words, and the tone of a stop, all at once; the prompts' tone and words with the pacer."""
    for words in (k for k, (priority, _) in SOUNDS.items() if priority == STOP and k in PHRASES):
        mixer = Mixer(PHRASES)
        for cue in (OVER, Cue("tone", "end", STOP), Cue("say", words, STOP)):
            mixer.play(cue)
        assert np.abs(heard(mixer, 6)).max() < 1.0, words
    for words in PHRASES:
        mixer = Mixer(PHRASES)
        mixer.play(Cue("say", words, TIME))
        mixer.play(Cue("pacer", "in", ANSWER))
        for name in NAMES:
            mixer.play(Cue("tone", name, TIME))
        assert np.abs(heard(mixer, 3)).max() < 1.0, words


def test_more_cues_than_fit_lose_the_oldest_and_a_phrase_without_a_file_nothing() -> None:
    mixer = Mixer({})
    for _ in range(1000):
        mixer.play(Cue("say", "done", TIME))
    mixer.play(OVER)
    assert where(heard(mixer, 1), tone("over").astype(float)) == 0.0
