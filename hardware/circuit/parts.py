"""The parts list of a build, and what it costs."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from circuit.netlist import BOARDS, BUILDS, SENSORS, TITLES

PARTS = Path(__file__).parent.parent / "parts.csv"
COLUMNS = ["ref", "part", "value", "quantity", "builds", "where", "example", "alternatives", "low_eur", "high_eur", "data_sheet"]
AIR = ("lps28dfw", "ms5837")
GROUPS = {"all": (*BOARDS, *SENSORS), "air": AIR, **{name: (name,) for name in (*BOARDS, *SENSORS)}}


@dataclass(frozen=True)
class Item:
    """One row: refs is empty for what is not in the schematic; prices are for the whole quantity, in euros, from memory and rough."""

    refs: tuple[str, ...]
    part: str
    value: str
    quantity: int
    builds: str
    where: str
    low_eur: float
    high_eur: float

    def used_in(self, board: str, sensor: str) -> bool:
        return self.builds == "all" or board in GROUPS[self.builds] or sensor in GROUPS[self.builds]


def read(path: Path = PARTS) -> list[Item]:
    """Raises ValueError naming the line that makes no sense."""
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames != COLUMNS:
            raise ValueError(f"{path.name} line 1: the header must be {','.join(COLUMNS)}")
        items = []
        for row in reader:
            try:
                low, high, quantity = float(row["low_eur"]), float(row["high_eur"]), int(row["quantity"])
            except (TypeError, ValueError):
                raise ValueError(f"{path.name} line {reader.line_num}: quantity and prices must be numbers") from None
            if row["builds"] not in GROUPS or not 0 < low <= high or quantity < 1:
                raise ValueError(f"{path.name} line {reader.line_num}: builds, quantity or prices make no sense")
            items.append(Item(tuple(row["ref"].split()), row["part"], row["value"], quantity, row["builds"], row["where"], low, high))
        return items


def total_table(items: list[Item]) -> str:
    """Cheapest and dearest sum of each build, as a Markdown table."""
    rows = ["| build | parts | euros |", "|---|---|---|"]
    for board, sensor in BUILDS:
        used = [item for item in items if item.used_in(board, sensor)]
        low, high = sum(i.low_eur for i in used), sum(i.high_eur for i in used)
        rows.append(f"| {TITLES[board]}, {TITLES[sensor]} | {sum(i.quantity for i in used)} | {low:.0f}–{high:.0f} |")
    return "\n".join(rows)
