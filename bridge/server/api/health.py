"""`GET /health`: that the server runs, whether Claude can be asked, and if not, what to do."""

from __future__ import annotations

import os

from aiohttp import web

from bridge import __version__
from bridge.server.api.computer import computer_health
from bridge.server.state import BRIDGE, Bridge
from bridge.wire.control import Health


async def health(request: web.Request) -> web.Response:
    """Always 200 while the server runs."""
    report = await _report(request.app[BRIDGE])
    return web.json_response(report.model_dump())


async def _report(bridge: Bridge) -> Health:
    backend = await bridge.choice.status()
    ready = backend.active is not None
    return Health(
        status="stopping" if bridge.stopping else "ready" if ready else "needs_setup",
        ready=ready,
        version=__version__,
        versions=bridge.versions,
        pid=os.getpid(),
        started_at=bridge.started_at,
        url=bridge.url,
        model=bridge.active_model,
        backend=backend,
        use_for_everything=bridge.switches.use_for_everything,
        paused=bridge.switches.paused,
        open_streams=bridge.open_streams,
        roads=list(bridge.choice.roads(backend.active)),
        computer=computer_health(bridge),
    )
