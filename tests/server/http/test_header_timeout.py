"""A connection without a complete header is aborted; others are not affected."""

from __future__ import annotations

import asyncio
import contextlib
import time
from urllib.parse import urlsplit

import pytest

from bridge.server.state import Bridge
from tests.conftest import StartBridge
from tests.server.http.foreign_transport import use_foreign_transports

ASK = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n"


async def open_connection(bridge: Bridge) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    parts = urlsplit(bridge.url)
    return await asyncio.open_connection(parts.hostname, parts.port)


async def test_an_incomplete_header_is_aborted_after_the_timeout(start_bridge: StartBridge) -> None:
    bridge = await start_bridge(backend="offline", header_seconds=0.3)
    reader, writer = await open_connection(bridge)
    started = time.monotonic()
    for byte in ASK:
        writer.write(bytes([byte]))
        await asyncio.sleep(0.02)
        if reader.at_eof() or reader.exception() is not None:
            break
    with contextlib.suppress(ConnectionResetError):
        assert await reader.read() == b""
    assert 0.2 < time.monotonic() - started < 5
    writer.close()


async def test_a_header_in_small_pieces_is_answered(start_bridge: StartBridge) -> None:
    bridge = await start_bridge(backend="offline", header_seconds=2)
    reader, writer = await open_connection(bridge)
    for piece in (ASK[:5], ASK[5:], b"\r", b"\n"):
        writer.write(piece)
        await asyncio.sleep(0.05)
    assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    writer.close()


async def test_a_kept_alive_connection_may_be_idle_for_longer(start_bridge: StartBridge) -> None:
    bridge = await start_bridge(backend="offline", header_seconds=0.2)
    reader, writer = await open_connection(bridge)
    for _ in range(2):
        writer.write(ASK + b"\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
        await asyncio.sleep(0.5)
    writer.close()


async def test_another_event_loops_connections_have_the_timeout_too(
    start_bridge: StartBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_foreign_transports(monkeypatch)
    bridge = await start_bridge(backend="offline", header_seconds=0.2)
    reader, writer = await open_connection(bridge)
    writer.write(ASK + b"\r\n")
    async with asyncio.timeout(30):
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        silent, silent_writer = await open_connection(bridge)
        with contextlib.suppress(ConnectionResetError):
            assert await silent.read() == b""
    writer.close()
    silent_writer.close()
