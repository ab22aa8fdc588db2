"""`POST /v1/chat/completions`."""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncIterator

from aiohttp import web

from bridge.models.names import Resolved, resolve, rules_of
from bridge.server.access import access_of
from bridge.server.reading import read_body
from bridge.server.state import BRIDGE, Bridge
from bridge.server.streaming import write_events
from bridge.translate.collect import Collector
from bridge.translate.request import Translated, translate
from bridge.translate.stream import ChatStream
from bridge.translate.tools import AnswerStyle
from bridge.wire.chat import ChatCompletion, ChatRequest, Chunk
from bridge.wire.messages import MessageEvent


async def chat_completions(request: web.Request) -> web.StreamResponse:
    """Answers a chat, streamed or whole, over the seam."""
    bridge = request.app[BRIDGE]
    chat = await read_body(request, ChatRequest)
    resolved = resolve(chat.model, bridge.active_model, bridge.catalogue.ids)
    translated = translate(chat, rules_of(resolved.model), resolved.model)
    with bridge.answering():
        return await _answer(request, bridge, chat, resolved, translated)


async def _answer(
    request: web.Request,
    bridge: Bridge,
    chat: ChatRequest,
    resolved: Resolved,
    translated: Translated,
) -> web.StreamResponse:
    backend = await bridge.choice.for_model(resolved.model)
    access = access_of(request)
    access.model, access.backend = resolved.model, backend.name
    headers = _headers(access.id, resolved, translated)
    machine = _machine(chat, resolved.model, translated.style)
    async with backend.stream(translated.request) as events:
        chunks = _chunks(request, machine, events)
        if chat.stream:
            return await write_events(request, headers, chunks)
        return web.json_response(dict(await _collected(chunks)), headers=headers)


def _machine(chat: ChatRequest, model: str, style: AnswerStyle) -> ChatStream:
    asked = chat.stream_options is not None and bool(chat.stream_options.include_usage)
    return ChatStream(
        id=f"chatcmpl-{uuid.uuid4().hex}",
        model=model,
        created=int(time.time()),
        # A whole answer always has its usage.
        include_usage=asked or not chat.stream,
        style=style,
    )


async def _chunks(
    request: web.Request, machine: ChatStream, events: AsyncIterator[MessageEvent]
) -> AsyncIterator[Chunk]:
    async for event in events:
        for chunk in machine.feed(event):
            yield chunk
    machine.finish()
    _note(request, machine)


def _note(request: web.Request, machine: ChatStream) -> None:
    access = access_of(request)
    usage = machine.completion_usage
    access.prompt_tokens = usage["prompt_tokens"]
    access.completion_tokens = usage["completion_tokens"]
    access.outcome = machine.finish_reason


async def _collected(chunks: AsyncIterator[Chunk]) -> ChatCompletion:
    collector = Collector()
    async for chunk in chunks:
        collector.feed((chunk,))
    return collector.finish()


def _headers(request_id: str, resolved: Resolved, translated: Translated) -> dict[str, str]:
    notices = [*([resolved.notice] if resolved.notice else []), *translated.notices]
    headers = {"x-request-id": request_id}
    if notices:
        headers["x-bridge-notice"] = _one_line("; ".join(notices))
    return headers


def _one_line(text: str) -> str:
    """Header-safe: a client's own field names may be in it."""
    printable = "".join(char if char.isprintable() else " " for char in text)
    return printable.encode("ascii", "backslashreplace").decode()[:4000]
