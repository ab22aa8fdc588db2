"""`/control/…`: what the tray, the dashboard and the commands change while the server runs."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from bridge.backends.anthropic_api.key_check import check_key, has_own_upstream
from bridge.errors import InvalidRequest, SettingsError
from bridge.keys import NamedKey, check_secret
from bridge.server.api.computer.status import get_switch, switch_computer
from bridge.server.http.endpoint import Answer, Endpoint
from bridge.server.http.request_body import read_body
from bridge.server.state import BRIDGE, Bridge
from bridge.wire.control import (
    KeysReloaded,
    NewKey,
    SavedKey,
    SignInStatus,
    SignInStep,
    StopAccepted,
    SwitchesPatch,
    SwitchesState,
)


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


async def save_key(request: web.Request) -> web.Response:
    """Check a key, save it and use it from now on.

    Raises InvalidRequest for text that is not a key, and for a key that Anthropic rejects.
    """
    bridge = request.app[BRIDGE]
    new_key = await read_body(request, NewKey)
    try:
        secret = check_secret(new_key.secret, new_key.owner, own_upstream=has_own_upstream())
    except SettingsError as error:
        words = str(error).removesuffix(".")
        raise InvalidRequest(f"{words[0].upper()}{words[1:]}.", param="secret") from error
    check = await check_key(secret) if new_key.owner == "anthropic" else None
    if check is not None and check.state == "rejected":
        raise InvalidRequest(f"Not saved. {check.describe()}", param="secret")
    is_accepted = check is not None and check.state == "accepted"
    key = NamedKey(new_key.name, secret)
    keys, place = await bridge.keys.save_key(new_key.owner, key, is_accepted=is_accepted)
    if new_key.owner == "anthropic":
        bridge.selection.forget_subscription()
    await bridge.selection.reload()
    bridge.start_warm_up()
    saved = SavedKey(
        kept_in=place,
        anthropic=len(keys.anthropic),
        bridge=len(keys.bridge),
        check="accepted" if is_accepted else "unchecked",
        words=check.describe() if check is not None else "",
    )
    return web.json_response(saved.model_dump())


async def reload_keys(request: web.Request) -> web.Response:
    """Reload the keys, and return how many there are."""
    bridge = request.app[BRIDGE]
    try:
        keys = await bridge.keys.reload()
    finally:
        # Also if the keys cannot be read: the caller wants every route to be tried again.
        await bridge.selection.reload()
        # Lists the models again, which shows whether a changed key works.
        bridge.catalogue.expire()
        bridge.start_warm_up()
    reloaded = KeysReloaded(anthropic=len(keys.anthropic), bridge=len(keys.bridge))
    return web.json_response(reloaded.model_dump())


async def sign_in(request: web.Request) -> web.Response:
    """Begin Claude Code's sign-in, or continue it with the code that its web page has shown."""
    bridge = request.app[BRIDGE]
    step = await read_body(request, SignInStep)
    if step.code is None:
        bridge.check_sign_in(step.sign_in or bridge.switches.sign_in)
        status = await bridge.sign_in.begin(step.sign_in or bridge.switches.sign_in)
    else:
        status = await bridge.sign_in.submit_code(step.code)
    if status.state == "signed_in":
        # The backends have cached that there is no sign-in.
        await bridge.selection.reload()
        bridge.start_warm_up()
    return web.json_response(status.model_dump())


async def get_sign_in_status(request: web.Request) -> web.Response:
    """Return the state of the sign-in."""
    return web.json_response(request.app[BRIDGE].sign_in.get_status().model_dump())


async def stop_server(request: web.Request) -> web.Response:
    """Refuse new requests, let the active ones finish, and end the process."""
    bridge = request.app[BRIDGE]
    return _accept_stop(bridge)


async def restart_server(request: web.Request) -> web.Response:
    """Stop as `/control/stop` does; the process then starts again, with the current settings."""
    bridge = request.app[BRIDGE]
    bridge.restart_requested = True
    return _accept_stop(bridge)


def _accept_stop(bridge: Bridge) -> web.Response:
    # This response is still sent: the server waits for its active requests before it stops.
    bridge.stop_requested.set()
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
_NEW_KEY_EXAMPLE: dict[str, Any] = {
    "owner": "anthropic",
    "name": "work",
    "secret": "sk-ant-made-up",
}
_KEY_EXAMPLE: dict[str, Any] = {
    "kept_in": "the system's keyring",
    "anthropic": 1,
    "bridge": 0,
    "check": "accepted",
    "words": "Anthropic accepted the key.",
}
_SIGN_IN_STEP_EXAMPLE: dict[str, Any] = {}
_SIGN_IN_EXAMPLE: dict[str, Any] = {
    "state": "waiting",
    "url": "https://claude.ai/oauth/authorize?code=true",
    "words": "Continue in the browser. If it shows a code, paste it here.",
}
_NO_SIGN_IN_EXAMPLE: dict[str, Any] = {
    "state": "failed",
    "url": None,
    "words": "No sign-in was begun.",
}
_KEYS_EXAMPLE: dict[str, Any] = {"anthropic": 1, "bridge": 0}
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
        "/control/keys",
        save_key,
        "Control",
        "Check an API key, and save it in the system's keyring",
        Answer("The key is saved and in use.", SavedKey, _KEY_EXAMPLE),
        access="token",
        body=NewKey,
        example=_NEW_KEY_EXAMPLE,
        failures=(400,),
    ),
    Endpoint(
        "POST",
        "/control/login",
        sign_in,
        "Control",
        "Sign in to Claude Code",
        Answer("The next step, or the result.", SignInStatus, _SIGN_IN_EXAMPLE),
        access="token",
        body=SignInStep,
        example=_SIGN_IN_STEP_EXAMPLE,
        failures=(502,),
    ),
    Endpoint(
        "GET",
        "/control/login",
        get_sign_in_status,
        "Control",
        "Get the state of the sign-in to Claude Code",
        Answer("The current state.", SignInStatus, _NO_SIGN_IN_EXAMPLE),
        access="token",
    ),
    Endpoint(
        "POST",
        "/control/reload",
        reload_keys,
        "Control",
        "Reload the API keys",
        Answer("How many keys there are.", KeysReloaded, _KEYS_EXAMPLE),
        access="token",
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
    ),
)
