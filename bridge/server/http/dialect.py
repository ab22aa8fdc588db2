"""What the families of endpoints say differently: errors, events and the end of a stream."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bridge.errors import BridgeError
from bridge.wire.errors import anthropic_error_body, anthropic_status, error_body, failure_event
from bridge.wire.sse import DONE, KEEP_ALIVE, encode_data, encode_event


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one family of endpoints talks."""

    error: Callable[[BridgeError, str], Mapping[str, Any]]
    """The body of a failed answer; the second is the request's id."""
    failure: Callable[[BridgeError, str], Mapping[str, Any]] | None = None
    """The event of a failure in a stream, where it is not the same."""
    event: Callable[[Any], bytes] = encode_data
    keep_alive: bytes = KEEP_ALIVE
    end: bytes = DONE
    until_words: int = 2
    """How many events of a stream there are with the first that says something."""
    status: Callable[[BridgeError], int] = field(default=lambda error: error.status)
    id_header: str = "x-request-id"


OPENAI = Dialect(error=lambda error, _: error_body(error))
RESPONSES = Dialect(
    error=lambda error, _: error_body(error),
    event=encode_event,
    end=b"",
    until_words=5,
    failure=lambda error, _: failure_event(error),
)
ANTHROPIC = Dialect(
    error=anthropic_error_body,
    event=encode_event,
    keep_alive=encode_event({"type": "ping"}),
    end=b"",
    until_words=3,
    status=anthropic_status,
    id_header="request-id",
)


COMPUTER = Dialect(
    error=lambda error, _: error_body(error),
    failure=lambda error, _: {"type": "run.error", **error_body(error)},
    end=b"",
)


def dialect_of(request: web.Request) -> Dialect:
    """Anthropic's clients say which version of its API they speak."""
    theirs = request.path.startswith("/v1/messages") or "anthropic-version" in request.headers
    if theirs:
        return ANTHROPIC
    if request.path.startswith("/computer/"):
        return COMPUTER
    return RESPONSES if request.path.startswith("/v1/responses") else OPENAI
