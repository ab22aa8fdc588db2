"""`POST /v1/chat/completions`."""

from __future__ import annotations

from aiohttp import web

from bridge.server.answers.chat import Asking, answer
from bridge.server.answers.computer_use import only_one, resolved_with_hands
from bridge.server.http.request_body import is_large, read_body
from bridge.server.request_record import access_of
from bridge.server.state import BRIDGE
from bridge.translate.chat.request import is_heavy
from bridge.wire.chat import ChatRequest


async def chat_completions(request: web.Request) -> web.StreamResponse:
    """Answers a chat, streamed or whole, over the seam."""
    bridge = request.app[BRIDGE]
    chat = await read_body(request, ChatRequest)
    access = access_of(request)
    resolved, hands = resolved_with_hands(bridge, chat.model, chat.computer_use, access.client)
    only_one(hands, chat.n)
    with bridge.answering():
        heavy = is_large(request) or is_heavy(chat)
        asking = Asking(bridge, [chat], resolved.model, prefix="chatcmpl", heavy=heavy, hands=hands)
        return await answer(request, resolved, asking, stream=bool(chat.stream))
