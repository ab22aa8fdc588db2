"""`GET /v1/models`: the table in the API's format, in pages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from tests.fake_anthropic.rejection import need, refuse
from tests.fake_anthropic.rules import TABLE, Rules, has_retired, rules

_MOST = 1000
_DEFAULT = 20


def page(query: Mapping[str, str], today: date) -> dict[str, Any]:
    """Return one page; `limit`, `after_id` and `before_id` work as in the real API."""
    limit = _limit(query.get("limit", str(_DEFAULT)))
    rows, more = _cut(list(TABLE), query, limit)
    return {
        "data": [describe(row, today) for row in rows],
        "has_more": more,
        "first_id": rows[0].id if rows else None,
        "last_id": rows[-1].id if rows else None,
    }


def find(id: str, today: date) -> dict[str, Any] | None:
    """Find one model's description."""
    row = rules(id)
    return describe(row, today) if row else None


def _limit(text: str) -> int:
    need(text.isdigit(), "limit: Input should be a valid integer")
    need(1 <= int(text) <= _MOST, f"limit: Input should be between 1 and {_MOST}")
    return int(text)


def _cut(rows: list[Rules], query: Mapping[str, str], limit: int) -> tuple[list[Rules], bool]:
    if "before_id" in query:
        rows = rows[: _find_position(rows, query["before_id"])]
        return rows[-limit:], len(rows) > limit
    if "after_id" in query:
        rows = rows[_find_position(rows, query["after_id"]) + 1 :]
    return rows[:limit], len(rows) > limit


def _find_position(rows: list[Rules], id: str) -> int:
    ids = [row.id for row in rows]
    if id not in ids:
        raise refuse(f"Invalid cursor: {id}")
    return ids.index(id)


def describe(row: Rules, today: date) -> dict[str, Any]:
    """Convert a row to the API's ModelInfo."""
    return {
        "type": "model",
        "id": row.id,
        "display_name": _display_name(row.id),
        "created_at": "2026-10-01T00:00:00Z",
        "lifecycle": "retired" if has_retired(row, today) else row.lifecycle,
        "deprecated_at": "2026-08-31T00:00:00Z" if row.lifecycle == "deprecated" else None,
        "retires_at": row.retires_at,
        "line": row.line,
        "max_input_tokens": row.context,
        "max_tokens": row.max_tokens,
        "capabilities": _build_capabilities(row),
    }


def _display_name(id: str) -> str:
    _, line, *version = id.split("-")
    return f"Claude {line.title()} {'.'.join(version)}"


def _build_capabilities(row: Rules) -> dict[str, Any]:
    yes = {"supported": True}
    modes = ("adaptive", "between_tools", "disabled", "enabled")
    levels = ("low", "medium", "high", "xhigh", "max")
    return {
        "batch": yes,
        "citations": yes,
        "code_execution": yes,
        "context_management": {
            "supported": True,
            "clear_thinking_20251015": yes,
            "clear_tool_uses_20250919": yes,
            "compact_20260112": yes,
        },
        "effort": {
            "supported": bool(row.efforts),
            **{level: {"supported": level in row.efforts} for level in levels},
        },
        "image_input": yes,
        "pdf_input": yes,
        "server_tools": {"supported": True, "code_execution": yes, "web_search": yes},
        "structured_outputs": yes,
        "thinking": {
            "supported": True,
            "types": {mode: {"supported": mode in row.thinking} for mode in modes},
        },
    }
