"""Each diagram was made from its source as it is now, and is in a page."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.docs.diagrams import FOLDER, is_current, list_sources
from tests.docs.pages import PAGES, list_snippets

SOURCES = list_sources()
_KINDS = ("flowchart LR", "flowchart TD", "sequenceDiagram")


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_a_diagram_was_made_from_its_source(source: Path) -> None:
    assert is_current(source), "python -m tests.docs.diagrams"


def test_each_diagram_has_a_source_and_a_page_shows_it() -> None:
    pictures = {picture.name for picture in FOLDER.glob("*.svg")}
    assert pictures == {source.with_suffix(".svg").name for source in SOURCES}
    text = "".join(page.read_text("utf-8") for page in PAGES)
    assert {name for name in pictures if f"](diagrams/{name})" not in text} == set()


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_a_diagram_loads_nothing_and_has_its_text_as_text(source: Path) -> None:
    """Viewers of pictures draw neither HTML nor what is elsewhere."""
    drawn = source.with_suffix(".svg").read_text("utf-8")
    ElementTree.fromstring(drawn)  # noqa: S314 - our own file
    assert not re.search(r"<foreignObject|<script|@import|url\(http|href=\"http", drawn)
    assert "<text" in drawn


@pytest.mark.parametrize(
    "text",
    [source.read_text("utf-8") for source in SOURCES]
    + [snippet.text for snippet in list_snippets("mermaid")],
)
def test_a_source_has_a_kind_and_no_line_that_ends_early(text: str) -> None:
    """A semicolon ends a statement in a sequence, and what follows is an error."""
    kind, *rest = text.splitlines()
    assert kind in _KINDS
    assert not [line for line in rest if kind == "sequenceDiagram" and ";" in line]
    assert not [line for line in rest if line.count('"') % 2]
