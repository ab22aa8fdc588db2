"""Splits a page into its sentences and table rows, to compare them with a list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.docs.pages import strip_code

_SENTENCE = re.compile(r"(?:(?<=[.?!])|(?<=[.?!]\)))\s+(?=[A-Z`*“])")
_ITEM = re.compile(r"(?:[-*]|\d+\.) +")
_RULE = re.compile(r"[|\s:-]+")


def list_statements(page: Path) -> list[str]:
    """Return the sentences and table rows of a page, without code, headings and table heads."""
    return list(_split_page(strip_code(page.read_text("utf-8"))))


def _split_page(text: str) -> Iterator[str]:
    for block in _split_blocks(text.splitlines()):
        yield from [block] if block.startswith("|") else _SENTENCE.split(block)


def _split_blocks(lines: list[str]) -> Iterator[str]:
    """Yield each paragraph, list item and table row as one line."""
    block: list[str] = []
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        is_row, is_item = line.startswith("|"), _ITEM.match(line) is not None
        is_edge = not line.strip() or line.startswith(("#", "<!--"))
        if block and (is_edge or is_row or is_item):
            yield " ".join(block)
            block = []
        if is_edge:
            continue
        if is_row:
            if not _RULE.fullmatch(line) and not _RULE.fullmatch(following or "x"):
                yield line
        else:
            block.append((_ITEM.sub("", line, count=1) if is_item else line).strip())
    if block:
        yield " ".join(block)
