"""The circuit in ngspice: what the firmware and the host take for granted is what the parts do."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from circuit import spice
from circuit.netlist import load
from sixten.ball.virtual import fsr_share_of_supply
from sixten.pressure.sensors import FSR_DIVIDER_OHM, FSR_PARALLEL_OHM, FSR_ZERO_REL, NEWTONS_PER_REL, Fsr

pytestmark = pytest.mark.skipif(shutil.which("ngspice") is None, reason=f"no ngspice: {spice.INSTALL}")

SOURCES = Path(__file__).resolve().parents[2] / "firmware" / "sixten" / "src"
COUNTS = 1024  # of the ten-bit converter, for a share of 1
OVERSAMPLE = 32


def constant(file: str, name: str) -> int:
    """A number out of the firmware's headers."""
    found = re.search(rf"#define {name} \(?(?:FSR_OVERSAMPLE \* )?(\d+)u", (SOURCES / file).read_text("utf-8"))
    assert found is not None, name
    return int(found[1])


@pytest.fixture(scope="module")
def divider() -> dict[str, list[float]]:
    return spice.divider(load("uno", "fsr"))


def test_the_values_are_those_of_host_and_firmware() -> None:
    circuit = load("uno", "fsr")
    assert circuit.parts["R1"].number == FSR_DIVIDER_OHM == constant("fsr.h", "FSR_DIVIDER_OHM")
    assert circuit.parts["R11"].number == FSR_PARALLEL_OHM


def test_every_voltage_is_what_the_host_makes_of_it(divider: dict[str, list[float]]) -> None:
    """Within one count of the converter, both ways: force to counts (virtual ball) and counts to force (sensor table)."""
    table = Fsr(OVERSAMPLE, FSR_DIVIDER_OHM, OVERSAMPLE * 1023).convert(tuple(range(OVERSAMPLE * 1023 + 1)))
    assert len(divider["share"]) == len(spice.FORCES_N)
    for force_n, share in zip(spice.FORCES_N, divider["share"], strict=True):
        assert abs(share - fsr_share_of_supply(force_n)) * COUNTS < 0.01
        raw = int(np.searchsorted(table, force_n / NEWTONS_PER_REL + FSR_ZERO_REL))
        assert abs((raw / OVERSAMPLE + 0.5) - share * COUNTS) <= 1, force_n


def test_the_firmwares_limits_lie_where_the_circuit_puts_them(divider: dict[str, list[float]]) -> None:
    """The device limit of 389 N, counted above the unloaded ball, within a count."""
    sums = dict(zip(spice.FORCES_N, (OVERSAMPLE * (COUNTS * share - 0.5) for share in divider["share"]), strict=True))
    assert abs(sums[389] - sums[0] - constant("guard.h", "GUARD_DEVICE_RAW")) <= OVERSAMPLE


def test_unloaded_is_not_open_and_open_is_not_unloaded(divider: dict[str, list[float]]) -> None:
    """With the input leaking the microampere that the data sheet allows, either way."""
    assert all(15 < COUNTS * share < 30 for share in divider["unloaded"] + divider["share"][:1])
    open_share = spice.run(spice.deck(load("uno", "fsr"), "open", supply=spice.SUPPLY_V))["open_share"][0]
    assert 0 < COUNTS * open_share < constant("fsr.h", "FSR_OPEN_RAW") == 5


def test_corner_and_delay_of_the_filter(divider: dict[str, list[float]]) -> None:
    assert len(divider["corner_hz"]) == len(divider["delay_low_s"]) == len(spice.FORCES_N)
    assert all(750 < hz < 1400 for hz in divider["corner_hz"])
    assert all(0 < s <= 0.3e-3 for s in divider["delay_low_s"])


def test_the_converter_hardly_moves_what_it_measures() -> None:
    """Under two counts at the hardest load, though its capacitor comes back empty each time."""
    d = spice.run(spice.deck(load("uno", "fsr"), "sampling", supply=spice.SUPPLY_V))
    assert 0 < (d["before"][0] - d["at_end"][0]) / spice.SUPPLY_V * COUNTS < 2


@pytest.fixture(scope="module")
def motor() -> dict[str, list[float]]:
    return spice.run(spice.deck(load("uno", "fsr"), "motor"))


def test_the_motor_draws_what_it_may(motor: dict[str, list[float]]) -> None:
    assert 50 < motor["motor_ma"][0] <= 130  # held fast, at the most that USB gives
    assert motor["drawn_later_ma"][0] <= 130
    assert motor["base_ma"][0] < 20
    assert motor["saturated_v"][0] < 0.4
    assert 2 < motor["across_v"][0] < 3.3  # a 3 V motor
    assert motor["left_ma"][0] < 0.1


def test_switching_the_motor_off_stays_below_seven_volts(motor: dict[str, list[float]]) -> None:
    assert 5.25 < motor["flyback_v"][0] < 7


def test_without_its_diode_it_would_not() -> None:
    """The assertion above can fail."""
    text = re.sub(r"^D1 .*\n", "", spice.deck(load("uno", "fsr"), "motor"), flags=re.MULTILINE)
    assert spice.run(text)["flyback_v"][0] > 7


def test_the_supply_holds_while_the_motor_starts() -> None:
    s = spice.run(spice.deck(load("uno", "fsr"), "supply", supply=spice.SUPPLY_V))
    assert s["lowest_v"][0] > 4.5
    assert s["highest_v"][0] < 5.5
    for edge in ("sum_on", "sum_off"):
        assert abs(s[edge][0] - s["share_rest"][0]) * COUNTS < 1, edge


@pytest.mark.parametrize("rboard_ohm,pull_ups", [(10e3, True), (1e9, True), (2200, False)])
@pytest.mark.parametrize("sensor", ["lps28dfw", "ms5837"])
def test_the_bus_keeps_to_400_khz(sensor: str, rboard_ohm: float, pull_ups: bool) -> None:
    """NXP UM10204, fast mode: 300 ns of rise, 3 mA of sink. Lows: 0.3 of the supply for the AVR, 0.2 for the MS5837."""
    b = spice.bus(load("uno", sensor), rboard_ohm, pull_ups)
    assert all(0 < b[name][0] < 300e-9 for name in ("ball_rises_s", "avr_rises_s", "avr_rises_2_s"))
    assert all(0 < b[name][0] < 3 for name in ("avr_sinks_ma", "ball_sinks_ma"))
    assert b["avr_pulls_v"][0] < 0.2 * 3.0
    assert b["ball_pulls_v"][0] < 0.3 * 5.0
    assert 3.0 < b["ball_supply_v"][0] < 3.4


def test_both_pull_ups_on_the_ball_side_would_be_too_many() -> None:
    """Why R12 and R13 are left out where the sensor's board has 2.2 kilohm of its own."""
    assert spice.bus(load("uno", "lps28dfw"), 2200, True)["ball_sinks_ma"][0] > 3


@pytest.mark.parametrize("sensor,limit_ma", [("fsr", 1), ("lps28dfw", 60), ("ms5837", 60)])
def test_a_crushed_cable_stays_cool(sensor: str, limit_ma: float) -> None:
    """60 mA at 3.3 V is 0.2 W, in R10 and not in the cable; 40 mA is the most that a pin stands (DS, absolute maximum ratings)."""
    shorts = spice.crushed(load("uno", sensor))
    assert len(shorts) == (1 if sensor == "fsr" else 6)
    assert max(shorts.values()) < limit_ma
    assert all(ma < 40 for (one, other), ma in shorts.items() if (one, other) != ("v_ball", "gnd"))


def test_a_deck_that_fails_says_so() -> None:
    with pytest.raises(RuntimeError, match="ngspice: "):
        spice.run("* nothing\nR1 a 0 1k\n.control\nop\nprint v(b)\n.endc\n.end\n")
