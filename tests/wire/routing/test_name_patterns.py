"""Patterns are those of file names, but for brackets; nothing in them is an expression."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.wire.routing.name_patterns import matches_name


@pytest.mark.parametrize(
    ("pattern", "name", "is_match"),
    [
        ("*", "", True),
        ("?*", "", False),
        ("?*", "a", True),
        ("Cursor", "cURSOR", True),
        ("cursor*", "my-cursor", False),
        ("sonnet[1m]", "sonnet[1m]", True),
        ("sonnet[1m]", "sonnet1", False),
        ("*[1m]", "sonnet[1m]", True),
        ("[!a]", "b", False),
        ("[", "[", True),
        ("a.c", "abc", False),
        ("a|b", "b", False),
        ("^a$", "a", False),
        ("(a+)+$", "a" * 40, False),
        ("\\d", "1", False),
        ("é*", "École", True),
        ("a", "a\n", False),
        ("*a" * 30, "a" * 100 + "b", False),
    ],
)
def test_a_name_matches_a_pattern(pattern: str, name: str, is_match: bool) -> None:
    assert matches_name(pattern, name) is is_match


@given(st.text().filter(lambda text: not set(text) & set("*?")))
def test_text_without_wildcards_matches_itself(text: str) -> None:
    assert matches_name(text, text)
