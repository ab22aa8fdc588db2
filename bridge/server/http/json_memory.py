"""Estimates the memory that a JSON body takes once it is parsed, without parsing it.

A few bytes of JSON can become many of Python: `{},` is a dict of 64 bytes, and a string has four
bytes for each character if one of them is an emoji. 60 MB of either would take gigabytes.
"""

from __future__ import annotations

import re

from bridge.errors import RequestTooLarge

MOST_VALUES = 1_000_000
"""A conversation as long as the largest context window has less than half of that."""

SMALL = 64 * 1024
"""Bodies up to this size are not looked at."""

BYTES_PER_VALUE = 100
"""Measured with lists, objects and strings: 70 to 110 bytes, in the parser and in Python."""

_SMALL_FACTOR = 8
_FEW_VALUES = 10_000
_SEPARATORS = (b",", b"[", b"{")
# A missing quote at the end is accepted, because trying again at every later quote would take
# quadratic time.
_STRING_OR_SEPARATOR = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[,\[{]', re.DOTALL)
_FOUR_BYTES = re.compile(rb"[\xf0-\xf4]|\\u[dD][89abAB]")


def estimate_memory(body: bytes | bytearray) -> int:
    """Return the estimated size in bytes. Raises RequestTooLarge for more than MOST_VALUES."""
    if len(body) <= SMALL:
        return len(body) * _SMALL_FACTOR
    # Separators inside of strings are counted, too, so the number of values is at most this.
    values = sum(body.count(separator) for separator in _SEPARATORS)
    if values <= _FEW_VALUES and _FOUR_BYTES.search(body) is None:
        narrow = body.isascii() and b"\\u" not in body
        return len(body) * (1 if narrow else 2) + values * BYTES_PER_VALUE
    return _scan(body)


def _scan(body: bytes | bytearray) -> int:
    values = strings = text = 0
    for match in _STRING_OR_SEPARATOR.finditer(body):
        start, end = match.span()
        if body[start] != 0x22:
            values += 1
        else:
            strings += 1
            text += (end - start) * (4 if _FOUR_BYTES.search(body, start, end) else 2)
        # Each value has at most one name.
        if values > MOST_VALUES or strings > 2 * MOST_VALUES:
            raise RequestTooLarge(f"The body has more than {MOST_VALUES:,} values.")
    return text + (values + strings) * BYTES_PER_VALUE
