"""The error objects of OpenAI and of Anthropic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from typing_extensions import TypedDict

from bridge.errors import BridgeError


class ErrorDetail(TypedDict):
    message: str
    type: str
    param: str | None
    code: str | None


class ErrorBody(TypedDict):
    """What every failed answer carries, and the last line of a stream that failed."""

    error: ErrorDetail


def error_body(error: BridgeError) -> ErrorBody:
    """The error as clients of OpenAI read it."""
    detail: ErrorDetail = {
        "message": error.message,
        "type": error.type,
        "param": error.param,
        "code": error.code,
    }
    return {"error": detail}


class FailureEvent(ErrorDetail):
    """The last event of a response's stream that the server itself cut off."""


def failure_event(error: BridgeError) -> FailureEvent:
    """As the Responses API tells it."""
    return {
        "type": "error",
        "code": error.code,
        "message": error.message,
        "param": error.param,
    }


class AnthropicErrorDetail(TypedDict):
    type: str
    message: str


class AnthropicErrorBody(TypedDict):
    """The same for clients of Anthropic's."""

    type: Literal["error"]
    error: AnthropicErrorDetail
    request_id: str


_ANTHROPIC_TYPES: Mapping[int, str] = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    405: "invalid_request_error",
    413: "request_too_large",
    415: "invalid_request_error",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
}


def anthropic_error_body(error: BridgeError, request_id: str) -> AnthropicErrorBody:
    """The error as clients of Anthropic read it."""
    kind = _ANTHROPIC_TYPES.get(error.status, "api_error")
    return {
        "type": "error",
        "error": {"type": kind, "message": error.message},
        "request_id": request_id,
    }


def anthropic_status(error: BridgeError) -> int:
    """Its own status for Claude being overloaded."""
    return 529 if error.code == "overloaded" else error.status
