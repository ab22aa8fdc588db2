"""Build the OpenAPI 3.1 document from the endpoint table and the models in `wire`.

https://spec.openapis.org/oas/v3.1.1.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from bridge import __version__
from bridge.errors import UPSTREAM_ID, list_errors
from bridge.server.http.endpoint import Endpoint

_LIMIT_WORDS = {
    "limit": "Rate limit of your account for",
    "remaining": "What remains of the rate limit for",
    "reset": "When the rate limit resets for",
}
HEADERS: Mapping[str, str] = {
    "request-id": "The request's id, for clients of Anthropic.",
    "x-request-id": "The request's id in the bridge's log.",
    "x-bridge-notice": "What was ignored or changed in the request, and why.",
    "x-bridge-hint": "What the bridge knows about an error of Claude's API, such as what to do.",
    "retry-after": "Seconds to wait before another try.",
    UPSTREAM_ID: "The request's id at Anthropic, whose support asks for it.",
    **{
        f"x-ratelimit-{part}-{kind}": f"{words} {kind}, as OpenAI's API reports it."
        for part, words in _LIMIT_WORDS.items()
        for kind in ("requests", "tokens")
    },
    **{
        f"anthropic-ratelimit-{kind}-{part}": f"{words} {kind}, as Claude's API reports it."
        for part, words in _LIMIT_WORDS.items()
        for kind in ("requests", "tokens")
    },
    **{
        name: words
        for window, label in (("5h", "five hours"), ("7d", "week"))
        for name, words in (
            (f"x-ratelimit-limit-{window}", f"100: your plan's whole {label}, in percent."),
            (
                f"x-ratelimit-remaining-{window}",
                f"Percent of your plan's {label} that remain.",
            ),
            (f"x-ratelimit-reset-{window}", f"Time until your plan's {label} resets."),
            (
                f"anthropic-ratelimit-unified-{window}-utilization",
                f"The part that is used of your plan's {label}.",
            ),
            (
                f"anthropic-ratelimit-unified-{window}-reset",
                f"When your plan's {label} resets, in Unix seconds.",
            ),
        )
    },
}
_ABOUT = (
    "OpenAI's API on this computer, answered by Claude. Fields that are not listed here are "
    "ignored with a notice; they never make a request fail."
)
_ALWAYS = (403, 500, 503)
_WITH_BODY = (400, 413, 415)
_SECURITY: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "open": [],
    "key": [{}, {"key": []}],
    "token": [{"token": []}],
}
_SCHEMES = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "description": "Any text, unless the bridge requires an access key.",
    },
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "The control token in the bridge's data folder.",
    },
}
_PARAMETER = re.compile(r"\{(\w+)\}")


def build_document(endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    """Build the document: every endpoint with its schemas, examples and errors."""
    rows = tuple(endpoints)
    refs, schemas = _build_schemas(rows)
    paths: dict[str, dict[str, Any]] = {}
    for row in rows:
        paths.setdefault(row.path, {})[row.method.lower()] = _describe_operation(row, refs)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Claude OpenAI Bridge", "version": __version__, "description": _ABOUT},
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": _SCHEMES},
    }


def describe_status(status: int) -> str:
    """Describe a status by the codes and summaries of all errors that have it."""
    errors = [kind for kind in list_errors() if status in (kind.status, kind.anthropic_status)]
    return "\n".join(f"- `{kind.outcome}`: {kind.summary}" for kind in errors)


def _build_schemas(rows: Sequence[Endpoint]) -> tuple[dict[Any, Any], dict[str, Any]]:
    """Return a reference to each model's schema, and the schemas they refer to."""
    bodies = {row.body for row in rows if row.body is not None}
    answers = {shape for row in rows for shape in (row.answer.shape, row.answer.events) if shape}
    answers |= {row.error_schema for row in rows}
    models: list[tuple[Any, JsonSchemaMode, Any]] = [
        *((shape, "validation", TypeAdapter(shape)) for shape in bodies),
        *((shape, "serialization", TypeAdapter(shape)) for shape in answers),
    ]
    # Sets have no order, but the snapshot needs one.
    models.sort(key=lambda entry: entry[0].__name__)
    refs, definitions = TypeAdapter.json_schemas(
        models, ref_template="#/components/schemas/{model}"
    )
    by_model = {model: _relax_unions(schema) for (model, _), schema in refs.items()}
    return by_model, _relax_unions(definitions["$defs"])


def _relax_unions(schema: Any) -> Any:
    """Replace `oneOf` by `anyOf` where there is no discriminator.

    Our own functions choose the member of such a union; by schema alone, several may match.
    """
    if isinstance(schema, list):
        return [_relax_unions(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    relaxed = {name: _relax_unions(value) for name, value in schema.items()}
    if "oneOf" in relaxed and "discriminator" not in relaxed:
        relaxed["anyOf"] = relaxed.pop("oneOf")
    return relaxed


def _describe_operation(row: Endpoint, refs: Mapping[Any, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": row.handler.__name__,
        "tags": [row.tag],
        "summary": row.summary,
        "security": _SECURITY[row.access],
        "responses": _describe_responses(row, refs),
    }
    parameters = [*_describe_path_parameters(row.path), *_describe_query_parameters(row)]
    if parameters:
        operation["parameters"] = parameters
    if row.body is not None:
        media = {"schema": refs[row.body], "example": row.example}
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": media},
        }
    return operation


def _describe_path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PARAMETER.findall(path)
    ]


def _describe_query_parameters(row: Endpoint) -> list[dict[str, Any]]:
    if row.query is None:
        return []
    properties = row.query.model_json_schema()["properties"]
    return [_describe_parameter(name, schema) for name, schema in properties.items()]


def _describe_parameter(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Describe a query parameter by the schema of its field."""
    # A default of None only means that the parameter is optional, as all of them are.
    omitted = {"title", "description"} | ({"default"} if schema.get("default") is None else set())
    described = {key: value for key, value in schema.items() if key not in omitted}
    return {"name": name, "in": "query", "description": schema["description"], "schema": described}


def _describe_responses(row: Endpoint, refs: Mapping[Any, Any]) -> dict[str, Any]:
    failures = {*_ALWAYS, *row.failures}
    # Errors of the checks and of the parsing, which come before the handler.
    if row.method == "POST":
        failures.update(_WITH_BODY)
    if row.access == "key":
        failures.add(401)
    responses = {str(row.answer.status): _describe_answer(row, refs)}
    for status in sorted(failures):
        headers = ["retry-after"] if status in (429, 503) else []
        if row.dialect is not None and row.dialect.keeps_originals:
            headers.append("x-bridge-hint")
        responses[str(status)] = {
            "description": describe_status(status),
            "headers": _describe_headers(headers),
            "content": {"application/json": {"schema": refs[row.error_schema]}},
        }
    return responses


def _describe_answer(row: Endpoint, refs: Mapping[Any, Any]) -> dict[str, Any]:
    answer = row.answer
    content: dict[str, Any] = {}
    if answer.shape is not None:
        content["application/json"] = {"schema": refs[answer.shape]}
        if answer.example is not None:
            content["application/json"]["example"] = answer.example
    content.update({kind: {"schema": {"type": "string"}} for kind in answer.text})
    if answer.events is not None:
        content["text/event-stream"] = {
            "schema": _describe_event(refs[answer.events], refs[row.error_schema])
        }
    return {
        "description": answer.summary,
        "headers": _describe_headers(answer.headers),
        "content": content,
    }


def _describe_event(*shapes: Any) -> dict[str, Any]:
    """Describe a server-sent event: one of `shapes`, or `[DONE]` at the end."""
    json_text = {"type": "string", "contentMediaType": "application/json"}
    events = [{**json_text, "contentSchema": shape} for shape in shapes]
    data = {"anyOf": [{"const": "[DONE]"}, *events]}
    return {"type": "object", "properties": {"data": data}, "required": ["data"]}


def _describe_headers(names: Sequence[str]) -> dict[str, Any]:
    return {
        name: {"description": HEADERS[name], "schema": {"type": "string"}}
        for name in ("x-request-id", *names)
    }
