"""Ends responses of upstream whose answer is complete, without letting a client wait for it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Protocol

from bridge.errors import BridgeError

_SECONDS = 1.0
_MAX_BYTES = 1 << 16


class Readable(Protocol):
    """A response whose body is still being read; see `UpstreamResponse`."""

    async def read(self) -> bytes: ...

    async def close(self) -> None: ...


class Leftovers:
    """Ends responses behind their answer, in the background, so that connections can be reused.

    Upstream ends its response a moment after `message_stop`. One that does not is closed.
    """

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def add(self, response: Readable) -> None:
        """Read the rest of a response, and close it."""
        task = asyncio.create_task(_read_rest(response))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Close the responses whose end has not come yet."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _read_rest(response: Readable) -> None:
    size = 0
    try:
        # What comes behind an answer changes nothing, and neither does its failure.
        with suppress(BridgeError, TimeoutError):
            async with asyncio.timeout(_SECONDS):
                while size < _MAX_BYTES and (piece := await response.read()):
                    size += len(piece)
    finally:
        await response.close()
