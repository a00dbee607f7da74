"""The report says what the recording says, escapes what people type, needs no network, and fits on one sheet."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from recorded import NOON, calibration, session
from sixten.ball.messages import Samples
from sixten.pain.ceiling import Ceiling, fit_ceiling
from sixten.pain.model import POPULATION, Rating
from sixten.pressure.readings import Reading
from sixten.recording.companion import Corrections
from sixten.recording.library import Session
from sixten.recording.people import Calibration, Person
from sixten.recording.replay import Recording, read
from sixten.report.figures import FELT, figures
from sixten.report.page import WARNINGS, person_page, session_page
from sixten.session.refit import Basis, expected_score
from sixten.session.rules import Notice, Plan
from sixten.session.run import Run

RATINGS = tuple(Rating(24 + 2.6 * s + t / 2, s, "ramp", 2.5, 0.0, t) for t, top in enumerate((6, 5, 5), 1) for s in range(1, top + 1))
EVIL = '<script>alert("x")</script>'
NOTES = (EVIL, "knee hurt a little & went away", "second")


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """A session with a calibration by value, a time over the line, ratings of which one lowers the line, and a look before and after."""
    path = tmp_path_factory.mktemp("report") / "2026-07-13-120000-abcdef.ndjson"
    fitted = fit_ceiling(RATINGS)
    assert isinstance(fitted, Ceiling)
    plan = Plan(fitted.kpa, basis=Basis(RATINGS, POPULATION))
    recording = read(session(path, "overshoot", {15.0: 2, 27.0: 6, 60.0: 1}, plan, person="0123456789abcdef", side="left"))
    assert recording.damage == []
    for what, change, before, after in (("pain", "less", 5, 2), ("moving", "noise", 4, 3), ("balance", "at_cap", 45.0, None)):
        recording.notices.append(Notice(90_000_000, "compared", {"what": what, "change": change, "before": before, "after": after}))
    return recording


class Page(HTMLParser):
    """Whether what was opened is closed, the text, and what is drawn."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data


def rich_page(recording: Recording) -> str:
    return session_page(recording, f"Ana {EVIL}", "left", Corrections(remarks=NOTES))


def test_the_figures_are_those_of_the_session(rich: Recording) -> None:
    f = figures(rich)
    run = Run(rich.plan)
    readings = [o for e in rich.events for o in run.feed(e) if isinstance(o, Reading) and isinstance(e, Samples)]
    summary = run.summary()
    good = [r for r in readings if r.quality == "ok"]
    assert f.summary == summary
    assert f.peak == max(r.gauge_kpa for r in good)
    ended_us = next(n.t_us for n in rich.notices if n.code == "done")
    assert sum(f.bands.values()) == pytest.approx((ended_us - good[0].t_us) / 1e6, abs=0.5)
    assert f.bands["over"] == pytest.approx(float(summary["over_s"] or 0), abs=0.05)
    assert f.bands["work"] + f.bands["near"] == pytest.approx(float(summary["window_s"] or 0), abs=0.5)
    assert [kpa for _, kpa in f.lines] == [rich.plan.ceiling_kpa, run.state.ceiling_kpa]
    assert sum(s.end_s - s.begin_s for s in f.overs) == pytest.approx(f.bands["over"], abs=0.1)
    drawn = [p for p in f.trace if p.high is not None]
    assert max(p.high or 0 for p in drawn) == f.peak
    assert all((p.low or 0) <= (p.high or 0) for p in drawn)


def test_ratings_stand_against_the_calibrations_estimate(rich: Recording) -> None:
    f = figures(rich)
    assert [(r.score, r.line is not None) for r in f.rated] == [(2, True), (6, False), (1, False)]
    run = Run(rich.plan)
    readings = [o for e in rich.events for o in run.feed(e) if isinstance(o, Reading)]
    on_s = next(r.t_us for r in readings if r.smooth_kpa >= 2.0) / 1e6 - (run.first_us or 0) / 1e6
    for r in f.rated:
        assert r.expected == pytest.approx(expected_score(Basis(RATINGS, POPULATION), r.kpa, r.t_s - on_s), abs=0.01)
    assert f.rated[0].line == f.lines[-1][1]
    assert f.compared[0] == {"what": "pain", "change": "less", "before": 5, "after": 2}


def test_felt_seconds_need_a_calibration_by_value(rich: Recording, tmp_path: Path) -> None:
    f = figures(rich)
    basis = rich.plan.basis
    assert basis is not None and f.felt_s is not None
    run = Run(rich.plan)
    felt_us, since, last, n = 0, None, None, 0
    for event in rich.events:  # sample by sample, where the page goes by half seconds
        for r in run.feed(event):
            if isinstance(r, Reading) and isinstance(event, Samples) and r.quality == "ok":
                loaded = r.smooth_kpa >= 2.0
                since = (since or r.t_us) if loaded else None
                n += 1
                if loaded and last is not None and n % 20 == 0:  # one in twenty is enough
                    felt_us += 20 * (r.t_us - last) * (expected_score(basis, r.smooth_kpa, (r.t_us - (since or 0)) / 1e6) >= FELT)
                last = r.t_us
    assert f.felt_s == pytest.approx(felt_us / 1e6, rel=0.25)
    assert f.felt_s > 2
    page = rich_page(rich)
    assert "at an estimated 2 of 10 or more" in page and "holds no calibration" not in page
    bare = read(session(tmp_path / "a.ndjson", "falls-off"))
    assert figures(bare).felt_s is None
    page = session_page(bare, "", "", Corrections())
    assert "at an estimated" not in page.replace("No seconds at an estimated", "") and "holds no calibration" in page


def test_the_page_says_it_in_words(rich: Recording) -> None:
    page = Page(rich_page(rich))
    text = " ".join(page.text.split())
    for words in (
        "VIRTUAL: a simulated ball", "Session, left side", "2026-", "60 s", "in the window, done", "your line, rel.", "asked to ease off",
        "Over your line: ease off now.", "your line is now", "fell to", "Estimate from your own ratings.", "pain now, 0 to 10",
        "within noise", "cannot show change", "A change is 2 points or a third", "knee hurt a little & went away", "and 1 more",
        "not a medical device", "Stay within your own comfort limit",
    ):  # fmt: skip
        assert words in text, words
    for word in ("treats", "diagnos", "measures pain", "None", "nan", "Undefined"):
        assert word not in text.replace("not for treating", ""), word
    drawn = [a for t, a in page.tags if t == "svg"]
    assert len(drawn) == 3 and all(a.get("viewbox") for a in drawn)
    assert page.text.count("VIRTUAL") >= 3  # over the page, in its title and in the drawing


def test_what_people_type_is_text(rich: Recording) -> None:
    page = rich_page(rich)
    assert EVIL not in page and "&lt;script&gt;" in page
    assert not [t for t, _ in Page(page).tags if t in ("script", "img", "link", "iframe", "object")]


def test_it_needs_nothing_from_elsewhere(rich: Recording) -> None:
    page = rich_page(rich).replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"https?:|//|@import|url\((?!#)|\ssrc=|\shref=", page)
    assert "default-src 'none'" in page


def test_drawings_stay_inside_and_are_grey(rich: Recording) -> None:
    page = rich_page(rich)
    for colour in re.findall(r"#([0-9a-f]{3,6})\b", page):
        r, g, b = (colour[i * len(colour) // 3 : (i + 1) * len(colour) // 3] for i in range(3))
        assert r == g == b, f"#{colour} is lost in grey"
    drawing = page[page.index("<svg") :]
    drawing = drawing[: drawing.index("</svg>")]
    for x, y in re.findall(r"(-?[\d.]+),(-?[\d.]+)", " ".join(re.findall(r'points="([^"]*)"', drawing))):
        assert 0 <= float(x) <= 700 and 0 <= float(y) <= 200


def test_nothing_is_drawn_where_nothing_was_measured(tmp_path: Path) -> None:
    f = figures(read(session(tmp_path / "a.ndjson", "unplugged")))
    blank = [p.t_s for p in f.trace if p.smooth is None]
    silent = [s.t_s for s in f.said if s.code in ("stale", "back")]
    assert len(blank) > 20
    assert all(silent[0] - 0.5 < t < silent[1] + 0.5 for t in blank)


def test_a_calibration_has_its_curve_and_its_ratings(tmp_path: Path) -> None:
    recording = read(calibration(tmp_path / "c.ndjson"))
    page = Page(session_page(recording, "Ana", "left", Corrections()))
    text = " ".join(page.text.split())
    line = figures(recording).summary["ceiling_kpa"]
    assert "Calibration, left side" in text and f"ceiling {line:.1f}" in text and "pressure, rel." in text
    assert sum(t == "circle" for t, _ in page.tags) >= 10
    detached = session_page(recording, "Ana", "right", Corrections(calibration_detached=True))
    assert "which counts for this side no more" in detached


def test_a_real_one_says_nothing_of_virtual_and_an_unsure_one_does(rich: Recording) -> None:
    for said, says in ((False, False), (None, True), ("no", True)):
        recording = Recording(rich.path, {**rich.header, "virtual": said}, rich.events[:400], rich.notices)
        assert ("VIRTUAL" in session_page(recording, "", "", Corrections())) == says


def test_hostile_notices_do_not_break_the_page(rich: Recording) -> None:
    odd = [
        Notice(0, "rating", {"score": None}), Notice(0, "ended", {"reason": EVIL}), Notice(0, "over", {}), Notice(0, "may_stop", {}),
        Notice(0, "compared", {"what": EVIL, "change": [1], "before": "x", "after": {}}), Notice(1 << 60, "guard_off", {}),
    ]  # fmt: skip
    page = session_page(
        Recording(rich.path, {**rich.header, "started_utc": EVIL}, rich.events[:300], odd), "x" * 5000, "left", Corrections()
    )
    Page(page)
    assert EVIL not in page and "day unknown" in page and "x" * 100 not in page


# --- a person over time ---------------------------------------------------------------------------------------------------------

ANA = Person("0123456789abcdef", f"Ana {EVIL}", NOON)


def kept(n: int) -> tuple[list[Session], list[Calibration]]:
    sessions = [
        Session(
            f"{i}.ndjson.gz", (NOON + timedelta(days=i)).isoformat(), "session", ANA.id, ("left", "right")[i % 2], True, 86.0,
            60.0 - i % 7, 66.7, i % 5 * 0.7, "done", 30.5 + i % 4, 32.0, 25_855, 0, i % 3,
        )
        for i in reversed(range(n))
    ]  # fmt: skip
    calibrations = [
        Calibration(
            made_utc=NOON + timedelta(days=i), side=("left", "right")[i % 2], ceiling_kpa=None if i % 9 == 4 else 30.0 + i % 6, ratings=(),  # type: ignore[arg-type]
            unit="kPa", ball_id="f5", ball_calibration_id="", virtual=False, numbers={"interval_kpa": [28.0, 45.0 + i % 3]},
        )
        for i in range(n)
    ]  # fmt: skip
    return sessions, calibrations


def test_a_person_over_time(rich: Recording) -> None:
    sessions, calibrations = kept(40)
    page = Page(person_page(ANA, False, sessions, calibrations))
    text = " ".join(page.text.split())
    assert sum(t == "circle" for t, _ in page.tags) == sum(c.ceiling_kpa is not None for c in calibrations)
    assert text.count("\u00d7") == sum(c.ceiling_kpa is None for c in calibrations)
    for words in (
        "Lines of the left, kPa",
        "Lines of the right, kPa",
        "and 26 earlier ones",
        "2026-07-13 to 2026-08-21",
        "done",
    ):
        assert words in text, words
    assert "VIRTUAL" not in text and "<script>" not in text.replace(EVIL, "")
    assert "VIRTUAL" in person_page(ANA, True, sessions, calibrations)
    empty = Page(person_page(ANA, False, [], []))
    assert "Nothing has been recorded of this person yet." in empty.text


def test_two_units_are_two_drawings() -> None:
    _, calibrations = kept(10)
    mixed = [msgspec.structs.replace(c, unit="rel.") if i > 5 else c for i, c in enumerate(calibrations)]
    text = Page(person_page(ANA, False, [], mixed)).text
    assert all(f"Lines of the {s}, {u}" in text for s in ("left", "right") for u in ("kPa", "rel."))


# --- in a real browser ----------------------------------------------------------------------------------------------------------

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.mark.skipif(CHROMIUM is None, reason="needs a browser: apt-get install chromium")
def test_it_prints_on_one_sheet_of_a4(rich: Recording, tmp_path: Path) -> None:
    full = [Notice(30_000_000 + i, code, {"reason": "no_guard", "lowered": 0, "score": 5}) for i, code in enumerate(sorted(WARNINGS) * 2)]
    full += [Notice(40_000_000 + i, "symptom", {}) for i in range(20)]
    crowded = Recording(rich.path, rich.header, rich.events, [*full, *rich.notices], damage=["line 1: torn"])
    notes = Corrections(remarks=("A long remark about what was felt. " * 20,) * 9)
    sessions, calibrations = kept(400)
    two_units = [msgspec.structs.replace(c, unit="rel.") if i > 150 else c for i, c in enumerate(calibrations)]
    pages = {
        "session": rich_page(rich), "crowded": session_page(crowded, "Wolfeschlegelsteinhausenbergerdorff " * 9, "left", notes),
        "person": person_page(ANA, True, *kept(60)), "years": person_page(ANA, False, sessions, two_units),
    }  # fmt: skip
    for name, page in pages.items():
        source, printed, shot = tmp_path / f"{name}.html", tmp_path / f"{name}.pdf", tmp_path / f"{name}.png"
        source.write_text(page, "utf-8")
        common = [
            str(CHROMIUM),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            f"--user-data-dir={tmp_path / 'p'}",
        ]
        for what in (["--no-pdf-header-footer", f"--print-to-pdf={printed}"], ["--window-size=794,1123", f"--screenshot={shot}"]):
            subprocess.run([*common, *what, source.as_uri()], check=True, capture_output=True, timeout=120)
        data = printed.read_bytes()
        assert len(re.findall(rb"/Type\s*/Page\b", data)) == 1, name
        assert re.search(rb"/MediaBox\s*\[0 0 59[45][\d.]* 84[12][\d.]*\]", data)
        assert shot.stat().st_size > 20_000
