"""`/computer`: the mode of computer use, who asked for it, stop and resume."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from aiohttp import web

from bridge.computer.permission import Permission
from bridge.errors import InvalidRequest, NotFound
from bridge.server.api.computer.approvals import as_waiting_batch
from bridge.server.http.endpoint import Answer, Endpoint
from bridge.server.state import BRIDGE, Bridge
from bridge.wire.computer import (
    ComputerResumed,
    ComputerStopped,
    ComputerSwitchPatch,
    ProgramForgotten,
)
from bridge.wire.computer_status import (
    AskingProgram,
    ComputerHealth,
    ComputerStatus,
    ComputerSwitch,
    DecidedBatch,
)


def switch_computer(bridge: Bridge, patch: ComputerSwitchPatch) -> None:
    """Change the mode of computer use.

    Raises InvalidRequest if `minutes` is missing for the mode `allowed`, or given for another.
    """
    # Users forget a grant, so each one has an end.
    if (patch.mode == "allowed") != (patch.minutes is not None):
        raise InvalidRequest(
            "The mode `allowed` needs `minutes`; other modes must not have it.",
            param="computer.minutes",
        )
    if patch.minutes is not None:
        bridge.computer.allow_for(patch.minutes)
    else:
        bridge.computer.set_permission(Permission(patch.mode))


def get_switch(bridge: Bridge) -> ComputerSwitch:
    """Return the mode of computer use, and when it ends."""
    permission = bridge.computer.permission
    return ComputerSwitch(mode=permission.mode, until=permission.until)


def get_computer_health(bridge: Bridge) -> ComputerHealth:
    """Return the computer's part of `GET /health`."""
    computer = bridge.computer
    return ComputerHealth(
        **asdict(get_switch(bridge)),
        active=computer.active,
        paused=computer.paused,
        waiting=len(computer.approvals.pending),
    )


async def get_computer_status(request: web.Request) -> web.Response:
    """Return the mode of computer use and the pending approvals."""
    bridge = request.app[BRIDGE]
    status = ComputerStatus(
        **asdict(get_switch(bridge)),
        active=bridge.computer.active,
        paused=bridge.computer.paused,
        waiting=[as_waiting_batch(batch) for batch in bridge.computer.approvals.pending],
        decided=[
            DecidedBatch(
                id=decided.approval.id,
                about=decided.approval.about,
                what=list(decided.approval.what),
                approved=decided.verdict.approved,
                outcome=decided.outcome,
                at=decided.at,
            )
            for decided in bridge.computer.approvals.decided
        ],
        programs=[
            AskingProgram(id=known.id, program=known.asker.label, approved=known.approved)
            for known in bridge.computer.asker_decisions
        ],
    )
    return web.json_response(asdict(status))


async def forget_program(request: web.Request) -> web.Response:
    """Forget a decision on a program, and stop what it does. Raises NotFound."""
    id = request.match_info["id"]
    if not request.app[BRIDGE].computer.forget_asker(id):
        raise NotFound(f"There is no program {id[:100]}.")
    return web.json_response(ProgramForgotten(id=id).model_dump())


async def stop_computer(request: web.Request) -> web.Response:
    """Stop everything at once, and turn computer use off."""
    request.app[BRIDGE].computer.stop("The user pressed stop.")
    return web.json_response(ComputerStopped().model_dump())


async def resume_computer(request: web.Request) -> web.Response:
    """Continue a task that is paused because the mouse was moved. Raises NotFound."""
    if not request.app[BRIDGE].computer.resume():
        raise NotFound("Nothing is paused.")
    return web.json_response(ComputerResumed().model_dump())


_STATUS_EXAMPLE: dict[str, Any] = {
    "mode": "off",
    "until": None,
    "active": False,
    "paused": False,
    "waiting": [],
    "decided": [],
    "programs": [],
}

ROUTES = (
    Endpoint(
        "GET",
        "/computer",
        get_computer_status,
        "Computer",
        "Get the computer use mode and pending approvals",
        Answer("The current state.", ComputerStatus, _STATUS_EXAMPLE),
        access="token",
    ),
    Endpoint(
        "DELETE",
        "/computer/programs/{id}",
        forget_program,
        "Computer",
        "Forget the decision on a program, and stop what it does",
        Answer("It is forgotten.", ProgramForgotten),
        access="token",
        failures=(404,),
    ),
    Endpoint(
        "POST",
        "/computer/stop",
        stop_computer,
        "Computer",
        "Stop everything and turn computer use off",
        Answer("Everything has stopped.", ComputerStopped, {"stopped": True}),
        access="token",
    ),
    Endpoint(
        "POST",
        "/computer/resume",
        resume_computer,
        "Computer",
        "Continue a task that is paused because the mouse was moved",
        Answer("It continues.", ComputerResumed),
        access="token",
        failures=(404,),
    ),
)
