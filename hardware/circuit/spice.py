"""The circuit in ngspice: the parts come from circuit.toml, the stimulus and the questions from decks/*.cir."""

from __future__ import annotations

import re
import subprocess
import tempfile
from itertools import combinations
from pathlib import Path

from circuit.netlist import Circuit, Part, load
from sixten.pressure.sensors import FSR_SIEMENS_PER_N

DECKS = Path(__file__).parent / "decks"
INSTALL = "apt-get install --no-install-recommends ngspice"
FORCES_N = (0, 10, 25, 50, 100, 150, 200, 250, 300, 350, 389, 400, 450, 500)
SUPPLY_V = 5.0
MOTOR_OHM = 25.0  # copper of a 10 mm coin motor: 25-45 ohm; the lowest draws most [judged]
MOTOR_HENRY = 0.3e-3

MODELS = """\
.model BC337 NPN(IS=4e-14 BF=300 VAF=100 IKF=0.7 RB=10 RC=0.35 RE=0.1 CJE=40p CJC=12p TF=0.6n TR=50n)
.model D1N4148 D(IS=2.5n RS=0.57 N=1.75 CJO=4p TT=12n BV=100)
.model BSS138 NMOS(VTO=1.3 KP=0.25 RD=0.5 RS=0.5 CGSO=0 CGDO=0)
.model BODY D(IS=1n CJO=20p)
"""


def lines_of(part: Part) -> str:
    """A part as SPICE lines; gnd is node 0."""
    net = {pin: "0" if name == "gnd" else name for pin, name in part.nets.items()}
    if part.kind in ("resistor", "capacitor"):
        return f"{part.ref} {net['1']} {net['2']} {part.number:g}"
    if part.kind == "electrolytic":
        return f"{part.ref} {net['plus']} {net['minus']} {part.number:g}"
    if part.kind == "fsr":
        return f"B{part.ref} {net['1']} {net['2']} i = {FSR_SIEMENS_PER_N:g} * v(force) * v({net['1']},{net['2']})"
    if part.kind == "npn":
        return f"{part.ref} {net['collector']} {net['base']} {net['emitter']} BC337"
    if part.kind == "diode":
        return f"{part.ref} {net['anode']} {net['cathode']} D1N4148"
    if part.kind == "motor":
        return f"R{part.ref} {net['1']} {part.ref}_coil {MOTOR_OHM:g}\nL{part.ref} {part.ref}_coil {net['2']} {MOTOR_HENRY:g}"
    if part.kind == "shifter":
        out = []
        for i in ("1", "2"):
            high, low = net[f"HV{i}"], net[f"LV{i}"]
            out += [
                f"M{part.ref}{i} {high} {net['LV']} {low} {low} BSS138",
                f"D{part.ref}{i} {low} {high} BODY",
                f"R{part.ref}h{i} {net['HV']} {high} 10k",
                f"R{part.ref}l{i} {net['LV']} {low} 10k",
            ]
        return "\n".join(out)
    raise ValueError(f"{part.ref}: no SPICE lines for a {part.kind}")


def deck(circuit: Circuit, name: str, **values: object) -> str:
    """The deck `name` with its braces filled in and its parts added."""
    text = (DECKS / f"{name}.cir").read_text("utf-8")
    for key, value in values.items():
        text = text.replace("{" + key + "}", str(value))
    wanted = re.search(r"^\* parts: (.*)$", text, re.MULTILINE)
    assert wanted is not None, name
    parts = "\n".join(lines_of(circuit.parts[ref]) for ref in wanted[1].split())
    return text.replace(wanted[0], f"{wanted[0]}\n{parts}\n{MODELS}")


def run(text: str) -> dict[str, list[float]]:
    """What the deck prints and measures, by name, in order. Raises RuntimeError with ngspice's words if it fails."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "deck.cir"
        path.write_text(text, "utf-8")
        done = subprocess.run(["ngspice", "-b", str(path)], capture_output=True, text=True, timeout=120)
    out: dict[str, list[float]] = {}
    for name, value in re.findall(r"^(\w+)\s+=\s+([-+0-9.eE]+)", done.stdout, re.MULTILINE):
        out.setdefault(name, []).append(float(value))
    complaint = re.search(r"^.*(?:error|failed|fatal|singular|no such).*$", done.stdout + done.stderr, re.MULTILINE | re.IGNORECASE)
    if complaint or not out:
        raise RuntimeError(f"ngspice: {complaint[0] if complaint else done.stdout + done.stderr}")
    return out


def divider(circuit: Circuit) -> dict[str, list[float]]:
    """share, corner_hz and delay_low_s for each of FORCES_N; unloaded, with a microampere of leakage either way."""
    return run(deck(circuit, "divider", supply=SUPPLY_V, forces=" ".join(map(str, FORCES_N))))


def crushed(circuit: Circuit) -> dict[tuple[str, str], float]:
    """Milliamperes through each pair of the cable's conductors when they touch."""
    pairs = combinations(circuit.parts["J1"].nets.values(), 2)
    fsr = circuit.sensor == "fsr"
    feeds = "R1" if fsr else "R10 R12 R13 R14 R15 U2"
    pulls = "" if fsr else "Rlow1 sda 0 25\nRlow2 scl 0 25"
    out = {}
    for one, other in pairs:
        text = deck(circuit, "crushed", parts=feeds, pulls=pulls, one=one.replace("gnd", "0"), other=other.replace("gnd", "0"))
        out[one, other] = run(text)["crushed_ma"][0]
    return out


def bus(circuit: Circuit, rboard_ohm: float = 10e3, pull_ups: bool = True) -> dict[str, list[float]]:
    """rboard_ohm: the sensor board's own pull-ups. pull_ups: whether R12 and R13 are there."""
    text = deck(circuit, "bus", v3v3=3.3, rboard=rboard_ohm)
    return run(text if pull_ups else re.sub(r"^R12 .*\n", "", text, flags=re.MULTILINE))


def figures() -> list[str]:
    """One line a figure, as quoted in docs/build/electronics.md."""
    fsr, air = load("uno", "fsr"), load("uno", "lps28dfw")
    d, m, s, b = divider(fsr), run(deck(fsr, "motor")), run(deck(fsr, "supply", supply=SUPPLY_V)), bus(air)
    counts = [1024 * x for x in d["share"]]
    out = [f"{force} N: {count:.1f} counts of 1023" for force, count in zip(FORCES_N, counts, strict=True)]
    out += [
        f"corner {min(d['corner_hz']):.0f}-{max(d['corner_hz']):.0f} Hz, delay {1000 * max(d['delay_low_s']):.2f} ms at most",
        f"unloaded with 1 uA of leakage: {1024 * min(d['unloaded']):.1f}-{1024 * max(d['unloaded']):.1f} counts",
        f"broken wire with 1 uA of leakage: {1024 * run(deck(fsr, 'open', supply=SUPPLY_V))['open_share'][0]:.1f} counts",
        *(f"motor {name} {value[0]:.3g}" for name, value in m.items()),
        *(f"supply {name} {value[0]:.6g}" for name, value in s.items()),
        *(f"bus {name} {value[0]:.3g}" for name, value in b.items()),
        *(
            f"bus, sensor board with {ohm:g} ohm, R12 and R13 {'in' if there else 'out'}: "
            f"{1e6 * v['ball_rises_s'][0]:.2f} us on the ball's side, "
            f"{1e6 * v['avr_rises_s'][0]:.2f} on the board's, {v['ball_sinks_ma'][0]:.1f} mA"
            for ohm, there in ((1e9, True), (10e3, True), (2200, False), (2200, True))
            for v in [bus(air, ohm, there)]
        ),
        *(f"sampling {n} {v[0]:.6g}" for n, v in run(deck(fsr, "sampling", supply=SUPPLY_V)).items()),
    ]
    for circuit in (fsr, air):
        out += [f"crushed cable, {one} on {other}: {ma:.2g} mA" for (one, other), ma in crushed(circuit).items()]
    return out


if __name__ == "__main__":
    print("\n".join(figures()))
