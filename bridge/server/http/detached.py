"""Accounts for work that is not an HTTP request of its own: on a WebSocket, in the background."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

from bridge.errors import BridgeError
from bridge.server.http.accounting import close_account
from bridge.server.http.error_help import unforeseen
from bridge.server.request_record import Access, client_of


@contextmanager
def record_detached(request: web.Request) -> Iterator[Access]:
    """Give the work inside an id, an access line and a row in the ledger, like a request's.

    `request` is the one that has started it: it opened the socket, or asked for a background
    response.
    """
    access = Access(client=client_of(request))
    started = time.perf_counter()
    try:
        yield access
    finally:
        close_account(request, access, "turn", started)


@contextmanager
def translate_unexpected_errors(access: Access) -> Iterator[None]:
    """Raise every unexpected exception as an InternalError.

    A ConnectionResetError passes: the client has left, which is not an error of the bridge.
    """
    try:
        yield
    except (BridgeError, ConnectionResetError):
        raise
    except Exception as error:
        raise unforeseen(access) from error
