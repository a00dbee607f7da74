"""The window's settings: what counts now, and what of it still has to be written."""

from __future__ import annotations

from typing import Any

import msgspec

from sixten import window_words as W
from sixten.language import fill
from sixten.recording.settings import Settings, Trouble, change, load


class Kept:
    """now: what counts, whether or not it could be kept. trouble: a sentence about reading them, or empty."""

    def __init__(self) -> None:
        self.now, trouble = load()
        self.trouble = _told(trouble)
        self._unsaved: dict[str, Any] = {}

    def change(self, **changes: Any) -> None:
        """From now on; it is written with the next ``save``."""
        self.now = msgspec.structs.replace(self.now, **changes)
        self._unsaved |= changes

    def save(self) -> str:
        """Write what has changed, which waits for the disk: never in a session. A sentence if it could not be kept."""
        unsaved, self._unsaved = self._unsaved, {}
        return _told(change(**unsaved)) if unsaved else ""

    def reload(self) -> Settings:
        """As they stand in the file, which the session's end has changed too."""
        return load()[0]


def _told(trouble: Trouble | None) -> str:
    if trouble is None:
        return ""
    kind = "damaged_kept" if trouble.aside else trouble.kind
    return fill(W.SETTINGS[kind], {"path": trouble.path, "reason": trouble.reason, "aside": trouble.aside})
