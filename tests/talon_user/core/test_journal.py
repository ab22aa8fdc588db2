"""Tests of caret steps, and of when an answer can be undone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talon_user.core.journal import Entry, count_caret_steps, find_undo_problem, is_same_text


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("abc", 3),
        ("a\r\nb\n", 4),
        ("e\u0301a", 2),
        ("👩‍👩‍👧x", 2),
        ("👍🏽", 1),
        ("🇩🇪🇫🇷", 2),
        ("☝️", 1),
        ("1️⃣", 1),
        ("\n\u0301", 2),
        ("", 0),
    ],
)
def test_each_visible_character_is_one_caret_step(text: str, steps: int) -> None:
    assert count_caret_steps(text) == steps


@given(st.text(alphabet=st.characters(max_codepoint=0x17F, exclude_characters="\r")))
def test_plain_letters_are_one_step_each(text: str) -> None:
    assert count_caret_steps(text) == len(text)


def test_only_line_ends_and_no_break_spaces_may_differ() -> None:
    assert is_same_text("a\nb c", "a\r\nb\u00a0c")
    assert not is_same_text("a\nb", "a b")
    assert not is_same_text("ab", "ab ")


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (None, "Nothing to undo"),
        (Entry(2, "x", False), "another window"),
        (Entry(1, "x", True), "terminal"),
        (Entry(1, "x" * 5000, False), "too long"),
        (Entry(1, "x", False, whole_window=False), "second window"),
    ],
)
def test_the_reason_for_no_undo_is_returned(entry: Entry | None, why: str) -> None:
    assert why in (find_undo_problem(entry, 1) or "")
    assert find_undo_problem(Entry(1, "x", False), 1) is None
