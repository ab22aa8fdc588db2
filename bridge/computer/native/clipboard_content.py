"""What a clipboard has, and the pipes over which programs give and take it on Wayland."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress

from bridge.computer.native.waiting import wait_until_readable, wait_until_writable
from bridge.errors import InvalidRequest

Content = Mapping[str, bytes]
"""What the clipboard has, by MIME type."""

TEXT = ("text/plain;charset=utf-8", "text/plain", "UTF8_STRING", "STRING", "TEXT")
_PRIVATE = ("x-kde-passwordManagerHint", b"secret")
"""Tells clipboard managers not to keep what Claude types."""
MOST_TYPES = 40
_MOST_BYTES = 32_000_000
"""Longest content to save; a program that gives more is not pasted into."""
_SAVE_SECONDS = 2.0
_LOOK_SECONDS = 0.05
_CHUNK = 65536


def make_content(text: str) -> dict[str, bytes]:
    """Make the content with a text that Claude types."""
    return {**dict.fromkeys(TEXT, text.encode()), **dict([_PRIVATE])}


def read_content(
    types: Iterable[str], begin: Callable[[str, float], int], instead: str
) -> dict[str, bytes]:
    """Read all types. Raises InvalidRequest, which ends with `instead`, if that cannot be.

    `begin`: returns the pipe with one type; it may take until a time, by the monotonic clock.
    """
    ends = time.monotonic() + _SAVE_SECONDS
    saved: dict[str, bytes] = {}
    for kind in types:
        left = _MOST_BYTES - sum(map(len, saved.values()))
        saved[kind] = b"".join(_read_pipe(begin(kind, ends), left, ends, instead))
    return saved


def _read_pipe(descriptor: int, most: int, ends: float, instead: str) -> Iterator[bytes]:
    with os.fdopen(descriptor, "rb", 0) as pipe:
        while True:
            is_ready = wait_until_readable([pipe], ends - time.monotonic())
            data = pipe.read(_CHUNK) if is_ready else None
            if data == b"":
                return
            most -= len(data or b"")
            if data is None or most < 0:
                raise InvalidRequest(
                    "The clipboard has what cannot be saved: it is too large, or its program does "
                    f"not answer. Empty it, or {instead}.",
                    param="text",
                )
            yield data


def write_content(descriptor: int, data: bytes) -> bool:
    """Write all of it to a pipe, and close that; return whether it was possible.

    Who asked may have gone, may read nothing, or may have given what cannot be written to: that
    must not hold up the others.
    """
    left = memoryview(data)
    # `fdopen` would leave a folder's descriptor open.
    try:
        with suppress(OSError):
            os.set_blocking(descriptor, False)
            ends = time.monotonic() + _SAVE_SECONDS
            while left and time.monotonic() < ends:
                if wait_until_writable(descriptor, _LOOK_SECONDS):
                    left = left[os.write(descriptor, left[:_CHUNK]) :]
    finally:
        os.close(descriptor)
    return not left
