"""The client measures whole answers only, and follows servers that end each connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from tests.benchmarks.wire.load import Target, check_answer, send_requests

ANSWER = b'{"choices": "w0 w1"}'


@asynccontextmanager
async def serve(
    head: bytes, content: bytes = ANSWER, *, ends: bool = False
) -> AsyncIterator[tuple[Target, Callable[[], int]]]:
    """Run a server that answers everything with that; yield it, and how often it was connected."""
    connections = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        while not reader.at_eof():
            try:
                await reader.readuntil(b"{}")
            except asyncio.IncompleteReadError:
                break
            length = b"Content-Length: %d\r\n\r\n" % len(content)
            writer.write(b"HTTP/1.1 " + head + b"\r\n" + length + content)
            if ends:
                break
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        target = Target("it", f"http://127.0.0.1:{port}", "/", {}, marker=b'"choices"')
        yield target, lambda: connections


async def test_a_connection_is_used_for_all_requests() -> None:
    async with serve(b"200 OK") as (target, count):
        timings = await send_requests(target, target.request({}), 5, 1)

    assert [timing.size for timing in timings] == [len(ANSWER)] * 5
    assert count() == 1


async def test_a_server_that_ends_its_connections_is_connected_again() -> None:
    async with serve(b"200 OK\r\nConnection: close", ends=True) as (target, count):
        timings = await send_requests(target, target.request({}), 5, 1)

    assert [timing.size for timing in timings] == [len(ANSWER)] * 5
    assert count() == 5


async def test_an_error_is_no_answer() -> None:
    async with serve(b"500 Internal Server Error") as (target, _):
        with pytest.raises(RuntimeError, match="500 Internal"):
            await send_requests(target, target.request({}), 1, 1)


async def test_an_answer_without_the_text_is_none() -> None:
    async with serve(b"200 OK", b'{"error": "no model"}') as (target, _):
        with pytest.raises(RuntimeError, match="without the text"):
            await send_requests(target, target.request({}), 1, 1)


async def test_an_answer_in_another_format_is_none() -> None:
    async with serve(b"200 OK", b'{"type": "message", "content": "w0"}') as (target, _):
        with pytest.raises(RuntimeError, match="not an answer in the format of /"):
            await check_answer(target, target.request({}))
