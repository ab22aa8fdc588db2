"""`GET /`, `/setup`, `/open`, `/docs` and `/inspect`: the pages for browsers."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from bridge import __version__
from bridge.server.api.assets import read_file
from bridge.server.http.endpoint import Answer, Endpoint
from bridge.server.state import BRIDGE
from bridge.wire.control import Root

# The pages have access to the controls. No other site may frame them, and they may run only scripts
# of this server.
_POLICY = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


async def get_root(request: web.Request) -> web.Response:
    """Return the dashboard to a browser, and links as JSON to other clients."""
    if "text/html" in request.headers.get("Accept", ""):
        return await _load_page("index.html")
    url = request.app[BRIDGE].url
    links = Root(
        name="claude-openai-bridge",
        version=__version__,
        base_url=f"{url}/v1",
        health=f"{url}/health",
        openapi=f"{url}/openapi.json",
        docs=f"{url}/docs",
    )
    return web.json_response(links.model_dump())


async def get_setup_page(_request: web.Request) -> web.Response:
    """Return the page to sign in to Claude Code or to save a key."""
    return await _load_page("setup.html")


async def get_open_page(_request: web.Request) -> web.Response:
    """Return the page that redeems a ticket and goes on to the page that the ticket is for."""
    return await _load_page("open.html")


async def get_docs_page(_request: web.Request) -> web.Response:
    """Return the page that shows the OpenAPI document."""
    return await _load_page("docs.html")


async def get_inspect_page(_request: web.Request) -> web.Response:
    """Return the page of the recorded requests."""
    return await _load_page("inspect.html")


async def _load_page(name: str) -> web.Response:
    headers = {
        "Content-Security-Policy": _POLICY,
        # The address may still have a ticket in it.
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
        "/open",
        get_open_page,
        "Pages",
        "Sign this browser in with a ticket",
        Answer("A page.", text=_HTML),
        access="open",
        linkable=True,
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
    Endpoint(
        "GET",
        "/inspect",
        get_inspect_page,
        "Pages",
        "The recorded requests",
        Answer("A page.", text=_HTML),
        access="open",
    ),
)
