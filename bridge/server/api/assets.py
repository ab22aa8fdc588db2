"""`GET /assets/{name}`: the scripts, styles and pictures of the pages, all from the package."""

from __future__ import annotations

import asyncio
from functools import cache
from importlib import resources

from aiohttp import web

from bridge.errors import NotFound
from bridge.server.http.endpoint import Answer, Endpoint

MEDIA_TYPES = {
    "accounts.js": "text/javascript",
    "aliases.js": "text/javascript",
    "approvals.js": "text/javascript",
    "budgets.js": "text/javascript",
    "connect.js": "text/javascript",
    "controls.css": "text/css",
    "controls.js": "text/javascript",
    "dashboard.css": "text/css",
    "computer.js": "text/javascript",
    "dashboard.js": "text/javascript",
    "failure.js": "text/javascript",
    "events.js": "text/javascript",
    "inspect.css": "text/css",
    "inspect.js": "text/javascript",
    "inspect_again.js": "text/javascript",
    "inspect_copy.js": "text/javascript",
    "inspect_detail.js": "text/javascript",
    "inspect_events.js": "text/javascript",
    "inspect_parts.js": "text/javascript",
    "key_result.js": "text/javascript",
    "log.js": "text/javascript",
    "open.js": "text/javascript",
    "plan.js": "text/javascript",
    "stored.js": "text/javascript",
    "plot.js": "text/javascript",
    "rules.js": "text/javascript",
    "setup.js": "text/javascript",
    "text.js": "text/javascript",
    "token.js": "text/javascript",
    "try.js": "text/javascript",
    "unlock.js": "text/javascript",
    "docs.css": "text/css",
    "docs.js": "text/javascript",
    "icon.svg": "image/svg+xml",
    "icon-alert.svg": "image/svg+xml",
}
"""All files and their media types; a name that is not here never reaches the disk."""


async def get_asset(request: web.Request) -> web.Response:
    """Return one of the files. Raises NotFound."""
    name = request.match_info["name"]
    if name not in MEDIA_TYPES:
        raise NotFound(f"Unknown asset {name[:100]}.")
    data = await asyncio.to_thread(read_file, name)
    # The files change with each version of the bridge, so browsers must not reuse old ones.
    headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
    return web.Response(body=data, content_type=MEDIA_TYPES[name], charset="utf-8", headers=headers)


@cache
def read_file(name: str) -> bytes:
    """Read a file of `bridge/web`; each is read once."""
    return resources.files("bridge.web").joinpath(name).read_bytes()


ROUTES = (
    Endpoint(
        "GET",
        "/assets/{name}",
        get_asset,
        "Pages",
        "A file that the pages use",
        Answer("The file.", text=tuple(sorted(set(MEDIA_TYPES.values())))),
        access="open",
        failures=(404,),
    ),
)
