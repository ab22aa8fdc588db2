"""Finds all pages of the documentation and the fenced blocks in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    page for pattern in ("*.md", "docs/*.md", "talon_user/*.md") for page in ROOT.glob(pattern)
)
_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<kind>\w*)[^\n]*\n(?P<text>.*?)^(?P=indent)```", re.M | re.S
)
_MARK = re.compile(r"^<!-- (table|code|end)\b", re.M)
_COMMAND = re.compile(r"`(claude-bridge(?: [^`]+)?)`")


@dataclass(frozen=True)
class Snippet:
    page: Path
    line: int
    kind: str
    text: str
    made: bool
    """Whether it is between marks, and so generated from the code."""

    @property
    def name(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def list_snippets(kind: str, page: str | None = None) -> list[Snippet]:
    """List the blocks of one language, such as `python`, in all pages or in one."""
    pages = PAGES if page is None else [ROOT / page]
    return [one for page in pages for one in _find_snippets(page) if one.kind == kind]


def list_commands() -> dict[str, str]:
    """Map each `claude-bridge` command in the text to a page that contains it."""
    return {
        command.replace("\n", " "): page.name
        for page in PAGES
        for command in _COMMAND.findall(strip_code(page.read_text("utf-8")))
    }


def list_kinds() -> set[str]:
    return {one.kind for page in PAGES for one in _find_snippets(page)}


def strip_code(text: str) -> str:
    """Remove the fenced blocks."""
    return _FENCE.sub("", text)


def _find_snippets(page: Path) -> Iterator[Snippet]:
    text = page.read_text("utf-8")
    for found in _FENCE.finditer(text):
        indent = len(found["indent"])
        lines = [line[indent:] for line in found["text"].splitlines()]
        line = text.count("\n", 0, found.start()) + 1
        marks = _MARK.findall(text, 0, found.start())
        made = bool(marks) and marks[-1] != "end"
        yield Snippet(page, line, found["kind"], "\n".join(lines) + "\n", made)
