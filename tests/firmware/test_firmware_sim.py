"""The very .hex that goes on a board, on a simulated ATmega328P. All times are the simulation's: nothing here reads a clock.

What this cannot show: USB delay, noise of the analog input, the time an EEPROM write takes, what a boot loader does.
"""

from __future__ import annotations

import binascii
import math
import os
import select
import signal
import subprocess
from pathlib import Path

import pytest
import serial

from conftest import Line, Sim

SAMPLE_US = 3328
LONG_S = 20


def good(line: Line) -> bool:
    body, _, crc = line.text.rpartition(b"*")
    return crc == b"%04X" % binascii.crc_hqx(body, 0xFFFF)


def of_kind(lines: list[Line], kind: str) -> list[Line]:
    return [line for line in lines if line.kind == kind]


def raw_of(mv: float) -> int:
    """What 32 conversions of a steady voltage give: the datasheet's floor(1024 V / Vref), at most 1023, 32 times."""
    return 32 * min(1023, math.floor(mv * 1024 / 5000))


@pytest.fixture(scope="module")
def long_run(ballsim: Path, firmware_hex: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Line]:
    return Sim(ballsim, firmware_hex, tmp_path_factory.mktemp("long"))(LONG_S)


def test_every_line_is_whole(long_run: list[Line]) -> None:
    assert all(good(line) for line in long_run)
    assert max(len(line.text) + 2 for line in long_run) <= 120


def test_the_greeting_is_complete_and_comes_first(long_run: list[Line]) -> None:
    assert long_run[0].kind == "H"
    version, firmware, board, unique_id, boots, cause = long_run[0].fields
    assert (version, firmware, board, boots, cause) == ("1.1", "0.2.0", "uno", "1", "power")
    assert len(unique_id) == 8 and set(unique_id) <= set("0123456789abcdef")

    *pairs, end = (line.fields for line in of_kind(long_run, "I"))
    assert end == ["end", str(len(pairs))]
    info = dict(pair.split("=", 1) for (pair,) in pairs)
    assert 900 < int(info.pop("free_ram")) < 2048
    assert int(info.pop("stack_free")) >= 400
    assert info == {
        "sensor": "fsr", "unit": "adcsum", "bits": "15", "raw_min": "0", "raw_max": "32736", "rate_mhz": "300481",
        "oversample": "32", "divider_ohm": "10000", "open_raw": "160", "fault": "none", "name": "", "guard_unit": "raw",
        "guard_limit": "22679", "guard_release": "21546", "guard_source": "device", "guard_device": "22679", "guard_state": "unset",
        "zero": "none", "kept": "none", "window": "0/0/0", "window_s": "0",
    }  # fmt: skip


def test_no_sample_is_missing_and_all_are_evenly_spaced(long_run: list[Line]) -> None:
    samples = [[int(field, 16 if at == 2 else 10) for at, field in enumerate(line.fields)] for line in of_kind(long_run, "D")]
    assert len(samples) > 299 * LONG_S
    first_us = samples[0][1]
    assert first_us < 100_000 and first_us % SAMPLE_US == 0
    for index, (sequence, t_us, flags, raw) in enumerate(samples):
        assert (sequence, t_us, flags, raw) == (index, first_us + index * SAMPLE_US, 0, raw_of(1000))


def test_device_time_is_true_time(long_run: list[Line]) -> None:
    """0.05 % is what is asked; the difference left is when in its interval the first and last line happened to go out."""
    settled = of_kind(long_run, "D")[100:]
    true_us = settled[-1].us - settled[0].us
    device_us = int(settled[-1].fields[1]) - int(settled[0].fields[1])
    assert abs(device_us / true_us - 1) < 1e-4
    assert (len(settled) - 1) / true_us * 1e6 == pytest.approx(1e6 / SAMPLE_US, rel=1e-4)


def test_the_wire_runs_at_250000_baud(sim: Sim) -> None:
    """Ten bits a byte, 40 us, in a line that keeps the transmitter busy. The model's transmitter has no second buffer, so a late
    interrupt leaves a gap of a few microseconds that the chip would not have."""
    sim(0.1)
    times_us = [int(entry.split()[0]) for entry in sim.log.splitlines()[:37]]
    gaps_us = [b - a for a, b in zip(times_us, times_us[1:], strict=False)]
    assert min(gaps_us) == 40
    assert sorted(gaps_us)[len(gaps_us) // 2] == 40
    assert sum(gaps_us) / len(gaps_us) < 41


def test_a_sample_is_out_within_five_milliseconds(long_run: list[Line]) -> None:
    """From its last conversion to its line's last bit. The line alone takes 1.3 ms; the greeting may hold it up once."""
    delays_us = [line.us - int(line.fields[1]) for line in of_kind(long_run, "D")]
    start_us = min(delays_us) - 1200  # the shortest line, D,0,3328,0,6528 with CRC, CR and LF, takes 23 x 40 us and formatting
    assert max(delays_us) - start_us < 5000


def test_heartbeat_once_a_second(long_run: list[Line]) -> None:
    beats = [line.fields for line in of_kind(long_run, "B")]
    assert len(beats) in (LONG_S - 1, LONG_S)
    for second, (t_us, state, sent, dropped, refused, free_ram) in enumerate(beats, 1):
        assert 0 <= int(t_us) - second * 1_000_000 < SAMPLE_US
        assert (state, dropped, refused) == ("run", "0", "0")
        assert 0 <= int(t_us) // SAMPLE_US - int(sent) < 40, "the first samples were spent on choosing the sensor"
        assert 900 < int(free_ram) < 2048


@pytest.mark.parametrize("mv", [26, 100, 333, 1000, 2500, 4000, 4990])
def test_a_known_voltage_gives_a_known_sum(sim: Sim, mv: float) -> None:
    raws = {(int(line.fields[2], 16) & 7, int(line.fields[3])) for line in of_kind(sim(0.2, [(0, mv)]), "D")}
    assert raws == {(0, raw_of(mv))}


@pytest.mark.parametrize(("mv", "flags"), [(0, 2), (24, 2), (25, 0), (4994, 0), (4996, 1), (5000, 1)])
def test_open_wire_and_saturation_are_flagged(sim: Sim, mv: float, flags: int) -> None:
    samples = [line for line in of_kind(sim(0.3, [(0, 1000), (0.15, 1000), (0.15, mv)]), "D") if line.us > 160_000]
    assert len(samples) > 35
    assert {(int(line.fields[2], 16) & 7, int(line.fields[3])) for line in samples} == {(flags, raw_of(mv))}


def test_one_clipped_conversion_marks_its_sample(sim: Sim) -> None:
    """5 V for 0.2 ms: the sum stays far below its end, but it is too small, and that must show."""
    samples = of_kind(sim(0.2, [(0, 1000), (0.1, 1000), (0.1, 5000), (0.1002, 5000), (0.1002, 1000)]), "D")
    assert [line.fields[2] for line in samples].count("1") == 1
    (clipped,) = (int(line.fields[3]) for line in samples if line.fields[2] == "1")
    assert raw_of(1000) < clipped < raw_of(2000)


def test_a_step_shows_at_its_own_time(sim: Sim) -> None:
    """The table and the sample times agree: a step at 0.1 s changes exactly the sample whose conversions it falls in."""
    samples = of_kind(sim(0.2, [(0, 1000), (0.1, 1000), (0.1, 3000)]), "D")
    start_us = min(line.us - int(line.fields[1]) for line in samples) - 1200
    first_high = next(line for line in samples if int(line.fields[3]) > raw_of(1000))
    assert 0 <= int(first_high.fields[1]) + start_us - 100_000 <= SAMPLE_US + 500


def test_a_ramp_is_followed(sim: Sim) -> None:
    raws = [int(line.fields[3]) for line in of_kind(sim(1, [(0, 1000), (1, 2000)]), "D")]
    assert raws == sorted(raws)
    # oversampling a moving input resolves less than one count of one conversion
    assert max(b - a for a, b in zip(raws, raws[1:], strict=False)) <= 32
    assert raw_of(1990) < raws[-1] < raw_of(2000)


ANSWERED_US = 60_000  # 25 lines of info between samples


def replies(lines: list[Line], at_us: int) -> list[str]:
    """Everything but samples and heartbeats that came within ANSWERED_US of at_us."""
    soon = [line for line in lines if line.kind in "HIANE" and 0 <= line.us - at_us < ANSWERED_US]
    return [line.text.decode().rpartition("*")[0] for line in soon]


def test_commands_are_answered_in_time(sim: Sim) -> None:
    lines = sim(1.3, send=[(0.5, "C,1,hello"), (0.6, "C,2,info"), (0.7, "C,3,stop"), (1.2, "C,255,start")])
    assert all(good(line) for line in lines)
    boot = [line.text.decode().rpartition("*")[0] for line in lines if line.kind in "HI" and line.us < 300_000]
    assert replies(lines, 500_000) == [boot[0], "A,1,"]
    info = replies(lines, 600_000)
    assert info[-1] == "A,2,"
    changing = ("I,free_ram=", "I,stack_free=")
    assert [text for text in info[:-1] if not text.startswith(changing)] == [text for text in boot[1:] if not text.startswith(changing)]
    assert replies(lines, 700_000) == ["A,3,"]
    assert replies(lines, 1_200_000) == ["A,255,"]

    stopped = [line for line in lines if 702_500 < line.us < 1_200_000]
    assert [line.kind for line in stopped if line.kind != "A"] == ["B"], "stop silences samples, not heartbeats"
    assert next(line for line in stopped if line.kind == "B").fields[1] == "stop"
    after = [line for line in lines if line.kind == "D" and line.us > 1_200_000]
    before = [line for line in lines if line.kind == "D" and line.us < 1_200_000]
    assert len(after) > 20
    jump = int(after[0].fields[0]) - int(before[-1].fields[0])
    assert jump == (int(after[0].fields[1]) - int(before[-1].fields[1])) // SAMPLE_US, "samples are counted while stopped"
    assert after[0].fields[2] == "0", "not sent is not dropped"


def test_samples_do_not_wait_for_a_greeting(sim: Sim) -> None:
    lines = sim(1.2, send=[(0.2 + 0.06 * i, "C,9,info") for i in range(15)])
    assert len([line for line in lines if line.text.startswith(b"A,9,")]) == 15
    assert [int(line.fields[0]) for line in of_kind(lines, "D")] == list(range(len(of_kind(lines, "D"))))
    assert {line.fields[2] for line in of_kind(lines, "D")} == {"0"}


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("C,9,hello*0000", "N,0,crc"),
        ("not a command", None),
        ("*FFFF", "N,0,crc"),
        ("C,9,hello" + "x" * 100, "N,0,crc"),
        ("C,9,dance", "N,9,unknown"),
        ("C,9,", "N,9,unknown"),
        ("C,256,hello", "N,0,range"),
        ("C,007,hello", "N,0,range"),
        ("C,9,stop,really", "A,9,"),
        ("C,9,rate", "A,9,300481"),
        ("C,9,rate,100000", "N,9,range"),
        ("C,9,zero", "A,9,"),
        ("C,9,zero,700", "A,9,"),
        ("C,9,zero,100", "N,9,range"),
        ("C,9,zero,x", "N,9,range"),
        ("C,9,guard", "N,9,range"),
        ("C,9,guard,9000", "N,9,range"),
        ("C,9,guard,9000,8500", "A,9,9000/8500"),
        ("C,9,guard,9000,9000", "N,9,range"),
        ("C,9,guard,30000,8500", "N,9,range"),
        ("C,9,guard,-1,8500", "N,9,range"),
        ("C,9,guard,0,0", "A,9,22679/21546"),
        ("C,9,window,30,60,5000", "A,9,"),
        ("C,9,window,60,30,5000", "N,9,range"),
        ("C,9,window,30,60,30000", "N,9,range"),
        ("C,9,name,Left ball", "A,9,"),
        ("C,9,name,", "N,9,range"),
        ("C,9,name,sixteen letters!", "N,9,range"),
        ("C,9,keep", "N,9,range"),
        ("C,9,keep,sensor", "A,9,fsr"),
        ("C,9,keep,device,20000", "A,9,20000/19000"),
        ("C,9,keep,device,22680", "N,9,range"),
        ("C,9,keep,what", "N,9,range"),
        ("C,9,forget", "A,9,"),
        ("C,9,beep,100", "A,9,"),
        ("C,9,beep,100,149", "N,9,range"),
        ("C,9,beep,3000", "N,9,range"),
        ("C,9,plot,2", "N,9,range"),
        ("C,9,plot,0", "A,9,"),
        ("C,9,reset-defaults", "A,9,"),
    ],
)
def test_what_is_refused_and_how(sim: Sim, line: str, reply: str | None) -> None:
    lines = sim(1.1, send=[(0.2, line), (0.3, "C,10,hello")])
    assert [text for text in replies(lines, 200_000) if text[0] != "E"] == ([reply] if reply else [])
    after = [text for text in replies(lines, 300_000) if text[0] != "E"]
    assert after[-1] == "A,10,", "whatever came before, the next command is understood"
    refused = of_kind(lines, "B")[0].fields[4]
    assert refused == ("1" if reply and reply.startswith("N") else "0")


def test_noise_before_a_command_costs_one_answer(sim: Sim) -> None:
    lines = sim(0.5, send=[(0.2, "###\x01\x7f"), (0.2, ""), (0.3, "C,1,hello")])
    assert replies(lines, 300_000)[-1] == "A,1,"


def test_the_id_stays_and_boots_are_counted(sim: Sim, tmp_path: Path) -> None:
    eeprom = tmp_path / "eeprom.bin"
    hellos = [sim(0.3, eeprom=eeprom)[0].fields for _ in range(4)]
    assert [hello[4] for hello in hellos] == ["1", "2", "3", "4"]
    assert len({hello[3] for hello in hellos}) == 1
    # The newest record torn: the one before it counts.
    memory = bytearray(eeprom.read_bytes())
    newest = max((32, 78), key=lambda at: memory[at + 1])
    memory[newest + 8] ^= 0xFF
    eeprom.write_bytes(memory)
    torn = sim(0.3, eeprom=eeprom)[0].fields
    assert (torn[3], torn[4]) == (hellos[0][3], "4")


def test_two_runs_are_the_same_to_the_microsecond(sim: Sim) -> None:
    orders = [(0.3, "C,1,info"), (0.300_01, "C,2,stop"), (0.6, "C,3,start")]
    logs = set()
    for _ in range(2):
        sim(1, [(0, 1000), (1, 4000)], orders)
        logs.add(sim.log)
    assert len(logs) == 1
    assert len(sim.log) > 10_000


def test_serial_of_the_arduino_core_is_not_linked(firmware_hex: Path) -> None:
    elf = firmware_hex.parent / "uno" / "sixten.elf"
    symbols = subprocess.run(["avr-nm", "-C", str(elf)], capture_output=True, text=True, check=True).stdout
    assert "HardwareSerial" not in symbols


def test_the_size_line(firmware_hex: Path) -> None:
    done = subprocess.run(
        ["make", "-s", "--no-print-directory", "-C", str(firmware_hex.parents[1]), "size"], capture_output=True, text=True, check=True
    )
    words = done.stdout.split()
    assert words[0::4][:1] == ["flash"] and int(words[1]) <= 20_480
    assert int(words[words.index("RAM") + 1]) <= 1200


def read_line(fd: int) -> str:
    text = b""
    while not text.endswith(b"\n"):
        assert select.select([fd], [], [], 10)[0], "the simulated board printed no path"
        text += os.read(fd, 1)
    return text.decode().strip()


def test_paced_on_a_terminal(ballsim: Path, firmware_hex: Path, tmp_path: Path) -> None:
    """The only run against the wall clock; nothing about the clock is asserted. Greeting, samples, a restart at each opening."""
    table = Sim(ballsim, firmware_hex, tmp_path).write_table([(0, 1000)])
    eeprom = tmp_path / "eeprom.bin"
    command = [str(ballsim), "--hex", str(firmware_hex), "--table", str(table), "--eeprom", str(eeprom)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            path = read_line(process.stdout.fileno())
            for boots in ("1", "2"):
                with serial.Serial(path, 250_000, timeout=30) as port:
                    lines = [Line(0, port.readline().rstrip(b"\r\n")) for _ in range(100)]
                    assert all(good(line) for line in lines)
                    assert lines[0].kind == "H"
                    assert lines[0].fields[4:] == [boots, "external"]
                    sequences = [int(line.fields[0]) for line in of_kind(lines, "D")]
                    assert sequences == list(range(len(sequences))) and len(sequences) > 60
                    port.write(b"C,1,stop*" + b"%04X\n" % binascii.crc_hqx(b"C,1,stop", 0xFFFF))
                    assert any(port.readline().startswith(b"A,1,") for _ in range(200))
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
        finally:
            process.kill()
    assert len(eeprom.read_bytes()) == 1024
