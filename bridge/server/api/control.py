"""`/control/switches` and `/control/stop`: what changes while the server runs, and its end."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from bridge.errors import SettingsError, SettingsUnusable
from bridge.server.api.computer.status import get_switch, switch_computer
from bridge.server.http.endpoint import Answer, Endpoint
from bridge.server.http.request_body import read_body
from bridge.server.state import BRIDGE, Bridge
from bridge.wire.control import StopAccepted, SwitchesPatch, SwitchesState


async def update_switches(request: web.Request) -> web.Response:
    """Change the model, the backend or computer use, from the next request on.

    Fields that are absent stay as they are. Raises ModelNotFound for an unknown model, and
    InvalidRequest for an unknown sign-in.
    """
    bridge = request.app[BRIDGE]
    patch = await read_body(request, SwitchesPatch)
    # Before anything is changed: a request that is refused must change nothing.
    if patch.sign_in is not None:
        bridge.check_sign_in(patch.sign_in)
    if patch.model is not None:
        bridge.choose_model(patch.model)
    if patch.backend is not None:
        bridge.switches.backend = patch.backend
        bridge.selection.forget_subscription()
        # Warms up the new backend in the background; the caller does not wait for it.
        bridge.start_warm_up()
    if patch.sign_in is not None:
        bridge.choose_sign_in(patch.sign_in)
        bridge.start_warm_up()
    if patch.use_for_everything is not None:
        bridge.switches.use_for_everything = patch.use_for_everything
    if patch.paused is not None:
        bridge.switches.paused = patch.paused
    if patch.computer is not None:
        switch_computer(bridge, patch.computer)
    state = SwitchesState(**bridge.switches.model_dump(), computer=get_switch(bridge))
    return web.json_response(state.model_dump())


async def stop_server(request: web.Request) -> web.Response:
    """Refuse new requests, let the active ones finish, and end the process."""
    bridge = request.app[BRIDGE]
    bridge.request_stop()
    return _describe_stop(bridge)


async def restart_server(request: web.Request) -> web.Response:
    """Stop as `/control/stop` does; the process then starts again, with the current settings.

    Raises SettingsUnusable, and goes on, if it could not start with them.
    """
    bridge = request.app[BRIDGE]
    try:
        await asyncio.to_thread(bridge.check_settings)
    except SettingsError as error:
        raise SettingsUnusable(f"Not restarted: {error}") from error
    bridge.request_restart()
    return _describe_stop(bridge)


def _describe_stop(bridge: Bridge) -> web.Response:
    # This response is still sent: the server waits for its active requests before it stops.
    accepted = StopAccepted(
        open_streams=bridge.open_streams, drain_seconds=bridge.settings.drain_seconds
    )
    return web.json_response(accepted.model_dump(), status=202)


_PATCH_EXAMPLE: dict[str, Any] = {"model": "claude-haiku-5-5"}
_SWITCHES_EXAMPLE: dict[str, Any] = {
    "model": "claude-haiku-5-5",
    "backend": "auto",
    "sign_in": "default",
    "computer": {"mode": "off", "until": None},
    "use_for_everything": False,
    "paused": False,
}
_STOP_EXAMPLE: dict[str, Any] = {"stopping": True, "open_streams": 0, "drain_seconds": 5.0}

ROUTES = (
    Endpoint(
        "POST",
        "/control/switches",
        update_switches,
        "Control",
        "Change the model, the backend or computer use; pause and resume",
        Answer("All switches.", SwitchesState, _SWITCHES_EXAMPLE),
        access="token",
        body=SwitchesPatch,
        example=_PATCH_EXAMPLE,
        failures=(404,),
    ),
    Endpoint(
        "POST",
        "/control/stop",
        stop_server,
        "Control",
        "Finish the active requests and stop the server",
        Answer("The server will stop.", StopAccepted, _STOP_EXAMPLE, status=202),
        access="token",
    ),
    Endpoint(
        "POST",
        "/control/restart",
        restart_server,
        "Control",
        "Finish the active requests and start the server again, with changed settings",
        Answer("The server will restart.", StopAccepted, _STOP_EXAMPLE, status=202),
        access="token",
        failures=(409,),
    ),
)
