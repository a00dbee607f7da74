"""The board's own alarm: what it is set to, when that counts as confirmed, and what the session does meanwhile."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sixten.ball.messages import Asked, Connection, DeviceEvent, Event, Hello, Info, Mark, Reply, Samples, Unanswered
from sixten.ball.virtual import VirtualSource
from sixten.ball.virtual_guard import VirtualGuard
from sixten.pain.procedure import CalibrationPlan
from sixten.pressure.readings import Reading
from sixten.pressure.sensors import FSR_ZERO_REL, Fsr, Lps28dfw, Sensor
from sixten.session import guard as G
from sixten.session import limits as L
from sixten.session.calibrating import CalibrationRun
from sixten.session.rules import Notice, Plan
from sixten.session.run import Run, pump

FSR = Fsr(32, 10e3, 32736)
BAROMETER = Lps28dfw()
UNITS: dict[str, tuple[Sensor, str, int]] = {"raw": (FSR, "raw", 22_679), "pa": (BAROMETER, "pa", 95_000)}


def greeted(unit: str = "raw", source: str = "device") -> G.Board:
    return G.Board(greeted=True, minor=1, unit=unit, device=UNITS[unit][2], source=source)


def numbers(words: str) -> tuple[int, int]:
    _, limit, release = words.split(",")
    return int(limit), int(release)


# --- what it must be ---------------------------------------------------------------------------------------------------------------


@given(st.floats(L.OFF_KPA, L.DEVICE_LIMIT_KPA), st.floats(FSR_ZERO_REL - 0.4, FSR_ZERO_REL + 1.8))
def test_an_fsr_board_alarms_at_the_first_count_that_is_over_the_line_for_the_host(ceiling: float, zero: float) -> None:
    """Non-linear, so above another zero the same line is another number of counts; never later, and at most one count earlier."""
    want = G.wanted(greeted(), ceiling, zero, FSR)
    assert want is not None
    zero_raw, (limit, _) = int(want.zero.split(",")[1]), numbers(want.limit)
    if not limit:
        limit = 22_679
    table = FSR.convert(tuple(range(32737)))
    first_over = int(np.argmax(table - zero > ceiling))
    alarms_at = zero_raw + limit + 1
    assert alarms_at <= first_over
    if limit not in (800, 22_679):
        assert alarms_at == first_over


@given(st.floats(L.OFF_KPA, L.DEVICE_LIMIT_KPA), st.floats(60.0, 108.4))
def test_a_barometers_board_is_never_later_and_at_most_three_pascals_earlier(ceiling: float, zero: float) -> None:
    want = G.wanted(greeted("pa"), ceiling, zero, BAROMETER)
    assert want is not None
    limit = numbers(want.limit)[0] or 95_000
    alarms_at_pa = int(want.zero.split(",")[1]) + limit + 1  # the board's pascals are whole, rounded down
    over_from_pa = math.floor((zero + ceiling) * 1000)  # the first whole pascal in which the host may see more than the line
    assert over_from_pa - 3 <= alarms_at_pa <= max(over_from_pa, alarms_at_pa if limit == 2000 else 0)


@pytest.mark.parametrize("unit", sorted(UNITS))
@given(ceiling=st.floats(L.OFF_KPA, L.DEVICE_LIMIT_KPA), zero=st.one_of(st.none(), st.floats(0.0, 1.0)))
def test_a_board_takes_whatever_is_wanted(unit: str, ceiling: float, zero: float | None) -> None:
    sensor, _, _ = UNITS[unit]
    low, high = (FSR_ZERO_REL - 0.4, FSR_ZERO_REL + 1.8) if unit == "raw" else (60.0, 108.4)
    want = G.wanted(greeted(unit), ceiling, None if zero is None else low + zero * (high - low), sensor)
    assert want is not None
    board = VirtualGuard(unit)
    for words in (want.zero, want.limit):
        name, *args = words.split(",")
        answer = board.obey(name, args) if words else ""
    assert answer == want.answer
    limit, release = board.counts()
    assert release < limit


def test_release_is_five_percent_lower_as_in_the_rules() -> None:
    assert G.wanted(greeted("pa"), 40.0, 100.0, BAROMETER) == G.Wanted("zero,99999", "guard,40000,38000", "40000/38000")
    fsr = G.wanted(greeted(), 40.0, FSR_ZERO_REL, FSR)
    assert fsr is not None
    limit, release = numbers(fsr.limit)
    zero = int(fsr.zero.split(",")[1])
    line, eased = FSR.convert((zero + limit, zero + release)) - FSR_ZERO_REL
    assert eased / line == pytest.approx(0.95, abs=0.001)


def test_without_a_ceiling_the_device_limit_counts_and_a_kept_one_stays() -> None:
    assert G.wanted(greeted(), None, 0.8, FSR) is None
    assert G.wanted(greeted(source="kept"), None, 0.8, FSR) is None
    left_behind = G.wanted(greeted(source="own"), None, 0.8, FSR)
    assert left_behind == G.Wanted("", "guard,0,0", "22679/21546")
    assert G.wanted(greeted()._replace(limit="guard,9000,8000"), None, 0.8, FSR) == left_behind


def test_a_line_above_this_balls_own_limit_leaves_that_in_force() -> None:
    assert G.wanted(greeted("pa")._replace(device=30_000), 40.0, 100.0, BAROMETER) == G.Wanted("zero,99999", "guard,0,0", "30000/28500")


# --- when it is confirmed ----------------------------------------------------------------------------------------------------------

INFO = {"guard_unit": "pa", "guard_device": "95000", "guard_source": "device"}
WANT = G.Wanted("zero,99999", "guard,40000,38000", "40000/38000")
GREETING: list[Event] = [Hello(1, 1, "0.2.0", "test", "beef", 1, "power"), Info("end", "3")]
ARMED: list[Event] = [*GREETING, Asked(1, WANT.zero), Reply(1, True, ""), Asked(2, WANT.limit), Reply(2, True, WANT.answer)]


def after(*events: Event, info: dict[str, str] = INFO) -> G.Board:
    board = G.Board()
    for event in events:
        board = G.follow(board, event, info)
    return board


def confirmed(*events: Event) -> bool:
    return G.status(after(*events), WANT, 0).confirmed


def test_zero_then_limit_each_answered_then_it_counts() -> None:
    assert [G.order(after(*ARMED[:n]), WANT) for n in range(2, 7)] == [WANT.zero, "", WANT.limit, "", ""]
    assert [confirmed(*ARMED[:n]) for n in range(7)] == [False] * 6 + [True]
    assert G.status(after(*ARMED), WANT, 7) == G.Status(7, True, 40_000, 38_000)


@pytest.mark.parametrize(
    "event",
    [GREETING[0], GREETING[1], Connection(0, "lost", ""), DeviceEvent(0, "sensor", "found")],
    ids=["reset", "a greeting without its hello", "cable", "sensor"],
)
def test_whatever_may_have_changed_the_board_makes_it_be_set_again(event: Event) -> None:
    board = after(*ARMED, event, *GREETING)
    assert not confirmed(*ARMED, event)
    assert G.order(board, WANT) == WANT.zero
    assert confirmed(*ARMED, event, *ARMED)


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ([*ARMED[:-1], Reply(2, True, "95000/90250")], G.DIFFERS),
        ([*ARMED[:-1], Reply(2, True, "")], G.DIFFERS),
        ([*ARMED[:-1], Reply(2, False, "range")], G.REFUSED),
        ([*ARMED[:-1], Unanswered(2, WANT.limit)], G.UNANSWERED),
        ([*ARMED[:-1], Reply(1, True, WANT.answer)], G.WAITING),
        ([*ARMED[:-1], Reply(0, False, "crc")], G.WAITING),
        ([*GREETING, Asked(1, WANT.zero), Reply(1, False, "range"), *ARMED[4:]], G.REFUSED),
        ([Hello(1, 0, "0.1.0", "test", "beef", 1, "power"), Info("end", "3")], G.NO_GUARD),
    ],
)
def test_anything_but_the_right_answer_is_no_confirmation(events: list[Event], reason: str) -> None:
    status = G.status(after(*events), WANT, 0)
    assert (status.confirmed, status.reason) == (False, reason)


def test_what_was_refused_is_not_asked_again_but_something_else_is() -> None:
    board = after(*ARMED[:-1], Reply(2, False, "range"))
    assert G.order(board, WANT) == ""
    assert G.order(board, WANT._replace(limit="guard,30000,28500")) == "guard,30000,28500"
    assert G.order(after(*GREETING, Asked(1, WANT.zero), Reply(1, False, "range")), WANT) == WANT.limit


def test_what_was_not_answered_is_asked_again() -> None:
    assert G.order(after(*ARMED[:-1], Unanswered(2, WANT.limit)), WANT) == WANT.limit


@pytest.mark.parametrize("info", [{}, {**INFO, "guard_unit": "psi"}, {**INFO, "guard_device": "²"}, {**INFO, "guard_device": "-5"}])
def test_a_board_that_describes_no_guard_has_none(info: dict[str, str]) -> None:
    assert after(*GREETING, info=info).trouble == G.NO_GUARD


commands = st.sampled_from([WANT.zero, WANT.limit, "guard,0,0", "info", "beep,9"])
anything = st.one_of(
    st.sampled_from(GREETING), st.builds(Asked, st.integers(0, 3), commands), st.builds(Unanswered, st.integers(0, 3), commands),
    st.builds(Reply, st.integers(0, 3), st.booleans(), st.sampled_from(["", WANT.answer, "95000/90250", "range"])),
    st.just(Connection(0, "lost", "")),
)  # fmt: skip


@given(st.lists(anything, max_size=30))
def test_confirmed_means_that_the_last_answered_limit_and_zero_are_the_wanted(events: list[Event]) -> None:
    """Whatever comes, a confirmation needs both commands sent and answered since the last greeting, in nothing but these events."""
    if not confirmed(*events):
        return
    begin = max(i for i, e in enumerate(events) if isinstance(e, (Hello, Info, Connection)))
    since = events[begin:]
    assert Reply in map(type, since)
    texts = [e.text for e in since if isinstance(e, Asked)]
    assert {WANT.zero, WANT.limit} <= set(texts)


# --- in the session ----------------------------------------------------------------------------------------------------------------


def session(
    scenario: str = "steady",
    sensor: str = "fsr",
    ceiling: float | None = 40.0,
    ask: bool = True,
    then: Callable[[Event], None] | None = None,
) -> tuple[list[object], Run, VirtualSource]:
    ball = VirtualSource(scenario, ceiling, sensor)
    run, seen = Run(Plan(ceiling)), []

    def see(what: object) -> None:
        seen.append(what)

    def events() -> object:
        for event in ball:
            yield event
            if then:
                then(event)

    pump(events() if then else ball, None, run, see, ball.ask if ask else None)  # type: ignore[arg-type]
    return seen, run, ball


def codes(seen: list[object]) -> list[str]:
    return [o.code for o in seen if isinstance(o, Notice)]


@pytest.mark.parametrize("sensor", ["fsr", "lps28dfw", "ms5837"])
def test_the_line_is_in_the_board_before_the_clock_runs_and_gone_at_the_end(sensor: str) -> None:
    seen, run, ball = session(sensor=sensor)
    guard = ball._board.guard
    assert codes(seen)[0] == "guard_on"
    assert "done" in codes(seen)
    assert guard.limit == 0  # closed: nobody's line stays behind
    assert [e.text for e in seen if isinstance(e, Asked)][-1] == "guard,0,0"
    assert run.guard.board.answer == "{}/{}".format(*guard.counts())


@pytest.mark.parametrize("sensor", ["fsr", "lps28dfw", "ms5837"])
def test_the_boards_alarm_and_the_hosts_agree(sensor: str) -> None:
    """overshoot crosses slowly: the board alarms with the host, within its two samples, and not a moment late by more than that."""
    seen, run, _ = session("overshoot", sensor)
    over = next(o.t_us for o in seen if isinstance(o, Notice) and o.code == "over")
    board = next(e.t_us for e in seen if isinstance(e, DeviceEvent) and (e.code, e.detail) == ("guard", "on"))
    assert abs(board - over) < 150_000


def test_a_ball_that_never_confirms_runs_no_clock_and_says_so_once() -> None:
    seen, run, _ = session(ask=False)
    assert run.state.window_us == 0
    assert codes(seen).count("guard_off") == 1
    assert [o.values for o in seen if isinstance(o, Notice) and o.code == "guard_off"] == [{"reason": "waiting"}]
    assert "work" in codes(seen)  # it still warns


def test_an_old_firmware_runs_no_clock_either() -> None:
    run, said = Run(Plan(40.0)), []
    for event in VirtualSource("steady", 40.0):
        old = Hello(1, 0, "0.1.0", "uno", event.unique_id, 1, "power") if isinstance(event, Hello) else event
        said += [o for o in run.feed(old) if isinstance(o, Notice)]
    assert [n.values for n in said if n.code == "guard_off"] == [{"reason": "no_guard"}]
    assert run.state.window_us == 0
    assert run.order() == ""


def test_a_rating_that_lowers_the_line_reaches_the_board_within_100_ms() -> None:
    asked: dict[str, int] = {}
    ball: list[VirtualSource] = []

    def rate(event: Event) -> None:
        if isinstance(event, Samples) and event.t_us[-1] > 20_000_000 and "rated" not in asked:
            asked["rated"] = event.t_us[-1]
            ball[0].mark("rate", 6)

    source = VirtualSource("steady", 40.0)
    ball.append(source)
    run, seen, limits = Run(Plan(40.0)), [], []

    def events() -> object:
        for event in source:
            yield event
            rate(event)
            limits.append((run.state.t_us, source._board.guard.counts()[0]))

    pump(events(), None, run, seen.append, source.ask)  # type: ignore[arg-type]
    before = limits[0][1] if limits[0][1] != 22_679 else limits[5][1]
    marked = next(e.t_us for e in seen if isinstance(e, Mark) and e.kind == "rate")
    reached = next(t for t, limit in limits if t > marked and limit < before)
    told = next(o for o in seen if isinstance(o, Notice) and o.code == "guard_on" and o.t_us > marked)
    print(f"\nrating to the board's limit {(reached - marked) / 1000:.1f} ms, to the answer {(told.t_us - marked) / 1000:.1f} ms")
    assert told.t_us - marked < 100_000
    assert told.values["ceiling_kpa"] == pytest.approx(run.state.ceiling_kpa, abs=0.01)
    assert run.state.ceiling_kpa < 40.0


def test_while_the_new_line_is_not_confirmed_the_clock_stands() -> None:
    windows, source = [], VirtualSource("steady", 40.0)
    run = Run(Plan(40.0))
    answer = True

    def ask(*words: object) -> int:
        return source.ask(*words) if answer else 0  # type: ignore[arg-type]

    def events() -> object:
        nonlocal answer
        for event in source:
            yield event
            if isinstance(event, Samples) and 20.0 < event.t_us[-1] / 1e6 < 20.02:
                answer = False
                source.mark("rate", 6)
            if isinstance(event, Samples):
                windows.append((event.t_us[-1] / 1e6, run.state.window_us / 1e6))

    said: list[object] = []
    pump(events(), None, run, said.append, ask)  # type: ignore[arg-type]
    at = dict((round(t), w) for t, w in windows)
    assert at[19] > 5
    assert at[60] == pytest.approx(at[21], abs=0.001)
    assert codes(said).count("guard_off") == 1


def test_replugged_the_line_and_the_old_zero_are_sent_again() -> None:
    seen, _, _ = session("unplugged")
    back = next(i for i, e in enumerate(seen) if isinstance(e, Connection) and e.state == "lost")
    asked = [[e.text for e in part if isinstance(e, Asked)] for part in (seen[:back], seen[back:])]
    assert asked[0][0] == asked[1][1]  # the limit
    assert asked[0][1] == asked[1][0]  # the zero, now first: it was taken before
    assert codes(seen)[codes(seen).index("back") + 1] == "guard_on"


def test_a_board_that_restarts_by_itself_is_set_again() -> None:
    """A reset without a lost cable: the greeting comes in the middle of the stream."""
    source, run, seen = VirtualSource("steady", 40.0), Run(Plan(40.0)), []

    def events() -> object:
        reset = False
        for event in source:
            yield event
            if isinstance(event, Samples) and event.t_us[-1] > 20_000_000 and not reset:
                reset = True
                source._board.guard.__init__("raw")  # type: ignore[misc]
                yield from source._link.feed(source._board.greeting(), source._t_s)
                assert not run.state.guard.confirmed

    pump(events(), None, run, seen.append, source.ask)  # type: ignore[arg-type]
    asked = [e.text for e in seen if isinstance(e, Asked)]
    assert len(asked) == 5
    assert {asked[0], asked[1]} == {asked[2], asked[3]}
    assert "done" in codes(seen)


def test_a_calibration_takes_back_the_line_of_a_session_that_was_cut_off() -> None:
    source = VirtualSource("steady", 40.0)
    source._board.guard.limit, source._board.guard.release = 9000, 8500
    run, seen = CalibrationRun(CalibrationPlan("left", 1)), []
    pump(source, None, run, seen.append, source.ask)
    assert [e.text for e in seen if isinstance(e, Asked)] == ["guard,0,0"]
    assert source._board.guard.counts() == (22_679, 21_546)


def test_without_a_ceiling_nothing_is_asked_and_nothing_said() -> None:
    seen, run, ball = session(ceiling=None)
    assert [e for e in seen if isinstance(e, Asked)] == []
    assert ball._board.guard.counts() == (22_679, 21_546)
    assert not {"guard_on", "guard_off"} & set(codes(seen))


def test_a_replay_knows_the_guard_and_asks_nobody() -> None:
    seen, run, _ = session("overshoot")
    again, outs = Run(Plan(40.0)), []
    for event in seen:
        if not isinstance(event, (Reading, Notice)):
            outs += [o for o in again.feed(event) if isinstance(o, Notice)]  # type: ignore[arg-type]
    assert outs == [o for o in seen if isinstance(o, Notice)]
    assert again.guard.board == run.guard.board
    assert again.state == run.state
