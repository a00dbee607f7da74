"""ball.toml, the OpenSCAD file, the mechanics table, the virtual ball, the program and the guide tell the same story."""

import re
from pathlib import Path

import pytest

from cad import guide, parts
from sixten import verify
from sixten.ball.mechanics import AMBIENT_KPA, Load, Mechanics, Physics
from sixten.ball.virtual import signal_table
from sixten.pressure.sensors import DEVICE_LIMIT_KPA
from sixten.verify import model

ROOT = Path(__file__).parents[2]

D = parts.dimensions()
BALL, LOAD, MATERIAL = D["ball"], D["load"], D["material"]
PAGES = sorted((ROOT / "docs" / "build").glob("*.md"))


def test_the_openscad_file_holds_ball_toml() -> None:
    text = parts.SCAD.read_text("utf-8")
    assert text == parts.with_parameters(text), "run: make hardware"
    for section in parts.SECTIONS:
        for key, value in D[section].items():
            assert f"\n{section}_{key} = {value};\n" in text


def test_parameters_are_where_the_customizer_looks() -> None:
    """It reads the opened file alone, up to the first brace, with one tab a section."""
    text = parts.SCAD.read_text("utf-8")
    head = text[: text.index("{")] if "{" in text else text
    for section in parts.SECTIONS:
        assert f"/* [{section.capitalize()}] */" in head
    assert "pod_height_mm" in head and 'part = "bowl"; // [' in head


def test_every_number_of_the_cad_comes_from_ball_toml() -> None:
    """What the modules call by a name with a unit exists; OpenSCAD would take a misspelt one for nothing."""
    known = {f"{section}_{key}" for section in parts.SECTIONS for key in D[section]} | {"head_mm"}
    for path in parts.SCAD.parent.glob("*.scad"):
        used = set(re.findall(r"\b[a-z_]+_(?:mm|deg)\b", path.read_text("utf-8")))
        assert used <= known, f"{path.name}: {used - known}"


def test_the_menu_offers_every_part() -> None:
    menu = re.search(r'part = "bowl"; // \[(.*)\]', parts.SCAD.read_text("utf-8"))
    assert menu and menu[1].split(", ") == [*parts.PRINTED, *parts.CAST]


def test_the_program_and_ball_toml_agree() -> None:
    assert LOAD["limit_kpa"] == DEVICE_LIMIT_KPA
    assert LOAD["puck_share"] == Physics().puck_share
    assert Mechanics.of(BALL["outer_mm"], BALL["wall_mm"], MATERIAL["air_shear_mpa"]) == Mechanics.of()
    assert verify.BALL == (BALL["outer_mm"], BALL["wall_mm"], MATERIAL["air_shear_mpa"])
    assert verify.HEIGHT_MM == LOAD["softness_band_mm"]


def test_the_softness_check_is_what_the_table_says() -> None:
    """Under 20 kg the ball is pressed to 29 mm, and so it is in every reading of the table."""
    height = guide.under(LOAD["softness_kg"] * guide.G, "height_mm")
    assert abs(height - LOAD["softness_mm"]) < 0.5
    assert height == pytest.approx(model("height_mm", LOAD["softness_kg"] * 9.81))
    assert guide.under(500, "height_mm") == pytest.approx(LOAD["left_at_500_n_mm"], abs=0.6)
    assert MATERIAL["air_silicone"].endswith("30A")


def test_the_check_tells_the_next_ball_from_this_one() -> None:
    """A wall of 5 mm and one of 10 mm both fall outside, so the check can fail."""
    force = LOAD["softness_kg"] * 9.81
    for wall in (5.0, 10.0):
        rows = [r for r in guide._rows(guide.MECHANICS) if (float(r["outer_diameter_mm"]), float(r["wall_mm"])) == (65.0, wall)]
        nearest = min(rows, key=lambda r: abs(float(r["force_n"]) - force))
        assert abs(float(nearest["height_mm"]) - LOAD["softness_mm"]) >= LOAD["softness_band_mm"] - 1


def test_soft_is_two_to_six_times_softer() -> None:
    for name, low, high in (("solid 30A", 2.2, 3.0), ("solid 60A", 4.0, 6.0)):
        for force, row in guide.solid(name).items():
            assert low <= row["mean_contact_kpa"] / guide.under(force, "mean_contact_kpa") <= high


def test_solid_balls_are_consistent_with_themselves() -> None:
    """Force over area is the mean pressure, within what whole square centimetres leave."""
    for row in guide._rows(guide.SOLID):
        force, area, mean = (float(row[k]) for k in ("force_n", "contact_area_cm2", "mean_contact_kpa"))
        assert abs(10 * force / mean - area) <= 0.75


def test_the_virtual_ball_reproduces_the_table_within_2_percent() -> None:
    """By the path that plays a load into the simulated board: newtons in, absolute pascals out, each row of the ball's table."""
    rows = guide.air_ball()
    assert len(rows) >= 10
    times = tuple(float(i) for i in range(len(rows)))
    played = {t: pa for t, _, pa, _ in signal_table(Load(times, tuple(r["force_n"] for r in rows)))}
    for t, row in zip(times, rows, strict=True):
        gauge_kpa = played[t] / 1000 - AMBIENT_KPA
        assert gauge_kpa == pytest.approx(row["gauge_kpa"], rel=0.02)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_tables_of_the_guide_are_as_computed(page: Path) -> None:
    tables = guide.computed_tables()
    text = page.read_text("utf-8")
    assert guide.renewed(text, tables) == text, "run: make hardware"


@pytest.mark.skipif(bool(parts.missing()), reason=parts.missing() or "-")
def test_tables_from_the_meshes_are_as_built() -> None:
    """Rendered coarser than for the page, so figures may differ by one in the last place."""
    page = (ROOT / "docs" / "build" / "print-and-cast.md").read_text("utf-8")
    for name, table in guide.meshed_tables(parts.COARSE).items():
        written = page[page.index(f"<!-- table {name} -->") :].partition("-->")[2].partition("<!-- end")[0]
        made, there = (re.findall(r"\d+", text) for text in (table, written))
        assert [re.sub(r"\d+", "#", t.strip()) for t in (table, written)][0] == re.sub(r"\d+", "#", written.strip())
        assert all(abs(int(a) - int(b)) <= max(1, 0.02 * int(b)) for a, b in zip(made, there, strict=True)), name


def test_figures_in_the_guides_sentences() -> None:
    """Each figure of ball.toml that a sentence quotes; change the sentence with the figure."""
    pod, puck, mould, box = D["pod"], D["puck"], D["mould"], D["box"]
    beside_puck = BALL["outer_mm"] / 2 - puck["disc_mm"] / 2
    over_pod = (LOAD["left_at_500_n_mm"] - pod["height_mm"]) / 2
    wanted = {
        "ball": [
            f"both {BALL['outer_mm']:g} mm",
            f"{BALL['wall_mm']:g} mm wall",
            f"under {LOAD['softness_kg']:g} kg between two boards the air ball is pressed to a height of {LOAD['softness_mm']:g} mm, "
            f"± {LOAD['softness_band_mm']:g} mm",
            f"{pod['height_mm']:g} mm high, all edges rounded by {pod['edge_mm']:g} mm",
            f"limit is {LOAD['limit_kpa']:g} kPa",
            f"{LOAD['left_at_500_n_mm']:g} mm of ball are left, {over_pod:g} mm of them silicone",
        ],
        "print-and-cast": [
            f"stands {BALL['tongue_mm']:g} mm into the other",
            f"{BALL['draft_deg']:g}° of slope",
            f"four M{mould['bolt_mm']:g} × 30",
            f"bed of {D['printer']['bed_mm']:g} × {D['printer']['bed_mm']:g} mm",
            "silicone tube 4 × 6 mm, 30 mm), then cable, from outside through the neck",
            f"push the boot {pod['boot_depth_mm']:g} mm into its socket",
            f"{puck['pad_thick_mm']:g} mm silicone sheet, {puck['pad_mm']:g} mm",
            f"{beside_puck:g} mm from its edge to the bowl",
            f"perforated board of {box['board_width_mm']:g} × {box['board_length_mm']:g} mm",
            f"include {100 * MATERIAL['mixing_loss']:g} % for cup",
        ],
        "care": [f"{LOAD['softness_mm']:g} mm ± {LOAD['softness_band_mm']:g} mm under {LOAD['softness_kg']:g} kg"],
        "verify": [f"± {100 * verify.PRESSURE_SHARE:g} % or {verify.PRESSURE_FLOOR_KPA:g} kPa; height ± {verify.HEIGHT_MM:g} mm"]
        + [f"{verify.BOARD_ALARM_MS:g} ms and one frame", f"area ± {100 * verify.AREA_SHARE:g} %", f"within {verify.HANG_S:g} s"],
    }
    for page, phrases in wanted.items():
        text = " ".join((ROOT / "docs" / "build" / f"{page}.md").read_text("utf-8").split())
        for phrase in phrases:
            assert phrase in text, f"{page}.md does not say: {phrase}"


def test_pages_name_what_exists() -> None:
    """Pictures, files and pages that the mechanical half of the guide points to."""
    mine = [p for p in PAGES if p.stem in ("ball", "print-and-cast", "care", "verify")]
    assert len(mine) == 4
    elsewhere = {"electronics.md"}  # the electronic half of the guide
    for page in mine:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8")):
            assert (page.parent / target).exists() or target in elsewhere, f"{page.name} points to {target}"


def test_pages_say_that_nothing_was_measured() -> None:
    for name in ("docs/build/ball.md", "docs/build/verify.md", "README.md", "hardware/README.md"):
        text = (ROOT / name).read_text("utf-8").lower()
        assert "computed" in text and re.search(r"(not|nothing|none)\b[^.]*\bmeasured", text), name
