"""What the fake plays: a reply with its blocks, its pace and its fault, or a failure."""

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
    """Text, streamed word by word or in the pieces given."""

    text: str
    pieces: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Thinking:
    """Thinking; its text is streamed where the request lets it be seen.

    Without a signature of its own it gets one that is bound to the conversation.
    """

    text: str
    signature: str | None = None


@dataclass(frozen=True)
class RedactedThinking:
    """Thinking that nobody may read."""

    data: str = "cmVkYWN0ZWQ="


@dataclass(frozen=True)
class ToolUse:
    """A call; its arguments stream eight characters at a time or in the pieces given.

    Without an id it gets `toolu_fake_…`, counted through the fake's life.
    """

    name: str
    input: Mapping[str, Any] = field(default_factory=dict)
    id: str | None = None
    pieces: tuple[str, ...] | None = None
    toolset_name: str | None = None


@dataclass(frozen=True)
class RawBlock:
    """Any other block, as it starts, with its deltas: server tools, citations, what is to come."""

    start: Mapping[str, Any]
    deltas: tuple[Event, ...] = ()


Block: TypeAlias = Text | Thinking | RedactedThinking | ToolUse | RawBlock


@dataclass(frozen=True)
class Usage:
    """Token counts; output is the number of deltas unless given."""

    input_tokens: int = 12
    output_tokens: int | None = None
    cache_creation_input_tokens: int = 0
    cache_read_input_tokens: int = 0
    thinking_tokens: int | None = None
    more: Mapping[str, Any] = field(default_factory=dict)
    """Further fields of the last `message_delta`'s usage; they win over the others."""


@dataclass(frozen=True)
class ErrorEvent:
    """An `error` event after this many deltas; without a stream the HTTP error it stands for."""

    after: int
    type: str = "overloaded_error"
    message: str = "Overloaded"


@dataclass(frozen=True)
class Drop:
    """The connection breaks after this many deltas."""

    after: int


@dataclass(frozen=True)
class Hang:
    """Silence for ever after this many deltas."""

    after: int


@dataclass(frozen=True)
class Malformed:
    """An event whose data is no JSON after this many deltas, then the end."""

    after: int
    data: str = "{oops"


@dataclass(frozen=True)
class CutOff:
    """The stream ends in good order after this many deltas, but without `message_stop`."""

    after: int


Fault: TypeAlias = ErrorEvent | Drop | Hang | Malformed | CutOff


@dataclass(frozen=True)
class Reply:
    """An answer. Times are seconds."""

    blocks: tuple[Block, ...] = (Text(HELLO),)
    stop_reason: str | None = None
    """Left out: tool_use with calls, end_turn without."""
    stop_sequence: str | None = None
    stop_details: Mapping[str, Any] | None = None
    usage: Usage = Usage()
    delay: float = 0
    """Before each delta."""
    first_delay: float = 0
    """Before anything at all, the status line included."""
    ping_every: int = 0
    """A ping before every so many deltas; 0 is only the one at the start."""
    fault: Fault | None = None
    events: tuple[Event, ...] | None = None
    """These events and no others: `blocks`, stop fields and `usage` count for nothing."""
    raw: str | None = None
    """The stream as it is, byte for byte, for recorded ones; nothing else counts but the delay."""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Failure:
    """An HTTP error instead of an answer."""

    status: int
    type: str | None = None
    """Left out: the one that belongs to the status."""
    message: str | None = None
    retry_after: float | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, Any] | None = None
    delay: float = 0


Play: TypeAlias = Reply | Failure


def says(text: str, **more: Any) -> Reply:
    """A reply of one text."""
    return Reply((Text(text),), **more)


def calls(*uses: ToolUse, **more: Any) -> Reply:
    """A reply that calls tools."""
    return Reply(uses, **more)


def thinks(thought: str, text: str, **more: Any) -> Reply:
    """A reply that thinks first."""
    return Reply((Thinking(thought), Text(text)), **more)


def refuses(explanation: str = "I cannot help with that.", category: str = "cyber") -> Reply:
    """A refusal: HTTP 200 and `stop_reason: "refusal"`."""
    details = {"type": "refusal", "category": category, "explanation": explanation}
    return Reply((), stop_reason="refusal", stop_details=details)


def rate_limited(retry_after: float = 1) -> Failure:
    """A 429."""
    message = "This request would exceed your organization's rate limit. Please try again later."
    return Failure(429, message=message, retry_after=retry_after)


def overloaded() -> Failure:
    """A 529."""
    return Failure(529, message="Overloaded")


def too_long(tokens: int = 1_000_001, limit: int = 1_000_000) -> Failure:
    """The context overflow: a 400."""
    return Failure(400, message=f"prompt is too long: {tokens} tokens > {limit} maximum")


def words_of(text: str) -> tuple[str, ...]:
    """The words, each with the space before it; together they are the text."""
    return tuple(re.findall(r"\s*\S+|\s+$", text))


def pieces_of(input: Mapping[str, Any]) -> tuple[str, ...]:
    """A call's arguments as they stream: an empty piece, then eight characters at a time."""
    written = json.dumps(input) if input else ""
    return ("", *(written[start : start + 8] for start in range(0, len(written), 8)))
