"""Texts as they are shown in an approval: no character is hidden."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.computer.approval.visible_text import describe_text, make_label, make_visible

CASES = {
    "ls\nreboot\n": "ls⏎\nreboot⏎\n",
    "a\tb": "a⇥b",
    "one\r\ntwo\rthree": "one⏎\ntwo⏎\nthree",
    "\x1b:q\b": "‹Escape›:q‹Backspace›",
    "\x07\x00": "‹U+0007›‹U+0000›",
    "good\u202etxt.exe": "good‹U+202E›txt.exe",
    "zero\u200bwidth\u2060\ufeff": "zero‹U+200B›width‹U+2060›‹U+FEFF›",
    "soft\u00adhyphen no\u00a0break": "soft‹U+00AD›hyphen no‹U+00A0›break",
    "filler\u3164\u115f\u2800": "filler‹U+3164›‹U+115F›‹U+2800›",
    "tag\U000e0041": "tag‹U+E0041›",
    "line\u2028paragraph\u2029": "line‹U+2028›paragraph‹U+2029›",
    "private\ue000": "private‹U+E000›",
    "lone \ud800": "lone ‹U+D800›",
    "é, e\u0301, שׁ, हिन्दी, 日本語, 😀": "é, e\u0301, שׁ, हिन्दी, 日本語, 😀",
    # The marks themselves, so that a text cannot imitate them.
    "⏎ ⇥ ‹U+202E›": "‹U+23CE› ‹U+21E5› ‹U+2039›U+202E‹U+203A›",
}


@pytest.mark.parametrize("text", CASES)
def test_a_text_as_it_is_shown(text: str) -> None:
    assert make_visible(text) == CASES[text]


def test_a_flood_of_combining_marks_is_written_as_codes() -> None:
    shown = make_visible("Z" + "\u0301" * 50)
    assert shown == "Z" + "\u0301" * 3 + "‹U+0301›" * 47


def test_a_mark_without_a_letter_is_written_as_a_code() -> None:
    """Otherwise it would be drawn on the quotation mark before it."""
    assert make_visible("\u0338a \u0338") == "‹U+0338›a ‹U+0338›"


@given(st.text())
def test_nothing_in_a_shown_text_is_hidden_and_two_texts_never_look_the_same(text: str) -> None:
    shown = make_visible(text)
    for character in shown:
        assert character == "\n" or unicodedata.category(character) not in (
            *("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"),
        )
    # The marks can be read back, so that what is shown determines what is typed.
    restored = shown.replace("⏎\n", "\n").replace("⇥", "\t")
    restored = restored.replace("‹Backspace›", "\b").replace("‹Escape›", "\x1b")
    parts = restored.split("‹U+")
    back = parts[0] + "".join(
        chr(int(part.partition("›")[0], 16)) + part.partition("›")[2] for part in parts[1:]
    )
    assert back == text.replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("x", "1 character, 1 line"),
        ("ls\nreboot\n", "10 characters, 2 lines, ends with Enter"),
        ("a" * 410 + "\nb\n", "413 characters, 2 lines, ends with Enter"),
        ("a\u200bb\u202e", "4 characters, 1 line, 2 invisible or unusual characters"),
        ("Z" + "\u0301" * 9, "10 characters, 1 line, 6 invisible or unusual characters"),
        ("שלום", "4 characters, 1 line, has right-to-left letters"),
        ("\n", "1 character, 1 line, ends with Enter"),
    ],
)
def test_a_text_is_counted(text: str, facts: str) -> None:
    assert describe_text(text) == facts


def test_a_long_label_says_that_it_is_cut() -> None:
    assert make_label("a" * 300 + "\nend", 20) == "aaaaaaaaaa‹284 more›aaaaaa⏎end"
