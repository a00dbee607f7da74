"""The netlist, and that pins, pictures, parts list and pages say the same."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import pytest

from circuit import parts
from circuit.netlist import BUILDS, CIRCUIT, Circuit, check, load, net_table, pin_map
from circuit.picture import picture, svg
from circuit.schematic import draw
from circuit.sheet import Sheet, wanted
from circuit.wiring import build

ROOT = Path(__file__).resolve().parents[2]
IMAGES = ROOT / "docs" / "images"
SOURCES = ROOT / "firmware" / "sixten" / "src"
each_build = pytest.mark.parametrize("board,sensor", BUILDS)


@each_build
def test_every_build_is_sound(board: str, sensor: str) -> None:
    assert check(load(board, sensor)) == []


def broken(tmp_path: Path, sensor: str, old: str, new: str) -> Circuit:
    text = CIRCUIT.read_text("utf-8")
    assert text.count(old) >= 1, f"the circuit no longer has: {old}"
    path = tmp_path / "circuit.toml"
    path.write_text(text.replace(old, new), "utf-8")
    return load("uno", sensor, path)


SHIFTER = 'LV = "v_ball", GND = "gnd", HV1 = "sda", LV1 = "sda_ball"'


@pytest.mark.parametrize(
    "sensor,old,new,told",
    [
        ("fsr", '1 = "d5", 2 = "green"', '1 = "d5", 2 = "gren"', "gren has only R3 pin 2."),
        ("fsr", 'D5 = "d5", D6 = "d6"', 'D5 = "d5", D6 = "d5"', "d5 is driven by MB1 D5 and MB1 D6."),
        ("fsr", 'A4 = "sda", A5 = "scl"', 'A4 = "sda", A5 = "sda"', "sda joins the board's pins A4 and A5."),
        ("fsr", 'D9 = "d9"', 'D9 = "d8"', "d8 is driven by MB1 D8 and MB1 D9."),
        ("fsr", 'value = "330 Ω"', 'value = "100 Ω"', "MB1 pin D8 may have to give 52 mA and is good for 20 mA."),
        ("fsr", '{ 1 = "piezo", 2 = "gnd" }', '{ 1 = "d8", 2 = "gnd" }', "MB1 pin D8 drives BZ1 without a resistor."),
        ("fsr", '1 = "sense", 2 = "a0"', '1 = "sense", 2 = "sense"', "MB1 pin A0 floats."),
        ("fsr", '1 = "sense", 2 = "a0"', '1 = "sense", 2 = "sense"', "R2 has all its pins on sense."),
        ("lps28dfw", SHIFTER, SHIFTER.replace('"sda_ball"', '"sda"').replace('"sda",', '"sda_ball",'), "may get 5.25 V."),
        ("lps28dfw", '{ 1 = "v3", 2 = "v_ball" }', '{ 1 = "v5", 2 = "v_ball" }', "U1 pin VDD stands 3.6 V and may get 5.25 V."),
        ("ms5837", '{ 1 = "v3", 2 = "v_ball" }', '{ 1 = "v5", 2 = "v_ball" }', "U1 pin SDA stands 3.6 V and may get 5.25 V."),
        ("ms5837", '{ 1 = "v3", 2 = "v_ball" }', '{ 1 = "v3", 2 = "gnd" }', "U1 pin VDD floats."),
        ("ms5837", 'VDD = "v_ball", GND = "gnd", SDA = "sda_ball"', 'VDD = "v_ball", GND = "v_ball", SDA = "sda_ball"', "belongs on gnd"),
        ("lps28dfw", 'HV = "v5", LV', 'HV = "v3", LV', "U2 pin HV needs 4.5 V and gets 3.465 V."),
    ],
)
def test_the_check_can_fail(tmp_path: Path, sensor: str, old: str, new: str, told: str) -> None:
    found = check(broken(tmp_path, sensor, old, new))
    assert any(told in sentence for sentence in found), found


def test_a_bus_without_pull_ups_is_told(tmp_path: Path) -> None:
    found = check(broken(tmp_path, "fsr", '{ 1 = "v5", 2 = "sda" }', '{ 1 = "gnd", 2 = "sda" }'))
    assert found == ["MB1 pin A4 has no pull-up."]


def test_a_part_twice_or_with_wrong_pins_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="R4 stands twice"):
        broken(tmp_path, "fsr", 'ref = "R3"', 'ref = "R4"')
    with pytest.raises(ValueError, match="LED1 has the pins"):
        broken(tmp_path, "fsr", '{ anode = "green", cathode = "gnd" }', '{ anode = "green", katode = "gnd" }')


def test_the_firmware_has_the_same_pins() -> None:
    header = (SOURCES / "pins_avr.h").read_text("utf-8")
    in_header = {name: (port, bit) for bit, port, name in re.findall(r"#define (\w+)_BIT PORT([BCD]\d)\s+/\* ([AD]\d+)", header)}
    assert in_header == pin_map()
    assert header.count("#define") == len(in_header) + 1  # the guard
    for name, (port, _) in in_header.items():  # as every Uno and Nano has them (Arduino's standard pins_arduino.h)
        number = int(name[1:])
        assert port == (f"C{number}" if name[0] == "A" else f"D{number}" if number < 8 else f"B{number - 8}")


def test_the_firmware_uses_no_pin_by_number() -> None:
    source = (SOURCES / "board_avr.cpp").read_text("utf-8")
    assert re.findall(r"\b(?:PORT|DD|PIN)[BCD][0-7]\b", source) == []
    for name, (port, bit) in pin_map().items():  # each named bit stands beside its own port's register, never beside another's
        if name == "A0":
            continue
        lines = [line for line in source.splitlines() if f"{bit}_BIT" in line]
        registers = {found for line in lines for found in re.findall(r"\b(?:PORT|DDR|PIN)([BCD])\b", line)}
        assert registers == {port[0]}, (name, registers)


@each_build
def test_the_schematic_joins_what_the_netlist_joins(board: str, sensor: str) -> None:
    circuit = load(board, sensor)
    sheet = draw(circuit)
    assert sheet.joined() == wanted(circuit)
    assert {ref for ref, _ in sheet.terminals} == set(circuit.parts)
    assert sheet.clashes() == []


def test_a_missing_wire_and_a_clash_show() -> None:
    circuit = load("uno", "fsr")
    sheet = draw(circuit)
    words = sheet.words[0]
    sheet.text((words.x, words.y), [words.words], words.align)
    assert len(sheet.clashes()) == 1
    for i in range(len(sheet.wires)):
        less = Sheet(circuit, sheet.drawing, sheet.terminals, sheet.wires[:i] + sheet.wires[i + 1 :], sheet.supplies)
        assert less.joined() != wanted(circuit), f"wire {i} joins nothing: {sheet.wires[i]}"


@each_build
def test_the_wiring_joins_what_the_netlist_joins(board: str, sensor: str) -> None:
    circuit = load(board, sensor)
    breadboard = build(circuit)
    assert breadboard.joined() == wanted(circuit)
    assert picture(breadboard).clashes() == []
    for i in range(len(breadboard.wires)):
        wires = breadboard.wires[:i] + breadboard.wires[i + 1 :]
        breadboard_less = type(breadboard)(circuit, breadboard.offset, breadboard.holes, wires)
        assert breadboard_less.joined() != wanted(circuit), f"wire {breadboard.wires[i]} joins nothing"


def words_in(text: str) -> list[str]:
    return sorted(element.text or "" for element in ElementTree.fromstring(text).iter("{http://www.w3.org/2000/svg}text"))


@each_build
def test_the_pictures_in_the_docs_are_these(board: str, sensor: str) -> None:
    """Schematics by their words, since another version of schemdraw may draw a symbol otherwise; wiring pictures whole."""
    circuit = load(board, sensor)
    kept = (IMAGES / f"circuit-{board}-{sensor}.svg").read_text("utf-8")
    assert words_in(kept) == words_in(draw(circuit).svg()), "run: make circuit"
    for part in circuit.parts.values():
        assert any(part.ref in word for word in words_in(kept)), part.ref
        assert any(part.value in word for word in words_in(kept)), part.value
    assert (IMAGES / f"wiring-{board}-{sensor}.svg").read_text("utf-8") == svg(build(circuit)), "run: make circuit"


def test_every_part_is_on_the_list_and_the_reverse() -> None:
    items = parts.read()
    for board, sensor in BUILDS:
        circuit = load(board, sensor)
        listed = {ref: item for item in items if item.used_in(board, sensor) for ref in item.refs}
        assert set(listed) == set(circuit.parts)
        for ref, part in circuit.parts.items():
            assert listed[ref].value == part.value, ref
            assert listed[ref].where == part.where, ref
        refs = [ref for item in items if item.used_in(board, sensor) for ref in item.refs]
        assert len(refs) == len(set(refs))
    assert all(item.quantity == len(item.refs) for item in items if item.refs)


def test_a_nano_build_costs_about_sixty_euros() -> None:
    for sensor in ("fsr", "lps28dfw", "ms5837"):
        used = [item for item in parts.read() if item.used_in("nano", sensor)]
        low, high = sum(item.low_eur for item in used), sum(item.high_eur for item in used)
        assert low < 60 < high and abs((low + high) / 2 - 60) < 10, (sensor, low, high)


def test_a_senseless_parts_list_is_refused(tmp_path: Path) -> None:
    text = parts.PARTS.read_text("utf-8")
    path = tmp_path / "parts.csv"
    path.write_text(text.replace("0.05,0.1,", "0.05,cheap,", 1), "utf-8")
    with pytest.raises(ValueError, match="parts.csv line 5: quantity and prices must be numbers"):
        parts.read(path)
    path.write_text(text.replace(",fsr,", ",foam,", 1), "utf-8")
    with pytest.raises(ValueError, match="line 4: builds, quantity or prices make no sense"):
        parts.read(path)


def test_the_pages_quote_the_tables() -> None:
    page = (ROOT / "docs" / "build" / "electronics.md").read_text("utf-8")
    assert parts.total_table(parts.read()) in page
    assert net_table(load("nano", "fsr")) in page
    assert net_table(load("nano", "lps28dfw")) in page
    for board, sensor in BUILDS:
        assert f"../images/circuit-{board}-{sensor}.svg" in page
        assert f"../images/wiring-{board}-{sensor}.svg" in page
    for name, row in tomllib.loads(CIRCUIT.read_text("utf-8"))["pin"].items():
        assert f"| {name} | {row['use']} |" in page
    assert load("nano", "lps28dfw").nets() == load("nano", "ms5837").nets()  # so one table does for both


def test_faults_quote_the_program() -> None:
    """Each sentence of the first column that is set as code is one that the program can say."""
    page = (ROOT / "docs" / "build" / "faults.md").read_text("utf-8")
    said = "\n".join(path.read_text("utf-8") for path in (ROOT / "host" / "sixten").rglob("*.py"))
    said += "".join(path.read_text("utf-8") for path in SOURCES.glob("*.c"))
    firsts = [line.split("|")[1] for line in page.splitlines() if line.startswith("| ") and not line.startswith("| what")]
    quotes = [quote for first in firsts for quote in re.findall(r"`([^`]+)`", first)]
    assert len(quotes) > 15
    for quote in quotes:
        sentence, _, fault = quote.partition(" (")
        assert sentence in said, f"nothing says {sentence!r} any more"
        assert fault.rstrip(")") in said, f"no such fault: {fault}"
