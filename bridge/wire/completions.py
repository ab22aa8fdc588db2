"""OpenAI's legacy Completions: continues a text, or fills a gap in it.

https://platform.openai.com/docs/api-reference/completions
"""

from __future__ import annotations

from typing import Literal, NotRequired

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt
from typing_extensions import TypedDict

from bridge.wire.chat import StreamOptions
from bridge.wire.completion import CompletionUsage, FinishReason

MOST_PROMPTS = 20


class CompletionRequest(BaseModel):
    """`POST /v1/completions`. Other fields are ignored with a notice."""

    model_config = ConfigDict(extra="allow", frozen=True)

    model: str
    # Token ids are accepted here and refused later, with an error that gives the reason.
    prompt: str | list[str] | list[StrictInt] | list[list[StrictInt]] | None = None
    suffix: str | None = None
    max_tokens: int | None = Field(None, ge=0)
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, ge=0, le=1)
    n: int | None = Field(None, ge=1, le=8)
    best_of: int | None = Field(None, ge=0, le=20)
    echo: StrictBool | None = None
    stop: str | list[str] | None = None
    stream: StrictBool | None = None
    stream_options: StreamOptions | None = None
    user: str | None = None


class TextChoice(TypedDict):
    text: str
    index: int
    logprobs: None
    finish_reason: FinishReason | None


class TextCompletion(TypedDict):
    """A complete answer, or one event of a streamed one."""

    id: str
    object: Literal["text_completion"]
    created: int
    model: str
    choices: list[TextChoice]
    usage: NotRequired[CompletionUsage | None]
