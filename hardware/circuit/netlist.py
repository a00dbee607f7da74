"""The circuit of one build, read from circuit.toml, and what must hold of it.

Types of pin, each with the lowest and highest volts that it makes or stands:

    power LO HI          a supply that the board gives
    ground               the common return; its net is called gnd
    supply LO HI         needs to be fed, within these volts
    input LO HI          must not float
    pulled_input PIN     an input with a pull-up inside to the board's PIN
    output LO HI         drives both ways; one a net
    open_drain LO HI     pulls down only; needs a pull-up
    shifted PIN          a channel of the level shifter: pulls down, and has a pull-up inside to the part's own PIN
    passive              whatever comes
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

CIRCUIT = Path(__file__).parent / "circuit.toml"
BOARDS = ("uno", "nano")
SENSORS = ("fsr", "lps28dfw", "ms5837")
BUILDS = [(board, sensor) for board in BOARDS for sensor in SENSORS]
TITLES = {"uno": "Uno", "nano": "Nano", "fsr": "FSR", "lps28dfw": "LPS28DFW", "ms5837": "MS5837-30BA"}
UNITS = {"": 1.0, "k": 1e3, "M": 1e6, "m": 1e-3, "µ": 1e-6, "n": 1e-9, "p": 1e-12}


@dataclass(frozen=True)
class Pin:
    """type and volts as above; of: the pin that it is pulled to, if any."""

    type: str
    low_v: float = 0.0
    high_v: float = float("inf")
    of: str = ""

    @classmethod
    def parse(cls, text: str) -> Pin:
        """From circuit.toml. Raises ValueError for a text that is no pin."""
        kind, *rest = text.split()
        if kind in ("pulled_input", "shifted") and len(rest) == 1:
            return cls(kind, of=rest[0])
        if kind in ("power", "supply", "input", "output", "open_drain") and len(rest) == 2:
            return cls(kind, float(rest[0]), float(rest[1]))
        if kind in ("ground", "passive") and not rest:
            return cls(kind)
        raise ValueError(f"no such pin: {text}")


@dataclass(frozen=True)
class Part:
    """nets: pin name -> net name. types: pin name -> Pin, of the part's kind."""

    ref: str
    kind: str
    name: str
    value: str
    where: str
    nets: dict[str, str]
    types: dict[str, Pin] = field(repr=False)
    conducts: bool = False
    output_ma: float = float("inf")

    @property
    def number(self) -> float:
        """The value as a number: "10 kΩ" is 10000. Raises ValueError if it is none."""
        match = re.fullmatch(r"([0-9.]+) ([kMmµnp]?)[ΩF]", self.value)
        if match is None:
            raise ValueError(f"{self.ref}: {self.value} is no resistance or capacity")
        return float(match[1]) * UNITS[match[2]]


@dataclass(frozen=True)
class Circuit:
    """One build: its parts by reference, in the order of the file."""

    board: str
    sensor: str
    parts: dict[str, Part]

    @property
    def title(self) -> str:
        return f"{TITLES[self.board]} with {TITLES[self.sensor]}"

    def nets(self) -> dict[str, list[tuple[str, str]]]:
        """Net name -> (reference, pin) of everything on it."""
        out: dict[str, list[tuple[str, str]]] = {}
        for part in self.parts.values():
            for pin, net in part.nets.items():
                out.setdefault(net, []).append((part.ref, pin))
        return out

    def pin(self, ref: str, pin: str) -> Pin:
        return self.parts[ref].types[pin]


def read(path: Path = CIRCUIT) -> dict[str, dict[str, object] | list[dict[str, object]]]:
    """The file as it stands."""
    return tomllib.loads(path.read_text("utf-8"))


def pin_map(path: Path = CIRCUIT) -> dict[str, tuple[str, str]]:
    """Arduino's name of a pin -> (port and bit, the firmware's name), as ("D5", ("D5", "GREEN"))."""
    return {name: (row["port"], row["bit"]) for name, row in tomllib.loads(path.read_text("utf-8"))["pin"].items()}


def load(board: str, sensor: str, path: Path = CIRCUIT) -> Circuit:
    """The build's circuit. Raises ValueError for a file that contradicts itself."""
    whole = tomllib.loads(path.read_text("utf-8"))
    kinds = {name: {pin: Pin.parse(text) for pin, text in row["pins"].items()} for name, row in whole["kind"].items()}
    kinds["board"] |= {name: Pin.parse(row["type"]) for name, row in whole["pin"].items()}
    parts: dict[str, Part] = {}
    for row in whole["part"]:
        if sensor not in row.get("builds", SENSORS):
            continue
        ref, kind = row["ref"], row["kind"]
        if ref in parts:
            raise ValueError(f"{ref} stands twice in the build {board} with {sensor}")
        if set(row["pins"]) != set(kinds[kind]):
            raise ValueError(f"{ref} has the pins {sorted(row['pins'])}, a {kind} has {sorted(kinds[kind])}")
        about = whole["kind"][kind]
        parts[ref] = Part(
            ref,
            kind,
            row["name"],
            row["value"].format(board=TITLES[board]),
            row["where"],
            row["pins"],
            kinds[kind],
            about.get("conducts", False),
            about.get("output_ma", float("inf")),
        )
    return Circuit(board, sensor, parts)


STIFF = ("power", "output")


def highest_volts(circuit: Circuit) -> dict[str, float]:
    """Net -> the most it can be at: every source and pull-up passes through everything that conducts, losing nothing. An upper bound."""
    nets = circuit.nets()
    made = {net: [circuit.pin(*pin).high_v for pin in pins if circuit.pin(*pin).type in STIFF] for net, pins in nets.items()}
    stiff = {net for net, volts in made.items() if volts} | {"gnd"}
    volts = {net: max(each, default=0.0) for net, each in made.items()}
    changed = True
    while changed:
        changed = False
        for low, high in _bridges(circuit):
            if low not in stiff and volts[low] < volts[high]:
                volts[low], changed = volts[high], True
    return volts


def _bridges(circuit: Circuit) -> Iterator[tuple[str, str]]:
    """Ordered pairs of nets that direct current may pass between."""
    for part in circuit.parts.values():
        if part.conducts:
            yield from ((a, b) for a in part.nets.values() for b in part.nets.values() if a != b)
        for pin, net in part.nets.items():
            if part.types[pin].of:
                yield net, part.nets[part.types[pin].of]


def _held(circuit: Circuit, to: set[str]) -> set[str]:
    """Nets with a path for direct current to one of ``to``, not by way of the ground."""
    held = set(to)
    bridges = list(_bridges(circuit))
    while more := {a for a, b in bridges if b in held} - held - {"gnd"}:
        held |= more
    return held


def check(circuit: Circuit) -> list[str]:
    """What is wrong with the circuit, one sentence each; nothing if nothing is."""
    nets = circuit.nets()
    found = [
        f"{net} has only {ref} pin {pin}."
        for net, [(ref, pin), *more] in nets.items()
        if not more and circuit.pin(ref, pin).type != "power"  # a supply that nobody needs
    ]
    supplies = {net for net, pins in nets.items() if any(circuit.pin(*p).type == "power" for p in pins)}
    held = _held(circuit, supplies | {"gnd"})
    pulled_up = _held(circuit, supplies)
    volts = highest_volts(circuit)
    for net, pins in nets.items():
        drivers = [f"{ref} {pin}" for ref, pin in pins if circuit.pin(ref, pin).type in STIFF]
        if len(drivers) > 1:
            found.append(f"{net} is driven by {' and '.join(drivers)}.")
        boards = [pin for ref, pin in pins if circuit.parts[ref].kind == "board"]
        if len(boards) > 1:
            found.append(f"{net} joins the board's pins {' and '.join(boards)}.")
        if net == "gnd" and drivers:
            found.append(f"gnd is driven by {drivers[0]}.")
        for ref, name in pins:
            pin = circuit.pin(ref, name)
            if pin.type == "ground" and net != "gnd":
                found.append(f"{ref} pin {name} belongs on gnd and is on {net}.")
            if pin.type in ("input", "supply") and net not in held:
                found.append(f"{ref} pin {name} floats.")
            if pin.type == "open_drain" and net not in pulled_up:
                found.append(f"{ref} pin {name} has no pull-up.")
            if pin.type != "output" and pin.type != "power" and volts[net] > pin.high_v:
                found.append(f"{ref} pin {name} stands {pin.high_v:g} V and may get {volts[net]:g} V.")
            if pin.type == "supply" and volts[net] < pin.low_v:
                found.append(f"{ref} pin {name} needs {pin.low_v:g} V and gets {volts[net]:g} V.")
            if pin.type == "output":
                found += _too_much_current(circuit, ref, name, net)
    for part in circuit.parts.values():
        if len(part.nets) > 1 and len(set(part.nets.values())) == 1:
            found.append(f"{part.ref} has all its pins on {next(iter(part.nets.values()))}.")
    return found


def _too_much_current(circuit: Circuit, ref: str, pin: str, net: str) -> list[str]:
    """An output stands a short circuit of whatever lies behind its resistor."""
    limit = circuit.parts[ref].output_ma
    ma = 0.0
    for other, _ in circuit.nets()[net]:
        part = circuit.parts[other]
        if other == ref:
            continue
        if part.kind != "resistor":
            return [f"{ref} pin {pin} drives {other} without a resistor."]
        ma += circuit.pin(ref, pin).high_v / part.number * 1000
    return [f"{ref} pin {pin} may have to give {ma:.0f} mA and is good for {limit:g} mA."] if ma > limit else []


def net_table(circuit: Circuit) -> str:
    """The nets as rows of a Markdown table: what is soldered to what."""
    rows = ["| net | joins |", "|---|---|"]
    for net, pins in circuit.nets().items():
        if len(pins) > 1:
            rows.append(f"| {net} | {', '.join(f'{ref} {pin}' for ref, pin in pins)} |")
    return "\n".join(rows)
