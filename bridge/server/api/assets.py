"""`GET /assets/{name}`: what the pages are made of, out of the package; nothing from elsewhere."""

from __future__ import annotations

import asyncio
from functools import cache
from importlib import resources

from aiohttp import web

from bridge.errors import NotFound

PAGES = {
    "dashboard.css": "text/css",
    "computer.js": "text/javascript",
    "dashboard.js": "text/javascript",
    "plot.js": "text/javascript",
    "setup.js": "text/javascript",
    "token.js": "text/javascript",
    "docs.css": "text/css",
    "docs.js": "text/javascript",
    "icon.svg": "image/svg+xml",
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
}
"""Every file there is, and its media type: no name of a client's ever reaches the disk."""

_VENDORED = {name: f"swagger-ui/{name}" for name in ("swagger-ui-bundle.js", "swagger-ui.css")}


async def asset(request: web.Request) -> web.Response:
    """One of the files. Raises NotFound."""
    name = request.match_info["name"]
    if name not in PAGES:
        raise NotFound(f"There is no asset {name[:100]}.")
    data = await asyncio.to_thread(read, _VENDORED.get(name, name))
    headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
    return web.Response(body=data, content_type=PAGES[name], charset="utf-8", headers=headers)


@cache
def read(name: str) -> bytes:
    """A file of `bridge/web`."""
    return resources.files("bridge.web").joinpath(name).read_bytes()
