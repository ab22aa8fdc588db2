"""`/computer`: the leash, and what is done on it; for the person's own programs, by their token."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from aiohttp import web

from bridge.computer.actions import Action, Zoom, read_action
from bridge.computer.approvals import Waiting
from bridge.computer.batch import Outcome
from bridge.computer.permission import Leash
from bridge.computer.screen.capture import Looks
from bridge.computer.screen.pictures import Format, Picture
from bridge.computer.screen.sizes import OLDER, Tier
from bridge.computer.service import Region
from bridge.errors import InvalidRequest, NotApproved, NotFound
from bridge.server.http.guard import check_control_token
from bridge.server.http.request_body import read_body
from bridge.server.state import BRIDGE, Bridge
from bridge.wire.computer import (
    ActionBody,
    ActionOutcome,
    ActionOutcomes,
    ActionsBody,
    ComputerHealth,
    ComputerStatus,
    ComputerStopped,
    ComputerSwitch,
    ComputerSwitchPatch,
    Decided,
    Decision,
    WaitingBatch,
)

_PIXELS_A_TOKEN = 28 * 28
_FORMATS: Mapping[str, Format] = {"jpeg": "jpeg", "png": "png", "webp": "webp"}
BY_PROGRAM = "the person, through a program with the control token"


def switch_computer(bridge: Bridge, patch: ComputerSwitchPatch) -> None:
    """A human's act. Raises InvalidRequest for minutes where there are none, or none where due."""
    if (patch.mode == "allowed") != (patch.minutes is not None):
        raise InvalidRequest(
            "`minutes` goes with the mode `allowed`, and only with that.",
            param="computer.minutes",
        )
    if patch.minutes is not None:
        bridge.computer.allow_for(patch.minutes)
    else:
        bridge.computer.switch(Leash(patch.mode))


def computer_switch(bridge: Bridge) -> ComputerSwitch:
    leash = bridge.computer.leash
    return ComputerSwitch(mode=leash.mode, until=leash.until)


def computer_health(bridge: Bridge) -> ComputerHealth:
    computer = bridge.computer
    return ComputerHealth(
        **computer_switch(bridge).model_dump(),
        active=computer.active,
        waiting=len(computer.approvals.waiting),
    )


async def computer_status(request: web.Request) -> web.Response:
    """The switch, and what waits for the person's word."""
    check_control_token(request)
    bridge = request.app[BRIDGE]
    status = ComputerStatus(
        **computer_switch(bridge).model_dump(),
        active=bridge.computer.active,
        waiting=[_waiting(one) for one in bridge.computer.approvals.waiting],
    )
    return web.json_response(status.model_dump())


async def screenshot(request: web.Request) -> web.Response:
    """The screen as Claude would see it, for the person. Raises ComputerOff."""
    check_control_token(request)
    bridge = request.app[BRIDGE]
    query = request.query
    looks = looks_of(bridge, _number(query, "monitor"), _number(query, "max_edge"))
    looks = replace(looks, form=_format(query, looks.form))
    picture = await bridge.computer.look(looks, _region(query))
    return _image(picture)


async def actions(request: web.Request) -> web.Response:
    """A batch, on the leash. Raises ComputerOff, NotApproved, Stopped and DesktopUnavailable."""
    check_control_token(request)
    bridge = request.app[BRIDGE]
    body = await read_body(request, ActionsBody)
    batch = [_action(one, at) for at, one in enumerate(body.actions)]
    looks = looks_of(bridge, body.monitor, body.max_edge)
    async with bridge.computer.session(body.asked_by, looks) as session:
        done = await session.act(batch, dry_run=body.dry_run)
    if done.approved_by is None and not body.dry_run:
        raise NotApproved(done.outcomes[0].text)
    told = ActionOutcomes(
        outcomes=[_outcome(outcome) for outcome in done.outcomes], approved_by=done.approved_by
    )
    return web.json_response(told.model_dump())


async def approval_picture(request: web.Request) -> web.Response:
    """The screen with what would be done marked in it. Raises NotFound when it is decided."""
    check_control_token(request)
    waiting = _found(request)
    if waiting.picture is None:
        raise NotFound("There is no picture of it.")
    return _image(waiting.picture)


async def decide(request: web.Request) -> web.Response:
    """The person's word. Raises NotFound when it comes too late."""
    check_control_token(request)
    decision = await read_body(request, Decision)
    waiting = _found(request)
    approvals = request.app[BRIDGE].computer.approvals
    said = BY_PROGRAM if decision.approved else "the person said no"
    if not approvals.decide(waiting.id, decision.approved, said):
        raise _gone(waiting.id)
    return web.json_response(Decided(id=waiting.id, approved=decision.approved).model_dump())


async def stop_computer(request: web.Request) -> web.Response:
    """Everything ends now, and computer use is off."""
    check_control_token(request)
    request.app[BRIDGE].computer.stop("The person said stop.")
    return web.json_response(ComputerStopped().model_dump())


def looks_of(bridge: Bridge, monitor: int | None, max_edge: int | None) -> Looks:
    """For programs that say themselves how large a picture may be."""
    settings = bridge.settings
    tier = OLDER
    if max_edge is not None:
        tier = Tier(max_edge, max_edge * max_edge // _PIXELS_A_TOKEN + max_edge)
    chosen = settings.computer_monitor if monitor is None else monitor
    return Looks(tier, None, settings.computer_format, chosen)


def _action(body: ActionBody, at: int) -> Action:
    try:
        return read_action(body.action, body.model_extra or {})
    except InvalidRequest as error:
        raise InvalidRequest(error.message, param=f"actions[{at}].{error.param}") from error


def _outcome(outcome: Outcome) -> ActionOutcome:
    picture = outcome.picture
    return ActionOutcome(
        what=outcome.what,
        done=not outcome.failed,
        result=outcome.text,
        risks=list(outcome.risks),
        image=None if picture is None else f"data:{picture.media_type};base64,{picture.base64()}",
    )


def _image(picture: Picture) -> web.Response:
    return web.Response(
        body=picture.data,
        content_type=picture.media_type,
        headers={
            "Cache-Control": "no-store",
            "x-picture-size": f"{picture.size.width}x{picture.size.height}",
        },
    )


def _waiting(waiting: Waiting) -> WaitingBatch:
    path = f"/computer/approvals/{waiting.id}/picture"
    return WaitingBatch(
        id=waiting.id,
        what=list(waiting.what),
        risks=list(waiting.risks),
        asked_by=waiting.asked_by,
        expires_at=waiting.expires_at,
        picture=None if waiting.picture is None else path,
    )


def _found(request: web.Request) -> Waiting:
    id = request.match_info["id"]
    waiting = request.app[BRIDGE].computer.approvals.find(id)
    if waiting is None:
        raise _gone(id)
    return waiting


def _gone(id: str) -> NotFound:
    return NotFound(f"Nothing waits under {id[:100]} any more.")


def _format(query: Mapping[str, str], usual: Format) -> Format:
    said = query.get("format", usual)
    if said not in _FORMATS:
        raise InvalidRequest("format: jpeg, png or webp.", param="format")
    return _FORMATS[said]


def _region(query: Mapping[str, str]) -> Region | None:
    said = query.get("region")
    if said is None:
        return None
    try:
        return Zoom.model_validate({"region": [int(part) for part in said.split(",")]}).region
    except ValueError as error:
        raise InvalidRequest(
            "Invalid value for region: x0,y0,x1,y1 in pixels of the whole picture.", param="region"
        ) from error


def _number(query: Mapping[str, str], name: str) -> int | None:
    said = query.get(name)
    if said is None:
        return None
    if not (said.isascii() and said.isdecimal() and len(said) <= 4):
        raise InvalidRequest(f"Invalid value for {name}: a number.", param=name)
    return int(said)
