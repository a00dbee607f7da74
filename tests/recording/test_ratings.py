"""Tables of ratings: what is read, what is assumed, and where the finger points when it cannot be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sixten.pain.ceiling import fit_ceiling
from sixten.pain.model import Rating
from sixten.recording.ratings import DEFAULTS, OPTIONAL, read_ratings

WHOLE = "person,trial,kpa,score,kind,rate_kpa_s,held_s\n"


def test_every_column_is_read() -> None:
    table = read_ratings((WHOLE + "Ann,1,30.5,4,ramp,2.2,0\nBo,3,20,0,hold,0,5\nAnn,2,31,5,ramp,2,0\n").encode())
    assert table.people == {
        "Ann": [Rating(30.5, 4, "ramp", 2.2, 0.0, 1), Rating(31.0, 5, "ramp", 2.0, 0.0, 2)],
        "Bo": [Rating(20.0, 0, "hold", 0.0, 5.0, 3)],
    }
    assert table.assumed == []


def test_a_spreadsheets_file_is_read_too() -> None:
    """Mark of order, Windows line ends, quotes, spaces, an empty line and other columns."""
    table = read_ratings('\ufeffnote, kpa ,score\r\n"a, b",30,3\r\n\r\nc, 32 ,4\r\n'.encode())
    assert [(r.kpa, r.score) for r in table.people["1"]] == [(30.0, 3), (32.0, 4)]


def test_what_is_not_there_is_assumed_and_said() -> None:
    table = read_ratings(b"kpa,score\n20,1\n25,3\n30,5\n21,1\n26,4\n")
    assert [r.trial for r in table.people["1"]] == [1, 1, 1, 2, 2]  # a fall in score
    assert {(r.kind, r.rate_kpa_s, r.held_s) for r in table.people["1"]} == {("ramp", 2.5, 0.0)}
    assert len(table.assumed) == len(OPTIONAL)
    assert all(c in words and DEFAULTS[c] in words for c, words in zip(OPTIONAL, table.assumed, strict=True))


def test_without_trials_holds_are_told_apart_by_their_time() -> None:
    table = read_ratings(
        b"kpa,score,kind,held_s\n20,1,ramp,\n25,3,ramp,\n20,0,hold,5\n20,1,hold,10\n24,0,hold,5\n24,2,hold,10\n30,1,ramp,\n"
    )
    assert [r.trial for r in table.people["1"]] == [1, 1, 2, 2, 3, 3, 4]
    assert table.people["1"][0].rate_kpa_s == 2.5
    assert table.people["1"][2].rate_kpa_s == 0.0


BAD = [
    (b"", "line 1: the file is empty"),
    (b"\n\n", "line 1: the file is empty"),
    (b"person,score\na,1\n", "line 1: there is no column kpa; the columns are person, score"),
    (b"a,b\n1,2\n", "line 1: there is no column kpa and no column score"),
    (b"kpa,score,kpa\n1,2,3\n", "line 1, column kpa: it is there twice"),
    (b"kpa,score\n", "line 2: there is no rating"),
    (b"kpa,score\n30,4\n31,four\n", "line 3, column score: 'four' is not a number"),
    (b"kpa,score\nnan,4\n", "line 2, column kpa: nan does not lie"),
    (b"kpa,score\ninf,4\n", "line 2, column kpa: inf does not lie"),
    (b"kpa,score\n-1,4\n", "line 2, column kpa: -1 does not lie between 0 and 406"),
    (b"kpa,score\n1e9,4\n", "line 2, column kpa: 1e9 does not lie"),
    (b"kpa,score\n30,-1\n", "line 2, column score: -1 does not lie between 0 and 10"),
    (b"kpa,score\n30,11\n", "line 2, column score: 11 does not lie"),
    (b"kpa,score\n30,4.5\n", "line 2, column score: 4.5 is not a whole number"),
    (b"kpa,score\n30,\n", "line 2, column score: empty"),
    (b"kpa,score\n3_0,4\n", "line 2, column kpa: '3_0' is not a number"),
    (b"kpa,score\n30,4,5\n", "line 2: 3 cells where the header has 2 columns"),
    (b"kpa,score,kind\n30,4,push\n", "line 2, column kind: 'push' is neither ramp nor hold"),
    (b"kpa,score,trial\n30,4,x\n", "line 2, column trial: 'x' is not a number"),
    (b"kpa,score,trial\n30,4,1.5\n", "line 2, column trial: 1.5 is not a whole number"),
    (b"kpa,score,rate_kpa_s\n30,4,-2\n", "line 2, column rate_kpa_s: -2"),
    (b"kpa,score,held_s\n30,4,601\n", "line 2, column held_s: 601"),
    (b"person,kpa,score\n ,30,4\n", "line 2, column person: empty"),
    (b"kpa,score\n30,4\n31,\xff\n", "line 3: not UTF-8 text"),
    (b"kpa,score\n30,4\n\x00,1\n", "line 3"),
    (b'kpa,score\n30,"4\n', "line 2: not a CSV row"),
    ("kpa,score\n٣٠,4\n".encode(), "line 2, column kpa"),
]


@pytest.mark.parametrize(("data", "words"), BAD)
def test_bad_tables_are_refused_with_line_and_column(data: bytes, words: str) -> None:
    with pytest.raises(ValueError) as error:
        read_ratings(data)
    assert str(error.value).startswith(words)


cells = st.text("0123456789.,-\nramphold \x00\"'eé", max_size=60)


@given(st.one_of(st.binary(max_size=80), cells.map(lambda s: ("kpa,score,kind,held_s\n" + s).encode())))
def test_whatever_is_in_the_file(data: bytes) -> None:
    """Ratings that a fit takes, or a ValueError of one line; nothing else."""
    try:
        table = read_ratings(data)
    except ValueError as error:
        assert str(error).startswith("line ")
        assert "\n" not in str(error)
    else:
        for ratings in table.people.values():
            fit_ceiling(ratings)
