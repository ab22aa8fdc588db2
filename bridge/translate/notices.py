"""What was left aside or changed in a request, collected on the way."""

from __future__ import annotations


class Notices:
    """One short line each: `field: what happened and why`; the same line only once."""

    def __init__(self) -> None:
        self._lines: dict[str, None] = {}

    def add(self, line: str) -> None:
        self._lines[line] = None

    def lines(self) -> tuple[str, ...]:
        return tuple(self._lines)
