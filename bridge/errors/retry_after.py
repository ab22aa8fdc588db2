"""Read the waiting times that upstream sends, in every form that servers and gateways use.

What is read here goes into timers, `/health` and the headers of our own answers, so a value is
either a finite number of seconds within MAX_WAIT_SECONDS or it is not read at all.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MAX_WAIT_SECONDS = 8 * 86_400.0
"""A weekly limit is the longest that Claude's plans have; a longer wait is a mistake."""

_FIRST_UNIX_TIME = 1e8
"""A larger number of seconds is a Unix time: as a wait it would be more than three years."""
_FIRST_UNIX_MILLISECONDS = 1e11


def read_retry_after(headers: Mapping[str, str], now: float) -> str | None:
    """Return `Retry-After` for a client, in seconds; None if upstream sent none that is usable.

    `headers` finds names in any case. `now` is in Unix seconds, for values that are a date.
    """
    # Azure's header, which the SDKs of OpenAI and Anthropic prefer, too.
    precise, usual = headers.get("retry-after-ms"), headers.get("retry-after")
    if precise is None and usual is None:
        return None
    milliseconds = None if precise is None else _to_number(precise)
    seconds = None if milliseconds is None else parse_wait(milliseconds / 1000, now)
    if seconds is None:
        seconds = parse_wait(usual, now)
    return None if seconds is None else format_wait(seconds)


def parse_wait(value: object, now: float) -> float | None:
    """Return the seconds from `now` that a number, a number as text, a date or a list means.

    A Unix time, also in milliseconds, and a date are the seconds until then, 0 if they are past.
    A list is as long as its longest wait. None for anything else, such as `inf`, a negative
    number, or more than MAX_WAIT_SECONDS.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    number = _to_number(value)
    wait = _parse_text(str(value), now) if number is None else _measure_number(number, now)
    return wait if wait is not None and 0 <= wait <= MAX_WAIT_SECONDS else None


def format_wait(seconds: float) -> str:
    """Format seconds for a header: whole ones without a fraction, others rounded up."""
    return f"{math.ceil(seconds * 1000) / 1000:.3f}".rstrip("0").rstrip(".")


def _to_number(value: float | str) -> float | None:
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def _measure_number(number: float, now: float) -> float | None:
    if not math.isfinite(number):
        return None
    if number < _FIRST_UNIX_TIME:
        return number
    moment = number / 1000 if number >= _FIRST_UNIX_MILLISECONDS else number
    return float(math.ceil(max(0.0, moment - now)))


def _parse_text(text: str, now: float) -> float | None:
    moment = _parse_date(text.strip())
    if moment is not None:
        return float(math.ceil(max(0.0, moment - now)))
    # Proxies join headers that occur twice.
    parts = [_to_number(part) for part in text.split(",")]
    numbers = [number for number in parts if number is not None and math.isfinite(number)]
    return _measure_number(max(numbers), now) if len(numbers) == len(parts) else None


def _parse_date(text: str) -> float | None:
    """Parse an HTTP date or an RFC 3339 time; without a zone it is UTC."""
    for parse in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = parse(text)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        # The parser of mail dates raises more than it documents for odd text.
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None
