"""A turn that is not a request of its own: on a socket, or in the background."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

from bridge.errors import BridgeError, InternalError
from bridge.server.access import Access
from bridge.server.booking import book
from bridge.server.state import BRIDGE

_log = logging.getLogger(__name__)


@contextmanager
def turn(request: web.Request) -> Iterator[Access]:
    """It has an id, an access line and a row in the ledger, as a request has."""
    access = Access(id=f"req_{uuid.uuid4().hex}")
    started = time.perf_counter()
    try:
        yield access
    finally:
        seconds = time.perf_counter() - started
        if access.outcome == "-":
            access.outcome = "cut"
        resource = request.match_info.route.resource
        path = resource.canonical if resource is not None else "(none)"
        access.log(request, "turn", seconds)
        book(request, access, seconds)
        request.app[BRIDGE].metrics.observe(path, access, "turn", seconds)


@contextmanager
def failures_named(access: Access) -> Iterator[None]:
    """Every failure in it is a BridgeError: what nobody foresaw is one of the bridge itself."""
    try:
        yield
    except (BridgeError, ConnectionResetError):
        raise
    except Exception as error:
        _log.exception("%s failed inside the bridge", access.id)
        raise InternalError(
            f"The bridge itself failed; its log says more under {access.id}."
        ) from error
