import math
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sixten.ball.messages import Connection, Hello, Mark, Samples
from sixten.ball.virtual import SCENARIOS, Load, Mechanics, VirtualSource, fsr_share_of_supply, signal_table
from sixten.pressure.sensors import DEVICE_LIMIT_KPA, NEWTONS_PER_REL, Fsr


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
