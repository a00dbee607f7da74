"""Each build on a breadboard: which part in which hole, and which wires. What that joins is held against the netlist.

Holes are named as on the board: a12 is row a of column 12, T+12 the upper red rail at that column, B-12 the lower blue one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from circuit.netlist import Circuit
from circuit.sheet import wanted

Point = tuple[float, float]
COLUMNS = 63
RED, BLACK, LINES = "#c62828", "#222222", ("#1565c0", "#2e7d32", "#ef6c00", "#6a1b9a", "#00838f", "#795548")


def split(hole: str) -> tuple[str, int]:
    match = re.fullmatch(r"([a-j]|[TB][+-])(\d+)", hole)
    if match is None or not 1 <= int(match[2]) <= COLUMNS:
        raise ValueError(f"no such hole: {hole}")
    return match[1], int(match[2])


def node(hole: str) -> str:
    """Holes with the same node are joined inside the breadboard."""
    row, column = split(hole)
    if len(row) == 2:
        return row
    return f"{'upper' if row < 'f' else 'lower'} {column}"


@dataclass
class Breadboard:
    """holes: (reference, pin) -> hole. wires: pairs of holes or MB1 pins ("MB1.D5"), with colours."""

    circuit: Circuit
    offset: int
    holes: dict[tuple[str, str], str] = field(default_factory=dict)
    wires: list[tuple[str, str, str]] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)

    def at(self, hole: str, stays: bool = False) -> str:
        """The hole moved right past the Nano, unless it stays; each can be used once."""
        row, column = split(hole)
        moved = hole if stays else f"{row}{column + self.offset}"
        if moved in self.taken:
            raise ValueError(f"hole {moved} is used twice")
        self.taken.add(moved)
        return moved

    def put(self, ref: str, **pins: str) -> None:
        """A part's pins into holes; a pin named 1 is given as p1."""
        for pin, hole in pins.items():
            self.holes[ref, re.sub(r"^p(?=\d)", "", pin)] = self.at(hole)

    def pod(self, ref: str, **pins: str) -> None:
        """A part in the ball: its pins on the cable's conductors, named by the plug's pin."""
        for pin, conductor in pins.items():
            self.holes[ref, re.sub(r"^p(?=\d)", "", pin)] = self.holes["J1", conductor]

    def wire(self, start: str, end: str, colour: str, stays: bool = False) -> None:
        self.wires.append((start if start.startswith("MB1.") else self.at(start), self.at(end, stays), colour))

    def joined(self) -> set[frozenset[tuple[str, str]]]:
        """The nets as wired, in the form of Sheet.joined."""
        group: dict[str, str] = {}

        def root(x: str) -> str:
            while group.setdefault(x, x) != x:
                x = group[x]
            return x

        for start, end, _ in self.wires:
            group[root(start if start.startswith("MB1.") else node(start))] = root(node(end))
        nets: dict[str, set[tuple[str, str]]] = {}
        for key, hole in self.holes.items():
            nets.setdefault(root(node(hole)), set()).add(key)
        for pin in self.circuit.parts["MB1"].nets:
            nets.setdefault(root(f"MB1.{pin}"), set()).add(("MB1", pin))
        return {frozenset(net) for net in nets.values() if len(net) > 1}


def build(circuit: Circuit) -> Breadboard:
    """The breadboard of a build. Raises ValueError if it and the netlist disagree."""
    b = Breadboard(circuit, 0 if circuit.board == "uno" else 17)
    b.wire("MB1.5V", "T+1", RED, stays=True)
    b.wire("MB1.GND", "T-1", BLACK, stays=True)
    b.wire("T-45", "B-45", BLACK)
    for i, (column, resistor, led) in enumerate(((2, "R3", "LED1"), (7, "R4", "LED2"), (12, "R5", "LED3"))):
        b.wire(f"MB1.D{5 + i}", f"b{column}", LINES[i])
        b.put(resistor, p1=f"c{column}", p2=f"c{column + 3}")
        b.put(led, anode=f"b{column + 3}", cathode=f"T-{column + 3}")
    b.wire("MB1.D8", "b17", LINES[3])
    b.put("R6", p1="c17", p2="c20")
    b.put("BZ1", p1="b20", p2="T-21")
    b.wire("MB1.D9", "b23", LINES[4])
    b.put("R7", p1="c23", p2="c26")
    b.put("R8", p1="a26", p2="T-26")
    b.put("Q1", emitter="d25", base="d26", collector="d27")
    b.wire("a25", "T-25", BLACK)
    b.put("D1", anode="c27", cathode="c30")
    b.put("C2", p1="e30", p2="e27")
    b.put("M1", p1="b30", p2="b27")
    b.put("R9", p2="a30", p1="T+30")
    b.wire("MB1.D2", "b33", LINES[5])
    b.put("SW1", p1="a33", p2="T-34")
    b.put("C3", plus="T+43", minus="T-43")
    b.wire("MB1.A4", "c36", LINES[0])
    b.put("R14", p1="T+36", p2="a36")
    b.wire("MB1.A5", "b37", LINES[1])
    b.put("R15", p1="T+37", p2="a37")
    if circuit.sensor == "fsr":
        b.wire("T+46", "B+46", RED)
        b.put("J1", p1="B+12", p2="h14")
        b.pod("FSR1", p1="1", p2="2")
        b.pod("R11", p1="1", p2="2")
        b.put("R1", p1="j14", p2="B-14")
        b.put("R2", p1="f14", p2="f18")
        b.put("C1", p1="j18", p2="B-18")
        b.wire("MB1.A0", "i18", LINES[2])
    else:
        b.put("U2", HV1="d36", HV2="d37", HV="d38", GND="d39", LV1="g36", LV2="g37", LV="g38")
        b.taken |= {f"{row}{column + b.offset}" for row in "dg" for column in range(36, 42)}
        b.wire("a38", "T+38", RED)
        b.wire("a39", "T-39", BLACK)
        b.wire("j38", "B+38", RED)
        b.put("R12", p1="B+36", p2="j36")
        b.put("R13", p1="B+37", p2="j37")
        b.put("J1", p1="B+39", p2="B-40", p3="i36", p4="i37")
        b.pod("U1", VDD="1", GND="2", SDA="3", SCL="4")
        b.put("R10", p1="j44", p2="B+44")
        b.wire("MB1.3V3", "i44", "#ad1457")
        b.put("C4", plus="B+42", minus="B-42")
        b.put("R1", p1="j18", p2="B-18")
        b.wire("MB1.A0", "i18", LINES[2])
    made, nets = b.joined(), wanted(circuit)
    if made != nets:
        raise ValueError(f"{circuit.title}: wiring and netlist differ in {sorted(sorted(net) for net in made ^ nets)}")
    return b
