"""Check that a response is a stream of events before its bytes are passed on."""

from __future__ import annotations

import asyncio
import codecs
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from typing import Any, Protocol

from bridge.backends.anthropic_api import errors
from bridge.backends.anthropic_api.odd_answers import is_event_stream
from bridge.errors import BridgeError

MAX_ERROR_BYTES = 256 * 1024
ERROR_SECONDS = 10.0
"""How much of an error's body is read, and for how long: its sender may never end it."""


class UpstreamResponse(Protocol):
    """A response with a 2xx status whose body is still being read."""

    status: int
    headers: Mapping[str, str]
    """Finds names in any case."""

    async def read(self) -> bytes:
        """Return the bytes that have arrived or arrive next; b"" at the end. Raises BridgeError."""

    @property
    def at_end(self) -> bool:
        """Whether the body is known to have been read to its end."""

    async def close(self) -> None:
        """Close the connection at once unless the body was read to its end."""


class CheckedAnswer:
    """A response whose first bytes are looked at: anything but events raises a BridgeError."""

    def __init__(self, response: UpstreamResponse) -> None:
        self._response = response
        self._is_checked = False

    def read(self) -> Coroutine[Any, Any, bytes]:
        """Return the next bytes, as UpstreamResponse does."""
        if self._is_checked:
            return self._response.read()
        self._is_checked = True
        return self._read_start()

    @property
    def headers(self) -> Mapping[str, str]:
        return self._response.headers

    @property
    def at_end(self) -> bool:
        return self._response.at_end

    async def close(self) -> None:
        await self._response.close()

    async def _read_start(self) -> bytes:
        response, start = self._response, b""
        while piece := await response.read():
            start += piece
            verdict = is_event_stream(start, response.headers)
            if verdict:
                return start.removeprefix(codecs.BOM_UTF8)
            if verdict is False:
                break
        body = await self._read_rest(start)
        raise errors.from_odd_success(response.status, response.headers, body)

    async def _read_rest(self, start: bytes) -> bytes:
        """Read on, for the message of the error; what does not come is not needed."""
        body = bytearray(start)
        with suppress(BridgeError, TimeoutError):
            async with asyncio.timeout(ERROR_SECONDS):
                while len(body) < MAX_ERROR_BYTES and (piece := await self._response.read()):
                    body += piece
        return bytes(body)
