"""Replaces keys in what is recorded, in the same way as in the log."""

from __future__ import annotations

from collections.abc import Iterable

from bridge.logs import redact

_SECRET_HEADERS = frozenset(
    {"api-key", "authorization", "cookie", "proxy-authorization", "set-cookie", "x-api-key"}
)
SECRET = "[secret]"  # noqa: S105 - what stands in the place of one


def redact_headers(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return the headers without their keys: whatever form a key has, it is in one of these."""
    return tuple(
        (name, SECRET if name.lower() in _SECRET_HEADERS else redact(value))
        for name, value in headers
    )
