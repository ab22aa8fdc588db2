"""Tests of splitting an answer into sentences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talon_user.core.sentences import SENTENCE_LIMIT, SentenceSplitter, strip_markup


def split_text(text: str, size: int = 1000) -> list[str]:
    splitter = SentenceSplitter()
    pieces = [text[i : i + size] for i in range(0, len(text), size)]
    return [one for piece in pieces for one in splitter.feed(piece)] + splitter.finish()


@pytest.mark.parametrize("size", [1, 4, 1000])
def test_text_is_cut_at_sentence_ends(size: int) -> None:
    text = "It costs 3.50 here. Dr. No said “stop!” And then, e.g. now? Yes…\nEnd"
    assert [one.strip() for one in split_text(text, size)] == [
        "It costs 3.50 here.",
        "Dr. No said “stop!”",
        "And then, e.g. now?",
        "Yes…",
        "",
        "End",
    ]


def test_a_sentence_is_returned_when_the_next_begins() -> None:
    splitter = SentenceSplitter()
    assert splitter.feed("One.") == []
    assert splitter.feed(" ") == ["One."]
    assert splitter.feed("Two") == []
    assert splitter.finish() == [" Two"]


def test_a_sentence_without_an_end_is_cut_at_a_word() -> None:
    pieces = split_text("word " * 200)
    assert all(len(piece) <= SENTENCE_LIMIT for piece in pieces)
    assert all(piece.endswith("word ") for piece in pieces)


@given(text=st.text(alphabet="ab. !?\n”é🙂。", max_size=400), size=st.integers(1, 50))
def test_no_text_is_lost_or_repeated(text: str, size: int) -> None:
    assert "".join(split_text(text, size)) == text


@given(text=st.text(alphabet="ab. !?\n”", max_size=200), size=st.integers(1, 50))
def test_the_cuts_do_not_matter(text: str, size: int) -> None:
    assert split_text(text, size) == split_text(text, 1)


@pytest.mark.parametrize(
    ("written", "heard"),
    [
        ("## The *one* `thing`", "The one thing"),
        ("- See [the page](https://x.y/z).", "See the page."),
        ("**Bold** and 2 * 3 snake_case", "Bold and 2 * 3 snake_case"),
        ("```\n", ""),
    ],
)
def test_markdown_is_removed(written: str, heard: str) -> None:
    assert strip_markup(written) == heard
