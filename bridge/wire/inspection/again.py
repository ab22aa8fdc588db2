"""Types of sending a recorded request again."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from bridge.wire.chat_input.effort import ReasoningEffort


class Changes(BaseModel):
    """What is to be different; what is absent stays as it was."""

    model_config = ConfigDict(extra="forbid")

    model: str | None = Field(None, min_length=1, max_length=200)
    effort: ReasoningEffort | None = None
    backend: Literal["anthropic", "claude-code"] | None = None
    without_tool: str | None = Field(None, max_length=200, description="The tool to leave out.")
    temperature: float | None = Field(
        None,
        strict=True,
        ge=0,
        le=2,
        description="Sent to Claude as it is, also where it would be left out.",
    )


class Estimate(BaseModel):
    """What sending it again would cost."""

    model: str
    backend: str
    input_tokens: int | None = Field(description="Counted; null where there is no counting.")
    cost: float | None = Field(description="Dollars, if the answer is as long as the first.")
    most: float | None = Field(description="Dollars, if the answer is as long as it may be.")
    words: str


class AnswerFigures(BaseModel):
    """An answer and its figures."""

    id: str
    model: str | None
    backend: str | None
    outcome: str | None
    text: str
    notices: list[str]
    input_tokens: int | None
    output_tokens: int | None
    cache_read_tokens: int | None
    first_chunk_seconds: float | None
    seconds: float | None
    cost: float | None


class Comparison(BaseModel):
    """Both answers."""

    first: AnswerFigures
    again: AnswerFigures
