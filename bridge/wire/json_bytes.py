"""Fast JSON encoding and decoding, with the standard library for what fast parsers refuse."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

import orjson
from pydantic_core import from_json


def encode_json(value: Any) -> bytes:
    """Encode in UTF-8 without spaces. Raises TypeError or ValueError for values JSON lacks."""
    try:
        return orjson.dumps(value)
    except TypeError:
        # orjson refuses lone surrogates and integers of more than 64 bits.
        return _encode_slowly(value)


def encode_ascii_json(value: Any) -> bytes:
    """Encode in ASCII, so that readers which treat U+2028 as a line end do not split it."""
    try:
        quick = orjson.dumps(value)
    except TypeError:
        return _encode_slowly(value)
    return quick if quick.isascii() else _encode_slowly(value)


MAX_DEPTH = 400
"""Levels of nesting that are decoded; encoding and translating them must not exhaust the stack."""


def decode_json(data: bytes | bytearray) -> Any:
    """Decode JSON. Raises ValueError if it is invalid, or nested deeper than MAX_DEPTH."""
    try:
        # Keys repeat in every event of a stream, so only they are worth caching.
        return from_json(data, cache_strings="keys", allow_inf_nan=False)
    except ValueError:
        return _decode_slowly(data)


def _decode_slowly(data: bytes | bytearray) -> Any:
    """Decode with the standard library, which accepts lone surrogates and deeper nesting."""
    if _is_too_deep(data):
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
    return json.loads(data, parse_constant=_refuse_constant)


def _is_too_deep(data: bytes | bytearray) -> bool:
    # Brackets in strings count, too, so this may refuse what is not too deep, but only for JSON
    # that no fast parser accepts.
    depth = 0
    for byte in data:
        if byte in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif byte in b"]}":
            depth -= 1
    return False


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _encode_slowly(value: Any) -> bytes:
    try:
        text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    except ValueError:
        text = json.dumps(_replace_not_finite(value), separators=(",", ":"), allow_nan=False)
    return text.encode("ascii")


def _replace_not_finite(value: Any) -> Any:
    """Replace NaN and infinities by null, as orjson does: JSON has no such numbers."""
    match value:
        case float():
            return value if math.isfinite(value) else None
        case dict():
            return {name: _replace_not_finite(item) for name, item in value.items()}
        case list() | tuple():
            return [_replace_not_finite(item) for item in value]
        case _:
            return value


# Clients leave half of a surrogate pair when they cut a text inside an emoji. JSON can write it and
# Python can hold it, but it is no character: the API refuses a request with one in it, for ever.

_REPLACEMENT = "\ufffd"
_ESCAPES = re.compile(
    rb"(?P<whole>\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
    # Any other escape: behind an escaped backslash, `ud83d` is text.
    rb"|\\.",
    re.DOTALL,
)
_HALF = re.compile("[\ud800-\udfff]")


def replace_surrogates(data: bytes | bytearray) -> bytes:
    """Replace escaped halves in encoded JSON by U+FFFD."""
    return _ESCAPES.sub(lambda match: rb"\ufffd" if match["half"] else match[0], data)


def replace_surrogates_in(value: Any) -> Any:
    """Replace halves in all texts of a decoded value, also in its names."""
    match value:
        case str():
            return _HALF.sub(_REPLACEMENT, value)
        case dict():
            return {
                replace_surrogates_in(name): replace_surrogates_in(item)
                for name, item in value.items()
            }
        case list():
            return [replace_surrogates_in(item) for item in value]
        case _:
            return value
