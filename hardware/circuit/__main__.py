"""`make circuit`: checks every build, writes its two pictures into docs/images, prints the sums and the simulated figures."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from circuit import parts, picture, schematic, spice, wiring
from circuit.netlist import BUILDS, check, load

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"


def main() -> int:
    """0 if every build is sound."""
    wrong = 0
    for board, sensor in BUILDS:
        circuit = load(board, sensor)
        for sentence in check(circuit):
            print(f"{circuit.title}: {sentence}", file=sys.stderr)
            wrong += 1
        (IMAGES / f"circuit-{board}-{sensor}.svg").write_text(schematic.draw(circuit).svg(), "utf-8")
        (IMAGES / f"wiring-{board}-{sensor}.svg").write_text(picture.svg(wiring.build(circuit)), "utf-8")
    print(parts.total_table(parts.read()))
    print("\n".join(spice.figures()) if shutil.which("ngspice") else f"no ngspice: {spice.INSTALL}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
