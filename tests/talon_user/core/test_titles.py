"""Tests of titles that change while text is inserted."""

from __future__ import annotations

import pytest

from talon_user.core.titles import is_other_document

TEXT = "It is far, and the moon moves away."


@pytest.mark.parametrize(
    ("before", "after", "is_other"),
    [
        ("main.py - Code", "● main.py - Code", False),
        ("main.py - Code", "other.py - Code", True),
        ("notes.txt - Notepad", "*notes.txt - Notepad", False),
        ("Untitled - Notepad", "*It is far, and the mo - Notepad", False),
        ("Untitled - Notepad", "Untitled - Paint", True),
        ("Letter - Word", "Letter - Saved to this PC - Word", False),
        ("(1) Chat", "(12) Chat · 3 new messages", False),
        ("Chat", "Bob - Chat", True),
        ("Bob - Chat", "Chat", True),
        ("a.txt", "a.txt", False),
        ("", "", False),
    ],
)
def test_a_title_tells_another_document(before: str, after: str, is_other: bool) -> None:
    assert is_other_document(before, after, TEXT) is is_other
