"""Bytes with their time of arrival in, events on one time axis out. No port, no clock of its own: the edges bring both."""

from __future__ import annotations

from collections import deque

from sixten.ball.clock import DeviceClock
from sixten.ball.messages import Clock, Connection, DeviceEvent, Event, Heartbeat, Mark, Samples, Silence
from sixten.ball.wire import Decoder

SILENCE_EVERY_S = 0.1  # two and a half notices of silence fit into the 250 ms after which a number is stale


class Link:
    """One cable. Every source of live events (serial port, virtual ball) holds one."""

    def __init__(self) -> None:
        self._decoder = Decoder()
        self._clock = DeviceClock()
        self._marks: deque[tuple[str, int | None, float]] = deque(maxlen=256)  # far more presses than a hand makes in one read
        self._heard_s: float | None = None
        self._spoke_s = 0.0
        self._clock_s = float("-inf")

    def mark(self, kind: str, value: int | None, host_s: float) -> None:
        """What the person did at ``host_s``; safe to call from any thread. It comes out as a ``Mark`` with the next feed or tick."""
        self._marks.append((kind, value, host_s))

    def feed(self, data: bytes, host_s: float) -> list[Event]:
        """The events that ``data``, read at ``host_s`` seconds, completes."""
        out: list[Event] = []
        for message in self._decoder.feed(data):
            if isinstance(message, Samples):
                self._heard_s = self._spoke_s = host_s
                first, last = message.t_us[0], message.t_us[-1]
                start = self._clock.unwrap(first, host_s - ((last - first) % (1 << 32)) / 1e6)
                self._clock.unwrap(last, host_s)
                t_us = tuple([start + (t - first) % (1 << 32) for t in message.t_us])
                out.append(Samples(message.seq, t_us, message.flags, message.raw, message.extra))
                if host_s - self._clock_s >= 1.0:
                    self._clock_s = host_s
                    out.append(Clock(t_us[-1], round(host_s * 1e9)))
            elif isinstance(message, Heartbeat):
                t = self._clock.shift(message.t_us)
                if t > self._clock.t_us:
                    t = self._clock.unwrap(message.t_us, host_s)
                out.append(Heartbeat(t, message.state, message.sent, message.dropped, message.refused, message.free_ram))
            elif isinstance(message, DeviceEvent):
                out.append(DeviceEvent(self._clock.shift(message.t_us), message.code, message.detail))
            else:
                out.append(message)
        return out + self._drain()

    def tick(self, host_s: float) -> list[Event]:
        """Call when nothing was read: ``Silence`` when one is due, and the person's marks."""
        out: list[Event] = []
        if self._heard_s is not None and host_s - self._spoke_s >= SILENCE_EVERY_S:
            self._spoke_s = host_s
            out.append(Silence(self._now_us(host_s)))
        return out + self._drain()

    def connection(self, state: str, detail: str, host_s: float) -> Connection:
        """A change of the cable's state, on the same time axis."""
        if state == "lost":
            self._decoder = Decoder()  # half a line from before must not meet half a line from after
        return Connection(self._now_us(host_s), state, detail)

    def _now_us(self, host_s: float) -> int:
        if self._heard_s is None:
            return 0
        return self._clock.t_us + max(0, round((host_s - self._heard_s) * 1e6))

    def _drain(self) -> list[Event]:
        out: list[Event] = []
        while self._marks:
            kind, value, pressed_s = self._marks.popleft()
            out.append(Mark(max(0, self._clock.at_host(pressed_s)), kind, value))
        return out
