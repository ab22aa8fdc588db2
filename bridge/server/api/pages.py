"""`GET /`, `GET /setup` and `GET /docs`: pages for a person, a pointer for a program."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from bridge import __version__
from bridge.server.api.assets import read_file
from bridge.server.http.endpoint import Answer, Endpoint
from bridge.server.state import BRIDGE
from bridge.wire.control import Root

_SAFE = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_DOCS = f"{_SAFE}; style-src 'self' 'unsafe-inline'; img-src 'self' data:"
"""Swagger UI writes styles and pictures into its elements; no script that is not ours runs."""


async def get_root(request: web.Request) -> web.Response:
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


async def get_setup_page(_request: web.Request) -> web.Response:
    """Where a person signs in to Claude Code, or keeps a key."""
    return await _page("setup.html", _SAFE)


async def get_docs_page(_request: web.Request) -> web.Response:
    """The OpenAPI document, to read and to try."""
    return await _page("docs.html", _DOCS)


async def _page(name: str, policy: str) -> web.Response:
    headers = {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-cache",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    text = (await asyncio.to_thread(read_file, name)).decode()
    return web.Response(text=text, content_type="text/html", headers=headers)


_ROOT_EXAMPLE: dict[str, Any] = {
    "name": "claude-openai-bridge",
    "version": "0.1.0",
    "base_url": "http://127.0.0.1:8000/v1",
    "health": "http://127.0.0.1:8000/health",
    "openapi": "http://127.0.0.1:8000/openapi.json",
    "docs": "http://127.0.0.1:8000/docs",
}

_HTML = ("text/html",)

ROUTES = (
    Endpoint(
        "GET",
        "/",
        get_root,
        "Pages",
        "The dashboard in a browser, links to the API for programs",
        Answer("Depends on `Accept`.", Root, _ROOT_EXAMPLE, text=_HTML),
        access="open",
    ),
    Endpoint(
        "GET",
        "/setup",
        get_setup_page,
        "Pages",
        "Sign in, or save an API key",
        Answer("A page.", text=_HTML),
        access="open",
    ),
    Endpoint(
        "GET",
        "/docs",
        get_docs_page,
        "Pages",
        "The API documentation",
        Answer("A page.", text=_HTML),
        access="open",
    ),
)
