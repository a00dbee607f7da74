"""The schematic of each build. What is joined here is held against the netlist, so a drawing cannot say anything else."""

from __future__ import annotations

from circuit.netlist import TITLES, Circuit
from circuit.sheet import Sheet, wanted


def draw(circuit: Circuit) -> Sheet:
    """The sheet of a build. Raises ValueError if it and the netlist disagree."""
    sheet = Sheet(circuit)
    _board(sheet)
    if circuit.sensor == "fsr":
        _fsr(sheet)
    else:
        _air(sheet)
    _lights(sheet)
    _motor(sheet)
    sheet.dots()
    drawn, nets = sheet.joined(), wanted(circuit)
    if drawn != nets:
        wrong = sorted(sorted(net) for net in drawn ^ nets)
        raise ValueError(f"{circuit.title}: drawing and netlist differ in {wrong}")
    return sheet


def _board(s: Sheet) -> None:
    left = [("A0", (12, 14)), ("A4", (12, 6)), ("A5", (12, 4.5)), ("3V3", (12, 2.5))]
    right = [("D5", 15.2), ("D6", 13.4), ("D7", 11.6), ("D8", 9.6), ("D9", 5), ("D2", 1.6)]
    pins = [*left, *((n, (15, y)) for n, y in right), ("5V", (13.5, 16)), ("GND", (13.5, 0.6))]
    s.box("MB1", (12, 0.6), (15, 16), pins, ["MB1", "Arduino", TITLES[s.circuit.board]])
    s.five_volts((13.5, 16))
    s.ground((13.5, 0.6))
    for x, ref, pin_y in ((8.9, "R14", 6), (11, "R15", 4.5)):
        s.two(ref, (x, 11.5), (x, 9.5), "left")
        s.wire((x, 9.5), (x, pin_y), (12, pin_y))
    s.wire((8.9, 11.5), (10, 11.5), (11, 11.5))
    s.five_volts((10, 11.5))


def _fsr(s: Sheet) -> None:
    s.frame((-5.8, 13.2), (0, 18.3), "pod, in the ball")
    s.two("FSR1", (-5, 17.5), (-5, 14))
    s.two("R11", (-2.6, 17.5), (-2.6, 14))
    s.wire((-5, 17.5), (-2.6, 17.5), (1.2, 17.5), (3, 17.5))
    s.wire((-5, 14), (-2.6, 14), (1.2, 14), (3, 14))
    s.plug("J1", [("1", (1.2, 17.5)), ("2", (1.2, 14))])
    s.five_volts((3, 17.5))
    s.two("R1", (3, 14), (3, 11.6))
    s.ground((3, 11.6))
    s.wire((3, 14), (4, 14))
    s.two("R2", (4, 14), (6.3, 14))
    s.wire((6.3, 14), (7.3, 14), (12, 14))
    s.two("C1", (7.3, 14), (7.3, 11.6))
    s.ground((7.3, 11.6))


def _air(s: Sheet) -> None:
    s.frame((-6.6, 0.6), (-2.2, 12.2), "pod, in the ball")
    pins = [("VDD", (-2.8, 10.5)), ("SDA", (-2.8, 6)), ("SCL", (-2.8, 4.5)), ("GND", (-2.8, 2.5))]
    s.box("U1", (-6, 1.5), (-2.8, 11.5), pins, [])
    s.text((-4.4, 8), ["U1", s.part("U1").value], "center", 10)
    for _, (x, y) in pins:
        s.wire((x, y), (-1, y))
    s.plug("J1", [("1", (-1, 10.5)), ("3", (-1, 6)), ("4", (-1, 4.5)), ("2", (-1, 2.5))])
    s.wire((-1, 2.5), (0.2, 2.5), (0.2, 2.2))
    s.ground((0.2, 2.2))
    s.wire((-1, 10.5), (1.8, 10.5), (4.2, 10.5), (5, 10.5), (5, 8.2), (5, 2.5))
    for x, ref, y in ((1.8, "R12", 6), (4.2, "R13", 4.5)):
        s.two(ref, (x, 10.5), (x, 8), "left")
        s.wire((x, 8), (x, y))
    s.wire((-1, 6), (1.8, 6), (5.6, 6))
    s.wire((-1, 4.5), (4.2, 4.5), (5.6, 4.5))
    s.wire((5, 8.2), (5.6, 8.2))
    shifter = [("LV", (5.6, 8.2)), ("LV1", (5.6, 6)), ("LV2", (5.6, 4.5)), ("HV", (7.8, 8.2)), ("HV1", (7.8, 6)), ("HV2", (7.8, 4.5))]
    s.box("U2", (5.6, 3.2), (7.8, 9.0), [*shifter, ("GND", (6.7, 3.2))], [])
    s.text((6.7, 7.2), ["U2", s.part("U2").value], "center", 10)
    s.ground((6.7, 3.2))
    s.wire((7.8, 8.2), (8.2, 8.2), (8.2, 8.6))
    s.five_volts((8.2, 8.6))
    s.wire((7.8, 6), (8.9, 6))
    s.wire((7.8, 4.5), (11, 4.5))
    s.wire((12, 2.5), (11.2, 2.5))
    s.two("R10", (11.2, 2.5), (9, 2.5), "below")
    s.wire((9, 2.5), (8.2, 2.5), (8.2, 1.9), (5, 1.9), (5, 2.5))
    s.two("C4", (5, 1.9), (5, 0))
    s.ground((5, 0))
    s.wire((12, 14), (9.3, 14))
    s.two("R1", (9.3, 14), (9.3, 12.4), "left")
    s.ground((9.3, 12.4))


def _lights(s: Sheet) -> None:
    for y, resistor, led in ((15.2, "R3", "LED1"), (13.4, "R4", "LED2"), (11.6, "R5", "LED3")):
        s.wire((15, y), (15.3, y))
        s.two(resistor, (15.3, y), (17.6, y))
        s.wire((17.6, y), (18.4, y))
        s.two(led, (18.4, y), (20.4, y), "below")
        s.wire((20.4, y), (21.6, y))
    s.wire((21.6, 15.2), (21.6, 13.4), (21.6, 11.6), (21.6, 11))
    s.ground((21.6, 11))
    s.wire((15, 9.6), (15.3, 9.6))
    s.two("R6", (15.3, 9.6), (17.6, 9.6))
    s.wire((17.6, 9.6), (18.6, 9.6))
    low = s.piezo("BZ1", (18.6, 9.6))
    s.wire(low, (18.1, 9.1), (18.1, 8.5))
    s.ground((18.1, 8.5))
    s.wire((15, 1.6), (15.6, 1.6))
    s.two("SW1", (15.6, 1.6), (17.6, 1.6))
    s.wire((17.6, 1.6), (18.1, 1.6), (18.1, 1.2))
    s.ground((18.1, 1.2))


def _motor(s: Sheet) -> None:
    s.wire((15, 5), (15.3, 5))
    s.two("R7", (15.3, 5), (17.6, 5))
    s.wire((17.6, 5), (18.6, 5), (20, 5))
    s.two("R8", (18.6, 5), (18.6, 3))
    s.ground((18.6, 3))
    collector, emitter = s.transistor("Q1", (20, 5))
    x = collector[0]
    s.wire(emitter, (x, 3))
    s.ground((x, 3))
    s.wire(collector, (x, 6.4))
    s.wire((x, 6.4), (x + 1.9, 6.4), (x + 4.3, 6.4))
    s.two("M1", (x, 8.6), (x, 6.4), "left")
    s.two("D1", (x + 1.9, 6.4), (x + 1.9, 8.6))
    s.two("C2", (x + 4.3, 8.6), (x + 4.3, 6.4))
    s.wire((x, 8.6), (x + 1.9, 8.6), (x + 4.3, 8.6), (x + 4.6, 8.6))
    s.two("R9", (x + 7, 8.6), (x + 4.6, 8.6))
    s.wire((x + 7, 8.6), (x + 7.5, 8.6), (x + 8.4, 8.6))
    s.five_volts((x + 7.5, 8.6))
    s.two("C3", (x + 8.4, 8.6), (x + 8.4, 6.4))
    s.ground((x + 8.4, 6.4))
