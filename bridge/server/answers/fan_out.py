"""Several answers to one request: opened at once, their items merged as they arrive."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from typing import TypeVar

_Begin = TypeVar("_Begin")
_Item = TypeVar("_Item")
Answer = AbstractAsyncContextManager[tuple[_Begin, AsyncIterator[_Item]]]
"""Entered when it has begun: what is known at the begin, and its items."""


@asynccontextmanager
async def merge_answers(
    answers: Sequence[Answer[_Begin, _Item]],
) -> AsyncIterator[tuple[_Begin, AsyncIterator[_Item]]]:
    """Enter all answers; yield the begin of the first and the items of all.

    Raises the error of an answer that cannot begin. The first failure ends all answers, and so does
    leaving. The queue holds one item for each answer, so a slow reader holds back all of them.
    """
    queue: asyncio.Queue[_Item | BaseException | None] = asyncio.Queue(len(answers))
    begins: list[asyncio.Future[_Begin]] = [
        asyncio.get_running_loop().create_future() for _ in answers
    ]
    tasks = [
        asyncio.create_task(_produce_items(answer, future, queue))
        for answer, future in zip(answers, begins, strict=True)
    ]
    try:
        first, *_ = await asyncio.gather(*begins)
        async with aclosing(_consume_items(queue, len(answers))) as items:
            yield first, items
    finally:
        # Futures first: an answer that begins now must not set a result that is never read.
        for future in begins:
            future.cancel()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _produce_items(
    answer: Answer[_Begin, _Item],
    begin: asyncio.Future[_Begin],
    queue: asyncio.Queue[_Item | BaseException | None],
) -> None:
    """Queue the items of one answer; None is its end."""
    try:
        async with answer as (begun, items):
            # Cancelled when another answer has failed to begin.
            if not begin.done():
                begin.set_result(begun)
            async for item in items:
                await queue.put(item)
    except Exception as error:  # noqa: BLE001 - raised again by the reader of the queue
        if begin.done():
            await queue.put(error)
        else:
            begin.set_exception(error)
    else:
        await queue.put(None)


async def _consume_items(
    queue: asyncio.Queue[_Item | BaseException | None], running: int
) -> AsyncGenerator[_Item, None]:
    while running:
        item = await queue.get()
        if isinstance(item, BaseException):
            raise item
        if item is None:
            running -= 1
        else:
            yield item
