"""No damage becomes a sample, nothing raises, and memory stays bounded. `make bench-recording` does ten thousand of these."""

import random
import subprocess
import sys
from pathlib import Path

import pytest

from recording.mutations import DAMAGE, FILLS, crafted, crafted_closed, members, pack, small_bomb
from recording.test_closing import close, record
from sixten.ball.messages import BallError, Samples
from sixten.recording.errors import RecordingError
from sixten.recording.head import head
from sixten.recording.lines import seal, unseal
from sixten.recording.reader import Recording, read
from sixten.recording.replay import verify

EACH = 25


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Four seconds in both forms, so that hundreds can be read."""
    folder = tmp_path_factory.mktemp("damage")
    whole = record(folder / "whole.ndjson", "saturates", "ms5837").read_bytes().splitlines(keepends=True)
    kept = whole[:300]
    count = sum(len(unseal(line)["v"]) for line in kept if line.startswith(b'{"k":"s"'))
    end = seal({**{k: v for k, v in unseal(whole[-1]).items() if k != "c"}, "samples": count})
    for name in ("plain", "closed"):
        (folder / f"{name}.ndjson").write_bytes(b"".join([*kept, end]))
    return {"plain": folder / "plain.ndjson", "closed": close(folder / "closed.ndjson")}


def truth(path: Path) -> set[tuple[int, int, int]]:
    return samples_of(read(path))


def samples_of(recording: Recording) -> set[tuple[int, int, int]]:
    return {s for e in recording.events if isinstance(e, Samples) for s in zip(e.t_us, e.flags, e.raw, strict=True)}


def read_anyway(path: Path) -> Recording | None:
    try:
        head(path)
    except RecordingError:
        pass
    try:
        return read(path)
    except RecordingError:
        return None


@pytest.mark.parametrize("form", ["plain", "closed"])
@pytest.mark.parametrize("how", DAMAGE, ids=lambda f: f.__name__)
def test_no_damage_becomes_a_sample_and_none_goes_untold(forms: dict[str, Path], form: str, how, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    data, true = forms[form].read_bytes(), truth(forms[form])
    path = tmp_path / forms[form].name
    found = untold = 0
    for seed in range(EACH):
        path.write_bytes(how(random.Random(seed), data))
        got = read_anyway(path)
        if got is None:
            continue
        kept = samples_of(got)
        assert kept <= true, (how, seed)
        found += len(kept)
        untold += kept != true and not got.damage and got.end is not None
    assert untold == 0
    assert found > 0


def test_what_is_before_and_behind_the_damage_is_kept(forms: dict[str, Path], tmp_path: Path) -> None:
    """Of a recording with several members, a hole in one costs that one at most."""
    whole = record(tmp_path / "long.ndjson.gz", "saturates", "ms5837")
    true = sorted(t for t, _, _ in truth(whole))
    data = bytearray(whole.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 40] = bytes(40)
    whole.write_bytes(data)
    got = read(whole)
    kept = sorted(t for t, _, _ in samples_of(got))
    assert len(got.damage) >= 1
    assert (kept[0], kept[-1]) == (true[0], true[-1])
    assert len(true) - len(kept) <= 1700  # ten seconds


def test_a_truncated_file_says_how_much_is_missing(forms: dict[str, Path], tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson.gz"
    data = forms["closed"].read_bytes()
    last = data.rfind(b"\x1f\x8b\x08")
    path.write_bytes(data[:last])  # between two members: nothing is torn
    got = read(path)
    assert got.damage == [f"the file ends early: {len(data) - last} bytes are missing"]
    assert got.end is not None


def test_whole_lines_that_are_gone_are_told(forms: dict[str, Path], tmp_path: Path) -> None:
    lines = forms["plain"].read_bytes().splitlines(keepends=True)
    some = [i for i, line in enumerate(lines) if line.startswith(b'{"k":"s"')][10:12]
    gone = sum(len(unseal(lines[i])["v"]) for i in some)
    path = tmp_path / "a.ndjson"
    path.write_bytes(b"".join(line for i, line in enumerate(lines) if i not in some))
    assert read(forms["plain"]).damage == []
    assert read(path).damage == [f"lines are missing: the summary knows of {gone} samples more"]


def test_a_lost_header_loses_the_header_alone(forms: dict[str, Path], tmp_path: Path) -> None:
    for form, path in forms.items():
        data = bytearray(path.read_bytes())
        data[20:40] = bytes(20)
        bad = tmp_path / f"{form}{''.join(path.suffixes)}"
        bad.write_bytes(data)
        got = read(bad)
        assert samples_of(got) == truth(path)
        assert "the header is lost" in got.damage
        with pytest.raises(RecordingError, match="no usable plan"):
            got.run()


@pytest.mark.parametrize(("how", "form"), [(crafted, "plain"), (crafted_closed, "closed")], ids=["plain", "closed"])
def test_crafted_lines_are_refused_or_decided_but_never_raise(forms: dict[str, Path], tmp_path: Path, how, form: str) -> None:  # type: ignore[no-untyped-def]
    data = forms[form].read_bytes()
    path = tmp_path / forms[form].name
    refused = 0
    for seed in range(40):
        path.write_bytes(how(random.Random(seed), data))
        got = read_anyway(path)
        if got is None:
            continue
        refused += len(got.damage)
        assert all(-(1 << 31) <= r < 1 << 31 for e in got.events if isinstance(e, Samples) for r in e.raw)
        try:
            verify(got)
        except (RecordingError, BallError):  # a plan or a ball that makes no sense, said in words
            pass
    assert refused > 20


def test_hostile_members_end_soon(forms: dict[str, Path], tmp_path: Path) -> None:
    data = forms["closed"].read_bytes()
    path = tmp_path / "h.ndjson.gz"
    for seed in range(6):
        for how in (small_bomb, members):
            path.write_bytes(how(random.Random(seed), data))
            got = read_anyway(path)
            assert got is None or got.damage or samples_of(got)


BOMBS = """
import sys
from pathlib import Path
from sixten.recording.errors import RecordingError
from sixten.recording.reader import read
def memory(what):
    return next(int(line.split()[1]) for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(what))
for name in sys.argv[1:]:
    Path("/proc/self/clear_refs").write_text("5")  # the peak is counted anew
    before = memory("VmRSS")
    try:
        damage = read(Path(name)).damage
    except RecordingError as error:
        damage = [str(error)]
    print((memory("VmHWM") - before) // 1024, damage[-1] if damage else "whole")
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="only Linux tells how much memory was needed")
def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """Some hundred kilobytes each that would unpack to half a gigabyte."""
    header = pack(seal({"k": "header", "format": "sixten-recording", "version": 2}))
    names = []
    for i, fill in enumerate(FILLS):
        names.append(str(tmp_path / f"{i}.ndjson.gz"))
        Path(names[-1]).write_bytes(header + 64 * pack(fill * ((8 << 20) // len(fill))))
    done = subprocess.run([sys.executable, "-c", BOMBS, *names], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == len(FILLS)
    assert not any("whole" in line for line in lines)
    assert max(int(line.split()[0]) for line in lines) <= 256, done.stdout
