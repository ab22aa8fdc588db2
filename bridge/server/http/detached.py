"""A turn that is not a request of its own: on a socket, or in the background."""

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
def turn(request: web.Request) -> Iterator[Access]:
    """It has an id, an access line and a row in the ledger, as a request has."""
    access = Access(client=client_of(request))
    started = time.perf_counter()
    try:
        yield access
    finally:
        close_account(request, access, "turn", started)


@contextmanager
def failures_named(access: Access) -> Iterator[None]:
    """Every failure in it is a BridgeError: what nobody foresaw is one of the bridge itself."""
    try:
        yield
    except (BridgeError, ConnectionResetError):
        raise
    except Exception as error:
        raise unforeseen(access) from error
