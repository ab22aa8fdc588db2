"""An upstream that is fast enough not to matter: it sends prepared answers of the fake API.

`python -m tests.benchmarks.wire.upstream`; the first line is its URL. The number of text deltas is
asked for in the first user message, as `deltas=20`. With `every=5` there are as many milliseconds
between two of them, and the text of each is the nanosecond at which it was written.
"""

from __future__ import annotations

import asyncio
import functools
import json
import re
import time
from collections.abc import AsyncIterator

from aiohttp import web

from tests.fake_anthropic.play import collect, counting_ids, events
from tests.fake_anthropic.script import Reply, Text

_ASKED = re.compile(rb"deltas=(\d+)(?: every=(\d+))?")
_WORD = re.compile(rb'"w\d+ "')
MODELS = {"data": [], "has_more": False, "first_id": None, "last_id": None}


@functools.cache
def render_answer(deltas: int) -> tuple[list[bytes], bytes]:
    """Return the events of a streamed answer, and the whole answer as JSON."""
    words = tuple(f"w{number} " for number in range(deltas))
    body = {"model": "claude-opus-5-5", "max_tokens": 100_000, "messages": []}
    answer = list(events(Reply((Text("".join(words), words),)), body, counting_ids()))
    lines = [f"event: {one['type']}\ndata: {json.dumps(one)}\n\n".encode() for one in answer]
    return lines, json.dumps(collect(answer)).encode()


async def write_at_once(lines: list[bytes]) -> AsyncIterator[bytes]:
    for line in lines:
        yield line


async def write_paced(lines: list[bytes], seconds: float) -> AsyncIterator[bytes]:
    for line in lines:
        if _WORD.search(line):
            await asyncio.sleep(seconds)
            line = _WORD.sub(b'"t%d "' % time.monotonic_ns(), line)
        yield line


async def messages(request: web.Request) -> web.StreamResponse:
    body = await request.read()
    found = _ASKED.search(body)
    lines, whole = render_answer(int(found[1]) if found else 20)
    if b'"stream":true' not in body and b'"stream": true' not in body:
        return web.Response(body=whole, content_type="application/json")
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    pieces = (
        write_paced(lines, int(found[2]) / 1000) if found and found[2] else write_at_once(lines)
    )
    async for line in pieces:
        # One by one, as Claude writes them.
        await response.write(line)
    await response.write_eof()
    return response


async def models(_request: web.Request) -> web.Response:
    return web.json_response(MODELS)


async def main() -> None:
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_post("/v1/messages", messages)
    app.router.add_get("/v1/models", models)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
