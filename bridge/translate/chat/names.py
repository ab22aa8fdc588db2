"""Convert tool names and call ids to the form that Claude accepts, and names back."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Mapping

_REFUSED = re.compile(r"[^a-zA-Z0-9_-]")
_MAX_LENGTH = 128


class CallIds:
    """Unique tool call ids of one conversation, in the characters that the API accepts.

    Add the calls in order; the same conversation always gives the same ids.
    """

    def __init__(self) -> None:
        self._unique = _UniqueNames()
        self._last: dict[str, str] = {}
        self._waiting: dict[str, deque[str]] = {}
        """The calls of the current turn that have no result yet, by the client's id."""

    def begin_turn(self) -> None:
        """Note that a turn of Claude's begins: later results belong to its calls."""
        self._waiting.clear()

    def add_call(self, id: str) -> str:
        """Return a unique id for a new call.

        Some clients count from zero in every turn, so their ids repeat, even within one turn.
        """
        self._last[id] = self._unique.add(_replace_refused(id) or "call")
        self._waiting.setdefault(id, deque()).append(self._last[id])
        return self._last[id]

    def find_call(self, id: str) -> str:
        """Return the unique id of the call that a result with the client's id belongs to.

        It is the first of its turn without a result, else the latest call.
        """
        waiting = self._waiting.get(id)
        return waiting.popleft() if waiting else self._last.get(id, id)


class ToolNames:
    """Tool names that the API accepts: up to 128 letters, digits, `_` and `-`."""

    def __init__(self, offered: Iterable[str], reserved: Iterable[str] = ()) -> None:
        """`reserved`: names of Anthropic's own tools in the same request."""
        self._upstream: dict[str, str] = {}
        unique = _UniqueNames(reserved)
        for name in offered:
            if name not in self._upstream:
                self._upstream[name] = unique.add(_replace_refused(name) or "tool")

    def to_claude(self, name: str) -> str:
        """Return Claude's name for a tool, even if only earlier messages contain it."""
        return self._upstream.get(name) or _replace_refused(name) or "tool"

    def as_client_names(self) -> Mapping[str, str]:
        """Map Claude's names to the client's, where they differ."""
        return {up: name for name, up in self._upstream.items() if up != name}


def _replace_refused(name: str) -> str:
    return _REFUSED.sub("_", name)[:_MAX_LENGTH]


class _UniqueNames:
    def __init__(self, used: Iterable[str] = ()) -> None:
        self._used = set(used)
        self._counts: dict[str, int] = {}
        """The last number behind each name: to try all from 2 again would take quadratic time."""

    def add(self, name: str) -> str:
        """Return a name that is not used yet, with a number behind it if need be."""
        unique, short = name, name[: _MAX_LENGTH - 4]
        while unique in self._used:
            self._counts[short] = self._counts.get(short, 1) + 1
            unique = f"{short}_{self._counts[short]}"
        self._used.add(unique)
        return unique
