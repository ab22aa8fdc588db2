"""Build the body of an error in OpenAI's and in Anthropic's format."""

from __future__ import annotations

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


def build_anthropic_body(error: BridgeError, request_id: str) -> AnthropicErrorBody:
    """Build the error object of Anthropic's API."""
    return {
        "type": "error",
        "error": {"type": error.anthropic_type, "message": error.message},
        "request_id": request_id,
    }


def get_anthropic_status(error: BridgeError) -> int:
    """Return the HTTP status for Anthropic's clients, such as 529 for an overloaded Claude."""
    return error.anthropic_status or error.status
