"""Tells why a handler was cancelled: the client left, or the server stops."""

from __future__ import annotations

import asyncio

from aiohttp import web

from bridge.errors import ShuttingDown
from bridge.server.state import BRIDGE


def cut_off(request: web.Request) -> ShuttingDown:
    """To be called where CancelledError is caught.

    Gives the error to answer with when the server cut the answer off; the cancellation is taken
    back then. When it was the client who left, there is nobody to answer: it is raised again.
    """
    gone = request.transport is None or request.transport.is_closing()
    task = asyncio.current_task()
    if gone or task is None or not request.app[BRIDGE].stopping:
        raise  # noqa: PLE0704 - the CancelledError being handled by the caller
    task.uncancel()
    return ShuttingDown("The bridge was stopped before this answer ended.")
