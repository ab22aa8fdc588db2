"""`POST /v1/completions`, for autocomplete plugins and old programs."""

from __future__ import annotations

from aiohttp import web

from bridge.server.answers.chat import Asking, answer
from bridge.server.http.request_body import is_large, read_body
from bridge.server.state import BRIDGE
from bridge.translate.completions import CompletionStream, build_chats
from bridge.wire.completions import CompletionRequest


async def completions(request: web.Request) -> web.StreamResponse:
    """Goes on with each prompt, or fills its gap, streamed or whole."""
    bridge = request.app[BRIDGE]
    completion = await read_body(request, CompletionRequest)
    resolved = bridge.resolve(completion.model)
    with bridge.answering():
        chats = build_chats(completion)
        told = CompletionStream(completion)
        asking = Asking(bridge, chats, resolved.model, prefix="cmpl", heavy=is_large(request))
        return await answer(
            request,
            resolved,
            asking,
            stream=bool(completion.stream),
            event=told.convert_chunk,
            whole=told.convert_whole,
        )
