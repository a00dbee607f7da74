"""The same samples in other formats, each written as its library writes by default: for the recording's benchmark.

Run as a program it is the victim: ``python recording_peers.py NAME PATH`` writes batches at PACE times their own time until it is killed.
"""

from __future__ import annotations

import csv
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

BATCH = 5  # samples; what one read of the port brings
SAMPLE_US = 3328
PACE = 5.0

Add = Callable[[Sequence[int], Sequence[int]], None]  # t_us and raw of a batch
Open = Callable[[Path], tuple[Add, Callable[[], None]]]


def csv_writer(path: Path) -> tuple[Add, Callable[[], None]]:
    file = path.open("w", newline="")
    rows = csv.writer(file)
    rows.writerow(("t_us", "raw"))
    return lambda t, v: rows.writerows(zip(t, v, strict=True)), file.close


def csv_reader(path: Path) -> list[int]:
    with path.open(newline="") as file:
        rows = csv.reader(file)
        next(rows)
        return [int(row[1]) for row in rows if len(row) == 2 and int(row[0]) >= 0]


def _mcap(path: Path, **options: Any) -> tuple[Add, Callable[[], None]]:
    from mcap.writer import Writer

    file = path.open("wb")
    writer = Writer(file, **options)
    writer.start()
    schema = writer.register_schema("samples", "jsonschema", b'{"type":"object"}')
    channel = writer.register_channel("samples", "json", schema)

    def add(t: Sequence[int], v: Sequence[int]) -> None:
        data = json.dumps({"t": t[0], "dt": SAMPLE_US, "v": v}, separators=(",", ":")).encode()
        writer.add_message(channel, log_time=t[0] * 1000, publish_time=t[0] * 1000, data=data)

    def close() -> None:
        writer.finish()
        file.close()

    return add, close


def mcap_reader(path: Path) -> list[int]:
    from mcap.reader import make_reader
    from mcap.stream_reader import StreamReader

    with path.open("rb") as file:
        try:
            messages: Iterator[Any] = iter([m for _, _, m in make_reader(file).iter_messages()])
        except Exception:  # no summary: not closed
            from mcap.records import Message

            file.seek(0)
            messages = (r for r in StreamReader(file, skip_magic=False).records if isinstance(r, Message))
        out: list[int] = []
        try:
            for m in messages:
                out += json.loads(m.data)["v"]
        except Exception:
            pass
        return out


def _hdf5(path: Path, swmr: bool) -> tuple[Add, Callable[[], None]]:
    import h5py

    file = h5py.File(path, "w", libver="latest")
    t_us = file.create_dataset("t_us", (0,), "i8", maxshape=(None,), chunks=(3000,), compression="gzip", shuffle=True)
    raw = file.create_dataset("raw", (0,), "i4", maxshape=(None,), chunks=(3000,), compression="gzip", shuffle=True)
    if swmr:
        file.swmr_mode = True
    count = flushed = 0

    def add(t: Sequence[int], v: Sequence[int]) -> None:
        nonlocal count, flushed
        for data, values in ((t_us, t), (raw, v)):
            data.resize((count + len(t),))
            data[count:] = values
        count += len(t)
        if swmr and count - flushed >= 300:
            flushed = count
            file.flush()

    return add, file.close


def hdf5_reader(path: Path) -> list[int]:
    import h5py

    try:
        file = h5py.File(path, "r")
    except OSError:
        file = h5py.File(path, "r", swmr=True, locking=False)
    with file:
        n = min(len(file["t_us"]), len(file["raw"]))
        file["t_us"][:n]
        return file["raw"][:n].tolist()  # type: ignore[no-any-return]


def blf_writer(path: Path) -> tuple[Add, Callable[[], None]]:
    import can

    writer = can.BLFWriter(str(path))

    def add(t: Sequence[int], v: Sequence[int]) -> None:
        for t_us, raw in zip(t, v, strict=True):
            data = raw.to_bytes(4, "little")
            writer.on_message_received(can.Message(timestamp=t_us / 1e6, arbitration_id=6, is_extended_id=False, data=data))

    return add, writer.stop


def blf_reader(path: Path) -> list[int]:
    import can

    out: list[int] = []
    try:
        for message in can.BLFReader(str(path)):
            out.append(int.from_bytes(message.data, "little"))
    except Exception:  # the end is missing
        pass
    return out


PEERS: dict[str, tuple[Open, Callable[[Path], list[int]]]] = {
    "csv module": (csv_writer, csv_reader),
    "mcap, default": (_mcap, mcap_reader),
    "mcap, 8 kB chunks": (lambda path: _mcap(path, chunk_size=8192), mcap_reader),
    "h5py, default": (lambda path: _hdf5(path, swmr=False), hdf5_reader),
    "h5py, SWMR, flush 1 s": (lambda path: _hdf5(path, swmr=True), hdf5_reader),
    "python-can BLF": (blf_writer, blf_reader),
}


def victim(name: str, path: Path) -> None:
    add, _ = PEERS[name][0](path)
    begin = time.monotonic()
    n = 0
    while True:
        t = range((n + 1) * SAMPLE_US, (n + BATCH + 1) * SAMPLE_US, SAMPLE_US)[:BATCH]
        add(list(t), [700 + (n * 7919 + i * 104729) % 11 for i in range(BATCH)])
        n += BATCH
        print(n, flush=True)
        left = begin + n * SAMPLE_US / 1e6 / PACE - time.monotonic()
        if left > 0:
            time.sleep(left)


if __name__ == "__main__":
    victim(sys.argv[1], Path(sys.argv[2]))
