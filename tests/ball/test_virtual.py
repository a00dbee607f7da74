import math
from itertools import pairwise
from math import nan
from pathlib import Path
from statistics import stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sixten.ball.link import Link
from sixten.ball.mechanics import IDEAL, REAL, ROOM_C, Ball, Load, Mechanics, Physics
from sixten.ball.messages import FLAG_SATURATED, Connection, Event, Hello, Info, Mark, Samples
from sixten.ball.virtual import (
    EXACT,
    LPS28DFW_NOISE_PA,
    MS5837_NOISE_PA,
    MS5837_PROM,
    SCENARIOS,
    SENSORS,
    SensorError,
    VirtualBoard,
    VirtualSource,
    fsr_share_of_supply,
    signal_table,
)
from sixten.pressure.readings import Reading, Readings
from sixten.pressure.sensors import DEVICE_LIMIT_KPA, NEWTONS_PER_REL, Fsr, sensor_from_info


def load(tmp_path: Path, text: str) -> Load:
    path = tmp_path / "load.csv"
    path.write_text(text)
    return Load.read(path)


def test_mechanics_go_through_the_table() -> None:
    ball = Mechanics.of()
    assert ball.gauge_kpa(0) == 0
    assert ball.gauge_kpa(192.70) == 48.731
    assert ball.gauge_kpa(389.04) == 95.170
    assert 48.731 < ball.gauge_kpa(220) < 67.578
    with pytest.raises(ValueError, match="no ball"):
        Mechanics.of(wall_mm=3)


def test_one_rel_is_the_load_of_one_kpa_at_the_device_limit() -> None:
    assert Mechanics.of().gauge_kpa(NEWTONS_PER_REL * DEVICE_LIMIT_KPA) == pytest.approx(DEVICE_LIMIT_KPA, rel=0.002)


def test_unloaded_and_open_differ() -> None:
    """470 kOhm across the sensor: unloaded is about 21 counts; a broken wire would read under 5."""
    assert 1023 * fsr_share_of_supply(0.0) == pytest.approx(21.3, abs=0.2)
    assert fsr_share_of_supply(math.inf) == 1.0


@given(st.floats(0, 500))
def test_sensor_and_converter_are_inverse(force_n: float) -> None:
    """Within the half count that a ten-bit converter with 32 conversions leaves (0.1 % of the reading at the top)."""
    raw = round(32 * (1024 * fsr_share_of_supply(force_n) - 0.5))
    fsr = Fsr(32, 10e3, 32736)
    assert fsr.convert((raw,))[0] - fsr.nominal_zero == pytest.approx(force_n / NEWTONS_PER_REL, abs=0.02, rel=0.001)


def test_table_keeps_steps_and_cuts_ramps(tmp_path: Path) -> None:
    rows = list(signal_table(load(tmp_path, "t_s,force_n\n0,0\n1,0\n1,200\n2,400\n")))
    times = [r[0] for r in rows]
    assert times == sorted(times)
    assert [t for t, u in pairwise(times) if t == u] == [1.0]
    assert len(rows) > 150  # the ramp follows the divider's curve
    assert rows[0][1] == pytest.approx(5000 * fsr_share_of_supply(0))
    assert rows[-1][2] == pytest.approx(101_325 + 1000 * Mechanics.of().gauge_kpa(400))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "line 1: the header"),
        ("a,b\n0,0\n", "line 1: the header"),
        ("t_s,force_n\n", "no rows"),
        ("t_s,force_n\n0,x\n", "line 2: expected two numbers"),
        ("t_s,force_n\n0,0\n1\n", "line 3: expected two numbers"),
        ("t_s,force_n\n0,nan\n", "line 2: time and force"),
        ("t_s,force_n\n0,-1\n", "line 2: time and force"),
        ("t_s,force_n\n1,0\n0,0\n", "line 3: time goes backwards"),
    ],
)
def test_bad_load_scripts_are_named(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        load(tmp_path, text)


def test_unknown_scenario_is_refused_with_the_list() -> None:
    with pytest.raises(ValueError, match="steady, overshoot"):
        VirtualSource("nap", 40.0)


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_a_scenario_is_one_unbroken_count_between_plugs(name: str) -> None:
    expected = None
    times: list[int] = []
    for event in VirtualSource(name, 40.0):
        if isinstance(event, Hello):
            expected = None
        if isinstance(event, Samples):
            assert expected in (None, event.seq)
            expected = (event.seq + len(event.raw)) % 65536
            times += event.t_us
    assert times == sorted(times)
    assert times[-1] >= (SCENARIOS[name].seconds - 0.1) * 1e6 or name == "unplugged"


def test_unplugged_is_said_and_comes_back() -> None:
    states = [e.state for e in VirtualSource("unplugged", 40.0) if isinstance(e, Connection)]
    assert states == ["starting", "live", "lost", "live", "lost"]


def test_without_a_scenario_it_loops_and_then_follows_the_keys() -> None:
    source = VirtualSource(None, 40.0)
    starts, raw = 0, 0
    for event in source:
        if isinstance(event, Mark):
            starts += event.kind == "start"
            if starts == 2:
                source.lean(+0.5)
        if isinstance(event, Samples) and starts == 2:
            raw = max(event.raw)
            if raw > 10_000:
                source.close()
    fsr = Fsr(32, 10e3, 32736)
    assert fsr.convert((raw,))[0] - fsr.nominal_zero == pytest.approx(20.0, abs=0.2)


def events_of(board: VirtualBoard, n: int) -> list[Event]:
    return Link().feed(board.greeting() + b"".join(board.sample()[1] for _ in range(n)), 1.0)


def read_back(sensor: str, force_n: float, physics: Physics = IDEAL, error: SensorError = EXACT) -> tuple[float, float]:
    """(mean of what the converter makes of two seconds, what was true)."""
    board = VirtualBoard(lambda t_s: force_n, sensor=sensor, ball=Ball(physics), error=error)
    events = events_of(board, 320)
    converter = sensor_from_info({e.key: e.value for e in events if isinstance(e, Info)})
    kpa = [v for e in events if isinstance(e, Samples) for v in converter.convert(e.raw, e.extra)]
    assert board.cavity is not None
    return sum(kpa) / len(kpa), board.cavity.absolute_kpa


@pytest.mark.parametrize("sensor", ["lps28dfw", "ms5837"])
@pytest.mark.parametrize("celsius", [-10.0, 12.0, 21.0, 35.0])
def test_a_barometer_tells_the_pressure_in_the_cavity(sensor: str, celsius: float) -> None:
    """At any temperature, within what noise leaves after 320 samples: 38 Pa / sqrt(320), and 10 Pa steps rounded down."""
    told, true = read_back(sensor, 200.0, Physics(forced_k=((0.0, celsius - ROOM_C),)))
    assert told == pytest.approx(true, abs=0.015)


def test_the_error_of_a_sensor_is_in_what_it_tells() -> None:
    told, true = read_back("lps28dfw", 200.0, Physics(forced_k=((0.0, 10.0),)), SensorError(500.0, 0.01, 20.0))
    assert told - true == pytest.approx(0.5 + 0.01 * true + 0.2, abs=0.005)


def test_the_noise_is_the_data_sheets() -> None:
    for sensor, pascals in (("lps28dfw", LPS28DFW_NOISE_PA), ("ms5837", MS5837_NOISE_PA)):
        converter = sensor_from_info({"sensor": sensor, "prom": "".join(f"{w:04x}" for w in MS5837_PROM)})
        board = VirtualBoard(lambda t_s: 0.0, sensor=sensor)
        kpa = [v for e in events_of(board, 3000) if isinstance(e, Samples) for v in converter.convert(e.raw, e.extra)]
        assert stdev(kpa) == pytest.approx(pascals / 1000, rel=0.1)


@pytest.mark.parametrize(("sensor", "top"), [("fsr", 32736), ("lps28dfw", 0x7FFFFF), ("ms5837", None)])
def test_an_endless_load_saturates_every_sensor(sensor: str, top: int | None) -> None:
    (samples,) = (e for e in events_of(VirtualBoard(lambda t_s: math.inf, sensor=sensor), 1) if isinstance(e, Samples))
    assert samples.flags == (FLAG_SATURATED,)
    assert top is None or samples.raw == pytest.approx((top,), abs=400)


def test_the_same_seed_is_the_same_ball_and_another_is_not() -> None:
    def bytes_of(seed: int) -> bytes:
        board = VirtualBoard(lambda t_s: 50.0 * t_s, sensor="ms5837", ball=Ball(REAL), seed=seed)
        return b"".join(board.sample()[1] for _ in range(200))

    assert bytes_of(1) == bytes_of(1) != bytes_of(2)


def test_a_sensor_that_does_not_exist_is_refused_with_the_list() -> None:
    with pytest.raises(ValueError, match="fsr, lps28dfw, ms5837"):
        VirtualSource("steady", 40.0, "bmp280")


@pytest.mark.parametrize("sensor", sorted(SENSORS))
def test_every_sensor_shows_the_same_share_of_the_line(sensor: str) -> None:
    """`steady` holds 80 % of it (with breathing left out: before 14 s), whatever the ball's unit."""
    readings, last = Readings(), nan
    for event in VirtualSource("steady", 40.0, sensor):
        for out in readings.feed(event):
            if isinstance(out, Reading) and 13e6 < out.t_us < 14e6:
                last = out.smooth_kpa
    assert last == pytest.approx(32.0, abs=0.2)


def test_the_ball_keeps_its_past_when_the_cable_is_pulled() -> None:
    """It is the same ball: what warmed before is still warm after the board's restart."""
    source = VirtualSource("unplugged", 40.0, "lps28dfw")
    extras: dict[bool, list[int]] = {False: [], True: []}
    source._ball = Ball(Physics(forced_k=((0.0, 0.0), (10.0, 8.0))))
    source._board = source._plug_in(0.0, 1)
    again = False
    for event in source:
        again = again or isinstance(event, Connection) and event.state == "lost"
        if isinstance(event, Samples):
            extras[again] += [value for _, value in event.extra]
    assert extras[False][0] < 2200 < 2880 < extras[True][0]


def test_physics_are_played_into_the_table_also_while_the_load_is_held(tmp_path: Path) -> None:
    script = load(tmp_path, "t_s,force_n\n0,0\n1,0\n2,200\n62,200\n")
    rows = list(signal_table(script, REAL))
    held = [r for r in rows if r[0] >= 2.0]
    assert len(held) > 1000
    assert held[0][2] - held[-1][2] > 1000  # creep, in pascals
    assert held[-1][3] > ROOM_C
    assert [r[:2] for r in rows[:1]] == [r[:2] for r in signal_table(script)][:1]
