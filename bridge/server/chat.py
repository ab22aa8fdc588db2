"""`POST /v1/chat/completions`."""

from __future__ import annotations

from aiohttp import web

from bridge.server.answering import Asking, answer
from bridge.server.reading import is_large, read_body
from bridge.server.state import BRIDGE
from bridge.translate.request import is_heavy
from bridge.wire.chat import ChatRequest


async def chat_completions(request: web.Request) -> web.StreamResponse:
    """Answers a chat, streamed or whole, over the seam."""
    bridge = request.app[BRIDGE]
    chat = await read_body(request, ChatRequest)
    resolved = bridge.resolve(chat.model)
    with bridge.answering():
        heavy = is_large(request) or is_heavy(chat)
        asking = Asking(bridge, [chat], resolved.model, prefix="chatcmpl", heavy=heavy)
        return await answer(request, resolved, asking, stream=bool(chat.stream))
