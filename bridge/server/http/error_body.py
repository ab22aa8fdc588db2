"""Build the body of an error in OpenAI's and in Anthropic's format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.errors import BridgeError
from bridge.wire.errors import AnthropicErrorBody, ErrorBody, FailureEvent

UNREADABLE_BODY = (
    "The body cannot be read: it is incomplete, or its encoding is not the declared one."
)


def build_error_body(error: BridgeError) -> ErrorBody:
    """Build the error object of OpenAI's API."""
    return {
        "error": {
            "message": error.message,
            "type": error.type,
            "param": error.param,
            "code": error.code,
        }
    }


def build_failure_event(error: BridgeError) -> FailureEvent:
    """Build the `error` event of the Responses API's streams."""
    return {
        "type": "error",
        "code": error.code,
        "message": error.message,
        "param": error.param,
    }


def build_anthropic_body(
    error: BridgeError, request_id: str
) -> AnthropicErrorBody | Mapping[str, Any]:
    """Build the error object of Anthropic's API; an error of Claude's own stays as it is.

    Anthropic's SDK decides by `error.details`, whose codes the bridge need not know.
    """
    if error.original is not None:
        return error.original.body
    return {
        "type": "error",
        "error": {"type": error.anthropic_type, "message": error.message},
        "request_id": request_id,
    }


def get_anthropic_status(error: BridgeError) -> int:
    """Return the HTTP status for Anthropic's clients: that of Claude's API for its own errors.

    Its status for `api_error` is 500; 502 is for failures that are no error of Claude's API.
    Anthropic's SDK retries both alike.
    """
    status = error.anthropic_status or error.status
    if error.original is None:
        return status
    return error.original.status or (500 if status == 502 else status)
