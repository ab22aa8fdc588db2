"""`/inspect` and `/inspect/exchanges`: turn the recorder on, and read what it has."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import BaseModel, Field

from bridge.errors import NotFound
from bridge.inspect.events import find_text
from bridge.inspect.exchange import Exchange
from bridge.inspect.recorder import Watcher
from bridge.server.api.inspect.details import describe_exchange
from bridge.server.api.inspect.summaries import describe_recorder, summarize
from bridge.server.http.dialect import COMPUTER
from bridge.server.http.endpoint import Answer, Endpoint
from bridge.server.http.event_stream import write_events
from bridge.server.http.query import DECIMAL, read_query
from bridge.server.http.request_body import read_body
from bridge.server.state import BRIDGE, Bridge
from bridge.wire.inspection.exchange import ExchangeDetail
from bridge.wire.inspection.recorder import (
    ExchangeList,
    ExchangeSummary,
    RecorderEvent,
    RecorderState,
    RecorderSwitch,
)

_PAUSE_SECONDS = 0.25
"""Changes are collected for this time: a stream changes its exchange with every event."""


class ListQuery(BaseModel):
    """The query parameters of the list."""

    text: str = Field("", max_length=500, description="Only exchanges whose content has it.")
    limit: Annotated[int, DECIMAL] = Field(200, ge=1, le=200, description="The last ones.")


class DetailQuery(BaseModel):
    """The query parameters of one exchange."""

    images: Literal["thumbnails", "full"] = Field(
        "thumbnails", description="Whether images are shown as placeholders, or as they are."
    )


async def switch_recorder(request: web.Request) -> web.Response:
    """Turn the recorder on for some minutes, or off."""
    bridge = request.app[BRIDGE]
    switch = await read_body(request, RecorderSwitch)
    if switch.on:
        bridge.recorder.turn_on(switch.minutes)
    else:
        bridge.recorder.turn_off()
    return web.json_response(describe_recorder(bridge.recorder).model_dump())


async def list_exchanges(request: web.Request) -> web.Response:
    """List what is stored, the oldest first."""
    bridge, query = request.app[BRIDGE], read_query(request, ListQuery)
    exchanges = bridge.recorder.list_exchanges()
    if query.text:
        exchanges = await bridge.recorder.work(_search, exchanges, query.text.casefold())
    body = ExchangeList(
        recorder=describe_recorder(bridge.recorder),
        exchanges=_summarize_all(bridge, exchanges[-query.limit :]),
    )
    return web.json_response(body.model_dump())


async def get_exchange(request: web.Request) -> web.Response:
    """Return one exchange in full. Raises NotFound."""
    bridge, query = request.app[BRIDGE], read_query(request, DetailQuery)
    exchange = find_exchange(bridge, request.match_info["id"])
    detail = await describe_exchange(bridge, exchange, full_images=query.images == "full")
    data = await bridge.recorder.work(encode_answer, detail)
    return web.Response(body=data, content_type="application/json")


async def watch_exchanges(request: web.Request) -> web.StreamResponse:
    """Stream the recorder's state, and the exchanges that change, until the client leaves."""
    async with aclosing(_list_changes(request.app[BRIDGE])) as batches:
        return await write_events(request, {}, batches)


async def _list_changes(bridge: Bridge) -> AsyncGenerator[list[dict[str, Any]], None]:
    with bridge.recorder.watch() as watcher:
        yield [_describe_changes(bridge, [])]
        stopping = asyncio.create_task(bridge.stop_requested.wait())
        try:
            while (ids := await _wait_for_change(watcher, stopping)) is not None:
                yield [_describe_changes(bridge, ids)]
                await asyncio.sleep(_PAUSE_SECONDS)
        finally:
            stopping.cancel()


async def _wait_for_change(watcher: Watcher, stopping: asyncio.Task[Any]) -> list[str] | None:
    """Return the ids of what has changed; None if the server stops."""
    waiting = asyncio.create_task(watcher.wait())
    try:
        await asyncio.wait([waiting, stopping], return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
    return None if stopping.done() else waiting.result()


def encode_answer(answer: BaseModel) -> bytes:
    """Return the answer as JSON, also with halves of characters, as clients may send them."""
    return json.dumps(answer.model_dump()).encode("ascii")


def find_exchange(bridge: Bridge, id: str) -> Exchange:
    """Return an exchange. Raises NotFound."""
    exchange = bridge.recorder.get(id)
    if exchange is None:
        reason = "has dropped it or never had it" if bridge.recorder.is_on else "is off"
        raise NotFound(f"There is no exchange {id[:40]}: the recorder {reason}.")
    return exchange


def _describe_changes(bridge: Bridge, ids: list[str]) -> dict[str, Any]:
    found = [exchange for id in ids if (exchange := bridge.recorder.get(id)) is not None]
    event = RecorderEvent(
        recorder=describe_recorder(bridge.recorder),
        exchanges=_summarize_all(bridge, found),
    )
    return event.model_dump()


def _summarize_all(bridge: Bridge, exchanges: Sequence[Exchange]) -> list[ExchangeSummary]:
    return [summarize(exchange, bridge.recorder.get_size(exchange.id)) for exchange in exchanges]


def _search(exchanges: list[Exchange], text: str) -> list[Exchange]:
    return [exchange for exchange in exchanges if text in find_text(exchange).casefold()]


_STATE_EXAMPLE: dict[str, Any] = {
    "on": True,
    "until": 1795413000.0,
    "exchanges": 1,
    "bytes": 4096,
    "dropped": 0,
}
_SUMMARY_EXAMPLE: dict[str, Any] = {
    "id": "12",
    "request_id": "req_0f6ed52fcdd24fa3ad9a12b5e2f0c8b7",
    "at": 1795411200.5,
    "via": "http",
    "method": "POST",
    "path": "/v1/chat/completions",
    "client": "openai-python",
    "key": "",
    "requested_model": "gpt-4o",
    "model": "claude-sonnet-5-5",
    "backend": "anthropic",
    "running": False,
    "status": 200,
    "outcome": "stop",
    "failed": False,
    "rejected": False,
    "notices": 1,
    "first_chunk_seconds": 0.81,
    "seconds": 2.4,
    "input_tokens": 24,
    "output_tokens": 5,
    "cache_read_tokens": 0,
    "cache_write_tokens": 0,
    "cost": 0.0001,
    "bytes": 4096,
    "repeats": None,
}
_DETAIL_EXAMPLE: dict[str, Any] = {
    **_SUMMARY_EXAMPLE,
    "query": "",
    "reason": None,
    "request_headers": [{"name": "Authorization", "value": "[secret]"}],
    "request_body": '{"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}',
    "response_headers": [{"name": "Content-Type", "value": "application/json"}],
    "all_notices": ["model: claude-sonnet-5-5 is used instead of gpt-4o"],
    "images": [],
    "fields": [
        {
            "name": "model",
            "value": "gpt-4o",
            "fate": "changed",
            "targets": [{"path": "model", "value": "claude-sonnet-5-5"}],
            "notices": [],
        }
    ],
    "fields_problem": None,
    "calls": [
        {
            "backend": "anthropic",
            "sent_at": 0.002,
            "opened_at": 0.8,
            "ended_at": 2.39,
            "failure": None,
            "headers": [],
            "body": '{"model":"claude-sonnet-5-5","max_tokens":32000,"messages":[]}',
            "given": None,
            "events": 6,
        }
    ],
    "timeline": [{"at": 0.0, "what": "Request accepted"}],
    "events": [
        {
            "at": 0.8,
            "call": 0,
            "upstream": '{"type":"message_start"}',
            "client": None,
        },
        {
            "at": 0.9,
            "call": 0,
            "upstream": '{"type":"content_block_delta"}',
            "client": '{"id":"chatcmpl-0f6e"}',
        },
    ],
    "usages": [
        {
            "input_tokens": 24,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": 5,
            "service_tier": "standard",
            "output_tokens_details": {"thinking_tokens": 0},
        }
    ],
    "prefix": {
        "previous": "11",
        "words": "tools changed: `search` was added",
        "same_bytes": 0,
        "earlier_bytes": 2100,
    },
    "cache_miss_reason": None,
    "is_stream": False,
    "can_repeat": True,
}

ROUTES = (
    Endpoint(
        "POST",
        "/inspect",
        switch_recorder,
        "Inspect",
        "Record requests for some minutes, or stop and drop what is recorded",
        Answer("The recorder's state.", RecorderState, _STATE_EXAMPLE),
        access="token",
        body=RecorderSwitch,
        example={"on": True, "minutes": 30},
    ),
    Endpoint(
        "GET",
        "/inspect/exchanges",
        list_exchanges,
        "Inspect",
        "List the recorded requests",
        Answer(
            "The last exchanges.",
            ExchangeList,
            {"recorder": _STATE_EXAMPLE, "exchanges": [_SUMMARY_EXAMPLE]},
        ),
        access="token",
        query=ListQuery,
        failures=(400,),
    ),
    Endpoint(
        "GET",
        "/inspect/events",
        watch_exchanges,
        "Inspect",
        "Follow the recorded requests",
        Answer(
            "The state at once, then an event for each change, at most four a second.",
            events=RecorderEvent,
        ),
        access="token",
        dialect=COMPUTER,
    ),
    Endpoint(
        "GET",
        "/inspect/exchanges/{id}",
        get_exchange,
        "Inspect",
        "Get one recorded request in full",
        Answer("The exchange.", ExchangeDetail, _DETAIL_EXAMPLE),
        access="token",
        query=DetailQuery,
        failures=(400, 404),
    ),
)
