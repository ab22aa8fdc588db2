"""Draws the dialogs of programs that are set up by hand, from the labels that their sources name.

They are sketches: we have not seen these programs. `python -m tests.docs.tables` writes them.
"""

from __future__ import annotations

from html import escape
from pathlib import Path

from bridge.connect.programs.row import Dialog, Row
from bridge.connect.programs.table import ROWS
from bridge.connect.snippets import describe_bridge

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
_WIDTH, _ROW, _TOP = 640, 38, 58
_TEXT = 'font-family="sans-serif" font-size="14"'


def list_sketches() -> dict[str, str]:
    """Return the pictures by the names of their files."""
    return {f"sketch-{row.name}.svg": draw(row, row.dialog) for row in ROWS if row.dialog}


def draw(row: Row, dialog: Dialog) -> str:
    """Return an SVG picture of a dialog, marked as a sketch."""
    bridge = describe_bridge(row, "http://localhost:8000/v1", "default", None)
    height = _TOP + _ROW * len(dialog.fields) + 86
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
        f"<title>{escape(row.title)}: {escape(dialog.title)}</title>",
        f'<rect width="{_WIDTH}" height="{height}" rx="8" fill="#f7f7f7" stroke="#666"/>',
        f'<text x="20" y="32" {_TEXT} font-weight="bold" fill="#222">{escape(dialog.title)}</text>',
    ]
    for index, (label, value) in enumerate(dialog.fields):
        y = _TOP + index * _ROW
        value = value.format(
            base_url=bridge.base_url, root=bridge.root, key=bridge.key, model=bridge.model
        )
        parts += [
            f'<text x="20" y="{y + 19}" {_TEXT} fill="#222">{escape(label)}</text>',
            f'<rect x="240" y="{y}" width="380" height="28" rx="4" fill="#fff" stroke="#888"/>',
            f'<text x="250" y="{y + 19}" {_TEXT} fill="#222">{escape(value)}</text>',
        ]
    y = height - 72
    parts += [
        f'<rect x="490" y="{y}" width="130" height="30" rx="4" fill="#2b5fb4"/>',
        f'<text x="555" y="{y + 20}" {_TEXT} fill="#fff" text-anchor="middle">'
        f"{escape(dialog.button)}</text>",
        f'<text x="20" y="{height - 16}" {_TEXT} fill="#555">'
        "A sketch of the labels, not a picture of the program.</text>",
        "</svg>\n",
    ]
    return "\n".join(parts)


def write_sketches() -> None:
    """Write all pictures."""
    for name, picture in list_sketches().items():
        (FOLDER / name).write_text(picture, "utf-8")
