from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sixten.ball.messages import Damaged, DeviceEvent, Heartbeat, Hello, Info, Reply, Samples, Unknown, WireMessage
from sixten.ball.wire import MAX_FROM_BOARD, Decoder, command, crc16, frame

VECTORS = Path(__file__).parent.parent / "vectors" / "wire.txt"
MEANING = {
    "hello": Hello(1, 0, "0.1.0", "uno", "00c0ffee", 7, "power"),
    "info pair": Info("sensor", "fsr"),
    "info end": Info("end", "9"),
    "sample": Samples(0, (3328,), (0,), (682,)),
    "sample with everything at its largest": Samples(65535, (4294967295,), (0x1F,), (32736,)),
    "sample with temperature": Samples(12, (43264,), (0,), (8000,), ((0, 2153),)),
    "heartbeat": Heartbeat(1000128, "run", 300, 0, 0, 1200),
    "done": Reply(7, True, ""),
    "refused": Reply(0, False, "crc"),
    "device event": DeviceEvent(123456, "button", "press"),
}


def vectors() -> dict[str, str]:
    rows = [line.split(" | ") for line in VECTORS.read_text("ascii").splitlines() if not line.startswith("#")]
    return {name: line for name, line in rows}


def decode(data: bytes) -> list[WireMessage]:
    return Decoder().feed(data)


def singly(messages: list[WireMessage]) -> list[WireMessage]:
    """Samples one by one: how they are grouped depends on the chunks, what they say may not."""
    out: list[WireMessage] = []
    for m in messages:
        if isinstance(m, Samples):
            extra = dict(m.extra)
            for i, (t, f, r) in enumerate(zip(m.t_us, m.flags, m.raw, strict=True)):
                out.append(Samples((m.seq + i) % 65536, (t,), (f,), (r,), ((0, extra[i]),) if i in extra else ()))
        else:
            out.append(m)
    return out


def test_crc_check_value() -> None:
    assert crc16(b"123456789") == 0x29B1


@pytest.mark.parametrize("name", sorted(MEANING))
def test_vector_means(name: str) -> None:
    assert decode(vectors()[name].encode() + b"\r\n") == [MEANING[name]]


def test_every_vector_has_a_meaning_or_is_a_command() -> None:
    assert set(vectors()) == set(MEANING) | {"command hello", "command stop"}
    assert command(1, "hello") == vectors()["command hello"].encode() + b"\r\n"
    assert command(255, "stop") == vectors()["command stop"].encode() + b"\r\n"


ALL = b"".join(line.encode() + b"\r\n" for line in vectors().values())


@given(st.lists(st.integers(0, len(ALL)), max_size=8))
def test_chunks_do_not_matter(cuts: list[int]) -> None:
    d, got, at = Decoder(), [], 0
    for cut in [*sorted(cuts), len(ALL)]:
        got += d.feed(ALL[at:cut])
        at = cut
    assert singly(got) == singly(decode(ALL))


def test_byte_by_byte_and_after_junk() -> None:
    d = Decoder()
    got = [m for i in range(len(ALL)) for m in d.feed(ALL[i : i + 1])]
    assert singly(got) == singly(decode(ALL))
    first, *rest = singly(decode(b"\xff\x00half a line*12\n" + ALL))
    assert isinstance(first, Damaged)
    assert rest == singly(decode(ALL))


@given(st.binary(max_size=2000))
def test_noise_is_data_not_an_exception(data: bytes) -> None:
    d = Decoder()
    d.feed(data)
    assert singly(d.feed(b"\n" + frame("I,a=b")))[-1] == Info("a", "b")


@given(st.sampled_from(sorted(MEANING)), st.integers(0, 10_000))
def test_no_flipped_bit_is_believed(name: str, bit: int) -> None:
    line = bytearray(vectors()[name].encode() + b"\r\n")
    bit %= 8 * len(line.rstrip(b"\r\n"))
    line[bit // 8] ^= 1 << bit % 8
    assert all(isinstance(m, Damaged) for m in decode(bytes(line) + b"\n"))


@given(st.binary(min_size=MAX_FROM_BOARD, max_size=3000).map(lambda b: b.replace(b"\n", b"x")))
def test_an_endless_line_is_bounded_and_over_at_its_end(data: bytes) -> None:
    d = Decoder()
    for i in range(0, len(data), 50):
        assert d.feed(data[i : i + 50]) == []
        assert len(d._rest) <= MAX_FROM_BOARD
    assert d.feed(b"\n" + frame("I,a=b")) == [Damaged("long", len(data) + 1), Info("a", "b")]
    assert decode(data + b"\n") == [Damaged("long", len(data) + 1)]


@pytest.mark.parametrize(
    "body",
    ["D,1,2,3", "D,+1,2,0,4", "D,01,2,0,4", "D,1,2,0x1,4", "D,1,2,0,-4", "D,65536,2,0,4", "D,1,4294967296,0,4", "D,1,2,100,4", "D,1,2,0a,4",
     "D, 1,2,0,4", "D,1_0,2,0,4", "H,1,0.1.0", "H,1.x,0,u,i,1,p", "I,novalue", "I,=x", "B,1,run,1,2,3", "A,256,", "hello", "", "dd,1"],
)  # fmt: skip
def test_a_sound_checksum_does_not_excuse_a_bad_form(body: str) -> None:
    (message,) = decode(frame(body))
    assert message == Damaged("form", len(frame(body)))


def test_newer_lines_and_fields_are_accepted() -> None:
    assert decode(frame("Z,something,new")) == [Unknown("Z,something,new")]
    assert decode(frame("B,1000128,run,300,0,0,1200,9,new")) == [MEANING["heartbeat"]]
    assert decode(frame("D,0,3328,0,682,-2100,what,ever")) == [Samples(0, (3328,), (0,), (682,), ((0, -2100),))]


def test_samples_group_only_without_a_gap() -> None:
    lines = [frame(f"D,{q % 65536},{t},0,5") for q, t in [(65534, 0), (65535, 10), (65536, 20), (65538, 40)]]
    a, b = decode(b"".join(lines))
    assert a == Samples(65534, (0, 10, 20), (0, 0, 0), (5, 5, 5))
    assert b == replace(a, seq=2, t_us=(40,), flags=(0,), raw=(5,))


@pytest.mark.parametrize("body", ["a*b", "line\nbreak", "ünicode"])
def test_frame_refuses_what_could_not_be_read_back(body: str) -> None:
    with pytest.raises(ValueError, match="printable ASCII"):
        frame(body)


def test_command_refuses_what_the_board_cannot_take() -> None:
    with pytest.raises(ValueError, match="0..255"):
        command(256, "hello")
    with pytest.raises(ValueError, match="56"):
        command(1, "name", "x" * 60)
