"""OpenAI's Responses API: requests and responses.

https://platform.openai.com/docs/api-reference/responses and https://www.openresponses.org
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field, StrictBool, model_validator
from typing_extensions import TypedDict

from bridge.wire.chat import MOST_MESSAGES, MOST_TOOLS, LenientModel
from bridge.wire.chat_input.effort import ReasoningEffort
from bridge.wire.chat_input.spellings import read_response_spellings

Item = dict[str, Any]
"""An item of input or output; its fields depend on its `type`."""

Input = str | Annotated[list[Item], Field(max_length=MOST_MESSAGES)]
"""The bound is the list's: on the union, it would also limit the length of a string."""

Status = Literal["queued", "in_progress", "completed", "incomplete", "failed", "cancelled"]


class ReasoningOptions(LenientModel):
    effort: ReasoningEffort | None = None
    max_tokens: int | None = Field(None, ge=0)
    """OpenRouter's budget for thinking, in tokens."""
    summary: Literal["auto", "concise", "detailed", "none"] | None = None


class TextOptions(LenientModel):
    format: dict[str, Any] | None = None
    verbosity: Literal["low", "medium", "high"] | None = None


class ResponsesRequest(LenientModel):
    """`POST /v1/responses`. Other fields are ignored with a notice."""

    # Items are plain dicts: they are converted to a chat's messages, whose models validate them.
    model: str
    input: Input | None = None
    instructions: str | None = None
    tools: list[Item] | None = Field(None, max_length=MOST_TOOLS)
    tool_choice: str | dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    max_output_tokens: int | None = Field(None, ge=0)
    max_tool_calls: int | None = Field(None, ge=1)
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, ge=0, le=1)
    text: TextOptions | None = None
    reasoning: ReasoningOptions | None = None
    include: list[str] | None = None
    store: StrictBool | None = None
    previous_response_id: str | None = None
    truncation: Literal["auto", "disabled"] | None = None
    stream: StrictBool | None = None
    metadata: dict[str, str] | None = None
    user: str | None = None
    safety_identifier: str | None = None
    prompt_cache_key: str | None = None
    service_tier: str | None = None
    background: StrictBool | None = None
    computer_use: StrictBool | None = None
    """The bridge's own field: let Claude use this computer, as far as the user permits it."""

    @model_validator(mode="before")
    @staticmethod
    def read_variants(body: Any) -> Any:
        """Return a client's body in the words of this model."""
        return read_response_spellings(body)


class InputTokensDetails(TypedDict):
    cached_tokens: int
    cache_write_tokens: int


class OutputTokensDetails(TypedDict):
    reasoning_tokens: int


class ResponseUsage(TypedDict):
    """Claude's token counts; input_tokens includes cache reads and writes."""

    input_tokens: int
    input_tokens_details: InputTokensDetails
    output_tokens: int
    output_tokens_details: OutputTokensDetails
    total_tokens: int


class IncompleteDetails(TypedDict):
    reason: Literal["max_output_tokens", "content_filter"]


class ResponseError(TypedDict):
    code: str
    message: str


class Response(TypedDict):
    """A response; all fields are always present, because strict clients require them."""

    id: str
    object: Literal["response"]
    created_at: int
    completed_at: int | None
    status: Status
    error: ResponseError | None
    incomplete_details: IncompleteDetails | None
    model: str
    output: list[Item]
    usage: ResponseUsage | None
    previous_response_id: str | None
    instructions: str | None
    tools: list[Item]
    tool_choice: str | Item
    parallel_tool_calls: bool
    max_output_tokens: int | None
    max_tool_calls: int | None
    temperature: float
    top_p: float
    presence_penalty: float
    frequency_penalty: float
    top_logprobs: int
    text: Item
    reasoning: Item
    truncation: Literal["auto", "disabled"]
    store: bool
    background: bool
    service_tier: str
    metadata: dict[str, str]
    user: str | None
    safety_identifier: str | None
    prompt_cache_key: str | None
    bridge_notice: NotRequired[str]
    """The bridge's own field, where a header comes too late: why the response is not on disk."""


class InputItems(TypedDict):
    """`GET /v1/responses/{id}/input_items`."""

    object: Literal["list"]
    data: list[Item]
    first_id: str | None
    last_id: str | None
    has_more: bool


class CompactRequest(LenientModel):
    """`POST /v1/responses/compact`."""

    model: str
    input: Input | None = None
    instructions: str | None = None
    previous_response_id: str | None = None
    reasoning: ReasoningOptions | None = None
    service_tier: str | None = None
    prompt_cache_key: str | None = None


class CompactedResponse(TypedDict):
    """The user's messages, and an item that summarizes the rest."""

    id: str
    object: Literal["response.compaction"]
    created_at: int
    output: list[Item]
    usage: ResponseUsage


class InputTokens(TypedDict):
    """`POST /v1/responses/input_tokens`."""

    object: Literal["response.input_tokens"]
    input_tokens: int


class ResponseDeleted(TypedDict):
    """`DELETE /v1/responses/{id}`."""

    id: str
    object: Literal["response.deleted"]
    deleted: Literal[True]
