"""Writes a running answer as server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any

from aiohttp import web

from bridge.errors import BridgeError
from bridge.server.http.accounting import record_failure
from bridge.server.http.dialect import Dialect, dialect_of
from bridge.server.http.eager import next_or_wait
from bridge.server.http.guard import build_cors_headers
from bridge.server.http.interruption import explain_interruption
from bridge.server.request_record import get_record
from bridge.server.state import BRIDGE

_MUCH = 32 * 1024
"""Bytes that are written without waiting for a pause."""

_TURNS_TO_FIRST_WORDS = 3
"""Turns of the loop: what has come for others is read, wakes them, and is written; so the first
words of all answers go before the rest of any."""

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
    response = web.StreamResponse(headers={**_HEADERS, **headers, **build_cors_headers(request)})
    await response.prepare(request)
    dialect = dialect_of(request)
    seconds = request.app[BRIDGE].settings.keep_alive_seconds
    pulse = _Pulse(response, dialect, seconds)
    try:
        async with pulse:
            with suppress(StopAsyncIteration):
                while True:
                    event = await next_or_wait(events, pulse.flush)
                    await pulse.write(dialect.event(event))
            last = dialect.end
    except BridgeError as error:
        last = _told(request, error)
    except asyncio.CancelledError as error:
        last = _told(request, explain_interruption(request, error))
    await response.write_eof(pulse.take() + last)
    return response


class _Pulse:
    """Joins what comes without a pause, and keeps alive where nothing was written for `seconds`.

    One timer for the stream, and no task while it is not silent.
    """

    def __init__(self, response: web.StreamResponse, dialect: Dialect, seconds: float) -> None:
        self._response = response
        self._line = dialect.keep_alive
        self._until_words = dialect.until_words
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._written_at = self._loop.time()
        self._held: list[bytes] = []
        self._size = 0
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
        self._until_words -= 1
        if self._until_words == 0:
            await self.flush()
            for _ in range(_TURNS_TO_FIRST_WORDS):
                await asyncio.sleep(0)
        elif self._size >= _MUCH:
            await self.flush()

    async def flush(self) -> None:
        """What was held goes out; it waits for a client that reads slowly."""
        if self._size:
            await self._response.write(self.take())
            self._written_at = self._loop.time()

    def take(self) -> bytes:
        """What was held, to be written by somebody else."""
        held, self._held, self._size = self._held, [], 0
        return b"".join(held)

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


def _told(request: web.Request, error: BridgeError) -> bytes:
    record, dialect = get_record(request), dialect_of(request)
    record_failure(request, record, error)
    return dialect.event((dialect.failure or dialect.error)(error, record.id))
