"""Several answers to one request: merged as they arrive, and ended together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bridge.errors import Overloaded, StreamBroken
from bridge.server.answers.fan_out import merge_answers


class Choice:
    """An answer that says `items`, then fails or ends."""

    def __init__(
        self,
        *items: str,
        failure: BaseException | None = None,
        begins: asyncio.Event | None = None,
    ) -> None:
        self._items = items
        self._failure = failure
        self._begins = begins
        self.is_closed = False

    @asynccontextmanager
    async def open(self) -> AsyncIterator[tuple[str, AsyncIterator[str]]]:
        try:
            if self._begins is not None:
                await self._begins.wait()
            yield "begun", self._say()
        finally:
            self.is_closed = True

    async def _say(self) -> AsyncIterator[str]:
        for item in self._items:
            yield item
            await asyncio.sleep(0)
        if self._failure is not None:
            raise self._failure


async def collect(*choices: Choice) -> list[str]:
    async with asyncio.timeout(30), merge_answers([choice.open() for choice in choices]) as merged:
        begun, items = merged
        assert begun == "begun"
        return [item async for item in items]


async def test_the_items_of_all_are_merged() -> None:
    assert await collect(Choice("a", "b"), Choice("1", "2")) == ["a", "1", "b", "2"]


async def test_a_failure_ends_the_others() -> None:
    other = Choice(*"123456789")
    with pytest.raises(Overloaded):
        await collect(Choice("a", failure=Overloaded("busy")), other)
    assert other.is_closed


async def test_a_failure_does_not_wait_for_a_choice_that_has_not_begun() -> None:
    silent = Choice(begins=asyncio.Event())
    with pytest.raises(Overloaded):
        await collect(silent, Choice("a", failure=Overloaded("busy")))
    assert silent.is_closed


async def test_a_cancellation_inside_a_choice_is_a_failure() -> None:
    # aiohttp cancels what waits for a connection that is closed.
    with pytest.raises(StreamBroken):
        await collect(Choice("a", failure=asyncio.CancelledError()), Choice("1"))


async def test_leaving_early_closes_all() -> None:
    choices = [Choice(*"abcdef"), Choice(*"123456")]
    async with merge_answers([choice.open() for choice in choices]) as (_, items):
        await anext(items)
    assert all(choice.is_closed for choice in choices)


async def test_the_caller_can_be_cancelled_while_it_waits() -> None:
    silent = Choice(begins=asyncio.Event())
    waiting = asyncio.create_task(collect(silent, silent))
    await asyncio.sleep(0.01)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert silent.is_closed
