"""Records one HTTP request with its answer."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Mapping

from aiohttp import web

from bridge.inspect.exchange import ClientRequest, Outcome
from bridge.inspect.recording import CURRENT
from bridge.inspect.redaction import redact_headers
from bridge.logs import redact
from bridge.server.http.accounting import guard_accounting, price_answers
from bridge.server.request_record import RequestRecord, get_record, read_client_name
from bridge.server.state import BRIDGE


async def record_exchange(
    request: web.Request, answer: Awaitable[web.StreamResponse]
) -> web.StreamResponse:
    """Await the answer to a request, and record both."""
    recorder = request.app[BRIDGE].recorder
    recording = recorder.begin(describe_request(request), "http", time.perf_counter())
    token = CURRENT.set(recording)
    status: int | str = "client left"
    headers: Mapping[str, str] = {}
    try:
        response = await answer
        status, headers = response.status, response.headers
        # A stream has recorded itself.
        if isinstance(response, web.Response) and isinstance(response.body, bytes):
            recording.add_written(response.body)
        return response
    finally:
        # A connection has one task for all of its requests.
        CURRENT.reset(token)
        with guard_accounting("the recorder"):
            record = get_record(request)
            recording.set_key(record.caller.key)
            recorder.finish(recording, describe_outcome(record, status, recording.seconds, headers))


def describe_request(request: web.Request) -> ClientRequest:
    """Return what is known of a request before its body is read."""
    return ClientRequest(
        request.method,
        request.path,
        redact_headers(request.headers.items()),
        read_client_name(request),
        query=redact(request.query_string),
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
        usages=tuple(dict(usage) for usage in record.usages),
        input_tokens=record.prompt_tokens,
        output_tokens=record.completion_tokens,
        micro_dollars=price_answers(record) if record.usages else None,
        headers=redact_headers((headers or {}).items()),
    )
