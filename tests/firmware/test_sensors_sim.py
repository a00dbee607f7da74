"""The very .hex with each sensor, in virtual time: latency of the guard, pressure error, loss and return, robustness.

What this cannot show: bus time (the model's byte takes 9 us at any clock, the chip's 22), noise of a real sensor, EEPROM time.
SIXTEN_FULL=1 runs the long ones at full length (make -C firmware test-full).
"""

from __future__ import annotations

import math
import os
from pathlib import Path

import pytest

from conftest import Line, Sim

FULL = os.environ.get("SIXTEN_FULL") == "1"
PHASES = 200 if FULL else 52
AMBIENT = 101_325.0
SENSORS = ["fsr", "lps28dfw", "ms5837"]
BAROMETERS = SENSORS[1:]
PERIOD_S = {"fsr": 0.003328, "lps28dfw": 0.005, "ms5837": 0.00624}
LATENCY_MS = {"fsr": 30, "lps28dfw": 15, "ms5837": 25}
LIMIT_PA, LIMIT_N = 40_000, 160.0
PROM = (34982, 36352, 20328, 22354, 26646, 26146)

Row = tuple[float, float, float, float]


def millivolts(newtons: float) -> float:
    """The FSR's divider: 0.633 uS/N beside 470 kilohm, over 10 kilohm."""
    conductance = (1 / 470e3 + 0.633e-6 * newtons) * 10e3
    return 5000 * conductance / (1 + conductance)


def raw(newtons: float) -> int:
    return 32 * math.floor(millivolts(newtons) * 1024 / 5000)


def row(t_s: float, share: float, ambient: float = AMBIENT, celsius: float = 21) -> Row:
    """share: of the limit, in load."""
    return (round(t_s, 7), millivolts(share * LIMIT_N), ambient + share * LIMIT_PA, celsius)


def limit_of(sensor: str) -> int:
    return raw(LIMIT_N) - raw(0) if sensor == "fsr" else LIMIT_PA


def guard_command(sensor: str) -> str:
    return f"C,1,guard,{limit_of(sensor)},{limit_of(sensor) * 95 // 100}"


def flags(line: Line) -> int:
    return int(line.fields[2], 16)


def of_kind(lines: list[Line], kind: str) -> list[Line]:
    return [line for line in lines if line.kind == kind]


def events(lines: list[Line]) -> list[str]:
    return [",".join(line.fields[1:]) for line in of_kind(lines, "E")]


def info(lines: list[Line]) -> dict[str, str]:
    return dict(line.fields[0].split("=", 1) for line in of_kind(lines, "I") if "=" in line.fields[0])


def steps(sensor: str, first_s: float, count: int, ambient: float = AMBIENT) -> tuple[list[Row], list[float]]:
    """60 % to 120 % of the limit within 2 ms, `count` times at evenly spread phases of the sensor's own period."""
    rows, starts = [row(0, 0, ambient), row(first_s - 0.5, 0, ambient), row(first_s - 0.3, 0.6, ambient)], []
    every_s = math.ceil(0.3 / PERIOD_S[sensor]) * PERIOD_S[sensor]
    for i in range(count):
        start = first_s + i * every_s + i * PERIOD_S[sensor] / count
        starts.append(start)
        rows += [row(start, 0.6, ambient), row(start + 0.002, 1.2, ambient)]
        rows += [row(start + 0.1, 1.2, ambient), row(start + 0.11, 0.6, ambient)]
    return rows, starts


def delays_ms(sim: Sim, starts: list[float], pin: str = "D7") -> list[float]:
    delays = []
    for start in starts:
        rises = [us for us, name, high in sim.pins if name == pin and high and 0 <= us - start * 1e6 < 100_000]
        assert rises, f"no warning for the step at {start:.4f} s"
        delays.append((rises[0] - start * 1e6) / 1000)
    return sorted(delays)


def p99(values: list[float]) -> float:
    return values[math.ceil(0.99 * len(values)) - 1]


def kept_limit(sim: Sim, sensor: str, folder: Path) -> Path:
    """An EEPROM with the limit kept in it: what a board has that nobody talks to."""
    eeprom = folder / "kept.bin"
    lines = sim(1, [row(0, 0)], [(0.3, guard_command(sensor)), (0.4, "C,2,keep")], eeprom, sensor)
    assert "settings,saved" in events(lines)
    return eeprom


@pytest.mark.parametrize("sensor", SENSORS)
def test_the_guard_is_in_time_without_a_host(sim: Sim, sensor: str, tmp_path: Path) -> None:
    eeprom = kept_limit(sim, sensor, tmp_path)
    rows, starts = steps(sensor, 7, PHASES)
    lines = sim(7.5 + 0.31 * PHASES, rows, eeprom=eeprom, sensor=sensor)
    delays = delays_ms(sim, starts)
    middle = delays[len(delays) // 2]
    print(f"{sensor}: step to guard pin, {PHASES} phases: median {middle:.2f}, p99 {p99(delays):.2f}, max {delays[-1]:.2f} ms")
    assert p99(delays) <= LATENCY_MS[sensor]
    assert delays[0] > 1.3, "before the limit is crossed there is nothing to warn of"
    assert delays_ms(sim, starts, "D8")[-1] < LATENCY_MS[sensor] + 8 and delays_ms(sim, starts, "D9")[-1] < LATENCY_MS[sensor] + 8
    assert events(lines).count("guard,on") == events(lines).count("guard,off") == PHASES
    assert {flags(line) & 7 for line in of_kind(lines, "D")} == {0}
    assert info(lines)["guard_source"] == "kept"


@pytest.mark.parametrize("sensor", SENSORS)
def test_the_guard_is_in_time_whatever_the_host_sends(sim: Sim, sensor: str, tmp_path: Path) -> None:
    eeprom = kept_limit(sim, sensor, tmp_path)
    rows, starts = steps(sensor, 7, 12)
    noise = [(6.5 + 0.01 * i, "rx_noise") for i in range(450)]
    lines = sim(11, rows, eeprom=eeprom, sensor=sensor, events=noise)
    assert p99(delays_ms(sim, starts)) <= LATENCY_MS[sensor]
    assert len([line for line in lines if line.text.startswith(b"N,0,crc")]) > 100
    assert {flags(line) & 4 for line in of_kind(lines, "D")} == {0}


@pytest.mark.parametrize("sensor", SENSORS)
def test_the_guard_goes_on_after_a_watchdog_restart(sim: Sim, sensor: str) -> None:
    """Under load, half way to the limit, with nobody there: zero and limit are still those from before."""
    rows, starts = steps(sensor, 9, 6)
    rows[2:3] = [row(7.2, 0.6)]
    rows[1] = row(7.0, 0)
    lines = sim(11.5, rows, [(6, guard_command(sensor))], sensor=sensor, events=[(7.5, "hang")])
    hellos = of_kind(lines, "H")
    assert [hello.fields[5] for hello in hellos] == ["power", "watchdog"]
    assert [hello.fields[4] for hello in hellos] == ["1", "2"]
    assert 7.5e6 < hellos[1].us < 7.9e6
    assert "watchdog" in events(lines)
    late = [line for line in lines if line.us > 7.6e6]
    assert (info(late)["guard_limit"], info(late)["zero"]) == (str(limit_of(sensor)), events(lines)[0].removeprefix("zero,"))
    assert p99(delays_ms(sim, starts)) <= LATENCY_MS[sensor]


@pytest.mark.parametrize(("ambient", "celsius"), [(AMBIENT, 21), (AMBIENT - 6000, 21), (AMBIENT, 31), (AMBIENT - 6000, 31)])
@pytest.mark.parametrize("sensor", BAROMETERS)
def test_the_trip_point_stays(sim: Sim, sensor: str, ambient: float, celsius: float, tmp_path: Path) -> None:
    """The limit was kept at 101.3 kPa and 21 C; now a slow push at another pressure and temperature."""
    eeprom = kept_limit(sim, sensor, tmp_path)
    rows = [row(0, 0, ambient, celsius), row(6, 0, ambient, celsius), row(7, 0.9, ambient, celsius), row(17, 1.1, ambient, celsius)]
    sim(17, rows, eeprom=eeprom, sensor=sensor)
    (tripped,) = (us for us, pin, high in sim.pins if pin == "D7" and high and us > 6e6)
    gauge = (0.9 + 0.2 * (tripped / 1e6 - 7) / 10) * LIMIT_PA
    assert abs(gauge - LIMIT_PA) <= 300


def test_thinner_air_in_use_moves_the_zero_along(sim: Sim) -> None:
    thin = AMBIENT - 6000
    rows = [row(0, 0), row(8, 0), row(12, 0, thin), row(20, 0, thin), row(21, 0.9, thin), row(31, 1.1, thin)]
    lines = sim(31, rows, [(6, guard_command("lps28dfw"))], sensor="lps28dfw")
    zeros = [int(event.removeprefix("zero,")) for event in events(lines) if event.startswith("zero,")]
    assert zeros[0] == AMBIENT and abs(zeros[-1] - thin) < 10
    (tripped,) = (us for us, pin, high in sim.pins if pin == "D7" and high)
    assert abs((0.9 + 0.2 * (tripped / 1e6 - 21) / 10) * LIMIT_PA - LIMIT_PA) <= 300


def pascals_of(sensor: str, lines: list[Line]) -> list[tuple[int, float]]:
    """(t_us, Pa) as a host works them out from raw counts and, for the MS5837, PROM and the latest D2."""
    values, d2 = [], 0
    for line in of_kind(lines, "D"):
        counts = int(line.fields[3])
        if sensor == "lps28dfw":
            values.append((int(line.fields[1]), counts * 100 / 2048))
            continue
        if len(line.fields) > 4:
            d2 = int(line.fields[4])
        dt = d2 - PROM[4] * 256
        temp = 2000 + dt * PROM[5] / 2**23
        q = (temp - 2000) ** 2
        off = PROM[1] * 65536 + PROM[3] * dt / 128 - (q / 16 if temp >= 2000 else 3 * q / 2)
        sens = PROM[0] * 32768 + PROM[2] * dt / 256 - (0 if temp >= 2000 else 5 * q / 8)
        values.append((int(line.fields[1]), (counts * sens / 2**21 - off) / 2**13 * 10))
    return values


@pytest.mark.parametrize("celsius", [10, 20, 25, 40])
@pytest.mark.parametrize("sensor", BAROMETERS)
def test_pressure_error_on_the_wire_and_on_the_board(sim: Sim, sensor: str, celsius: float) -> None:
    """26-400 kPa; the wire against the model, and the board's own integers by its answer to `zero` and by its trip point."""
    error = {"lps28dfw": 10, "ms5837": 100}[sensor]
    pressures = [26_000, 60_000, 101_325, 150_000, 250_000, 330_000, 397_000 if sensor == "lps28dfw" else 400_000]
    rows: list[Row] = [(0.0, 0, AMBIENT, celsius), (0.5, 0, AMBIENT, celsius)]
    for i, pressure in enumerate(pressures):
        rows += [(1 + i, 0, pressure, celsius), (1.8 + i, 0, pressure, celsius)]
    lines = sim(1 + len(pressures), rows, sensor=sensor)
    values = pascals_of(sensor, lines)
    for i, pressure in enumerate(pressures):
        held = [pa for t_us, pa in values if 1.2e6 + i * 1e6 < t_us < 1.7e6 + i * 1e6]
        assert len(held) > 60
        assert max(abs(pa - pressure) for pa in held) <= error, pressure
    zero = events(sim(6, [(0, 0, 98_765, celsius)], sensor=sensor))
    assert abs(int(zero[0].removeprefix("zero,")) - 98_765) <= error


@pytest.mark.parametrize("sensor", SENSORS)
def test_samples_are_evenly_spaced_and_none_is_missing(sim: Sim, sensor: str) -> None:
    """Long enough for heartbeats, a zero and a save; ten minutes in the full run."""
    seconds = 600 if FULL else 20
    lines = sim(seconds, [row(0, 0)], sensor=sensor)
    samples = of_kind(lines, "D")
    assert [int(line.fields[0]) for line in samples] == [i % 65536 for i in range(len(samples))]
    assert {flags(line) for line in samples} == {0}
    assert of_kind(lines, "B")[-1].fields[3] == "0"
    times = [int(line.fields[1]) for line in samples]
    gaps = [b - a for a, b in zip(times, times[1:], strict=False)][1:]
    period_us = PERIOD_S[sensor] * 1e6
    slack = 1100 if sensor == "lps28dfw" else 1
    assert max(abs(gap - period_us) for gap in gaps) <= slack
    assert (times[-1] - times[1]) / (len(times) - 2) == pytest.approx(period_us, rel=1e-3)
    assert sim.idle >= 0.30, "share of the processor that is left"
    assert int(info(lines)["stack_free"]) >= 400


@pytest.mark.parametrize("sensor", SENSORS)
def test_ten_minutes_below_the_limit_without_a_false_alarm(sim: Sim, sensor: str, tmp_path: Path) -> None:
    """Holding at 90 % with breathing and the sensor's own noise; one is allowed in ten minutes, and CI runs one of them."""
    seconds = 600 if FULL else 15
    eeprom = kept_limit(sim, sensor, tmp_path)
    rows = [row(0, 0), row(6, 0)]
    rows += [row(7 + i * 0.1, 0.9 + 0.04 * math.sin(i * 0.157)) for i in range(seconds * 10)]
    lines = sim(7 + seconds, rows, eeprom=eeprom, sensor=sensor, noise_pa={"fsr": 0, "lps28dfw": 4, "ms5837": 38}[sensor])
    assert events(lines).count("guard,on") <= (1 if FULL else 0)
    assert of_kind(lines, "B")[-1].fields[3] == "0"


@pytest.mark.parametrize("sensor", BAROMETERS)
def test_a_sensor_lost_and_found(sim: Sim, sensor: str) -> None:
    lines = sim(10, [row(0, 0)], sensor=sensor, events=[(6, "sensor_off"), (8, "sensor_on")])
    said = events(lines)
    assert said[0].startswith("zero,") and said[1:] == ["sensor,lost", "sensor,found"]
    lost, found = (line.us for line in of_kind(lines, "E")[1:])
    assert lost - 6e6 < 50_000 and 8e6 < found < 9.7e6
    gone = [line for line in of_kind(lines, "D") if lost + 5000 < line.us < found - 5000]
    assert len(gone) > 200 and {(flags(line) & 3, line.fields[3]) for line in gone} == {(2, "0")}
    sequences = [int(line.fields[0]) for line in of_kind(lines, "D")]
    assert sequences == list(range(len(sequences)))
    back = [line for line in of_kind(lines, "D") if line.us > found + 5000]
    assert back and {flags(line) for line in back} == {0}
    assert [hello.fields[5] for hello in of_kind(lines, "H")] == ["power"], "without a reset"


@pytest.mark.parametrize(
    ("sensor", "fault"),
    [("lps22df", "no_wide_range"), ("lps22df-sticky", "no_wide_range"), ("ms5837-badcrc", "prom_crc"), ("ms5837-02ba", "wrong_id")],
)
def test_the_wrong_part_is_refused_with_its_reason(sim: Sim, sensor: str, fault: str) -> None:
    lines = sim(0.6, [(0, 1000, AMBIENT, 21)], sensor=sensor)
    assert (info(lines)["sensor"], info(lines)["fault"]) == ("none", fault), "and A0 is not taken for an FSR instead"
    assert {flags(line) for line in of_kind(lines, "D")} == {2}


def test_no_sensor_is_no_fsr(sim: Sim) -> None:
    lines = sim(0.6, [(0, 0, AMBIENT, 21)])
    assert info(lines)["sensor"] == "none"
    assert {(flags(line), line.fields[3]) for line in of_kind(lines, "D")} == {(2, "0")}
    assert not [pin for pin in sim.pins if pin[1] == "D5" and pin[2]], "never green"


def test_an_open_wire_in_use_is_lost_and_found(sim: Sim) -> None:
    lines = sim(2, [(0, 1000, 0, 0), (0.5, 1000, 0, 0), (0.5, 0, 0, 0), (1.2, 0, 0, 0), (1.2, 1000, 0, 0)])
    assert events(lines) == ["sensor,lost", "sensor,found"]


def test_a_barometer_at_its_end_is_saturated_and_over(sim: Sim) -> None:
    lines = sim(1.2, [(0, 0, AMBIENT, 21), (0.6, 0, AMBIENT, 21), (0.6, 0, 405_000, 21)], sensor="lps28dfw")
    high = [flags(line) for line in of_kind(lines, "D") if line.us > 0.65e6]
    assert {flag & 0xB for flag in high} == {9}
    assert 0.03 < sum(flag & 0x10 > 0 for flag in high) / len(high) < 0.6


def test_another_sensor_than_last_time(sim: Sim, tmp_path: Path) -> None:
    eeprom = tmp_path / "eeprom.bin"
    sim(0.5, [row(0, 0)], eeprom=eeprom)
    lines = sim(1.5, [row(0, 0)], [(0.5, "C,1,keep,sensor"), (1.2, "C,2,info")], eeprom=eeprom, sensor="ms5837")
    assert "sensor_changed,fsr,ms5837" in events(lines)
    assert info([line for line in lines if line.us < 0.4e6])["fault"] == "sensor_changed"
    assert info([line for line in lines if line.us > 1.1e6])["fault"] == "none"
    assert "sensor_changed,fsr,ms5837" not in events(sim(0.5, [row(0, 0)], eeprom=eeprom, sensor="ms5837"))


def test_no_limit_blinks_and_green_comes_with_the_zero(sim: Sim) -> None:
    lines = sim(7, [row(0, 0)], sensor="lps28dfw")
    zero_us = next(line.us for line in of_kind(lines, "E") if line.fields[1] == "zero")
    green = [us for us, pin, high in sim.pins if pin == "D5" and high]
    assert len(green) == 1 and abs(green[0] - zero_us) < 20_000
    amber = [us for us, pin, high in sim.pins if pin == "D6" and high and us < zero_us]
    assert len(amber) in (5, 6), "one blink a second"


def test_the_window_beeps_at_both_ends(sim: Sim) -> None:
    rows = [row(0, 0), row(6, 0), row(6.5, 0.8), row(13, 0.8)]
    send = [(6.1, guard_command("lps28dfw")), (6.7, f"C,2,window,2,4,{LIMIT_PA * 6 // 10}")]
    lines = sim(13, rows, send, sensor="lps28dfw")
    assert events(lines)[1:] == ["window,min", "window,max"]
    edges = [us for us, pin, _ in sim.pins if pin == "D8" and us > 7e6]
    short, long = [us for us in edges if us < 9.5e6], [us for us in edges if us > 9.5e6]
    assert short[0] == pytest.approx(8.72e6, abs=30_000) and short[-1] - short[0] == pytest.approx(200_000, abs=6000)
    assert long[0] == pytest.approx(10.72e6, abs=30_000) and long[-1] - long[0] == pytest.approx(1_000_000, abs=6000)
    assert (len(short) - 1) / (short[-1] - short[0]) * 1e6 / 2 == pytest.approx(600, rel=0.02)


def test_the_button(sim: Sim) -> None:
    def click(at_s: float, hold_s: float = 0.06) -> list[tuple[float, str]]:
        return [(at_s, "button_down"), (at_s + hold_s, "button_up")]

    lines = sim(6, events=click(0.5) + click(2.5) + click(2.7) + click(4.6, 0.8))
    assert events(lines) == ["button,press", "button,double", "button,stop"]
    stamps = [int(line.fields[0]) for line in of_kind(lines, "E")]
    assert stamps == [pytest.approx(us, abs=20_000) for us in (500_000, 2_500_000, 4_600_000)]


def test_the_name_is_kept(sim: Sim, tmp_path: Path) -> None:
    eeprom = tmp_path / "eeprom.bin"
    sim(0.8, send=[(0.3, "C,1,name,Left ball")], eeprom=eeprom)
    assert info(sim(0.3, eeprom=eeprom))["name"] == "Left ball"
    sim(0.8, send=[(0.3, "C,1,reset-defaults")], eeprom=eeprom)
    assert info(sim(0.3, eeprom=eeprom))["name"] == ""


def test_plot_mode_is_for_the_serial_plotter(sim: Sim) -> None:
    lines = sim(1, send=[(0.3, "C,1,plot,1"), (0.6, "C,2,plot,0")])
    plain = [line.text.decode() for line in lines if 0.31e6 < line.us < 0.6e6 and line.kind == "r"]
    assert len(plain) > 80 and set(plain) == {"raw:6528 limit:22679"}
    assert of_kind(lines, "D")[-1].us > 0.98e6
