"""Reads a request body into its model; what is wrong with it is said with the field's name."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from bridge.errors import InvalidRequest
from bridge.wire.chat_from_responses import NAMED_FIELD

_Model = TypeVar("_Model", bound=BaseModel)

LARGE = 2 * 1024 * 1024
"""Bytes of a body from which on it is translated beside the loop."""


def is_large(request: web.Request) -> bool:
    """Whether its body is, or does not say."""
    return (request.content_length or LARGE) >= LARGE


async def read_body(request: web.Request, model: type[_Model]) -> _Model:
    """The body as `model`. Raises InvalidRequest with `param` set to the offending field."""
    try:
        body = await request.read()
    except web.RequestPayloadError as error:
        raise InvalidRequest(
            "The body cannot be read: it is cut, or not encoded as said."
        ) from error
    try:
        return model.model_validate_json(body or b"{}")
    except ValidationError as error:
        raise _invalid(error, body) from error


def validated(model: type[_Model], body: dict[str, Any]) -> _Model:
    """The same for a body that was put into other words."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise _told(error, body) from error


def _invalid(error: ValidationError, body: bytes) -> InvalidRequest:
    problems = error.errors(include_url=False)
    if problems[0]["type"] == "json_invalid":
        return InvalidRequest(f"The body is not valid JSON: {problems[0]['msg']}.")
    return _told(error, json.loads(body or b"{}"))


def _told(error: ValidationError, raw: Any) -> InvalidRequest:
    problems = error.errors(include_url=False)
    if problems[0]["type"] == NAMED_FIELD:
        return InvalidRequest(problems[0]["msg"], param=problems[0]["ctx"]["param"])
    named = [(field_path(problem["loc"], raw), problem) for problem in problems]
    param, problem = max(named, key=lambda pair: pair[0].count(".") + pair[0].count("["))
    return InvalidRequest(_sentence(param, problem), param=param or None)


def _sentence(param: str, problem: Any) -> str:
    if problem["type"] == "missing":
        return f"Missing required parameter: {param}."
    if not param:
        return f"The body must be a JSON object: {problem['msg']}."
    return f"Invalid value for {param}: {problem['msg']}."


def field_path(loc: tuple[str | int, ...], raw: Any) -> str:
    """pydantic's location as the client wrote it: `messages[0].content`.

    pydantic puts the names of union members between the keys; following the body itself tells
    the two apart.
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
