"""Answers a chat request, in one choice or several, streamed or whole."""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from typing import Any

from aiohttp import web

from bridge.agent.backend import ComputerUse
from bridge.backends.batches import map_batches
from bridge.models.names import ResolvedModel
from bridge.models.rules import ModelRules
from bridge.server.answers.attempt import OpenAnswer, Translate, open_answer
from bridge.server.answers.fan_out import merge_answers
from bridge.server.answers.record_answer import record_answer
from bridge.server.http.accounting import guard_accounting
from bridge.server.http.event_stream import write_events
from bridge.server.http.notice_header import build_notice_headers
from bridge.server.request_record import Caller, RequestRecord, get_record, make_hex_id
from bridge.server.state import Bridge
from bridge.translate.chat.request import Translation, translate_chat
from bridge.translate.stream.chat_chunks import ChatStream
from bridge.translate.stream.collect import Collector
from bridge.translate.stream.usage import sum_completion_usage
from bridge.wire.chat import ChatRequest
from bridge.wire.completion import ChatCompletion, Chunk, CompletionUsage
from bridge.wire.json_bytes import encode_ascii_json

ChunkBatches = AsyncIterator[list[Chunk]]
"""Chunks in the batches in which Claude's events were read."""


async def respond_to_chat(
    request: web.Request,
    resolved: ResolvedModel,
    answers: ChatAnswers,
    *,
    stream: bool,
    convert_chunk: Callable[[Chunk], Any] | None = None,
    convert_completion: Callable[[ChatCompletion], Any] = dict,
) -> web.StreamResponse:
    """Write the answers, streamed or whole.

    `convert_chunk` and `convert_completion` translate them to the format of another endpoint.
    """
    record = get_record(request)
    record.model = resolved.model
    async with answers.open() as (first, chunks):
        record.note_answer(first.backend, first.stream.headers, first.model)
        notices = [*resolved.notices, *first.notices]
        headers = build_notice_headers(record.id, notices)
        async with aclosing(answers.record_chunks(record, chunks)) as batches:
            if stream:
                converted = batches if convert_chunk is None else _convert(batches, convert_chunk)
                return await write_events(request, headers, converted)
            completion = convert_completion(await _collect_completion(batches))
            return web.json_bytes_response(completion, dumps=encode_ascii_json, headers=headers)


class ChatAnswers:
    """The answers to one request: `n` choices for each of its chats, all opened at once.

    A chat completion has one chat; a legacy completion has one for each prompt.
    """

    def __init__(
        self,
        bridge: Bridge,
        caller: Caller,
        chats: Sequence[ChatRequest],
        resolved: ResolvedModel,
        *,
        prefix: str,
        heavy: bool,
        computer_use: ComputerUse | None = None,
    ) -> None:
        """All `chats` differ only in their messages; `prefix` begins the id of the answer.

        `heavy`: translate in a thread. `computer_use`: let Claude use this desktop.
        """
        first = chats[0]
        self._bridge = bridge
        self._caller = caller
        self._count = first.n or 1
        self._translations: list[Translate] = [
            functools.partial(translate_chat, chat) for chat in chats
        ]
        if self._count > 1:
            # The choices of a chat have the same request: it is translated once.
            self._translations = [_translate_once(translate) for translate in self._translations]
        self._resolved = resolved
        self._heavy = heavy
        self._computer_use = computer_use
        usage_requested = first.stream_options is not None and bool(
            first.stream_options.include_usage
        )
        # A whole answer always has its usage.
        self._include_usage = usage_requested or not first.stream
        self._id = f"{prefix}-{make_hex_id()}"
        self._created = int(time.time())
        self._machines: list[ChatStream] = []

    def open(self) -> AbstractAsyncContextManager[tuple[OpenAnswer, ChunkBatches]]:
        """Enter when Claude has begun to answer: the first answer, and the chunks of all."""
        every = [translate for translate in self._translations for _ in range(self._count)]
        choices = [_Choice(self, index, translate) for index, translate in enumerate(every)]
        return choices[0] if len(choices) == 1 else merge_answers(choices)

    def record_chunks(
        self, record: RequestRecord, batches: ChunkBatches
    ) -> AsyncGenerator[list[Chunk], None]:
        """Yield the chunks of all choices, and last one chunk with the usage of all.

        Records the result for the access line and the ledger.
        """
        return record_answer(
            record,
            batches if self._count_answers() == 1 else self._merge_usage(batches),
            lambda: self._machines[0].finish_reason,
            lambda: [machine.usage for machine in self._machines],
        )

    def _count_answers(self) -> int:
        return len(self._translations) * self._count

    async def _merge_usage(self, batches: ChunkBatches) -> AsyncGenerator[list[Chunk], None]:
        """Hold back the usage of each choice: OpenAI sends one chunk with the sum, at the end."""
        last: Chunk | None = None
        async for batch in batches:
            chunks = [chunk for chunk in batch if chunk["choices"]]
            if len(chunks) < len(batch):
                last = batch[-1]
            if chunks:
                yield chunks
        if last is not None:
            # Without the sum, the client gets the usage of the last choice.
            with guard_accounting("the usage of several choices"):
                last = {**last, "usage": self._sum_usage()}
            yield [last]

    def _sum_usage(self) -> CompletionUsage:
        return sum_completion_usage(machine.completion_usage for machine in self._machines)

    async def open_choice(self, translate: Translate) -> OpenAnswer:
        """Send the request for one choice; return when Claude begins to answer it."""
        return await open_answer(
            self._bridge,
            self._caller,
            self._resolved,
            translate,
            heavy=self._heavy,
            computer_use=self._computer_use,
        )

    def translate_events(self, index: int, answer: OpenAnswer) -> AsyncGenerator[list[Chunk], None]:
        """Return the chunks of one choice."""
        machine = ChatStream(
            id=self._id,
            model=answer.translated.request.model,
            created=self._created,
            include_usage=self._include_usage,
            answer_format=answer.translated.answer_format,
            index=index,
        )
        self._machines.append(machine)
        return map_batches(answer.stream, machine.feed, machine.finish)


class _Choice(AbstractAsyncContextManager[tuple[OpenAnswer, ChunkBatches]]):
    """Entered when Claude has begun to answer one choice; leaving closes upstream."""

    def __init__(self, answers: ChatAnswers, index: int, translate: Translate) -> None:
        self._answers = answers
        self._index = index
        self._translate = translate

    async def __aenter__(self) -> tuple[OpenAnswer, ChunkBatches]:
        self._answer = await self._answers.open_choice(self._translate)
        self._chunks = self._answers.translate_events(self._index, self._answer)
        return self._answer, self._chunks

    async def __aexit__(self, *_: object) -> None:
        try:
            await self._chunks.aclose()
        finally:
            await self._answer.stream.aclose()


def _translate_once(translate: Translate) -> Translate:
    """Return a function that translates for the first choice, and has the others wait for it."""
    # `functools.cache` alone would let threads that come meanwhile translate again, and again
    # decode all images.
    lock, cached = threading.Lock(), functools.cache(translate)

    def get_translation(rules: ModelRules, model: str) -> Translation:
        with lock:
            return cached(rules, model)

    return get_translation


async def _convert(
    batches: ChunkBatches, convert_chunk: Callable[[Chunk], Any]
) -> AsyncGenerator[list[Any], None]:
    async for batch in batches:
        yield [convert_chunk(chunk) for chunk in batch]


async def _collect_completion(batches: ChunkBatches) -> ChatCompletion:
    collector = Collector()
    async for batch in batches:
        collector.feed(batch)
    return collector.finish()
