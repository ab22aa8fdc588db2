"""What Claude's API and its SDK call a failure, as the bridge's own errors, each by name."""

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
def translated() -> Iterator[None]:
    """Raises every failure of the SDK or its transport as a BridgeError, from its cause."""
    try:
        yield
    except anthropic.APIStatusError as error:
        raise from_status_error(error) from error
    except (anthropic.APITimeoutError, httpx2.TimeoutException) as error:
        raise UpstreamSilent(SILENT) from error
    except anthropic.APIConnectionError as error:
        where = f"{error.request.url.scheme}://{error.request.url.netloc.decode()}"
        raise UpstreamUnreachable(unreachable(where, error.__cause__ or error)) from error
    except httpx2.HTTPError as error:
        raise StreamBroken(BROKEN) from error
    except anthropic.CredentialsError as error:
        raise NotSignedIn(f"Anthropic's credentials cannot be used: {error}") from error
    except anthropic.APIError as error:
        raise UpstreamFailed(f"Claude's API failed: {error.message}") from error
    except anthropic.AnthropicError as error:
        raise UpstreamFailed(f"The Anthropic SDK failed: {error}") from error


def from_status_error(error: anthropic.APIStatusError) -> BridgeError:
    """By the error's own type where it has one, else by status; a mid-stream one has status 200."""
    return _refused(error.status_code, error.response.headers, error.type, error.api_message)


def from_response(status: int, headers: Mapping[str, str], body: bytes) -> BridgeError:
    """The same for an answer that was not read by the SDK."""
    try:
        error = json.loads(body)["error"]
        kind, message = error.get("type"), error.get("message")
    except (ValueError, LookupError, TypeError, AttributeError):
        # A gateway's page, as like as not.
        kind = message = None
    words = message if isinstance(message, str) else None
    return _refused(status, headers, kind if isinstance(kind, str) else None, words)


def unreachable(where: str, cause: BaseException) -> str:
    """In words; `where` is upstream's scheme and host."""
    return f"No connection to Claude's API at {where}: {cause}"


def _refused(
    status: int, headers: Mapping[str, str], type: str | None, message: str | None
) -> BridgeError:
    kind = BY_TYPE.get(type or "") or error_for_status(status)
    kept = {name: v for name in _PASSED_ON if (v := headers.get(name))}
    kept |= rate_limits(headers, time.time())
    if "request-id" in headers:
        kept[UPSTREAM_ID] = headers["request-id"]
    return _named(kind, message or f"Claude's API answered with status {status}.", kept)


def rate_limits(headers: Mapping[str, str], now: float) -> dict[str, str]:
    """Anthropic's limits under OpenAI's names; `now` in Unix seconds, resets as `12s`."""
    told: dict[str, str] = {}
    for kind in ("requests", "tokens"):
        for part in ("limit", "remaining", "reset"):
            value = headers.get(f"anthropic-ratelimit-{kind}-{part}")
            if value is not None:
                told[f"x-ratelimit-{part}-{kind}"] = (
                    _from_now(value, now) if part == "reset" else value
                )
    return told


def _from_now(moment: str, now: float) -> str:
    """An RFC 3339 moment as the seconds until then; what is none is passed on as it is."""
    try:
        return f"{max(0, round(datetime.fromisoformat(moment).timestamp() - now))}s"
    except ValueError:
        return moment


def from_error_event(event: Mapping[str, Any]) -> BridgeError:
    """The `error` event of a running stream: `{"type": "error", "error": {type, message}}`."""
    error = event.get("error") or {}
    kind = BY_TYPE.get(error.get("type", ""), UpstreamFailed)
    return _named(kind, error.get("message") or "Claude's API reported an error without words.", {})


def _named(kind: type[BridgeError], message: str, headers: Mapping[str, str]) -> BridgeError:
    if kind is InvalidRequest and any(words in message.lower() for words in _TOO_LONG):
        kind = ContextTooLong
    if kind is KeyRejected:
        message = f"Anthropic refused the key: {message} Check ANTHROPIC_API_KEY."
    return kind(message, headers=headers)
