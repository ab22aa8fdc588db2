"""Tests that code is extracted exactly, wherever the stream is cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talon_user.core.fences import CodeExtractor, CodeOrProse


def extract_code(answer: str, size: int = 1000) -> str:
    extractor = CodeExtractor()
    pieces = [answer[i : i + size] for i in range(0, len(answer), size)]
    return "".join(extractor.feed(piece) for piece in pieces) + extractor.finish()


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("```python\nx = 1\n```", "x = 1"),
        ("Here it is:\n\n```py\n    return 1\n```\nHave fun.\n", "    return 1"),
        ("~~~\na\n```\nb\n~~~\n", "a\n```\nb"),
        ("````md\n```py\nx\n```\n````", "```py\nx\n```"),
        ("```md\nA:\n```py\nx\n```\nB\n```\nbye", "A:\n```py\nx\n```\nB"),
        ('``` {.c++ #id key="a b"}\nint x;\n```', "int x;"),
        ("```c++17 title=a.cc\n\n\tint x;\n\n```", "\n\tint x;\n"),
        ("```\nnever closed\n  x", "never closed\n  x"),
        ("```\nhalf a fence\n``", "half a fence\n``"),
        ("  ```\n    a\n  b\n  ```", "  a\nb"),
        ("```\na\n```\nand\n```\nb\n```", "a\nb"),
        ("```\r\na\r\nb\r\n```\r\n", "a\r\nb"),
        ("no fence at all\n  x\n", "no fence at all\n  x\n"),
        ("use `x` or ```y``` inline", "use `x` or ```y``` inline"),
        ("```\n```", ""),
        ("", ""),
        ("```\n    first indent\nx\n````\n", "    first indent\nx"),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_only_the_code_remains(answer: str, code: str, size: int) -> None:
    assert extract_code(answer, size) == code


CODE = st.text(alphabet=" \tabc(){}:#é🙂\n`~", max_size=80)


@given(code=CODE, size=st.integers(1, 9), info=st.sampled_from(["", "python", "c++ x=1"]))
def test_code_is_exact_inside_a_longer_fence(code: str, size: int, info: str) -> None:
    fence = "`" * 81
    answer = f"Sure!\n{fence}{info}\n{code}\n{fence}\nThat was it."
    assert extract_code(answer, size) == code


@given(answer=st.text(alphabet="`~ ab\r\n", max_size=60), size=st.integers(1, 9))
def test_the_cuts_do_not_matter(answer: str, size: int) -> None:
    assert extract_code(answer, size) == extract_code(answer)


def test_a_line_is_returned_before_the_block_ends() -> None:
    extractor = CodeExtractor()
    assert extractor.feed("```\nfirst\nsec") == "first"
    assert extractor.feed("ond\n") == "\nsecond"


@pytest.mark.parametrize(
    ("answer", "inserted"),
    [
        ("```py\nx = 1\n```\n", "x = 1"),
        ("\n\n~~~\nx = 1\n~~~", "x = 1"),
        ("```py\nx\n```\nand\n```\ny\n```\n", "x\nand\n```\ny\n```"),
        ("It adds `a` and `b`.\n", "It adds `a` and `b`.\n"),
        ("Like this:\n```\nx\n```\n", "Like this:\n```\nx\n```\n"),
        ("``a`` is a list", "``a`` is a list"),
        ("~", "~"),
        ("", ""),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_an_answer_is_code_only_if_it_begins_with_a_block(
    answer: str, inserted: str, size: int
) -> None:
    extractor = CodeOrProse()
    pieces = [answer[at : at + size] for at in range(0, len(answer), size)]
    assert "".join(map(extractor.feed, pieces)) + extractor.finish() == inserted
