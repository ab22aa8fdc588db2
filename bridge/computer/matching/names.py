"""Compare the names of elements and windows with what a caller asks for."""

from __future__ import annotations


def is_name(text: str, name: str) -> bool:
    """Return whether both are the same name; case and blanks do not count."""
    return _fold_blanks(text) == _fold_blanks(name)


def has_name_part(text: str, part: str) -> bool:
    return _fold_blanks(part) in _fold_blanks(text)


def _fold_blanks(text: str) -> str:
    return " ".join(text.split()).casefold()
