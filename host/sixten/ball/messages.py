"""The vocabulary: everything that a ball, its cable or its person can say, as frozen values with units in their names.

Times called ``t_us`` are device microseconds. As they leave ``wire`` they are the board's own 32-bit counter; ``link`` puts them on one
continuous axis that survives wraps and restarts, and that is the only time anything above it knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

FLAG_SATURATED = 0x01
FLAG_FAULT = 0x02
FLAG_DROPPED = 0x04
FLAG_GUARD_ON = 0x08
FLAG_MOTOR_ON = 0x10


class BallError(Exception):
    """The far end is at fault: no port, no permission, not a ball, another protocol. The text is one sentence for the person."""


@dataclass(frozen=True, slots=True)
class Hello:
    """Who the board is; sent at boot and when asked."""

    major: int
    minor: int
    firmware: str
    board: str
    unique_id: str
    boot_count: int
    reset_cause: str


@dataclass(frozen=True, slots=True)
class LastZero:
    """A zero of another day. sensor: ``Sensor.key``; calibration_id: of the unit it is in. Absolute, as the sensor reads it."""

    sensor: str
    calibration_id: str
    zero_kpa: float
    temperature_c: float | None


@dataclass(frozen=True, slots=True)
class FlatBoardPoints:
    """What a flat-board calibration measured. sensor: ``Sensor.key``; zero_kpa: the zero then, absolute; points: (above it, force in N,
    whether the load was rising), in ``unit``.
    """

    sensor: str
    unit: str
    zero_kpa: float
    points: tuple[tuple[float, float, bool], ...]

    @property
    def id(self) -> str:
        """Eight hexadecimal digits that any change of the calibration changes."""
        return blake2b(repr((self.sensor, self.unit, self.zero_kpa, self.points)).encode(), digest_size=4).hexdigest()


@dataclass(frozen=True, slots=True)
class Remembered:
    """What this computer remembers of the ball that has just said hello. An event like any other, so that a recording holds it and a
    replay does not look at another computer's memory.
    """

    unique_id: str
    zero: LastZero | None = None
    flat_board: FlatBoardPoints | None = None


@dataclass(frozen=True, slots=True)
class Info:
    """One thing that the board says about itself. ``key == "end"`` closes the list; its value is the number of pairs before it."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Samples:
    """One or more samples with consecutive sequence numbers.

    seq: sequence number of the first (0..65535). t_us, flags, raw: one entry a sample; raw in the unit that ``Info`` names.
    extra: (index, value) of the samples that carried a further number: a temperature, see the sensor.
    """

    seq: int
    t_us: tuple[int, ...]
    flags: tuple[int, ...]
    raw: tuple[int, ...]
    extra: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Once a second, also while the stream is stopped."""

    t_us: int
    state: str
    sent: int
    dropped: int
    refused: int
    free_ram: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A command that was just sent to the board, perhaps again. ``text``: its name and arguments, as in the line."""

    command_id: int
    text: str


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a command: ``text`` is the result, or the error code if not ``ok``."""

    command_id: int
    ok: bool
    text: str


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A command that the board did not answer, though it was sent again and again. ``text``: its name and arguments."""

    command_id: int
    text: str


@dataclass(frozen=True, slots=True)
class DeviceEvent:
    """Something that happened on the board (a button, the guard, a sensor)."""

    t_us: int
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """A sound line of a kind this program does not know: a newer firmware. Kept, not used."""

    line: str


@dataclass(frozen=True, slots=True)
class Damaged:
    """Bytes that are not a sound line. ``reason``: ``crc``, ``form`` or ``long``; ``size``: how many bytes."""

    reason: str
    size: int


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing has arrived for a while; ``t_us`` is where device time must be by now."""

    t_us: int


@dataclass(frozen=True, slots=True)
class Connection:
    """The cable: ``state`` is one of opening, starting, live, lost; ``detail`` says it for a person."""

    t_us: int
    state: str
    detail: str


@dataclass(frozen=True, slots=True)
class Clock:
    """Where device time and the host's clock stood together, once a second: for the record, never for a decision."""

    t_us: int
    host_ns: int


@dataclass(frozen=True, slots=True)
class Mark:
    """What the person did, at the device time at which it was done.

    kind: ``start``, ``stop``, ``symptom``, ``rate`` (``value`` = 0..10), ``zero`` (take the zero), ``untouched`` (nothing touches the
    ball), ``close`` (the program is being left), ``recording_lost``; in a calibration also ``more`` and ``less`` (by one of 10) and
    ``moved`` (the ball lies elsewhere); in a visit also ``side``, ``yes`` and ``no`` (``value`` = the question's number), ``go``,
    ``press`` (the one button), ``skip``, ``down`` (a foot), ``type``, ``again``, ``other`` and ``finish``; on the flat board ``next``,
    ``scale`` (``value`` = grams), ``skip``, ``undo``, ``keep`` and ``discard``.
    """

    t_us: int
    kind: str
    value: int | None = None


WireMessage = Hello | Info | Samples | Heartbeat | Reply | DeviceEvent | Unknown | Damaged
Event = WireMessage | Remembered | Asked | Unanswered | Silence | Connection | Clock | Mark
EVENT_TYPES: tuple[type[Event], ...] = (
    Hello, Remembered, Info, Samples, Heartbeat, Asked, Reply, Unanswered, DeviceEvent, Unknown, Damaged, Silence, Connection, Clock, Mark,
)  # fmt: skip
