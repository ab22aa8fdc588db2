"""Work on large bodies runs in a few threads, and ends when its client leaves."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time

import pytest

from bridge.errors.abandoned import raise_if_abandoned
from bridge.resilience import free_memory
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


async def test_freed_memory_is_returned_once_when_no_work_has_come_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    returned: asyncio.Queue[None] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def note() -> None:
        loop.call_soon_threadsafe(returned.put_nowait, None)

    monkeypatch.setattr(free_memory, "return_memory", note)
    monkeypatch.setattr("bridge.resilience.heavy_work._REST_SECONDS", 0.05)
    work = HeavyWork(1)
    for text in ("one", "two"):
        assert await work.run(len, text) == 3
    async with asyncio.timeout(30):
        await returned.get()
    await work.run(len, "three")
    work.close()
    await asyncio.sleep(0.1)
    assert returned.empty()


_LARGE_WORK = """
import threading, psutil
from bridge.resilience.free_memory import return_memory, share_memory

def work():
    made = [bytes(100_000) for _ in range(1_000)]
    # Behind what is free, so that glibc cannot return it by itself.
    kept.append(bytes(100_000))

share_memory()
kept, process = [], psutil.Process()
before = process.memory_info().rss
threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
    thread.join()
return_memory()
print((process.memory_info().rss - before) // 1_000_000)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps so much")
def test_freed_memory_of_threads_goes_back_to_the_system() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LARGE_WORK], capture_output=True, text=True, check=True, timeout=60
    )
    assert int(done.stdout) < 20, "megabytes, of two times 100"


_REPEATED_WORK = """
import asyncio, resource
from bridge.resilience.free_memory import return_memory, share_memory
from bridge.resilience.heavy_work import HeavyWork

def count_faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

async def main():
    work = HeavyWork(1)
    for _ in range(2):
        for _ in range(3):
            before = count_faults()
            await work.run(lambda: len([bytearray(20_000_000) for _ in range(4)]))
        print(count_faults() - before)
        return_memory()
        before = count_faults()
        await work.run(lambda: len([bytearray(20_000_000) for _ in range(4)]))
        print(count_faults() - before)
    work.close()

share_memory()
asyncio.run(main())
"""


@pytest.mark.skipif(free_memory._find("mallopt") is None, reason="only glibc can be told to")
def test_work_takes_the_memory_that_the_work_before_has_freed() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _REPEATED_WORK],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    again, anew, again_later, _ = map(int, done.stdout.split())
    assert max(again, again_later) < 1_000 < anew, "pages that the system had to hand out"
