"""Replaces keys: those in headers before they are stored, the rest when it is shown."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable
from typing import Any

from bridge.logs import redact

_SHOWN_HEADERS = frozenset(
    """
    accept accept-encoding accept-language cache-control connection content-encoding content-length
    content-type date expect host keep-alive origin pragma request-id retry-after sec-ch-ua server
    session-id thread-id traceparent transfer-encoding user-agent x-forwarded-for x-request-id
    x-session-affinity x-session-id x-should-retry
    """.split()  # noqa: SIM905 - one list of words is read more easily
)
_SHOWN_PREFIXES = (
    "anthropic-", "openai-", "sec-fetch-", "x-bridge-", "x-codex-", "x-ratelimit-", "x-stainless-"
)  # fmt: skip
_SHOWN_PARAMETERS = (
    "after",
    "after_id",
    "api-version",
    "before",
    "beta",
    "limit",
    "order",
    "stream",
)
# One that is cut goes to the end: else each quote in it would be searched from again.
_STRING = re.compile(r'("(?:[^"\\]|\\.)*(?:"|\\?\Z))', re.DOTALL)
SECRET = "[secret]"  # noqa: S105 - what stands in the place of one


def redact_headers(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return the headers, with values only of those that hold no key."""
    return tuple([(name, value if _is_shown(name) else SECRET) for name, value in headers])


@functools.lru_cache(maxsize=256)
def _is_shown(name: str) -> bool:
    name = name.lower()
    return name in _SHOWN_HEADERS or name.startswith(_SHOWN_PREFIXES)


def redact_query(query: str) -> str:
    """Return a query string, with values only of parameters that hold no key."""
    parts = (part.partition("=") for part in query.split("&"))
    return "&".join(
        f"{name}{sign}{value if name in _SHOWN_PARAMETERS else SECRET if value else ''}"
        for name, sign, value in parts
    )


def redact_json(text: str) -> str:
    """Return JSON, or a text with JSON in it, without what looks like a key.

    Each text in it is decoded for that: a key may be escaped, and must leave valid JSON behind.
    """
    # Without an escape, each text in it stands there as it is: most events have no key at all.
    if "\\" not in text and redact(text) == text:
        return text
    # A body that is no JSON may have keys between the texts as well.
    parts = _STRING.split(text)
    parts[0::2] = map(redact, parts[0::2])
    parts[1::2] = map(_redact_string, parts[1::2])
    return "".join(parts)


def _redact_string(shown: str) -> str:
    try:
        text = json.loads(shown)
    except ValueError:
        return redact(shown)
    without = redact(text)
    return shown if without == text else json.dumps(without, ensure_ascii=False)


def redact_value(value: Any) -> Any:
    """Return a JSON value without what looks like a key."""
    match value:
        case str():
            return redact(value)
        case dict():
            return {redact(str(name)): redact_value(item) for name, item in value.items()}
        case list() | tuple():
            return [redact_value(item) for item in value]
        case _:
            return value
