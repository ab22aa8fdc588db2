"""Around every request: its id, the guard, the one place that turns errors into answers."""

from __future__ import annotations

import asyncio
import time

from aiohttp import web
from aiohttp.typedefs import Handler

from bridge.errors import (
    BridgeError,
    MethodNotAllowed,
    NotFound,
    RequestTooLarge,
    ShuttingDown,
)
from bridge.server.http.accounting import close_account
from bridge.server.http.dialect import dialect_of
from bridge.server.http.error_help import remember, unforeseen
from bridge.server.http.guard import check_caller, check_key, cors_headers, preflight
from bridge.server.http.interruption import cut_off
from bridge.server.request_record import ACCESS, Access, client_of
from bridge.server.state import BRIDGE


@web.middleware
async def rim(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The outermost: gives the id, writes the access line, answers failures."""
    access = request[ACCESS] = Access(client=client_of(request))
    started = time.perf_counter()
    status: int | str = "client left"
    try:
        response = await _answer(request, handler, access)
        status = response.status
        if not response.prepared:
            response.headers.update(cors_headers(request))
        return response
    finally:
        close_account(request, access, status, started)


async def _answer(request: web.Request, handler: Handler, access: Access) -> web.StreamResponse:
    try:
        check_caller(request)
        if request.method == "OPTIONS":
            return preflight(request)
        await check_key(request)
        if request.app[BRIDGE].stopping:
            raise ShuttingDown("The bridge is stopping; try again in a moment.")
        response = await handler(request)
    except BridgeError as error:
        return error_response(error, request, access)
    except web.HTTPException as error:
        return error_response(_from_http(error, request), request, access)
    except asyncio.CancelledError:
        return error_response(cut_off(request), request, access)
    except ConnectionResetError as error:
        raise asyncio.CancelledError("the client left while it was written to") from error
    except Exception:  # noqa: BLE001 - the outer rim: whatever failed, the client gets an answer
        return error_response(unforeseen(access), request, access)
    if not response.prepared:
        response.headers["x-request-id"] = access.id
    return response


def error_response(error: BridgeError, request: web.Request, access: Access) -> web.Response:
    """The error object of the endpoint's dialect, with its true status."""
    remember(request, access, error)
    dialect = dialect_of(request)
    headers = {**error.headers, "x-request-id": access.id, dialect.id_header: access.id}
    body = dict(dialect.error(error, access.id))
    return web.json_response(body, status=dialect.status(error), headers=headers)


def _from_http(error: web.HTTPException, request: web.Request) -> BridgeError:
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
            return NotFound(f"There is nothing at {request.path[:200]}.")
        case _:
            return BridgeError(error.reason, status=error.status)
