"""All bodies together are bounded; what does not fit is refused in the endpoint's dialect."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from bridge.server.state import Bridge
from tests.conftest import StartBridge

MB = 1 << 20
JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def small(start_bridge: StartBridge) -> Bridge:
    """A bridge with 16 MB for the bodies of all requests."""
    return await start_bridge(
        backend="offline", max_body_mb=4, max_bodies_mb=16, body_seconds=3, idle_write_seconds=60
    )


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def build_chat(text: str) -> bytes:
    message = {"role": "user", "content": text}
    return json.dumps(
        {"model": "bridge-echo", "max_tokens": 10, "input": text, "messages": [message]}
    ).encode()


@asynccontextmanager
async def send_halves(bridge: Bridge, count: int, size: int) -> AsyncIterator[None]:
    """Begin to send bodies of `size` bytes and one more, which never comes."""
    writers = [await send_half(bridge, size) for _ in range(count)]
    try:
        await wait_for_use(bridge, count * size, (count + 1) * size)
        yield
    finally:
        for writer in writers:
            writer.transport.abort()
    await wait_for_use(bridge, 0, 0)


async def send_half(bridge: Bridge, size: int) -> asyncio.StreamWriter:
    host = urlsplit(bridge.url).netloc
    _, writer = await asyncio.open_connection(*host.split(":"))
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: {host}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {size + 1}\r\n\r\n"
    writer.write(head.encode() + b" " * size)
    await writer.drain()
    return writer


async def wait_for_use(bridge: Bridge, low: int, high: int) -> None:
    async with asyncio.timeout(30):
        while not low <= bridge.bodies.used <= high:
            await asyncio.sleep(0.01)


async def post(
    session: aiohttp.ClientSession, bridge: Bridge, path: str, body: bytes, **headers: str
) -> tuple[int, Any, Any]:
    async with session.post(bridge.url + path, data=body, headers=JSON | headers) as answer:
        return answer.status, answer.headers, await answer.json()


ENDPOINTS = ("chat/completions", "completions", "responses", "messages", "embeddings")


@pytest.mark.parametrize("path", ENDPOINTS)
async def test_bodies_that_wait_leave_no_memory_for_others(
    small: Bridge, session: aiohttp.ClientSession, path: str
) -> None:
    async with send_halves(small, 5, 3 * MB):
        body = build_chat("x" * MB)
        status, headers, answer = await post(session, small, f"/v1/{path}", body)
    assert (status, headers["retry-after"]) == (503, "1")
    error = answer["error"]
    if path == "messages":
        assert (answer["type"], error["type"]) == ("error", "overloaded_error")
    else:
        assert (error["code"], error["type"]) == ("too_many_bodies", "server_error")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "identity"])
async def test_many_bodies_at_once_are_bounded_after_decompression(
    small: Bridge, session: aiohttp.ClientSession, encoding: str
) -> None:
    pack: Any = {"gzip": gzip.compress, "deflate": zlib.compress, "identity": bytes}[encoding]
    body = pack(build_chat("x" * int(1.9 * MB)))
    most = 0

    async def observe() -> None:
        nonlocal most
        while True:
            most = max(most, small.bodies.used)
            await asyncio.sleep(0)

    observer = asyncio.create_task(observe())
    path, headers = "/v1/chat/completions", {"Content-Encoding": encoding}
    answers = await asyncio.gather(
        *(post(session, small, path, body, **headers) for _ in range(16))
    )
    observer.cancel()
    assert {status for status, _, _ in answers} <= {200, 503}
    assert any(status == 200 for status, _, _ in answers)
    assert 4 * MB < most <= 16 * MB
    await wait_for_use(small, 0, 0)


@asynccontextmanager
async def measure_longest_wait() -> AsyncIterator[list[float]]:
    """Give the longest wait for a turn of the event loop, as a share of the whole, at the end."""
    loop, result = asyncio.get_running_loop(), list[float]()
    waits = [0.0]

    async def wait() -> None:
        last = loop.time()
        while True:
            await asyncio.sleep(0.001)
            waits.append(loop.time() - last)
            last = loop.time()

    waiter, begun = asyncio.create_task(wait()), loop.time()
    yield result
    waiter.cancel()
    result.append(max(waits) / (loop.time() - begun))


async def test_others_are_served_while_bodies_are_decompressed(
    start_bridge: StartBridge, session: aiohttp.ClientSession
) -> None:
    bridge = await start_bridge(backend="offline")
    body = gzip.compress(b'{"x":"' + b"y" * 40 * MB)
    shares = []
    # A wait may also be for another program on this processor, but not each time.
    for _ in range(5):
        async with measure_longest_wait() as longest:
            status, _, _ = await post(
                session, bridge, "/v1/chat/completions", body, **{"Content-Encoding": "gzip"}
            )
        assert status == 400
        shares += longest
    # Parsing it, which cannot be divided, takes a third; in one piece it would be over a half.
    assert min(shares) < 0.47


@pytest.mark.parametrize("chunked", [True, False])
async def test_what_is_not_read_of_a_body_is_not_decompressed(
    start_bridge: StartBridge, session: aiohttp.ClientSession, chunked: bool
) -> None:
    bridge = await start_bridge(backend="offline", max_body_mb=1)
    packed = gzip.compress(b"y" * 200 * MB, 9)
    data: Any = stream_pieces(packed) if chunked else packed
    headers = JSON | {"Content-Encoding": "gzip"}
    used = time.process_time()
    async with session.post(
        f"{bridge.url}/v1/chat/completions", data=data, headers=headers
    ) as answer:
        assert (answer.status, answer.headers["Connection"]) == (413, "close")
        assert "max_body_mb" in await answer.text()
    # The next request finds that the connection is closed, and its client opens another.
    async with session.get(f"{bridge.url}/health") as health:
        assert health.status == 200
    assert time.process_time() - used < 0.2


async def stream_pieces(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), 10_000):
        yield data[start : start + 10_000]


async def test_a_body_of_many_values_is_too_large(
    small: Bridge, session: aiohttp.ClientSession
) -> None:
    body = b'{"model":"bridge-echo","messages":[{"role":"user","content":"a"}],"x":['
    body += b"{}," * 1_000_001 + b"{}]}"
    status, _, answer = await post(session, small, "/v1/chat/completions", body)
    assert (status, answer["error"]["code"]) == (413, "request_too_large")
    assert "1,000,000 values" in answer["error"]["message"]


async def test_a_body_that_stops_arriving_is_given_up(start_bridge: StartBridge) -> None:
    bridge = await start_bridge(backend="offline", body_seconds=0.2)
    host = urlsplit(bridge.url).netloc
    reader, writer = await asyncio.open_connection(*host.split(":"))
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n"
    writer.write(f"{head}Content-Type: application/json\r\nContent-Length: 9\r\n\r\n{{".encode())
    async with asyncio.timeout(30):
        answer = await reader.readuntil(b"}}")
    assert b" 408 " in answer
    assert b"body_seconds" in answer
    assert bridge.bodies.used == 0
    writer.close()


async def test_a_client_that_leaves_gives_its_memory_back(small: Bridge) -> None:
    async with send_halves(small, 1, MB):
        assert small.bodies.used >= MB
    assert small.bodies.used == 0


async def test_messages_on_sockets_share_the_memory(
    small: Bridge, session: aiohttp.ClientSession
) -> None:
    message = {"type": "response.create", "model": "bridge-echo", "input": "x" * 2 * MB}
    async with (
        send_halves(small, 5, 3 * MB),
        session.ws_connect(f"{small.url}/v1/responses", compress=15) as socket,
    ):
        # A compressed message could be a thousand times as long as what arrives.
        assert not socket.compress
        await socket.send_json(message)
        event = json.loads((await socket.receive(timeout=30)).data)
        assert (event["type"], event["status"]) == ("error", 503)
        assert event["error"]["code"] == "too_many_bodies"
        assert (await socket.receive(timeout=30)).data == aiohttp.WSCloseCode.TRY_AGAIN_LATER


async def test_messages_that_wait_on_a_socket_count(
    small: Bridge, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each answer takes longer than the next message.
    monkeypatch.setattr("bridge.backends.echo.PAUSE_SECONDS", 0.2)
    message = {"type": "response.create", "model": "bridge-echo", "input": "x" * MB}
    async with session.ws_connect(f"{small.url}/v1/responses") as socket:
        with pytest.raises(ConnectionError):
            for _ in range(30):
                await socket.send_json(message)
                assert small.bodies.used <= 16 * MB
    await wait_for_use(small, 0, 0)


async def test_a_client_that_leaves_while_its_answer_is_cancelled_gives_its_memory_back(
    small: Bridge, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never_end(*_: object) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            # Until it is cancelled once more.
            await asyncio.Event().wait()

    monkeypatch.setattr("bridge.server.api.responses.socket._answer_messages", never_end)
    async with session.ws_connect(f"{small.url}/v1/responses") as socket:
        await socket.send_str("x" * MB)
        await wait_for_use(small, MB, 2 * MB)
    await wait_for_use(small, 0, 0)


async def test_a_background_response_keeps_the_memory_of_its_body(
    small: Bridge, session: aiohttp.ClientSession
) -> None:
    text = "wait 1" + "x" * 100_000
    body = {"model": "bridge-echo", "input": text, "background": True, "store": True}
    async with session.post(f"{small.url}/v1/responses", json=body) as answer:
        assert answer.status == 200
        assert small.bodies.used > 100_000 or not small.background
    await wait_for_use(small, 0, 0)
