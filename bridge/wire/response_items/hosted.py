"""Write items of tools that a service ran as text: Claude's API has no place for them.

The text keeps what Claude needs to continue: what was run, and what came of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]

_FIELDS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "code_interpreter_call": (("", "code"), ("output", "outputs")),
    "file_search_call": (("", "queries"), ("results", "results")),
    "image_generation_call": (("", "revised_prompt"),),
    "mcp_approval_request": (("", "arguments"),),
    "mcp_approval_response": (("approved", "approve"), ("reason", "reason")),
    "mcp_call": (("", "arguments"), ("output", "output"), ("error", "error")),
    "program": (("", "code"),),
    "program_output": (("", "result"),),
}
"""The fields of each item that say something to Claude, each with its heading."""

PICTURE = "image_generation_call"
"""Its picture is left out: Claude's own turns cannot contain images."""


def as_text_message(item: Mapping[str, Any]) -> Json | None:
    """Convert an item to a message; None if nothing is known about its type."""
    kind = item.get("type")
    fields = _FIELDS.get(kind) if isinstance(kind, str) else None
    if fields is None:
        return None
    names = [str(item[name]) for name in ("server_label", "name") if item.get(name)]
    lines = [f"[{' '.join([str(kind), '.'.join(names)]).strip()}]"]
    for heading, field in fields:
        text = _write_value(item.get(field))
        if text:
            lines += [f"[{heading}]", text] if heading else [text]
    role = "user" if kind == "mcp_approval_response" else "assistant"
    return {"type": "message", "role": role, "content": "\n".join(lines)}


def _write_value(value: Any) -> str:
    """Write a field's value: text as it is, an output by its text, anything else as JSON."""
    if value is None or value == []:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "\n".join(_write_value(part) for part in value)
    if isinstance(value, Mapping):
        for field in ("logs", "text"):
            if isinstance(value.get(field), str):
                return " ".join(filter(None, (str(value.get("filename") or ""), value[field])))
    return json.dumps(value)
