"""Measures the idle tray's memory and CPU time, and how soon a click takes effect.

Run it with `python -m tests.benchmarks.tray`. A click takes effect when the panel gets the signal
that the menu has changed. The server is idle, streams many responses, hangs, or was killed.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager

import aiohttp
import psutil

from tests import desktop
from tests.end_to_end.tray import Tray, shows
from tests.tray_host.host import TrayHost

IDLE_SECONDS = 30.0
CLICKS = 16
"""Even, because the last click must leave another model than the first one chooses."""

STREAMS = 40

_CHANGES = ("ItemsPropertiesUpdated", "LayoutUpdated", "NewToolTip", "NewIcon")


def main() -> None:
    """Print megabytes, percent of one core, and milliseconds."""
    with ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory())
        os.environ |= {
            "CLAUDE_BRIDGE_HOME": home,
            "HOME": home,
            "BROWSER": "true",
            "DBUS_SESSION_BUS_ADDRESS": stack.enter_context(desktop.session_bus()),
            "DISPLAY": stack.enter_context(desktop.x_display()),
            "ANTHROPIC_API_KEY": "sk-ant-test",
            "ANTHROPIC_BASE_URL": stack.enter_context(upstream()),
        }
        asyncio.run(measure(os.environ["DBUS_SESSION_BUS_ADDRESS"]))


async def measure(bus: str) -> None:
    async with TrayHost(bus) as panel:
        tray = Tray()
        try:
            await shows(panel, "Ready on")
            await measure_idle(tray)
            print_times("server idle", await measure_switching(panel))
            async with keep_busy(tray):
                print_times(f"server streams {STREAMS} responses", await measure_switching(panel))
            print_times("server hangs", await measure_hanging(panel, tray.server()))
            print_times("server killed", await measure_killed(panel, tray))
        finally:
            tray.close()


async def measure_idle(tray: Tray) -> None:
    process = psutil.Process(tray.process.pid)
    await asyncio.sleep(5)
    before = process.cpu_times()
    await asyncio.sleep(IDLE_SECONDS)
    after = process.cpu_times()
    used = after.user + after.system - before.user - before.system
    memory = process.memory_full_info()
    print(f"idle: {memory.rss / 1e6:.1f} MB (RSS; {memory.uss / 1e6:.1f} MB USS)")
    print(f"idle: {used / IDLE_SECONDS:.2%} of a core over {IDLE_SECONDS:.0f} s")


async def measure_switching(panel: TrayHost) -> list[float]:
    """Switch from one model to another and back."""
    menu = (await panel.menu()).find("Model")
    ids = [menu.find("Opus 5.5").id, menu.find("Sonnet 5.5").id]
    seconds = []
    for number in range(CLICKS):
        seconds.append(await measure_click(panel, ids[number % 2]))
        await asyncio.sleep(0.3)
    return seconds


async def measure_hanging(panel: TrayHost, server: psutil.Process) -> list[float]:
    """Choose a model while the server hangs: it is shown as chosen, and taken back."""
    haiku = (await panel.menu()).find("Model").find("Haiku 5.5").id
    seconds = []
    for _ in range(4):
        server.suspend()
        try:
            seconds.append(await measure_click(panel, haiku))
            await asyncio.sleep(4)
        finally:
            server.resume()
        await panel.click("Model", "Sonnet 5.5")
        await asyncio.sleep(3)
    return seconds


async def measure_killed(panel: TrayHost, tray: Tray) -> list[float]:
    """Click Stop and Start while the server is dead and its restart is scheduled."""
    menu = await panel.menu()
    stop, start = menu.find("Stop").id, menu.find("Start").id
    seconds = []
    for _ in range(3):
        await shows(panel, "Ready on")
        os.kill(tray.server().pid, signal.SIGKILL)
        await shows(panel, "restarting in")
        seconds.append(await measure_click(panel, stop))
        await shows(panel, "Stopped")
        seconds.append(await measure_click(panel, start))
    return seconds


async def measure_click(panel: TrayHost, entry: int) -> float:
    """Return the seconds from the click to the first signal of a change."""
    await wait_until_quiet(panel)
    seen = len(panel.signals)
    started = time.perf_counter()
    click = asyncio.ensure_future(panel.event(entry, "clicked"))
    while not any(name in _CHANGES for name in panel.signals[seen:]):
        assert time.perf_counter() - started < 10, "the click had no effect"
        await asyncio.sleep(0.0005)
    seconds = time.perf_counter() - started
    await click
    return seconds


async def wait_until_quiet(panel: TrayHost) -> None:
    """Wait until nothing changes for a moment, so that the next change is the click's."""
    seen = -1
    while seen != len(panel.signals):
        seen = len(panel.signals)
        await asyncio.sleep(0.15)


@asynccontextmanager
async def keep_busy(tray: Tray) -> AsyncIterator[None]:
    """Stream in another process, because reading the responses would slow the measurement down."""
    code = f"from tests.benchmarks.tray import stream; stream({tray.url!r})"
    with subprocess.Popen([sys.executable, "-c", code]) as reader:
        try:
            await asyncio.sleep(3)
            yield
        finally:
            reader.kill()


def stream(url: str) -> None:
    """Read many responses at once, until the process is killed."""

    async def one(session: aiohttp.ClientSession) -> None:
        words = f"<<<{json.dumps({'text': 'word ' * 5000, 'delay': 0.01})}>>>"
        body = {
            "model": "default",
            "stream": True,
            "messages": [{"role": "user", "content": words}],
        }
        async with session.post(f"{url}/v1/chat/completions", json=body) as answer:
            await answer.content.read()

    async def all_of_them() -> None:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
            await asyncio.gather(*(one(session) for _ in range(STREAMS)))

    asyncio.run(all_of_them())


@contextmanager
def upstream() -> Iterator[str]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.fake_anthropic"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def print_times(what: str, seconds: list[float]) -> None:
    median, worst = statistics.median(seconds) * 1000, max(seconds) * 1000
    print(f"click, {what}: median {median:.0f} ms, worst {worst:.0f} ms of {len(seconds)}")


if __name__ == "__main__":
    main()
