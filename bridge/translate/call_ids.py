"""Tool call ids as Claude takes them: each only once, of letters, digits, `_` and `-`."""

from __future__ import annotations

import re

_REFUSED = re.compile(r"[^a-zA-Z0-9_-]")


class CallIds:
    """For one conversation, read from its start: the same conversation gives the same ids."""

    def __init__(self) -> None:
        self._used: set[str] = set()
        self._last: dict[str, str] = {}

    def of_call(self, id: str) -> str:
        """The id of a new call; clients that count from zero in every turn repeat theirs."""
        wanted = _REFUSED.sub("_", id) or "call"
        unique, count = wanted, 1
        while unique in self._used:
            count += 1
            unique = f"{wanted}_{count}"
        self._used.add(unique)
        self._last[id] = unique
        return unique

    def of_result(self, id: str) -> str:
        """The id that the latest call of that name was given."""
        return self._last.get(id, id)
