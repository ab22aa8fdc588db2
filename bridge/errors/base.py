"""The base class of all failures, and the rules that each of them follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

UPSTREAM_ID = "x-upstream-request-id"
"""Header of an error: upstream's own request id, which Anthropic's support needs."""


class SettingsError(Exception):
    """A setting that cannot be used; the message names it and where it was set."""


@dataclass(frozen=True, slots=True)
class OriginalError:
    """An error of Claude's API as it came, for the clients that know this API."""

    body: Mapping[str, Any]
    """`{"type": "error", "error": {"type", "message", …}, "request_id"}`."""
    status: int | None = None
    """Its HTTP status; None if it came in an answer that had begun with success."""


class BridgeError(Exception):
    """A failure that is reported to the client; only its subclasses are raised.

    A subclass declares everything that the API, the dashboard and the docs need, or inherits it.
    A subclass that declares a `code` must also declare a `summary` and a `hint`.
    """

    status: int
    """HTTP status of the response."""
    type: ClassVar[str]
    """OpenAI's `error.type`."""
    code: ClassVar[str | None] = None
    """OpenAI's `error.code`."""
    anthropic_type: ClassVar[str]
    """Anthropic's `error.type`: https://platform.claude.com/docs/en/api/errors"""
    anthropic_status: ClassVar[int | None] = None
    """HTTP status for Anthropic's clients, where it differs from `status`."""
    summary: ClassVar[str]
    """What happened, for the user."""
    hint: ClassVar[str]
    """What the user can do."""
    outcome: ClassVar[str]
    """Name in logs, metrics and docs: the code, or the type of an error without a code."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        # Checked when the class is created, so that an error without an explanation cannot be
        # imported at all.
        needed = ["status", "type", "anthropic_type", "summary", "hint"]
        missing = [name for name in needed if not hasattr(cls, name)]
        # An inherited summary and hint would describe another code.
        if "code" in vars(cls):
            missing += [name for name in ("summary", "hint") if name not in vars(cls)]
        if missing:
            raise TypeError(f"{cls.__name__} has no {' and no '.join(missing)}")
        cls.outcome = cls.code or cls.type

    def __init__(
        self,
        message: str,
        *,
        param: str | None = None,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        original: OriginalError | None = None,
    ) -> None:
        """`original`: upstream's own error, if the failure is one."""
        super().__init__(message)
        self.message = message
        self.param = param
        self.status = status if status is not None else type(self).status
        self.headers = dict(headers or {})
        self.original = original
