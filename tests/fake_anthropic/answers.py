"""HTTP responses: streamed, whole, or an error."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from tests.fake_anthropic.play import PING, NewId, collect, events
from tests.fake_anthropic.rejection import Rejection
from tests.fake_anthropic.script import (
    ERROR_TYPES,
    CutOff,
    Drop,
    ErrorEvent,
    Event,
    Failure,
    Fault,
    Hang,
    Malformed,
    RawHttp,
    Reply,
)

_STATUSES = {kind: status for status, kind in ERROR_TYPES.items()}
_FLUSH = 0.05
"""Seconds to wait before a break, so that everything written so far is sent."""
_BREAKABLE = ("content_block_delta", "message_delta")
Body = dict[str, Any]


def failure_of(rejection: Rejection) -> Failure:
    """Convert a rejection to an error response."""
    return Failure(rejection.status, rejection.type, rejection.message, details=rejection.details)


def error(failure: Failure, request_id: str) -> web.Response:
    """Build an HTTP error in the API's format."""
    told: Body = {
        "type": failure.type or ERROR_TYPES.get(failure.status, "api_error"),
        "message": failure.message or f"fake {failure.status}",
    }
    if failure.details is not None:
        told["details"] = dict(failure.details)
    body = {"type": "error", "error": told, "request_id": request_id}
    headers = {"request-id": request_id, **_limit_headers(failure), **failure.headers}
    return web.json_response(body, status=failure.status, headers=headers)


async def write_raw(request: web.Request, raw: RawHttp) -> web.StreamResponse:
    """Write the bytes past aiohttp, and end the connection."""
    transport = request.transport
    if transport is not None:
        transport.write(raw.content)
        if raw.abort:
            await asyncio.sleep(_FLUSH)
            transport.abort()
        else:
            transport.close()
    # Never sent, as the connection has ended.
    return web.Response()


def _limit_headers(failure: Failure) -> dict[str, str]:
    headers = {}
    if failure.retry_after is not None:
        headers["retry-after"] = f"{failure.retry_after:g}"
    if failure.status == 429:
        headers |= build_limits(requests=0, tokens=0)
    return headers


def build_limits(requests: int = 49, tokens: int = 79_000) -> dict[str, str]:
    """Build the headers that the API sends with every answer: what remains of each limit."""
    limits = {"requests": (50, requests), "tokens": (80_000, tokens), "input-tokens": (60_000, 60)}
    return {
        f"anthropic-ratelimit-{kind}-{part}": value
        for kind, (limit, remaining) in limits.items()
        for part, value in {
            "limit": str(limit),
            "remaining": str(remaining),
            "reset": "2026-11-22T12:00:00Z",
        }.items()
    }


async def stream(
    request: web.Request, reply: Reply, body: Body, new_id: NewId
) -> tuple[web.StreamResponse, bool]:
    """Write the events at their pace; the flag says whether all were written."""
    request_id = new_id("req")
    response = web.StreamResponse(headers=_build_headers("text/event-stream", request_id, reply))
    await response.prepare(request)
    if reply.raw is not None:
        await response.write(reply.raw.encode())
        return response, True
    deltas = 0
    for event in events(reply, body, new_id):
        fault = reply.fault if event["type"] in _BREAKABLE else None
        if fault is not None and deltas >= fault.after:
            await _break(request, response, fault, request_id)
            return response, False
        if event["type"] == "content_block_delta":
            await _wait_pace(response, reply, deltas)
            deltas += 1
        await _write(response, event)
    return response, True


def _build_headers(content_type: str, request_id: str, reply: Reply) -> Mapping[str, str]:
    own = {"Content-Type": content_type, "request-id": request_id}
    return {**own, **build_limits(), **reply.headers}


async def _wait_pace(response: web.StreamResponse, reply: Reply, deltas: int) -> None:
    if reply.ping_every and deltas % reply.ping_every == 0:
        await _write(response, PING)
    if reply.delay:
        await asyncio.sleep(reply.delay)


async def _write(response: web.StreamResponse, event: Event) -> None:
    await response.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())


async def _break(
    request: web.Request, response: web.StreamResponse, fault: Fault, request_id: str
) -> None:
    match fault:
        case ErrorEvent():
            told: Body = {"type": fault.type, "message": fault.message}
            if fault.details is not None:
                told["details"] = dict(fault.details)
            await _write(response, {"type": "error", "error": told, "request_id": request_id})
        case Drop():
            await asyncio.sleep(_FLUSH)
            _cut(request)
        case Malformed():
            await response.write(f"event: content_block_delta\ndata: {fault.data}\n\n".encode())
        case Hang():
            await asyncio.Event().wait()
        case CutOff():
            pass


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


async def whole(
    request: web.Request, reply: Reply, body: Body, new_id: NewId
) -> tuple[web.StreamResponse, bool]:
    """Send the same events as one message, after the same time; a fault at any delta breaks it."""
    request_id = new_id("req")
    sequence = list(events(reply, body, new_id))
    deltas = sum(event["type"] == "content_block_delta" for event in sequence)
    await asyncio.sleep(reply.delay * deltas)
    if reply.fault is not None and deltas >= reply.fault.after:
        return await _break_whole(request, reply.fault, request_id), False
    text = json.dumps(collect(sequence))
    headers = _build_headers("application/json", request_id, reply)
    return web.Response(text=text, headers=headers), True


async def _break_whole(request: web.Request, fault: Fault, request_id: str) -> web.Response:
    match fault:
        case ErrorEvent():
            status = _STATUSES.get(fault.type, 500)
            failure = Failure(status, fault.type, fault.message, details=fault.details)
            return error(failure, request_id)
        case Drop():
            _cut(request)
        case Hang():
            await asyncio.Event().wait()
        case Malformed() | CutOff():
            pass
    return web.Response(text="{oops", content_type="application/json")
