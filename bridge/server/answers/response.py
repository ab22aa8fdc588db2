"""Answers a request of the Responses API, over HTTP, on a socket or in the background."""

from __future__ import annotations

import functools
import secrets
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from bridge.agent.backend import ComputerUse
from bridge.backends.base import EventStream
from bridge.backends.batches import map_batches
from bridge.errors import BridgeError, ConnectionDropped, NotFound
from bridge.models.names import ResolvedModel
from bridge.server.answers.attempt import OpenAnswer, open_answer
from bridge.server.answers.computer_use import split_suffix
from bridge.server.answers.record_answer import record_answer
from bridge.server.answers.recorded_backend import record_calls
from bridge.server.answers.routing import apply_effort, resolve_request
from bridge.server.http.request_body import validate_body
from bridge.server.request_record import RequestRecord
from bridge.server.state import Bridge
from bridge.store.response_table import StoredResponse
from bridge.store.responses import MEMORY_ONLY, Chain
from bridge.translate.chat.request import is_heavy
from bridge.translate.responses.request import (
    ChatFromResponses,
    as_chat,
    translate_response_chat,
)
from bridge.translate.responses.resource import build_response
from bridge.translate.responses.stream import ResponsesStream
from bridge.wire.chat import ChatRequest
from bridge.wire.messages import keep_counted
from bridge.wire.response_items.server_calls import list_open_calls
from bridge.wire.responses import Item, Response, ResponsesRequest

Event = dict[str, Any]

_BROKEN_CHAIN = (
    "store: a response before this one is in memory only; after a restart, this one can be read, "
    "but not continued"
)
_NO_HISTORY = Chain((), 0, True)
_STORED_STATUSES = ("completed", "incomplete")
_LAST_EVENTS = tuple(f"response.{status}" for status in _STORED_STATUSES)


class ResponseMemory:
    """Earlier responses, in the store; a socket adds those of its own connection."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    async def load_chain(self, id: str) -> Chain:
        """Load the items of a response and all before it, oldest first.

        Raises PreviousResponseNotFound, InvalidRequest and StorageUnavailable.
        """
        return await self._bridge.responses.load_chain(id)

    def stores(self, store: bool | None) -> bool:
        """Return whether a response is stored at all; `store` is the client's parameter."""
        return store is not False

    async def save(self, stored: StoredResponse, store: bool | None) -> str | None:
        """Save a response; `store` is the client's `store` parameter.

        Return a notice if it should be on disk, but is not.
        """
        if store is False:
            return None
        return await self._bridge.responses.put(stored, on_disk=store is True)


def build_not_found(bridge: Bridge, id: str) -> NotFound:
    """Build the error for a response that is not stored."""
    return NotFound(bridge.responses.describe_missing(id))


@asynccontextmanager
async def open_response(
    bridge: Bridge,
    body: ResponsesRequest,
    resolved: ResolvedModel,
    record: RequestRecord,
    memory: ResponseMemory,
    *,
    large: bool,
    computer_use: ComputerUse | None = None,
    id: str | None = None,
) -> AsyncIterator[OpenResponse]:
    """Enter when Claude has begun. Raises what `open_answer` raises, and NotFound.

    `resolved` is the model that the body names. `computer_use`: let Claude use this computer. `id`
    is the response's id, if the client has it already.
    """
    body, store_notices = limit_store(bridge, body)
    body, converted, chat, previous = await _convert_to_chat(bridge, body, memory, large=large)
    if body.store and not previous.on_disk:
        store_notices = (*store_notices, _BROKEN_CHAIN)
    record.model = resolved.model
    chat = apply_effort(chat, resolved)
    translation = functools.partial(translate_response_chat, converted, chat)
    heavy = large or is_heavy(chat)
    answer = await open_answer(
        bridge, record.caller, resolved, translation, heavy=heavy, computer_use=computer_use
    )
    async with aclosing(answer.stream):
        record.note_answer(answer.backend, answer.stream.headers, answer.model)
        notices = [*store_notices, *resolved.notices, *converted.notices, *answer.notices]
        machine = _make_machine(body, converted, answer, id or new_id("resp"))
        yield OpenResponse(body, machine, answer.stream, record, memory, notices)


async def count_input(
    bridge: Bridge,
    body: ResponsesRequest,
    record: RequestRecord,
    memory: ResponseMemory,
    *,
    large: bool,
) -> int:
    """Count the tokens of the input as it would be sent. Raises NotSupported without an API key."""
    _, converted, chat, _ = await _convert_to_chat(bridge, body, memory, large=large)
    resolved = resolve_request(bridge, record.caller, split_suffix(body.model)[0])
    chat, model = apply_effort(chat, resolved), resolved.model
    backend = record_calls(await bridge.selection.select_for_counting(model))
    rules = backend.narrow_rules(bridge.find_rules(model, backend.name))
    translate = functools.partial(translate_response_chat, converted, chat)
    request = (await bridge.heavy_work.run(translate, rules, model)).request
    prompt = await backend.count_tokens(keep_counted(request))
    record.note_answer(backend.name, prompt.headers)
    return prompt.tokens


@dataclass(frozen=True, slots=True)
class OpenResponse:
    """A response that Claude has begun to write."""

    body: ResponsesRequest
    machine: ResponsesStream
    stream: EventStream
    record: RequestRecord
    memory: ResponseMemory
    notices: list[str]
    """For the header; a notice about storing is added at the end."""

    async def read_events(
        self, report: Callable[[BridgeError], None]
    ) -> AsyncGenerator[list[Event], None]:
        """Yield the response's events in batches; a failure becomes the last event.

        `report` gets the failure.
        """
        try:
            async with aclosing(self._translate_events()) as batches:
                async for batch in batches:
                    # Before the batch goes out: the client may continue the response at once, and
                    # the last event says whether it is on disk.
                    if batch[-1]["type"] in _LAST_EVENTS:
                        batch[-1] = _add_store_notice(batch[-1], await self._save())
                    yield batch
        except ConnectionDropped:
            raise
        except BridgeError as error:
            report(error)
            yield [self.machine.fail(error)]

    async def collect(self) -> Response:
        """Return the whole response. Raises BridgeError."""
        async with aclosing(self._translate_events()) as batches:
            async for _ in batches:
                pass
        notice = await self._save()
        if notice is not None:
            self.notices.append(notice)
        return mark_unstored(self.machine.response, notice)

    def _translate_events(self) -> AsyncGenerator[list[Event], None]:
        """Yield the response's events; record the result for the access line and the ledger."""
        machine = self.machine

        def finish() -> str:
            machine.finish()
            return machine.stop_reason or "-"

        batches = map_batches(self.stream, machine.feed)
        return record_answer(self.record, batches, finish, lambda: [machine.usage])

    async def _save(self) -> str | None:
        response = self.machine.response
        if response["status"] not in _STORED_STATUSES:
            return None
        return await save_response(self.memory, self.body, response)


def _add_store_notice(event: Event, notice: str | None) -> Event:
    return {**event, "response": mark_unstored(event["response"], notice)}


def mark_unstored(response: Response, notice: str | None) -> Response:
    """Return the response as the client gets it: if it is not on disk, it says so, and why."""
    if notice is None:
        return response
    # Also in the body: a stream has sent its headers before, and a WebSocket has none.
    return {**response, "store": False, "bridge_notice": notice}


async def save_response(
    memory: ResponseMemory, body: ResponsesRequest, response: Response
) -> str | None:
    """Save a response and its input; each item gets an id.

    Return a notice if it should be on disk, but is not.
    """
    if not memory.stores(body.store):
        return None
    input = body.input if isinstance(body.input, list) else _as_items(body.input)
    items = tuple(item if item.get("id") else {**item, "id": new_id("msg")} for item in input)
    stored = StoredResponse({**response}, items, body.previous_response_id)
    return await memory.save(stored, body.store)


def limit_store(bridge: Bridge, body: ResponsesRequest) -> tuple[ResponsesRequest, tuple[str, ...]]:
    """Take `store: true` back where the settings store nothing on disk, with a notice."""
    if not body.store or bridge.responses.has_file:
        return body, ()
    return body.model_copy(update={"store": None}), (MEMORY_ONLY,)


async def resolve_references(bridge: Bridge, body: ResponsesRequest) -> ResponsesRequest:
    """Replace `item_reference` items by the stored items. Raises NotFound."""
    items = body.input if isinstance(body.input, list) else []
    ids = [str(item.get("id")) for item in items if item.get("type") == "item_reference"]
    if not ids:
        return body
    stored = await bridge.responses.load_items(ids)
    for at, item in enumerate(items):
        if item.get("type") == "item_reference" and str(item.get("id")) not in stored:
            raise NotFound(f"There is no item {str(item.get('id'))[:100]}.", param=f"input[{at}]")
    resolved = [
        stored[str(item["id"])] if item.get("type") == "item_reference" else item for item in items
    ]
    return body.model_copy(update={"input": resolved})


def build_empty_response(body: ResponsesRequest, model: str, id: str | None = None) -> Response:
    """Build the response as it is before Claude has written anything."""
    return build_response(body, id=id or new_id("resp"), created_at=_get_time(), model=model)


def new_id(prefix: str) -> str:
    """Make a unique id, such as `resp_…`."""
    return f"{prefix}_{secrets.token_hex(16)}"


def _get_time() -> int:
    return int(time.time())


async def _convert_to_chat(
    bridge: Bridge, body: ResponsesRequest, memory: ResponseMemory, *, large: bool
) -> tuple[ResponsesRequest, ChatFromResponses, ChatRequest, Chain]:
    """Return the request without references, its meaning as a chat, and the history."""
    body, previous = await resolve_references(bridge, body), await load_previous(body, memory)
    if large:
        return body, *await bridge.heavy_work.run(build_chat, body, previous.items), previous
    return body, *build_chat(body, previous.items), previous


def build_chat(
    body: ResponsesRequest, previous: Sequence[Item]
) -> tuple[ChatFromResponses, ChatRequest]:
    """Return the meaning of a request as a chat; `previous` are the items before it."""
    converted = as_chat(body, previous)
    # Streamed even for a client that is not: the response is built from the events either way.
    with converted.name_client_fields():
        return converted, validate_body(ChatRequest, {**converted.body, "stream": True})


async def load_previous(body: ResponsesRequest, memory: ResponseMemory) -> Chain:
    """Load the history that a request continues."""
    if body.previous_response_id is None:
        return _NO_HISTORY
    return await memory.load_chain(body.previous_response_id)


def _make_machine(
    body: ResponsesRequest, converted: ChatFromResponses, answer: OpenAnswer, id: str
) -> ResponsesStream:
    translated = answer.translated
    request = translated.request
    return ResponsesStream(
        build_empty_response(body, request.model, id),
        answer_format=translated.answer_format,
        tools=converted.tools,
        new_id=new_id,
        clock=_get_time,
        pointer=converted.pointer,
        earlier_calls=list_open_calls(request.messages),
        container=str(request.more.get("container") or ""),
    )


def _as_items(text: str | None) -> list[Item]:
    if text is None:
        return []
    content = [{"type": "input_text", "text": text}]
    return [{"type": "message", "role": "user", "content": content}]
