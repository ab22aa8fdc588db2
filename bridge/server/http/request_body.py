"""Parse a request's JSON body into its model; an error names the wrong field."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from bridge.errors import InvalidRequest
from bridge.server.http.endpoint import find_endpoint
from bridge.wire.chat_from_responses import NAMED_FIELD

_Model = TypeVar("_Model", bound=BaseModel)

LARGE = 2 * 1024 * 1024
"""Size in bytes from which a body is translated in a thread, not on the event loop."""


def is_large(request: web.Request) -> bool:
    """Return whether the body is large, or of unknown length."""
    return (request.content_length or LARGE) >= LARGE


async def read_body(request: web.Request, model: type[_Model]) -> _Model:
    """Read the body and parse it.

    Raises InvalidRequest with `param` set to the wrong field, and TypeError if the endpoint's row
    declares another model.
    """
    # With another model in its row, the documentation would describe a different API.
    endpoint = find_endpoint(request)
    if endpoint is None or endpoint.body is not model:
        raise TypeError(f"{model.__name__} is not the body model of {request.match_info.route}.")
    try:
        body = await request.read()
    except web.RequestPayloadError as error:
        raise InvalidRequest(
            "The body cannot be read: it is incomplete, or its encoding is not the declared one."
        ) from error
    try:
        # Without a body, the error names the first missing field.
        return model.model_validate_json(body or b"{}")
    except ValidationError as error:
        raise _explain_json(error, body) from error


def validate_body(model: type[_Model], body: dict[str, Any]) -> _Model:
    """Validate a body that is already decoded. Raises InvalidRequest like `read_body`."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise _explain_invalid(error, body) from error


def _explain_json(error: ValidationError, body: bytes) -> InvalidRequest:
    problems = error.errors(include_url=False)
    if problems[0]["type"] == "json_invalid":
        return InvalidRequest(f"The body is not valid JSON: {problems[0]['msg']}.")
    return _explain_invalid(error, json.loads(body or b"{}"))


def _explain_invalid(error: ValidationError, raw: Any) -> InvalidRequest:
    problems = error.errors(include_url=False)
    if problems[0]["type"] == NAMED_FIELD:
        return InvalidRequest(problems[0]["msg"], param=problems[0]["ctx"]["param"])
    # For a union pydantic reports the problems of every member. The deepest one belongs to the
    # member that the client meant.
    by_field = [(join_field_path(problem["loc"], raw), problem) for problem in problems]
    param, problem = max(by_field, key=lambda pair: pair[0].count(".") + pair[0].count("["))
    return InvalidRequest(_describe_problem(param, problem), param=param or None)


def _describe_problem(param: str, problem: Any) -> str:
    if problem["type"] == "missing":
        return f"Missing required parameter: {param}."
    if not param:
        return f"The body must be a JSON object: {problem['msg']}."
    return f"Invalid value for {param}: {problem['msg']}."


def join_field_path(loc: tuple[str | int, ...], raw: Any) -> str:
    """Convert pydantic's location to the client's notation: `messages[0].content`.

    pydantic puts the names of union members between the keys; only the steps that exist in the
    body `raw` are keys.
    """
    path = ""
    for position, step in enumerate(loc):
        if isinstance(step, int):
            path += f"[{step}]"
            raw = raw[step] if isinstance(raw, list) and step < len(raw) else None
        elif isinstance(raw, dict) and (step in raw or position == len(loc) - 1):
            path += f".{step}" if path else step
            raw = raw.get(step)
    return path
