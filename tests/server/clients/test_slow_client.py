"""A client that does not read slows upstream down, and does not fill memory."""

from __future__ import annotations

import asyncio
import gc
import json
from urllib.parse import urlsplit

import psutil
from openai import AsyncOpenAI

from bridge.server.state import Bridge
from tests.fake_anthropic.script import Reply, Text
from tests.fake_anthropic.server import FakeAnthropic

PIECE = "x" * 4000
PIECES = 10_000
"""40 MB: far more than all the sockets between hold."""


async def test_a_slow_client_gets_the_whole_answer(
    bridge: Bridge, fake: FakeAnthropic, client: AsyncOpenAI
) -> None:
    await client.chat.completions.create(  # so that all is imported
        model="default", messages=[{"role": "user", "content": "Hi"}]
    )
    fake.script(Reply((Text(PIECE * PIECES, pieces=(PIECE,) * PIECES),)))
    body = json.dumps(
        {"model": "default", "stream": True, "messages": [{"role": "user", "content": "Go"}]}
    )
    host = urlsplit(bridge.url).netloc
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    gc.collect()
    before = psutil.Process().memory_info().rss
    reading, writing = await asyncio.open_connection(*host.split(":"), limit=65_536)
    writing.write((head + body).encode())
    try:
        await fake.wait_requests(2, 10)
        await asyncio.sleep(2)
        assert bridge.open_streams == 1
        assert fake.open_streams == 1, "upstream has written everything, so something buffers it"
        assert psutil.Process().memory_info().rss - before < 20 * 2**20
        heard = 0
        async with asyncio.timeout(120):
            while line := await reading.readline():
                heard += line.count(b'"content":"' + PIECE.encode())
        assert heard == PIECES
    finally:
        writing.close()
        await writing.wait_closed()
