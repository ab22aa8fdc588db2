"""OpenAI's Chat Completions: the answer, in chunks and whole.

https://platform.openai.com/docs/api-reference/chat/streaming
"""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict


class FunctionDelta(TypedDict, total=False):
    name: str
    arguments: str


class CustomDelta(TypedDict, total=False):
    name: str
    input: str


class ToolCallDelta(TypedDict):
    """A piece of a call: the first has id, type and name, the others only arguments.

    A custom tool's call has `custom` instead of `function`, and no type: OpenAI's published
    schema allows only the type `function` in chunks.
    """

    index: int
    id: NotRequired[str]
    type: NotRequired[Literal["function"]]
    function: NotRequired[FunctionDelta]
    custom: NotRequired[CustomDelta]


class UrlCitation(TypedDict):
    """`start_index` and `end_index` count characters of the content."""

    start_index: int
    end_index: int
    title: str
    url: str


class Annotation(TypedDict):
    type: Literal["url_citation"]
    url_citation: UrlCitation


class Delta(TypedDict, total=False):
    role: Literal["assistant"]
    function_call: FunctionDelta
    content: str | None
    refusal: str | None
    reasoning_content: str
    tool_calls: list[ToolCallDelta]
    annotations: list[Annotation]


# TypedDicts, not models: answers are built here and need no validation, and a stream builds one
# chunk per event.

FinishReason = Literal["stop", "length", "tool_calls", "content_filter", "function_call"]


class ChunkChoice(TypedDict):
    index: int
    delta: Delta
    logprobs: None
    finish_reason: FinishReason | None


class PromptTokensDetails(TypedDict):
    cached_tokens: int
    cache_write_tokens: int


class CompletionTokensDetails(TypedDict):
    reasoning_tokens: int


class CompletionUsage(TypedDict):
    """Claude's token counts; prompt_tokens includes cache reads and writes."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: PromptTokensDetails
    completion_tokens_details: CompletionTokensDetails


ServiceTier = Literal["default", "priority"]


class Chunk(TypedDict):
    """One event of a streamed answer."""

    id: str
    object: Literal["chat.completion.chunk"]
    created: int
    model: str
    choices: list[ChunkChoice]
    service_tier: NotRequired[ServiceTier]
    usage: NotRequired[CompletionUsage | None]


class FunctionCall(TypedDict):
    name: str
    arguments: str


class MessageFunctionCall(TypedDict):
    id: str
    type: Literal["function"]
    function: FunctionCall


class CustomCall(TypedDict):
    name: str
    input: str


class MessageCustomCall(TypedDict):
    id: str
    type: Literal["custom"]
    custom: CustomCall


MessageToolCall = MessageFunctionCall | MessageCustomCall


class CompletionMessage(TypedDict):
    role: Literal["assistant"]
    content: str | None
    refusal: str | None
    annotations: list[Annotation]
    reasoning_content: NotRequired[str]
    tool_calls: NotRequired[list[MessageToolCall]]
    function_call: NotRequired[FunctionCall]


class Choice(TypedDict):
    index: int
    message: CompletionMessage
    logprobs: None
    finish_reason: FinishReason


class ChatCompletion(TypedDict):
    """A complete answer."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[Choice]
    service_tier: NotRequired[ServiceTier]
    usage: CompletionUsage
