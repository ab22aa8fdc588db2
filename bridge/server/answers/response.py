"""One response, from what is wanted to what is kept: for a request, and for a turn on a socket."""

from __future__ import annotations

import asyncio
import functools
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, cast

from bridge.backends.base import EventStream
from bridge.backends.batches import map_batches
from bridge.errors import BridgeError, NotFound, PreviousResponseNotFound
from bridge.server.answers.attempt import OpenAnswer, open_answer
from bridge.server.answers.computer_use import resolve_computer_use
from bridge.server.http.request_body import validate_body
from bridge.server.request_record import RequestRecord
from bridge.server.state import Bridge
from bridge.store.responses import StoredResponse
from bridge.translate.chat.request import is_heavy, translate_chat
from bridge.translate.responses.request import ChatFromResponses, as_chat
from bridge.translate.responses.resource import build_response
from bridge.translate.responses.stream import ResponsesStream
from bridge.wire.chat import ChatRequest
from bridge.wire.messages import COUNTED_FIELDS
from bridge.wire.responses import Item, Response, ResponsesRequest

Event = dict[str, Any]

_LAST = ("response.completed", "response.incomplete")


class Memory:
    """What earlier responses can be found in: the store. A socket has a memory of its own, too."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    async def chain(self, id: str) -> Sequence[Item] | None:
        """All items up to that response, oldest first; None where one is missing."""
        return await self._bridge.responses.load_chain(id)

    def keep(self, stored: StoredResponse, *, store: bool) -> None:
        """`store`: the client did not ask to forget it."""
        if store:
            self._bridge.responses.put(stored)


_UNKNOWN = "There is no response {id} here, or it is no longer kept (response_days)."


def unknown(id: str) -> NotFound:
    """No such response."""
    return NotFound(_UNKNOWN.format(id=id[:100]))


@asynccontextmanager
async def respond(
    bridge: Bridge,
    wanted: ResponsesRequest,
    record: RequestRecord,
    memory: Memory,
    *,
    large: bool,
    id: str | None = None,
) -> AsyncIterator[OpenResponse]:
    """Enter when Claude has begun. Raises what `open_answer` raises, and NotFound.

    `id`: of the response, where the client knows it already.
    """
    wanted, told, chat = await _in_words(bridge, wanted, memory)
    use, client = wanted.computer_use, record.client
    resolved, computer_use = resolve_computer_use(bridge, wanted.model, use, client)
    record.model = resolved.model
    translation = functools.partial(translate_chat, chat)
    heavy = large or is_heavy(chat)
    answer = await open_answer(
        bridge, resolved.model, translation, heavy=heavy, computer_use=computer_use
    )
    async with aclosing(answer.stream):
        record.backend = answer.backend
        notices = [*resolved.notices, *told.notices, *answer.notices]
        machine = _machine(wanted, told, answer, id or new_id("resp"))
        yield OpenResponse(wanted, machine, answer.stream, record, memory, notices)


async def count_input(bridge: Bridge, wanted: ResponsesRequest, memory: Memory) -> int:
    """Tokens of the input as it would be sent. Raises NotSupported where nobody counts."""
    _, _, chat = await _in_words(bridge, wanted, memory)
    model = bridge.resolve(wanted.model).model
    backend = await bridge.choice.counting(model)
    rules = backend.narrow_rules(bridge.find_rules(model))
    request = (await asyncio.to_thread(translate_chat, chat, rules, model)).request
    others: Event = dict.fromkeys(request.body().keys() - COUNTED_FIELDS - {"max_tokens"})
    return await backend.count_tokens(replace(request, **others))


@dataclass(frozen=True, slots=True)
class OpenResponse:
    """A response that Claude has begun to write."""

    wanted: ResponsesRequest
    machine: ResponsesStream
    stream: EventStream
    record: RequestRecord
    memory: Memory
    notices: Sequence[str]

    async def read_events(
        self, report: Callable[[BridgeError], None]
    ) -> AsyncGenerator[list[Event], None]:
        """Yield the response's events in batches; a failure becomes the last event.

        `report` gets the failure. The response is stored before its last event goes out, because
        a client may continue it at once.
        """
        try:
            async with aclosing(self._translate_events()) as batches:
                async for batch in batches:
                    if any(event["type"] in _LAST for event in batch):
                        self._keep()
                    yield batch
        except BridgeError as error:
            report(error)
            yield [self.machine.fail(error)]

    async def collect(self) -> Response:
        """Return the whole response. Raises BridgeError."""
        async with aclosing(self._translate_events()) as batches:
            async for _ in batches:
                pass
        self._keep()
        return self.machine.response

    async def _translate_events(self) -> AsyncGenerator[list[Event], None]:
        """Yield the response's events; record the result for the access line and the ledger."""
        started, record, machine = time.perf_counter(), self.record, self.machine
        try:
            async for batch in map_batches(self.stream, machine.feed):
                if record.first_chunk_seconds is None:
                    record.first_chunk_seconds = time.perf_counter() - started
                yield batch
            machine.finish()
            record.outcome = machine.stop_reason or "-"
        finally:
            record.set_usage(machine.usage)

    def _keep(self) -> None:
        response = self.machine.response
        if response["status"] in ("completed", "incomplete"):
            keep(self.memory, self.wanted, response)


def keep(memory: Memory, wanted: ResponsesRequest, response: Response) -> None:
    """With what was sent for it, each item by an id."""
    given = wanted.input if isinstance(wanted.input, list) else _as_item(wanted.input)
    items = tuple(item if item.get("id") else {**item, "id": new_id("msg")} for item in given)
    stored = StoredResponse(cast(Event, response), items, wanted.previous_response_id)
    memory.keep(stored, store=wanted.store is not False)


async def with_references(bridge: Bridge, wanted: ResponsesRequest) -> ResponsesRequest:
    """Items that are only named are put in their place. Raises NotFound."""
    items = wanted.input if isinstance(wanted.input, list) else []
    named = [str(item.get("id")) for item in items if item.get("type") == "item_reference"]
    if not named:
        return wanted
    found = await bridge.responses.load_items(named)
    for at, item in enumerate(items):
        if item.get("type") == "item_reference" and str(item.get("id")) not in found:
            raise NotFound(f"There is no item {str(item.get('id'))[:100]}.", param=f"input[{at}]")
    whole = [
        found[str(item["id"])] if item.get("type") == "item_reference" else item for item in items
    ]
    return wanted.model_copy(update={"input": whole})


def base_of(wanted: ResponsesRequest, model: str, id: str | None = None) -> Response:
    """The response before anything is written."""
    return build_response(wanted, id=id or new_id("resp"), created_at=_now(), model=model)


def new_id(prefix: str) -> str:
    return f"{prefix}_{uuid.uuid4().hex}"


def _now() -> int:
    return int(time.time())


async def _in_words(
    bridge: Bridge, wanted: ResponsesRequest, memory: Memory
) -> tuple[ResponsesRequest, ChatFromResponses, ChatRequest]:
    """The request with nothing left out, and the chat it stands for."""
    wanted, before = await with_references(bridge, wanted), await _before(wanted, memory)
    told = as_chat(wanted, before)
    # Its events are passed on one by one, whoever asks for them.
    return wanted, told, validate_body(ChatRequest, {**told.body, "stream": True})


async def _before(wanted: ResponsesRequest, memory: Memory) -> Sequence[Item]:
    if wanted.previous_response_id is None:
        return ()
    chain = await memory.chain(wanted.previous_response_id)
    if chain is None:
        # Its history is never lost unsaid.
        raise PreviousResponseNotFound(
            _UNKNOWN.format(id=wanted.previous_response_id[:100]),
            param="previous_response_id",
        )
    return chain


def _machine(
    wanted: ResponsesRequest, told: ChatFromResponses, answer: OpenAnswer, id: str
) -> ResponsesStream:
    translated = answer.translated
    return ResponsesStream(
        base_of(wanted, translated.request.model, id),
        answer_format=translated.answer_format,
        namespaces=told.namespaces,
        new_id=new_id,
        clock=_now,
        pointer=told.pointer,
    )


def _as_item(words: str | None) -> list[Item]:
    if words is None:
        return []
    content = [{"type": "input_text", "text": words}]
    return [{"type": "message", "role": "user", "content": content}]
