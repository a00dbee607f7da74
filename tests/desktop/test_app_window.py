"""The whole window, driven by keys: home, sound check, sessions one after the other, on virtual balls and on balls at pseudo-terminals."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from boards import Board, Plugged
from sixten.ball import port as ports
from sixten.ball.port import Found
from sixten.cli.opening import Opening
from sixten.cli.window import Live, Replay
from sixten.desktop import home_page
from sixten.desktop.session_page import SessionPage
from sixten.desktop.theme import load_fonts
from sixten.desktop.window import AppWindow
from sixten.pages.home import Home
from sixten.recording.people import Calibration, People
from sixten.recording.places import people_folder, sessions_folder, settings_path
from sixten.recording.replay import ReplaySource, read
from sixten.recording.settings import load_settings
from sixten.sound.device import Sound
from sixten.watch import Job, Watch

WAIT = 30_000  # milliseconds; a bound for a busy machine, never a measure


@pytest.fixture(autouse=True)
def own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(home_page, "LOOK_EVERY_MS", 50)
    monkeypatch.setattr(ports, "GREET_S", 30.0)  # a busy machine may take its time


@pytest.fixture
def plug(tmp_path: Path) -> Iterator[Callable[..., Plugged]]:
    made: list[Plugged] = []

    def start(board: Board | None, name: str = "ttyBALL", **what: str) -> Plugged:
        made.append(Plugged(tmp_path / name, board, **what))
        return made[-1]

    yield start
    for plugged in made:
        plugged.unplug()


class Here(Live):
    """The real program, but for where ports are listed: what is plugged in at pseudo-terminals."""

    def __init__(self, given: Opening | None = None) -> None:
        super().__init__(given or Opening())
        self.plugged: list[Plugged] = []

    def look(self) -> Sequence[Found]:
        return [p.found for p in self.plugged if Path(p.found.device).exists()]


class App:
    """A window and the keys that are pressed in it."""

    def __init__(self, qtbot: QtBot, program: Here, sound: Sound | None = None, home: Home | None = None) -> None:
        load_fonts()
        self.qtbot, self.program = qtbot, program
        self.window = AppWindow(program, sound, home or Home())
        qtbot.addWidget(self.window)
        self.window.show()
        qtbot.waitExposed(self.window)
        assert self.window.home is not None
        self.home = self.window.home
        self.home.begin()
        self.until(lambda: self.home.home.people is not None and self.home.home.finding.ports is not None)

    def until(self, true: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(true, timeout=WAIT)

    def press(self, *keys: str | Qt.Key) -> None:
        """Into whatever has the keyboard, as a real key."""
        for key in keys:
            self.qtbot.keyClick(self.window.focusWidget() or self.window, key)  # type: ignore[arg-type]

    @property
    def text(self) -> str:
        """Everything that is to be read now."""
        page = self.window._stack.currentWidget()
        assert page is not None
        seen = [page, *(child for child in page.findChildren(QWidget) if not child.isHidden())]
        return " ".join([self.window.strip.text, *(f"{widget.accessibleName()} {widget.accessibleDescription()}" for widget in seen)])

    def says(self, words: str) -> None:
        self.until(lambda: words in self.text)

    @property
    def watch(self) -> Watch | None:
        """The session's, if there is one."""
        return self.window.watch

    @property
    def page(self) -> SessionPage:
        """The session's."""
        assert self.window.running is not None
        return self.window.running.page

    def zeroed(self) -> None:
        """Wait for a number above a zero."""
        self.until(lambda: self.watch is not None and self.watch.reading is not None and self.watch.reading.zeroed)

    @property
    def notices(self) -> list[str]:
        watch = self.watch
        return [] if watch is None else [n.code for n in watch.notices]

    def live(self) -> None:
        """Wait for a number."""
        self.until(lambda: (w := self.watch) is not None and w.reading is not None and w.reading.quality == "ok")

    def virtual(self) -> None:
        """Begin on the virtual ball and wait for its first number."""
        self.press("v")
        self.until(lambda: self.watch is not None and self.watch.reading is not None)

    def at_home(self) -> None:
        self.until(lambda: self.watch is None and self.home.isVisible())


def test_no_ball_the_virtual_one_and_home_again_twice(qtbot: QtBot) -> None:
    app = App(qtbot, Here())
    app.says("No ball is plugged in.")
    for _ in range(2):
        app.virtual()
        app.press("q")
        app.at_home()
        assert "VIRTUAL: window" in app.text
        assert "recorded in" in app.text


def test_plug_in_and_go_then_pulled_out_and_plugged_in_again(
    qtbot: QtBot, plug: Callable[..., Plugged], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = App(qtbot, Here())
    ball = plug(Board())
    app.program.plugged.append(ball)
    app.live()
    assert load_settings().balls == []  # it is remembered at the end, when all is well
    ball.unplug()
    app.until(lambda: "lost" in app.notices)
    app.until(lambda: app.watch is None)  # ten seconds without a signal
    app.says("The session was interrupted: no signal for ten seconds. What was recorded is kept.")
    assert len(list(sessions_folder(False).glob("*.ndjson.gz"))) == 1
    assert load_settings().balls == ["2341:0043:one"]
    app.program.plugged[:] = [plug(Board())]
    app.live()
    app.press("q")
    app.at_home()
    qtbot.wait(300)
    assert app.watch is None  # left on purpose: it is not opened again unasked
    app.press(Qt.Key.Key_Return)
    app.until(lambda: app.watch is not None)


def test_not_a_ball_is_said_once_and_not_opened_again_unasked(
    qtbot: QtBot, plug: Callable[..., Plugged], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ports, "GREET_S", 0.3)
    opened: list[str] = []
    real = ports.PortSource.open
    monkeypatch.setattr(ports.PortSource, "open", lambda self: (opened.append(self.device), real(self))[1])
    app = App(qtbot, Here())
    app.program.plugged.append(plug(None))
    app.says("This is not a sixten ball")
    qtbot.wait(300)
    assert len(opened) == 1
    assert load_settings().balls == []
    app.press(Qt.Key.Key_Return)
    app.until(lambda: len(opened) == 2)


def test_a_port_that_was_named_is_not_opened_again_at_home(
    qtbot: QtBot, plug: Callable[..., Plugged], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ports, "GREET_S", 0.3)
    app = App(qtbot, Here())
    stranger = plug(None)
    app.window.begin(Opening(port=stranger.found.device))
    app.program.plugged.append(stranger)
    app.says("This is not a sixten ball")
    app.says("Found: Arduino Uno")
    qtbot.wait(300)
    assert app.watch is None
    monkeypatch.setattr(ports, "GREET_S", 30.0)
    stranger.unplug()
    app.says("No ball is plugged in.")
    app.program.plugged[:] = [plug(Board())]
    app.live()


def test_unplugged_while_starting_is_a_sentence(qtbot: QtBot, plug: Callable[..., Plugged]) -> None:
    app = App(qtbot, Here())
    silent = plug(None)
    app.program.plugged.append(silent)
    app.until(lambda: app.watch is not None and app.watch.connection is not None)
    silent.unplug()
    app.says("went away while the board was starting; plug it in again.")
    app.says("No ball is plugged in.")


def test_a_generic_chip_waits_until_it_is_picked(qtbot: QtBot, plug: Callable[..., Plugged]) -> None:
    app = App(qtbot, Here())
    app.program.plugged.append(plug(Board(), kind="chip", usb_key="1a86:7523:", name="USB2.0-Serial"))
    app.says("opening restarts what hangs on it")
    qtbot.wait(300)
    assert app.watch is None
    app.press("1")
    app.live()
    app.press("q")
    app.at_home()
    assert load_settings().balls == ["1a86:7523:"]


def test_two_balls_are_asked_about_once(qtbot: QtBot, plug: Callable[..., Plugged]) -> None:
    app = App(qtbot, Here())
    app.program.plugged += [plug(Board(), "ttyONE", usb_key="2341:0043:one"), plug(Board(), "ttyTWO", usb_key="2341:0043:two")]
    app.says("More than one could be your ball.")
    app.press("2")
    app.live()
    assert app.watch is not None and app.watch.job is not None
    assert app.watch.job.source.device.endswith("ttyTWO")  # type: ignore[attr-defined]
    app.press("q")
    app.at_home()
    assert load_settings().picked == ["2341:0043:two"]
    app.window.close()
    again = App(qtbot, app.program)
    again.live()
    again.window.close()


def store(name: str, ball: str = "000000f5") -> str:
    """Somebody with a line of today on this ball."""
    people = People(people_folder(False), False)
    person = people.create(name)
    now = datetime.now(UTC)
    people.add_calibration(
        person,
        Calibration(
            made_utc=now, side="left", ceiling_kpa=41.2, ratings=(), unit="rel.", ball_id=ball, ball_calibration_id="", virtual=False
        ),
    )
    return person.id


def test_home_by_keys_to_a_guided_window_on_todays_line(qtbot: QtBot, plug: Callable[..., Plugged]) -> None:
    person = store("Ann")
    app = App(qtbot, Here())
    app.program.plugged.append(plug(Board()))
    app.says("Found: Arduino Uno")
    qtbot.wait(200)
    assert app.watch is None  # somebody is stored, so it asks
    app.press("1")
    app.says("LEFT HIP: 41.2 rel.")
    app.says("RIGHT HIP: Ann has no calibration of the right side yet")
    app.press("l", Qt.Key.Key_Return)
    app.until(lambda: "guard_on" in app.notices)
    assert app.watch is not None and app.watch.job is not None
    plan = app.watch.job.run.state.plan  # type: ignore[attr-defined]
    assert (plan.ceiling_kpa, plan.guided, plan.side) == (41.2, True, "left")
    app.press(Qt.Key.Key_PageDown, Qt.Key.Key_PageDown)  # a presenter remote: one more, and one more
    app.until(lambda: "rating" in app.notices)
    app.says("2 of 10 noted.")
    app.press("q")
    app.at_home()
    assert load_settings().person == person
    assert app.home.home.side == ""  # asked each time


def test_every_control_is_reached_with_tab_and_has_a_name(qtbot: QtBot) -> None:
    store("Ann")
    app = App(qtbot, Here())
    app.until(lambda: bool(app.home._buttons))
    seen: list[QWidget] = []
    for _ in range(3 * len(app.home._buttons)):
        app.press(Qt.Key.Key_Tab)
        now = app.window.focusWidget()
        assert now.accessibleName()
        seen.append(now)
    assert set(app.home._buttons.values()) <= set(seen)
    before = app.home.grab().toImage()
    app.press(Qt.Key.Key_Tab)
    assert app.home.grab().toImage() != before  # the focus is seen
    app.home._buttons["r"].setFocus()
    app.press(Qt.Key.Key_Space)
    assert app.home.home.side == "right"
    app.home._buttons["1"].setFocus()
    app.press(Qt.Key.Key_Space)
    assert app.home.home.who is not None


@pytest.mark.parametrize("key", [Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape, Qt.Key.Key_Backspace])
@pytest.mark.parametrize("focus", ["symptom", "stop", "page", "slider"])
def test_every_large_key_stops_whatever_has_the_keyboard(qtbot: QtBot, key: Qt.Key, focus: str) -> None:
    app = App(qtbot, Here(Opening(record=False)))
    app.virtual()
    page = app.page
    app.until(lambda: not app.window.lean.isHidden())
    {"symptom": page.symptom, "stop": page.stop, "page": page, "slider": app.window.lean.slider}[focus].setFocus()
    app.press(key)
    app.until(lambda: "stop" in app.notices)
    assert "symptom" not in app.notices


def test_a_rating_is_noted(qtbot: QtBot) -> None:
    app = App(qtbot, Here(Opening(record=False)))
    app.virtual()
    app.press("5")
    app.says("5 of 10 noted.")


def test_the_slider_and_the_arrows_lean_on_the_virtual_ball(qtbot: QtBot) -> None:
    app = App(qtbot, Here(Opening(record=False)))
    app.virtual()
    app.until(lambda: not app.window.lean.isHidden())
    app.zeroed()
    app.window.lean.slider.setFocus()
    app.press(*[Qt.Key.Key_PageUp] * 8)
    app.until(lambda: "work" in app.notices)
    app.page.setFocus()
    app.press(*[Qt.Key.Key_Up] * 20)
    app.until(lambda: "over" in app.notices)
    app.until(lambda: app.window.lean.slider.value() == 120)


def test_the_sheet_leaves_stop_free_and_closes_for_an_alarm(qtbot: QtBot) -> None:
    app = App(qtbot, Here(Opening(record=False)))
    app.press("?")
    assert app.window.sheet.isVisible()
    app.press("x")
    assert not app.window.sheet.isVisible()
    app.virtual()
    app.until(lambda: not app.window.lean.isHidden())

    def stop_is_free() -> bool:
        page = app.page
        stop = page.stop.rect().translated(page.stop.mapTo(app.window, page.stop.rect().topLeft()))
        return not app.window.sheet.geometry().intersects(stop)

    for turn in range(3):
        app.press("?")
        assert app.window.sheet.isVisible(), turn
        app.until(stop_is_free)
        app.press("x", "r")
    app.press("?")
    assert app.window.sheet.isVisible()
    app.press(Qt.Key.Key_Space)  # closes it and stops
    assert not app.window.sheet.isVisible()
    app.until(lambda: "stop" in app.notices)
    app.press("n", "?")
    assert app.window.sheet.isVisible()
    app.window.lean.leaned.emit(1.4)
    app.until(lambda: "over" in app.notices)
    app.until(lambda: not app.window.sheet.isVisible())


def test_theme_rotation_and_the_rest_are_remembered(qtbot: QtBot) -> None:
    app = App(qtbot, Here())
    app.press("R", "d", "e", "p")
    assert (load_settings().turn, load_settings().theme) == (90, "light")
    app.virtual()
    assert app.window._timer.interval() == 50
    app.press("r", "p")
    app.press("q")
    app.at_home()
    app.window.close()
    again = App(qtbot, Here())
    now = again.window.settings
    assert (now.turn, now.theme, now.estimate, now.low_power) == (-90, "light", True, False)
    assert (again.home.turn, again.home.theme.name) == (-90, "light")


def test_broken_settings_are_said_and_kept_aside(qtbot: QtBot) -> None:
    settings_path().parent.mkdir(parents=True)
    settings_path().write_text("{broken")
    app = App(qtbot, Here())
    app.says("are damaged")
    app.press("d")
    app.says("the file is kept as settings.json.broken-")
    assert json.loads(settings_path().read_text()) == {"theme": "light"}


def test_settings_that_cannot_be_kept_are_said_and_count_all_the_same(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("no folder")
    app = App(qtbot, Here())
    app.press("d")
    app.says("settings")
    assert app.window.settings.theme == "light"
    app.virtual()
    app.press("q")
    app.at_home()


def test_nothing_can_be_recorded_is_a_sentence_and_no_end(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("no folder")
    app = App(qtbot, Here())
    app.press("v")
    app.says("cannot be written")
    assert app.watch is None


def test_a_hidden_window_draws_nothing_and_warns_all_the_same(qtbot: QtBot) -> None:
    sound = Sound(backend="NULL")
    sound.start()
    qtbot.waitUntil(lambda: sound.on, timeout=WAIT)
    app = App(qtbot, Here(Opening(record=False)), sound)
    app.virtual()
    app.zeroed()
    app.window.hide()
    assert not app.window._timer.isActive()
    app.window.lean.leaned.emit(1.3)
    app.until(lambda: "over" in app.notices)
    app.until(lambda: any(cue.name == "over" for _, cue in sound.hearing.played))
    app.window.show()
    assert app.window._timer.isActive()
    app.says("OVER")
    sound.close()


def test_the_sound_check_comes_once_before_a_real_ball(qtbot: QtBot, plug: Callable[..., Plugged]) -> None:
    sound = Sound(backend="NULL")
    sound.start()
    qtbot.waitUntil(lambda: sound.on, timeout=WAIT)
    app = App(qtbot, Here(Opening(record=False)), sound)
    app.program.plugged.append(plug(Board()))
    app.says("Did you hear it")
    app.press("[", "[", "n")
    app.says("fills the whole screen")
    assert app.watch is None
    app.press(Qt.Key.Key_Return)
    app.live()
    app.press(Qt.Key.Key_Space, "q")
    app.at_home()
    assert load_settings().volume == pytest.approx(0.6)
    app.press(Qt.Key.Key_Return)
    app.live()  # not asked again
    app.window.close()
    sound.close()


def test_a_full_screen_word_for_those_who_do_not_hear(qtbot: QtBot) -> None:
    sound = Sound(why_not="there is no sound device")
    app = App(qtbot, Here(Opening(record=False)), sound)
    app.press("s")
    app.says("There is no sound (there is no sound device).")
    app.press("w", "y")
    app.at_home()
    app.virtual()
    app.zeroed()
    app.window.lean.leaned.emit(1.3)
    app.until(lambda: app.window.loud.isVisible())
    assert app.window.loud.accessibleName() == "OVER"
    assert app.window.loud.geometry() == app.window.rect()
    qtbot.mouseClick(app.window.loud, Qt.MouseButton.LeftButton)
    app.until(lambda: "stop" in app.notices)
    app.window.lean.leaned.emit(0.0)
    app.until(lambda: not app.window.loud.isVisible())


def test_another_sensor_is_asked_about_and_yes_is_told_to_the_board(qtbot: QtBot, plug: Callable[..., Plugged]) -> None:
    app = App(qtbot, Here(Opening(record=False)))
    board = Board(changed=True)
    app.program.plugged.append(plug(board))
    app.says("is this the same ball?")
    app.press("y")
    app.until(lambda: "keep,sensor" in board.heard)
    app.until(lambda: app.window.strip.text == "")
    app.until(lambda: "another sensor" not in app.text)


def test_another_sensor_and_no_ends_the_session(qtbot: QtBot, plug: Callable[..., Plugged]) -> None:
    app = App(qtbot, Here(Opening(record=False)))
    board = Board(changed=True)
    app.program.plugged.append(plug(board))
    app.says("is this the same ball?")
    app.press("n")
    app.at_home()
    app.says("unplug the ball")
    assert "keep,sensor" not in board.heard


def test_another_ball_after_a_replug_is_said(qtbot: QtBot, plug: Callable[..., Plugged]) -> None:
    app = App(qtbot, Here(Opening(record=False)))
    first = plug(Board())
    app.program.plugged.append(first)
    app.live()
    first.unplug()
    app.until(lambda: "lost" in app.notices)
    plug(Board("0000beef"))
    app.says("This is another ball (0000beef) than the one you began with (000000f5).")


@pytest.mark.parametrize("fault", [ZeroDivisionError, ValueError])
def test_a_fault_of_the_program_stays_on_the_screen_and_loses_nothing(
    qtbot: QtBot, capsys: pytest.CaptureFixture[str], fault: type[Exception]
) -> None:
    app = App(qtbot, Here())
    app.virtual()
    watch = app.watch
    assert watch is not None

    def broken(reading: object) -> None:
        raise fault("a fault of the program")

    app.until(lambda: "trace" in app.page.parts)  # until then the page may still put its own in this place
    watch.on_reading = broken
    app.says("The session ended by a fault of the program")
    app.says("NO SIGNAL")
    assert app.watch is watch
    app.press(Qt.Key.Key_Space)
    app.at_home()
    app.says("a fault of the program")
    assert fault.__name__ in capsys.readouterr().err


def test_closing_the_window_keeps_the_session(qtbot: QtBot, plug: Callable[..., Plugged]) -> None:
    app = App(qtbot, Here())
    app.program.plugged.append(plug(Board()))
    app.live()
    app.window.close()
    assert app.watch is not None and not app.watch.running
    assert len(list(sessions_folder(False).glob("*.ndjson.gz"))) == 1
    assert load_settings().balls == ["2341:0043:one"]


def test_a_replay_in_the_same_window(qtbot: QtBot) -> None:
    recording = read(Path(__file__).parent.parent / "recordings" / "v2-fsr-steady.ndjson")
    source = ReplaySource(recording, 1.0)
    load_fonts()
    window = AppWindow(None, None, Home())
    qtbot.addWidget(window)
    window.show()
    window.begin(Replay(lambda: Job(source, source, recording.run(), None, "REPLAY", replay=source)))

    def label() -> str:
        assert window.running is not None
        return window.running.page.parts["label"].accessibleName()

    qtbot.waitUntil(lambda: "REPLAY" in label() and "x1" in label(), timeout=WAIT)
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: "paused" in label(), timeout=WAIT)
    qtbot.keyClick(window.focusWidget(), "?")
    assert "one step" in window.sheet.accessibleDescription()
    qtbot.keyClick(window.focusWidget(), "x")
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: source.at_s >= 4.0, timeout=WAIT)
    assert window.running is not None
    watch = window.running.watch
    assert "stop" not in [n.code for n in watch.notices]
    qtbot.keyClick(window.focusWidget(), "q")
    qtbot.waitUntil(lambda: not window.isVisible() and not watch.running, timeout=WAIT)
