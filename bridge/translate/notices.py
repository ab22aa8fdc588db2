"""Notices about what was ignored or changed in a request."""

from __future__ import annotations


class Notices:
    """Short lines, each beginning with a field's name; repeated lines are stored once."""

    def __init__(self) -> None:
        self._lines: dict[str, None] = {}

    def add(self, line: str) -> None:
        self._lines[line] = None

    def lines(self) -> tuple[str, ...]:
        return tuple(self._lines)
