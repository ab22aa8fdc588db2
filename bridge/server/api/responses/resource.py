"""`/v1/responses`: asked for, streamed or whole; kept, found again, deleted."""

from __future__ import annotations

from contextlib import aclosing

from aiohttp import web

from bridge.errors import InvalidRequest
from bridge.server.answers.response import Memory, count_input, respond, unknown
from bridge.server.api.responses import background
from bridge.server.http.error_help import remember
from bridge.server.http.event_stream import write_events
from bridge.server.http.notice_header import notice_headers
from bridge.server.http.request_body import is_large, read_body
from bridge.server.request_record import access_of
from bridge.server.state import BRIDGE
from bridge.store.responses import StoredResponse
from bridge.wire.json_bytes import encode_ascii_json
from bridge.wire.responses import InputItems, InputTokens, ResponseDeleted, ResponsesRequest

_MOST_LISTED = 100


async def create_response(request: web.Request) -> web.StreamResponse:
    """Answers over the seam; what is not asked to be forgotten is kept."""
    bridge = request.app[BRIDGE]
    wanted = await read_body(request, ResponsesRequest)
    if wanted.background:
        queued = background.start(request, wanted, large=is_large(request))
        return web.json_response(dict(queued))
    access = access_of(request)
    with bridge.answering():
        begun = respond(bridge, wanted, access, Memory(bridge), large=is_large(request))
        async with begun as answer:
            headers = {"x-request-id": access.id, **notice_headers(access.id, answer.notices)}
            if wanted.stream:
                events = answer.events(lambda error: remember(request, access, error))
                async with aclosing(events) as running:
                    return await write_events(request, headers, running)
            told = dict(await answer.whole())
            return web.json_bytes_response(told, dumps=encode_ascii_json, headers=headers)


async def count_input_tokens(request: web.Request) -> web.Response:
    """What a response would be charged for its input; with a key of Anthropic's."""
    bridge = request.app[BRIDGE]
    wanted = await read_body(request, ResponsesRequest)
    tokens = await count_input(bridge, wanted, Memory(bridge))
    counted: InputTokens = {"object": "response.input_tokens", "input_tokens": tokens}
    return web.json_response(dict(counted))


async def get_response(request: web.Request) -> web.Response:
    """A response that was kept, or is written in the background. Raises NotFound."""
    running = background.running(request, request.match_info["id"])
    if running is not None:
        return web.json_response(dict(running))
    stored = await _stored(request)
    return web.json_response(stored.body)


async def delete_response(request: web.Request) -> web.Response:
    """Forgets a response. Raises NotFound."""
    id = request.match_info["id"]
    if not await request.app[BRIDGE].responses.delete(id):
        raise unknown(id)
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
    """Ends a response that is written in the background. Raises InvalidRequest for any other."""
    if not await background.cancel(request, request.match_info["id"]):
        await _stored(request)
        raise InvalidRequest("Only a response that runs in the background can be cancelled.")
    return web.json_response((await _stored(request)).body)


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
        raise unknown(id)
    return stored
