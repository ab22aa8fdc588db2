"""Builds a section per endpoint: its fields, an example request and an example response."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from bridge.server.api.routes import ENDPOINTS
from bridge.translate.stream.chat_chunks import ChatStream
from tests.docs.markdown import build_table, fence
from tests.docs.samples import EVENTS

_OPENAPI = Path(__file__).parents[1] / "server" / "openapi.json"
"""The snapshot, which tests/server/test_openapi.py compares with the code."""

_ENDPOINTS = {
    "endpoint_chat": "/v1/chat/completions",
    "endpoint_responses": "/v1/responses",
    "endpoint_compact": "/v1/responses/compact",
    "endpoint_completions": "/v1/completions",
    "endpoint_embeddings": "/v1/embeddings",
    "endpoint_messages": "/v1/messages",
    "endpoint_proof": "/proof",
    "endpoint_switches": "/control/switches",
    "endpoint_model_aliases": "/control/model-aliases",
    "endpoint_rules": "/control/rules",
    "endpoint_rules_test": "/control/rules/test",
    "endpoint_pages": "/control/pages",
    "endpoint_forget": "/control/forget",
    "endpoint_actions": "/computer/actions",
    "endpoint_computer_runs": "/computer/runs",
}
"""All endpoints whose body has several fields of its own; a test lists those left out."""


def build_chat_stream() -> str:
    """Format a streamed answer as it is sent."""
    machine = ChatStream(
        id="chatcmpl-1", model="claude-opus-5-5", created=1795411200, include_usage=False
    )
    chunks = [chunk for _, event in EVENTS for chunk in machine.feed(event)]  # type: ignore[arg-type]
    lines = [f"data: {json.dumps(chunk, separators=(',', ':'))}" for chunk in chunks]
    return fence("text", "\n\n".join([*lines, "data: [DONE]"]))


def list_endpoint_tables() -> dict[str, Callable[[], str]]:
    """Return the function for each section, by the name of its mark."""
    return {name: _bind_section(path) for name, path in _ENDPOINTS.items()}


def list_undocumented() -> set[str]:
    """Return the paths that accept a body but have no section."""
    return {row.path for row in ENDPOINTS if row.body is not None} - set(_ENDPOINTS.values())


def _bind_section(path: str) -> Callable[[], str]:
    return lambda: _build_section(path)


def _build_section(path: str) -> str:
    (row,) = (one for one in ENDPOINTS if one.path == path and one.body is not None)
    document = json.loads(_OPENAPI.read_text("utf-8"))
    operation = document["paths"][path]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    parts = [build_table(("Field", "Type"), _list_fields(_resolve_reference(schema, document)))]
    parts.append(f"Request:\n\n{fence('json', _format_json(row.example))}")
    if row.answer.example:
        parts.append(f"Response:\n\n{fence('json', _format_json(row.answer.example))}")
    return "\n".join(parts)


def _resolve_reference(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in schema:
        return schema
    found: Mapping[str, Any] = document["components"]["schemas"][schema["$ref"].split("/")[-1]]
    return found


def _list_fields(schema: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    needed = schema.get("required", ())
    for name, field in schema["properties"].items():
        yield f"`{name}`{' (required)' if name in needed else ''}", _describe_type(field)


def _describe_type(field: Mapping[str, Any]) -> str:
    """Describe a field's type in short; the OpenAPI document has the details."""
    if "$ref" in field:
        return f"`{field['$ref'].split('/')[-1]}`"
    if "const" in field:
        return f"`{json.dumps(field['const'])}`"
    if "enum" in field:
        return " or ".join(f"`{json.dumps(one)}`" for one in field["enum"])
    kinds = field.get("anyOf") or field.get("oneOf")
    if kinds:
        words = [_describe_type(kind) for kind in kinds if kind.get("type") != "null"]
        return " or ".join(dict.fromkeys(words)) or "nothing"
    kind = str(field.get("type", "anything"))
    if kind == "array":
        kind = f"list of {_describe_type(field.get('items', {}))}"
    return kind + _describe_limits(field)


_LIMITS = {
    "minimum": "from",
    "exclusiveMinimum": "above",
    "maximum": "to",
    "minItems": "at least",
    "maxItems": "at most",
}


def _describe_limits(field: Mapping[str, Any]) -> str:
    told = [f"{words} {field[name]:,}" for name, words in _LIMITS.items() if name in field]
    return f", {' '.join(told)}" if told else ""


def _format_json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
