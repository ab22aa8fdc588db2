"""Writes a running answer as server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

from bridge.errors import BridgeError, ConnectionDropped
from bridge.server.http.accounting import as_internal_error, record_failure
from bridge.server.http.dialect import get_dialect
from bridge.server.http.guard import build_cors_headers
from bridge.server.http.interruption import explain_interruption
from bridge.server.http.protocol import drop_connection, get_protocol
from bridge.server.http.recording.stream import open_stream
from bridge.server.request_record import get_record
from bridge.server.state import BRIDGE

_HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "X-Accel-Buffering": "no",
}


async def write_events(
    request: web.Request, headers: Mapping[str, str], batches: AsyncIterator[Sequence[Any]]
) -> web.StreamResponse:
    """Write events in the endpoint's dialect, one write for each batch, then the dialect's end.

    Whatever is raised is written as an error event in place of the end, and the connection closes
    soon. Writing waits for the client, so a client that reads slowly holds back
    upstream. While Claude is silent, a keep-alive goes out now and then, so that no client or proxy
    gives up.
    """
    response = open_stream({**_HEADERS, **headers, **build_cors_headers(request)})
    writer = await response.prepare(request)
    if writer is not None:
        # With the first batch, if that is there already: one write to the socket less.
        asyncio.get_running_loop().call_soon(_send_headers, writer)
    dialect = get_dialect(request)
    seconds = request.app[BRIDGE].settings.keep_alive_seconds
    try:
        async with KeepAlive(response, dialect.keep_alive, seconds) as keep_alive:
            async for batch in batches:
                await response.write(b"".join(map(dialect.event, batch)))
                keep_alive.reset()
            last = dialect.end
    except ConnectionResetError:
        # The client has left; the middleware reports it.
        raise
    except asyncio.CancelledError as error:
        last = _format_failure(request, explain_interruption(request, error))
    except ConnectionDropped as error:
        record_failure(request, get_record(request), error)
        drop_connection(request)
        return response
    except BridgeError as error:
        last = _format_failure(request, error)
    except Exception as error:  # noqa: BLE001 - the headers are sent: only this stream can report it
        last = _format_failure(request, as_internal_error(error, get_record(request)))
    await response.write_eof(last)
    if get_record(request).failed and (protocol := get_protocol(request)) is not None:
        protocol.close_soon()
    return response


def _send_headers(writer: AbstractStreamWriter) -> None:
    # A client that has left is reported by whoever writes next.
    with suppress(ConnectionResetError):
        writer.send_headers()


class KeepAlive:
    """Writes a line to a response whenever nothing else was written for `seconds`.

    States: waiting (one timer runs), writing (one task runs, so that it can wait for a client that
    reads slowly), closed. `reset` tells it that something was written: it only notes the time, and
    the timer looks at the note when it fires, because a timer for each chunk would cost more than
    the chunk. Leaving the `async with` block closes it.
    """

    def __init__(self, response: web.StreamResponse, line: bytes, seconds: float) -> None:
        self._response = response
        self._line = line
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._written_at = self._loop.time()
        self._writing: asyncio.Task[None] | None = None

    async def __aenter__(self) -> KeepAlive:
        self._timer = self._loop.call_later(self._seconds, self._check_silence)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.wait([self._writing])

    def reset(self) -> None:
        """Note that something was written now."""
        self._written_at = self._loop.time()

    def _check_silence(self) -> None:
        left = self._written_at + self._seconds - self._loop.time()
        if left > 0:
            self._timer = self._loop.call_later(left, self._check_silence)
        else:
            self._writing = asyncio.create_task(self._write_line())

    async def _write_line(self) -> None:
        # A client that left is no failure here: its handler is cancelled by aiohttp.
        with suppress(ConnectionResetError):
            await self._response.write(self._line)
            self.reset()
            self._check_silence()


def _format_failure(request: web.Request, error: BridgeError) -> bytes:
    """Record a failure and return its event."""
    record, dialect = get_record(request), get_dialect(request)
    record_failure(request, record, error)
    return dialect.event((dialect.failure or dialect.error)(error, record.id))
