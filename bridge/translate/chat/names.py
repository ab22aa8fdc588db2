"""Convert tool names and call ids to the form that Claude accepts, and names back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Set

_REFUSED = re.compile(r"[^a-zA-Z0-9_-]")
_MAX_LENGTH = 128


class CallIds:
    """Unique tool call ids of one conversation, in the characters that the API accepts.

    Add the calls in order; the same conversation always gives the same ids.
    """

    def __init__(self) -> None:
        self._used: set[str] = set()
        self._last: dict[str, str] = {}
        self._waiting: dict[str, list[str]] = {}
        """The calls of the current turn that have no result yet, by the client's id."""

    def begin_turn(self) -> None:
        """Note that a turn of Claude's begins: later results belong to its calls."""
        self._waiting.clear()

    def add_call(self, id: str) -> str:
        """Return a unique id for a new call.

        Some clients count from zero in every turn, so their ids repeat, even within one turn.
        """
        self._last[id] = _make_unique(_replace_refused(id) or "call", self._used)
        self._used.add(self._last[id])
        self._waiting.setdefault(id, []).append(self._last[id])
        return self._last[id]

    def find_call(self, id: str) -> str:
        """Return the unique id of the call that a result with the client's id belongs to.

        It is the first of its turn without a result, else the latest call.
        """
        waiting = self._waiting.get(id)
        return waiting.pop(0) if waiting else self._last.get(id, id)


class ToolNames:
    """Tool names that the API accepts: up to 128 letters, digits, `_` and `-`."""

    def __init__(self, offered: Iterable[str], reserved: Iterable[str] = ()) -> None:
        """`reserved`: names of Anthropic's own tools in the same request."""
        self._upstream: dict[str, str] = {}
        used = set(reserved)
        for name in offered:
            if name not in self._upstream:
                unique = _make_unique(_replace_refused(name) or "tool", used)
                self._upstream[name] = unique
                used.add(unique)

    def to_claude(self, name: str) -> str:
        """Return Claude's name for a tool, even if only earlier messages contain it."""
        return self._upstream.get(name) or _replace_refused(name) or "tool"

    def as_client_names(self) -> Mapping[str, str]:
        """Map Claude's names to the client's, where they differ."""
        return {up: name for name, up in self._upstream.items() if up != name}


def _replace_refused(name: str) -> str:
    return _REFUSED.sub("_", name)[:_MAX_LENGTH]


def _make_unique(name: str, used: Set[str]) -> str:
    unique, count = name, 1
    while unique in used:
        count += 1
        unique = f"{name[: _MAX_LENGTH - 4]}_{count}"
    return unique
