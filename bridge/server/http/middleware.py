"""The middleware around every request: id, checks, error handling and accounting."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Awaitable

from aiohttp import web
from aiohttp.typedefs import Handler

from bridge.errors import (
    BridgeError,
    ConnectionDropped,
    EndpointNotOffered,
    InternalError,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    RequestTooLarge,
    ShuttingDown,
)
from bridge.server.http.accounting import as_internal_error, record_failure, record_request
from bridge.server.http.dialect import DIALECT, choose_dialect, get_dialect
from bridge.server.http.endpoint import Endpoint, find_endpoint
from bridge.server.http.guard import (
    answer_preflight,
    build_cors_headers,
    check_access,
    check_caller,
    expose_headers,
)
from bridge.server.http.interruption import explain_interruption
from bridge.server.http.notice_header import build_hint_headers
from bridge.server.http.paths import find_reason, suggest_base_url
from bridge.server.http.protocol import drop_connection, get_protocol
from bridge.server.http.recording.exchange import record_exchange, record_rejection
from bridge.server.http.request_body import LEASE
from bridge.server.request_record import RECORD, RequestRecord, get_record, read_caller
from bridge.server.state import BRIDGE


@web.middleware
def handle_errors(request: web.Request, handler: Handler) -> Awaitable[web.StreamResponse]:
    """Give the request an id, answer its errors in the endpoint's dialect, and account for it."""
    endpoint = find_endpoint(request)
    if request.app[BRIDGE].recorder.is_on:
        account = functools.partial(_account, request, endpoint=endpoint)
        if endpoint is not None and endpoint.is_recorded:
            return record_exchange(request, handler, account)
        # A client with a wrong address or key may not get further than here.
        if endpoint is None or endpoint.access == "key":
            has_endpoint = endpoint is not None
            return record_rejection(request, handler, account, has_endpoint=has_endpoint)
    return _account(request, handler, endpoint)


async def _account(
    request: web.Request, handler: Handler, endpoint: Endpoint | None
) -> web.StreamResponse:
    record = request[RECORD] = RequestRecord(caller=read_caller(request))
    request[DIALECT] = choose_dialect(request, endpoint.dialect if endpoint else None)
    # The value stays if a CancelledError passes through: then there is no response.
    status: int | str = "client left"
    try:
        response = await _respond(request, handler, endpoint)
        status = response.status
        # The headers of a stream are already sent; `write_events` has added these itself.
        if not response.prepared:
            response.headers.update(build_cors_headers(request))
        return response
    finally:
        if (lease := request.get(LEASE)) is not None:
            lease.close()
        record_request(request, record, status)


async def complete_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Add what every response has; a signal of the application.

    Caches on disk are forbidden, unless the handler allows them (`/assets`). The last response of a
    connection says that it is the last. The request's id is in the header of each dialect, and what
    upstream said in its headers is under the names of the dialect.
    """
    record = request.get(RECORD)
    if record is not None:
        dialect = get_dialect(request)
        headers = {"x-request-id": record.id, dialect.id_header: record.id}
        headers |= dialect.headers(record.upstream_headers, time.time())
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        expose_headers(response)
    response.headers.setdefault("Cache-Control", "no-store")
    if (protocol := get_protocol(request)) is not None:
        protocol.announce_close(response)


async def _respond(
    request: web.Request, handler: Handler, endpoint: Endpoint | None
) -> web.StreamResponse:
    record = get_record(request)
    try:
        response = await _check_and_handle(request, handler, endpoint)
    except BridgeError as error:
        return build_error_response(error, request, record)
    except web.HTTPException as error:
        return build_error_response(_translate_http_error(error, request), request, record)
    except asyncio.CancelledError as error:
        # Raises `error` again if the client has left.
        return build_error_response(explain_interruption(request, error), request, record)
    except ConnectionResetError as error:
        # The client has left, which aiohttp otherwise reports by a cancellation.
        raise asyncio.CancelledError("the client left while the response was written") from error
    except Exception as error:  # noqa: BLE001 - the outermost handler: every failure must get an answer
        return build_error_response(as_internal_error(error, record), request, record)
    return response


async def _check_and_handle(
    request: web.Request, handler: Handler, endpoint: Endpoint | None
) -> web.StreamResponse:
    # First, so that a web page gets the same answer for every path and learns nothing.
    check_caller(request)
    # A browser sends its preflight without the credential that the request itself will have.
    if request.method == "OPTIONS":
        return answer_preflight(request)
    # Without a row there is nothing to protect: the router's own handler raises 404 or 405.
    if endpoint is not None:
        await check_access(request, endpoint)
    if request.app[BRIDGE].stopping:
        raise ShuttingDown("The bridge is stopping; try again in a moment.")
    return await handler(request)


def build_error_response(
    error: BridgeError, request: web.Request, record: RequestRecord
) -> web.Response:
    """Build the error object in the request's dialect, with that dialect's status.

    Raises ConnectionError if a response has begun: aiohttp closes the connection then. A second
    response inside the first would leave the client waiting.
    """
    record_failure(request, record, error)
    if isinstance(error, ConnectionDropped):
        drop_connection(request)
    if request.writer.output_size > 0:
        raise ConnectionError("a response has begun already")
    dialect = get_dialect(request)
    body = dict(dialect.error(error, record.id))
    headers = dialect.headers(error.headers, time.time())
    if dialect.keeps_originals and error.original is not None:
        headers |= build_hint_headers(error)
    else:
        # The error is the bridge's own, and so is the id in its body.
        headers[dialect.id_header] = record.id
    return web.json_response(body, status=dialect.status(error), headers=headers)


def _translate_http_error(error: web.HTTPException, request: web.Request) -> BridgeError:
    match error:
        case web.HTTPRequestEntityTooLarge():
            limit = request.app[BRIDGE].settings.max_body_mb
            return RequestTooLarge(f"The body is larger than {limit} MB (setting max_body_mb).")
        case web.HTTPMethodNotAllowed():
            allowed = ", ".join(sorted(error.allowed_methods))
            return MethodNotAllowed(
                f"{request.method} is not allowed here; use {allowed}.", headers={"Allow": allowed}
            )
        case web.HTTPNotFound():
            if (reason := find_reason(request.path)) is not None:
                return EndpointNotOffered(reason)
            # A wrong base URL is a common mistake in a client's settings.
            hint = suggest_base_url(request.path)
            return NotFound(f"Unknown path {request.path[:200]}.{hint}")
        case _:
            kind = InvalidRequest if error.status < 500 else InternalError
            return kind(error.reason, status=error.status)
