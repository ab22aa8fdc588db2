"""Writes a running answer as server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any

from aiohttp import web

from bridge.errors import BridgeError
from bridge.server.access import access_of
from bridge.server.cutting import cut_off
from bridge.server.dialect import dialect_of
from bridge.server.eager import next_or_wait
from bridge.server.failures import remember
from bridge.server.guard import cors_headers
from bridge.server.state import BRIDGE

_MUCH = 32 * 1024
"""Bytes that are written without waiting for a pause."""

_FIRST_WORDS = 3
"""Events that go out each by itself: the answer's head, and the first that says something."""

_HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-cache",
    "X-Accel-Buffering": "no",
}


async def write_events(
    request: web.Request, headers: Mapping[str, str], events: AsyncIterator[Any]
) -> web.StreamResponse:
    """The events in the endpoint's dialect, and its end; a failure is an error event, and no end.

    Writing waits for the client: one that reads slowly holds back upstream. While Claude is
    silent a comment line goes out now and then, so that no client or proxy gives up.
    """
    response = web.StreamResponse(headers={**_HEADERS, **headers, **cors_headers(request)})
    await response.prepare(request)
    dialect = dialect_of(request)
    seconds = request.app[BRIDGE].settings.keep_alive_seconds
    pulse = _Pulse(response, dialect.keep_alive, seconds)
    try:
        async with pulse:
            with suppress(StopAsyncIteration):
                while True:
                    event = await next_or_wait(events, pulse.flush)
                    await pulse.write(dialect.event(event))
            await pulse.write(dialect.end)
            await pulse.flush()
    except BridgeError as error:
        await pulse.flush()
        await _write_error(request, response, error)
    except asyncio.CancelledError:
        await pulse.flush()
        await _write_error(request, response, cut_off(request))
    await response.write_eof()
    return response


class _Pulse:
    """Joins what comes without a pause, and writes `beat` where nothing was written for `seconds`.

    One timer for the stream, and no task while it is not silent.
    """

    def __init__(self, response: web.StreamResponse, beat: bytes, seconds: float) -> None:
        self._response = response
        self._line = beat
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._written_at = self._loop.time()
        self._held: list[bytes] = []
        self._size = 0
        self._at_once = _FIRST_WORDS
        self._beating: asyncio.Task[None] | None = None

    async def __aenter__(self) -> None:
        self._timer = self._loop.call_later(self._seconds, self._look)

    async def __aexit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._beating is not None:
            self._beating.cancel()
            await asyncio.wait([self._beating])

    async def write(self, line: bytes) -> None:
        """Held until `flush`, or until it is much; the first words go out at once."""
        self._held.append(line)
        self._size += len(line)
        if self._at_once or self._size >= _MUCH:
            self._at_once = max(0, self._at_once - 1)
            await self.flush()

    async def flush(self) -> None:
        """What was held goes out; it waits for a client that reads slowly."""
        if not self._size:
            return
        held, self._held, self._size = self._held, [], 0
        await self._response.write(b"".join(held))
        self._written_at = self._loop.time()

    def _look(self) -> None:
        """At the time of the next beat, if nothing was written meanwhile."""
        left = self._written_at + self._seconds - self._loop.time()
        if left > 0:
            self._timer = self._loop.call_later(left, self._look)
        else:
            self._beating = asyncio.create_task(self._beat())

    async def _beat(self) -> None:
        # A client that left is the handler's matter: it is cancelled then.
        with suppress(ConnectionResetError):
            await self._response.write(self._line)
            self._written_at = self._loop.time()
            self._look()


async def _write_error(
    request: web.Request, response: web.StreamResponse, error: BridgeError
) -> None:
    access, dialect = access_of(request), dialect_of(request)
    remember(request, access, error)
    await response.write(dialect.event((dialect.failure or dialect.error)(error, access.id)))
