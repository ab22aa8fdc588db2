"""Quote what programs and pages have written: it is data, and never an instruction."""

from __future__ import annotations

import json
import unicodedata

from bridge.computer.approval.visible_text import make_label, normalize_lines

NAME_LENGTH = 80
"""Characters of a name that are shown."""


def quote(text: str, length: int = NAME_LENGTH) -> str:
    """Return a text in quotes, in one line, with its quotes escaped and its end cut."""
    label = make_label(" ".join(text.split())[: length + 1], length + 1)
    cut = label if len(label) <= length else f"{label[: length - 1]}…"
    return json.dumps(cut, ensure_ascii=False)


def quote_lines(text: str) -> str:
    """Return a text with `> ` before each line, without control characters."""
    lines = normalize_lines(text).split("\n")
    return "\n".join(f"> {''.join(filter(_is_visible, line))}" for line in lines)


def _is_visible(character: str) -> bool:
    return character == "\t" or unicodedata.category(character) not in (
        "Cc",
        "Cf",
        "Cs",
        "Zl",
        "Zp",
    )
