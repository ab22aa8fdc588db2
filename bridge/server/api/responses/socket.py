"""`GET /v1/responses` as a WebSocket: one connection for many responses.

The inputs are text messages `response.create`. They wait in a queue of MAX_WAITING and are answered
in turn, each with the events of its response or with one `error` event; an error does not close the
connection. A message of another kind, or one too many, gets an `error` event at once. The
connection ends when the client closes it or the server stops. Data that would exceed the memory of
all bodies is discarded; the client gets an `error` event, and the connection closes.

https://developers.openai.com/api/docs/guides/websocket-mode
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import OrderedDict
from contextlib import aclosing
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web
from pydantic_core import from_json

from bridge.errors import BridgeError, ConnectionDropped, InvalidRequest, NotFound, Overloaded
from bridge.resilience.memory_budget import MemoryBudget, MemoryLease
from bridge.server.answers.computer_use import resolve_with_computer
from bridge.server.answers.response import (
    ResponseMemory,
    build_empty_response,
    limit_store,
    mark_unstored,
    open_response,
    save_response,
)
from bridge.server.http.accounting import record_failure
from bridge.server.http.body.split_body import LARGE
from bridge.server.http.detached import record_detached, translate_unexpected_errors
from bridge.server.http.dialect import RESPONSES
from bridge.server.http.endpoint import Answer, Endpoint
from bridge.server.http.error_body import build_error_body
from bridge.server.http.interruption import explain_interruption
from bridge.server.http.json_memory import estimate_memory
from bridge.server.http.notice_header import build_notice_headers
from bridge.server.http.protocol import QuietHandler, drop_connection
from bridge.server.http.recording.detached import record_event
from bridge.server.http.request_body import validate_body
from bridge.server.request_record import RequestRecord
from bridge.server.state import BRIDGE, Bridge
from bridge.store.response_table import StoredResponse
from bridge.store.responses import MAX_CHAIN, Chain
from bridge.wire.json_bytes import replace_surrogates
from bridge.wire.responses import Item, ResponsesRequest

_log = logging.getLogger(__name__)

MAX_REMEMBERED = 200
MAX_WAITING = 32
_HEARTBEAT_SECONDS = 30.0
_CLOSE_SECONDS = 5.0
_TRANSPORT_FIELDS = ("stream", "background", "stream_options", "type", "generate")
"""Fields of the message that are not part of the request."""


class SocketMemory(ResponseMemory):
    """The store, and the responses of this connection that are not stored."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__(bridge)
        self._own: OrderedDict[str, StoredResponse] = OrderedDict()
        self._deletions = bridge.deletions

    async def load_chain(self, id: str) -> Chain:
        self._drop_forgotten()
        turns: list[tuple[Item, ...]] = []
        # Newest first; a response that this connection did not create may be in the store.
        current: str | None = id
        on_disk = True
        while current is not None and current in self._own:
            stored = self._own[current]
            turns.append(stored.items)
            current, on_disk = stored.previous, on_disk and stored.body.get("store") is True
        before = Chain((), 0, True)
        if current is not None:
            before = await self._bridge.responses.load_chain(current, MAX_CHAIN - len(turns))
        items = (*before.items, *(item for turn in reversed(turns) for item in turn))
        return Chain(items, before.count + len(turns), on_disk and before.on_disk)

    def stores(self, store: bool | None) -> bool:
        return True

    async def save(self, stored: StoredResponse, store: bool | None) -> str | None:
        self._drop_forgotten()
        notice = await super().save(stored, store)
        self._own[stored.body["id"]] = stored
        while len(self._own) > MAX_REMEMBERED:
            self._own.popitem(last=False)
        return notice

    def forget(self, id: str | None) -> None:
        """Forget a response that a failed request continued, as OpenAI does."""
        self._own.pop(id or "", None)

    def _drop_forgotten(self) -> None:
        """Forget everything if the user had stored content deleted since."""
        if self._deletions != self._bridge.deletions:
            self._deletions = self._bridge.deletions
            self._own.clear()


class Inbox:
    """The messages of a connection that are arriving or waiting, and their memory."""

    def __init__(self, budget: MemoryBudget) -> None:
        self._budget = budget
        self._arriving = budget.open_lease()
        self._waiting: asyncio.Queue[tuple[bytes, MemoryLease]] = asyncio.Queue(MAX_WAITING)
        self.refusal: asyncio.Future[BridgeError] = asyncio.get_running_loop().create_future()
        """Done when data was discarded; nothing that arrives later can be understood."""

    def accept_data(self, size: int) -> bool:
        """Count data that has arrived; return whether there is memory for it."""
        if self.refusal.done():
            return False
        try:
            self._arriving.add(size)
        except BridgeError as error:
            self.refusal.set_result(error)
            return False
        return True

    def put(self, message: bytes) -> None:
        """Queue a message that is complete. Raises Overloaded if too many are waiting."""
        lease, self._arriving = self._arriving, self._budget.open_lease()
        try:
            self._waiting.put_nowait((message, lease))
        except asyncio.QueueFull as error:
            lease.close()
            raise Overloaded(f"{MAX_WAITING} messages are waiting already.") from error

    async def get(self) -> tuple[bytes, MemoryLease]:
        """Wait for the next message. The caller must close its lease."""
        return await self._waiting.get()

    def close(self) -> None:
        """Accept no more data, and give back the memory of all messages that were not taken."""
        self.refusal.cancel()
        self._arriving.close()
        while not self._waiting.empty():
            self._waiting.get_nowait()[1].close()


async def open_responses_socket(request: web.Request) -> web.StreamResponse:
    """Answer the messages of a WebSocket in turn. Raises NotFound for a plain GET."""
    socket = await _accept_socket(request)
    inbox = Inbox(request.app[BRIDGE].bodies)
    if isinstance(request.protocol, QuietHandler):
        request.protocol.accept_data = inbox.accept_data
    answers = asyncio.create_task(_answer_messages(request, socket, inbox))
    tasks = [
        answers,
        asyncio.create_task(_close_with(answers, socket)),
        asyncio.create_task(_close_when_refused(socket, inbox)),
    ]
    try:
        # Reading never pauses, so that a client that leaves during an answer is noticed at once.
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                await _send_error(socket, InvalidRequest("Send JSON in text messages."))
                continue
            try:
                # A client may send its next message before the answer to the last one is complete.
                inbox.put(message.data)
            except Overloaded as error:
                await _send_error(socket, error)
    finally:
        for task in tasks:
            task.cancel()
        # First, because a client that leaves now cancels the waiting for the tasks.
        inbox.close()
        await asyncio.gather(*tasks, return_exceptions=True)
    return socket


async def _accept_socket(request: web.Request) -> web.WebSocketResponse:
    # Without compression, as a message of 60 KB could decompress to the limit at once.
    socket = web.WebSocketResponse(
        heartbeat=_HEARTBEAT_SECONDS,
        max_msg_size=request.app[BRIDGE].settings.max_body_mb * 1024 * 1024,
        compress=False,
        decode_text=False,
        timeout=_CLOSE_SECONDS,
    )
    # A plain GET would be a list of all responses, which does not exist.
    if not socket.can_prepare(request).ok:
        raise NotFound(
            "GET opens a WebSocket here. To create a response use POST; to read one add its id."
        )
    await socket.prepare(request)
    return socket


async def _close_when_refused(socket: web.WebSocketResponse, inbox: Inbox) -> None:
    error = await inbox.refusal
    await _send_error(socket, error)
    await socket.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"no memory for the message")


async def _close_with(answers: asyncio.Task[None], socket: web.WebSocketResponse) -> None:
    """Close the socket when its answers have ended: otherwise the client would wait for them."""
    await asyncio.wait([answers])
    if not answers.cancelled() and (error := answers.exception()) is not None:
        _log.error("The answers of a WebSocket failed inside the bridge.", exc_info=error)
        await socket.close(code=WSCloseCode.INTERNAL_ERROR)


async def _answer_messages(
    request: web.Request, socket: web.WebSocketResponse, inbox: Inbox
) -> None:
    memory = SocketMemory(request.app[BRIDGE])
    while True:
        message, lease = await inbox.get()
        with lease:
            await _answer_message(request, socket, memory, message, lease)


async def _answer_message(
    request: web.Request,
    socket: web.WebSocketResponse,
    memory: SocketMemory,
    data: bytes,
    lease: MemoryLease,
) -> None:
    with record_detached(request, "socket", data) as record:
        try:
            with request.app[BRIDGE].track_answer(), translate_unexpected_errors(record):
                await _create_response(request, socket, memory, record, data, lease)
        except BridgeError as error:
            record_failure(request, record, error)
            if isinstance(error, ConnectionDropped):
                drop_connection(request)
            else:
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
    data: bytes,
    lease: MemoryLease,
) -> None:
    bridge = request.app[BRIDGE]
    if large := len(data) >= LARGE:
        lease.add(await bridge.heavy_work.run(estimate_memory, data))
        body, generate = await bridge.heavy_work.run(_parse_message, data)
    else:
        lease.add(estimate_memory(data))
        body, generate = _parse_message(data)
    if not generate:
        await _prepare_response(socket, memory, body, bridge)
        record.outcome = "prepared"
        return
    try:
        # For each message: the connection may have been handed to another process.
        resolved, computer_use = await resolve_with_computer(
            request, record.caller, body.model, body.computer_use
        )
        begun = open_response(
            bridge, body, resolved, record, memory, large=large, computer_use=computer_use
        )
        async with begun as answer:
            # Only for the log: on a WebSocket, a response has no headers.
            build_notice_headers(record.id, answer.notices)
            events = answer.read_events(lambda error: record_failure(request, record, error))
            async with aclosing(events) as batches:
                async for batch in batches:
                    for event in batch:
                        await _send_event(socket, event)
    except BridgeError:
        memory.forget(body.previous_response_id)
        raise


def _parse_message(data: bytes) -> tuple[ResponsesRequest, bool]:
    """Return the request, and whether Claude should answer it."""
    message = _decode_message(data)
    if not isinstance(message, dict) or message.get("type") != "response.create":
        raise InvalidRequest("The type must be response.create.", param="type")
    fields = {name: value for name, value in message.items() if name not in _TRANSPORT_FIELDS}
    return validate_body(ResponsesRequest, fields), message.get("generate") is not False


def _decode_message(data: bytes) -> Any:
    try:
        # As deep as a body over HTTP, but no deeper: the translation is recursive.
        return from_json(data)
    except ValueError as error:
        if (repaired := replace_surrogates(data)) != data:
            return _decode_message(repaired)
        raise InvalidRequest("The message is not valid JSON.") from error


async def _prepare_response(
    socket: web.WebSocketResponse, memory: SocketMemory, body: ResponsesRequest, bridge: Bridge
) -> None:
    """Answer `generate: false`: store the input under an id, without a request to Claude."""
    body, _ = limit_store(bridge, body)
    response = build_empty_response(body, bridge.active_model)
    for number, type in enumerate(("response.created", "response.completed")):
        if type == "response.completed":
            now = int(time.time())
            response = {**response, "status": "completed", "completed_at": now}
            response = mark_unstored(response, await save_response(memory, body, response))
        event = {"type": type, "sequence_number": number, "response": response}
        await _send_event(socket, event)


async def _send_event(socket: web.WebSocketResponse, event: dict[str, Any]) -> None:
    await socket.send_str(json.dumps(event))
    record_event(event)


async def _send_error(socket: web.WebSocketResponse, error: BridgeError) -> None:
    event = {"type": "error", "status": error.status, **build_error_body(error)}
    await _send_event(socket, event)


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
