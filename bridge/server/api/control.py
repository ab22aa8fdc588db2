"""`/control/…`: what the person's own tray and commands may change while the server runs."""

from __future__ import annotations

from aiohttp import web

from bridge.errors import Forbidden, InvalidRequest, SettingsError
from bridge.keys import NamedKey, checked_secret
from bridge.models.names import resolve
from bridge.server.api.computer import computer_switch, switch_computer
from bridge.server.http.guard import check_control_token
from bridge.server.http.request_body import read_body
from bridge.server.state import BRIDGE
from bridge.wire.control import (
    KeyKept,
    KeysReloaded,
    NewKey,
    Redeemed,
    SignInStep,
    StopAccepted,
    SwitchesPatch,
    SwitchesState,
    Ticket,
)


async def switch(request: web.Request) -> web.Response:
    """Changes model or backend from the next request on, or computer use; answers with all."""
    check_control_token(request)
    bridge = request.app[BRIDGE]
    patch = await read_body(request, SwitchesPatch)
    if patch.model is not None:
        resolved = resolve(patch.model, bridge.switches.model, bridge.catalogue.ids)
        bridge.switches.model = resolved.model
    if patch.backend is not None:
        bridge.switches.backend = patch.backend
        bridge.settle()
    if patch.use_for_everything is not None:
        bridge.switches.use_for_everything = patch.use_for_everything
    if patch.paused is not None:
        bridge.switches.paused = patch.paused
    if patch.computer is not None:
        switch_computer(bridge, patch.computer)
    state = SwitchesState(**bridge.switches.model_dump(), computer=computer_switch(bridge))
    return web.json_response(state.model_dump())


async def keep_key(request: web.Request) -> web.Response:
    """Keeps a key of the person's, and uses it from now on. Raises InvalidRequest for no key."""
    check_control_token(request)
    bridge = request.app[BRIDGE]
    given = await read_body(request, NewKey)
    try:
        secret = checked_secret(given.secret)
    except SettingsError as error:
        raise InvalidRequest(f"Invalid value for secret: {error}.", param="secret") from error
    keys, place = await bridge.keys.keep(given.owner, NamedKey(given.name, secret))
    await bridge.choice.reload()
    bridge.settle()
    kept = KeyKept(kept_in=place, anthropic=len(keys.anthropic), bridge=len(keys.bridge))
    return web.json_response(kept.model_dump())


async def reload(request: web.Request) -> web.Response:
    """Reads the keys anew; answers with how many there are."""
    check_control_token(request)
    bridge = request.app[BRIDGE]
    keys = await bridge.keys.reload()
    await bridge.choice.reload()
    told = KeysReloaded(anthropic=len(keys.anthropic), bridge=len(keys.bridge))
    return web.json_response(told.model_dump())


async def login(request: web.Request) -> web.Response:
    """Begins Claude Code's own sign-in, or goes on with the code that its page showed."""
    check_control_token(request)
    bridge = request.app[BRIDGE]
    step = await read_body(request, SignInStep)
    begun = step.code is None
    status = await (bridge.sign_in.begin() if begun else bridge.sign_in.go_on(step.code or ""))
    if status.state == "signed_in":
        await bridge.choice.reload()
        bridge.settle()
    return web.json_response(status.model_dump())


async def login_status(request: web.Request) -> web.Response:
    """How far the sign-in is."""
    check_control_token(request)
    return web.json_response(request.app[BRIDGE].sign_in.status().model_dump())


async def stop(request: web.Request) -> web.Response:
    """Takes no new requests, lets the running answers finish, and ends the process."""
    check_control_token(request)
    bridge = request.app[BRIDGE]
    bridge.stop_asked.set()
    accepted = StopAccepted(open_streams=bridge.open_streams)
    return web.json_response(accepted.model_dump(), status=202)


async def issue_ticket(request: web.Request) -> web.Response:
    """For who bears the token, to be put behind the # of a page's address."""
    check_control_token(request)
    return web.json_response(Ticket(ticket=request.app[BRIDGE].tickets.issue()).model_dump())


async def redeem_ticket(request: web.Request) -> web.Response:
    """The token for a ticket. Raises Forbidden for one that was taken, is too old, or is none."""
    bridge = request.app[BRIDGE]
    given = await read_body(request, Ticket)
    if not bridge.tickets.take(given.ticket):
        raise Forbidden(
            "This address was used already, or is over a minute old. Open the page from the tray, "
            "or with: claude-bridge dashboard"
        )
    return web.json_response(Redeemed(token=bridge.control_token).model_dump())
