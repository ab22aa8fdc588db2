"""`/computer/approvals`: decide what Claude or a program waits for."""

from __future__ import annotations

from dataclasses import asdict

from aiohttp import web

from bridge.computer.approval.pending import PendingApproval
from bridge.errors import ApprovalChanged, InvalidRequest, NotFound
from bridge.server.api.computer.apps import remember_apps
from bridge.server.api.computer.desktop import PICTURES, respond_with_picture
from bridge.server.http.endpoint import Answer, Endpoint
from bridge.server.http.request_body import read_body
from bridge.server.state import BRIDGE
from bridge.wire.computer import (
    Decided,
    Decision,
    Extended,
    MoreTime,
)
from bridge.wire.computer_status import (
    ApprovalStep,
    ReachedApp,
    WaitingBatch,
)

BY_PROGRAM = "you (dashboard, tray, CLI or voice)"


async def get_approval_picture(request: web.Request) -> web.Response:
    """Return a screenshot with the pending actions marked. Raises NotFound once it is decided."""
    waiting = _find_waiting(request)
    if waiting.picture is None:
        raise NotFound("There is no picture of these actions.")
    return respond_with_picture(waiting.picture)


async def decide_approval(request: web.Request) -> web.Response:
    """Approve or deny what is pending.

    Raises NotFound if that has been decided before, ApprovalChanged for another digest,
    InvalidRequest for a level that was not offered, and StorageUnavailable if it is not remembered.
    """
    decision = await read_body(request, Decision)
    waiting = _find_waiting(request)
    if decision.digest not in (None, waiting.digest):
        raise ApprovalChanged(
            "The request has changed since it was shown. Look at it again, then decide."
        )
    _check_level(decision, waiting)
    approvals = request.app[BRIDGE].computer.approvals
    decided_by = BY_PROGRAM if decision.approved else "denied by the user"
    # It may have expired since it was found, or the user decided it in another program.
    if not approvals.decide(waiting.id, decision.approved, decided_by):
        raise _build_expired_error(waiting.id)
    if decision.level is not None:
        await remember_apps(request.app[BRIDGE], waiting.offer.apps, decision.level)
    return web.json_response(Decided(id=waiting.id, approved=decision.approved).model_dump())


async def extend_approval(request: web.Request) -> web.Response:
    """Give the user more time to decide, once; a second time changes nothing.

    Raises NotFound if it has been decided or has expired.
    """
    await read_body(request, MoreTime)
    id = request.match_info["id"]
    extended = request.app[BRIDGE].computer.approvals.extend(id)
    if extended is None:
        raise _build_expired_error(id)
    return web.json_response(Extended(id=id, expires_at=extended.expires_at).model_dump())


def _check_level(decision: Decision, waiting: PendingApproval) -> None:
    """Raise InvalidRequest for a level that was not offered, or contradicts the decision."""
    if decision.level is None:
        return
    if decision.level not in waiting.offer.levels:
        raise InvalidRequest(
            f"The level `{decision.level}` is not offered for this request.", param="level"
        )
    if decision.approved == (decision.level == "view"):
        raise InvalidRequest(
            "`view` needs `approved: false`, and the other levels `approved: true`.", param="level"
        )


def as_waiting_batch(waiting: PendingApproval) -> WaitingBatch:
    """Return what is shown of a pending approval."""
    path = f"/computer/approvals/{waiting.id}/picture"
    return WaitingBatch(
        id=waiting.id,
        about=waiting.about,
        what=list(waiting.what),
        steps=[ApprovalStep(**asdict(step)) for step in waiting.steps],
        digest=waiting.digest,
        risks=list(waiting.risks),
        asked_by=waiting.asked_by,
        program=waiting.program,
        expires_at=waiting.expires_at,
        can_extend=not waiting.is_extended,
        picture=None if waiting.picture is None else path,
        apps=[ReachedApp(name=app.name, path=app.place) for app in waiting.offer.apps],
        levels=list(waiting.offer.levels),
    )


def _find_waiting(request: web.Request) -> PendingApproval:
    id = request.match_info["id"]
    waiting = request.app[BRIDGE].computer.approvals.find(id)
    if waiting is None:
        raise _build_expired_error(id)
    return waiting


def _build_expired_error(id: str) -> NotFound:
    return NotFound(f"There is no pending approval {id[:100]}.")


ROUTES = (
    Endpoint(
        "POST",
        "/computer/approvals/{id}",
        decide_approval,
        "Computer",
        "Approve or deny a pending request",
        Answer("The decision is recorded.", Decided),
        access="token",
        body=Decision,
        example={"approved": True},
        failures=(404, 409),
    ),
    Endpoint(
        "POST",
        "/computer/approvals/{id}/extend",
        extend_approval,
        "Computer",
        "Give the user 60 s more to decide, once",
        Answer("Until when it waits now.", Extended),
        access="token",
        body=MoreTime,
        example={},
        failures=(404,),
    ),
    Endpoint(
        "GET",
        "/computer/approvals/{id}/picture",
        get_approval_picture,
        "Computer",
        "Get a screenshot with the pending actions marked",
        Answer("A picture.", text=PICTURES),
        access="token",
        failures=(404,),
    ),
)
