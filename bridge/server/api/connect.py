"""`GET /connect` and `/control/connections`: how to set up each known client, and doing it."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Any

from aiohttp import web

from bridge.connect.installed import read_system
from bridge.connect.programs.row import Row
from bridge.connect.programs.table import find_row
from bridge.connect.refusal import CannotConnect
from bridge.connect.service import Address, Connector
from bridge.connect.snippets import list_connections
from bridge.errors import (
    ConfigNotChanged,
    KeyringUnavailable,
    NotFound,
    SettingsError,
    StorageUnavailable,
)
from bridge.server.http.endpoint import Answer, Endpoint
from bridge.server.http.guard import has_control
from bridge.server.http.request_body import read_body
from bridge.server.state import BRIDGE, Bridge
from bridge.wire.connect import Connections, Program, Programs
from bridge.wire.control import ConnectionChange, ProofChange


async def get_connections(request: web.Request) -> web.Response:
    """Return a config snippet for each client, with this bridge's address in it.

    Callers with control also get the access key in the snippets.
    """
    bridge = request.app[BRIDGE]
    base_url, key = f"{bridge.url}/v1", await _get_visible_key(request)
    model = await _choose_model(bridge)
    # In a thread, because it loads the libraries of the formats.
    # What is installed and used here is for the user alone.
    proofs = bridge.sightings.all if has_control(request) else {}
    clients = await asyncio.to_thread(
        list_connections, base_url, model, _get_shown_key(key), proofs
    )
    body = Connections(base_url=base_url, key=key, clients=list(clients), model=model)
    return web.json_response(asdict(body))


async def _choose_model(bridge: Bridge) -> str:
    """Return the model that clients should send.

    Without a connection to Claude only the echo answers, so that is its model.
    """
    status = await bridge.selection.get_status()
    return "bridge-echo" if status.active in (None, "offline") else "default"


async def list_programs(request: web.Request) -> web.Response:
    """Return which programs are installed, which are connected, and their last requests."""
    bridge = request.app[BRIDGE]
    connector = _make_connector(bridge)
    programs = await asyncio.to_thread(connector.describe_all, bridge.sightings.all)
    return web.json_response(asdict(Programs(programs=programs)))


async def change_connection(request: web.Request) -> web.Response:
    """Write a program's files, or give them back as they were.

    Raises NotFound for an unknown program, ConfigNotChanged for a file that is left as it is, and
    StorageUnavailable.
    """
    bridge = request.app[BRIDGE]
    change = await read_body(request, ConnectionChange)
    row = _find_program(change.program)
    connector = _make_connector(bridge)
    try:
        if change.undo:
            results = await asyncio.to_thread(connector.undo, row)
            # A program for folders may still be connected in another one.
            if await asyncio.to_thread(connector.read_record, row) is None:
                bridge.sightings.forget(row.name)
        else:
            address = await _find_address(request, change.model)
            results = await asyncio.to_thread(connector.write, row, address)
    except CannotConnect as error:
        raise ConfigNotChanged(str(error)) from error
    except SettingsError as error:
        raise StorageUnavailable(f"{row.title} is not changed: {error}.") from error
    proof = bridge.sightings.get(row.name)
    program = await asyncio.to_thread(connector.describe, row, proof, tuple(results))
    return web.json_response(asdict(program))


async def change_proof(request: web.Request) -> web.Response:
    """Note the version of a program that has asked, or forget its proof. Raises NotFound."""
    bridge = request.app[BRIDGE]
    change = await read_body(request, ProofChange)
    row = _find_program(change.program)
    if change.version is None:
        bridge.sightings.forget(row.name)
    else:
        bridge.sightings.note_version(row.name, change.version)
    proof = bridge.sightings.get(row.name)
    program = await asyncio.to_thread(_make_connector(bridge).describe, row, proof)
    return web.json_response(asdict(program))


def _find_program(name: str) -> Row:
    row = find_row(name)
    if row is None:
        raise NotFound(f"There is no program “{name[:60]}”.", param="program")
    return row


def _make_connector(bridge: Bridge) -> Connector:
    return Connector(bridge.paths, read_system())


async def _find_address(request: web.Request, model: str | None) -> Address:
    """Return how programs reach this bridge. Raises KeyringUnavailable."""
    bridge = request.app[BRIDGE]
    keys = await bridge.keys.get_access_keys()
    model = model or await _choose_model(bridge)
    return Address(f"{bridge.url}/v1", model, keys[0].secret if keys else None)


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
    "model": "default",
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
            "sends": "`/v1/chat/completions`, streamed.",
            "proved": "",
            "source": "not checked: no copy of it was at hand",
            "proof": None,
        }
    ],
}

_SIGHTING_EXAMPLE: dict[str, Any] = {
    "at": 1796000000.0,
    "asked": "default",
    "answered": "claude-sonnet-5-5",
    "stream": True,
    "tools": 12,
    "tool_calls": True,
    "outcome": "stop",
    "failed": False,
    "requests": 3,
    "version": "0.171.0",
}
_PROGRAM_EXAMPLE: dict[str, Any] = {
    "name": "codex",
    "title": "Codex CLI",
    "installed": "/usr/local/bin/codex",
    "files": ["/home/me/.codex/config.toml"],
    "written": True,
    "proof": _SIGHTING_EXAMPLE,
    "start": "Start: codex",
    "results": ["Changed /home/me/.codex/config.toml: model, model_provider."],
    "problem": None,
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
    Endpoint(
        "GET",
        "/control/connections",
        list_programs,
        "Control",
        "List the programs that can be connected, and what is proved",
        Answer("All programs.", Programs, {"programs": [{**_PROGRAM_EXAMPLE, "results": []}]}),
        access="token",
    ),
    Endpoint(
        "POST",
        "/control/connections",
        change_connection,
        "Control",
        "Write a program's settings, or undo it",
        Answer("The program, after the change.", Program, {**_PROGRAM_EXAMPLE, "proof": None}),
        access="token",
        body=ConnectionChange,
        example={"program": "codex"},
        failures=(404, 409, 503),
    ),
    Endpoint(
        "POST",
        "/control/connections/proof",
        change_proof,
        "Control",
        "Note the version of a program that has asked, or forget its proof",
        Answer("The program, after the change.", Program, {**_PROGRAM_EXAMPLE, "results": []}),
        access="token",
        body=ProofChange,
        example={"program": "codex", "version": "0.171.0"},
        failures=(404,),
    ),
)
