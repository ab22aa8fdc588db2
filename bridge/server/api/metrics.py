"""`GET /metrics`: what the server does, in numbers, for Prometheus."""

from __future__ import annotations

from aiohttp import web
from prometheus_client import generate_latest

from bridge.server.state import BRIDGE


async def metrics(request: web.Request) -> web.Response:
    """In Prometheus' text format."""
    bridge = request.app[BRIDGE]
    bridge.metrics.open_streams.set(bridge.open_streams)
    text = generate_latest(bridge.metrics.registry)
    return web.Response(body=text, headers={"Content-Type": "text/plain; version=0.0.4"})
