"""`/v1/responses`: asked for, streamed or whole; kept, found again, deleted."""

from __future__ import annotations

import functools
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from typing import Any, cast

from aiohttp import web

from bridge.errors import BridgeError, InvalidRequest, NotFound
from bridge.models.names import Resolved, resolve
from bridge.server.access import Access, access_of
from bridge.server.asking import Asked, asked
from bridge.server.failures import remember
from bridge.server.notices import notice_headers
from bridge.server.reading import is_large, read_body, validated
from bridge.server.state import BRIDGE, Bridge
from bridge.server.streaming import write_events
from bridge.store.responses import StoredResponse
from bridge.translate.request import is_heavy, translate
from bridge.translate.responses.request import AsChat, as_chat
from bridge.translate.responses.resource import resource
from bridge.translate.responses.stream import ResponsesStream
from bridge.translate.usage import completion_usage
from bridge.wire.chat import ChatRequest
from bridge.wire.messages import MessageEvent
from bridge.wire.responses import InputItems, Item, ResponseDeleted, ResponsesRequest

_MOST_LISTED = 100


async def create_response(request: web.Request) -> web.StreamResponse:
    """Answers over the seam; what is not asked to be forgotten is kept."""
    bridge = request.app[BRIDGE]
    wanted = await read_body(request, ResponsesRequest)
    wanted, before = await _with_references(bridge, wanted), await _before(bridge, wanted)
    told = as_chat(wanted, before)
    chat = validated(ChatRequest, told.body)
    resolved = resolve(wanted.model, bridge.active_model, bridge.catalogue.ids)
    access = access_of(request)
    access.model = resolved.model
    heavy = is_large(request) or is_heavy(chat)
    translation = functools.cache(functools.partial(translate, chat))
    with bridge.answering():
        async with asked(bridge, resolved.model, translation, heavy=heavy) as begun:
            access.backend = begun.backend
            notices = _notices(resolved, told, begun)
            headers = {"x-request-id": access.id, **notice_headers(access.id, notices)}
            machine = _machine(wanted, told, begun)
            async with aclosing(_noted(access, machine, begun.events)) as events:
                if wanted.stream:
                    failing = _failing_in_words(request, machine, events)
                    streamed = _kept_at_the_end(bridge, wanted, machine, failing)
                    return await write_events(request, headers, streamed)
                async for _ in events:
                    pass
                _keep(bridge, wanted, machine)
                return web.json_response(dict(machine.response), headers=headers)


async def get_response(request: web.Request) -> web.Response:
    """A response that was kept. Raises NotFound."""
    stored = await _stored(request)
    return web.json_response(stored.body)


async def delete_response(request: web.Request) -> web.Response:
    """Forgets a response. Raises NotFound."""
    id = request.match_info["id"]
    if not await request.app[BRIDGE].responses.delete(id):
        raise _unknown(id)
    deleted: ResponseDeleted = {"id": id, "object": "response.deleted", "deleted": True}
    return web.json_response(dict(deleted))


async def list_input_items(request: web.Request) -> web.Response:
    """What was sent with its request, newest first unless `order=asc`."""
    stored = await _stored(request)
    items = list(stored.input)
    if request.query.get("order", "desc") != "asc":
        items.reverse()
    after, limit = request.query.get("after"), _limit(request)
    if after is not None:
        at = next((at for at, item in enumerate(items) if item["id"] == after), None)
        if at is None:
            raise InvalidRequest(f"There is no item {after[:100]}.", param="after")
        items = items[at + 1 :]
    page = items[:limit]
    listed: InputItems = {
        "object": "list",
        "data": page,
        "first_id": page[0]["id"] if page else None,
        "last_id": page[-1]["id"] if page else None,
        "has_more": len(items) > limit,
    }
    return web.json_response(dict(listed))


async def cancel_response(request: web.Request) -> web.Response:
    """Nothing runs in the background here, so there is nothing to cancel."""
    await _stored(request)
    raise InvalidRequest("Only responses in the background can be cancelled; this one has ended.")


def _limit(request: web.Request) -> int:
    said = request.query.get("limit", "20")
    if not (said.isascii() and said.isdecimal() and 1 <= int(said[:4]) <= _MOST_LISTED):
        raise InvalidRequest(
            f"Invalid value for limit: a number from 1 to {_MOST_LISTED}.", param="limit"
        )
    return int(said)


async def _stored(request: web.Request) -> StoredResponse:
    id = request.match_info["id"]
    stored = await request.app[BRIDGE].responses.get(id)
    if stored is None:
        raise _unknown(id)
    return stored


def _unknown(id: str, param: str | None = None) -> NotFound:
    return NotFound(
        f"There is no response {id[:100]} here, or it is no longer kept (response_days).",
        param=param,
    )


async def _before(bridge: Bridge, wanted: ResponsesRequest) -> Sequence[Item]:
    """The items of the response this one follows. Raises NotFound: history is never lost unsaid."""
    if wanted.previous_response_id is None:
        return ()
    chain = await bridge.responses.chain(wanted.previous_response_id)
    if chain is None:
        raise _unknown(wanted.previous_response_id, "previous_response_id")
    return chain


async def _with_references(bridge: Bridge, wanted: ResponsesRequest) -> ResponsesRequest:
    """Items that are only named are put in their place."""
    items = wanted.input if isinstance(wanted.input, list) else []
    named = [str(item.get("id")) for item in items if item.get("type") == "item_reference"]
    if not named:
        return wanted
    found = await bridge.responses.items(named)
    for at, item in enumerate(items):
        if item.get("type") == "item_reference" and str(item.get("id")) not in found:
            raise NotFound(f"There is no item {str(item.get('id'))[:100]}.", param=f"input[{at}]")
    whole = [
        found[str(item["id"])] if item.get("type") == "item_reference" else item for item in items
    ]
    return wanted.model_copy(update={"input": whole})


def _notices(resolved: Resolved, told: AsChat, begun: Asked) -> list[str]:
    return [*([resolved.notice] if resolved.notice else []), *told.notices, *begun.notices]


def _new_id(prefix: str) -> str:
    return f"{prefix}_{uuid.uuid4().hex}"


def _now() -> int:
    return int(time.time())


def _machine(wanted: ResponsesRequest, told: AsChat, begun: Asked) -> ResponsesStream:
    translated = begun.translated
    base = resource(wanted, id=_new_id("resp"), created_at=_now(), model=translated.request.model)
    return ResponsesStream(
        base,
        style=translated.style,
        namespaces=told.namespaces,
        new_id=_new_id,
        clock=_now,
    )


async def _noted(
    access: Access, machine: ResponsesStream, events: AsyncIterator[MessageEvent]
) -> AsyncGenerator[dict[str, Any], None]:
    """The response's events; what comes of them is noted for the access line and the ledger."""
    started = time.perf_counter()
    try:
        async for event in events:
            for told in machine.feed(event):
                if access.first_chunk_seconds is None:
                    access.first_chunk_seconds = time.perf_counter() - started
                yield told
        machine.finish()
        access.outcome = machine.stop_reason or "-"
    finally:
        access.usages = [machine.usage]
        if machine.usage:
            counted = completion_usage(machine.usage)
            access.prompt_tokens = counted["prompt_tokens"]
            access.completion_tokens = counted["completion_tokens"]


async def _failing_in_words(
    request: web.Request, machine: ResponsesStream, events: AsyncIterator[dict[str, Any]]
) -> AsyncGenerator[dict[str, Any], None]:
    """A response that fails while it is written says so itself, in its last event."""
    try:
        async for event in events:
            yield event
    except BridgeError as error:
        remember(request, access_of(request), error)
        yield machine.failed(error)


async def _kept_at_the_end(
    bridge: Bridge,
    wanted: ResponsesRequest,
    machine: ResponsesStream,
    events: AsyncIterator[dict[str, Any]],
) -> AsyncGenerator[dict[str, Any], None]:
    """It is kept before its last event goes out: a client may leave, or go on, at once."""
    async for event in events:
        if machine.response["status"] != "in_progress":
            _keep(bridge, wanted, machine)
        yield event


def _keep(bridge: Bridge, wanted: ResponsesRequest, machine: ResponsesStream) -> None:
    response = machine.response
    if wanted.store is False or response["status"] not in ("completed", "incomplete"):
        return
    given = wanted.input if isinstance(wanted.input, list) else _as_item(wanted.input)
    items = tuple(item if item.get("id") else {**item, "id": _new_id("msg")} for item in given)
    body = cast(dict[str, Any], response)
    bridge.responses.put(StoredResponse(body, items, wanted.previous_response_id))


def _as_item(words: str | None) -> list[Item]:
    if words is None:
        return []
    content = [{"type": "input_text", "text": words}]
    return [{"type": "message", "role": "user", "content": content}]
