"""Work on large bodies runs in a few threads, and ends when its client leaves."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from bridge.errors.abandoned import raise_if_abandoned
from bridge.resilience.heavy_work import HeavyWork


def wait_until_abandoned(begun: threading.Event) -> None:
    begun.set()
    end = time.monotonic() + 10
    while time.monotonic() < end:
        raise_if_abandoned()
        time.sleep(0.005)
    raise TimeoutError("this work was not ended")


async def cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_leaving_client_frees_its_thread() -> None:
    work, begun = HeavyWork(1), threading.Event()
    task = asyncio.create_task(work.run(wait_until_abandoned, begun))
    await asyncio.to_thread(begun.wait, 5)
    await cancel(task)
    async with asyncio.timeout(30):
        assert await work.run(len, "next") == 4
    work.close()


async def test_work_that_waits_is_dropped_with_its_client() -> None:
    work, begun, never = HeavyWork(1), threading.Event(), threading.Event()
    running = asyncio.create_task(work.run(wait_until_abandoned, begun))
    waiting = asyncio.create_task(work.run(never.set))
    await asyncio.to_thread(begun.wait, 5)
    await cancel(waiting)
    await cancel(running)
    assert await work.run(len, "next") == 4
    assert not never.is_set()
    work.close()


async def test_no_more_threads_work_than_allowed() -> None:
    work, lock, now, most = HeavyWork(2), threading.Lock(), [0], [0]

    def count() -> None:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.02)
        with lock:
            now[0] -= 1

    await asyncio.gather(*(work.run(count) for _ in range(10)))
    assert most == [2]
    work.close()
