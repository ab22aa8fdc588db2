"""`/control/stored` and `/control/forget`: what is stored, and deleting it."""

from __future__ import annotations

import sqlite3
from typing import Any

from aiohttp import web

from bridge.errors import StorageUnavailable
from bridge.server.answers.forget import ContentStores
from bridge.server.http.endpoint import Answer, Endpoint
from bridge.server.http.request_body import read_body
from bridge.server.state import BRIDGE, Bridge
from bridge.wire.control import DeletionReport, DeletionRequest, StoredContent


async def get_stored(request: web.Request) -> web.Response:
    """Return what is in memory and on disk. Raises StorageUnavailable."""
    try:
        content = await _list_stores(request.app[BRIDGE]).describe()
    except (sqlite3.Error, OSError) as error:
        raise StorageUnavailable(f"Stored content cannot be read: {error}.") from error
    return web.json_response(content.model_dump())


async def delete_stored(request: web.Request) -> web.Response:
    """Delete stored content, and report how much, and what could not be deleted."""
    bridge = request.app[BRIDGE]
    deletion = await read_body(request, DeletionRequest)
    if deletion.id is None:
        # Open WebSockets have responses of their own, and forget all of them.
        bridge.deletions += 1
        bridge.recorder.clear()
        await bridge.selection.forget_conversations()
    report = await _list_stores(bridge).delete(deletion)
    return web.json_response(report.model_dump())


def _list_stores(bridge: Bridge) -> ContentStores:
    return ContentStores(bridge.paths, bridge.responses, bridge.thinking, bridge.ledger)


_STORED_EXAMPLE: dict[str, Any] = {
    "responses_in_memory": 12,
    "responses_on_disk": 3,
    "thinking_in_memory": 2,
    "thinking_on_disk": 0,
    "actions_bytes": 20480,
    "damaged_files": [],
    "folder": "/home/ada/.local/share/claude-bridge",
}
_DELETION_EXAMPLE: dict[str, Any] = {"older_than_days": 7}
_REPORT_EXAMPLE: dict[str, Any] = {
    "responses": 2,
    "thinking": 0,
    "actions": 14,
    "damaged_files": 0,
    "usage": 0,
    "log": False,
    "failures": [],
}

ROUTES = (
    Endpoint(
        "GET",
        "/control/stored",
        get_stored,
        "Control",
        "Get how much content is stored, in memory and on disk",
        Answer("Counts, never the content.", StoredContent, _STORED_EXAMPLE),
        access="token",
        failures=(503,),
    ),
    Endpoint(
        "POST",
        "/control/forget",
        delete_stored,
        "Control",
        "Delete stored content: all, what is older than some days, or one response",
        Answer("What was deleted.", DeletionReport, _REPORT_EXAMPLE),
        access="token",
        body=DeletionRequest,
        example=_DELETION_EXAMPLE,
    ),
)
