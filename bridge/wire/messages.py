"""Anthropic's Messages API as the seam speaks it: one frozen request out, raw stream events in.

Shapes follow https://platform.claude.com/docs/en/api/messages and `anthropic.types`; content blocks
and tools stay plain dicts, so that what upstream adds tomorrow passes through unharmed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any, Literal, NotRequired, TypedDict

StopReason = Literal[
    "end_turn",
    "max_tokens",
    "stop_sequence",
    "tool_use",
    "pause_turn",
    "refusal",
    "model_context_window_exceeded",
]

Block = dict[str, Any]


class Message(TypedDict):
    """One turn; `content` is always a list of content blocks here."""

    role: Literal["user", "assistant", "system"]
    content: list[Block]


@dataclass(frozen=True, slots=True)
class MessagesRequest:
    """The body of `POST /v1/messages`; a field that is None is left out of it."""

    model: str
    max_tokens: int
    messages: tuple[Message, ...]
    system: tuple[Block, ...] | None = None
    tools: tuple[Block, ...] | None = None
    tool_choice: Mapping[str, Any] | None = None
    stop_sequences: tuple[str, ...] | None = None
    temperature: float | None = None
    top_p: float | None = None
    thinking: Mapping[str, Any] | None = None
    output_config: Mapping[str, Any] | None = None
    metadata: Mapping[str, str] | None = None
    service_tier: str | None = None
    cache_control: Mapping[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """Sent beside the body: a version or beta header that a field needs."""
    more: Mapping[str, Any] = field(default_factory=dict)
    """What a client of Anthropic's sends beyond these."""
    whole: bool = field(default=False, compare=False)
    """The client gets the answer whole: nobody sees in how many pieces it came."""

    def body(self) -> dict[str, Any]:
        """The JSON body, without `stream`."""
        named = zip(BODY_FIELDS, _of_body(self), strict=True)
        return {**self.more, **{name: value for name, value in named if value is not None}}


BODY_FIELDS = [
    f.name for f in fields(MessagesRequest) if f.name not in ("headers", "more", "whole")
]
"""The fields that are sent, each under its own name."""
_of_body = attrgetter(*BODY_FIELDS)


COUNTED_FIELDS = frozenset(
    {
        "cache_control",
        "messages",
        "model",
        "output_config",
        "system",
        "thinking",
        "tool_choice",
        "tools",
    }
)
"""The fields of a request that token counting takes."""


class Usage(TypedDict, total=False):
    """Tokens as upstream counts them; `input_tokens` leaves the cache out."""

    input_tokens: int | None
    cache_creation_input_tokens: int | None
    cache_read_input_tokens: int | None
    output_tokens: int
    output_tokens_details: dict[str, int] | None
    service_tier: str | None


class StartedMessage(TypedDict):
    """The message of `message_start`, still empty."""

    id: str
    model: str
    usage: Usage


class MessageStart(TypedDict):
    """The first event of every answer."""

    type: Literal["message_start"]
    message: StartedMessage


class ContentBlockStart(TypedDict):
    """A content block begins: text, thinking, tool_use, and others."""

    type: Literal["content_block_start"]
    index: int
    content_block: Block


class ContentBlockDelta(TypedDict):
    """A piece of a block: text_delta, input_json_delta, thinking_delta, signature_delta, …"""

    type: Literal["content_block_delta"]
    index: int
    delta: dict[str, Any]


class ContentBlockStop(TypedDict):
    """A content block is complete."""

    type: Literal["content_block_stop"]
    index: int


class StopDelta(TypedDict):
    """Why the answer ended."""

    stop_reason: StopReason | None
    stop_sequence: NotRequired[str | None]
    stop_details: NotRequired[dict[str, Any] | None]


class MessageDelta(TypedDict):
    """Near the end: the stop reason, and the usage that counts."""

    type: Literal["message_delta"]
    delta: StopDelta
    usage: Usage


class MessageStop(TypedDict):
    """The last event; without it the answer broke off."""

    type: Literal["message_stop"]


class Ping(TypedDict):
    """A sign of life."""

    type: Literal["ping"]


MessageEvent = (
    MessageStart
    | ContentBlockStart
    | ContentBlockDelta
    | ContentBlockStop
    | MessageDelta
    | MessageStop
    | Ping
)
"""What a backend yields. Its `error` events are raised as BridgeError, never yielded."""
