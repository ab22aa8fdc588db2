"""`GET /`: a page for a person, a pointer for a program."""

from __future__ import annotations

import asyncio
from functools import cache
from importlib import resources

from aiohttp import web

from bridge import __version__
from bridge.server.state import BRIDGE

_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; "
    "script-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
    "Cache-Control": "no-cache",
}


async def root(request: web.Request) -> web.Response:
    """HTML where a browser asks for it, else JSON."""
    if "text/html" in request.headers.get("Accept", ""):
        return web.Response(
            text=await asyncio.to_thread(_page), content_type="text/html", headers=_HEADERS
        )
    url = request.app[BRIDGE].url
    return web.json_response(
        {
            "name": "claude-openai-bridge",
            "version": __version__,
            "base_url": f"{url}/v1",
            "health": f"{url}/health",
        }
    )


@cache
def _page() -> str:
    return resources.files("bridge.web").joinpath("index.html").read_text("utf-8")
