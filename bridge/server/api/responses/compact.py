"""`POST /v1/responses/compact`: a long conversation made short, by Claude."""

from __future__ import annotations

import time

from aiohttp import web

from bridge.server.answers.response import Memory, new_id, respond, with_references
from bridge.server.http.notice_header import notice_headers
from bridge.server.http.request_body import is_large, read_body
from bridge.server.request_record import access_of
from bridge.server.state import BRIDGE
from bridge.translate.responses.compact import build_compacted_items, build_summary_request
from bridge.wire.responses import CompactedResponse, CompactRequest, ResponseUsage


async def compact_response(request: web.Request) -> web.Response:
    """The person's messages, and a summary of all else to give back in their place."""
    bridge = request.app[BRIDGE]
    wanted = build_summary_request(await read_body(request, CompactRequest))
    access = access_of(request)
    memory = Memory(bridge)
    with bridge.answering():
        begun = respond(bridge, wanted, access, memory, large=is_large(request))
        async with begun as answer:
            headers = {"x-request-id": access.id, **notice_headers(access.id, answer.notices)}
            summary = await answer.whole()
    before = await memory.chain(wanted.previous_response_id) if wanted.previous_response_id else ()
    whole = await with_references(bridge, wanted)
    # Without what Claude was asked at the end.
    given = [*(before or ()), *(whole.input or ())][:-1]
    usage = summary["usage"]
    assert usage is not None  # noqa: S101 - a whole answer was counted
    told = _told(build_compacted_items(given, summary, new_id), usage)
    return web.json_response(dict(told), headers=headers)


def _told(output: list[dict[str, object]], usage: ResponseUsage) -> CompactedResponse:
    return {
        "id": new_id("resp"),
        "object": "response.compaction",
        "created_at": int(time.time()),
        "output": output,
        "usage": usage,
    }
