"""The aiohttp application, made from the endpoint table."""

from __future__ import annotations

from aiohttp import web

from bridge.server.api.routes import ENDPOINTS
from bridge.server.http.endpoint import TABLE
from bridge.server.http.middleware import rim
from bridge.server.state import BRIDGE, Bridge


def make_app(bridge: Bridge) -> web.Application:
    """The application around one Bridge."""
    app = web.Application(
        middlewares=[rim], client_max_size=bridge.settings.max_body_mb * 1024 * 1024
    )
    app[BRIDGE] = bridge
    app[TABLE] = ENDPOINTS
    for endpoint in ENDPOINTS:
        app.router.add_route(endpoint.method, endpoint.path, endpoint.handler)
    return app
