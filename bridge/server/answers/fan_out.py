"""`n` answers to one request: asked for at once, their chunks as they come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from typing import TypeVar

_Begun = TypeVar("_Begun")
_Item = TypeVar("_Item")
Answer = AbstractAsyncContextManager[tuple[_Begun, AsyncIterator[_Item]]]


@asynccontextmanager
async def fanned_out(
    answers: Sequence[Answer[_Begun, _Item]],
) -> AsyncIterator[tuple[_Begun, AsyncIterator[_Item]]]:
    """Enters when all have begun, or with the error of one that could not; gives the first's begin.

    The first failure ends all of them; leaving ends them too.
    """
    queue: asyncio.Queue[_Item | BaseException | None] = asyncio.Queue(len(answers))
    begun: list[asyncio.Future[_Begun]] = [
        asyncio.get_running_loop().create_future() for _ in answers
    ]
    tasks = [
        asyncio.create_task(_produce(answer, future, queue))
        for answer, future in zip(answers, begun, strict=True)
    ]
    try:
        first, *_ = await asyncio.gather(*begun)
        async with aclosing(_consumed(queue, len(answers))) as items:
            yield first, items
    finally:
        for future in begun:
            future.cancel()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _produce(
    answer: Answer[_Begun, _Item],
    begun: asyncio.Future[_Begun],
    queue: asyncio.Queue[_Item | BaseException | None],
) -> None:
    try:
        async with answer as (begin, items):
            if not begun.done():
                begun.set_result(begin)
            async for item in items:
                await queue.put(item)
    except Exception as error:  # noqa: BLE001 - it is handed on whole to the one who waits
        if begun.done():
            await queue.put(error)
        else:
            begun.set_exception(error)
    else:
        await queue.put(None)


async def _consumed(
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
