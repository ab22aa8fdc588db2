"""Tests of the indentation of an answer."""

from hypothesis import given
from hypothesis import strategies as st

from talon_user.core.indent import Indenter, find_indent
from talon_user.core.insertion import Frame, Insertion
from talon_user.core.place import Place


def test_each_line_with_text_is_indented() -> None:
    indenter = Indenter("  ")
    assert indenter.feed("one\n\n two\r\n\r\nthree\n") == "  one\n\n   two\r\n\r\n  three\n"


def test_an_answer_that_is_indented_is_left_alone() -> None:
    assert Indenter("    ").feed("\n  one\ntwo") == "\n  one\ntwo"


@given(st.text("ab \t\r\n", max_size=30), st.integers(1, 4))
def test_the_indentation_does_not_depend_on_the_cuts(text: str, size: int) -> None:
    pieces = Indenter("\t")
    cut = "".join(pieces.feed(text[at : at + size]) for at in range(0, len(text), size))
    assert cut.replace("\r", "") == Indenter("\t").feed(text).replace("\r", "")


def test_text_that_arrived_before_the_indentation_was_known_is_indented() -> None:
    insertion = Insertion(1, "stream", Place.TEXT, Frame(before="\n"))
    insertion.feed("one\nt")
    insertion.set_indent("  ")
    insertion.feed("wo")
    insertion.finish()
    assert insertion.pending == "\n  one\n  two"


def test_the_indentation_is_what_a_line_begins_with() -> None:
    assert [find_indent(line) for line in (" \tx y", "x", "", "  ")] == [" \t", "", "", "  "]
