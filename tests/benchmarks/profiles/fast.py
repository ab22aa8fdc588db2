"""Measures the time to the last word of a short text, with the profile `fast` and without it.

`python -m tests.benchmarks.profiles.fast`. Upstream is a fake behind TLS and a line with a round
trip of 40 ms, which closes a connection that was idle for a second. Between two requests there are
1.5 seconds, as there are minutes between two dictations. The fake thinks for 0.4 s unless thinking
is turned off, and writes 25 words, one every 10 ms, whatever the model: that Haiku writes faster
than other models is not in the result.
"""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import aiohttp
import trustme
from aiohttp import web

from bridge.compose import make_bridge
from bridge.server import keep_connected
from bridge.server.http.listen import listen
from bridge.server.serve import serve
from bridge.settings import find_paths, load_settings

RUNS = 9
ROUND_TRIP = 0.04
IDLE = 1.0
PAUSE = 1.5
THINKING = 40
WORDS = 25
PACE = 0.01
SETTINGS: dict[str, dict[str, Any]] = {
    "plain": {},
    "a rule with Haiku and no thinking": {
        "rules": [{"name": "Haiku", "use_model": "haiku", "effort": "none"}]
    },
    "profile fast": {"profile": "fast"},
}
CHAT = {
    "model": "gpt-4o-mini",
    "stream": True,
    "messages": [
        {"role": "system", "content": "Correct this dictation. Answer with the text only."},
        {"role": "user", "content": "so uhm i think we should uh meet on tuesday no wednesday"},
    ],
}


async def answer(request: web.Request) -> web.StreamResponse:
    """Think, unless it is turned off, and write the words."""
    body = await request.json()
    thinks = body.get("thinking", {}).get("type") != "disabled"
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": body["model"]}
    usage = {"input_tokens": 40, "output_tokens": 1}
    await write(response, {"type": "message_start", "message": {**message, "usage": usage}})
    if thinks:
        await write_block(response, 0, "thinking", ["so "] * THINKING)
    await write_block(response, int(thinks), "text", ["word "] * WORDS)
    end = {"stop_reason": "end_turn", "stop_sequence": None}
    await write(response, {"type": "message_delta", "delta": end, "usage": {"output_tokens": 30}})
    await write(response, {"type": "message_stop"})
    return response


async def write_block(
    response: web.StreamResponse, index: int, kind: str, words: list[str]
) -> None:
    block = {"type": kind, kind: ""} | ({"signature": ""} if kind == "thinking" else {})
    await write(response, {"type": "content_block_start", "index": index, "content_block": block})
    for word in words:
        await asyncio.sleep(PACE)
        delta = {"type": f"{kind}_delta", kind: word}
        await write(response, {"type": "content_block_delta", "index": index, "delta": delta})
    await write(response, {"type": "content_block_stop", "index": index})


async def write(response: web.StreamResponse, event: dict[str, Any]) -> None:
    await response.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())


@asynccontextmanager
async def serve_upstream(authority: trustme.CA) -> AsyncIterator[int]:
    """Serve the fake over TLS; yield its port."""
    app = web.Application()
    app.router.add_post("/v1/messages", answer)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(tls)
    runner = web.AppRunner(app, keepalive_timeout=IDLE)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


@asynccontextmanager
async def delay_line(port: int) -> AsyncIterator[int]:
    """Pass bytes on to a port, each half a round trip later; yield the port of the line."""

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # On this machine the handshake of TCP takes no time.
        await asyncio.sleep(ROUND_TRIP)
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        # Cancelled at the end of the run.
        with suppress(asyncio.CancelledError):
            await asyncio.gather(pass_on(reader, far_writer), pass_on(far_reader, writer))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    loop = asyncio.get_running_loop()
    while piece := await reader.read(65536):
        loop.call_later(ROUND_TRIP / 2, writer.write, piece)
    loop.call_later(ROUND_TRIP / 2, writer.close)


@asynccontextmanager
async def start_bridge(**chosen: Any) -> AsyncIterator[str]:
    """Start a bridge with these settings; yield its address."""
    settings = load_settings(port=0, backend="anthropic", **chosen)
    bridge = await asyncio.to_thread(make_bridge, settings, find_paths())
    task = asyncio.create_task(serve(bridge, listen(settings.host, settings.port)))
    await bridge.listening.wait()
    try:
        yield bridge.url
    finally:
        bridge.stop_requested.set()
        await task


async def measure(session: aiohttp.ClientSession, url: str) -> float:
    """Return the seconds until the answer has ended."""
    started = time.perf_counter()
    async with session.post(f"{url}/v1/chat/completions", json=CHAT) as response:
        assert (await response.read()).count(b"word") == WORDS
    return time.perf_counter() - started


async def main() -> None:
    """Print the medians in milliseconds."""
    keep_connected.SECONDS = IDLE / 2
    authority = trustme.CA()
    with authority.cert_pem.tempfile() as path, tempfile.TemporaryDirectory() as home:
        os.environ |= {"SSL_CERT_FILE": path, "CLAUDE_BRIDGE_HOME": home}
        os.environ["ANTHROPIC_API_KEY"] = "sk-ant-test"
        async with AsyncExitStack() as stack:
            port = await stack.enter_async_context(serve_upstream(authority))
            port = await stack.enter_async_context(delay_line(port))
            os.environ["ANTHROPIC_BASE_URL"] = f"https://localhost:{port}"
            session = await stack.enter_async_context(aiohttp.ClientSession())
            urls = {
                name: await stack.enter_async_context(start_bridge(**chosen))
                for name, chosen in SETTINGS.items()
            }
            times: dict[str, list[float]] = {name: [] for name in urls}
            for _ in range(RUNS):
                for name, url in urls.items():
                    await asyncio.sleep(PAUSE)
                    times[name].append(await measure(session, url))
    for name, seconds in times.items():
        print(f"{name}: last word after {statistics.median(seconds) * 1000:.0f} ms")


if __name__ == "__main__":
    asyncio.run(main())
