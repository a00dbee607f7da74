"""The portable C of the firmware, called through ctypes. Undefined behaviour traps, so it would end the test run."""

from __future__ import annotations

import binascii
import ctypes as c
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

VECTORS = Path(__file__).resolve().parents[1] / "vectors"
LINE_BYTES, COMMAND_BYTES = 120, 56
NOTHING, READY, DAMAGED, OUT_OF_RANGE = range(4)
HELLO, INFO, START, STOP, RATE, ZERO, GUARD, WINDOW, NAME, KEEP, FORGET, BEEP, PLOT, RESET_DEFAULTS, UNKNOWN = range(15)
SLOT_BYTES, FIRST_SLOT, MEMORY_BYTES = 46, 32, 128


class LineBuilder(c.Structure):
    _fields_ = [("text", c.c_void_p), ("length", c.c_uint8), ("crc", c.c_uint16), ("too_long", c.c_bool)]


class Command(c.Structure):
    _fields_ = [("next", c.c_void_p), ("left", c.c_uint8), ("more", c.c_bool), ("id", c.c_uint8), ("name", c.c_uint8)]


class CommandParser(c.Structure):
    _fields_ = [("line", c.c_char * (COMMAND_BYTES - 1)), ("length", c.c_uint8), ("too_long", c.c_bool)]


class Sample(c.Structure):
    _fields_ = [
        ("number", c.c_uint32), ("t_us", c.c_uint32), ("raw", c.c_uint32), ("level", c.c_int32), ("extra", c.c_int32),
        ("flags", c.c_uint8), ("has_extra", c.c_bool),
    ]  # fmt: skip


class Fsr(c.Structure):
    _fields_ = [("taken", c.c_uint32), ("sum", c.c_uint16), ("count", c.c_uint8), ("clipped", c.c_bool)]


class FsrSum(c.Structure):
    _fields_ = [("number", c.c_uint32), ("sum", c.c_uint16), ("clipped", c.c_bool)]


class Store(c.Structure):
    _fields_ = [
        ("layout", c.c_uint8), ("generation", c.c_uint8), ("sensor_kind", c.c_uint8), ("kept_kind", c.c_uint8),
        ("unique_id", c.c_uint32), ("boots", c.c_uint32), ("device_pascals", c.c_uint32), ("device_raw", c.c_uint32),
        ("kept_limit", c.c_uint32), ("kept_release", c.c_uint32), ("name", c.c_char * 16), ("newer_slot", c.c_uint8),
    ]  # fmt: skip


class StoreSave(c.Structure):
    _fields_ = [("next", c.c_uint8), ("again", c.c_bool)]


class StoreWrite(c.Structure):
    _fields_ = [("address", c.c_uint8), ("value", c.c_uint8)]


class Identity(c.Structure):
    _fields_ = [("board", c.c_char_p), ("reset_cause", c.c_uint8)]


class Memory(c.Structure):
    _fields_ = [("free_ram", c.c_uint16), ("stack_free", c.c_uint16)]


class Survivor(c.Structure):
    _fields_ = [
        ("limit", c.c_uint32), ("release", c.c_uint32), ("zero", c.c_int32), ("kind", c.c_uint8), ("has_zero", c.c_uint8),
        ("crc", c.c_uint16),
    ]  # fmt: skip


class Sensor(c.Structure):
    _fields_ = [
        ("due_us", c.c_uint32), ("sample_us", c.c_uint32), ("retry_us", c.c_uint32), ("number", c.c_uint32), ("kind", c.c_uint8),
        ("candidate", c.c_uint8), ("phase", c.c_uint8), ("passes", c.c_uint8), ("fault", c.c_uint8), ("run", c.c_uint8),
        ("lost", c.c_bool), ("settled", c.c_bool), ("state", c.c_uint8 * 256),
    ]  # fmt: skip


class Outputs(c.Structure):
    _fields_ = [("tone_hz", c.c_uint16), ("lights", c.c_uint8), ("motor", c.c_bool)]


def crc(body: bytes) -> bytes:
    return body + b"*%04X" % binascii.crc_hqx(body, 0xFFFF)


def vectors(file: str = "wire.txt") -> Iterator[tuple[str, bytes]]:
    for row in (VECTORS / file).read_text().splitlines():
        if row and not row.startswith("#"):
            name, _, line = row.partition(" | ")
            yield name, line.encode()


# --- line ---


def build(core: c.CDLL, kind: str, *fields: str | int | tuple[str, int]) -> bytes:
    """One line by the C builder. str: text; int: decimal; ("flags"|"id", n): their hexadecimal."""
    text = c.create_string_buffer(LINE_BYTES + 1)
    text[LINE_BYTES] = b"!"
    line = LineBuilder()
    core.line_start(c.byref(line), text, c.c_char(kind.encode()))
    for field in fields:
        if isinstance(field, tuple):
            getattr(core, f"line_{field[0]}")(
                c.byref(line), c.c_char(b","), c.c_int32(field[1]) if field[0] == "signed" else c.c_uint32(field[1])
            )
        elif isinstance(field, int):
            core.line_number(c.byref(line), c.c_char(b","), c.c_uint32(field))
        else:
            core.line_text(c.byref(line), c.c_char(b","), field.encode())
    length = core.line_finish(c.byref(line)) & 0xFF
    assert text[LINE_BYTES] == b"!", "wrote past the buffer"
    return text.raw[:length]


BUILT: dict[str, tuple[str | int | tuple[str, int], ...]] = {
    "hello": ("H", "1.0", "0.1.0", "uno", ("id", 0xC0FFEE), 7, "power"),
    "info pair": ("I", "sensor=fsr"),
    "info end": ("I", "end", 9),
    "sample": ("D", 0, 3328, ("flags", 0), 682),
    "sample with everything at its largest": ("D", 65535, 4294967295, ("flags", 0x1F), 32736),
    "sample with temperature": ("D", 12, 43264, ("flags", 0), 8000, 2153),
    "heartbeat": ("B", 1000128, "run", 300, 0, 0, 1200),
    "done": ("A", 7, ""),
    "refused": ("N", 0, "crc"),
    "device event": ("E", 123456, "button", "press"),
}


@pytest.mark.parametrize(("name", "line"), [pair for pair in vectors() if not pair[0].startswith("command")])
def test_c_builds_exactly_the_shared_vectors(core: c.CDLL, name: str, line: bytes) -> None:
    kind, *fields = BUILT[name]
    assert build(core, str(kind), *fields) == line + b"\r\n"


@given(number=st.integers(0, 2**32 - 1), flags=st.integers(0, 255))
def test_numbers_are_written_as_python_writes_them(core: c.CDLL, number: int, flags: int) -> None:
    assert build(core, "X", number, ("flags", flags), ("id", number)) == crc(b"X,%d,%X,%08x" % (number, flags, number)) + b"\r\n"


@pytest.mark.parametrize("length", [0, 100, 110, 111, 112, 120, 300])
def test_a_line_that_does_not_fit_is_no_line(core: c.CDLL, length: int) -> None:
    line = build(core, "X", "a" * length)
    assert line == (crc(b"X," + b"a" * length) + b"\r\n" if 2 + length + 7 <= LINE_BYTES else b"")


BOARD: dict[str, tuple[str | int | tuple[str, int], ...]] = {
    "hello 1.1": ("H", "1.1", "0.2.0", "uno", ("id", 0xC0FFEE), 7, "watchdog"),
    "info prom": ("I", "prom=934088a68e004f68575268166622"),
    "info zero": ("I", "zero=101325"),
    "info no zero": ("I", "zero=none"),
    "info window": ("I", "window=30/60/24000"),
    "sample lps28dfw": ("D", 3, 56680, ("flags", 8), 2075136, ("signed", 2105)),
    "sample below freezing": ("D", 3, 56680, ("flags", 0), 2075136, ("signed", -512)),
    "sample ms5837": ("D", 16, 142688, ("flags", 0), 4510650, ("signed", 6853465)),
    "sample of no sensor": ("D", 0, 84240, ("flags", 2), 0),
    "event guard": ("E", 6995456, "guard", "on"),
    "event zero": ("E", 5188352, "zero", 640),
    "event sensor": ("E", 6012000, "sensor", "lost"),
    "event sensor changed": ("E", 83200, "sensor_changed", "fsr", "ms5837"),
    "event window": ("E", 30000000, "window", "min"),
    "event saved": ("E", 342784, "settings", "saved"),
    "event watchdog": ("E", 0, "watchdog"),
    "done guard": ("A", 7, "9000/8500"),
    "done rate": ("A", 7, "300481"),
}
COMMANDED = {
    "command guard": (READY, 7, GUARD), "command window": (READY, 8, WINDOW), "command name": (READY, 9, NAME),
    "command keep": (READY, 10, KEEP),
}  # fmt: skip


@pytest.mark.parametrize(("name", "line"), list(vectors("board.txt")))
def test_the_vectors_of_version_1_1(core: c.CDLL, name: str, line: bytes) -> None:
    if name in COMMANDED:
        assert parse(core, line + b"\n") == [COMMANDED[name]]
    else:
        kind, *fields = BOARD[name]
        assert build(core, str(kind), *fields) == line + b"\r\n"


# --- command ---


def parse(core: c.CDLL, data: bytes) -> list[tuple[int, int, int]]:
    """(result, id, name) of everything that was not NOTHING."""
    parser, command, events = CommandParser(), Command(), []
    core.command_start(c.byref(parser))
    for byte in data:
        result = core.command_receive(c.byref(parser), c.c_uint8(byte), c.byref(command))
        assert parser.length < COMMAND_BYTES
        if result == READY:
            events.append((result, command.id, command.name))
        elif result != NOTHING:
            events.append((result, 0, 0))
    return events


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize(("name", "line"), [pair for pair in vectors() if pair[0].startswith("command")])
def test_the_shared_commands_are_understood(core: c.CDLL, name: str, line: bytes, end: bytes) -> None:
    expected = {"command hello": (READY, 1, HELLO), "command stop": (READY, 255, STOP)}
    assert parse(core, line + end) == [expected[name]]


@pytest.mark.parametrize(
    ("body", "event"),
    [
        (b"C,0,info", [(READY, 0, INFO)]),
        (b"C,10,start", [(READY, 10, START)]),
        (b"C,10,start,later,more", [(READY, 10, START)]),
        (b"C,10,reset-defaults", [(READY, 10, RESET_DEFAULTS)]),
        (b"C,10,zero,1", [(READY, 10, ZERO)]),
        (b"C,10,hell", [(READY, 10, UNKNOWN)]),
        (b"C,10,helloo", [(READY, 10, UNKNOWN)]),
        (b"C,10,Hello", [(READY, 10, UNKNOWN)]),
        (b"C,10,", [(READY, 10, UNKNOWN)]),
        (b"C,10", [(READY, 10, UNKNOWN)]),
        (b"C,256,hello", [(OUT_OF_RANGE, 0, 0)]),
        (b"C,99999999999,hello", [(OUT_OF_RANGE, 0, 0)]),
        (b"C,,hello", [(OUT_OF_RANGE, 0, 0)]),
        (b"C,-1,hello", [(OUT_OF_RANGE, 0, 0)]),
        (b"C,01,hello", [(OUT_OF_RANGE, 0, 0)]),
        (b"C,1x,hello", [(OUT_OF_RANGE, 0, 0)]),
        (b"Z,1,hello", []),
        (b"CC,1,hello", []),
        (b"C,1,he*lo", [(DAMAGED, 0, 0)]),
        (b"C,1,he\tlo", [(DAMAGED, 0, 0)]),
        (b"C,1,h\xc3\xa9", [(DAMAGED, 0, 0)]),
    ],
)
def test_forms_of_commands(core: c.CDLL, body: bytes, event: list[tuple[int, int, int]]) -> None:
    assert parse(core, crc(body) + b"\n") == event


def test_bad_endings(core: c.CDLL) -> None:
    assert parse(core, b"C,1,hello*1c55\n") == [(DAMAGED, 0, 0)], "lower-case CRC"
    assert parse(core, b"C,1,hello*1C55 \n") == [(DAMAGED, 0, 0)]
    assert parse(core, b"C,1,hello\n") == [(DAMAGED, 0, 0)]
    assert parse(core, b"C,1,hello*1C55\r\r\n") == [(DAMAGED, 0, 0)]
    assert parse(core, b"\n\r\n\n") == [], "an empty line is nothing"


def test_the_longest_line_is_56_bytes_with_cr_lf(core: c.CDLL) -> None:
    longest = crc(b"C,1,hello,".ljust(COMMAND_BYTES - 2 - 5, b"x")) + b"\r\n"
    assert len(longest) == COMMAND_BYTES
    assert parse(core, longest) == [(READY, 1, HELLO)]
    too_long = crc(b"C,1,hello,".ljust(COMMAND_BYTES - 2 - 4, b"x")) + b"\r\n"
    assert parse(core, too_long + longest) == [(DAMAGED, 0, 0), (READY, 1, HELLO)]


@given(noise=st.binary(max_size=400))
def test_noise_never_crashes_and_the_next_command_is_understood(core: c.CDLL, noise: bytes) -> None:
    assert parse(core, noise + b"\nC,1,hello*1C55\n")[-1] == (READY, 1, HELLO)


COMMANDS = st.builds(
    lambda number, name, end: crc(b"C,%d,%s" % (number, name)) + end,
    st.integers(0, 255),
    st.sampled_from([b"hello", b"info", b"start", b"stop", b"guard,1500,1200"]),
    st.sampled_from([b"\n", b"\r\n"]),
)


@given(command=COMMANDS, data=st.data())
def test_a_flipped_bit_is_never_accepted(core: c.CDLL, command: bytes, data: st.DataObject) -> None:
    bit = data.draw(st.integers(0, 8 * len(command) - 1))
    flipped = bytearray(command)
    flipped[bit // 8] ^= 1 << bit % 8
    assert READY not in [event[0] for event in parse(core, bytes(flipped) + b"\n")]


def test_every_single_flipped_bit_of_one_command(core: c.CDLL) -> None:
    line = b"C,255,stop*8EA0\r\n"
    for bit in range(8 * len(line)):
        flipped = bytearray(line)
        flipped[bit // 8] ^= 1 << bit % 8
        assert READY not in [event[0] for event in parse(core, bytes(flipped) + b"\n")], bit


@given(first=st.binary(max_size=80), second=st.lists(COMMANDS, max_size=4))
def test_only_line_ends_divide_the_stream(core: c.CDLL, first: bytes, second: list[bytes]) -> None:
    """The parser's state between two lines is empty: what a line means does not depend on what came before it."""
    head = first.replace(b"\n", b"") + b"\n"
    apart = [event for line in [head, *second] for event in parse(core, line)]
    assert parse(core, head + b"".join(second)) == apart


# --- fsr ---


def sums(core: c.CDLL, counts: list[int]) -> list[Sample]:
    fsr, done, samples = Fsr(), FsrSum(), []
    core.fsr_start(c.byref(fsr))
    core.fsr_add.restype = c.c_bool
    for value in counts:
        if core.fsr_add(c.byref(fsr), c.c_uint16(value), c.byref(done)):
            sample = Sample()
            core.fsr_sample(c.byref(done), c.byref(sample))
            samples.append(sample)
    return samples


@given(counts=st.lists(st.integers(0, 1023), max_size=200))
def test_32_conversions_make_a_sample(core: c.CDLL, counts: list[int]) -> None:
    blocks = [counts[at : at + 32] for at in range(0, len(counts) - 31, 32)]
    samples = sums(core, counts)
    assert [(s.number, s.t_us, s.raw) for s in samples] == [(i, (i + 1) * 3328, sum(b)) for i, b in enumerate(blocks)]
    for sample, block in zip(samples, blocks, strict=True):
        assert sample.flags == (1 if 1023 in block or sum(block) == 0 else 0) + (2 if sum(block) < 160 else 0)


def test_device_time_wraps_as_32_bits(core: c.CDLL) -> None:
    done, sample = FsrSum(number=1_290_555, sum=1, clipped=False), Sample()
    core.fsr_sample(c.byref(done), c.byref(sample))
    assert sample.t_us == 1_290_556 * 3328 % 2**32 < 3328


# --- store ---


def load(core: c.CDLL, memory: bytes | bytearray) -> Store | None:
    store = Store()
    core.store_load.restype = c.c_bool
    assert len(memory) == MEMORY_BYTES
    return store if core.store_load(c.byref(store), bytes(memory)) else None


def summary(store: Store | None) -> tuple[int, int, bytes, int] | None:
    return None if store is None else (store.unique_id, store.boots, store.name, store.kept_limit)


def save_writes(core: c.CDLL, store: Store, change_at: int = -1) -> list[tuple[int, int]]:
    """The writes of one save of *store*; at write number change_at, the store changes and is to be saved once more."""
    save, write = StoreSave(), StoreWrite()
    core.store_next.restype = c.c_bool
    core.store_save(c.byref(save))
    writes = []
    while core.store_next(c.byref(save), c.byref(store), c.byref(write)):
        writes.append((write.address, write.value))
        if len(writes) == change_at:
            store.name = b"changed"
            core.store_save(c.byref(save))
        assert len(writes) < 200
    return writes


def boot_writes(core: c.CDLL, memory: bytes | bytearray, unique_id: int = 0x12345678) -> list[tuple[int, int]]:
    store = load(core, memory)
    if store is None:
        store = Store()
        core.store_new(c.byref(store), c.c_uint32(unique_id))
    store.boots += 1
    store.name = b"ball %d" % store.boots
    return save_writes(core, store)


def boot(core: c.CDLL, memory: bytearray) -> None:
    for address, value in boot_writes(core, memory):
        memory[address] = value


def fresh_memory(core: c.CDLL, boots: int) -> bytearray:
    memory = bytearray(b"\xff" * MEMORY_BYTES)
    for _ in range(boots):
        boot(core, memory)
    return memory


@pytest.mark.parametrize("fresh", [b"\xff" * MEMORY_BYTES, b"\x00" * MEMORY_BYTES, bytes(range(MEMORY_BYTES))])
def test_a_memory_without_a_good_slot_is_new(core: c.CDLL, fresh: bytes) -> None:
    assert load(core, fresh) is None
    memory = bytearray(fresh)
    boot(core, memory)
    assert summary(load(core, memory)) == (0x12345678, 1, b"ball 1", 0)
    new = load(core, memory)
    assert new is not None and (new.device_pascals, new.device_raw, new.sensor_kind) == (95_000, 22_679, 0)


def test_boots_are_counted_across_every_wrap_of_the_generation(core: c.CDLL) -> None:
    memory = bytearray(b"\xff" * MEMORY_BYTES)
    for boots in range(1, 600):
        boot(core, memory)
        assert summary(load(core, memory)) == (0x12345678, boots, b"ball %d" % boots, 0)


def old_slot(generation: int, unique_id: int, boots: int) -> bytes:
    body = bytes([1, generation]) + unique_id.to_bytes(4, "little") + boots.to_bytes(4, "little")
    return body + binascii.crc_hqx(body, 0xFFFF).to_bytes(2, "little")


def test_layout_1_is_taken_over_and_left_alone(core: c.CDLL) -> None:
    old = old_slot(7, 0xC0FFEE, 41) + old_slot(8, 0xC0FFEE, 42)
    memory = bytearray(old + b"\xff" * (MEMORY_BYTES - 24))
    assert summary(load(core, memory)) == (0xC0FFEE, 42, b"", 0)
    boot(core, memory)
    assert summary(load(core, memory)) == (0xC0FFEE, 43, b"ball 43", 0)
    assert memory[:24] == old, "an older firmware still finds its own"


@pytest.mark.parametrize("boots", [1, 2, 3, 256])
def test_power_may_fail_at_any_write(core: c.CDLL, boots: int) -> None:
    """All writes before `cut` are done, the one at `cut` leaves any value at all: the record before must still be there."""
    start = fresh_memory(core, boots)
    before = summary(load(core, start))
    assert before is not None
    writes = boot_writes(core, start)
    after = (before[0], before[1] + 1, b"ball %d" % (before[1] + 1), 0)
    assert len(writes) == SLOT_BYTES + 1
    for cut in range(len(writes)):
        memory = bytearray(start)
        for address, value in writes[:cut]:
            memory[address] = value
        for half in {0, 1, 2, 3, 0x7F, 0xFE, 0xFF, writes[cut][1], writes[cut][1] ^ 1}:
            memory[writes[cut][0]] = half
            complete = cut == len(writes) - 1 and half == writes[cut][1]
            assert summary(load(core, memory)) == (after if complete else before)
    boot(core, memory)


@pytest.mark.parametrize("change_at", range(1, SLOT_BYTES + 2))
def test_a_change_during_a_save_is_saved_too(core: c.CDLL, change_at: int) -> None:
    memory = fresh_memory(core, 2)
    store = load(core, memory)
    assert store is not None
    for address, value in save_writes(core, store, change_at):
        memory[address] = value
        found = load(core, memory)
        assert found is not None and found.name in {b"ball 2", b"changed"}
    found = load(core, memory)
    assert found is not None and found.name == b"changed"


@given(slot=st.sampled_from([0, 1]), at=st.integers(0, SLOT_BYTES - 1), bit=st.integers(0, 7))
def test_one_damaged_byte_costs_one_slot_at_most(core: c.CDLL, slot: int, at: int, bit: int) -> None:
    memory = fresh_memory(core, 5)
    memory[FIRST_SLOT + slot * SLOT_BYTES + at] ^= 1 << bit
    found = load(core, memory)
    assert found is not None and found.boots in {4, 5}


# --- device ---


class Device:
    """The C device with its two ends in reach. The structures are larger here than on the board; 2 KB hold each in any case."""

    def __init__(self, core: c.CDLL, kind: int = 1, store: Store | None = None, survivor: Survivor | None = None, cause: int = 1) -> None:
        self.core = core
        self.memory = c.create_string_buffer(2048)
        self.sensor = Sensor()
        self.survivor = survivor or Survivor()
        self.identity = Identity(b"host", cause)
        self.store = store or Store()
        if store is None:
            core.store_new(c.byref(self.store), c.c_uint32(0xABCDEF01))
            self.store.boots = 2
        for name in ("device_listens", "device_has_words", "device_setting", "guard_set"):
            getattr(core, name).restype = c.c_bool
        core.device_sample.restype = core.device_speak.restype = c.c_uint8
        core.device_outputs.restype = c.POINTER(Outputs)
        self.sensor.kind, self.sensor.settled = kind, True
        core.device_start(self.memory, c.byref(self.identity), c.byref(self.store), c.byref(self.sensor), c.byref(self.survivor))
        core.device_sensor(self.memory, c.c_uint8(2), c.c_uint32(0))

    def sample(self, number: int, room: int = 255, level: int = 682, flags: int = 0, t_us: int | None = None) -> bytes:
        text = c.create_string_buffer(LINE_BYTES)
        t_us = (number + 1) * 3328 % 2**32 if t_us is None else t_us % 2**32
        sample = Sample(number, t_us, level, level, 0, flags, False)
        self.core.device_watch(self.memory, c.byref(sample))
        self.core.device_tick(self.memory, c.c_bool(False), c.c_uint32(t_us))
        length = self.core.device_sample(self.memory, c.byref(sample), c.c_uint8(room), text)
        return text.raw[:length]

    def speak(self, room: int = 255) -> bytes:
        text = c.create_string_buffer(LINE_BYTES)
        length = self.core.device_speak(self.memory, c.c_uint8(room), c.byref(Memory(1200, 800)), text)
        return text.raw[:length]

    def info(self) -> dict[str, str]:
        lines = [line.decode().rpartition("*")[0].split(",", 1)[1] for line in self.tell(b"C,99,info")]
        return dict(line.split("=", 1) for line in lines if "=" in line)

    def speak_all(self) -> list[bytes]:
        return list(iter(self.speak, b""))

    def tell(self, body: bytes) -> list[bytes]:
        for byte in crc(body) + b"\n":
            assert self.core.device_listens(self.memory)
            self.core.device_receive(self.memory, c.c_uint8(byte))
        return self.speak_all()


@pytest.fixture
def device(core: c.CDLL) -> Device:
    device = Device(core)
    greeting = device.speak_all()
    assert greeting[0] == crc(b"H,1.1,0.2.0,host,abcdef01,3,power") + b"\r\n"
    assert greeting[-1] == crc(b"I,end,%d" % (len(greeting) - 2)) + b"\r\n"
    return device


def test_a_sample_without_room_is_dropped_counted_and_flagged(device: Device) -> None:
    line = crc(b"D,0,3328,0,682") + b"\r\n"
    assert device.sample(0, room=len(line)) == line
    assert device.sample(1, room=0) == b""
    assert device.sample(2, room=20) == b""
    assert device.sample(3).startswith(b"D,3,13312,4,682*")
    assert device.sample(4).startswith(b"D,4,16640,0,682*")
    assert device.sample(7).startswith(b"D,7,26624,4,682*"), "two samples never came out of the interrupt's ring"
    device.sample(300)
    assert device.speak() == crc(b"B,1001728,run,5,%d,0,1200" % (2 + 2 + 292)) + b"\r\n"


def test_the_rest_waits_while_samples_need_the_room(device: Device) -> None:
    assert device.sample(300, room=255) != b""
    assert device.speak(room=100) == b""
    assert device.speak(room=255).startswith(b"B,")
    assert device.speak() == b"", "one heartbeat a second"


def test_one_answer_is_owed_at_a_time(device: Device) -> None:
    for byte in crc(b"C,5,info") + b"\n":
        device.core.device_receive(device.memory, c.c_uint8(byte))
    while (line := device.speak()).startswith(b"I,"):
        assert not device.core.device_listens(device.memory)
    assert line == crc(b"A,5,") + b"\r\n"
    assert device.core.device_listens(device.memory)


def test_sequence_wraps_and_heartbeats_survive_the_wrap_of_time(device: Device) -> None:
    assert device.sample(65_535).startswith(b"D,65535,")
    assert device.sample(65_536).startswith(b"D,0,")
    device.tell(b"C,1,stop")
    beats = 0
    for number in range(65_537, 1_300_000, 300):  # a little less than a second a step, past t_us = 2^32
        assert device.sample(number) == b""
        beats += device.speak().startswith(b"B,")
    seconds = (1_300_000 - 65_537) * 3328 / 1e6
    assert beats == pytest.approx(seconds, rel=0.06)


@given(noise=st.binary(max_size=300))
def test_the_device_survives_noise(core: c.CDLL, noise: bytes) -> None:
    device = Device(core)
    device.speak_all()
    for byte in noise + b"\n":
        device.core.device_receive(device.memory, c.c_uint8(byte))
        for line in device.speak_all():
            assert line.endswith(b"\r\n") and line[:1] in b"HIAN"
    assert device.tell(b"C,77,start") == [crc(b"A,77,") + b"\r\n"]
