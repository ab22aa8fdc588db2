"""The API by door: what is sent, what comes back, and every field, from what the tests hold."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from bridge.server.api.routes import ENDPOINTS
from bridge.translate.stream.chat_chunks import ChatStream
from tests.docs.markdown import fenced, table
from tests.docs.samples import EVENTS

_OPENAPI = Path(__file__).parents[1] / "server" / "openapi.json"
"""The snapshot; tests/server/test_openapi.py holds it to the code."""

_DOORS = {
    "door_chat": "/v1/chat/completions",
    "door_responses": "/v1/responses",
    "door_compact": "/v1/responses/compact",
    "door_completions": "/v1/completions",
    "door_embeddings": "/v1/embeddings",
    "door_messages": "/v1/messages",
    "door_switches": "/control/switches",
    "door_actions": "/computer/actions",
    "door_computer_runs": "/computer/runs",
}
"""Every endpoint whose body has several fields of its own; a test says which are left out."""


def chat_stream() -> str:
    """A streamed answer as it goes over the wire."""
    machine = ChatStream(
        id="chatcmpl-1", model="claude-opus-5-5", created=1795411200, include_usage=False
    )
    chunks = [chunk for _, event in EVENTS for chunk in machine.feed(event)]  # type: ignore[arg-type]
    lines = [f"data: {json.dumps(chunk, separators=(',', ':'))}" for chunk in chunks]
    return fenced("text", "\n\n".join([*lines, "data: [DONE]"]))


def doors() -> dict[str, Callable[[], str]]:
    """A section for each, by the name of its mark."""
    return {name: _section(path) for name, path in _DOORS.items()}


def without_a_section() -> set[str]:
    return {row.path for row in ENDPOINTS if row.body is not None} - set(_DOORS.values())


def _section(path: str) -> Callable[[], str]:
    return lambda: _door(path)


def _door(path: str) -> str:
    (row,) = (one for one in ENDPOINTS if one.path == path and one.body is not None)
    document = json.loads(_OPENAPI.read_text("utf-8"))
    operation = document["paths"][path]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    parts = [table(("Field", "Takes"), _fields(_found(schema, document)))]
    parts.append(f"Send:\n\n{fenced('json', _pretty(row.example))}")
    if row.answer.example:
        parts.append(f"Comes back:\n\n{fenced('json', _pretty(row.answer.example))}")
    return "\n".join(parts)


def _found(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in schema:
        return schema
    found: Mapping[str, Any] = document["components"]["schemas"][schema["$ref"].split("/")[-1]]
    return found


def _fields(schema: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    needed = schema.get("required", ())
    for name, field in schema["properties"].items():
        yield f"`{name}`{' (needed)' if name in needed else ''}", _takes(field)


def _takes(field: Mapping[str, Any]) -> str:
    """In words; the OpenAPI document has it in full."""
    if "$ref" in field:
        return f"`{field['$ref'].split('/')[-1]}`"
    if "const" in field:
        return f"`{json.dumps(field['const'])}`"
    if "enum" in field:
        return " or ".join(f"`{json.dumps(one)}`" for one in field["enum"])
    kinds = field.get("anyOf") or field.get("oneOf")
    if kinds:
        words = [_takes(kind) for kind in kinds if kind.get("type") != "null"]
        return " or ".join(dict.fromkeys(words)) or "nothing"
    kind = str(field.get("type", "anything"))
    if kind == "array":
        kind = f"list of {_takes(field.get('items', {}))}"
    return kind + _limits(field)


_LIMITS = {
    "minimum": "from",
    "exclusiveMinimum": "above",
    "maximum": "to",
    "minItems": "at least",
    "maxItems": "at most",
}


def _limits(field: Mapping[str, Any]) -> str:
    told = [f"{words} {field[name]:,}" for name, words in _LIMITS.items() if name in field]
    return f", {' '.join(told)}" if told else ""


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
