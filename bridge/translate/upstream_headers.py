"""Translate upstream's headers to the names that clients of each API know.

Backends return them as Claude's API names them. The same functions serve answers and errors.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from bridge.errors import UPSTREAM_ID
from bridge.errors.retry_after import parse_wait


def as_anthropic_headers(headers: Mapping[str, str], now: float) -> dict[str, str]:
    """Return the headers unchanged; `request-id` is upstream's, if upstream sent one."""
    id = headers.get(UPSTREAM_ID)
    return dict(headers) if id is None else {**headers, "request-id": id}


def as_openai_headers(headers: Mapping[str, str], now: float) -> dict[str, str]:
    """Return the headers with the rate limits under OpenAI's names, as far as OpenAI has them.

    `now` is in Unix seconds: OpenAI says in how many seconds a limit resets, Anthropic when.
    """
    others = {name: value for name, value in headers.items() if not name.startswith("anthropic-")}
    # Errors of the bridge itself have none; there is nothing to translate.
    if len(others) == len(headers):
        return others
    return {**others, **convert_rate_limits(headers, now)}


def convert_rate_limits(headers: Mapping[str, str], now: float) -> dict[str, str]:
    """Return Anthropic's rate limits under OpenAI's names.

    Values that are no numbers and no times are left out: clients calculate with them.
    https://platform.openai.com/docs/guides/rate-limits#rate-limits-in-headers
    """
    limits: dict[str, str] = {}
    for kind in ("requests", "tokens"):
        for part in ("limit", "remaining", "reset"):
            value = headers.get(f"anthropic-ratelimit-{kind}-{part}", "")
            converted = _convert_reset(value, now) if part == "reset" else _as_count(value)
            if converted is not None:
                limits[f"x-ratelimit-{part}-{kind}"] = converted
    return limits | _convert_plan(headers, now)


_PLAN = re.compile(r"anthropic-ratelimit-unified-(\w+)-utilization")


def _convert_plan(headers: Mapping[str, str], now: float) -> dict[str, str]:
    """Return the windows of a plan in OpenAI's form: percent of the window, of 100."""
    limits: dict[str, str] = {}
    for name in headers:
        if (found := _PLAN.fullmatch(name)) is None:
            continue
        window = found[1].replace("_", "-")
        remaining = _measure_remaining(headers[name])
        reset = _convert_reset(
            headers.get(f"anthropic-ratelimit-unified-{found[1]}-reset", ""), now
        )
        if remaining is not None and reset is not None:
            limits[f"x-ratelimit-limit-{window}"] = "100"
            limits[f"x-ratelimit-remaining-{window}"] = str(remaining)
            limits[f"x-ratelimit-reset-{window}"] = reset
    return limits


def _measure_remaining(utilization: str) -> int | None:
    """Return the whole percents that are left, 0 at least; None for what is no number."""
    try:
        used = float(utilization)
    except ValueError:
        return None
    return max(0, math.floor(100 * (1 - used) + 1e-6)) if 0 <= used < 1e6 else None


def _convert_reset(value: str, now: float) -> str | None:
    seconds = parse_wait(value, now)
    return None if seconds is None else format_duration(math.ceil(seconds))


def format_duration(seconds: int) -> str:
    """Format whole seconds as OpenAI does, such as `1s`, `6m0s` and `1h0m5s`."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes}m{rest}s"
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"


def _as_count(value: str) -> str | None:
    text = value.strip()
    return text if text.isascii() and text.isdecimal() and len(text) < 16 else None
