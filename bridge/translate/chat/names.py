"""Names and ids as Claude takes them, and the way back to the client's own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Set

_REFUSED = re.compile(r"[^a-zA-Z0-9_-]")
_MAX_LENGTH = 128


class CallIds:
    """Tool call ids of one conversation, read from its start: each once, of plain letters.

    The same conversation gives the same ids.
    """

    def __init__(self) -> None:
        self._used: set[str] = set()
        self._last: dict[str, str] = {}

    def add_call(self, id: str) -> str:
        """The id of a new call; clients that count from zero in every turn repeat theirs."""
        self._last[id] = _make_unique(_replace_refused(id) or "call", self._used)
        self._used.add(self._last[id])
        return self._last[id]

    def find_call(self, id: str) -> str:
        """The id that the latest call of that name was given."""
        return self._last.get(id, id)


class ToolNames:
    """The offered tools' names: letters, digits, `_` and `-`, 128 of them at the most."""

    def __init__(self, offered: Iterable[str], reserved: Iterable[str] = ()) -> None:
        """`reserved` are names that upstream's own tools may have."""
        self._upstream: dict[str, str] = {}
        reserved = tuple(reserved)
        for name in offered:
            if name not in self._upstream:
                used = (*reserved, *self._upstream.values())
                self._upstream[name] = _make_unique(_replace_refused(name) or "tool", used)

    def to_claude(self, name: str) -> str:
        """What Claude knows it as; the history may call tools that are no longer offered."""
        return self._upstream.get(name) or _replace_refused(name) or "tool"

    def as_client_names(self) -> Mapping[str, str]:
        """From Claude's names to the client's, for those that differ."""
        return {up: name for name, up in self._upstream.items() if up != name}


def _replace_refused(name: str) -> str:
    return _REFUSED.sub("_", name)[:_MAX_LENGTH]


def _make_unique(wanted: str, used: Iterable[str]) -> str:
    taken = used if isinstance(used, Set) else set(used)
    unique, count = wanted, 1
    while unique in taken:
        count += 1
        unique = f"{wanted[: _MAX_LENGTH - 4]}_{count}"
    return unique
