"""How each family of endpoints formats its errors, its events and the end of a stream."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bridge.errors import BridgeError
from bridge.server.http.error_body import (
    build_anthropic_body,
    build_error_body,
    build_failure_event,
    get_anthropic_status,
)
from bridge.translate.upstream_headers import as_anthropic_headers, as_openai_headers
from bridge.wire.errors import AnthropicErrorBody, ErrorBody
from bridge.wire.sse import DONE, KEEP_ALIVE, encode_data, encode_event


@dataclass(frozen=True, slots=True)
class Dialect:
    """The response format of one family of endpoints."""

    error: Callable[[BridgeError, str], Mapping[str, Any]]
    """Function that builds the body of an error response from the error and the request's id."""
    failure: Callable[[BridgeError, str], Mapping[str, Any]] | None = None
    """Function that builds the error event of a stream; None if it is the same as `error`."""
    event: Callable[[Any], bytes] = encode_data
    keep_alive: bytes = KEEP_ALIVE
    end: bytes = DONE
    status: Callable[[BridgeError], int] = field(default=lambda error: error.status)
    id_header: str = "x-request-id"
    headers: Callable[[Mapping[str, str], float], dict[str, str]] = as_openai_headers
    """Function that translates upstream's headers, of answers and of errors, at a Unix time."""
    keeps_originals: bool = False
    """Whether Claude's own errors reach the client as they are."""
    error_schema: Any = ErrorBody
    """The TypedDict that `error` returns."""


OPENAI = Dialect(error=lambda error, _: build_error_body(error))
RESPONSES = Dialect(
    error=lambda error, _: build_error_body(error),
    event=encode_event,
    end=b"",
    failure=lambda error, _: build_failure_event(error),
)
ANTHROPIC = Dialect(
    error=build_anthropic_body,
    event=encode_event,
    keep_alive=encode_event({"type": "ping"}),
    end=b"",
    status=get_anthropic_status,
    id_header="request-id",
    headers=as_anthropic_headers,
    keeps_originals=True,
    error_schema=AnthropicErrorBody,
)
COMPUTER = Dialect(
    error=lambda error, _: build_error_body(error),
    failure=lambda error, _: {"type": "run.error", **build_error_body(error)},
    end=b"",
)

_ANTHROPIC_PATHS = re.compile(r"/v1/messages(?:/|$)")
"""Paths of Anthropic's API, also with a wrong method or a wrong end."""

DIALECT = web.RequestKey("dialect", Dialect)


def choose_dialect(request: web.Request, declared: Dialect | None) -> Dialect:
    """Choose the dialect of a request: the endpoint's, else that of the client's SDK.

    Anthropic's clients name the version of its API in every request; OpenAI's have no such header.
    """
    if declared is not None:
        return declared
    is_anthropic = "anthropic-version" in request.headers or _ANTHROPIC_PATHS.match(request.path)
    return ANTHROPIC if is_anthropic else OPENAI


def get_dialect(request: web.Request) -> Dialect:
    """Return the dialect that the middleware has chosen for this request."""
    return request[DIALECT]
