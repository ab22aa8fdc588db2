"""What the fake answers: a reply with blocks, pace and fault, or a failure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Event: TypeAlias = dict[str, Any]

HELLO = "Hello from the fake upstream."
ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}


@dataclass(frozen=True)
class Text:
    """Text, streamed word by word or in the given pieces."""

    text: str
    pieces: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Thinking:
    """Thinking; its text is streamed if the request allows it.

    Without a signature of its own it gets one that is bound to the conversation.
    """

    text: str
    signature: str | None = None


@dataclass(frozen=True)
class RedactedThinking:
    """Encrypted thinking."""

    data: str = "cmVkYWN0ZWQ="


@dataclass(frozen=True)
class ToolUse:
    """A call; its arguments stream eight characters at a time or in the given pieces.

    Without an id it gets `toolu_fake_…`, counted through the fake's life.
    """

    name: str
    input: Mapping[str, Any] = field(default_factory=dict)
    id: str | None = None
    pieces: tuple[str, ...] | None = None
    toolset_name: str | None = None


@dataclass(frozen=True)
class ServerCall:
    """A call of a tool that runs at Anthropic, or on an MCP server, and then its result.

    The request must offer the tool. Without an id the call gets one of the fake's.
    """

    name: str
    """Such as `bash_code_execution` or `web_search`; with `server`, a tool of that server."""
    input: Mapping[str, Any] = field(default_factory=dict)
    result: Any = None
    """The result block's `content`; without it, the result comes in a later answer."""
    server: str | None = None
    id: str | None = None
    is_error: bool = False
    """For a result of an MCP server."""


@dataclass(frozen=True)
class RawBlock:
    """Any other block, with its start and its deltas: citations, lone results, future types."""

    start: Mapping[str, Any]
    deltas: tuple[Event, ...] = ()


Block: TypeAlias = Text | Thinking | RedactedThinking | ToolUse | ServerCall | RawBlock


@dataclass(frozen=True)
class Usage:
    """Token counts; output is the number of deltas unless given."""

    input_tokens: int = 12
    output_tokens: int | None = None
    cache_creation_input_tokens: int = 0
    cache_read_input_tokens: int = 0
    thinking_tokens: int | None = None
    more: Mapping[str, Any] = field(default_factory=dict)
    """Further fields of the last `message_delta`'s usage; they override the others."""


@dataclass(frozen=True)
class ErrorEvent:
    """An `error` event after this many deltas; without a stream, the equivalent HTTP error."""

    after: int
    type: str = "overloaded_error"
    message: str = "Overloaded"
    details: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Drop:
    """The connection breaks after this many deltas."""

    after: int


@dataclass(frozen=True)
class Hang:
    """No more data after this many deltas."""

    after: int


@dataclass(frozen=True)
class Malformed:
    """An event with invalid JSON after this many deltas, then the end."""

    after: int
    data: str = "{oops"


@dataclass(frozen=True)
class CutOff:
    """The stream ends cleanly after this many deltas, but without `message_stop`."""

    after: int


Fault: TypeAlias = ErrorEvent | Drop | Hang | Malformed | CutOff


@dataclass(frozen=True)
class Reply:
    """An answer. Times are seconds."""

    blocks: tuple[Block, ...] = (Text(HELLO),)
    stop_reason: str | None = None
    """Default: tool_use with calls, end_turn without."""
    stop_sequence: str | None = None
    stop_details: Mapping[str, Any] | None = None
    usage: Usage = Usage()
    delay: float = 0
    """Before each delta."""
    first_delay: float = 0
    """Before the status line."""
    ping_every: int = 0
    """A ping before every so many deltas; 0 sends only the one at the start."""
    fault: Fault | None = None
    events: tuple[Event, ...] | None = None
    """Exactly these events; `blocks`, stop fields and `usage` are ignored."""
    raw: str | None = None
    """The raw stream, for recorded ones; only the delay applies besides."""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Failure:
    """An HTTP error instead of an answer."""

    status: int
    type: str | None = None
    """Default: the type that belongs to the status."""
    message: str | None = None
    retry_after: float | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, Any] | None = None
    delay: float = 0


@dataclass(frozen=True)
class RawHttp:
    """Exact bytes instead of an HTTP response, as of a gateway; then the connection closes."""

    content: bytes
    abort: bool = False
    """Break the connection after the bytes, instead of closing it."""


Play: TypeAlias = Reply | Failure | RawHttp


def says(text: str, **more: Any) -> Reply:
    """Build a reply with one text."""
    return Reply((Text(text),), **more)


def calls(*uses: ToolUse, **more: Any) -> Reply:
    """Build a reply that calls tools."""
    return Reply(uses, **more)


def thinks(thought: str, text: str, **more: Any) -> Reply:
    """Build a reply that thinks first."""
    return Reply((Thinking(thought), Text(text)), **more)


def refuses(explanation: str = "I cannot help with that.", category: str = "cyber") -> Reply:
    """Build a refusal: HTTP 200 and `stop_reason: "refusal"`."""
    details = {"type": "refusal", "category": category, "explanation": explanation}
    return Reply((), stop_reason="refusal", stop_details=details)


def rate_limited(retry_after: float = 1) -> Failure:
    """Build a 429."""
    message = "This request would exceed your organization's rate limit. Please try again later."
    return Failure(429, message=message, retry_after=retry_after)


def overloaded() -> Failure:
    """Build a 529."""
    return Failure(529, message="Overloaded")


def too_long(tokens: int = 1_000_001, limit: int = 1_000_000) -> Failure:
    """Build the 400 of a context overflow."""
    return Failure(400, message=f"prompt is too long: {tokens} tokens > {limit} maximum")


def words_of(text: str) -> tuple[str, ...]:
    """Split a text into words, each with the space before it."""
    return tuple(re.findall(r"\s*\S+|\s+$", text))


def pieces_of(input: Mapping[str, Any]) -> tuple[str, ...]:
    """Split a call's arguments: an empty piece, then eight characters at a time."""
    written = json.dumps(input) if input else ""
    return ("", *(written[start : start + 8] for start in range(0, len(written), 8)))
