import ast
from pathlib import Path

from sixten import words
from sixten.session import guard, rules, run

CODES = {
    "off", "settle", "work", "near", "rising", "over", "ease_off", "slower", "keep_moving", "may_stop", "done", "ended", "stale", "lost",
    "back", "rating", "symptom", "stop", "zero_needed", "guard_on", "guard_off", "recording_lost",
}  # fmt: skip


def test_every_code_of_the_contract_has_words() -> None:
    assert set(words.NOTICES) | {"ended", "zero_needed", "guard_off"} == CODES
    assert all(words.NOTICES.values())


def test_every_reason_why_the_boards_alarm_is_off_has_words() -> None:
    assert set(words.GUARDS) == {guard.WAITING, guard.NO_GUARD, guard.REFUSED, guard.UNANSWERED, guard.DIFFERS}


def test_no_code_or_ending_is_used_without_words() -> None:
    """Every string constant that the rules hand to Notice or _end is in the catalogue."""
    for module in (rules, run):
        for node in ast.walk(ast.parse(Path(module.__file__).read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Notice", "_end"):
                code = node.args[1 if node.func.id == "Notice" else 2]  # type: ignore[attr-defined]
                if isinstance(code, ast.Constant):
                    assert code.value in CODES if node.func.id == "Notice" else code.value in {*words.ENDINGS, "done"}  # type: ignore[attr-defined]


def test_wording_stays_within_wellness() -> None:
    text = " ".join(
        [*words.NOTICES.values(), *words.ZEROS.values(), *words.GUARDS.values(), *words.ENDINGS.values(), words.NO_CEILING]
    ).lower()
    for word in ("treat", "diagnos", "measures pain", "therapy", "cure"):
        assert word not in text


def test_headline_shows_no_band_after_the_end_or_without_signal() -> None:
    assert words.headline("work", ended=False, stale=False) == "WORK"
    assert words.headline("work", ended=True, stale=False) == "COME OFF"
    assert words.headline("over", ended=True, stale=False) == "OVER"
    assert words.headline("off", ended=True, stale=False) == "FINISHED"
    assert words.headline("work", ended=False, stale=True) == "NO SIGNAL"
