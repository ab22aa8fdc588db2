"""Every failure that the bridge reports: status, type, code, summary and hint on its class."""

from bridge.errors.account import (
    BillingFailed,
    Forbidden,
    KeyRejected,
    NotSignedIn,
    RateLimited,
)
from bridge.errors.base import (
    UPSTREAM_ID,
    BridgeError,
    SettingsError,
)
from bridge.errors.catalogue import (
    error_for_status,
    list_errors,
)
from bridge.errors.client import (
    ContextTooLong,
    InvalidRequest,
    MethodNotAllowed,
    ModelNotFound,
    NotFound,
    NotSupported,
    PreviousResponseNotFound,
    RequestTooLarge,
    UnsupportedMedia,
)
from bridge.errors.computer import (
    ComputerBusy,
    ComputerOff,
    DesktopUnavailable,
    NotApproved,
    Stopped,
)
from bridge.errors.server import (
    InternalError,
    KeyringUnavailable,
    Paused,
    ShuttingDown,
    TooManyStreams,
)
from bridge.errors.upstream import (
    EmbeddingModelBroken,
    EmbeddingModelMissing,
    OutputMismatch,
    Overloaded,
    StreamBroken,
    UpstreamFailed,
    UpstreamSilent,
    UpstreamTimedOut,
    UpstreamUnreachable,
)

__all__ = [
    "UPSTREAM_ID",
    "BillingFailed",
    "BridgeError",
    "ComputerBusy",
    "ComputerOff",
    "ContextTooLong",
    "DesktopUnavailable",
    "EmbeddingModelBroken",
    "EmbeddingModelMissing",
    "Forbidden",
    "InternalError",
    "InvalidRequest",
    "KeyRejected",
    "KeyringUnavailable",
    "MethodNotAllowed",
    "ModelNotFound",
    "NotApproved",
    "NotFound",
    "NotSignedIn",
    "NotSupported",
    "OutputMismatch",
    "Overloaded",
    "Paused",
    "PreviousResponseNotFound",
    "RateLimited",
    "RequestTooLarge",
    "SettingsError",
    "ShuttingDown",
    "Stopped",
    "StreamBroken",
    "TooManyStreams",
    "UnsupportedMedia",
    "UpstreamFailed",
    "UpstreamSilent",
    "UpstreamTimedOut",
    "UpstreamUnreachable",
    "error_for_status",
    "list_errors",
]
