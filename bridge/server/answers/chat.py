"""Asks for a chat's answer, in one or several choices, and notes what came of it."""

from __future__ import annotations

import functools
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from typing import Any

from aiohttp import web

from bridge.agent.backend import ComputerUse
from bridge.models.names import ResolvedModel
from bridge.server.answers.attempt import Asked, Translate, asked
from bridge.server.answers.fan_out import fanned_out
from bridge.server.http.event_stream import write_events
from bridge.server.http.notice_header import build_notice_headers
from bridge.server.request_record import RequestRecord, get_record, make_hex_id
from bridge.server.state import Bridge
from bridge.translate.chat.request import translate_chat
from bridge.translate.stream.chat_chunks import ChatStream
from bridge.translate.stream.collect import Collector
from bridge.translate.stream.usage import sum_completion_usage
from bridge.wire.chat import ChatRequest
from bridge.wire.completion import ChatCompletion, Chunk
from bridge.wire.json_bytes import encode_ascii_json

Begun = tuple[Asked, AsyncIterator[Chunk]]


async def answer(
    request: web.Request,
    resolved: ResolvedModel,
    asking: Asking,
    *,
    stream: bool,
    event: Callable[[Chunk], Any] | None = None,
    whole: Callable[[ChatCompletion], Any] = dict,
) -> web.StreamResponse:
    """Streamed or whole; `event` and `whole` put it into the words of another endpoint."""
    record = get_record(request)
    record.model = resolved.model
    async with asking.answers() as (first, chunks):
        record.backend = first.backend
        notices = [*resolved.notices, *first.notices]
        headers = {"x-request-id": record.id, **build_notice_headers(record.id, notices)}
        async with aclosing(asking.noted(record, chunks)) as noted:
            if stream:
                events = noted if event is None else (event(one) async for one in noted)
                return await write_events(request, headers, events)
            told = whole(await _collected(noted))
            return web.json_bytes_response(told, dumps=encode_ascii_json, headers=headers)


class Asking:
    """One request: a chat or several, each asked for one or, with `n`, several choices at once."""

    def __init__(
        self,
        bridge: Bridge,
        chats: Sequence[ChatRequest],
        model: str,
        *,
        prefix: str,
        heavy: bool,
        computer_use: ComputerUse | None = None,
    ) -> None:
        """All `chats` are alike but for their messages; `prefix` begins the answer's id.

        `computer_use`: this desktop is used for it.
        """
        first = chats[0]
        self._bridge = bridge
        self._count = first.n or 1
        self._translations: list[Translate] = [functools.partial(translate_chat, c) for c in chats]
        if self._count > 1:
            # The choices of a chat are asked for alike: it is translated once.
            self._translations = [functools.cache(one) for one in self._translations]
        self._model = model
        self._heavy = heavy
        self._computer_use = computer_use
        asked_for = first.stream_options is not None and bool(first.stream_options.include_usage)
        # A whole answer always has its usage.
        self._include_usage = asked_for or not first.stream
        self._id = f"{prefix}-{make_hex_id()}"
        self._created = int(time.time())
        self._started = time.perf_counter()
        self._machines: list[ChatStream] = []

    def answers(self) -> AbstractAsyncContextManager[Begun]:
        """Entered when Claude has begun: the first answer, and the chunks of all."""
        every = [one for one in self._translations for _ in range(self._count)]
        answers = [self._one(index, translation) for index, translation in enumerate(every)]
        return answers[0] if len(answers) == 1 else fanned_out(answers)

    async def noted(
        self, record: RequestRecord, chunks: AsyncIterator[Chunk]
    ) -> AsyncGenerator[Chunk, None]:
        """The chunks of all choices, with one word on usage behind them.

        What came of them is noted for the access line and the ledger.
        """
        last: Chunk | None = None
        try:
            async for chunk in chunks:
                if record.first_chunk_seconds is None:
                    record.first_chunk_seconds = time.perf_counter() - self._started
                if chunk["choices"]:
                    yield chunk
                else:
                    last = chunk
            usage = sum_completion_usage(machine.completion_usage for machine in self._machines)
            record.prompt_tokens = usage["prompt_tokens"]
            record.completion_tokens = usage["completion_tokens"]
            record.outcome = self._machines[0].finish_reason
            if last is not None:
                yield {**last, "usage": usage}
        finally:
            record.usages = [machine.usage for machine in self._machines]

    @asynccontextmanager
    async def _one(self, index: int, translation: Translate) -> AsyncIterator[Begun]:
        asking = asked(
            self._bridge,
            self._model,
            translation,
            heavy=self._heavy,
            computer_use=self._computer_use,
        )
        async with asking as begun, aclosing(self._chunks(index, begun)) as chunks:
            yield begun, chunks

    async def _chunks(self, index: int, begun: Asked) -> AsyncGenerator[Chunk, None]:
        machine = ChatStream(
            id=self._id,
            model=begun.translated.request.model,
            created=self._created,
            include_usage=self._include_usage,
            answer_format=begun.translated.answer_format,
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
        collector.add(chunk)
    return collector.finish()
