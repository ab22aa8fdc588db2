"""Counts what upstream sends and this version does not know, and logs each type once."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

from bridge.backends.event_check import UnknownPart

_log = logging.getLogger(__name__)

OTHER = "other"
"""Stands for types that are no plain names, and for all types after the first MAX_TYPES."""
MAX_TYPES = 50
_NAME = re.compile(r"[a-z][a-z0-9_.]{0,63}")


class UnknownParts:
    """A counter of unknown events, blocks, deltas and stop reasons.

    The types are upstream's words: only plain names are logged and counted by name.
    """

    def __init__(self, count: Callable[[UnknownPart, str], None]) -> None:
        """`count` is called for each occurrence, with the part and the name of its type."""
        self._count = count
        self._seen: set[tuple[UnknownPart, str]] = set()

    def add(self, part: UnknownPart, type: str) -> None:
        """Count one occurrence; log the type if it is new."""
        name = type if _NAME.fullmatch(type) else OTHER
        if (part, name) not in self._seen:
            if len(self._seen) >= MAX_TYPES:
                name = OTHER
            self._note_new(part, name)
        self._count(part, name)

    def _note_new(self, part: UnknownPart, name: str) -> None:
        if (part, name) in self._seen:
            return
        self._seen.add((part, name))
        _log.warning(
            "Upstream sent an unknown %s, %s, which this version ignores; /metrics counts them.",
            part.replace("_", " "),
            name,
        )
