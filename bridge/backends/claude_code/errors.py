"""What Claude Code reports as a failure, as the bridge's own errors, each by name."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any

from bridge.errors import (
    BillingFailed,
    BridgeError,
    ContextTooLong,
    InvalidRequest,
    ModelNotFound,
    NotSignedIn,
    RateLimited,
    StreamBroken,
    UpstreamFailed,
    UpstreamUnreachable,
    error_for_status,
)

SIGN_IN = "Run `claude-bridge login` to sign in."

_OWN_STATUSES: Mapping[int, type[BridgeError]] = {401: NotSignedIn, 404: ModelNotFound}
"""Claude Code has no key that could be rejected, and a 404 is about the model."""

_BY_WORD: Mapping[str, type[BridgeError]] = {
    "authentication_failed": NotSignedIn,
    "billing_error": BillingFailed,
    "rate_limit": RateLimited,
    "invalid_request": InvalidRequest,
    "model_not_found": ModelNotFound,
}
"""Claude Code's `error` of an assistant frame, where it tells no status."""

_PREFIX = re.compile(r"^API Error: (\d{3} )?")
_GATEWAY = re.compile(r" If it persists, check your inference gateway \(.*?\)\.?")
_LOST = re.compile(r"Connection to the API was lost|JSON Parse error|StreamTruncated")
_UNREACHABLE = re.compile(r"Unable to connect|Connection refused|ECONNREFUSED|ENOTFOUND")
_SIGNED_OUT = re.compile(r"not logged in|/login", re.IGNORECASE)


class Failures:
    """Remembers what was said of limits, and raises what is said to have failed."""

    def __init__(self) -> None:
        self._resets_at: float | None = None

    def limits(self, info: Mapping[str, Any]) -> None:
        """A `rate_limit_event`: the limit itself is told by the assistant frame behind it."""
        if info.get("status") == "rejected":
            self._resets_at = info.get("resetsAt")

    def assistant(self, frame: Mapping[str, Any]) -> None:
        """An assistant frame that is an error message; others only repeat the events."""
        if not frame.get("is_api_error_message"):
            return
        content = frame["message"]["content"]
        words = " ".join(block["text"] for block in content if block["type"] == "text")
        self._raise(frame.get("api_error_status"), frame.get("error"), words)

    def result(self, frame: Mapping[str, Any]) -> None:
        """A `result` that is an error, although its subtype may say success."""
        if frame.get("is_error"):
            self._raise(frame.get("api_error_status"), None, str(frame.get("result") or ""))

    def retry(self, frame: Mapping[str, Any]) -> None:
        """Claude Code would try again by itself; the bridge has a patience of its own."""
        status, word = frame.get("error_status"), frame.get("error")
        self._raise(status, word, f"Claude's API answered with {word or 'a failure'}.")

    def control(self, response: Mapping[str, Any]) -> None:
        """A control request that was refused: another version of Claude Code than we know."""
        raise UpstreamFailed(f"Claude Code did not take its settings: {response.get('error')}")

    def _raise(self, status: int | None, word: str | None, said: str) -> None:
        message = _GATEWAY.sub("", _PREFIX.sub("", said)).strip() or "Claude Code failed."
        kind = _kind(status, word, message)
        if kind is NotSignedIn:
            message = f"Claude Code is not signed in: {message} {SIGN_IN}"
        raise kind(message, headers=self._retry_after() if kind is RateLimited else None)

    def _retry_after(self) -> dict[str, str]:
        if self._resets_at is None:
            return {}
        return {"retry-after": str(max(1, round(self._resets_at - time.time())))}


def _kind(status: int | None, word: str | None, message: str) -> type[BridgeError]:
    if status == 400 and "prompt is too long" in message.lower():
        return ContextTooLong
    if status is not None:
        return error_for_status(status, _OWN_STATUSES)
    if _SIGNED_OUT.search(message):
        return NotSignedIn
    if _LOST.search(message):
        return StreamBroken
    if _UNREACHABLE.search(message):
        return UpstreamUnreachable
    return _BY_WORD.get(word or "", UpstreamFailed)
