"""Filled forms against the model: the shipped forms can be read, good balls pass, bad ones do not, nonsense is named."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from sixten.cli import app
from sixten.verify import FORMS, GRAVITY_M_S2, THERMAL_MARGIN, model, verify

SHIPPED = sorted((Path(__file__).parents[2] / "hardware" / "forms").glob("*.csv"))


def form(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "form.csv"
    path.write_text(text, "utf-8")
    return path


def test_there_is_a_form_of_each_kind() -> None:
    headers = [next(line for line in p.read_text("utf-8").splitlines() if not line.startswith("#")) for p in SHIPPED]
    assert sorted(headers) == sorted(FORMS)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_an_empty_form_says_that_nothing_is_filled_in(path: Path) -> None:
    with pytest.raises(ValueError, match="nothing in this form"):
        verify(path)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_a_shipped_form_can_be_filled(path: Path, tmp_path: Path) -> None:
    """With what the model itself gives; each row is then compared and lies within."""
    lines = path.read_text("utf-8").splitlines()
    start = next(i for i, line in enumerate(lines) if not line.startswith("#"))
    names = lines[start].split(",")
    out = lines[: start + 1]
    for line in lines[start + 1 :]:
        cells = dict(zip(names, line.split(","), strict=True))
        force = float(cells.get("load_kg") or 0) * GRAVITY_M_S2
        warm = 0.1 * (float(cells["air_c"]) - 15) if "air_c" in cells and force else 0.235 * (float(cells.get("air_c", 15)) - 15)
        good = {"gauge_kpa": model("gauge_kpa", force) + warm, "height_mm": model("height_mm", force), "frames": 3, "frames_per_s": 240}
        good |= {"print_mm": (model("contact_area_cm2", force) * 400 / 3.14159) ** 0.5, "hung_s": 0.3, "came_back": "yes"}
        out.append(",".join(cells[n] or str(good[n]) for n in names))
    judged = verify(form(tmp_path, "\n".join(out)))
    assert len(judged) >= 3 and all(row.ok for row in judged), judged


@pytest.mark.parametrize(
    ("text", "outside"),
    [
        ("load_kg,gauge_kpa,height_mm\n20,50,\n20,65,\n20,35,\n", [False, True, True]),
        ("load_kg,gauge_kpa,height_mm\n20,,29\n20,,34\n20,,24\n", [False, True, True]),
        ("load_kg,print_mm\n20,55\n20,40\n", [False, True]),
        ("minutes,load_kg,gauge_kpa\n0,20,50\n1,20,49\n2,20,48.6\n5,20,45\n6,0,-0.1\n7,0,-0.5\n", [False, True, False, True]),
        ("air_c,load_kg,gauge_kpa\n15,0,0\n25,0,2.3\n35,0,9\n", [False, True]),
        ("trial,frames,frames_per_s\n1,6,240\n2,12,240\n", [False, True]),
        ("trial,hung_s,came_back\n1,0.3,yes\n2,3,yes\n3,0.3,no\n", [False, True, True]),
    ],
)
def test_a_bad_ball_is_outside(tmp_path: Path, text: str, outside: list[bool]) -> None:
    assert [not row.ok for row in verify(form(tmp_path, text))] == outside


def test_the_first_minute_settles_unjudged(tmp_path: Path) -> None:
    """Silicone creeps at once; only what comes after tells a leak."""
    assert len(verify(form(tmp_path, "minutes,load_kg,gauge_kpa\n0,20,50\n1,20,40\n2,20,39.8\n"))) == 1


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "no form's"),
        ("a,b\n1,2\n", "no form's"),
        ("load_kg,print_mm\n10,x\n", "line 2: print_mm is 'x'"),
        ("# note\nload_kg,print_mm\n10,-3\n", "line 3: print_mm is -3"),
        ("load_kg,print_mm\n10,nan\n", "cannot be"),
        ("load_kg,print_mm\n10\n", "expected 2 cells"),
        ("load_kg,print_mm\n10,3,5\n", "expected 2 cells"),
        ("load_kg,print_mm\n90,60\n", "beyond the computed table"),
        ("trial,hung_s,came_back\n1,0.3,maybe\n", "write yes or no"),
        ("trial,frames,frames_per_s\n1,2,30\n", "too few"),
        ("minutes,load_kg,gauge_kpa\n2,20,50\n1,20,50\n", "order of time"),
        ("minutes,load_kg,gauge_kpa\n1,20,0\n2,20,50\n", "not above zero"),
        ("air_c,load_kg,gauge_kpa\n15,0,0\n16,0,1\n", "too close"),
    ],
)
def test_a_bad_form_is_one_sentence_and_exit_2(tmp_path: Path, text: str, complaint: str) -> None:
    path = form(tmp_path, text)
    with pytest.raises(ValueError, match=complaint):
        verify(path)
    result = CliRunner().invoke(app, ["verify-ball", str(path)])
    assert result.exit_code == 2
    assert complaint in result.stderr and result.stderr.count("\n") == 1


def test_spreadsheet_habits_are_taken(tmp_path: Path) -> None:
    """A byte order mark, empty rows of commas, quoted notes."""
    path = form(tmp_path, '\ufeff"# a note, with a comma",,\n,,\nload_kg,gauge_kpa,height_mm\n20,50,\n,,\n')
    assert [row.ok for row in verify(path)] == [True]


def test_the_command_prints_each_row_and_tells_by_its_exit_code(tmp_path: Path) -> None:
    runner = CliRunner()
    good = runner.invoke(app, ["verify-ball", str(form(tmp_path, "load_kg,gauge_kpa,height_mm\n20,50,29\n"))])
    assert good.exit_code == 0 and "2 of 2" in good.stdout
    bad = runner.invoke(app, ["verify-ball", str(form(tmp_path, "load_kg,gauge_kpa,height_mm\n20,50,40\n"))])
    assert bad.exit_code == 1 and "OUTSIDE" in bad.stdout
    gone = runner.invoke(app, ["verify-ball", str(tmp_path / "none.csv")])
    assert gone.exit_code == 2 and "No such file" in gone.stderr


@given(st.sampled_from(sorted(FORMS)), st.text(alphabet="0123456789.,-yesno\n# ", max_size=200))
def test_garbage_is_refused_or_compared(tmp_path_factory: pytest.TempPathFactory, header: str, body: str) -> None:
    path = form(tmp_path_factory.getbasetemp(), f"{header}\n{body}")
    try:
        rows = verify(path)
    except ValueError as error:
        assert str(error)
    else:
        assert rows and all(row.low <= row.high for row in rows)


def test_the_thermal_margin_is_smaller_than_what_it_tells_apart() -> None:
    """Unloaded and loaded balls differ by more than the margin, else the form could not fail."""
    assert THERMAL_MARGIN < 0.22 - 0.12
