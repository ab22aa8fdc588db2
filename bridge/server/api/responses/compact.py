"""`POST /v1/responses/compact`: a long conversation, summarized by Claude."""

from __future__ import annotations

import time
from typing import Any

from aiohttp import web

from bridge.errors import InternalError
from bridge.server.answers.computer_use import split_suffix
from bridge.server.answers.response import ResponseMemory, new_id, open_response, resolve_references
from bridge.server.answers.routing import resolve_request
from bridge.server.http.dialect import RESPONSES
from bridge.server.http.endpoint import CLAUDE_FAILURES, OPENAI_HEADERS, Answer, Endpoint
from bridge.server.http.notice_header import build_notice_headers
from bridge.server.http.request_body import is_large, read_body
from bridge.server.request_record import get_record
from bridge.server.state import BRIDGE
from bridge.translate.responses.compact import build_compacted_items, build_summary_request
from bridge.wire.responses import CompactedResponse, CompactRequest, ResponseUsage


async def compact_response(request: web.Request) -> web.Response:
    """Return the user's messages and a summary of everything else.

    The client sends them as the input of its next request.
    """
    bridge = request.app[BRIDGE]
    body = build_summary_request(await read_body(request, CompactRequest))
    record = get_record(request)
    memory = ResponseMemory(bridge)
    resolved = resolve_request(bridge, record.caller, split_suffix(body.model)[0])
    with bridge.track_answer():
        begun = open_response(bridge, body, resolved, record, memory, large=is_large(request))
        async with begun as answer:
            headers = build_notice_headers(record.id, answer.notices)
            summary = await answer.collect()
    id = body.previous_response_id
    before = (await memory.load_chain(id)).items if id else ()
    whole = await resolve_references(bridge, body)
    # Without the last item, which is the bridge's own prompt for the summary.
    items = [*before, *(whole.input or ())][:-1]
    usage = summary["usage"]
    if usage is None:
        raise InternalError("The summary has no usage.")
    compacted = _build_compaction(build_compacted_items(items, summary, new_id), usage)
    return web.json_response(dict(compacted), headers=headers)


def _build_compaction(output: list[dict[str, object]], usage: ResponseUsage) -> CompactedResponse:
    return {
        "id": new_id("resp"),
        "object": "response.compaction",
        "created_at": int(time.time()),
        "output": output,
        "usage": usage,
    }


_REQUEST_EXAMPLE: dict[str, Any] = {
    "model": "claude-opus-5-5",
    "input": [
        {"type": "message", "role": "user", "content": "We launch on Tuesday."},
        {"type": "message", "role": "assistant", "content": "Tuesday it is."},
    ],
}

_COMPACTED_EXAMPLE: dict[str, Any] = {
    "id": "resp_1f2e",
    "object": "response.compaction",
    "created_at": 1795000000,
    "output": [
        {
            "type": "message",
            "id": "msg_1f2e",
            "status": "completed",
            "role": "user",
            "content": [{"type": "input_text", "text": "We launch on Tuesday."}],
        },
        {"type": "compaction", "id": "cmp_1f2e", "encrypted_content": "claude.1.eyJ0eXBlIjoi"},
    ],
    "usage": {
        "input_tokens": 24,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": 5,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 29,
    },
}

ROUTES = (
    Endpoint(
        "POST",
        "/v1/responses/compact",
        compact_response,
        "Responses",
        "Compact a long conversation",
        Answer(
            "Your messages, and one item that replaces everything else.",
            CompactedResponse,
            _COMPACTED_EXAMPLE,
            headers=OPENAI_HEADERS,
        ),
        access="key",
        dialect=RESPONSES,
        body=CompactRequest,
        example=_REQUEST_EXAMPLE,
        is_recorded=True,
        failures=CLAUDE_FAILURES,
    ),
)
