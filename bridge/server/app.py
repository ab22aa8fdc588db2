"""Make the aiohttp application from the endpoint table."""

from __future__ import annotations

from aiohttp import web

from bridge.server.api.routes import ENDPOINTS
from bridge.server.http.endpoint import ENDPOINTS_BY_ROUTE, Endpoint
from bridge.server.http.middleware import complete_headers, handle_errors
from bridge.server.state import BRIDGE, Bridge

SOCKET_PATH = "/v1/responses"
"""The path whose GET opens a WebSocket."""


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
        app.router.add_route(method, endpoint.pattern, endpoint.handler): endpoint
        for endpoint in ENDPOINTS
        for method in _list_methods(endpoint)
    }
    return app


def _list_methods(endpoint: Endpoint) -> tuple[str, ...]:
    """Return the methods of a route: clients that test a server send HEAD where GET is."""
    is_page = endpoint.method == "GET" and endpoint.path != SOCKET_PATH
    return (endpoint.method, "HEAD") if is_page else (endpoint.method,)
