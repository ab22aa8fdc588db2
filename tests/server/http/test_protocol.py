"""A client that does not read its answer is disconnected, and a slow one is not."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from bridge.server.state import Bridge
from tests.conftest import StartBridge
from tests.fake_anthropic.script import Reply, Text
from tests.fake_anthropic.server import FakeAnthropic
from tests.server.http.foreign_transport import use_foreign_transports

PIECE = "x" * 4000
LONG = Reply((Text(PIECE * 5000, pieces=(PIECE,) * 5000),))
"""20 MB: more than all the sockets between hold."""
PROMPT = [{"role": "user", "content": "Go"}]
CHAT = {"model": "default", "messages": PROMPT}
BODIES: dict[str, tuple[str, dict[str, Any]]] = {
    "a streamed chat": ("chat/completions", {**CHAT, "stream": True}),
    "two streamed choices": ("chat/completions", {**CHAT, "stream": True, "n": 2}),
    "a whole chat": ("chat/completions", CHAT),
    "a streamed response": ("responses", {"model": "default", "input": "Go", "stream": True}),
    "a whole response": ("responses", {"model": "default", "input": "Go"}),
    "streamed messages": ("messages", {**CHAT, "max_tokens": 9, "stream": True}),
    "a whole message": ("messages", {**CHAT, "max_tokens": 9}),
    "a streamed completion": (
        "completions",
        {"model": "default", "prompt": "Go", "stream": True},
    ),
}


@pytest.fixture
async def impatient(
    fake: FakeAnthropic, start_bridge: StartBridge, monkeypatch: pytest.MonkeyPatch
) -> Bridge:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    return await start_bridge(backend="anthropic", idle_write_seconds=0.6)


def open_small_socket(bridge: Bridge) -> socket.socket:
    """Connect with a receive buffer that is full soon."""
    url = urlsplit(bridge.url)
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.connect((url.hostname, url.port))
    sock.setblocking(False)
    return sock


async def send_request(bridge: Bridge, kind: str) -> asyncio.StreamWriter:
    path, body = BODIES[kind]
    data = json.dumps(body).encode()
    _, writer = await asyncio.open_connection(sock=open_small_socket(bridge), limit=4096)
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    head = f"POST /v1/{path} HTTP/1.1\r\nHost: {urlsplit(bridge.url).netloc}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
    writer.write(head.encode() + data)
    return writer


async def wait_for_end(bridge: Bridge, caplog: pytest.LogCaptureFixture) -> None:
    async with asyncio.timeout(20):
        while bridge.open_streams or "idle_write_seconds" not in caplog.text:
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("kind", list(BODIES))
async def test_a_client_that_does_not_read_is_disconnected(
    impatient: Bridge, fake: FakeAnthropic, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(BODIES[kind][1].get("n", 1)):
        fake.script(LONG)
    writer = await send_request(impatient, kind)
    await wait_for_end(impatient, caplog)
    async with asyncio.timeout(30):
        while fake.open_streams:
            await asyncio.sleep(0.01)
    writer.transport.abort()
    # The transport closes its socket in the next turn of the loop.
    await asyncio.sleep(0.01)


async def test_a_socket_that_is_not_read_is_disconnected(
    impatient: Bridge, fake: FakeAnthropic, caplog: pytest.LogCaptureFixture
) -> None:
    fake.script(LONG)
    async with (
        aiohttp.ClientSession(read_bufsize=1024) as session,
        session.ws_connect(f"{impatient.url}/v1/responses") as client,
    ):
        await client.send_json({"type": "response.create", "model": "default", "input": "Go"})
        await wait_for_end(impatient, caplog)


async def test_a_slow_client_is_not_disconnected(
    impatient: Bridge, fake: FakeAnthropic, caplog: pytest.LogCaptureFixture
) -> None:
    """It reads for twice as long as a client may read nothing."""
    fake.script(Reply((Text(PIECE * 100, pieces=(PIECE,) * 100),)))
    path, body = BODIES["a streamed chat"]
    caplog.set_level(logging.WARNING)
    async with (
        aiohttp.ClientSession(read_bufsize=1024) as session,
        session.post(f"{impatient.url}/v1/{path}", json=body) as answer,
    ):
        text = b""
        async for data in answer.content.iter_chunked(16_384):
            text += data
            await asyncio.sleep(0.04)
    assert text.count(PIECE.encode()) == 100
    assert text.endswith(b"data: [DONE]\n\n")
    assert "idle_write_seconds" not in caplog.text


async def test_another_event_loops_connections_pause_at_the_first_unread_byte(
    start_bridge: StartBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    transports = use_foreign_transports(monkeypatch)
    bridge = await start_bridge(backend="offline")
    async with aiohttp.ClientSession() as session:
        assert (await session.get(f"{bridge.url}/health")).status == 200
        assert [each.get_write_buffer_limits() for each in transports] == [(0, 0)]
