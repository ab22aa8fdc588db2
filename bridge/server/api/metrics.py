"""`GET /metrics`: the server's metrics, for Prometheus."""

from __future__ import annotations

from aiohttp import web
from prometheus_client import generate_latest

from bridge.server.http.endpoint import Answer, Endpoint
from bridge.server.state import BRIDGE


async def get_metrics(request: web.Request) -> web.Response:
    """Return all metrics in Prometheus' text format."""
    bridge = request.app[BRIDGE]
    # Gauges are read only by a scrape, so they are set here instead of on every change. A plan's
    # window ends without any event.
    bridge.metrics.open_streams.set(bridge.open_streams)
    bridge.metrics.set_plans([plan.build_report() for plan in bridge.plan.list_known()])
    text = generate_latest(bridge.metrics.registry)
    return web.Response(body=text, headers={"Content-Type": "text/plain; version=0.0.4"})


ROUTES = (
    Endpoint(
        "GET",
        "/metrics",
        get_metrics,
        "Usage",
        "Metrics for Prometheus",
        Answer("Prometheus' text format.", text=("text/plain",)),
        access="key",
    ),
)
