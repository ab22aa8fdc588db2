"""Feeds batches of items to a state machine, one item at a time, and keeps them batches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Iterable
from typing import TypeVar

from bridge.errors import UpstreamSilent

_Input = TypeVar("_Input")
_Output = TypeVar("_Output")


def feed_batch(
    batch: Iterable[_Input], feed: Callable[[_Input], Iterable[_Output]]
) -> tuple[list[_Output], Exception | None]:
    """Return what `feed` makes of the items, and the failure that stopped it, if any."""
    outputs: list[_Output] = []
    try:
        for item in batch:
            outputs += feed(item)
    except Exception as error:  # noqa: BLE001 - the caller raises it, behind what came before it
        return outputs, error
    return outputs, None


async def map_batches(
    batches: AsyncIterable[Iterable[_Input]],
    feed: Callable[[_Input], Iterable[_Output]],
    finish: Callable[[], None] | None = None,
) -> AsyncGenerator[list[_Output], None]:
    """Yield what `feed` makes of each batch; skip batches of which it makes nothing.

    When `feed` fails in the middle of a batch, what it made of the items before comes first and the
    failure after it: nothing that upstream has sent is lost to an error behind it. `finish` is
    called behind the last batch, and raises if the input ended too early.
    """
    async for batch in batches:
        outputs, failure = feed_batch(batch, feed)
        if outputs:
            yield outputs
        if failure is not None:
            raise failure
    if finish is not None:
        finish()


async def begin_within(beginning: Awaitable[_Output], seconds: float, who: str) -> _Output:
    """Return what `beginning` returns. Raises UpstreamSilent if it takes longer.

    Pings alone must not keep a client waiting that has no answer yet.
    """
    try:
        async with asyncio.timeout(seconds):
            return await beginning
    except TimeoutError as error:
        raise UpstreamSilent(f"{who} did not begin its answer within {seconds:g} s.") from error


async def prepend_batch(
    first: list[_Output], rest: AsyncIterable[list[_Output]]
) -> AsyncGenerator[list[_Output], None]:
    """Yield a batch that was awaited already, then the others."""
    yield first
    async for batch in rest:
        yield batch
