"""Several answers to one request: opened at once, their items merged as they arrive."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from typing import Any, TypeVar

from bridge.errors import StreamBroken
from bridge.translate.stream.message_end import BROKE_OFF

_Begin = TypeVar("_Begin")
_Item = TypeVar("_Item")
Answer = AbstractAsyncContextManager[tuple[_Begin, AsyncIterator[_Item]]]
"""Entered when it has begun: what is known at the begin, and its items."""


@asynccontextmanager
async def merge_answers(
    answers: Sequence[Answer[_Begin, _Item]],
) -> AsyncIterator[tuple[_Begin, AsyncIterator[_Item]]]:
    """Enter all answers; yield the begin of the first and the items of all.

    The first failure ends all answers, and so does leaving: it is raised here until every answer
    has begun, and by the items afterwards. The queue holds one item for each answer, so a slow
    reader holds back all of them.
    """
    queue: asyncio.Queue[_Item | Exception | None] = asyncio.Queue(len(answers))
    loop = asyncio.get_running_loop()
    begins: list[asyncio.Future[_Begin]] = [loop.create_future() for _ in answers]
    failure: asyncio.Future[Exception] = loop.create_future()
    tasks = [
        asyncio.create_task(_produce_items(answer, begin, failure, queue))
        for answer, begin in zip(answers, begins, strict=True)
    ]
    try:
        await _wait_for_all(begins, failure)
        async with aclosing(_consume_items(queue, len(answers))) as items:
            yield begins[0].result(), items
    finally:
        # Futures first: an answer that begins now must not set a result that is never read.
        for begin in begins:
            begin.cancel()
        failure.cancel()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _wait_for_all(
    begins: Sequence[asyncio.Future[_Begin]], failure: asyncio.Future[Exception]
) -> None:
    """Return when all answers have begun. Raises the first failure before that."""
    waiting: set[asyncio.Future[Any]] = set(begins)
    while waiting and not failure.done():
        await asyncio.wait({*waiting, failure}, return_when=asyncio.FIRST_COMPLETED)
        waiting = {begin for begin in waiting if not begin.done()}
    if waiting:
        raise failure.result()


async def _produce_items(
    answer: Answer[_Begin, _Item],
    begin: asyncio.Future[_Begin],
    failure: asyncio.Future[Exception],
    queue: asyncio.Queue[_Item | Exception | None],
) -> None:
    """Queue the items of one answer; None is its end."""
    try:
        async with answer as (begun, items):
            # Cancelled when another answer has failed to begin.
            if not begin.done():
                begin.set_result(begun)
            async for item in items:
                await queue.put(item)
    except (Exception, asyncio.CancelledError) as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        # Cancelled by nobody here: what the answer waited for has ended without a word.
        reported = error if isinstance(error, Exception) else StreamBroken(BROKE_OFF)
        if not failure.done():
            failure.set_result(reported)
        await queue.put(reported)
    else:
        await queue.put(None)


async def _consume_items(
    queue: asyncio.Queue[_Item | Exception | None], running: int
) -> AsyncGenerator[_Item, None]:
    while running:
        item = await queue.get()
        if isinstance(item, Exception):
            raise item
        if item is None:
            running -= 1
        else:
            yield item
