"""What counts as one step of the caret, and when an answer may be taken out again."""

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
def test_the_caret_passes_what_one_sees_in_one_step(text: str, steps: int) -> None:
    assert count_caret_steps(text) == steps


@given(st.text(alphabet=st.characters(max_codepoint=0x17F, exclude_characters="\r")))
def test_plain_letters_are_one_step_each(text: str) -> None:
    assert count_caret_steps(text) == len(text)


def test_an_apps_own_line_ends_do_not_matter_and_all_else_does() -> None:
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
def test_what_cannot_be_undone_says_why(entry: Entry | None, why: str) -> None:
    assert why in (find_undo_problem(entry, 1) or "")
    assert find_undo_problem(Entry(1, "x", False), 1) is None
