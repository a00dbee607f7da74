"""Collects what the program says for translators: `make words` writes host/sixten/locale/sixten.pot and compiles the translations."""

from __future__ import annotations

import importlib
import json
import struct
import subprocess
from pathlib import Path

from sixten.language import DOMAIN, LOCALE

HEADER = "Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n"
POT = LOCALE / f"{DOMAIN}.pot"


def messages() -> dict[str, list[str]]:
    """Each message and where it is used: every text in capitals, and every value of a table in capitals, of the modules of words."""
    found: dict[str, list[str]] = {}
    for path in sorted(LOCALE.parent.glob("*words.py")):
        for name, value in vars(importlib.import_module(f"sixten.{path.stem}")).items():
            if not name.isupper():
                continue
            texts = {name: value} if isinstance(value, str) else {f"{name}.{code}": text for code, text in value.items()}
            for where, text in texts.items():
                assert isinstance(text, str), f"{path.stem}.{where} is no text"
                if text:
                    found.setdefault(text, []).append(f"{path.stem}.{where}")
    return found


def pot() -> str:
    """The template. It holds no date, so that it changes only when the words do."""
    out = ["# What sixten says. Made by `make words`; do not edit.\n", _entry("", HEADER)]
    for text, where in sorted(messages().items(), key=lambda item: item[1]):
        fields = "#, python-brace-format\n" if "{" in text else ""
        out.append(f"\n#: {' '.join(where)}\n{fields}{_entry(text, '')}")
    return "".join(out)


def _entry(text: str, translation: str) -> str:
    said = "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in translation.splitlines(keepends=True)) or '""\n'
    return f"msgid {json.dumps(text, ensure_ascii=False)}\nmsgstr {said if len(said.splitlines()) == 1 else chr(34) * 2 + chr(10) + said}"


def write_mo(path: Path, translations: dict[str, str]) -> None:
    """A compiled catalogue (format: the GNU gettext manual, "The Format of GNU MO Files"), for tests of languages that nobody speaks."""
    pairs = sorted((k.encode(), v.encode()) for k, v in {"": HEADER, **translations}.items())
    tables, data, at = [b"", b""], b"", 28 + 16 * len(pairs)
    for column in (0, 1):
        for pair in pairs:
            tables[column] += struct.pack("<2I", len(pair[column]), at + len(data))
            data += pair[column] + b"\0"
    path.parent.mkdir(parents=True, exist_ok=True)
    head = struct.pack("<7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, at)
    path.write_bytes(head + b"".join(tables) + data)


if __name__ == "__main__":
    POT.write_text(pot(), "utf-8")
    print(f"{POT}: {len(messages())} messages")
    for po in LOCALE.glob(f"*/LC_MESSAGES/{DOMAIN}.po"):
        subprocess.run(["msgfmt", "--check", "-o", po.with_suffix(".mo"), po], check=True)
        print(po.with_suffix(".mo"))
