"""The pool has a spare ready, starts the next, and replaces old ones."""

from __future__ import annotations

import asyncio
import time
from typing import cast

import pytest

from bridge.backends.claude_code.pool import ProcessPool
from bridge.backends.claude_code.process import ClaudeProcess
from bridge.errors import UpstreamFailed


class Process:
    """As much of a process as the pool sees."""

    def __init__(self) -> None:
        self.is_alive = True
        self.started_at = time.monotonic()

    async def kill(self) -> None:
        self.is_alive = False


class Started:
    """Starts processes, and can fail to."""

    def __init__(self) -> None:
        self.all: list[Process] = []
        self.broken = False

    async def __call__(self) -> ClaudeProcess:
        if self.broken:
            raise UpstreamFailed("no memory")
        self.all.append(Process())
        return cast(ClaudeProcess, self.all[-1])

    @property
    def alive(self) -> int:
        return sum(process.is_alive for process in self.all)


async def until_spares(pool: ProcessPool, count: int) -> None:
    async with asyncio.timeout(2):
        while pool.spares != count:
            await asyncio.sleep(0.001)


async def test_nothing_is_started_before_the_first_use() -> None:
    start = Started()
    pool = ProcessPool(start, 1)
    await asyncio.sleep(0)
    assert start.all == []
    await pool.rest()


async def test_a_spare_is_taken_and_the_next_is_started() -> None:
    start = Started()
    pool = ProcessPool(start, 2)
    pool.warm()
    await until_spares(pool, 2)
    first = await pool.take()
    assert first is cast(ClaudeProcess, start.all[0])
    assert (pool.spares, len(start.all)) == (1, 2)
    pool.refill()
    await until_spares(pool, 2)
    assert len(start.all) == 3
    await pool.rest()
    assert start.alive == 1


async def test_without_a_spare_a_process_is_started() -> None:
    start = Started()
    pool = ProcessPool(start, 0)
    assert (await pool.take()).is_alive
    assert len(start.all) == 1
    await pool.rest()


async def test_a_dead_spare_is_not_used() -> None:
    start = Started()
    pool = ProcessPool(start, 1)
    pool.warm()
    await until_spares(pool, 1)
    start.all[0].is_alive = False
    assert (await pool.take()).is_alive
    await pool.rest()


async def test_old_spares_are_replaced() -> None:
    start = Started()
    pool = ProcessPool(start, 1, max_age_seconds=0.05)
    pool.warm()
    async with asyncio.timeout(2):
        while len(start.all) < 3:
            await asyncio.sleep(0.01)
    assert start.alive <= 2
    await pool.rest()
    assert start.alive == 0


async def test_a_resting_pool_has_no_spares_until_the_next_use() -> None:
    start = Started()
    pool = ProcessPool(start, 1)
    pool.warm()
    await until_spares(pool, 1)
    await pool.rest()
    assert (pool.spares, start.alive) == (0, 0)
    pool.refill()
    await asyncio.sleep(0)
    assert pool.spares == 0
    taken = await pool.take()
    pool.refill()
    await until_spares(pool, 1)
    await taken.kill()
    await pool.rest()


async def test_a_failed_start_is_reported_to_the_request_that_needs_it() -> None:
    start = Started()
    start.broken = True
    pool = ProcessPool(start, 1)
    pool.warm()
    with pytest.raises(UpstreamFailed):
        await pool.take()
    await pool.rest()
