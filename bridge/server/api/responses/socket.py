"""`GET /v1/responses` as a WebSocket: turn after turn on one connection, each with its own events.

https://developers.openai.com/api/docs/guides/websocket-mode
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import aclosing
from typing import Any

from aiohttp import WSMsgType, web

from bridge.errors import BridgeError, InvalidRequest, NotFound, Overloaded
from bridge.server.answers.response import Memory, base_of, keep, respond
from bridge.server.http.detached import failures_named, turn
from bridge.server.http.dialect import RESPONSES
from bridge.server.http.endpoint import Answer, Endpoint
from bridge.server.http.error_help import remember
from bridge.server.http.interruption import explain_interruption
from bridge.server.http.notice_header import notice_headers
from bridge.server.http.request_body import LARGE, validate_body
from bridge.server.request_record import Access
from bridge.server.state import BRIDGE, Bridge
from bridge.store.responses import StoredResponse
from bridge.wire.errors import error_body
from bridge.wire.responses import Item, ResponsesRequest

MOST_REMEMBERED = 200
MOST_WAITING = 32
_HEARTBEAT = 30.0
_NOT_HERE = ("stream", "background", "stream_options", "type", "generate")
"""Of the transport, or of the message itself."""


class SocketMemory(Memory):
    """Also knows the responses of this connection that are not to be kept."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__(bridge)
        self._own: OrderedDict[str, StoredResponse] = OrderedDict()

    async def chain(self, id: str) -> Sequence[Item] | None:
        turns: list[tuple[Item, ...]] = []
        wanted: str | None = id
        while wanted is not None and wanted in self._own:
            stored = self._own[wanted]
            turns.append(stored.items)
            wanted = stored.previous
        before = await super().chain(wanted) if wanted is not None else ()
        if before is None:
            return None
        return [*before, *(item for turn in reversed(turns) for item in turn)]

    def keep(self, stored: StoredResponse, *, store: bool) -> None:
        super().keep(stored, store=store)
        self._own[stored.body["id"]] = stored
        while len(self._own) > MOST_REMEMBERED:
            self._own.popitem(last=False)

    def forget(self, id: str | None) -> None:
        """What could not be gone on from; as OpenAI does, so that a client begins anew."""
        self._own.pop(id or "", None)


async def open_responses_socket(request: web.Request) -> web.StreamResponse:
    """One turn at a time; a failed one is told, and the connection goes on."""
    bridge = request.app[BRIDGE]
    limit = bridge.settings.max_body_mb * 1024 * 1024
    socket = web.WebSocketResponse(heartbeat=_HEARTBEAT, max_msg_size=limit)
    if not socket.can_prepare(request).ok:
        raise NotFound("This is a WebSocket for GET; POST the request, or ask for one response.")
    await socket.prepare(request)
    waiting: asyncio.Queue[str] = asyncio.Queue(MOST_WAITING)
    turns = asyncio.create_task(_turns(request, socket, waiting))
    try:
        # It is read all the time: who hangs up in the middle of a turn is noticed at once.
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                await _tell(socket, InvalidRequest("Send text messages, with JSON in them."))
            elif waiting.full():
                await _tell(socket, Overloaded(f"{MOST_WAITING} turns are waiting already."))
            else:
                waiting.put_nowait(message.data)
    finally:
        turns.cancel()
        await asyncio.gather(turns, return_exceptions=True)
    return socket


async def _turns(
    request: web.Request, socket: web.WebSocketResponse, waiting: asyncio.Queue[str]
) -> None:
    memory = SocketMemory(request.app[BRIDGE])
    while True:
        await _turn(request, socket, memory, await waiting.get())


async def _turn(
    request: web.Request, socket: web.WebSocketResponse, memory: SocketMemory, text: str
) -> None:
    with turn(request) as access:
        try:
            with request.app[BRIDGE].answering(), failures_named(access):
                await _answer(request, socket, memory, access, text)
        except BridgeError as error:
            remember(request, access, error)
            await _tell(socket, error)
        except asyncio.CancelledError as error:
            stopped = explain_interruption(request, error)
            remember(request, access, stopped)
            await _tell(socket, stopped)


async def _answer(
    request: web.Request,
    socket: web.WebSocketResponse,
    memory: SocketMemory,
    access: Access,
    text: str,
) -> None:
    bridge = request.app[BRIDGE]
    body = _read(text)
    wanted = validate_body(ResponsesRequest, {k: v for k, v in body.items() if k not in _NOT_HERE})
    if body.get("generate") is False:
        await _prepared(socket, memory, wanted, bridge)
        access.outcome = "prepared"
        return
    try:
        async with respond(bridge, wanted, access, memory, large=len(text) >= LARGE) as answer:
            notice_headers(access.id, answer.notices)
            events = answer.events(lambda error: remember(request, access, error))
            async with aclosing(events) as running:
                async for event in running:
                    await socket.send_str(json.dumps(event))
    except BridgeError:
        memory.forget(wanted.previous_response_id)
        raise


def _read(text: str) -> dict[str, Any]:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest("The message is not valid JSON.") from error
    if not isinstance(body, dict) or body.get("type") != "response.create":
        raise InvalidRequest("Only messages of the type response.create are known.", param="type")
    return body


async def _prepared(
    socket: web.WebSocketResponse, memory: SocketMemory, wanted: ResponsesRequest, bridge: Bridge
) -> None:
    """`generate: false`: the input is remembered under an id to go on from; nothing is asked."""
    response = base_of(wanted, bridge.active_model)
    for number, type in enumerate(("response.created", "response.completed")):
        if type == "response.completed":
            now = int(time.time())
            response = {**response, "status": "completed", "completed_at": now}
            keep(memory, wanted, response)
        event = {"type": type, "sequence_number": number, "response": response}
        await socket.send_str(json.dumps(event))


async def _tell(socket: web.WebSocketResponse, error: BridgeError) -> None:
    told = {"type": "error", "status": error.status, **error_body(error)}
    await socket.send_str(json.dumps(told))


ROUTES = (
    Endpoint(
        "GET",
        "/v1/responses",
        open_responses_socket,
        "Responses",
        "Create responses over a WebSocket, with `response.create` messages",
        Answer("The connection becomes a WebSocket.", status=101),
        access="key",
        dialect=RESPONSES,
        failures=(404,),
    ),
)
