"""All failures in one list, and the class for an HTTP status of upstream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bridge.errors.account import BillingFailed, Forbidden, KeyRejected, RateLimited
from bridge.errors.base import BridgeError
from bridge.errors.client import ContextTooLong, InvalidRequest, NotFound, RequestTooLarge
from bridge.errors.upstream import Overloaded, UpstreamFailed, UpstreamTimedOut

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
    # Anthropic's own status, https://platform.claude.com/docs/en/api/errors
    529: Overloaded,
}

THIRD_PARTY = "draw from your extra usage"
"""Part of the message to programs that a plan does not pay for."""
THIRD_PARTY_HINT = (
    "Anthropic decides which programs a plan pays for, and the bridge does not disguise its "
    "requests. Turn on extra usage, or add an API key with `claude-bridge key set anthropic`."
)

_BILLING = (
    "credit balance is too low",
    "reached your specified api usage limit",
    "usage limits for this organization",
)
"""Parts of messages about money, which come with the status and type of an invalid request."""


_TOO_LONG = ("prompt is too long", "exceed context limit", "exceeds the context window")


def explain_refusal(message: str) -> tuple[type[BridgeError], str] | None:
    """Return what an invalid request is by its message, and the message with a hint.

    The API has one type for all invalid requests. None if the message tells nothing more.
    """
    lower = message.lower()
    if any(phrase in lower for phrase in _TOO_LONG):
        return ContextTooLong, message
    if THIRD_PARTY in lower:
        return BillingFailed, f"{message.rstrip('. ')}. {THIRD_PARTY_HINT}"
    if any(phrase in lower for phrase in _BILLING):
        return BillingFailed, message
    return None


def error_for_status(
    status: int, overrides: Mapping[int, type[BridgeError]] | None = None
) -> type[BridgeError]:
    """Return the class for an HTTP status that upstream answered with.

    `overrides` has the statuses that mean something else at this upstream.
    """
    return (overrides or {}).get(status) or _BY_STATUS.get(status, UpstreamFailed)


def list_errors() -> list[type[BridgeError]]:
    """List one class for each outcome, ordered by status and outcome."""
    first: dict[str, type[BridgeError]] = {}
    for kind in _walk(BridgeError):
        # A subclass without its own code, such as UpstreamSilent, is the same error to users.
        first.setdefault(kind.outcome, kind)
    return sorted(first.values(), key=lambda kind: (kind.status, kind.outcome))


def _walk(kind: type[BridgeError]) -> Iterator[type[BridgeError]]:
    for child in kind.__subclasses__():
        # Only the bridge's classes: tests define more.
        if child.__module__.startswith("bridge."):
            yield child
            yield from _walk(child)
