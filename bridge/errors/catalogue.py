"""All failures in one list, and the class for an HTTP status of upstream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bridge.errors.account import BillingFailed, Forbidden, KeyRejected, RateLimited
from bridge.errors.base import BridgeError
from bridge.errors.client import InvalidRequest, NotFound, RequestTooLarge
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
    THIRD_PARTY,
    "credit balance is too low",
    "reached your specified api usage limit",
    "usage limits for this organization",
)
"""Parts of messages about money, which come with the status and type of an invalid request."""


def explain_billing(message: str) -> str | None:
    """Return the message of a refusal that is about money, with a hint; None for any other."""
    lower = message.lower()
    if not any(phrase in lower for phrase in _BILLING):
        return None
    return f"{message.rstrip('. ')}. {THIRD_PARTY_HINT}" if THIRD_PARTY in lower else message


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
