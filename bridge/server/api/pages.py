"""`GET /`, `GET /setup` and `GET /docs`: pages for a person, a pointer for a program."""

from __future__ import annotations

import asyncio

from aiohttp import web

from bridge import __version__
from bridge.server.api.assets import read
from bridge.server.state import BRIDGE
from bridge.wire.control import Root

_SAFE = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_DOCS = f"{_SAFE}; style-src 'self' 'unsafe-inline'; img-src 'self' data:"
"""Swagger UI writes styles and pictures into its elements; no script that is not ours runs."""


async def root(request: web.Request) -> web.Response:
    """The dashboard where a browser asks for it, else JSON."""
    if "text/html" in request.headers.get("Accept", ""):
        return await _page("index.html", _SAFE)
    url = request.app[BRIDGE].url
    pointer = Root(
        name="claude-openai-bridge",
        version=__version__,
        base_url=f"{url}/v1",
        health=f"{url}/health",
        openapi=f"{url}/openapi.json",
        docs=f"{url}/docs",
    )
    return web.json_response(pointer.model_dump())


async def setup(_request: web.Request) -> web.Response:
    """Where a person signs in to Claude Code, or keeps a key."""
    return await _page("setup.html", _SAFE)


async def docs(_request: web.Request) -> web.Response:
    """The OpenAPI document, to read and to try."""
    return await _page("docs.html", _DOCS)


async def _page(name: str, policy: str) -> web.Response:
    headers = {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-cache",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    text = (await asyncio.to_thread(read, name)).decode()
    return web.Response(text=text, content_type="text/html", headers=headers)
