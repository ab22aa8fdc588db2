"""Record work that has no HTTP request: on a WebSocket or in the background."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

from bridge.errors import BridgeError
from bridge.inspect.exchange import Via
from bridge.server.http.accounting import as_internal_error, record_request
from bridge.server.http.recording.detached import record_detached_exchange
from bridge.server.request_record import RequestRecord, get_record


@contextmanager
def record_detached(
    request: web.Request, via: Via, body: bytes | None = None
) -> Iterator[RequestRecord]:
    """Give the work in the block a request id, an access line and a ledger row.

    `request` started it: it opened the socket, or requested a background response. `body` is the
    message on the socket.
    """
    record = RequestRecord(caller=get_record(request).caller)
    with record_detached_exchange(request, record, via, body):
        try:
            yield record
        finally:
            record_request(request, record, "turn")


@contextmanager
def translate_unexpected_errors(record: RequestRecord) -> Iterator[None]:
    """Raise every unexpected exception as an InternalError.

    A ConnectionResetError passes: the client has left, which is not an error of the bridge.
    """
    try:
        yield
    except (BridgeError, ConnectionResetError):
        raise
    except Exception as error:
        raise as_internal_error(error, record) from error
