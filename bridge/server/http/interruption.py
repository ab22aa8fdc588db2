"""Find out why a handler was cancelled: the client left, or the server is stopping."""

from __future__ import annotations

import asyncio

from aiohttp import web

from bridge.errors import ShuttingDown
from bridge.server.state import BRIDGE

INTERRUPTED = "The bridge was stopped before this answer ended."


def explain_interruption(request: web.Request, cancelled: asyncio.CancelledError) -> ShuttingDown:
    """Return the error for the client if a stop of the server cancelled the handler.

    It also withdraws the task's cancellation, so that the error can still be sent. Raises
    `cancelled` again if the client has left, because then nothing can be sent.
    """
    # aiohttp cancels a handler when its client leaves, and `Bridge.drain` when the server stops.
    client_left = request.transport is None or request.transport.is_closing()
    task = asyncio.current_task()
    if client_left or task is None or not request.app[BRIDGE].stopping:
        raise cancelled
    task.uncancel()
    return ShuttingDown(INTERRUPTED)
