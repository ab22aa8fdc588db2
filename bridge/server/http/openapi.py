"""Makes an OpenAPI 3.1 document from the endpoint table and the wire's models.

https://spec.openapis.org/oas/v3.1.1.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from bridge import __version__
from bridge.server.http.endpoint import Endpoint

HEADERS: Mapping[str, str] = {
    "request-id": "The same for Anthropic's clients.",
    "x-request-id": "Names the request in the bridge's log.",
    "x-bridge-notice": "What was set aside or changed in the request, and why.",
    "retry-after": "Seconds until it is worth another try.",
}
_ABOUT = (
    "OpenAI's API on this machine, answered by Claude. What a client sends beyond these fields "
    "is set aside with a notice, never refused for being unknown."
)
_STATUS: Mapping[int, str] = {
    400: "The request is not right; `param` names the field.",
    401: "No key, a wrong key, or nobody is signed in.",
    402: "Anthropic asks for payment.",
    403: "Not allowed: a foreign page or host, or a token that is missing.",
    404: "Not there.",
    409: "This desktop is in use already, or the person said stop.",
    413: "Too large.",
    415: "The body is not declared as JSON.",
    429: "Too many requests or tokens.",
    500: "The bridge itself failed.",
    501: "Not by this road to Claude.",
    502: "Claude's side failed.",
    503: "Claude is overloaded, the bridge is busy or stopping.",
    529: "Claude is overloaded.",
    504: "Claude was silent for too long.",
}
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
        "description": "Any word will do unless the bridge has a key of its own.",
    },
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "The control token in the bridge's data folder.",
    },
}
_PARAMETER = re.compile(r"\{(\w+)\}")


def build_document(endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    """Every endpoint with its schemas, examples and failures."""
    rows = tuple(endpoints)
    refs, schemas = _schemas(rows)
    paths: dict[str, dict[str, Any]] = {}
    for row in rows:
        paths.setdefault(row.path, {})[row.method.lower()] = _operation(row, refs)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Claude OpenAI Bridge", "version": __version__, "description": _ABOUT},
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": _SCHEMES},
    }


def _schemas(rows: Sequence[Endpoint]) -> tuple[dict[Any, Any], dict[str, Any]]:
    """A reference for every shape, and what they refer to."""
    bodies = {row.body for row in rows if row.body is not None}
    answers = {shape for row in rows for shape in (row.answer.shape, row.answer.events) if shape}
    answers |= {row.error_schema for row in rows}
    wanted: list[tuple[Any, JsonSchemaMode, Any]] = [
        *((shape, "validation", TypeAdapter(shape)) for shape in bodies),
        *((shape, "serialization", TypeAdapter(shape)) for shape in answers),
    ]
    wanted.sort(key=lambda one: one[0].__name__)
    refs, definitions = TypeAdapter.json_schemas(
        wanted, ref_template="#/components/schemas/{model}"
    )
    found = {shape: _loose(schema) for (shape, _), schema in refs.items()}
    return found, _loose(definitions["$defs"])


def _loose(schema: Any) -> Any:
    """A union that is told apart by a function of ours may match twice: `anyOf`."""
    if isinstance(schema, list):
        return [_loose(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    looser = {name: _loose(value) for name, value in schema.items()}
    if "oneOf" in looser and "discriminator" not in looser:
        looser["anyOf"] = looser.pop("oneOf")
    return looser


def _operation(row: Endpoint, refs: Mapping[Any, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": row.handler.__name__,
        "tags": [row.tag],
        "summary": row.summary,
        "security": _SECURITY[row.access],
        "responses": _responses(row, refs),
    }
    parameters = [*_in_path(row.path), *_in_query(row)]
    if parameters:
        operation["parameters"] = parameters
    if row.body is not None:
        media = {"schema": refs[row.body], "example": row.example}
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": media},
        }
    return operation


def _in_path(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PARAMETER.findall(path)
    ]


def _in_query(row: Endpoint) -> list[dict[str, Any]]:
    if row.query is None:
        return []
    properties = row.query.model_json_schema()["properties"]
    return [_describe_parameter(name, schema) for name, schema in properties.items()]


def _describe_parameter(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Describe a query parameter by its field; a default of None only means that it is absent."""
    absent = {"title", "description"} | ({"default"} if schema.get("default") is None else set())
    own = {key: value for key, value in schema.items() if key not in absent}
    return {"name": name, "in": "query", "description": schema["description"], "schema": own}


def _responses(row: Endpoint, refs: Mapping[Any, Any]) -> dict[str, Any]:
    failures = {*_ALWAYS, *row.failures}
    if row.method == "POST":
        failures.update(_WITH_BODY)
    if row.access == "key":
        failures.add(401)
    responses = {str(row.answer.status): _answer(row, refs)}
    for status in sorted(failures):
        headers = ("retry-after",) if status in (429, 503) else ()
        responses[str(status)] = {
            "description": _STATUS[status],
            "headers": _headers(headers),
            "content": {"application/json": {"schema": refs[row.error_schema]}},
        }
    return responses


def _answer(row: Endpoint, refs: Mapping[Any, Any]) -> dict[str, Any]:
    answer = row.answer
    content: dict[str, Any] = {}
    if answer.shape is not None:
        content["application/json"] = {"schema": refs[answer.shape]}
        if answer.example is not None:
            content["application/json"]["example"] = answer.example
    content.update({kind: {"schema": {"type": "string"}} for kind in answer.text})
    if answer.events is not None:
        content["text/event-stream"] = {
            "schema": _event(refs[answer.events], refs[row.error_schema])
        }
    return {
        "description": answer.summary,
        "headers": _headers(answer.headers),
        "content": content,
    }


def _event(*shapes: Any) -> dict[str, Any]:
    """One server-sent event; the last says `[DONE]`, or what went wrong."""
    written = {"type": "string", "contentMediaType": "application/json"}
    told = [{**written, "contentSchema": shape} for shape in shapes]
    data = {"anyOf": [{"const": "[DONE]"}, *told]}
    return {"type": "object", "properties": {"data": data}, "required": ["data"]}


def _headers(names: Sequence[str]) -> dict[str, Any]:
    return {
        name: {"description": HEADERS[name], "schema": {"type": "string"}}
        for name in ("x-request-id", *names)
    }
