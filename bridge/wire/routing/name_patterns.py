"""Match names of clients, keys and models against the patterns of rules and budgets."""

from __future__ import annotations

from fnmatch import fnmatchcase


def matches_name(pattern: str, name: str) -> bool:
    """Return whether a name matches: `*` is any text, `?` any character; capitals do not matter."""
    # Brackets stand for themselves, as in `sonnet[1m]`. For `fnmatch` they mean a choice.
    return fnmatchcase(name.lower(), pattern.lower().replace("[", "[[]"))
