"""The error objects of OpenAI and of Anthropic."""

from __future__ import annotations

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict


class ErrorDetail(TypedDict):
    message: str
    type: str
    param: str | None
    code: str | None


class ErrorBody(TypedDict):
    """Body of every failed response, and last event of a stream that failed."""

    error: ErrorDetail


class FailureEvent(ErrorDetail):
    """Last event of a Responses stream that failed; its `type` is `error`."""


class AnthropicErrorDetail(TypedDict):
    type: str
    message: str
    details: NotRequired[Any]
    """For programs: `error_code` names the cause. Only errors of Claude's API have it."""


class AnthropicErrorBody(TypedDict):
    """Error body for Anthropic's clients."""

    type: Literal["error"]
    error: AnthropicErrorDetail
    request_id: NotRequired[str | None]
