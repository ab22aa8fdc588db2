"""Writes Markdown tables and fenced blocks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def build_table(heads: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    names = list(heads)
    lines = [names, ["---"] * len(names), *([str(cell) for cell in row] for row in rows)]
    return (
        "\n".join(f"| {' | '.join(_escape_cell(cell) for cell in line)} |" for line in lines) + "\n"
    )


def fence(kind: str, text: str) -> str:
    return f"```{kind}\n{text.rstrip()}\n```\n"


def _escape_cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
