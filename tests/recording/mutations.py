"""Recordings as they come back from broken disks and from people who mean harm. Seeded, so that a bad one can be made again."""

from __future__ import annotations

import gzip
import random
import zlib
from collections.abc import Callable

from sixten.recording.lines import seal, unseal
from sixten.recording.reader import MAGIC

# What a bomb is full of: nothing, no lines, lines that are damaged, and the sound lines that take most memory or time for their bytes.
S = {"k": "s", "q": 0, "t": 10**12, "dt": 3328, "f": 0}
FILLS = (
    b"\0", b"\n", b"[", b"x\n", b'{"k":"s","q":0,"t":1,"c":"00000000"}\n', seal({**S, "v": [100_000]}),
    seal({**S, "v": [100_000] * 4000, "j": [1] * 4000}), seal({**S, "v": [100_000] * 4000, "x": [0, 100_000] * 4000}),
    seal({**S, "dd": [100_000] + [1] * 4000, "j": [1] * 4001}), seal({"k": "silence", "t_us": 10**12}), seal({"k": "new"}),
    seal({"k": "heartbeat", "t_us": 1, "state": "run", "sent": 99_999, "dropped": 1000, "refused": 1000, "free_ram": 1006}),
    seal({"k": "notice", "t_us": 1, "code": "work", "values": {str(i): 1000 + i for i in range(1000)}}),
    seal({"k": "digest", "a": [[]] * 4000}),
)  # fmt: skip
BOMB_BYTES = 64 << 20  # unpacked; from some tens of kilobytes


def pack(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    return packer.compress(data) + packer.flush()


def truncated(lot: random.Random, data: bytes) -> bytes:
    return data[: lot.randrange(len(data))]


def flipped(lot: random.Random, data: bytes) -> bytes:
    out = bytearray(data)
    for _ in range(lot.choice((1, 1, 1, 8))):
        out[lot.randrange(len(out))] ^= 1 << lot.randrange(8)
    return bytes(out)


def inserted(lot: random.Random, data: bytes) -> bytes:
    at = lot.randrange(len(data))
    return data[:at] + lot.randbytes(lot.randrange(1, 40)) + data[at:]


def removed(lot: random.Random, data: bytes) -> bytes:
    at = lot.randrange(len(data))
    return data[:at] + data[at + lot.randrange(1, 4000) :]


def zeroed(lot: random.Random, data: bytes) -> bytes:
    at = lot.randrange(len(data))
    n = min(lot.choice((16, 512, 4096)), len(data) - at)
    return data[:at] + bytes(n) + data[at + n :]


def moved(lot: random.Random, data: bytes) -> bytes:
    """A piece of the file in another place of it, as by a file system that mixes up its blocks."""
    a, b, n = lot.randrange(len(data)), lot.randrange(len(data)), lot.choice((7, 512, 4096))
    return data[:b] + data[a : a + n] + data[b + n :]


DAMAGE: tuple[Callable[[random.Random, bytes], bytes], ...] = (truncated, flipped, inserted, removed, zeroed, moved)

NUMBERS = (2**31, -(2**31) - 1, 2**62, -(2**63), 2**64, 10**400, 1e308, -1, 0, 0.5, True, None, "1", [1], {"a": 1})


def crafted(lot: random.Random, data: bytes) -> bytes:
    """A plain recording in which lines are something else, each with a good CRC."""
    lines = data.splitlines(keepends=True)
    for _ in range(lot.randrange(1, 6)):
        at = lot.randrange(len(lines))
        try:
            obj = {k: v for k, v in unseal(lines[at]).items() if k != "c"}
        except ValueError:
            continue
        key = lot.choice(list(obj))
        how = lot.randrange(6)
        if how == 0:
            del obj[key]
        elif how == 1 and isinstance(obj[key], list) and obj[key]:
            obj[key] = [*obj[key], *(lot.choice(NUMBERS) for _ in range(3))] * lot.choice((1, 1, 900))
        elif how == 2:
            body = b'{"k":"%s","x":' % lot.choice((b"s", b"mark", b"plan")) + b"[" * 20_000 + b"]" * 20_000
            lines[at] = b'%s,"c":"%08x"}\n' % (body, zlib.crc32(body))
            continue
        elif how == 3:
            body = b'{"k":"s","q":0,"t":%s,"dt":1,"f":0,"v":[1]' % (b"9" * lot.choice((30, 5000, 60_000)))
            lines[at] = b'%s,"c":"%08x"}\n' % (body, zlib.crc32(body))
            continue
        else:
            obj[key] = lot.choice(NUMBERS)
        try:
            lines[at] = seal(obj)
        except (OverflowError, ValueError):  # a number that cannot be written
            continue
    return b"".join(lines)


def crafted_closed(lot: random.Random, data: bytes) -> bytes:
    """The same of a closed recording, all of it in one member."""
    return pack(crafted(lot, gzip.decompress(data)))


def filled(data: bytes, fill: bytes, bytes_: int = BOMB_BYTES) -> bytes:
    """A closed file in which a small member is a very large one, full of ``fill``."""
    at = data.find(MAGIC, 1)
    return data[:at] + pack(fill * (bytes_ // len(fill))) + data[at:]


def small_bomb(lot: random.Random, data: bytes) -> bytes:
    """The same, with a megabyte."""
    return filled(data, lot.choice(FILLS), 1 << 20)


def members(lot: random.Random, data: bytes) -> bytes:
    """Members that hold nothing, or only begin."""
    return data + lot.choice((pack(b""), MAGIC, MAGIC + b"\0" * 7)) * lot.choice((10, 30_000))
