"""Speech begins with the first whole sentence, and loses nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talon_user.core.sentences import SENTENCE_LIMIT, SentenceSplitter, strip_markup


def said(text: str, size: int = 1000) -> list[str]:
    machine = SentenceSplitter()
    pieces = [text[i : i + size] for i in range(0, len(text), size)]
    return [one for piece in pieces for one in machine.feed(piece)] + machine.finish()


@pytest.mark.parametrize("size", [1, 4, 1000])
def test_it_is_cut_where_a_sentence_ends(size: int) -> None:
    text = "It costs 3.50 here. Dr. No said “stop!” And then, e.g. now? Yes…\nEnd"
    assert [one.strip() for one in said(text, size)] == [
        "It costs 3.50 here.",
        "Dr. No said “stop!”",
        "And then, e.g. now?",
        "Yes…",
        "",
        "End",
    ]


def test_a_sentence_is_given_as_soon_as_the_next_begins() -> None:
    machine = SentenceSplitter()
    assert machine.feed("One.") == []
    assert machine.feed(" ") == ["One."]
    assert machine.feed("Two") == []
    assert machine.finish() == [" Two"]


def test_a_sentence_without_an_end_is_cut_at_a_word() -> None:
    pieces = said("word " * 200)
    assert all(len(piece) <= SENTENCE_LIMIT for piece in pieces)
    assert all(piece.endswith("word ") for piece in pieces)


@given(text=st.text(alphabet="ab. !?\n”é🙂。", max_size=400), size=st.integers(1, 50))
def test_nothing_is_lost_or_said_twice(text: str, size: int) -> None:
    assert "".join(said(text, size)) == text


@given(text=st.text(alphabet="ab. !?\n”", max_size=200), size=st.integers(1, 50))
def test_where_it_is_cut_does_not_matter(text: str, size: int) -> None:
    assert said(text, size) == said(text, 1)


@pytest.mark.parametrize(
    ("written", "heard"),
    [
        ("## The *one* `thing`", "The one thing"),
        ("- See [the page](https://x.y/z).", "See the page."),
        ("**Bold** and 2 * 3 snake_case", "Bold and 2 * 3 snake_case"),
        ("```\n", ""),
    ],
)
def test_marks_are_not_read_aloud(written: str, heard: str) -> None:
    assert strip_markup(written) == heard
