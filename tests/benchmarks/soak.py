"""Plays random faults at random endpoints for some minutes, and reports what is left behind.

`python -m tests.benchmarks.soak [--minutes 10] [--at-once 32]`. Every tenth client leaves in the
middle of its answer. Bridge, upstream and clients share one process, so its memory and its open
files are those of all three.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import random
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from tests.fake_anthropic.server import FakeAnthropic
from tests.server.outcome import Outcome, understand_text
from tests.server.test_faults import FAULTS, HEAD, Fault, build_bodies, choose_status

SILENCE = 5.0
LIMIT = 60.0
"""Seconds after which an answer counts as one that hangs."""


def is_right(fault: Fault, endpoint: str, stream: bool, outcome: Outcome) -> bool:
    """Whether an outcome is the one that the fault must have."""
    if fault.status == 200:
        return (outcome.status, outcome.errors, outcome.ends) == (200, 0, 1)
    status = choose_status(fault, endpoint)
    early = endpoint == "two choices" and outcome.status == fault.status
    if stream and fault.begun and not early:
        # A failure of the second choice may come before all of the first.
        whole = HEAD.startswith(outcome.text) and (
            endpoint == "two choices" or outcome.text == HEAD
        )
        return whole and (outcome.status, outcome.errors) == (200, 1)
    return (outcome.status, outcome.errors) == (status, 1)


class Soak:
    """The clients, and what they saw."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._drawn = random.Random(11)  # noqa: S311 - dice
        self.seen: Counter[str] = Counter()
        self.wrong: list[str] = []

    async def play_until(self, end: float, session: aiohttp.ClientSession) -> None:
        """One client: a request after the other."""
        while time.monotonic() < end:
            fault, stream = self._drawn.choice(FAULTS), self._drawn.random() < 0.5
            bodies = build_bodies(f"Go. <<<{json.dumps(fault.directive)}>>>")
            endpoint = self._drawn.choice(list(bodies))
            path, body = bodies[endpoint]
            body |= {"model": "claude-opus-5-5", "stream": stream}
            leaves = self._drawn.random() < 0.1
            try:
                async with asyncio.timeout(0.01 if leaves else LIMIT):
                    async with session.post(f"{self._url}{path}", json=body) as answer:
                        outcome = understand_text(answer.status, await answer.read(), stream=stream)
            except TimeoutError:
                self.seen["client left" if leaves else "hang"] += 1
                continue
            except aiohttp.ClientError as error:
                self.seen[f"no answer: {type(error).__name__}"] += 1
                continue
            right = is_right(fault, endpoint, stream, outcome)
            self.seen["right" if right else "wrong"] += 1
            if not right:
                self.wrong.append(f"{endpoint} {stream} {fault.directive} {outcome}")


async def run(minutes: float, at_once: int) -> None:
    from bridge.compose import make_bridge
    from bridge.resilience.policy import CircuitBreaker
    from bridge.server.http.listen import listen
    from bridge.server.serve import serve
    from bridge.settings import find_paths, load_settings

    # Requests must not affect each other here; the circuit breaker has its own tests.
    setattr(CircuitBreaker, "record_failure", lambda *_: None)  # noqa: B010 - not for a type checker
    process = psutil.Process(os.getpid())
    async with FakeAnthropic() as fake:
        os.environ |= {"ANTHROPIC_API_KEY": "sk-ant-test", "ANTHROPIC_BASE_URL": fake.url}
        settings = load_settings(
            port=0, backend="anthropic", retries=0, upstream_silence_seconds=SILENCE
        )
        bridge = await asyncio.to_thread(make_bridge, settings, find_paths())
        serving = asyncio.create_task(serve(bridge, listen("127.0.0.1", 0)))
        while not bridge.url:
            await asyncio.sleep(0.01)
        soak = Soak(bridge.url)
        begun = time.monotonic()
        figures: list[dict[str, Any]] = []
        while (now := time.monotonic()) < begun + minutes * 60:
            connector = aiohttp.TCPConnector(limit=0)
            async with aiohttp.ClientSession(connector=connector) as session:
                end = min(now + 60, begun + minutes * 60)
                clients = [soak.play_until(end, session) for _ in range(at_once)]
                await asyncio.gather(*clients)
            await asyncio.sleep(1)
            fake.requests.clear()
            gc.collect()
            figures.append(
                {
                    "requests": sum(soak.seen.values()),
                    "MB": process.memory_info().rss >> 20,
                    "files": process.num_fds(),
                    "tasks": len(asyncio.all_tasks()),
                    "open streams": bridge.open_streams,
                }
            )
            print(json.dumps({**figures[-1], **soak.seen}), flush=True)
        print("\n".join(soak.wrong[:20]))
        bridge.stop_requested.set()
        await serving


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--at-once", type=int, default=32)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["CLAUDE_BRIDGE_HOME"] = str(Path(home) / "home")
        os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
        asyncio.run(run(chosen.minutes, chosen.at_once))


if __name__ == "__main__":
    main()
