"""Which port may be opened: the rules, and any sequence of plugging in, pulling out, failing and asking."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sixten.ball.port import Found
from sixten.pages import finding as F

UNO = Found("/dev/ttyACM0", "board", "Arduino Uno", "2341:0043:one")
OTHER_UNO = Found("/dev/ttyACM1", "board", "Arduino Uno", "2341:0043:two")
CHIP = Found("/dev/ttyUSB0", "chip", "USB2.0-Serial", "1a86:7523:")
TWIN_CHIP = Found("/dev/ttyUSB1", "chip", "USB2.0-Serial", "1a86:7523:")
MODEM = Found("/dev/ttyS0", "other", "n/a", "")
NOTHING_KNOWN = F.Known()


def seen(*ports: Found) -> F.Finding:
    return F.looked(F.Finding(), ports)


def test_before_the_first_look_it_is_looking() -> None:
    assert F.says(F.Finding(), NOTHING_KNOWN).code == "looking"
    assert F.to_open(F.Finding(), NOTHING_KNOWN) is None


def test_the_single_board_is_opened_a_chip_or_a_modem_never() -> None:
    assert F.to_open(seen(UNO, CHIP, MODEM), NOTHING_KNOWN) == UNO
    assert F.says(seen(UNO, CHIP), NOTHING_KNOWN).code == "found"
    for ports in ((CHIP,), (CHIP, MODEM)):
        assert F.to_open(seen(*ports), NOTHING_KNOWN) is None
        assert F.says(seen(*ports), NOTHING_KNOWN) == F.Says("chip", None, (CHIP,))
    assert F.says(seen(MODEM), NOTHING_KNOWN) == F.Says("none")


def test_a_remembered_ball_comes_before_every_board() -> None:
    assert F.to_open(seen(UNO, OTHER_UNO, CHIP), F.Known(frozenset({CHIP.usb_key}))) == CHIP


def test_two_are_asked_about_once_and_remembered() -> None:
    finding = seen(UNO, OTHER_UNO)
    assert F.to_open(finding, NOTHING_KNOWN) is None
    assert F.says(finding, NOTHING_KNOWN) == F.Says("choose", None, (UNO, OTHER_UNO))
    assert F.to_open(F.pick(finding, OTHER_UNO), NOTHING_KNOWN) == OTHER_UNO
    both = frozenset({UNO.usb_key, OTHER_UNO.usb_key})
    assert F.says(finding, F.Known(both)).code == "choose"
    assert F.to_open(finding, F.Known(both, (OTHER_UNO.usb_key, UNO.usb_key))) == UNO


def test_two_chips_of_one_identity_cannot_be_told_apart() -> None:
    known = F.Known(frozenset({CHIP.usb_key}), (CHIP.usb_key,))
    assert F.says(seen(CHIP, TWIN_CHIP), known).code == "choose"
    assert F.to_open(seen(CHIP), known) == CHIP


def test_what_failed_waits_for_the_person_or_for_a_new_plug() -> None:
    failed = F.tried(seen(UNO), UNO, "This is not a sixten ball.")
    assert F.to_open(failed, NOTHING_KNOWN) is None
    assert F.candidate(failed, NOTHING_KNOWN) == UNO
    assert F.says(failed, NOTHING_KNOWN) == F.Says("failed", UNO, (UNO,), "This is not a sixten ball.")
    assert F.to_open(F.looked(failed, [UNO]), NOTHING_KNOWN) is None
    assert F.to_open(F.looked(F.looked(failed, []), [UNO]), NOTHING_KNOWN) == UNO
    assert F.to_open(F.looked(failed, [UNO.__class__(UNO.device, "board", "", "2341:0043:new")]), NOTHING_KNOWN) is not None
    assert F.to_open(F.pick(failed, UNO), NOTHING_KNOWN) == UNO


PORTS = [UNO, OTHER_UNO, CHIP, TWIN_CHIP, MODEM]
STEPS = st.one_of(
    st.tuples(st.just("look"), st.sets(st.sampled_from(PORTS))),
    st.tuples(st.just("open"), st.booleans()),
    st.tuples(st.just("pick"), st.integers(0, 4)),
    st.tuples(st.just("ask"), st.none()),
)


@given(st.lists(STEPS, max_size=30), st.sets(st.sampled_from([UNO.usb_key, OTHER_UNO.usb_key, CHIP.usb_key])))
def test_nothing_strange_is_ever_opened_and_nothing_twice_unasked(steps: list[tuple[str, object]], balls: set[str]) -> None:
    finding, known = F.Finding(), F.Known(frozenset(balls))
    plugged: set[Found] = set()
    allowed: set[Found] = set()  # picked since they were plugged in
    spent: set[Found] = set()  # opened since they were plugged in or asked for
    for step, what in steps:
        if step == "look":
            assert isinstance(what, set)
            plugged = set(what)
            allowed &= plugged
            spent &= plugged
            finding = F.looked(finding, sorted(plugged, key=lambda p: p.device))
        elif step == "pick":
            choice = F.says(finding, known).choice
            assert isinstance(what, int)
            if what < len(choice):
                finding = F.pick(finding, choice[what])
                allowed.add(choice[what])
                spent.discard(choice[what])
        else:
            port = F.candidate(finding, known) if step == "ask" else F.to_open(finding, known)
            if port is None:
                continue
            assert port in plugged
            boards = [p for p in plugged if p.kind == "board"]
            remembered = [p for p in plugged if p.usb_key in balls]
            assert port in allowed or port in remembered or (boards == [port] and not remembered)
            assert step == "ask" or port not in spent
            spent.add(port)
            finding = F.tried(finding, port, "no" if what else "")
