"""Translates the errors of Claude's API to the bridge's own errors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bridge.backends.anthropic_api.headers import pick_headers
from bridge.backends.anthropic_api.odd_answers import explain_failure, explain_success
from bridge.backends.credential import KEY_REJECTED
from bridge.errors import (
    BillingFailed,
    BridgeError,
    Forbidden,
    InvalidRequest,
    KeyRejected,
    ModelNotFound,
    NotFound,
    OriginalError,
    Overloaded,
    RateLimited,
    RequestTooLarge,
    UpstreamFailed,
    UpstreamTimedOut,
    error_for_status,
    explain_refusal,
)
from bridge.wire.json_bytes import decode_json

BY_TYPE: Mapping[str, type[BridgeError]] = {
    "invalid_request_error": InvalidRequest,
    "authentication_error": KeyRejected,
    "billing_error": BillingFailed,
    "permission_error": Forbidden,
    "not_found_error": NotFound,
    "request_too_large": RequestTooLarge,
    "rate_limit_error": RateLimited,
    "timeout_error": UpstreamTimedOut,
    "api_error": UpstreamFailed,
    "overloaded_error": Overloaded,
    "conflict_error": UpstreamFailed,
    "memory_precondition_failed_error": UpstreamFailed,
    "memory_path_conflict_error": UpstreamFailed,
}
"""Anthropic's error types (`anthropic.types.shared.ErrorType`), and one older than it."""

SILENT = "Claude's API was silent for too long."
BROKEN = "The connection to Claude's API broke off."
UNREADABLE = "Claude's API answered in an encoding that cannot be decoded."
NOT_HTTP = "The answer from the address of Claude's API is not HTTP."
_NO_MESSAGE = "Claude's API reported an error without a message."
_KEY = re.compile(r"sk-ant-[\w-]+")
_LOGIN = re.compile(r"//[^\s'\"]*@")
"""The user name and the password in an address."""
MAX_ORIGINAL_BYTES = 64 * 1024
"""Length of an error that is passed on as it is; those of Claude's API are far shorter."""


def from_response(
    status: int, headers: Mapping[str, str], body: bytes, *, cut: bool = False
) -> BridgeError:
    """Translate an error response, by its own type if it has one, else by its status.

    `cut`: the connection broke before the body was complete.
    """
    kind, message = read_error_object(body)
    if message is not None:
        known = BY_TYPE.get(kind or "") or error_for_status(status)
    else:
        known, message = explain_failure(status, headers, body, cut=cut)
        known = BY_TYPE.get(kind or "") or known
    original = read_original(body, status if status >= 400 else None)
    return _refine_error(known, message, pick_headers(headers), original)


def from_odd_success(status: int, headers: Mapping[str, str], body: bytes) -> BridgeError:
    """Translate a response with a 2xx status that is no answer; it may hold an error all the same.

    Gateways exist that report every failure with the status 200.
    """
    kind, message = read_error_object(body)
    if kind is not None and message is not None:
        known = BY_TYPE.get(kind, UpstreamFailed)
        return _refine_error(known, message, pick_headers(headers), read_original(body, None))
    error = explain_success(status, headers, body)
    error.headers.update(pick_headers(headers))
    return error


def read_object(status: int, headers: Mapping[str, str], body: bytes) -> Mapping[str, Any]:
    """Return the JSON object of a successful response. Raises BridgeError if it is none."""
    try:
        value = decode_json(body)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict) or isinstance(value.get("error"), dict):
        raise from_odd_success(status, headers, body)
    return value


def describe_connection_failure(where: str, cause: BaseException | str) -> str:
    """Describe it for the user, without logins; `where` is upstream's scheme and host."""
    return _LOGIN.sub("//", f"Cannot connect to Claude's API at {where}: {cause}")


def read_error_object(body: bytes) -> tuple[str | None, str | None]:
    """Return the type and the message of `{"error": {type, message}}`; None for what it lacks.

    Gateways also send `{"error": "text"}`, `{"message": "text"}` or `{"detail": "text"}`.
    """
    try:
        body_object = decode_json(body)
    # Nothing deeper than the parser can follow is an error object.
    except (ValueError, RecursionError):
        return None, None
    if not isinstance(body_object, dict):
        return None, None
    error = body_object.get("error")
    if isinstance(error, dict):
        return _get_text(error.get("type")), _get_text(error.get("message"))
    texts = (_get_text(text) for text in (error, *map(body_object.get, ("message", "detail"))))
    return None, next((text for text in texts if text), None)


def read_original(body: bytes, status: int | None) -> OriginalError | None:
    """Return a response's body if it is an error of Claude's API; None for that of another server.

    `status`: the response's, if it is that of an error.
    """
    if len(body) > MAX_ORIGINAL_BYTES:
        return None
    try:
        return _find_original(decode_json(body), status)
    except (ValueError, RecursionError):
        return None


def _find_original(body: object, status: int | None) -> OriginalError | None:
    if not isinstance(body, dict) or body.get("type") != "error":
        return None
    error, id = body.get("error"), body.get("request_id")
    if not isinstance(error, dict) or not isinstance(id, str | None):
        return None
    if not _get_text(error.get("type")) or not _get_text(error.get("message")):
        return None
    # A gateway that quotes the request must not show the user's key to all clients.
    return None if _KEY.search(str(body)) else OriginalError(body, status)


def _get_text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def from_error_event(event: Mapping[str, Any]) -> BridgeError:
    """Translate the `error` event of a stream: `{"type": "error", "error": {type, message}}`."""
    error = event.get("error")
    # Some gateways send the message alone.
    fields = error if isinstance(error, dict) else {"message": error}
    kind, message = fields.get("type"), fields.get("message")
    return _refine_error(
        BY_TYPE.get(kind, UpstreamFailed) if isinstance(kind, str) else UpstreamFailed,
        message if isinstance(message, str) and message else _NO_MESSAGE,
        {},
        _find_original(event, None),
    )


def _refine_error(
    kind: type[BridgeError],
    message: str,
    headers: Mapping[str, str],
    original: OriginalError | None,
) -> BridgeError:
    message = _KEY.sub("sk-ant-…", message)
    if kind is InvalidRequest and (refused := explain_refusal(message)) is not None:
        kind, message = refused
    if kind is NotFound and message.startswith("model:"):
        kind = ModelNotFound
    if kind is KeyRejected:
        message = f"{KEY_REJECTED}: {message}"
    param = "model" if kind is ModelNotFound else None
    return kind(message, param=param, headers=headers, original=original)
