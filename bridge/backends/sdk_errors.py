"""The `anthropic` SDK's errors as the bridge's own, each by name."""

from __future__ import annotations

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

_BY_STATUS: Mapping[int, type[BridgeError]] = {
    400: InvalidRequest,
    401: KeyRejected,
    402: BillingFailed,
    403: Forbidden,
    404: NotFound,
    408: UpstreamTimedOut,
    413: RequestTooLarge,
    429: RateLimited,
    503: Overloaded,
    504: UpstreamTimedOut,
    529: Overloaded,
}
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
        raise UpstreamSilent("Claude's API was silent for too long.") from error
    except anthropic.APIConnectionError as error:
        raise UpstreamUnreachable(_unreachable(error)) from error
    except httpx2.HTTPError as error:
        raise StreamBroken("The connection to Claude's API broke off.") from error
    except anthropic.CredentialsError as error:
        raise NotSignedIn(f"Anthropic's credentials cannot be used: {error}") from error
    except anthropic.APIError as error:
        raise UpstreamFailed(f"Claude's API failed: {error.message}") from error
    except anthropic.AnthropicError as error:
        raise UpstreamFailed(f"The Anthropic SDK failed: {error}") from error


def from_status_error(error: anthropic.APIStatusError) -> BridgeError:
    """By the error's own type where it has one, else by status; a mid-stream one has status 200."""
    kind = BY_TYPE.get(error.type or "") or _BY_STATUS.get(error.status_code, UpstreamFailed)
    headers = {name: v for name in _PASSED_ON if (v := error.response.headers.get(name))}
    headers |= rate_limits(error.response.headers, time.time())
    if "request-id" in error.response.headers:
        headers[UPSTREAM_ID] = error.response.headers["request-id"]
    message = error.api_message or f"Claude's API answered with status {error.status_code}."
    return _named(kind, message, headers)


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


def _unreachable(error: anthropic.APIConnectionError) -> str:
    where = f"{error.request.url.scheme}://{error.request.url.netloc.decode()}"
    return f"No connection to Claude's API at {where}: {error.__cause__ or error}"
