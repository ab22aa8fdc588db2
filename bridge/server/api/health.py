"""`GET /health`: the state of the server and of its connection to Claude, with a hint."""

from __future__ import annotations

import os
from dataclasses import asdict, replace
from typing import Any

from aiohttp import web

from bridge import __version__
from bridge.server.api.computer.status import get_computer_health
from bridge.server.http.endpoint import Answer, Endpoint
from bridge.server.state import BRIDGE, Bridge
from bridge.wire.health import Health, RecorderHealth


async def get_health(request: web.Request) -> web.Response:
    """Report the state of the server and of the connection to Claude; always 200."""
    report = await _build_report(request.app[BRIDGE])
    # The status is 200 even without a connection to Claude: the tray and service managers check
    # whether the server runs, and read the rest from the body.
    return web.json_response(asdict(report))


async def _build_report(bridge: Bridge) -> Health:
    backend = await bridge.selection.get_status()
    routes = list(bridge.selection.list_routes(backend.active))
    lock = await bridge.keys.find_lock()
    if lock is not None:
        reason = f"the bridge's access key cannot be read: {lock.problem}"
        backend = replace(backend, active=None, reason=reason, hint=lock.hint)
    ready = backend.active is not None
    return Health(
        status="stopping" if bridge.stopping else "ready" if ready else "needs_setup",
        ready=ready,
        version=__version__,
        versions=bridge.versions,
        pid=os.getpid(),
        started_at=bridge.started_at,
        url=bridge.url,
        locked=lock is not None,
        model=bridge.active_model,
        backend=backend,
        sign_in=bridge.switches.sign_in,
        sign_ins=list(bridge.settings.sign_in_names),
        use_for_everything=bridge.switches.use_for_everything,
        paused=bridge.switches.paused,
        open_streams=bridge.open_streams,
        routes=routes,
        computer=get_computer_health(bridge),
        recorder=RecorderHealth(
            bridge.recorder.is_on, bridge.recorder.until, bridge.recorder.count
        ),
        storage_problems=bridge.storage_problems,
    )


_ROUTE_EXAMPLE: dict[str, Any] = {
    "label": "Claude Code",
    "breaker": "closed",
    "free_in": 0,
    "problem": None,
    "credential": "accepted",
}
HEALTH_EXAMPLE: dict[str, Any] = {
    "status": "ready",
    "ready": True,
    "version": "0.1.0",
    "versions": {
        "python": "3.11.7",
        "aiohttp": "3.14.1",
        "anthropic": "2.12.0",
        "claude-agent-sdk": "0.2.187",
    },
    "pid": 4711,
    "started_at": 1795411200,
    "url": "http://127.0.0.1:8000",
    "locked": False,
    "model": "claude-sonnet-5-5",
    "backend": {
        "setting": "auto",
        "active": "claude-code",
        "reason": "signed in to Claude Code (oauth_token)",
        "hint": None,
        "cure": None,
    },
    "sign_in": "default",
    "sign_ins": ["default", "work"],
    "use_for_everything": False,
    "paused": False,
    "open_streams": 0,
    "routes": [_ROUTE_EXAMPLE],
    "roads": [_ROUTE_EXAMPLE],
    "computer": {"mode": "off", "until": None, "active": False, "paused": False, "waiting": 0},
    "recorder": {"on": False, "until": None, "exchanges": 0},
    "storage_problems": [],
}

ROUTES = (
    Endpoint(
        "GET",
        "/health",
        get_health,
        "Usage",
        "Server status and connection to Claude",
        Answer("Always, while the server runs.", Health, HEALTH_EXAMPLE),
        access="open",
    ),
)
