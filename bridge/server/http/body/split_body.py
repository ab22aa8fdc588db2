"""Takes the base64 data of pictures and files out of a JSON body, so that the rest is parsed alone.

A parser looks at each character of a string for escapes, and copies it twice. Base64 has none, so
that finding its end and copying it once takes a third of the time and half of the memory.
"""

from __future__ import annotations

import re
import secrets
from collections import deque
from collections.abc import Iterable
from functools import cached_property
from itertools import chain
from typing import Any

import pybase64
from pydantic_core import from_json

from bridge.server.http.json_memory import estimate_memory
from bridge.wire.json_bytes import replace_surrogates

LARGE = 512 * 1024
"""Bytes from which a body is split, and parsed and translated in a thread."""

_LONG = 64 * 1024
"""Bytes of a string from which it may be taken out; one that is twice as long always is."""
_DECODED = 256 * 1024
"""Characters of base64 that are decoded at once, to check them; a multiple of four."""
_LABEL = re.compile(rb'(?:data:[^,"\\\x00-\x1f\x7f-\xff]{0,200},)?', re.IGNORECASE)
"""What stands in front of the data in a data URL."""
_LONGEST_MARK = 40
"""Characters of a mark: 32, and the digits of a position."""
_SMALL = 1024
"""Bytes of pieces that are joined as they come: a client may send a body byte by byte."""


class SplitBody:
    """A JSON body that is split at long strings of base64 while it arrives.

    Whatever is base64 from one quote to the next is taken out. Where that is no string, or not all
    of one, it cannot be put back, and the body has to be parsed as a whole: base64 has nothing that
    may stand between two strings.
    """

    def __init__(self) -> None:
        self.size = 0
        """Bytes of the whole body."""
        self._strings: list[str] = []
        self._between: list[bytes] = []
        """What is in front of each string."""
        self._gap: list[bytes] = []
        """What has come since the last string."""
        self._run: list[bytes] = []
        """What has come since the last quote."""
        self._waiting: list[bytes] = []
        """A body that is not large yet."""

    def feed(self, piece: bytes) -> None:
        """Take the next piece of the body."""
        self.size += len(piece)
        if self.size < LARGE:
            # It is parsed faster as a whole.
            _append(self._waiting, piece)
            return
        for waiting in (*self._waiting, piece):
            self._split_piece(waiting)
        self._waiting.clear()

    @property
    def data_size(self) -> int:
        """Bytes that were taken out."""
        return sum(map(len, self._strings))

    @cached_property
    def outline(self) -> bytes:
        """The body with a mark in place of each string; nothing can be fed afterwards.

        Each has its own: in an object with the same name twice, Python's order is another one.
        """
        # The pieces of a long text are not needed beside it.
        self._gap = [self._join_rest()]
        self._run, self._waiting = [], []
        return self._join(map(str.encode, self._marks))

    @cached_property
    def _marks(self) -> list[str]:
        # No client can know them, so that nothing else is taken for one.
        secret = secrets.token_hex(16)
        return [f"{secret}{index}" for index in range(len(self._strings))]

    def estimate_memory(self) -> int:
        """Return the bytes that the body takes once it is parsed, about.

        Raises RequestTooLarge like `json_memory.estimate_memory`.
        """
        return estimate_memory(self.outline) + self.data_size

    def parse(self) -> Any:
        """Return the value of the whole body. Raises ValueError if it cannot be parsed this way.

        Halves of surrogate pairs are replaced by U+FFFD.
        """
        value = _decode_outline(self.outline)
        marked = dict(zip(self._marks, self._strings, strict=True))
        if marked:
            _put_back(value, marked)
        # Such as data that is a name, or whose name comes twice.
        if marked:
            raise ValueError("not all data is a value of its own")
        return value

    def join(self) -> bytes:
        """Return the whole body as it came."""
        return self._join(map(str.encode, self._strings))

    def _join(self, strings: Iterable[bytes]) -> bytes:
        pairs = zip(self._between, strings, strict=True)
        return b"".join([*chain.from_iterable(pairs), self._join_rest()])

    def take_whole(self) -> bytearray:
        """Return the whole body as it came, which is not here any more: it is never there twice."""
        whole, between, strings = bytearray(), deque(self._between), deque(self._strings)
        self._between, self._strings = [], []
        while strings:
            whole += between.popleft()
            whole += strings.popleft().encode()
        whole += self._join_rest()
        self._gap, self._run, self._waiting = [], [], []
        return whole

    def _join_rest(self) -> bytes:
        return b"".join(chain(self._gap, self._run, self._waiting))

    def _split_piece(self, piece: bytes) -> None:
        if b'"' not in piece:
            _append(self._run, piece)
            return
        for start in range(0, len(piece), _LONG):
            self._split_window(piece[start : start + _LONG])

    def _split_window(self, window: bytes) -> None:
        """Split what is so short that a long string cannot both begin and end in it."""
        first, last = window.find(b'"'), window.rfind(b'"')
        if first < 0:
            _append(self._run, window)
            return
        _append(self._run, window[:first])
        self._end_run()
        _append(self._gap, window[first : last + 1])
        self._run = [window[last + 1 :]]

    def _end_run(self) -> None:
        """Take out what has come since the last quote, or leave it where it is."""
        if sum(map(len, self._run)) < _LONG:
            for piece in self._run:
                _append(self._gap, piece)
            return
        content = b"".join(self._run)
        self._run.clear()
        if _is_base64(content):
            self._between.append(b"".join(self._gap))
            self._strings.append(str(content, "ascii"))
            self._gap.clear()
        else:
            self._gap.append(content)


def _decode_outline(outline: bytes) -> Any:
    try:
        return from_json(outline)
    except ValueError:
        # A client sends a text that it has cut with each turn again. Base64 has no escapes.
        repaired = replace_surrogates(outline) if b"\\u" in outline else outline
        if repaired == outline:
            raise
        return from_json(repaired)


def _is_base64(content: bytes) -> bool:
    """Return whether a string is base64 or a data URL with it."""
    label = _LABEL.match(content)
    data = memoryview(content)[0 if label is None else label.end() :]
    try:
        for start in range(0, len(data), _DECODED):
            pybase64.b64decode(data[start : start + _DECODED], validate=True)
    except ValueError:
        return False
    return True


def _append(pieces: list[bytes], piece: bytes) -> None:
    """Append a piece, to the last one if both are small: each takes 33 bytes more than it has."""
    if pieces and len(piece) < _SMALL and len(pieces[-1]) < _SMALL:
        pieces[-1] += piece
    else:
        pieces.append(piece)


def _put_back(value: Any, marked: dict[str, str]) -> None:
    """Move the texts from `marked` to their marks in a dict or a list, and in all inside of it."""
    if not isinstance(value, dict | list):
        return
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        if not isinstance(item, str):
            _put_back(item, marked)
        # By the length first: to look a long text up, Python would read all of it.
        elif len(item) <= _LONGEST_MARK and item in marked:
            value[key] = marked.pop(item)
