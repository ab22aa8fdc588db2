"""Translates the errors of Claude's API and its SDK to the bridge's own errors."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import anthropic
import httpx2

from bridge.errors import (
    UPSTREAM_ID,
    BillingFailed,
    BridgeError,
    ContextTooLong,
    Forbidden,
    InvalidRequest,
    KeyRejected,
    NotFound,
    NotSignedIn,
    Overloaded,
    RateLimited,
    RequestTooLarge,
    StreamBroken,
    UpstreamFailed,
    UpstreamSilent,
    UpstreamTimedOut,
    UpstreamUnreachable,
    error_for_status,
)

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
_PASSED_ON = ("retry-after",)
_TOO_LONG = ("prompt is too long", "exceed context limit", "exceeds the context window")


@contextmanager
def translate_errors() -> Iterator[None]:
    """Raise every failure of the SDK or its transport as a BridgeError, from its cause."""
    try:
        yield
    except anthropic.APIStatusError as error:
        raise from_status_error(error) from error
    except (anthropic.APITimeoutError, httpx2.TimeoutException) as error:
        raise UpstreamSilent(SILENT) from error
    except anthropic.APIConnectionError as error:
        where = f"{error.request.url.scheme}://{error.request.url.netloc.decode()}"
        raise UpstreamUnreachable(
            describe_connection_failure(where, error.__cause__ or error)
        ) from error
    except httpx2.HTTPError as error:
        raise StreamBroken(BROKEN) from error
    except anthropic.CredentialsError as error:
        raise NotSignedIn(f"Anthropic's credentials cannot be used: {error}") from error
    except anthropic.APIError as error:
        raise UpstreamFailed(f"Claude's API failed: {error.message}") from error
    except anthropic.AnthropicError as error:
        raise UpstreamFailed(f"The Anthropic SDK failed: {error}") from error


def from_status_error(error: anthropic.APIStatusError) -> BridgeError:
    """Translate an error of the SDK, by its own type if it has one, else by its status.

    The status of an error in the middle of a stream is 200.
    """
    return _build_error(error.status_code, error.response.headers, error.type, error.api_message)


def from_response(status: int, headers: Mapping[str, str], body: bytes) -> BridgeError:
    """Translate an error response that was not read by the SDK."""
    try:
        error = json.loads(body)["error"]
        kind, message = error.get("type"), error.get("message")
    except (ValueError, LookupError, TypeError, AttributeError):
        # Probably the HTML page of a gateway or proxy.
        kind = message = None
    return _build_error(
        status,
        headers,
        kind if isinstance(kind, str) else None,
        message if isinstance(message, str) else None,
    )


def describe_connection_failure(where: str, cause: BaseException) -> str:
    """Describe it for the user; `where` is upstream's scheme and host."""
    return f"Cannot connect to Claude's API at {where}: {cause}"


def _build_error(
    status: int, headers: Mapping[str, str], type: str | None, message: str | None
) -> BridgeError:
    kind = BY_TYPE.get(type or "") or error_for_status(status)
    passed_on = {name: value for name in _PASSED_ON if (value := headers.get(name))}
    passed_on |= convert_rate_limits(headers, time.time())
    if "request-id" in headers:
        passed_on[UPSTREAM_ID] = headers["request-id"]
    return _refine_error(kind, message or f"Claude's API answered with status {status}.", passed_on)


def convert_rate_limits(headers: Mapping[str, str], now: float) -> dict[str, str]:
    """Return Anthropic's rate limits under OpenAI's names; `now` in Unix seconds, resets as `12s`.

    https://docs.claude.com/en/api/rate-limits#response-headers
    """
    limits: dict[str, str] = {}
    for kind in ("requests", "tokens"):
        for part in ("limit", "remaining", "reset"):
            value = headers.get(f"anthropic-ratelimit-{kind}-{part}")
            if value is not None:
                limits[f"x-ratelimit-{part}-{kind}"] = (
                    _as_seconds_from_now(value, now) if part == "reset" else value
                )
    return limits


def _as_seconds_from_now(value: str, now: float) -> str:
    """Convert an RFC 3339 time to seconds from now; return other values unchanged."""
    try:
        return f"{max(0, round(datetime.fromisoformat(value).timestamp() - now))}s"
    except ValueError:
        return value


def from_error_event(event: Mapping[str, Any]) -> BridgeError:
    """Translate the `error` event of a stream: `{"type": "error", "error": {type, message}}`."""
    error = event.get("error") or {}
    kind = BY_TYPE.get(error.get("type", ""), UpstreamFailed)
    return _refine_error(
        kind, error.get("message") or "Claude's API reported an error without a message.", {}
    )


def _refine_error(kind: type[BridgeError], message: str, headers: Mapping[str, str]) -> BridgeError:
    # The API has one type for all invalid requests; only the message tells a prompt that is too
    # long, for which OpenAI's clients have an error code of its own.
    if kind is InvalidRequest and any(phrase in message.lower() for phrase in _TOO_LONG):
        kind = ContextTooLong
    if kind is KeyRejected:
        message = f"Anthropic rejected the API key: {message} Check ANTHROPIC_API_KEY."
    return kind(message, headers=headers)
