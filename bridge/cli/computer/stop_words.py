"""Recognize `claude-bridge computer stop` before anything else is loaded."""

from __future__ import annotations

from collections.abc import Sequence

COMMAND = ["computer", "stop"]
_FLAGS_WITHOUT_VALUE = ("-h", "--help", "--version")


def is_stop_command(words: Sequence[str]) -> bool:
    """Return whether the first words that are neither flags nor their values are the command."""
    found: list[str] = []
    rest = iter(words)
    for word in rest:
        if word in _FLAGS_WITHOUT_VALUE and not found:
            return False
        if not word.startswith("-"):
            found.append(word)
            if len(found) == len(COMMAND):
                break
        # Every flag before the command takes a value.
        elif "=" not in word:
            next(rest, None)
    return found == COMMAND
