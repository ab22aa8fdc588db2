"""The sketches of dialogs in the docs are those that the rows describe."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from bridge.connect.programs.table import ROWS
from tests.docs.sketches import FOLDER, list_sketches


@pytest.mark.parametrize("name", list_sketches())
def test_a_sketch_is_written_and_says_that_it_is_one(name: str) -> None:
    text = (FOLDER / name).read_text("utf-8")
    assert text == list_sketches()[name], "python -m tests.docs.tables"
    # Our own text.
    assert ElementTree.fromstring(text).tag.endswith("svg")  # noqa: S314
    assert "A sketch of the labels, not a picture of the program." in text


def test_only_documented_dialogs_are_drawn_and_nothing_of_them_is_written() -> None:
    drawn = [row for row in ROWS if row.dialog is not None]
    assert {row.name for row in drawn} == {"cursor", "jetbrains", "xcode", "claude-desktop"}
    assert all(row.source.kind == "documentation" and not row.targets for row in drawn)
