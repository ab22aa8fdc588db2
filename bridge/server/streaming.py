"""Writes a running answer as server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

from aiohttp import web

from bridge.errors import BridgeError
from bridge.server.access import access_of
from bridge.server.cutting import cut_off
from bridge.wire.errors import error_body
from bridge.wire.sse import DONE, data_line

_HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-cache",
    "X-Accel-Buffering": "no",
}


async def write_events(
    request: web.Request, headers: Mapping[str, str], events: AsyncIterator[Any]
) -> web.StreamResponse:
    """One `data:` line an event and `[DONE]`; a failure is an error line and no `[DONE]`.

    Writing waits for the client: one that reads slowly holds back upstream.
    """
    response = web.StreamResponse(headers={**_HEADERS, **headers})
    await response.prepare(request)
    try:
        async for event in events:
            await response.write(data_line(event))
        await response.write(DONE)
    except BridgeError as error:
        await _write_error(request, response, error)
    except asyncio.CancelledError:
        await _write_error(request, response, cut_off(request))
    await response.write_eof()
    return response


async def _write_error(
    request: web.Request, response: web.StreamResponse, error: BridgeError
) -> None:
    access_of(request).outcome = error.code or error.type
    await response.write(data_line(error_body(error)))
