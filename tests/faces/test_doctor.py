"""Verdicts on streams made by hand, each with one thing wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from signals import GREETING, SAMPLE_US, samples
from sixten.ball.messages import FLAG_FAULT, FLAG_SATURATED, Clock, Damaged, Event, Heartbeat, Hello, Info, Samples
from sixten.doctor import BAD, LOOK, OK, Findings, judge, latency_verdict, observe, permission_verdict, udev_rule

N = 900


def stream(block: Samples | None = None, host_rate: float = 1.0, dropped: int = 0) -> list[Event]:
    """Three seconds of an empty, healthy FSR ball; ``host_rate``: how fast the host's clock finds the board's."""
    block = block or samples([0.001 * (i % 3) for i in range(N)])
    out: list[Event] = [*GREETING, Clock(block.t_us[0], 0)]
    out += [block, Clock(block.t_us[-1], round((block.t_us[-1] - block.t_us[0]) * 1000 / host_rate))]
    return [*out, Heartbeat(block.t_us[-1], "run", N, dropped, 0, 1200)]


def verdicts(events: list[Event]) -> dict[str, tuple[str, str]]:
    found = Findings()
    for event in events:
        found.feed(event)
    return {v.about: (v.state, v.words) for v in judge(found)}


def test_a_healthy_ball_is_ok_in_every_line() -> None:
    got = verdicts(stream())
    assert {state for state, _ in got.values()} == {OK}
    assert set(got) == {"firmware", "sensor", "noise", "drift", "rest", "losses", "rate", "board"}


def with_info(key: str, value: str) -> list[Event]:
    return [Info(key, value) if isinstance(e, Info) and e.key == key else e for e in stream()]


REST = samples([0.0] * N)


@pytest.mark.parametrize(
    ("events", "about", "state", "words"),
    [
        ([], "firmware", BAD, "did not greet"),
        ([*GREETING], "stream", BAD, "No samples"),
        (stream(samples([20.0] * N)), "rest", LOOK, "reads 20.8"),
        (stream(samples([0.2 * (i % 2) * (-1) ** (i // 2) for i in range(N)])), "noise", LOOK, "Noise 0."),
        (stream(samples([0.001 * i for i in range(N)])), "drift", LOOK, "Drift +0.3"),
        (stream(replace(REST, flags=(FLAG_FAULT,) * N)), "sensor", BAD, "900 samples with a fault"),
        (stream(replace(REST, flags=(FLAG_SATURATED,) * N)), "range", LOOK, "900 samples at the end"),
        (stream(host_rate=0.9), "rate", BAD, "270.4 samples a second"),
        (stream(dropped=3), "board", LOOK, "dropped 3 lines"),
        ([*stream(), Damaged("crc", 30)], "losses", LOOK, "1 damaged"),
        ([*stream(), samples([0.0], seq=N + 7, t_us=(N + 7) * SAMPLE_US)], "losses", LOOK, "7 lost"),
        (with_info("sensor", "bmp280"), "sensor", BAD, "does not know: bmp280"),
        (with_info("sensor", "none"), "sensor", BAD, "No sensor answers"),
        ([*stream(), Info("fault", "sensor_changed")], "sensor", BAD, "another sensor than before"),
        ([Hello(1, 0, "0.1.0", "uno", "0", 2, "watchdog"), *stream()[1:]], "reset", LOOK, "restarted by itself (watchdog)"),
    ],
)
def test_one_fault_one_verdict(events: list[Event], about: str, state: str, words: str) -> None:
    got = verdicts(events)
    assert got[about][0] == state
    assert words in got[about][1]


def test_half_a_line_before_the_greeting_is_not_damage() -> None:
    assert verdicts([Damaged("form", 9), *stream()])["losses"][0] == OK


def test_it_listens_no_longer_than_asked() -> None:
    many = [*GREETING, *(samples([0.0] * 100, seq=100 * i) for i in range(50))]
    found = observe(many, 2.0)
    assert 2.0 <= (found.blocks[-1].t_us[-1] - found.blocks[0].t_us[0]) / 1e6 < 2.4


def test_latency_timers_and_rules(tmp_path: Path) -> None:
    assert latency_verdict("/dev/ttyACM0", tmp_path) == []
    (tmp_path / "ttyUSB0").mkdir()
    (tmp_path / "ttyUSB0" / "latency_timer").write_text("16\n")
    (verdict,) = latency_verdict("/dev/ttyUSB0", tmp_path)
    assert verdict.state == LOOK
    assert "16 ms" in verdict.words
    (tmp_path / "ttyUSB0" / "latency_timer").write_text("1\n")
    assert latency_verdict("/dev/ttyUSB0", tmp_path)[0].state == OK
    assert 'ATTRS{idVendor}=="2341", ATTRS{idProduct}=="0043"' in udev_rule("2341:0043:55")
    assert "70-sixten.rules" in permission_verdict("/dev/x", "2341:0043:5", "No permission to open /dev/x").do
    assert permission_verdict("/dev/x", "2341:0043:5", "There is no port").do == ""
