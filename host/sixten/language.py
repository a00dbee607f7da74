"""The person's language: English sentences are the keys, a translation is a gettext catalogue in ``locale``, and English needs none.

A sentence that a translation lacks, or spoils, is said in English: nobody goes without a warning because of a slip in a catalogue.
"""

from __future__ import annotations

import gettext
from collections.abc import Mapping, Sequence
from pathlib import Path

DOMAIN = "sixten"
LOCALE = Path(__file__).parent / "locale"


def use(folder: Path = LOCALE, languages: Sequence[str] | None = None) -> None:
    """Speak the first of ``languages`` that ``folder`` has; without any, the environment's (LANGUAGE, LC_ALL, LC_MESSAGES, LANG)."""
    global _catalogue
    _catalogue = gettext.translation(DOMAIN, folder, languages, fallback=True)


_catalogue = gettext.NullTranslations()
use()


def tr(sentence: str) -> str:
    """``sentence`` in the person's language."""
    return _catalogue.gettext(sentence) if sentence else ""  # gettext keeps its header under the empty sentence


def fill(sentence: str, values: Mapping[str, object]) -> str:
    """``sentence`` in the person's language with its fields in braces filled in. Raises KeyError if a field of the English is missing."""
    try:
        return tr(sentence).format(**values)
    except (KeyError, IndexError, ValueError, AttributeError, TypeError):  # a translator's field that is none
        return sentence.format(**values)
