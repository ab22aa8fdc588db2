"""OpenAI's error object."""

from __future__ import annotations

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
