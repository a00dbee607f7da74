import pytest

from sixten.ball.commands import QUEUE_MAX, RESENDS, Commands
from sixten.ball.messages import Reply, Unanswered
from sixten.ball.wire import command


def test_one_in_flight_and_the_next_after_its_answer() -> None:
    c = Commands()
    first, second = c.ask("hello"), c.ask("info")
    assert c.due(0.0) == command(first, "hello")
    assert c.due(0.01) == b""
    c.hear(Reply(second, True, ""))  # not the one that is asked
    assert c.due(0.02) == b""
    c.hear(Reply(first, True, ""))
    assert c.due(0.03) == command(second, "info")


def test_it_is_sent_again_three_times_with_the_same_id_then_told() -> None:
    c = Commands()
    asked = c.ask("guard", 700, 600)
    sent, told = [], []
    for ms in range(0, 3000, 10):
        line = c.due(ms / 1000)
        if line:
            sent.append((ms, line))
        lost = c.given_up(ms / 1000)
        if lost:
            told.append((ms, lost))
    assert [ms for ms, _ in sent] == [0, 250, 500, 750]
    assert {line for _, line in sent} == {command(asked, "guard", 700, 600)}
    assert len(sent) == 1 + RESENDS
    assert told == [(1000, Unanswered(asked, "guard,700,600"))]


def test_a_damaged_line_is_sent_again() -> None:
    c = Commands()
    c.ask("stop")
    first = c.due(0.0)
    c.hear(Reply(0, False, "crc"))
    assert c.due(0.3) == first


def test_a_refusal_is_an_answer() -> None:
    c = Commands()
    asked = c.ask("rate", 5)
    c.due(0.0)
    c.hear(Reply(asked, False, "range"))
    assert c.due(9.0) == b""
    assert c.given_up(9.0) is None


def test_ids_go_round_and_never_are_zero() -> None:
    c = Commands()
    ids = []
    for _ in range(600):
        ids.append(c.ask("hello"))
        c.due(0.0)
        c.hear(Reply(ids[-1], True, ""))
    assert set(ids) == set(range(1, 256))


def test_a_board_that_is_gone_gets_nothing_late() -> None:
    c = Commands()
    c.ask("guard", 1, 1)
    c.due(0.0)
    c.ask("window", 30, 60, 1)
    c.drop()
    assert c.due(5.0) == b""


def test_the_queue_is_bounded_and_lines_are_checked() -> None:
    c = Commands()
    with pytest.raises(ValueError, match="56"):
        c.ask("name", "x" * 60)
    for _ in range(QUEUE_MAX):
        c.ask("hello")
    with pytest.raises(ValueError, match="waiting"):
        c.ask("hello")
