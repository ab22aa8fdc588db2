"""Records one HTTP request with its answer."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from contextvars import Token

from aiohttp import web
from aiohttp.typedefs import Handler

from bridge.inspect.exchange import ClientRequest, Outcome
from bridge.inspect.recording import CURRENT, Recording
from bridge.inspect.redaction import redact_headers
from bridge.server.http.accounting import guard_accounting
from bridge.server.request_record import RequestRecord, get_record, read_client_name
from bridge.server.state import BRIDGE


async def record_exchange(
    request: web.Request,
    handler: Handler,
    account: Callable[[Handler], Awaitable[web.StreamResponse]],
) -> web.StreamResponse:
    """Answer a request by `account`, which gets the handler, and record both.

    Recording begins when the handler is called; see `record_rejection` for what is rejected before.
    """
    recorder, started = request.app[BRIDGE].recorder, time.perf_counter()
    begun: list[tuple[Recording, Token[Recording | None]]] = []

    async def begin(request: web.Request) -> web.StreamResponse:
        recording = recorder.begin(describe_request(request), "http", started)
        begun.append((recording, CURRENT.set(recording)))
        return await handler(request)

    status: int | str = "client left"
    headers: Mapping[str, str] = {}
    body: object = None
    try:
        response = await account(begin)
        status, headers, body = response.status, response.headers, getattr(response, "body", None)
        if not begun:
            _add_rejection(request, response, started)
        return response
    finally:
        for recording, token in begun:
            # A connection has one task for all of its requests.
            CURRENT.reset(token)
            with guard_accounting("the recorder"):
                # A stream has recorded itself.
                if isinstance(body, bytes):
                    recording.add_written(body)
                record = get_record(request)
                outcome = describe_outcome(record, status, recording.seconds, headers)
                recording.finish(outcome)


async def record_rejection(
    request: web.Request,
    handler: Handler,
    account: Callable[[Handler], Awaitable[web.StreamResponse]],
    *,
    has_endpoint: bool,
) -> web.StreamResponse:
    """Answer a request by `account`, and record it if it is not let in, or has no endpoint."""
    started, is_let_in = time.perf_counter(), False

    async def let_in(request: web.Request) -> web.StreamResponse:
        nonlocal is_let_in
        is_let_in = has_endpoint
        return await handler(request)

    response = await account(let_in)
    if not is_let_in:
        _add_rejection(request, response, started)
    return response


def _add_rejection(request: web.Request, response: web.StreamResponse, started: float) -> None:
    """Record a request without its body, and the error that it got."""
    # A browser's preflight that was answered is no rejection.
    if response.status < 400:
        return
    with guard_accounting("the recorder"):
        recording = request.app[BRIDGE].recorder.begin(
            describe_request(request), "http", started, is_rejected=True
        )
        body = getattr(response, "body", None)
        recording.add_written(body if isinstance(body, bytes) else b"")
        record, seconds = get_record(request), recording.seconds
        recording.finish(describe_outcome(record, response.status, seconds, response.headers))


def describe_request(request: web.Request) -> ClientRequest:
    """Return what is known of a request before its body is read."""
    return ClientRequest(
        request.method,
        request.path,
        redact_headers(request.headers.items()),
        read_client_name(request),
        get_record(request).caller.key,
        query=request.rel_url.raw_query_string,
    )


def describe_outcome(
    record: RequestRecord,
    status: int | str,
    seconds: float,
    headers: Mapping[str, str] | None = None,
) -> Outcome:
    """Return how a request ended, after it was accounted for."""
    return Outcome(
        request_id=record.id,
        status=status,
        outcome=record.outcome,
        failed=record.failed,
        seconds=seconds,
        model=record.model,
        backend=record.backend,
        usages=tuple(record.usages),
        input_tokens=record.prompt_tokens,
        output_tokens=record.completion_tokens,
        headers=tuple((headers or {}).items()),
    )
