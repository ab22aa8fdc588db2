"""Claude Code as a backend: time to the first chunk with a spare ready, against a cold `query()`.

`python -m tests.benchmarks.claude_code [--rounds N]`, in one run on one machine, upstream instant:

- a cold `claude_agent_sdk.query()`, as other bridges do for every request;
- the bridge over HTTP with a spare process ready;
- eight requests at once; the memory of the spare.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable

import aiohttp
import psutil

from bridge.compose import make_bridge
from bridge.server.http.listen import listen
from bridge.server.serve import serve
from bridge.server.state import Bridge
from bridge.settings import find_paths, load_settings
from tests.backends.claude_code.leftovers import command
from tests.fake_anthropic.server import FakeAnthropic

BODY = {"model": "default", "messages": [{"role": "user", "content": "Hi"}], "stream": True}
TARGET_RATIO = 3.5


async def measure_cold(folder: str) -> float:
    """Return the seconds to the first text of the SDK's own `query()`."""
    from claude_agent_sdk import ClaudeAgentOptions, StreamEvent, query

    options = ClaudeAgentOptions(
        include_partial_messages=True, cwd=folder, system_prompt="Be brief.", setting_sources=[]
    )
    started = time.perf_counter()
    first = 0.0
    async for message in query(prompt="Hi", options=options):
        is_text = isinstance(message, StreamEvent) and "delta" in message.event
        if is_text and not first:
            first = time.perf_counter() - started
    return first


async def measure_bridge(bridge: Bridge) -> float:
    """Return the seconds to the first text through the bridge."""
    started = time.perf_counter()
    url = f"{bridge.url}/v1/chat/completions"
    async with aiohttp.ClientSession() as session, session.post(url, json=BODY) as answer:
        async for line in answer.content:
            if b'"content":"' in line and b'"content":""' not in line:
                first = time.perf_counter() - started
                async for _ in answer.content:
                    pass
                return first
    raise RuntimeError("no text came")


async def wait_for_spare(bridge: Bridge) -> psutil.Process:
    """Wait until the spare is started and idle; return its process."""
    while True:
        await asyncio.sleep(1.5)
        for child in psutil.Process().children(recursive=True):
            if "--input-format=stream-json" in command(child):
                return child


async def run_rounds(count: int, measure: Callable[[], Awaitable[float]]) -> list[float]:
    return [await measure() for _ in range(count)]


async def main(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "CLAUDE_BRIDGE_HOME": folder,
            "HOME": folder,
            "CLAUDE_CODE_OAUTH_TOKEN": "sk-ant-oat01-made-up",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        }
        async with FakeAnthropic() as fake:
            os.environ["ANTHROPIC_BASE_URL"] = fake.url
            settings = load_settings(port=0, backend="claude-code", log_level="WARNING")
            bridge = await asyncio.to_thread(make_bridge, settings, find_paths())
            serving = asyncio.create_task(serve(bridge, listen(settings.host, settings.port)))
            try:
                await report(bridge, folder, count)
            finally:
                bridge.stop_requested.set()
                await serving


async def report(bridge: Bridge, folder: str, count: int) -> None:
    spare = await wait_for_spare(bridge)
    memory = spare.memory_full_info()

    async def warm() -> float:
        await wait_for_spare(bridge)
        return await measure_bridge(bridge)

    warmed = await run_rounds(count, warm)
    await wait_for_spare(bridge)
    at_once = await asyncio.gather(*(measure_bridge(bridge) for _ in range(8)))
    bridge.switches.backend = "offline"
    await bridge.selection.warm_active()
    colds = await run_rounds(count, lambda: measure_cold(folder))
    ratio = statistics.median(colds) / statistics.median(warmed)
    print(f"cold query(), median of {count}:        {statistics.median(colds) * 1000:7.0f} ms")
    print(f"the bridge, a spare ready, median:  {statistics.median(warmed) * 1000:7.0f} ms")
    print(f"times faster (target {TARGET_RATIO}):           {ratio:7.1f}")
    median, last = statistics.median(at_once) * 1000, max(at_once) * 1000
    print(f"eight at once, median and last:     {median:7.0f} ms {last:7.0f} ms")
    print(f"a spare's memory (PSS):             {memory.pss / 2**20:7.0f} MB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    asyncio.run(main(parser.parse_args().rounds))
