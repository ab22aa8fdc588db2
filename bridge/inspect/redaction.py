"""Replaces the keys in headers before they are stored; the rest is redacted when it is shown."""

from __future__ import annotations

from collections.abc import Iterable

_SECRET_HEADERS = frozenset(
    {"api-key", "authorization", "cookie", "proxy-authorization", "set-cookie", "x-api-key"}
)
SECRET = "[secret]"  # noqa: S105 - what stands in the place of one


def redact_headers(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return the headers without their keys: whatever form a key has, it is in one of these."""
    return tuple(
        (name, SECRET if name.lower() in _SECRET_HEADERS else value) for name, value in headers
    )
