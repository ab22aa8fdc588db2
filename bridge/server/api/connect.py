"""`GET /connect`: how each known client is pointed at this bridge."""

from __future__ import annotations

from aiohttp import web

from bridge.server.http.guard import is_control_token
from bridge.server.state import BRIDGE
from bridge.wire.connect import Connections, connections


async def connect(request: web.Request) -> web.Response:
    """With this bridge's own address in every snippet, and its key for who bears the token."""
    bridge = request.app[BRIDGE]
    status = await bridge.choice.status()
    ready = status.active not in (None, "offline")
    base_url, key = f"{bridge.url}/v1", await _key(request)
    told = connections(base_url, "default" if ready else "bridge-echo", key or "any")
    body = Connections(base_url=base_url, key=key, clients=list(told))
    return web.json_response(body.model_dump())


async def _key(request: web.Request) -> str | None:
    keys = (await request.app[BRIDGE].keys.loaded()).bridge
    if not keys:
        return "any"
    personal = is_control_token(request, request.headers.get("Authorization", ""))
    return keys[0].secret if personal else None
