"""Requests with the real Claude Code, a third of them cut off, leave nothing.

For three hundred: CLAUDE_BRIDGE_TESTS_ROUNDS=20.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
from typing import Any

import pytest
from openai import AsyncOpenAI

from tests.backends.claude_code.leftovers import list_left_files, settled
from tests.backends.claude_code.token_server import TokenServer
from tests.conftest import StartBridge
from tests.fake_anthropic.server import FakeAnthropic

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="counts the entries of /proc/self/fd"),
]

ROUNDS = int(os.environ.get("CLAUDE_BRIDGE_TESTS_ROUNDS", "4"))
"""Each has a renewal of the sign-in during which its client hangs up, then other requests."""
TALKS, TURNS, CUT = 2, 5, 4
"""Conversations of a round with their turns, and requests that are cut off at a random moment."""
LONG = {"role": "user", "content": '<<<{"text": "' + "word " * 100 + '", "delay": 0.1}>>>'}
LONGEST_WAIT = 2.0
"""Seconds after which a client hangs up at the latest: queued, starting, or during its answer."""


async def ask(client: AsyncOpenAI, *messages: Any) -> str:
    stream = await client.chat.completions.create(model="default", messages=messages, stream=True)
    return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])


async def talk(client: AsyncOpenAI) -> list[str]:
    """Have a conversation; return the answers."""
    messages: list[Any] = []
    for _ in range(TURNS):
        messages.append({"role": "user", "content": "Hi"})
        messages.append({"role": "assistant", "content": await ask(client, *messages)})
    return [message["content"] for message in messages[1::2]]


async def hang_up(client: AsyncOpenAI, seconds: float) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(seconds):
            await ask(client, LONG)


async def hang_up_during_a_renewal(
    client: AsyncOpenAI, tokens: TokenServer, fake: FakeAnthropic, seconds: float
) -> None:
    """Have the access token refused, and leave so long after its replacement has begun."""
    tokens.started.clear()
    fake.refused_tokens = {*fake.refused_tokens, tokens.access}
    asking = asyncio.create_task(ask(client, LONG))
    await asyncio.wait_for(tokens.started.wait(), 60)
    await asyncio.sleep(seconds)
    asking.cancel()
    await asyncio.wait([asking])
    assert asking.cancelled()


def count_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


async def test_requests_of_which_a_third_are_cut_off_leave_nothing(
    start_bridge: StartBridge, tokens: TokenServer, fake: FakeAnthropic
) -> None:
    """In each round, one of the clients leaves during a renewal: still signed in, nothing left."""
    chance = random.Random(21)  # noqa: S311 - a test's dice
    tokens.sign_in(expires_in=3600)
    tokens.seconds = 0.3
    bridge = await start_bridge(backend="claude-code")
    base = f"{bridge.url}/v1"
    async with AsyncOpenAI(base_url=base, api_key="x", max_retries=0) as client:
        await talk(client)
    await bridge.selection.close()
    before = count_descriptors()
    async with AsyncOpenAI(base_url=base, api_key="x", max_retries=0) as client:
        for _ in range(ROUNDS):
            # A spare may have an older token, and would find the newer one instead of renewing it.
            await bridge.selection.close()
            await hang_up_during_a_renewal(client, tokens, fake, chance.uniform(0, tokens.seconds))
            # These begin while the renewal is going on.
            talks = [talk(client) for _ in range(TALKS)]
            cut = [hang_up(client, chance.uniform(0, LONGEST_WAIT)) for _ in range(CUT)]
            answers = await asyncio.gather(*talks, *cut)
            assert answers[:TALKS] == [["Hello from the fake upstream."] * TURNS] * TALKS
    async with asyncio.timeout(30):
        while bridge.open_streams:
            await asyncio.sleep(0.05)
    await bridge.selection.close()
    assert tokens.renewals >= ROUNDS
    assert tokens.is_signed_in
    await settled(0)
    assert list_left_files() == []
    for left in ("sessions/*", "projects/**/*.jsonl", ".oauth_refresh.lock*", "*.tmp.*"):
        assert list(tokens.config.glob(left)) == [], left
    async with asyncio.timeout(10):
        while await asyncio.to_thread(count_descriptors) > before:
            await asyncio.sleep(0.05)
