"""One recorded request as a line of text."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from bridge.cli.text import clean_line


def format_exchange(exchange: Mapping[str, Any]) -> str:
    """Return what a list shows of an exchange, as one clean line."""
    parts = [
        f"{exchange['id']:>4}",
        format_time(exchange["at"]),
        _format_state(exchange),
        exchange["path"],
        f"{exchange['requested_model'] or '-'} → {exchange['model'] or '-'}",
        exchange["client"],
        *_list_figures(exchange),
    ]
    if exchange["via"] != "http":
        parts.append(f"({exchange['via']})")
    if exchange["rejected"]:
        parts.append("(rejected)")
    return "  ".join(clean_line(part) if index else part for index, part in enumerate(parts))


def format_time(seconds: float) -> str:
    """Return a time of this day in the local time zone."""
    return time.strftime("%H:%M:%S", time.localtime(seconds))


def _format_state(exchange: Mapping[str, Any]) -> str:
    if exchange["running"]:
        return "running"
    return f"{exchange['status']} {exchange['outcome']}"


def _list_figures(exchange: Mapping[str, Any]) -> list[str]:
    figures = []
    if exchange["notices"]:
        figures.append(f"{exchange['notices']} notice{'' if exchange['notices'] == 1 else 's'}")
    if exchange["output_tokens"] is not None:
        figures.append(f"{exchange['input_tokens']}+{exchange['output_tokens']} tokens")
    if exchange["cost"] is not None:
        figures.append(f"${exchange['cost']:.4f}")
    if exchange["seconds"] is not None:
        figures.append(f"{exchange['seconds']:.2f} s")
    return figures
