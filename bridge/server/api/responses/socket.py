"""`GET /v1/responses` as a WebSocket: one connection for many responses.

The inputs are text messages `response.create`. They wait in a queue of MAX_WAITING and are answered
in turn, each with the events of its response or with one `error` event; an error does not close the
connection. A message of another kind, or one too many, gets an `error` event at once. The
connection ends when the client closes it or the server stops.

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
from bridge.server.answers.computer_use import prepare_computer_use
from bridge.server.answers.response import (
    ResponseMemory,
    build_empty_response,
    open_response,
    save_response,
)
from bridge.server.http.accounting import record_failure
from bridge.server.http.detached import record_detached, translate_unexpected_errors
from bridge.server.http.dialect import RESPONSES
from bridge.server.http.endpoint import Answer, Endpoint
from bridge.server.http.error_body import build_error_body
from bridge.server.http.interruption import explain_interruption
from bridge.server.http.notice_header import build_notice_headers
from bridge.server.http.request_body import LARGE, validate_body
from bridge.server.request_record import RequestRecord
from bridge.server.state import BRIDGE, Bridge
from bridge.store.responses import StoredResponse
from bridge.wire.responses import Item, ResponsesRequest

MAX_REMEMBERED = 200
MAX_WAITING = 32
_HEARTBEAT_SECONDS = 30.0
_TRANSPORT_FIELDS = ("stream", "background", "stream_options", "type", "generate")
"""Fields of the message that are not part of the request."""


class SocketMemory(ResponseMemory):
    """The store, and the responses of this connection that are not stored."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__(bridge)
        self._own: OrderedDict[str, StoredResponse] = OrderedDict()

    async def load_chain(self, id: str) -> Sequence[Item] | None:
        turns: list[tuple[Item, ...]] = []
        # Newest first; a response that this connection did not create may be in the store.
        current: str | None = id
        while current is not None and current in self._own:
            stored = self._own[current]
            turns.append(stored.items)
            current = stored.previous
        before = await super().load_chain(current) if current is not None else ()
        if before is None:
            return None
        return [*before, *(item for turn in reversed(turns) for item in turn)]

    def save(self, stored: StoredResponse, *, store: bool) -> None:
        super().save(stored, store=store)
        self._own[stored.body["id"]] = stored
        while len(self._own) > MAX_REMEMBERED:
            self._own.popitem(last=False)

    def forget(self, id: str | None) -> None:
        """Forget a response that a failed request continued, as OpenAI does."""
        self._own.pop(id or "", None)


async def open_responses_socket(request: web.Request) -> web.StreamResponse:
    """Answer the messages of a WebSocket in turn. Raises NotFound for a plain GET."""
    bridge = request.app[BRIDGE]
    limit = bridge.settings.max_body_mb * 1024 * 1024
    socket = web.WebSocketResponse(heartbeat=_HEARTBEAT_SECONDS, max_msg_size=limit)
    # A plain GET would be a list of all responses, which does not exist.
    if not socket.can_prepare(request).ok:
        raise NotFound(
            "GET opens a WebSocket here. To create a response use POST; to read one add its id."
        )
    await socket.prepare(request)
    # A client may send its next message before the answer to the last one is complete.
    waiting: asyncio.Queue[str] = asyncio.Queue(MAX_WAITING)
    answers = asyncio.create_task(_answer_messages(request, socket, waiting))
    try:
        # Reading never pauses, so that a client that leaves during an answer is noticed at once.
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                await _send_error(socket, InvalidRequest("Send JSON in text messages."))
            elif waiting.full():
                await _send_error(
                    socket, Overloaded(f"{MAX_WAITING} messages are waiting already.")
                )
            else:
                waiting.put_nowait(message.data)
    finally:
        answers.cancel()
        await asyncio.gather(answers, return_exceptions=True)
    return socket


async def _answer_messages(
    request: web.Request, socket: web.WebSocketResponse, waiting: asyncio.Queue[str]
) -> None:
    memory = SocketMemory(request.app[BRIDGE])
    while True:
        await _answer_message(request, socket, memory, await waiting.get())


async def _answer_message(
    request: web.Request, socket: web.WebSocketResponse, memory: SocketMemory, text: str
) -> None:
    with record_detached(request) as record:
        try:
            with request.app[BRIDGE].track_answer(), translate_unexpected_errors(record):
                await _create_response(request, socket, memory, record, text)
        except BridgeError as error:
            record_failure(request, record, error)
            await _send_error(socket, error)
        except asyncio.CancelledError as error:
            stopped = explain_interruption(request, error)
            record_failure(request, record, stopped)
            await _send_error(socket, stopped)


async def _create_response(
    request: web.Request,
    socket: web.WebSocketResponse,
    memory: SocketMemory,
    record: RequestRecord,
    text: str,
) -> None:
    bridge = request.app[BRIDGE]
    message = _parse_message(text)
    fields = {name: value for name, value in message.items() if name not in _TRANSPORT_FIELDS}
    body = validate_body(ResponsesRequest, fields)
    if message.get("generate") is False:
        await _prepare_response(socket, memory, body, bridge)
        record.outcome = "prepared"
        return
    try:
        # For each message: the connection may have been handed to another process.
        computer_use = await prepare_computer_use(request, body.model, body.computer_use)
        begun = open_response(
            bridge, body, record, memory, large=len(text) >= LARGE, computer_use=computer_use
        )
        async with begun as answer:
            # Only for the log: on a WebSocket, a response has no headers.
            build_notice_headers(record.id, answer.notices)
            events = answer.read_events(lambda error: record_failure(request, record, error))
            async with aclosing(events) as batches:
                async for batch in batches:
                    for event in batch:
                        await socket.send_str(json.dumps(event))
    except BridgeError:
        memory.forget(body.previous_response_id)
        raise


def _parse_message(text: str) -> dict[str, Any]:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest("The message is not valid JSON.") from error
    if not isinstance(body, dict) or body.get("type") != "response.create":
        raise InvalidRequest("The type must be response.create.", param="type")
    return body


async def _prepare_response(
    socket: web.WebSocketResponse, memory: SocketMemory, body: ResponsesRequest, bridge: Bridge
) -> None:
    """Answer `generate: false`: store the input under an id, without a request to Claude."""
    response = build_empty_response(body, bridge.active_model)
    for number, type in enumerate(("response.created", "response.completed")):
        if type == "response.completed":
            now = int(time.time())
            response = {**response, "status": "completed", "completed_at": now}
            save_response(memory, body, response)
        event = {"type": type, "sequence_number": number, "response": response}
        await socket.send_str(json.dumps(event))


async def _send_error(socket: web.WebSocketResponse, error: BridgeError) -> None:
    event = {"type": "error", "status": error.status, **build_error_body(error)}
    await socket.send_str(json.dumps(event))


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
