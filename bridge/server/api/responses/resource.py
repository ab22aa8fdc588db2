"""`/v1/responses`: create a response; read, list, cancel or delete a stored one."""

from __future__ import annotations

from contextlib import aclosing
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import BaseModel, Field
from pydantic.json_schema import SkipJsonSchema

from bridge.errors import InvalidRequest
from bridge.server.answers.computer_use import resolve_with_computer
from bridge.server.answers.response import (
    ResponseMemory,
    build_not_found,
    count_input,
    open_response,
)
from bridge.server.api.responses import background
from bridge.server.http.accounting import record_failure
from bridge.server.http.dialect import RESPONSES
from bridge.server.http.endpoint import CLAUDE_FAILURES, OPENAI_HEADERS, Answer, Endpoint
from bridge.server.http.event_stream import write_events
from bridge.server.http.notice_header import build_notice_headers
from bridge.server.http.query import DECIMAL, read_query
from bridge.server.http.request_body import is_large, read_body
from bridge.server.request_record import get_record
from bridge.server.state import BRIDGE
from bridge.store.response_table import StoredResponse
from bridge.wire.json_bytes import encode_ascii_json
from bridge.wire.responses import (
    InputItems,
    InputTokens,
    Response,
    ResponseDeleted,
    ResponsesRequest,
)


async def create_response(request: web.Request) -> web.StreamResponse:
    """Create a response: streamed, whole or in the background.

    It is in memory unless `store` is false, and on disk if `store` is true.
    """
    bridge = request.app[BRIDGE]
    body = await read_body(request, ResponsesRequest)
    if body.background:
        queued, notices = await background.start_background(request, body, large=is_large(request))
        headers = build_notice_headers(get_record(request).id, notices)
        return web.json_response(dict(queued), headers=headers)
    record = get_record(request)
    resolved, computer_use = await resolve_with_computer(
        request, record.caller, body.model, body.computer_use
    )
    with bridge.track_answer():
        begun = open_response(
            bridge,
            body,
            resolved,
            record,
            ResponseMemory(bridge),
            large=is_large(request),
            computer_use=computer_use,
        )
        async with begun as answer:
            if body.stream:
                headers = build_notice_headers(record.id, answer.notices)
                events = answer.read_events(lambda error: record_failure(request, record, error))
                async with aclosing(events) as batches:
                    return await write_events(request, headers, batches)
            response = dict(await answer.collect())
            # Only now: what could not be stored is known at the end.
            headers = build_notice_headers(record.id, answer.notices)
            return web.json_bytes_response(response, dumps=encode_ascii_json, headers=headers)


async def count_input_tokens(request: web.Request) -> web.Response:
    """Count the tokens of the input. Raises NotSupported without an Anthropic API key."""
    bridge = request.app[BRIDGE]
    body = await read_body(request, ResponsesRequest)
    record = get_record(request)
    memory = ResponseMemory(bridge)
    tokens = await count_input(bridge, body, record, memory, large=is_large(request))
    counted: InputTokens = {"object": "response.input_tokens", "input_tokens": tokens}
    return web.json_response(dict(counted))


async def get_response(request: web.Request) -> web.Response:
    """Return a stored response, or one that is written in the background. Raises NotFound."""
    # A background response is stored only when it has ended.
    id = request.match_info["id"]
    running = background.find_running(request, id)
    if running is not None:
        return web.json_response(dict(running))
    stored = await request.app[BRIDGE].responses.get(id)
    if stored is not None:
        return web.json_response(stored.body)
    interrupted = await background.find_interrupted(request, id)
    if interrupted is not None:
        return web.json_response(dict(interrupted))
    raise build_not_found(request.app[BRIDGE], id)


async def delete_response(request: web.Request) -> web.Response:
    """Delete a stored response. Raises NotFound."""
    id = request.match_info["id"]
    # One that is still written would be stored at its end.
    await background.cancel_background(request, id)
    if not await request.app[BRIDGE].responses.delete(id):
        raise build_not_found(request.app[BRIDGE], id)
    deleted: ResponseDeleted = {"id": id, "object": "response.deleted", "deleted": True}
    return web.json_response(dict(deleted))


class InputItemsQuery(BaseModel):
    """The query parameters of the list of input items."""

    limit: Annotated[int, DECIMAL] = Field(20, ge=1, le=100, description="Items per page.")
    order: Literal["asc", "desc"] = Field("desc", description="Sort order, by age.")
    after: str | SkipJsonSchema[None] = Field(
        None, description="Id of the last item of the previous page."
    )


async def list_input_items(request: web.Request) -> web.Response:
    """List the input of a response, newest first unless `order=asc`. Raises NotFound."""
    query = read_query(request, InputItemsQuery)
    stored = await _load_stored(request)
    items = list(stored.input)
    if query.order == "desc":
        items.reverse()
    if query.after is not None:
        at = next((at for at, item in enumerate(items) if item["id"] == query.after), None)
        if at is None:
            # Starting over instead would make a client request pages forever.
            raise InvalidRequest(f"There is no item {query.after[:100]}.", param="after")
        items = items[at + 1 :]
    page = items[: query.limit]
    listed: InputItems = {
        "object": "list",
        "data": page,
        "first_id": page[0]["id"] if page else None,
        "last_id": page[-1]["id"] if page else None,
        "has_more": len(items) > query.limit,
    }
    return web.json_response(dict(listed))


async def cancel_response(request: web.Request) -> web.Response:
    """Cancel a background response. Raises NotFound, and InvalidRequest for any other response."""
    if not await background.cancel_background(request, request.match_info["id"]):
        # An unknown id is a 404, as for every other call.
        if await background.find_interrupted(request, request.match_info["id"]) is None:
            await _load_stored(request)
        raise InvalidRequest("Only a running background response can be cancelled.")
    return web.json_response((await _load_stored(request)).body)


async def _load_stored(request: web.Request) -> StoredResponse:
    id = request.match_info["id"]
    stored = await request.app[BRIDGE].responses.get(id)
    if stored is None:
        raise build_not_found(request.app[BRIDGE], id)
    return stored


_REQUEST_EXAMPLE: dict[str, Any] = {
    "model": "claude-opus-5-5",
    "instructions": "Answer in one word.",
    "input": "What is the capital of France?",
    "max_output_tokens": 2000,
}

_RESPONSE_EXAMPLE: dict[str, Any] = {
    "id": "resp_0f6ed52fcdd24fa3ad9a12b5e2f0c8b7",
    "object": "response",
    "created_at": 1795411200,
    "completed_at": 1795411201,
    "status": "completed",
    "error": None,
    "incomplete_details": None,
    "model": "claude-opus-5-5",
    "output": [
        {
            "type": "message",
            "id": "msg_27c5e5f1f6b64b0e9ad6f43eb1ea6f53",
            "status": "completed",
            "role": "assistant",
            "content": [
                {"type": "output_text", "text": "Paris.", "annotations": [], "logprobs": []}
            ],
        }
    ],
    "usage": {
        "input_tokens": 24,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": 5,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 29,
    },
    "previous_response_id": None,
    "instructions": "Answer in one word.",
    "tools": [],
    "tool_choice": "auto",
    "parallel_tool_calls": True,
    "max_output_tokens": 2000,
    "max_tool_calls": None,
    "temperature": 1.0,
    "top_p": 1.0,
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
    "top_logprobs": 0,
    "text": {"format": {"type": "text"}, "verbosity": "medium"},
    "reasoning": {"effort": None, "summary": None},
    "truncation": "disabled",
    "store": True,
    "background": False,
    "service_tier": "default",
    "metadata": {},
    "user": None,
    "safety_identifier": None,
    "prompt_cache_key": None,
}

_TOKENS_EXAMPLE: dict[str, Any] = {"object": "response.input_tokens", "input_tokens": 14}

ROUTES = (
    Endpoint(
        "POST",
        "/v1/responses",
        create_response,
        "Responses",
        "Create a response",
        Answer(
            "The response; with `stream: true` its numbered events.",
            Response,
            _RESPONSE_EXAMPLE,
            events=dict,
            headers=OPENAI_HEADERS,
        ),
        access="key",
        dialect=RESPONSES,
        body=ResponsesRequest,
        example=_REQUEST_EXAMPLE,
        is_recorded=True,
        failures=CLAUDE_FAILURES,
    ),
    Endpoint(
        "POST",
        "/v1/responses/input_tokens",
        count_input_tokens,
        "Responses",
        "Count the tokens of a response's input",
        Answer("The count from Anthropic's API.", InputTokens, _TOKENS_EXAMPLE),
        access="key",
        dialect=RESPONSES,
        body=ResponsesRequest,
        example=_REQUEST_EXAMPLE,
        is_recorded=True,
        failures=(*CLAUDE_FAILURES, 501),
    ),
    Endpoint(
        "GET",
        "/v1/responses/{id}",
        get_response,
        "Responses",
        "Get a stored response",
        Answer("The response.", Response),
        access="key",
        dialect=RESPONSES,
        failures=(404,),
    ),
    Endpoint(
        "DELETE",
        "/v1/responses/{id}",
        delete_response,
        "Responses",
        "Delete a stored response",
        Answer("The response is deleted.", ResponseDeleted),
        access="key",
        dialect=RESPONSES,
        failures=(404,),
    ),
    Endpoint(
        "GET",
        "/v1/responses/{id}/input_items",
        list_input_items,
        "Responses",
        "List the input items of a response",
        Answer("Newest first, unless `order=asc`.", InputItems),
        access="key",
        dialect=RESPONSES,
        query=InputItemsQuery,
        failures=(400, 404),
    ),
    Endpoint(
        "POST",
        "/v1/responses/{id}/cancel",
        cancel_response,
        "Responses",
        "Cancel a background response",
        Answer("The cancelled response, as stored.", Response),
        access="key",
        dialect=RESPONSES,
        failures=(404,),
    ),
)
