"""The page that explains the decisions says what the code does."""

import re
from pathlib import Path

import pytest

from bench.constants import CEILING_MODULES, CEILING_PAGE, MODULES, PAGE, constants, filled


@pytest.mark.parametrize("path", [PAGE, CEILING_PAGE], ids=lambda path: path.name)
def test_the_tables_are_what_the_code_would_write(path: Path) -> None:
    page = path.read_text("utf-8")
    assert page == filled(page, path), "the tables are out of date: make figures, or PYTHONPATH=host:tests python tests/bench/constants.py"


@pytest.mark.parametrize("module", [*MODULES, *CEILING_MODULES])
def test_every_number_has_a_reason(module: str) -> None:
    found = constants(module)
    assert found
    assert [name for name, _, reason in found if len(reason) < 15] == []


def test_the_comparison_can_fail() -> None:
    page = PAGE.read_text("utf-8")
    assert filled(page.replace("| `JUMP_KPA` | 60 |", "| `JUMP_KPA` | 61 |")) == page
    assert page != page.replace("| `JUMP_KPA` | 60 |", "| `JUMP_KPA` | 61 |")
    with pytest.raises(ValueError, match="no place for the table"):
        filled(page.replace("constants -->", "-->"))


def test_every_figure_and_page_is_there() -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", PAGE.read_text("utf-8"))
    assert len([t for t in targets if t.startswith("images/")]) >= 7
    missing = [t for t in targets if not (PAGE.parent / t).exists()]
    assert [t for t in missing if t != "error-budget.md"] == []
    targets = re.findall(r"\]\(([^)#]+)\)", CEILING_PAGE.read_text("utf-8"))
    assert "images/decides-ceiling.svg" in targets
    assert [t for t in targets if not (CEILING_PAGE.parent / t).exists()] == []
