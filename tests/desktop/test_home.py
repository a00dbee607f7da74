"""The home page's model: who, which side, which ball; and the sound check's."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from sixten.ball.port import Found
from sixten.pages import finding as F
from sixten.pages import home as H
from sixten.pages import soundcheck as S
from sixten.pages.program import NOBODY, Somebody
from sixten.pages.shown import Card

UNO = Found("/dev/ttyACM0", "board", "Arduino Uno", "2341:0043:one")
OTHER_UNO = Found("/dev/ttyACM1", "board", "Arduino Uno", "2341:0043:two")
CHIP = Found("/dev/ttyUSB0", "chip", "USB2.0-Serial", "1a86:7523:")
ANN, BOB = Somebody("a", "Ann"), Somebody("b", "Bob Bee")
SOUND = Card("Sound", ("Sound is on.",))


def at(*ports: Found, people: tuple[Somebody, ...] = (ANN, BOB), last: str = "", **what: object) -> H.Home:
    home = replace(H.Home(finding=F.looked(F.Finding(), ports)), **what)  # type: ignore[arg-type]
    return H.met(home, people, last)


def keys(home: H.Home, *pressed: str) -> tuple[H.Home, str]:
    wanted = ""
    for key in pressed:
        home, wanted = H.press(home, key)
    return home, wanted


def test_who_and_side_then_it_goes() -> None:
    home, wanted = keys(at(UNO), "\r")
    assert wanted == ""
    assert home.said == ("Say first who lies on it.",)
    home, wanted = keys(home, "2", "\r")
    assert (home.who, wanted, home.said) == (BOB, "", ("Say first which side.",))
    home, wanted = keys(home, "r", "l", "\r")
    assert (home.side, wanted) == ("left", "go")


def test_the_last_person_is_chosen_already_the_side_never() -> None:
    home = at(UNO, last="b")
    assert (home.who, home.side, H.starts(home)) == (BOB, "", False)
    assert at(UNO, last="b", hidden=True).who is None


def test_where_nobody_is_stored_it_begins_by_itself_once() -> None:
    home = at(UNO, people=())
    assert home.who == NOBODY
    assert H.starts(home)
    assert not H.starts(replace(home, finding=F.tried(home.finding, UNO)))
    assert not H.starts(at(CHIP, people=()))
    assert not H.starts(at(UNO))


def test_a_chip_is_asked_about_with_what_opening_does() -> None:
    home = at(CHIP, people=())
    assert "opening restarts" in H.shown(home, SOUND).text
    home, _ = keys(home, "1")
    assert F.to_open(home.finding, home.known) == CHIP
    assert H.starts(home)


def test_digits_pick_the_ball_first_and_then_the_person() -> None:
    home = at(UNO, OTHER_UNO)
    assert "Which one is it?" in H.shown(home, SOUND).text
    assert {c.key for c in H.shown(home, SOUND).cards[1].choices} == {"", "0", "h"}
    home, _ = keys(home, "2")
    assert (home.who, F.candidate(home.finding, home.known)) == (None, OTHER_UNO)
    home, _ = keys(home, "1")
    assert home.who == ANN
    home, _ = keys(home, "b", "1")  # another ball after all
    assert F.candidate(home.finding, home.known) == UNO


def test_without_a_ball_the_virtual_one_is_offered() -> None:
    assert "Try the virtual ball" in H.shown(at(), SOUND).text
    assert keys(at(), "v")[1] == "virtual"
    assert keys(at(people=()), "\r")[0].said == ("There is no ball to begin with yet.",)


def test_hidden_names_are_found_by_typing_and_not_by_leafing() -> None:
    home, wanted = keys(at(UNO), "h")
    assert (wanted, home.hidden) == ("names", True)
    assert "Ann" not in H.shown(home, SOUND).text
    assert keys(home, "1")[0].who is None
    home, _ = keys(home, "/", "b", "o")
    assert "Bob" not in H.shown(home, SOUND).text
    home, _ = keys(home, "b")
    assert (home.who, home.typed) == (BOB, None)
    home, _ = keys(home, "/", "x", "\b", "a", "n", "\r")
    assert home.who == BOB  # "an" is nobody's whole name
    home, _ = keys(home, "/", "a", "n", "n")
    assert home.who == ANN


def test_ten_people_are_found_by_typing_too() -> None:
    crowd = tuple(Somebody(str(i), f"Person {chr(65 + i)}") for i in range(10))
    home, _ = keys(at(UNO, people=crowd), "/", *"person j")
    assert home.who == crowd[9]


def test_a_failure_is_said_and_enter_tries_again() -> None:
    home = at(UNO, people=())
    home = replace(home, finding=F.tried(home.finding, UNO, "This is not a sixten ball."))
    text = H.shown(home, SOUND).text
    assert "Enter tries Arduino Uno (/dev/ttyACM0) again" in text
    assert keys(home, "\r")[1] == "go"


def test_keys_of_nobody_here_are_the_windows() -> None:
    for key in ("?", "d", "e", "f", "p", "q", "R", "x"):
        assert keys(at(UNO), key)[1] == "key"


@given(st.lists(st.sampled_from([*"0123456789lrvbsh/aB ", "\r", "\x1b", "\b", "up", ""]), max_size=40), st.booleans())
def test_no_key_breaks_it(pressed: list[str], stored: bool) -> None:
    home = at(UNO, OTHER_UNO, CHIP, people=(ANN, BOB) if stored else ())
    for key in pressed:
        before = home
        home, wanted = H.press(home, key)
        assert wanted in ("", "go", "virtual", "sound", "names", "key")
        if wanted == "go":
            assert F.candidate(home.finding, home.known) is not None
            assert before.who == NOBODY or home.side in ("left", "right")
        assert H.shown(home, SOUND).text


def test_the_sound_check() -> None:
    check = S.Check()
    assert S.press(check, "y", True)[1] == "done"
    assert S.press(check, "]", True)[1] == "louder"
    no, wanted = S.press(check, "n", True)
    assert (no.not_heard, no.loud_words, wanted) == (True, True, "")
    text = S.shown(no, True, SOUND, "").text
    assert "fills the whole screen" in text
    assert "vibrates" in text
    assert not S.press(no, "w", True)[0].loud_words
    assert S.press(no, "\r", True)[1] == "done"


def test_without_a_device_it_is_said_and_blocks_nothing() -> None:
    text = S.shown(S.Check(), False, SOUND, "there is no sound device").text
    assert "There is no sound (there is no sound device)." in text
    assert S.press(S.Check(), "\r", False)[1] == "done"
    assert S.press(S.Check(), "w", False)[0].loud_words
    assert S.press(S.Check(), "q", False)[1] == "key"
