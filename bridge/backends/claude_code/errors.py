"""Translates the failures that Claude Code reports to the bridge's own errors."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from typing import Any, NoReturn

from bridge.errors import (
    AccountRefused,
    BillingFailed,
    BridgeError,
    Forbidden,
    InvalidRequest,
    ModelNotFound,
    NotSignedIn,
    Overloaded,
    RateLimited,
    RequestTooLarge,
    StreamBroken,
    UpstreamFailed,
    UpstreamTimedOut,
    UpstreamUnreachable,
    error_for_status,
    explain_refusal,
)
from bridge.errors.retry_after import parse_wait

SIGN_IN = "Run `claude-bridge login` to sign in."

_OWN_STATUSES: Mapping[int, type[BridgeError]] = {401: NotSignedIn, 404: ModelNotFound}
"""Claude Code has no key that could be rejected, and a 404 is about the model."""

_BY_WORD: Mapping[str, type[BridgeError]] = {
    "authentication_failed": NotSignedIn,
    "billing_error": BillingFailed,
    "rate_limit": RateLimited,
    "invalid_request": InvalidRequest,
    "model_not_found": ModelNotFound,
    "overloaded": Overloaded,
    "server_error": UpstreamFailed,
    "cloud_credential_error": UpstreamFailed,
    "max_output_tokens": UpstreamFailed,
    "unknown": UpstreamFailed,
}
"""By the `error` of an assistant frame, for frames without a status."""

_ACCOUNT_WORDS = ("account_on_hold", "oauth_org_not_allowed", "verification_required")
"""Words about the account, which say more than the 401 or 403 beside them."""

_BY_EVENT: Mapping[str, type[BridgeError]] = {
    "authentication_error": NotSignedIn,
    "billing_error": BillingFailed,
    "invalid_request_error": InvalidRequest,
    "not_found_error": ModelNotFound,
    "overloaded_error": Overloaded,
    "permission_error": Forbidden,
    "rate_limit_error": RateLimited,
    "request_too_large": RequestTooLarge,
    "timeout_error": UpstreamTimedOut,
}
"""By the type of an `error` event; the others say nothing that a client could act on."""

_PREFIX = re.compile(r"^API Error: (\d{3} )?")
_GATEWAY = re.compile(r" If it persists, check your inference gateway \(.*?\)\.?")
_LOST = re.compile(r"Connection to the API was lost|JSON Parse error|StreamTruncated")
_UNREACHABLE = re.compile(r"Unable to connect|Connection refused|ECONNREFUSED|ENOTFOUND")
_SIGNED_OUT = re.compile(r"not logged in|/login", re.IGNORECASE)


class FailureTranslator:
    """Raises the failure that a frame reports, with `Retry-After` if an earlier frame had it.

    Frames that report no failure are ignored.
    """

    def __init__(self) -> None:
        self._resets_at: object = None

    def note_rate_limit(self, info: Mapping[str, Any]) -> None:
        """Note a `rate_limit_event`; the assistant frame behind it reports the failure itself."""
        resets_at = info.get("resetsAt")
        if info.get("status") == "rejected" and isinstance(resets_at, int | float):
            self._resets_at = resets_at

    def check_assistant(self, frame: Mapping[str, Any]) -> None:
        """Check for an error message; other assistant frames repeat the stream's events."""
        if not frame.get("is_api_error_message"):
            return
        text = _read_message_text(frame.get("message"))
        self._raise_error(frame.get("api_error_status"), frame.get("error"), text)

    def check_result(self, frame: Mapping[str, Any]) -> None:
        """Check a `result` by its `is_error`; its subtype may be `success` all the same."""
        if frame.get("is_error"):
            self._raise_error(frame.get("api_error_status"), None, str(frame.get("result") or ""))

    def raise_retry(self, frame: Mapping[str, Any]) -> None:
        """Raise the failure after which Claude Code would retry: the bridge retries itself.

        A refused sign-in is none yet: Claude Code renews it, and reports if that fails.
        """
        if frame.get("error_status") in (401, 403):
            return
        word = frame.get("error")
        words = word if isinstance(word, str) and word else "a failure"
        self._raise_error(frame.get("error_status"), word, f"Claude's API answered with {words}.")

    def raise_error_event(self, event: Mapping[str, Any]) -> NoReturn:
        """Raise for an `error` event of the stream, which has the error's type and message."""
        error = event.get("error")
        fields = error if isinstance(error, dict) else {"message": error}
        kind, message = fields.get("type"), fields.get("message")
        self._raise_refined(
            _BY_EVENT.get(kind if isinstance(kind, str) else "", UpstreamFailed),
            message if isinstance(message, str) and message else "Claude's API reported an error.",
        )

    def raise_control_error(self, response: Mapping[str, Any]) -> None:
        """Raise for a refused control request: an unknown version of Claude Code."""
        raise UpstreamFailed(f"Claude Code did not accept its settings: {response.get('error')}")

    def _raise_error(self, status: object, word: object, text: str) -> NoReturn:
        message = _GATEWAY.sub("", _PREFIX.sub("", text)).strip() or "Claude Code failed."
        if word in _ACCOUNT_WORDS:
            raise AccountRefused(message)
        # The fields of a frame are whatever this version of Claude Code writes into them.
        kind = _classify_failure(
            status if type(status) is int else None, word if isinstance(word, str) else "", message
        )
        self._raise_refined(kind, message)

    def _raise_refined(self, kind: type[BridgeError], message: str) -> NoReturn:
        """Raise a failure, of the kind that its message tells more exactly."""
        # Both come as invalid requests, or without a word that is known.
        if kind in (InvalidRequest, UpstreamFailed):
            if (refused := explain_refusal(message)) is not None:
                kind, message = refused
            elif message.startswith("model:"):
                kind = ModelNotFound
        if kind is NotSignedIn:
            message = f"Claude Code is not signed in: {message} {SIGN_IN}"
        raise kind(
            message,
            param="model" if kind is ModelNotFound else None,
            headers=self._build_retry_after() if kind is RateLimited else None,
        )

    def _build_retry_after(self) -> dict[str, str]:
        seconds = parse_wait(self._resets_at, time.time())
        return {} if seconds is None else {"retry-after": str(max(1, math.ceil(seconds)))}


def _read_message_text(message: object) -> str:
    """Join the texts of an assistant message; empty if it has none."""
    content = message.get("content") if isinstance(message, dict) else None
    blocks = content if isinstance(content, list) else []
    texts = [block.get("text") for block in blocks if isinstance(block, dict)]
    return " ".join(text for text in texts if isinstance(text, str))


def _classify_failure(status: int | None, word: str, message: str) -> type[BridgeError]:
    if status is not None:
        return error_for_status(status, _OWN_STATUSES)
    if _SIGNED_OUT.search(message):
        return NotSignedIn
    if _LOST.search(message):
        return StreamBroken
    if _UNREACHABLE.search(message):
        return UpstreamUnreachable
    return _BY_WORD.get(word, UpstreamFailed)
