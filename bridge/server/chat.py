"""`POST /v1/chat/completions`."""

from __future__ import annotations

import functools
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager

from aiohttp import web

from bridge.models.names import Resolved, resolve
from bridge.models.rules import ModelRules
from bridge.server.access import Access, access_of
from bridge.server.asking import Asked, asked
from bridge.server.fan_out import fanned_out
from bridge.server.notices import notice_headers
from bridge.server.reading import read_body
from bridge.server.state import BRIDGE, Bridge
from bridge.server.streaming import write_events
from bridge.translate.collect import Collector
from bridge.translate.request import Translated, is_heavy, translate
from bridge.translate.stream import ChatStream
from bridge.translate.usage import added
from bridge.wire.chat import ChatRequest
from bridge.wire.completion import ChatCompletion, Chunk

_LARGE = 256 * 1024
"""Bytes of a body from which on it is translated beside the loop."""

Begun = tuple[Asked, AsyncIterator[Chunk]]


async def chat_completions(request: web.Request) -> web.StreamResponse:
    """Answers a chat, streamed or whole, over the seam."""
    bridge = request.app[BRIDGE]
    chat = await read_body(request, ChatRequest)
    resolved = resolve(chat.model, bridge.active_model, bridge.catalogue.ids)
    with bridge.answering():
        return await _answer(request, bridge, chat, resolved)


async def _answer(
    request: web.Request, bridge: Bridge, chat: ChatRequest, resolved: Resolved
) -> web.StreamResponse:
    access = access_of(request)
    access.model = resolved.model
    heavy = (request.content_length or _LARGE) >= _LARGE or is_heavy(chat)
    ask = _Ask(bridge, chat, resolved.model, heavy)
    async with ask.answers() as (first, chunks):
        access.backend = first.backend
        notices = [*([resolved.notice] if resolved.notice else []), *first.notices]
        headers = {"x-request-id": access.id, **notice_headers(access.id, notices)}
        async with aclosing(ask.noted(access, chunks)) as noted:
            if chat.stream:
                return await write_events(request, headers, noted)
            return web.json_response(dict(await _collected(noted)), headers=headers)


class _Ask:
    """One request, asked once or, for `n` choices, several times at once."""

    def __init__(self, bridge: Bridge, chat: ChatRequest, model: str, heavy: bool) -> None:
        self._bridge = bridge
        self._chat = chat
        self._model = model
        self._heavy = heavy
        self._translate = functools.cache(self._translated)
        asked_for = chat.stream_options is not None and bool(chat.stream_options.include_usage)
        # A whole answer always has its usage.
        self._include_usage = asked_for or not chat.stream
        self._id = f"chatcmpl-{uuid.uuid4().hex}"
        self._created = int(time.time())
        self._started = time.perf_counter()
        self._machines: list[ChatStream] = []

    def answers(self) -> AbstractAsyncContextManager[Begun]:
        """Entered when Claude has begun: the first answer, and the chunks of all."""
        count = self._chat.n or 1
        return self._one(0) if count == 1 else fanned_out([self._one(i) for i in range(count)])

    async def noted(
        self, access: Access, chunks: AsyncIterator[Chunk]
    ) -> AsyncGenerator[Chunk, None]:
        """The chunks; what came of them is noted for the access line and the ledger."""
        try:
            async for chunk in self._with_usage(access, chunks):
                if access.first_chunk_seconds is None:
                    access.first_chunk_seconds = time.perf_counter() - self._started
                yield chunk
        finally:
            access.usages = [machine.usage for machine in self._machines]

    async def _with_usage(
        self, access: Access, chunks: AsyncIterator[Chunk]
    ) -> AsyncGenerator[Chunk, None]:
        """The chunks of all choices with one word on usage, behind them."""
        last: Chunk | None = None
        async for chunk in chunks:
            if chunk["choices"]:
                yield chunk
            else:
                last = chunk
        usage = added(machine.completion_usage for machine in self._machines)
        access.prompt_tokens = usage["prompt_tokens"]
        access.completion_tokens = usage["completion_tokens"]
        access.outcome = self._machines[0].finish_reason
        if last is not None:
            yield {**last, "usage": usage}

    @asynccontextmanager
    async def _one(self, index: int) -> AsyncIterator[Begun]:
        asking = asked(self._bridge, self._model, self._translate, heavy=self._heavy)
        async with asking as begun, aclosing(self._chunks(index, begun)) as chunks:
            yield begun, chunks

    def _translated(self, rules: ModelRules, model: str) -> Translated:
        return translate(self._chat, rules, model)

    async def _chunks(self, index: int, begun: Asked) -> AsyncGenerator[Chunk, None]:
        machine = ChatStream(
            id=self._id,
            model=begun.translated.request.model,
            created=self._created,
            include_usage=self._include_usage,
            style=begun.translated.style,
            index=index,
        )
        self._machines.append(machine)
        async for event in begun.events:
            for chunk in machine.feed(event):
                yield chunk
        machine.finish()


async def _collected(chunks: AsyncIterator[Chunk]) -> ChatCompletion:
    collector = Collector()
    async for chunk in chunks:
        collector.feed((chunk,))
    return collector.finish()
