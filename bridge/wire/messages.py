"""Anthropic's Messages API between translation and backends: one request, raw stream events.

Shapes follow https://platform.claude.com/docs/en/api/messages and `anthropic.types`. Content blocks
and tools are plain dicts, so that fields which Anthropic adds later pass through unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from operator import attrgetter
from typing import Any, Literal, NotRequired, TypedDict, get_args

StopReason = Literal[
    "end_turn",
    "max_tokens",
    "stop_sequence",
    "tool_use",
    "pause_turn",
    "refusal",
    "model_context_window_exceeded",
]

STOP_REASONS = frozenset((*get_args(StopReason), "compaction"))

BLOCK_TYPES = frozenset(
    {
        "advisor_tool_result",
        "bash_code_execution_tool_result",
        "code_execution_tool_result",
        "compaction",
        "container_upload",
        "fallback",
        "mcp_tool_listing",
        "mcp_tool_result",
        "mcp_tool_use",
        "redacted_thinking",
        "server_tool_use",
        "text",
        "text_editor_code_execution_tool_result",
        "thinking",
        "tool_search_tool_result",
        "tool_use",
        "web_fetch_tool_result",
        "web_search_tool_result",
    }
)
"""The types of an answer's blocks that the API documents."""

DELTA_TYPES = frozenset(
    {
        "citations_delta",
        "compaction_delta",
        "input_json_delta",
        "signature_delta",
        "text_delta",
        "thinking_delta",
    }
)

Block = dict[str, Any]


class Message(TypedDict):
    """One turn; unlike in the API, `content` is always a list of blocks."""

    role: Literal["user", "assistant", "system"]
    content: list[Block]


@dataclass(frozen=True, slots=True)
class MessagesRequest:
    """The body of `POST /v1/messages`; fields that are None are left out."""

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
    """HTTP headers: a version or beta header that a field needs."""
    more: Mapping[str, Any] = field(default_factory=dict)
    """Other fields of the body, from a client of Anthropic's API."""
    whole: bool = field(default=False, compare=False)
    """The client gets the answer in one piece, so a backend may merge events."""

    def body(self) -> dict[str, Any]:
        """Return the JSON body, without `stream`."""
        # `dataclasses.asdict` would copy the whole conversation.
        named = zip(BODY_FIELDS, _of_body(self), strict=True)
        return {**self.more, **{name: value for name, value in named if value is not None}}


# Computed once, because `body()` runs for every request.
BODY_FIELDS = [
    f.name for f in fields(MessagesRequest) if f.name not in ("headers", "more", "whole")
]
"""The fields that are part of the body, under the same name."""
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
"""The fields that `count_tokens` accepts."""
_COUNTED_MORE = ("mcp_servers", "speed")


def keep_counted(request: MessagesRequest) -> MessagesRequest:
    """Return a request without the fields that `count_tokens` refuses."""
    others: dict[str, Any] = dict.fromkeys(set(BODY_FIELDS) - COUNTED_FIELDS - {"max_tokens"})
    more = {name: request.more[name] for name in _COUNTED_MORE if name in request.more}
    return replace(request, **others, more=more)


class Usage(TypedDict, total=False):
    """Claude's token counts; `input_tokens` does not include the cache."""

    input_tokens: int | None
    cache_creation_input_tokens: int | None
    cache_creation: dict[str, int] | None
    """The same by the time that it stays: `ephemeral_1h_input_tokens` and `ephemeral_5m_…`."""
    cache_read_input_tokens: int | None
    output_tokens: int
    output_tokens_details: dict[str, int] | None
    service_tier: str | None


class StartedMessage(TypedDict):
    """The empty message of `message_start`."""

    id: str
    model: str
    usage: Usage


class MessageStart(TypedDict):
    """The first event of an answer."""

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
    container: NotRequired[dict[str, Any] | None]
    """Where code ran, if it did."""


class MessageDelta(TypedDict):
    """The stop reason and the final usage, near the end of an answer."""

    type: Literal["message_delta"]
    delta: StopDelta
    usage: Usage


class MessageStop(TypedDict):
    """The last event; an answer without it is incomplete."""

    type: Literal["message_stop"]


class Ping(TypedDict):
    """A keep-alive event."""

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
"""The events that a backend yields; `error` events are raised as BridgeError instead."""
