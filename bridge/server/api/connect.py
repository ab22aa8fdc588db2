"""`GET /connect`: how to set up each known client."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Any

from aiohttp import web

from bridge.connect.snippets import list_connections
from bridge.errors import KeyringUnavailable
from bridge.server.http.endpoint import Answer, Endpoint
from bridge.server.http.guard import has_control
from bridge.server.state import BRIDGE
from bridge.wire.connect import Connections


async def get_connections(request: web.Request) -> web.Response:
    """Return a config snippet for each client, with this bridge's address in it.

    Callers with control also get the access key in the snippets.
    """
    bridge = request.app[BRIDGE]
    status = await bridge.selection.get_status()
    # Without a connection to Claude only the echo answers, so the snippets name its model.
    ready = status.active not in (None, "offline")
    base_url, key = f"{bridge.url}/v1", await _get_visible_key(request)
    model = "default" if ready else "bridge-echo"
    # In a thread, because it loads the libraries of the formats.
    clients = await asyncio.to_thread(list_connections, base_url, model, _get_shown_key(key))
    body = Connections(base_url=base_url, key=key, clients=list(clients))
    return web.json_response(asdict(body))


def _get_shown_key(key: str | None) -> str | None:
    """Return the access key for the snippets; None if none is needed."""
    return None if key == "any" else key or "your-access-key"


async def _get_visible_key(request: web.Request) -> str | None:
    """Return the access key; "any" if there is none.

    None if the caller may not see it, or if it cannot be read.
    """
    try:
        keys = await request.app[BRIDGE].keys.get_access_keys()
    except KeyringUnavailable:
        return None
    if not keys:
        return "any"
    # The endpoint itself is open, so that a new user can set up a client before anything else.
    return keys[0].secret if has_control(request) else None


CONNECTIONS_EXAMPLE: dict[str, Any] = {
    "base_url": "http://127.0.0.1:8000/v1",
    "key": "any",
    "clients": [
        {
            "client": "Cline",
            "steps": "Settings, API Provider: OpenAI Compatible.",
            "name": "cline",
            "snippet": "Base URL  http://127.0.0.1:8000/v1\n"
            "API key   claude-bridge-cline\nModel ID  default",
            "language": "text",
            "note": "API key: any word, unless the bridge has an access key.",
            "mind": "API key: any word, unless the bridge has an access key.",
            "writable": False,
            "source": "not checked: no copy of it was at hand",
        }
    ],
}

ROUTES = (
    Endpoint(
        "GET",
        "/connect",
        get_connections,
        "Usage",
        "How to connect each known client",
        Answer("One entry for each client.", Connections, CONNECTIONS_EXAMPLE),
        access="open",
    ),
)
