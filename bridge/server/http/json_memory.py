"""Estimates the memory that a JSON body takes once it is parsed, without parsing it.

A few bytes of JSON can become many of Python: `{},` is a dict of 64 bytes, and a string has four
bytes for each character if one of them is an emoji. 60 MB of either would take gigabytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bridge.errors import RequestTooLarge

MOST_VALUES = 1_000_000
"""A conversation as long as the largest context window has less than half of that."""

SMALL = 64 * 1024
"""Bodies up to this size are not looked at."""

BYTES_PER_VALUE = 100
"""Measured with lists, objects and strings: 70 to 110 bytes, in the parser and in Python."""

_SMALL_FACTOR = 8
_FEW_VALUES = 20_000
"""Separators that count as values wherever they are; 500 KB of code have about 10,000. To tell
which of them are in strings takes several times as long.
"""
_SEPARATORS = (b",", b"[", b"{")
_WINDOW = 256 * 1024
"""Bytes that one call of a search looks at. It runs in a thread, but holds Python's lock until it
returns: the event loop would wait for seconds while a search looks through 60 MB.
"""
_COUNTED = 16 * 1024
"""Bytes in which the separators are counted before the next one is searched."""
_REST_OF_STRING = rb'(?:[^"\\]++|\\.)*+(")?'
# A missing quote at the end is accepted, because trying again at every later quote would take
# quadratic time. The group tells whether it was there.
_STRING_OR_SEPARATOR = re.compile(rb'"' + _REST_OF_STRING + rb"|[,\[{]", re.DOTALL)
_STRING_END = re.compile(_REST_OF_STRING, re.DOTALL)
_UNICODE_ESCAPE = re.compile(rb"\\u")
"""`find` takes three times as long for two bytes."""
_FOUR_BYTES = re.compile(rb"[\xf0-\xf4]|\\u[dD][89abAB]")
_LONGEST_MARK = 4
"""Bytes of the longest match of _FOUR_BYTES before its last one."""


def estimate_memory(body: bytes | bytearray) -> int:
    """Return the estimated size in bytes. Raises RequestTooLarge for more than MOST_VALUES."""
    if len(body) <= SMALL:
        return len(body) * _SMALL_FACTOR
    values = _count_few_values(body)
    narrow = body.isascii() and not _has_unicode_escape(body)
    wide = not narrow and _has_four_bytes(body, 0, len(body))
    if values <= _FEW_VALUES and not wide:
        return len(body) * (1 if narrow else 2) + values * BYTES_PER_VALUE
    return _scan(body, wide=wide)


def _count_few_values(body: bytes | bytearray) -> int:
    """Count the separators, and stop at more than _FEW_VALUES.

    Those inside of strings are counted, too, so the number of values is at most this.
    """
    found = 0
    for separator in _SEPARATORS:
        # A search for the next one passes over a picture eight times as fast as counting does.
        at = body.find(separator)
        while at >= 0 and found <= _FEW_VALUES:
            found += body.count(separator, at, at + _COUNTED)
            at = body.find(separator, at + _COUNTED)
    return found


def _has_unicode_escape(body: bytes | bytearray) -> bool:
    # Images have no backslash, and a search for one byte takes a tenth of the time of one for two.
    at = body.find(b"\\")
    if at < 0:
        return False
    starts = range(at, len(body), _WINDOW)
    return any(_UNICODE_ESCAPE.search(body, start, start + _WINDOW + 1) for start in starts)


def _has_four_bytes(body: bytes | bytearray, start: int, end: int) -> bool:
    """Return whether a character there makes its string take four bytes for each character."""
    return any(
        _FOUR_BYTES.search(body, at, min(at + _WINDOW + _LONGEST_MARK, end))
        for at in range(start, end, _WINDOW)
    )


def _scan(body: bytes | bytearray, *, wide: bool) -> int:
    """Measure each string by itself; `wide` if some characters take four bytes."""
    values = strings = text = 0
    for start, end in _find_tokens(body):
        if body[start] != 0x22:
            values += 1
        else:
            strings += 1
            text += (end - start) * (4 if wide and _has_four_bytes(body, start, end) else 2)
        # Each value has at most one name.
        if values > MOST_VALUES or strings > 2 * MOST_VALUES:
            raise RequestTooLarge(f"The body has more than {MOST_VALUES:,} values.")
    return text + (values + strings) * BYTES_PER_VALUE


def _find_tokens(body: bytes | bytearray) -> Iterator[tuple[int, int]]:
    """Yield the place of each string and separator, in one window after the other."""
    position, string_start = 0, None
    while position < len(body):
        end = min(position + _WINDOW, len(body))
        if string_start is not None:
            match = _STRING_END.match(body, position, end)
            if match is None or match.lastindex is None:
                # An escape that the window cuts is left for the next one, if there is one.
                position = max(position + 1, end - 1 if match is None else match.end())
                continue
            yield string_start, match.end()
            position, string_start = match.end(), None
        for match in _STRING_OR_SEPARATOR.finditer(body, position, end):
            if match.lastindex is None and body[match.start()] == 0x22:
                position, string_start = match.end(), match.start()
                break
            yield match.span()
        else:
            position = end
    if string_start is not None:
        yield string_start, len(body)
