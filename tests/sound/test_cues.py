"""What should sound when: pure, in device time."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sixten import sound, words
from sixten.session.rules import Notice
from sixten.sound.cues import LOSS, PACER_CYCLE_S, PROMPT, SOUNDS, STOP, TIME, Cue, Cues, Now, key_of, step
from sixten.voice_words import SPOKEN

SAMPLE_US = 3328
# What is only shown: it asks for nothing now, or a reading says it first.
NOT_HEARD = {"guard_on"}
NOT_HEARD_REASONS = {"zero_needed_offer", "zero_needed_leak", "zero_needed_warm", "ended_stop", "ended_symptom"}


def play(*what: Now | Notice) -> list[Cue]:
    cues, out = Cues(), []
    for happened in what:
        cues, heard = step(cues, happened)
        out += heard
    return out


def readings(seconds: float, start_s: float = 0.0, **facts: object) -> list[Now]:
    return [Now(round((start_s * 1e6) + i * SAMPLE_US), True, **facts) for i in range(round(seconds * 1e6 / SAMPLE_US))]  # type: ignore[arg-type]


def notice(code: str, **values: float | int | str | None) -> Notice:
    return Notice(0, code, values)


def test_every_notice_has_a_sound_or_is_known_to_have_none() -> None:
    for code in words.NOTICES:
        values = {"score": 7, "lowered": 0}
        assert play(notice(code, **values)) or code in NOT_HEARD or code in ("over", "near"), code
    for table, code in ((words.ENDINGS, "ended"), (words.ZEROS, "zero_needed"), (words.GUARDS, "guard_off")):
        for reason in table:
            key = key_of(notice(code, reason=reason))
            assert key in SPOKEN or f"{code}_{reason}" in NOT_HEARD_REASONS, (code, reason)


def test_the_alarm_begins_and_ends_with_over_itself() -> None:
    heard = play(*readings(1, band="work"), *readings(1, 1, band="over"), *readings(1, 2, band="near"))
    assert heard == [Cue("alarm", "over", STOP), Cue("alarm", "", STOP)]


def test_the_line_also_alarms_after_the_window_has_ended() -> None:
    assert play(*readings(0.1, band="over", ended=True)) == [Cue("alarm", "over", STOP)]


def test_near_is_quiet_for_three_seconds_then_told_once() -> None:
    assert play(notice("near"), *readings(2.9, band="near")) == []
    heard = play(*readings(9, band="near"))
    assert heard == [Cue("tone", "near", PROMPT), Cue("say", "near", PROMPT)]
    again = play(*readings(2, band="near"), *readings(0.1, 2, band="work"), *readings(2, 2.1, band="near"))
    assert again == []
    assert play(*readings(9, band="near", ended=True)) == []


def test_the_pacer_beats_in_and_out_while_the_clock_runs_and_only_then() -> None:
    cues, beats = Cues(), []
    for now in [*readings(15, clock=True, band="work"), *readings(5, 15, band="settle"), *readings(8, 20, clock=True, band="work")]:
        cues, heard = step(cues, now)
        beats += [(now.t_us / 1e6, c.name) for c in heard if c.kind == "pacer"]
    half_s = PACER_CYCLE_S / 2
    expected = [(0, "in"), (half_s, "out"), (2 * half_s, "in"), (3 * half_s, "out"), (4 * half_s, "in"), (15, ""), (20, "out")]
    for (t_s, name), (at_s, what) in zip(beats, expected, strict=False):
        assert name == what
        assert t_s == pytest.approx(at_s, abs=0.02)
    assert beats[-1][1] != ""
    assert 6 <= PACER_CYCLE_S <= 8


def test_beats_that_come_as_notices_are_played_and_none_are_added() -> None:
    heard = play(*readings(9, clock=True, band="work", guided=True), notice("pacer", beat="in", cycle_s=7.0))
    assert heard == [Cue("pacer", "in", 4)]


def test_silence_is_a_loss_until_readings_come_back_and_none_after_the_end() -> None:
    gone = Now(10**6, False, stale=True)
    assert play(*readings(0.5, clock=True), gone)[1:] == [Cue("alarm", "loss", LOSS), Cue("pacer", "", 4)]
    assert play(gone, Now(2 * 10**6, True)) == [Cue("alarm", "loss", LOSS), Cue("alarm", "", STOP)]
    assert play(gone._replace(ended=True)) == []
    for code in ("stale", "lost"):  # a pulled cable is told before a reading says it
        heard = play(*readings(0.5, clock=True), notice(code), gone)
        assert heard[1:] == [Cue("alarm", "loss", LOSS), Cue("pacer", "", 4), Cue("say", code, LOSS)]


def test_a_band_is_spoken_once_a_window_and_then_only_a_tone() -> None:
    first, second = Now(0, True), Now(10**6, True, window=1)
    heard = play(first, notice("work"), notice("work"), second, notice("work"))
    assert [c.kind for c in heard] == ["tone", "say", "tone", "tone", "say"]


def test_a_rating_is_spoken_back_or_that_it_lowered_the_line() -> None:
    assert play(notice("rating", score=5, lowered=0)) == [Cue("say", "score_5", 4)]
    assert play(notice("rating", score=7, lowered=1)) == [Cue("say", "rating_lowered", PROMPT)]
    assert play(notice("score", score=3)) == [Cue("say", "score_3", 4)]


def test_the_order_is_stop_loss_time_prompts() -> None:
    stops, losses = ["rising", "stop", "symptom", "ease_off", "ended_over"], ["stale", "lost", "ended_interrupted"]
    order = [stops, losses, ["may_stop", "done"], ["work", "near"]]
    for priority, keys in enumerate(order):
        assert {SOUNDS[key][0] for key in keys} == {priority}
    assert (STOP, LOSS, TIME, PROMPT) == (0, 1, 2, 3)


@given(
    st.lists(
        st.one_of(
            st.builds(
                Now, st.integers(0, 10**9), st.booleans(), st.booleans(), st.sampled_from(["", "off", "settle", "work", "near", "over"]),
                st.booleans(), st.booleans(), st.integers(0, 3), st.booleans(),
            ),
            st.sampled_from([*words.NOTICES, "nonsense"]).map(lambda code: notice(code, score=6)),
        ),
        max_size=40,
    )
)  # fmt: skip
def test_whatever_happens_the_alarm_is_that_of_the_last_reading(happened: list[Now | Notice]) -> None:
    cues = Cues()
    for what in happened:
        cues, heard = step(cues, what)
        assert len(heard) <= 6
        if isinstance(what, Notice) and what.code in ("stale", "lost"):
            assert cues.alarm == ("" if cues.now.ended else "loss")
        if isinstance(what, Now):
            expected = "over" if what.band == "over" else "loss" if what.stale and not what.ended else ""
            assert cues.alarm == expected
            assert not any(c.kind == "pacer" and c.name for c in heard) or what.clock


PURE = {"__future__", "collections", "collections.abc", "functools", "typing", "numpy", "numpy.typing"}


def test_cues_tones_and_mixer_read_no_clock_port_or_file() -> None:
    folder = Path(sound.__file__).parent
    for name in ("cues", "tones", "mixer", "hearing"):
        tree = ast.parse((folder / f"{name}.py").read_text("utf-8"))
        imported = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
        imported |= {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
        assert {i for i in imported if not i.startswith("sixten.")} <= PURE, name
        assert not imported & {"sixten.sound.voice", "sixten.sound.device"}, name
