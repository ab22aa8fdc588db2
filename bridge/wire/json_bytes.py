"""JSON to bytes and back, quickly; what the quick ones refuse goes the standard library's way."""

from __future__ import annotations

import json
from typing import Any

import orjson
from pydantic_core import from_json


def encode_json(value: Any) -> bytes:
    """In UTF-8, without spaces. Raises TypeError or ValueError for what JSON cannot say."""
    try:
        return orjson.dumps(value)
    except TypeError:
        # Half of a surrogate pair, or an integer of more than 64 bits.
        return _encode_slowly(value)


def encode_ascii_json(value: Any) -> bytes:
    """The same in ASCII: no reader splits it at U+2028, whatever it takes for a line's end."""
    quick = encode_json(value)
    return quick if quick.isascii() else _encode_slowly(value)


def decode_json(data: bytes) -> Any:
    """Raises ValueError for what is no JSON."""
    try:
        return from_json(data, cache_strings="keys")
    except ValueError:
        # The standard library takes half of a surrogate pair, and nests deeper.
        return json.loads(data)


def _encode_slowly(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode("ascii")
