"""A bare reverse proxy that copies bytes: the least that a hop with aiohttp costs.

`python -m tests.benchmarks.wire.proxy UPSTREAM`; the first line is its URL.
"""

from __future__ import annotations

import asyncio
import sys

import aiohttp
from aiohttp import web

_DROPPED = {"host", "content-length", "transfer-encoding", "connection"}


async def main(upstream: str) -> None:
    async with aiohttp.ClientSession(
        auto_decompress=False, connector=aiohttp.TCPConnector(limit=0)
    ) as session:

        async def copy(request: web.Request) -> web.StreamResponse:
            headers = {k: v for k, v in request.headers.items() if k.lower() not in _DROPPED}
            async with session.request(
                request.method, upstream + request.path_qs, headers=headers, data=request.content
            ) as answer:
                kept = {k: v for k, v in answer.headers.items() if k.lower() not in _DROPPED}
                response = web.StreamResponse(status=answer.status, headers=kept)
                await response.prepare(request)
                async for piece in answer.content.iter_any():
                    await response.write(piece)
                await response.write_eof()
                return response

        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", copy)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
