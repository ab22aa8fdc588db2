"""The type of one exchange in full."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from bridge.wire.inspection.recorder import ExchangeSummary


class Header(BaseModel):
    """A header; keys are replaced by `[secret]`."""

    name: str
    value: str


class InspectedImage(BaseModel):
    """An image that is shown as a placeholder."""

    placeholder: str
    media_type: str
    size: int = Field(description="Bytes.")
    thumbnail: str = Field(description="A small JPEG in base64; empty if it cannot be read.")


class FieldTarget(BaseModel):
    """A place in the request to Claude."""

    path: str
    value: Any = Field(description="What is there; null if the field removes it.")


class InspectedField(BaseModel):
    """A field of the client's request, and what became of it."""

    name: str
    value: Any = None
    fate: Literal[
        "kept", "renamed", "moved", "changed", "emulated", "set_aside", "used_here", "added"
    ]
    targets: list[FieldTarget]
    notices: list[str] = Field(description="The notices about it.")


class InspectedCall(BaseModel):
    """A request to a backend."""

    backend: str
    sent_at: float = Field(description="Seconds since the request was accepted, as all times here.")
    opened_at: float | None = Field(description="When `message_start` had arrived.")
    ended_at: float | None
    failure: str | None = Field(description="The code of the error and its message.")
    headers: list[Header]
    body: str = Field(description="JSON of Anthropic's Messages API, as the backend got it.")
    given: str | None = Field(
        description="What Claude Code was given for it, as JSON: its arguments and messages."
    )
    events: int


class TimelineStep(BaseModel):
    """A step and its time."""

    at: float
    what: str


class InspectedEvent(BaseModel):
    """An event of upstream, and beside it what the client got for it."""

    at: float
    call: int | None = Field(description="The index of the request to upstream.")
    upstream: str | None
    client: str | None


class PrefixDifference(BaseModel):
    """Where the request first differs from the previous one of the same conversation."""

    previous: str = Field(description="The id of that exchange.")
    words: str
    same_bytes: int = Field(description="Bytes of the earlier prompt before the difference.")
    earlier_bytes: int


class ExchangeDetail(ExchangeSummary):
    """One exchange in full."""

    query: str = Field(description="What came behind `?`.")
    reason: str | None = Field(description="The message of the error that the client got.")
    request_headers: list[Header]
    request_body: str = Field(description="The body as it came.")
    response_headers: list[Header]
    all_notices: list[str]
    images: list[InspectedImage]
    fields: list[InspectedField]
    fields_problem: str | None = Field(description="Why there are no fields.")
    calls: list[InspectedCall]
    timeline: list[TimelineStep]
    events: list[InspectedEvent]
    usages: list[dict[str, Any]] = Field(description="Claude's own counts, one for each answer.")
    prefix: PrefixDifference | None = Field(
        description="Null without an earlier request of the conversation."
    )
    cache_miss_reason: Any = Field(None, description="Claude's own reason, where it gives one.")
    is_stream: bool
    can_repeat: bool = Field(description="Whether it can be sent again.")
