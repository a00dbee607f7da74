"""Imports point one way: ball -> pressure -> pain -> session -> recording -> faces -> cli."""

import ast
import sys
from pathlib import Path

import pytest

HOST = Path(__file__).parent.parent / "host" / "sixten"
# From the bottom up; a module may import its own row and every row before it.
ROWS = [
    ["sixten"],
    ["sixten.ball.messages"],
    ["sixten.ball.wire", "sixten.ball.clock", "sixten.ball.commands", "sixten.ball.mechanics", "sixten.ball.virtual_guard"],
    ["sixten.ball.link"],
    ["sixten.pressure"],
    ["sixten.pain", "sixten.pain.curve"],
    ["sixten.pain.model", "sixten.pain.limits", "sixten.pain.person"],
    ["sixten.pain.ceiling", "sixten.pain.trials", "sixten.pain.visitor"],
    ["sixten.pain.procedure"],
    ["sixten.pain.next_trial"],
    ["sixten.pain.calibration"],
    ["sixten.session"],
    ["sixten.recording", "sixten.ball.port", "sixten.ball.virtual", "sixten.ball.virtual_person"],
    [
        "sixten.language",
        "sixten.words",
        "sixten.calibration_words",
        "sixten.calibration_report",
        "sixten.voice_words",
        "sixten.watch",
    ],
    ["sixten.visit_words", "sixten.window_words"],
    ["sixten.view", "sixten.plot", "sixten.keys", "sixten.jsonlines", "sixten.doctor", "sixten.verify", "sixten.ball.flash"],
    ["sixten.visitview", "sixten.sound", "sixten.report", "sixten.pages"],
    ["sixten.terminal", "sixten.calibration_terminal", "sixten.desktop"],
    ["sixten.visit_terminal"],
    ["sixten.cli", "sixten.__main__"],
]
ONLY = {
    "serial": "sixten.ball.port",
    "PySide6": "sixten.desktop",
    "pyqtgraph": "sixten.desktop",
    "rich": ("sixten.terminal", "sixten.calibration_terminal", "sixten.visit_terminal"),
    "typer": "sixten.cli",
    "pyarrow": "sixten.recording.export",
    "jinja2": "sixten.report",
    "markupsafe": "sixten.report",
    "miniaudio": "sixten.sound.device",
}
PURE_ROWS = 11  # up to and including session: standard library, numpy, scipy
IMPURE = {"time", "threading", "os", "socket", "subprocess", "asyncio", "datetime"}
CHECKS_FOR_A_WINDOW = "sixten.cli.common"  # asks whether Qt is there, in a function, to choose the face


def modules() -> dict[str, Path]:
    found = {}
    for path in sorted(HOST.rglob("*.py")):
        parts = ["sixten", *path.relative_to(HOST).with_suffix("").parts]
        if parts[-1] == "__init__":
            parts.pop()
        found[".".join(parts)] = path
    return found


def imports(path: Path) -> set[str]:
    out = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            out |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            out |= {f"{node.module}.{alias.name}" for alias in node.names}
    return out


def row(module: str) -> int:
    best = max(
        ((len(name), i) for i, names in enumerate(ROWS) for name in names if module == name or module.startswith(name + ".")), default=None
    )
    assert best is not None, f"{module} has no place in the layout"
    return best[1]


@pytest.mark.parametrize("module", sorted(modules()))
def test_imports_point_down(module: str) -> None:
    for name in imports(modules()[module]):
        top = name.split(".")[0]
        if top == "sixten":
            parent = name if name in modules() else name.rpartition(".")[0]
            if parent != "sixten" and module not in ("sixten.ball", "sixten.pressure"):
                assert row(parent) <= row(module), f"{module} imports {parent}, which lies above it"
            continue
        if top in ONLY:
            assert module.startswith(ONLY[top]) or (module == CHECKS_FOR_A_WINDOW and top in ("PySide6", "pyqtgraph")), (
                f"{module} imports {name}"
            )
        if row(module) < PURE_ROWS:
            assert top in sys.stdlib_module_names or top in ("numpy", "scipy"), f"{module} imports {name}"
            assert top not in IMPURE, f"{module} imports {name}: below the edges nothing reads a clock, a port or a file"


def test_the_rule_catches_a_wrong_import() -> None:
    """The rule itself can fail."""
    assert row("sixten.session.rules") > row("sixten.pressure.readings") > row("sixten.ball.wire")
    with pytest.raises(AssertionError, match="no place"):
        row("elsewhere.module")
