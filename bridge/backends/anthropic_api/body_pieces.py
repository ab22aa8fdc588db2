"""Encodes the body of a request in pieces: pictures and files one at a time, as they are sent.

A body of 20 MB would else be in memory once more, and the connection would wait until all of it is
encoded.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bridge.wire.json_bytes import encode_json

_LONG = 64 * 1024
"""Characters of a source's data from which it is a piece of its own."""
_PIECE = 256 * 1024
"""Bytes of a piece at most; the system takes about as many at once."""


class BodyPieces:
    """A body in JSON. It is encoded each time that it is read, always to the same bytes."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self._data: list[str] = []
        if any(_has_long_data(turn["content"]) for turn in body["messages"]):
            # It gives way to a mark that no client can know, and the encoded rest is cut there.
            mark = secrets.token_hex(16)
            messages = [_take_data(turn, mark, self._data) for turn in body["messages"]]
            self._rest = encode_json({**body, "messages": messages}).split(encode_json(mark))
        else:
            self._rest = [encode_json(body)]
        data_size = sum(len(encode_json(data)) for data in self._data)
        self.size = sum(map(len, self._rest)) + data_size
        """In bytes."""

    def __iter__(self) -> Iterator[bytes | memoryview]:
        """Yield pieces that are neither empty nor too long to be sent at once."""
        for index, rest in enumerate(self._rest):
            yield from _cut(rest)
            if index < len(self._data):
                yield from _cut(encode_json(self._data[index]))


def _cut(encoded: bytes) -> Iterator[bytes | memoryview]:
    if len(encoded) <= _PIECE:
        yield encoded
        return
    view = memoryview(encoded)
    for start in range(0, len(view), _PIECE):
        yield view[start : start + _PIECE]


def _has_long_data(blocks: Iterable[Any]) -> bool:
    for block in blocks:
        # A client of Anthropic's API may send anything as a block. Most have nothing to look at.
        if isinstance(block, dict) and ("source" in block or "content" in block):
            if _find_long_data(block) is not None:
                return True
            content = block.get("content")
            if isinstance(content, list) and _has_long_data(content):
                return True
    return False


def _find_long_data(block: Mapping[str, Any]) -> str | None:
    source = block.get("source")
    data = source.get("data") if isinstance(source, dict) else None
    # Other data may not be as long in UTF-8 as in characters, and may be no valid UTF-8.
    is_long = isinstance(data, str) and len(data) >= _LONG and data.isascii()
    return data if is_long else None


def _take_data(value: Any, mark: str, taken: list[str]) -> Any:
    """Return a turn or a block with `mark` in place of long data, which is added to `taken`."""
    if not isinstance(value, dict):
        return value
    data, content = _find_long_data(value), value.get("content")
    if data is not None:
        taken.append(data)
        return {**value, "source": {**value["source"], "data": mark}}
    if isinstance(content, list):
        return {**value, "content": [_take_data(block, mark, taken) for block in content]}
    return value
