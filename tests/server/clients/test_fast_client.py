"""A client that leaves as soon as it has read its answer has not left too early."""

from __future__ import annotations

import asyncio
import json
import logging
from urllib.parse import urlsplit

import pytest

from bridge.server.state import Bridge
from tests.fake_anthropic.script import says
from tests.fake_anthropic.server import FakeAnthropic

BODY = json.dumps(
    {
        "model": "claude-sonnet-5-5",
        "stream": True,
        "messages": [{"role": "user", "content": "Hi"}],
    }
)


async def read_and_leave(bridge: Bridge) -> None:
    host = urlsplit(bridge.url).netloc
    reading, writing = await asyncio.open_connection(*host.split(":"))
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: {host}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n"
    writing.write((head + BODY).encode())
    async with asyncio.timeout(30):
        await reading.readuntil(b"data: [DONE]\n\n")
    # In the middle of the connection, so that the server hears of it at once.
    writing.transport.abort()


async def check_log(bridge: Bridge, fake: FakeAnthropic, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "bridge.access")
    for count in range(1, 6):
        fake.script(says("Hello there."))
        await read_and_leave(bridge)
        async with asyncio.timeout(30):
            while sum("chat/completions" in line for line in caplog.messages) < count:
                await asyncio.sleep(0.01)
    lines = [line for line in caplog.messages if "chat/completions" in line]
    assert all("-> 200 stop " in line for line in lines), lines


async def test_an_answer_that_was_read_to_its_end_is_logged_as_one(
    bridge: Bridge, fake: FakeAnthropic, caplog: pytest.LogCaptureFixture
) -> None:
    await check_log(bridge, fake, caplog)


async def test_an_answer_through_claude_code_that_was_read_to_its_end_is_logged_as_one(
    claude_code: Bridge, fake: FakeAnthropic, caplog: pytest.LogCaptureFixture
) -> None:
    await check_log(claude_code, fake, caplog)
