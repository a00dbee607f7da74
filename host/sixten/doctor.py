"""What is well and what is not with a ball, its board and its cable: one plain verdict a line."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, pstdev

from sixten.ball.messages import (
    FLAG_FAULT,
    FLAG_SATURATED,
    Clock,
    Damaged,
    DeviceEvent,
    Event,
    Heartbeat,
    Hello,
    Info,
    Samples,
)
from sixten.ball.wire import PROTOCOL_MAJOR, PROTOCOL_MINOR
from sixten.pressure.sensors import sensor_from_info

OK, LOOK, BAD = "ok", "look", "bad"
RATE_TOLERANCE = 0.02  # a ceramic resonator may be 0.5 % off; more than four times that is another fault [judged]
NOISE_KPA = 0.1  # standard deviation at rest that still leaves a zero within its 0.15 kPa of spread [judged]
DRIFT_KPA_S = 0.05  # what a zero allows
LATENCY_MS = 4  # above this a USB chip's own timer is a good part of the warning's delay [judged]
FREE_RAM_MIN = 200  # bytes between heap and stack

UDEV_RULE = 'SUBSYSTEM=="tty", ATTRS{idVendor}=="%s", ATTRS{idProduct}=="%s", TAG+="uaccess", ENV{ID_MM_DEVICE_IGNORE}="1"'


@dataclass(frozen=True, slots=True)
class Verdict:
    """about: one word. state: ok, look (works, but could be better) or bad. words: a sentence. do: what helps, if anything."""

    about: str
    state: str
    words: str
    do: str = ""


@dataclass
class Findings:
    """What some seconds of a stream showed. Feed it every event."""

    hello: Hello | None = None
    info: dict[str, str] = field(default_factory=dict)
    blocks: list[Samples] = field(default_factory=list)
    clocks: list[Clock] = field(default_factory=list)
    heartbeats: list[Heartbeat] = field(default_factory=list)
    events: list[DeviceEvent] = field(default_factory=list)
    damaged: int = 0

    def feed(self, event: Event) -> None:
        """Take notice of ``event``."""
        if isinstance(event, Hello):
            self.hello = event
        elif isinstance(event, Info) and event.key != "end":
            self.info[event.key] = event.value
        elif isinstance(event, Samples):
            self.blocks.append(event)
        elif isinstance(event, Clock):
            self.clocks.append(event)
        elif isinstance(event, Heartbeat):
            self.heartbeats.append(event)
        elif isinstance(event, DeviceEvent):
            self.events.append(event)
        elif isinstance(event, Damaged) and self.hello is not None:  # half a line before the greeting is what opening a port gives
            self.damaged += 1


def judge(found: Findings) -> list[Verdict]:
    """The verdicts on a stream, in the order in which one would look. A pure function of what was found."""
    out: list[Verdict] = []
    hello = found.hello
    if hello is None:
        return [Verdict("firmware", BAD, "The board did not greet.", "flash it: sixten flash --port PORT")]
    newer = hello.minor > PROTOCOL_MINOR
    told = f"Firmware {hello.firmware} on {hello.board} {hello.unique_id}, protocol {hello.major}.{hello.minor}, boot {hello.boot_count}."
    state = OK if hello.major == PROTOCOL_MAJOR else BAD
    out.append(
        Verdict("firmware", state, told, "this program is older than the firmware; update it if anything is missing" if newer else "")
    )
    if hello.reset_cause in ("watchdog", "brownout"):
        out.append(Verdict("reset", LOOK, f"The board last restarted by itself ({hello.reset_cause}).", "try another cable or USB port"))
    if found.info.get("name"):
        out.append(Verdict("name", OK, f"Its name is {found.info['name']}."))
    out += _sensor(found)
    out += _stream(found)
    return out


def _sensor(found: Findings) -> list[Verdict]:
    kind = found.info.get("sensor", "none")
    fault = found.info.get("fault", "none")
    if fault == "sensor_changed":
        return [
            Verdict(
                "sensor",
                BAD,
                f"The board finds another sensor than before: {kind}.",
                "if you changed it: sixten doctor --accept-sensor",
            )
        ]
    if kind == "none":
        return [Verdict("sensor", BAD, f"No sensor answers ({fault}).", "check the cable to the ball")]
    try:
        sensor = sensor_from_info(found.info)
    except ValueError as error:
        return [Verdict("sensor", BAD, f"The sensor cannot be used: {error}.", "flash the firmware that came with this program")]
    flags = [f for b in found.blocks for f in b.flags]
    faults, saturated = sum(bool(f & FLAG_FAULT) for f in flags), sum(bool(f & FLAG_SATURATED) for f in flags)
    out = [
        Verdict(
            "sensor",
            BAD if faults else OK,
            f"{kind}{f', {faults} samples with a fault' if faults else ', no fault'}.",
            "check the wire to the sensor" if faults else "",
        )
    ]
    if saturated:
        out.append(Verdict("range", LOOK, f"{saturated} samples at the end of the range.", "take everything off the ball and look again"))
    values = [float(v) for b in found.blocks for v in sensor.convert(b.raw, b.extra) if v == v]
    if len(values) > 100:
        half = len(values) // 2
        seconds = max(1e-3, (found.blocks[-1].t_us[-1] - found.blocks[0].t_us[0]) / 1e6)
        drift = (median(values[half:]) - median(values[:half])) / (seconds / 2)
        noise = pstdev([b - a for a, b in zip(values, values[1:], strict=False)]) / 2**0.5  # of differences: blind to drift
        low, high = sensor.zero_between
        empty = low <= median(values) <= high
        out.append(Verdict("noise", OK if noise <= NOISE_KPA else LOOK, f"Noise {noise:.3f} {sensor.unit} a sample."))
        steady = abs(drift) <= DRIFT_KPA_S
        out.append(
            Verdict(
                "drift",
                OK if steady else LOOK,
                f"Drift {drift:+.3f} {sensor.unit} a second.",
                "" if steady else "leave the ball alone for a minute and look again",
            )
        )
        out.append(
            Verdict(
                "rest",
                OK if empty else LOOK,
                f"It reads {median(values):.2f} {sensor.unit} before any zero" + ("; that can be an empty ball." if empty else "."),
                "" if empty else "take everything off the ball",
            )
        )
    if sensor.temperature_c is not None:
        out.append(Verdict("temperature", OK, f"{sensor.temperature_c:.1f} °C in the ball."))
    return out


def _stream(found: Findings) -> list[Verdict]:
    if not found.blocks:
        return [Verdict("stream", BAD, "No samples came.", "unplug the ball, plug it in again and look again")]
    out = []
    count = sum(len(b.raw) for b in found.blocks)
    lost = sum((b.seq - a.seq - len(a.raw)) % 65536 for a, b in zip(found.blocks, found.blocks[1:], strict=False))
    out.append(
        Verdict(
            "losses",
            OK if not (lost or found.damaged) else LOOK,
            f"{count} samples, {lost} lost, {found.damaged} damaged lines.",
            "try another cable or USB port" if lost or found.damaged else "",
        )
    )
    if len(found.clocks) > 1:  # the host's clock judges the board's
        a, b = found.clocks[0], found.clocks[-1]
        device_s, host_s = (b.t_us - a.t_us) / 1e6, (b.host_ns - a.host_ns) / 1e9
        promised = int(found.info.get("rate_mhz", "0")) / 1000
        span_s = (found.blocks[-1].t_us[-1] - found.blocks[0].t_us[0]) / 1e6
        measured = (count + lost - 1) / max(span_s, 1e-3) * device_s / host_s
        good = promised > 0 and abs(measured / promised - 1) <= RATE_TOLERANCE
        out.append(
            Verdict("rate", OK if good else BAD, f"{measured:.1f} samples a second by this computer's clock, {promised:.1f} promised.")
        )
    if found.heartbeats:
        h = found.heartbeats[-1]
        fine = not h.dropped and h.free_ram >= FREE_RAM_MIN
        out.append(
            Verdict(
                "board",
                OK if fine else LOOK,
                f"It dropped {h.dropped} lines, refused {h.refused} commands, has {h.free_ram} bytes free.",
            )
        )
    return out


def latency_verdict(device: str, sysfs: Path = Path("/sys/bus/usb-serial/devices")) -> list[Verdict]:
    """A USB chip that hoards bytes (FTDI's latency timer); nothing for chips without one."""
    path = sysfs / Path(device).name / "latency_timer"
    try:
        ms = int(path.read_text())
    except (OSError, ValueError):
        return []
    if ms <= LATENCY_MS:
        return [Verdict("latency", OK, f"The USB chip passes bytes on within {ms} ms.")]
    return [Verdict("latency", LOOK, f"The USB chip holds bytes back for up to {ms} ms.", f"echo 1 | sudo tee {path}")]


def udev_rule(usb_key: str) -> str:
    """The line for /etc/udev/rules.d/70-sixten.rules that gives the person at this machine the port, and keeps modem probes off it."""
    vendor, product, *_ = usb_key.split(":")
    return UDEV_RULE % (vendor, product)


def observe(events: Iterable[Event], seconds: float) -> Findings:
    """Watch a stream for ``seconds`` of device time."""
    found = Findings()
    for event in events:
        found.feed(event)
        if found.blocks and found.blocks[-1].t_us[-1] - found.blocks[0].t_us[0] >= seconds * 1e6:
            break
    return found


def permission_verdict(device: str, usb_key: str, problem: str) -> Verdict:
    """Why the port could not be opened, with the rule that would help where permission is what is missing."""
    rule = (
        f"or put this line into /etc/udev/rules.d/70-sixten.rules:  {udev_rule(usb_key)}"
        if "permission" in problem.lower() and usb_key
        else ""
    )
    return Verdict("port", BAD, problem, rule if sys.platform.startswith("linux") else "")
