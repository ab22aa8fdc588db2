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

    Recording begins when the handler is called: what was rejected before, such as the requests of
    another site's page, must not push out those of the user's clients.
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
