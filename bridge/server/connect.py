"""`GET /connect`: how each known client is pointed at this bridge."""

from __future__ import annotations

from aiohttp import web

from bridge.server.state import BRIDGE
from bridge.wire.connect import Connections, connections


async def connect(request: web.Request) -> web.Response:
    """With this bridge's own address in every snippet."""
    bridge = request.app[BRIDGE]
    status = await bridge.choice.status()
    ready = status.active not in (None, "offline")
    told = connections(f"{bridge.url}/v1", "default" if ready else "bridge-echo")
    return web.json_response(Connections(clients=list(told)).model_dump())
