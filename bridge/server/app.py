"""Make the aiohttp application from the endpoint table."""

from __future__ import annotations

from aiohttp import web

from bridge.server.api.routes import ENDPOINTS
from bridge.server.http.endpoint import ENDPOINTS_BY_ROUTE
from bridge.server.http.middleware import complete_headers, handle_errors
from bridge.server.state import BRIDGE, Bridge


def make_app(bridge: Bridge) -> web.Application:
    """Make the application around one Bridge."""
    app = web.Application(
        middlewares=[handle_errors], client_max_size=bridge.settings.max_body_mb * 1024 * 1024
    )
    app[BRIDGE] = bridge
    # Not in the middleware: a stream's headers are sent before its handler returns.
    app.on_response_prepare.append(complete_headers)
    # The middleware finds the row of a request by its route, so every route must have one.
    app[ENDPOINTS_BY_ROUTE] = {
        app.router.add_route(endpoint.method, endpoint.path, endpoint.handler): endpoint
        for endpoint in ENDPOINTS
    }
    return app
