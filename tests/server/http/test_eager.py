"""What is there is taken without a pause; before a wait, the one who collects is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.server.http.eager import next_or_wait


async def told(items: AsyncGenerator[int, None]) -> list[int | str]:
    """The items, and `wait` where one had to be waited for."""
    seen: list[int | str] = []

    async def waiting() -> None:
        seen.append("wait")

    async with aclosing(items):
        try:
            while True:
                seen.append(await next_or_wait(items, waiting))
        except StopAsyncIteration:
            return seen


async def counting(*pauses: int) -> AsyncGenerator[int, None]:
    """0, 1, 2 …, with so many turns of the loop before each."""
    for number, pause in enumerate(pauses):
        for _ in range(pause):
            await asyncio.sleep(0)
        yield number


@given(st.lists(st.integers(0, 3)))
def test_a_wait_is_told_once_and_only_where_there_is_one(pauses: list[int]) -> None:
    expected: list[int | str] = []
    for number, pause in enumerate(pauses):
        expected += (["wait"] if pause else []) + [number]
    assert asyncio.run(told(counting(*pauses))) == expected


async def test_what_is_done_before_a_wait_may_wait_itself() -> None:
    done: list[str] = []

    async def slow_client() -> None:
        await asyncio.sleep(0.001)
        done.append("written")

    items = counting(1)
    async with aclosing(items):
        assert await next_or_wait(items, slow_client) == 0
    assert done == ["written"]


async def test_a_failure_before_a_wait_ends_the_items_as_a_failed_wait_does() -> None:
    cleaned: list[str] = []

    async def items() -> AsyncGenerator[int, None]:
        try:
            await asyncio.sleep(10)
            yield 1
        finally:
            cleaned.append("closed")

    async def gone() -> None:
        raise ConnectionResetError("the client left")

    with pytest.raises(ConnectionResetError, match="the client left"):
        await next_or_wait(items(), gone)
    assert cleaned == ["closed"]


async def test_cancelling_reaches_what_is_waited_for() -> None:
    cleaned: list[str] = []

    async def items() -> AsyncGenerator[int, None]:
        try:
            await asyncio.sleep(10)
            yield 1
        except asyncio.CancelledError:
            cleaned.append("cancelled")
            raise

    async def nothing() -> None:
        return

    async def wait() -> int:
        return await next_or_wait(items(), nothing)

    task = asyncio.create_task(wait())
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert cleaned == ["cancelled"]


async def test_a_failure_of_the_items_comes_through() -> None:
    async def items() -> AsyncGenerator[int, None]:
        await asyncio.sleep(0)
        raise ValueError("broken")
        yield 1

    async def nothing() -> None:
        return

    with pytest.raises(ValueError, match="broken"):
        await next_or_wait(items(), nothing)
