"""Every page a person reads, and the fenced blocks in it."""

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
    """Whether it stands between marks, and so is a part of the code itself."""

    @property
    def name(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def snippets(kind: str, page: str | None = None) -> list[Snippet]:
    """Of one kind, such as `python`, in all pages or in one."""
    pages = PAGES if page is None else [ROOT / page]
    return [one for page in pages for one in _in(page) if one.kind == kind]


def commands() -> dict[str, str]:
    """Every command of ours that is written in a line, with a page that has it."""
    return {
        command.replace("\n", " "): page.name
        for page in PAGES
        for command in _COMMAND.findall(without_code(page.read_text("utf-8")))
    }


def kinds() -> set[str]:
    return {one.kind for page in PAGES for one in _in(page)}


def without_code(text: str) -> str:
    """What is prose."""
    return _FENCE.sub("", text)


def _in(page: Path) -> Iterator[Snippet]:
    text = page.read_text("utf-8")
    for found in _FENCE.finditer(text):
        indent = len(found["indent"])
        lines = [line[indent:] for line in found["text"].splitlines()]
        line = text.count("\n", 0, found.start()) + 1
        marks = _MARK.findall(text, 0, found.start())
        made = bool(marks) and marks[-1] != "end"
        yield Snippet(page, line, found["kind"], "\n".join(lines) + "\n", made)
