"""The summary as one table in Markdown: what is measured down, the targets across."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Row = Mapping[str, str]
"""What each target has in one line."""
NOT_MEASURED = "–"


def format_table(head: str, rows: Mapping[str, Row], targets: Sequence[str]) -> str:
    """Return the lines of a table; × compares with the proxy."""
    lines = [[head, *targets], ["---"] * (len(targets) + 1)]
    lines += [
        [name, *(row.get(target, NOT_MEASURED) for target in targets)] for name, row in rows.items()
    ]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def format_detail(title: str, rows: Mapping[str, Sequence[str]]) -> str:
    """Return one line for each target, for those who watch."""
    width = max(map(len, rows)) + 2
    lines = (
        f"  {name:<{width}}" + "".join(f"{cell:>24}" for cell in cells)
        for name, cells in rows.items()
    )
    return "\n".join([f"\n{title}", *lines])
