"""Measures the page of recorded requests with 10,000 events, in a real browser.

`python -m tests.benchmarks.inspect.page`: the time to show an answer, the longest task of the page,
and the time from one frame to the next while the list scrolls through all events. Beside it stands
the same scrolling in an empty page, which is what this machine can do.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp

from tests.fake_anthropic.script import Reply, Text
from tests.fake_anthropic.server import FakeAnthropic
from tests.web.chromium import Page, run_chromium
from tests.web.picture import run_bridge

EVENTS = 10_000
_FRAMES = 240
_CHAT = {"model": "default", "messages": [{"role": "user", "content": "Count."}], "stream": True}
_WATCH_TASKS = """
window.tasks = [];
new PerformanceObserver(list => {
  for (const task of list.getEntries()) tasks.push(task.duration);
}).observe({ type: 'longtask' });
"""
_SCROLL = """(async () => {
  const box = document.querySelector('.events-box'), times = [];
  let before = await new Promise(requestAnimationFrame);
  for (let step = 1; step <= FRAMES; step += 1) {
    if (box) box.scrollTop = (box.scrollHeight - box.clientHeight) * step / FRAMES;
    const now = await new Promise(requestAnimationFrame);
    times.push(now - before);
    before = now;
  }
  return times.sort((a, b) => a - b);
})()""".replace("FRAMES", str(_FRAMES))


async def measure(page: Page, url: str) -> None:
    """Print the figures."""
    await page.open("about:blank")
    print(f"an empty page: {describe(await page.evaluate(_SCROLL))}")
    await page.open(url)
    items = "document.querySelectorAll('#exchanges li')"
    await page.wait_for(f"{items}.length === 1 && {items}[0].textContent.includes('200 stop')")
    await page.evaluate(_WATCH_TASKS)
    started = time.perf_counter()
    await page.evaluate(f"{items}[0].click()")
    await page.wait_for("!document.querySelector('#detail').hidden")
    print(f"the answer is shown after {time.perf_counter() - started:.2f} s")
    await page.evaluate("document.querySelector('#view-4').click()")
    await page.wait_for("document.querySelectorAll('.events-rows [role=option]').length > 5")
    print(f"longest tasks until then: {await read_tasks(page)}")
    print(f"the list of events: {describe(await page.evaluate(_SCROLL))}")
    print(f"longest tasks while it scrolls: {await read_tasks(page)}")


async def read_tasks(page: Page) -> str:
    """Return the longest tasks since the last call; a task under 50 ms is none."""
    tasks: list[float] = await page.evaluate("tasks.splice(0).sort((a, b) => b - a)")
    return ", ".join(f"{task:.0f} ms" for task in tasks[:3]) or "none over 50 ms"


def describe(times: list[float]) -> str:
    """Describe the times between frames."""
    late = sum(time > 50 for time in times)
    return (
        f"a frame each {times[len(times) // 2]:.1f} ms (median), 95 % within "
        f"{times[int(len(times) * 0.95)]:.1f} ms, the longest {times[-1]:.1f} ms, "
        f"{late} of {len(times)} over 50 ms"
    )


async def main() -> None:
    """Record an answer of 10,000 events, and look at it."""
    words = tuple(f"w{number} " for number in range(EVENTS))
    with tempfile.TemporaryDirectory() as home:
        backend: dict[str, Any] = {"CLAUDE_BRIDGE_HOME": home, "ANTHROPIC_API_KEY": "sk-ant-test"}
        os.environ.update(HOME=home, PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring")
        async with FakeAnthropic() as fake, run_chromium(Path(home) / "profile") as page:
            os.environ.update(backend, ANTHROPIC_BASE_URL=fake.url)
            async with run_bridge(backend="anthropic") as bridge:
                bridge.recorder.turn_on(30)
                fake.script(Reply((Text("".join(words), pieces=words),)))
                async with (
                    aiohttp.ClientSession(bridge.url) as session,
                    session.post("/v1/chat/completions", json=_CHAT) as answer,
                ):
                    await answer.read()
                await page.open_with_session(bridge, "/inspect")
                await measure(page, f"{bridge.url}/inspect")
                bridge.request_stop()


if __name__ == "__main__":
    asyncio.run(main())
