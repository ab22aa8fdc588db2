"""Tests of blocks and rows of an answer, however it is cut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from talon_user.core.answer_text import PORTION_CHARS, AnswerText

ANSWER = """\
# Sorting

Call this function, which is
short:
```py
def f():

    return 1
```
Then:
- one
  more

- two
1. three

The end.
"""


def read(*pieces: str, width: int = 40) -> AnswerText:
    answer = AnswerText(width)
    for piece in pieces:
        answer.feed(piece)
        answer.work()
    answer.finish()
    while answer.work():
        pass
    return answer


def describe_rows(answer: AnswerText) -> list[tuple[str | None, str]]:
    return [(row.mark, row.text) for row in answer.list_rows(0, answer.row_count)]


def test_each_paragraph_list_heading_and_code_block_is_a_block() -> None:
    answer = read(ANSWER)
    assert [(block.kind, block.text) for block in answer.blocks] == [
        ("heading", "# Sorting"),
        ("paragraph", "Call this function, which is\nshort:"),
        ("code", "def f():\n\n    return 1"),
        ("paragraph", "Then:"),
        ("list", "- one\n  more\n\n- two\n1. three"),
        ("paragraph", "The end."),
    ]
    assert answer.text == ANSWER


def test_the_number_is_beside_the_first_row_and_fences_are_not_shown() -> None:
    assert describe_rows(read(ANSWER))[:8] == [
        ("1", "# Sorting"),
        ("", ""),
        ("2", "Call this function, which is"),
        ("", "short:"),
        ("3", "def f():"),
        ("", ""),
        ("", "    return 1"),
        ("4", "Then:"),
    ]


def test_long_lines_are_wrapped_and_their_block_stays_whole() -> None:
    line = "word " * 20
    answer = read(line, width=30)
    assert [row.text for row in answer.list_rows(0, 9)] == [
        "word word word word word word", "word word word word word word",
        "word word word word word word", "word word ",
    ]  # fmt: skip
    assert [block.text for block in answer.blocks] == [line]


def test_the_row_that_still_grows_is_shown() -> None:
    answer = AnswerText(40)
    answer.feed("It is")
    answer.work()
    assert describe_rows(answer) == [("", "It is")]
    answer.feed(" so.\n")
    answer.work()
    assert describe_rows(answer) == [("1", "It is so.")]


def test_a_block_without_its_closing_fence_is_code() -> None:
    assert [block.text for block in read("```\na\nb").blocks] == ["a\nb"]


def test_a_fence_at_the_very_end_closes_the_block() -> None:
    answer = read("```\na\n```")
    assert [block.text for block in answer.blocks] == ["a"]
    assert [row.text for row in answer.list_rows(0, 9)] == ["a"]


def test_the_end_is_taken_once() -> None:
    answer = read("a")
    answer.finish()
    answer.work()
    assert describe_rows(answer) == [("1", "a")]


def test_a_nested_fence_is_part_of_the_block() -> None:
    text = "````md\n```py\n1\n```\n````\n"
    assert [block.text for block in read(text).blocks] == ["```py\n1\n```"]


def test_code_is_shown_without_the_indent_of_its_fence() -> None:
    assert [block.text for block in read("  ```\n  a\n    b\n  ```\n").blocks] == ["a\n  b"]


def test_no_call_takes_more_than_a_portion() -> None:
    answer = AnswerText(40)
    answer.feed("\n" * 100_000 + "x" * 100_000)
    calls = 1
    while answer.work():
        calls += 1
    assert calls > 100_000 / PORTION_CHARS
    assert answer.row_count == 100_000 + 2_500


@given(st.text("a `~#-1.\n\r\t\x1b", max_size=80), st.data())
def test_cuts_change_nothing(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=5)))
    pieces = [text[at:end] for at, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    whole, cut = read(text, width=9), read(*pieces, width=9)
    assert cut.text == text
    assert [block.text for block in cut.blocks] == [block.text for block in whole.blocks]
    assert describe_rows(cut) == describe_rows(whole)
