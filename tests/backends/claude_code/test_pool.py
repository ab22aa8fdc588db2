"""The pool has spares ready, replaces old ones, and bounds what runs and starts at once."""

from __future__ import annotations

import asyncio
import time
from typing import cast

import pytest

from bridge.backends.claude_code.pool import ProcessPool
from bridge.backends.claude_code.process import ClaudeProcess
from bridge.errors import TooManyStreams, UpstreamFailed


class Process:
    """As much of a process as the pool sees."""

    def __init__(self) -> None:
        self.is_alive = True
        self.started_at = time.monotonic()

    def pause(self) -> None: ...

    async def kill(self) -> None:
        self.is_alive = False


class Started:
    """Starts processes, and can fail to."""

    def __init__(self) -> None:
        self.all: list[Process] = []
        self.broken = False
        self.seconds = 0.0
        self.starting = self.most_starting = self.most_alive = 0

    async def __call__(self) -> ClaudeProcess:
        self.starting += 1
        self.most_starting = max(self.most_starting, self.starting)
        await asyncio.sleep(self.seconds)
        self.starting -= 1
        if self.broken:
            raise UpstreamFailed("no memory")
        self.all.append(Process())
        self.most_alive = max(self.most_alive, self.alive)
        return cast(ClaudeProcess, self.all[-1])

    @property
    def alive(self) -> int:
        return sum(process.is_alive for process in self.all)


async def until_spares(pool: ProcessPool, count: int) -> None:
    async with asyncio.timeout(30):
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
    async with asyncio.timeout(30):
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


async def test_many_requests_at_once_start_one_process_for_each_processor_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    start = Started()
    start.seconds = 0.001
    pool = ProcessPool(start, 1, max_processes=5)
    order: list[int] = []

    async def ask(number: int) -> None:
        process = await pool.take()
        order.append(number)
        await asyncio.sleep(0.01)
        pool.end(process)

    await asyncio.gather(*(ask(number) for number in range(40)))
    assert order == sorted(order), "in the order in which they came"
    assert (start.most_starting, start.most_alive) == (2, 5)
    await pool.rest()
    assert start.alive == 0


async def test_a_request_that_gets_no_process_in_time_is_refused() -> None:
    pool = ProcessPool(Started(), 1, max_processes=1, wait_seconds=0.01)
    taken = await pool.take()
    with pytest.raises(TooManyStreams, match="All 1 Claude Code processes are busy"):
        await pool.take()
    pool.end(taken)
    pool.end(await pool.take())
    await pool.rest()


async def test_a_failed_or_cancelled_start_leaves_its_slot() -> None:
    start = Started()
    pool = ProcessPool(start, 0, max_processes=1, wait_seconds=1)
    start.broken = True
    with pytest.raises(UpstreamFailed):
        await pool.take()
    start.broken, start.seconds = False, 60
    taking = asyncio.create_task(pool.take())
    await asyncio.sleep(0.01)
    taking.cancel()
    await asyncio.wait([taking])
    start.seconds = 0
    assert (await pool.take()).is_alive


async def test_requests_that_find_no_spare_get_more_of_them() -> None:
    start = Started()
    pool = ProcessPool(start, 1)
    taken = [await pool.take() for _ in range(4)]
    pool.refill()
    await until_spares(pool, 4)
    for process in taken:
        pool.end(process)
    await pool.rest()


async def test_spares_end_when_memory_is_short() -> None:
    available = 8 << 30
    pool = ProcessPool(Started(), 1, review_seconds=0.01, read_available_memory=lambda: available)
    pool.warm()
    await until_spares(pool, 1)
    available = 100 << 20
    await until_spares(pool, 0)
    available = 8 << 30
    await until_spares(pool, 1)
    await pool.rest()


async def test_an_idle_session_makes_room_for_a_request_that_waits() -> None:
    pool: ProcessPool
    idle: list[ClaudeProcess] = []
    pool = ProcessPool(
        Started(), 0, max_processes=1, wait_seconds=1, make_room=lambda: pool.end(idle.pop())
    )
    idle.append(await pool.take())
    assert (await pool.take()).is_alive
    assert idle == []
    await pool.rest()


async def test_an_idle_session_makes_room_when_memory_is_short() -> None:
    made_room = asyncio.Event()
    pool = ProcessPool(
        Started(), 1, read_available_memory=lambda: 100 << 20, make_room=made_room.set
    )
    pool.warm()
    async with asyncio.timeout(30):
        await made_room.wait()
    await pool.rest()
