"""Pick the headers of Claude's API that clients get; pure but for the clock."""

from __future__ import annotations

import time
from collections.abc import Mapping

from bridge.errors import UPSTREAM_ID
from bridge.errors.retry_after import read_retry_after

_LIMITS = ("anthropic-ratelimit-", "anthropic-priority-", "anthropic-fast-")
"""How the names of headers about limits begin.

https://platform.claude.com/docs/en/api/rate-limits#response-headers
"""

_LONGEST_VALUE = 200


def pick_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of a response that clients get, under the API's own names.

    `retry-after` is in seconds, whatever form upstream used. The dialect of the client's endpoint
    translates the names.
    """
    picked = {
        plain: value
        for name, value in headers.items()
        if (plain := name.lower()).startswith(_LIMITS) and _is_sendable(value)
    }
    # The SDKs of Anthropic and OpenAI retry by it, or do not.
    if headers.get("x-should-retry") in ("true", "false"):
        picked["x-should-retry"] = headers["x-should-retry"]
    wait = read_retry_after(headers, time.time())
    if wait is not None:
        picked["retry-after"] = wait
    id = headers.get("request-id", "")
    if _is_sendable(id[:_LONGEST_VALUE]):
        picked[UPSTREAM_ID] = id[:_LONGEST_VALUE]
    return picked


def _is_sendable(value: str) -> bool:
    # aiohttp could not send other characters on, and the client would get no answer at all.
    return 0 < len(value) <= _LONGEST_VALUE and value.isascii() and value.isprintable()
