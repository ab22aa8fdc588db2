"""Anthropic's Messages API as its clients call it; unknown fields are passed on unchanged.

https://platform.claude.com/docs/en/api/messages
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field, StrictBool
from typing_extensions import TypedDict

from bridge.wire.chat import MOST_MESSAGES, MOST_TOOLS, LenientModel

# Only the fields that the bridge reads are validated here; Anthropic's API validates the rest.


class AnyBlock(TypedDict):
    """A content block; all its other fields are preserved."""

    __pydantic_config__ = ConfigDict(extra="allow")  # type: ignore[misc]  # pydantic's documented syntax
    type: str


class TurnBody(TypedDict):
    # Not a model: that takes several times as long to validate.
    __pydantic_config__ = ConfigDict(extra="allow")  # type: ignore[misc]  # as above
    role: Literal["user", "assistant", "system"]
    content: str | list[AnyBlock]


class CountBody(LenientModel):
    """`POST /v1/messages/count_tokens`."""

    model: str = Field(min_length=1)
    messages: list[TurnBody] = Field(min_length=1, max_length=MOST_MESSAGES)
    system: str | list[AnyBlock] | None = None
    tools: list[dict[str, Any]] | None = Field(None, max_length=MOST_TOOLS)
    # Backends add to these, or read parts of them.
    cache_control: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None
    output_config: dict[str, Any] | None = None
    thinking: dict[str, Any] | None = None
    tool_choice: dict[str, Any] | None = None


class MessagesBody(CountBody):
    """`POST /v1/messages`."""

    max_tokens: int = Field(ge=1)
    stream: StrictBool | None = None


class TokenCount(TypedDict):
    input_tokens: int


class WholeMessage(TypedDict):
    """The complete answer of `POST /v1/messages`."""

    id: str
    type: Literal["message"]
    role: Literal["assistant"]
    model: str
    content: list[dict[str, Any]]
    stop_reason: str | None
    stop_sequence: str | None
    usage: dict[str, Any]


class AnthropicModel(TypedDict):
    """A model of `GET /v1/models`; `created_at` is an RFC 3339 time."""

    type: Literal["model"]
    id: str
    display_name: str
    created_at: str


class AnthropicModelList(TypedDict):
    data: list[AnthropicModel]
    has_more: bool
    first_id: str | None
    last_id: str | None
