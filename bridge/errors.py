"""Every failure the bridge can name: its HTTP status, OpenAI's type and code, and its sentence.

BridgeError
├── InvalidRequest        400   invalid_request_error
│   ├── ContextTooLong    400   context_length_exceeded
│   └── RequestTooLarge   413
├── NotSignedIn           401   no way to Claude is set up on this machine
├── KeyRejected           401   upstream refused the key
├── BillingFailed         402
├── Forbidden             403
├── NotFound              404
│   └── ModelNotFound     404   model_not_found
├── MethodNotAllowed      405
├── UnsupportedMedia      415
├── NotSupported          501   not by this road to Claude
├── RateLimited           429   with Retry-After where upstream gave one
├── UpstreamFailed        500/502
│   ├── UpstreamUnreachable 502
│   ├── StreamBroken      502   the answer broke off before its end
│   └── PromiseNotKept    502   the answer is not the JSON or the tool call that was asked for
├── DesktopUnavailable    503   there is no desktop that could be seen or used
├── Stopped               409   a person stopped what was done on the desktop
├── Overloaded            503   Claude is overloaded (Anthropic's 529)
├── ShuttingDown          503
├── UpstreamTimedOut      504   upstream itself gave up
│   └── UpstreamSilent    504   the bridge gave up waiting
└── InternalError         500
SettingsError                   at start only; exit code 2
"""

from __future__ import annotations

from collections.abc import Mapping

UPSTREAM_ID = "x-upstream-request-id"
"""A header of an error: what upstream calls the request, for Anthropic's support."""


class SettingsError(Exception):
    """A setting that cannot be used; the message names it and where it was set."""


class BridgeError(Exception):
    """A failure as OpenAI tells it: HTTP status, error type, `code` and `param`."""

    status = 500
    type = "server_error"
    code: str | None = None

    def __init__(
        self,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.code = code if code is not None else type(self).code
        self.status = status if status is not None else type(self).status
        self.headers = dict(headers or {})


class InvalidRequest(BridgeError):
    """The request cannot be answered as it is; `param` names the field."""

    status = 400
    type = "invalid_request_error"


class ContextTooLong(InvalidRequest):
    """The conversation does not fit the model's context window."""

    code = "context_length_exceeded"


class RequestTooLarge(InvalidRequest):
    """The body is larger than the bridge or upstream accepts."""

    status = 413
    code = "request_too_large"


class NotSignedIn(BridgeError):
    """Nothing on this machine leads to Claude; the message says what to do."""

    status = 401
    type = "authentication_error"
    code = "not_signed_in"


class KeyRejected(BridgeError):
    """Upstream did not accept the key."""

    status = 401
    type = "authentication_error"
    code = "invalid_api_key"


class BillingFailed(BridgeError):
    """Upstream asks for payment."""

    status = 402
    type = "insufficient_quota"
    code = "insufficient_quota"


class Forbidden(BridgeError):
    """The caller, or the account, may not do this."""

    status = 403
    type = "permission_error"
    code = "forbidden"


class NotFound(BridgeError):
    """No such path or object."""

    status = 404
    type = "invalid_request_error"
    code = "not_found"


class ModelNotFound(NotFound):
    """No model of that name; the message names the nearest."""

    code = "model_not_found"


class MethodNotAllowed(BridgeError):
    """The path exists, the method does not; `Allow` names those that do."""

    status = 405
    type = "invalid_request_error"
    code = "method_not_allowed"


class UnsupportedMedia(BridgeError):
    """A POST whose body is not declared as JSON."""

    status = 415
    type = "invalid_request_error"
    code = "unsupported_media_type"


class NotSupported(BridgeError):
    """What is asked for exists, but not by this road to Claude."""

    status = 501
    type = "invalid_request_error"
    code = "not_supported"


class RateLimited(BridgeError):
    """Upstream limits the rate; `Retry-After` is passed on where it gave one."""

    status = 429
    type = "rate_limit_error"
    code = "rate_limit_exceeded"


class UpstreamFailed(BridgeError):
    """Upstream answered with a failure of its own."""

    status = 502
    type = "server_error"
    code = "upstream_error"


class UpstreamUnreachable(UpstreamFailed):
    """No connection to upstream."""

    code = "upstream_unreachable"


class StreamBroken(UpstreamFailed):
    """The answer broke off: the connection dropped, or an event made no sense."""

    code = "stream_broken"


class PromiseNotKept(UpstreamFailed):
    """Claude answered, but not as the client was promised: no such JSON, no tool call."""

    code = "promise_not_kept"


class DesktopUnavailable(BridgeError):
    """There is no desktop that can be seen or used; the message has the cure."""

    status = 503
    type = "server_error"
    code = "desktop_unavailable"


class Stopped(BridgeError):
    """A person stopped what was done on the desktop; the message says how."""

    status = 409
    type = "permission_error"
    code = "stopped_by_person"


class ComputerOff(BridgeError):
    """Computer use is off, and only a human turns it on."""

    status = 403
    type = "permission_error"
    code = "computer_off"


class ComputerBusy(BridgeError):
    """Somebody else's work goes on on the desktop; there is one pair of hands."""

    status = 409
    type = "permission_error"
    code = "computer_busy"


class NotApproved(BridgeError):
    """The person was asked, and did not say yes."""

    status = 403
    type = "permission_error"
    code = "not_approved"


class Overloaded(BridgeError):
    """Claude is overloaded for the moment."""

    status = 503
    type = "server_error"
    code = "overloaded"


class ShuttingDown(BridgeError):
    """The bridge is stopping and takes no new requests."""

    status = 503
    type = "server_error"
    code = "shutting_down"


class Paused(BridgeError):
    """The person has paused the bridge."""

    status = 503
    type = "server_error"
    code = "paused"


class UpstreamTimedOut(BridgeError):
    """Upstream was silent for too long."""

    status = 504
    type = "server_error"
    code = "upstream_timeout"


class UpstreamSilent(UpstreamTimedOut):
    """Nothing came for so long that the bridge gave up; nobody waits twice for that."""


class InternalError(BridgeError):
    """A fault of the bridge itself; the log has it under the request's id."""

    code = "internal_error"
