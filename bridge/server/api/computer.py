"""`/computer`: the mode of computer use, approvals, screenshots and actions."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Annotated, Any

from aiohttp import web
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from bridge.computer.actions import Action, read_action
from bridge.computer.approval.pending import PendingApproval
from bridge.computer.batch import Outcome
from bridge.computer.element_actions.listing import list_shown_states, to_box
from bridge.computer.element_actions.windows import make_window_id
from bridge.computer.elements.base import MOST_ELEMENTS, NamedElement
from bridge.computer.permission import Permission
from bridge.computer.screen.capture import CaptureOptions
from bridge.computer.screen.geometry import View
from bridge.computer.screen.pictures import Format, Picture
from bridge.computer.screen.sizes import OLDER, Tier
from bridge.computer.service import Region
from bridge.errors import ApprovalChanged, InvalidRequest, NotApproved, NotFound
from bridge.server.api.computer_apps import remember_apps
from bridge.server.http.asker import identify_asker
from bridge.server.http.endpoint import Answer, Endpoint
from bridge.server.http.query import DECIMAL, read_query
from bridge.server.http.request_body import read_body
from bridge.server.state import BRIDGE, Bridge
from bridge.wire.computer import (
    ActionBody,
    ActionOutcome,
    ActionOutcomes,
    ActionsBody,
    ComputerStopped,
    ComputerSwitchPatch,
    Decided,
    Decision,
    ProgramForgotten,
    WindowElement,
    WindowElementList,
)
from bridge.wire.computer_status import (
    ApprovalStep,
    AskingProgram,
    ComputerHealth,
    ComputerStatus,
    ComputerSwitch,
    DecidedBatch,
    ReachedApp,
    WaitingBatch,
)

_PIXELS_PER_TOKEN = 28 * 28
BY_PROGRAM = "you (dashboard, tray, CLI or voice)"


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
        waiting=len(computer.approvals.pending),
    )


async def get_computer_status(request: web.Request) -> web.Response:
    """Return the mode of computer use and the pending approvals."""
    bridge = request.app[BRIDGE]
    status = ComputerStatus(
        **asdict(get_switch(bridge)),
        active=bridge.computer.active,
        waiting=[_as_waiting_batch(batch) for batch in bridge.computer.approvals.pending],
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


def _parse_region(value: Any) -> Any:
    """Split `x0,y0,x1,y1` into a list, which pydantic converts to a tuple of numbers."""
    return value.split(",") if isinstance(value, str) else value


def _check_region(region: Region) -> Region:
    # The corners may come in any order, as when a user drags a rectangle.
    x0, y0, x1, y1 = region
    if x0 == x1 or y0 == y1:
        raise PydanticCustomError("empty_region", "the region is empty")
    return region


_Coordinate = Annotated[int, Field(ge=0, le=99_999), DECIMAL]
_QueryRegion = Annotated[
    tuple[_Coordinate, _Coordinate, _Coordinate, _Coordinate],
    BeforeValidator(_parse_region),
    AfterValidator(_check_region),
    WithJsonSchema({"type": "string", "pattern": "^\\d{1,5}(,\\d{1,5}){3}$"}),
]


class ScreenshotQuery(BaseModel):
    """The query parameters of a screenshot."""

    monitor: Annotated[int, Field(ge=0, le=99), DECIMAL] | SkipJsonSchema[None] = Field(
        None, description="The monitor; 0 is the main one."
    )
    max_edge: Annotated[int, Field(ge=100, le=8000), DECIMAL] | SkipJsonSchema[None] = Field(
        None, description="Longest edge in pixels; 1568 by default."
    )
    region: _QueryRegion | SkipJsonSchema[None] = Field(
        None,
        description="A part of the screen, enlarged: x0,y0,x1,y1 in pixels of the whole picture.",
    )
    format: Format | SkipJsonSchema[None] = Field(
        None, description="The picture's format; by default the setting computer_format."
    )


async def get_screenshot(request: web.Request) -> web.Response:
    """Take a screenshot like those that Claude gets. Raises ComputerOff."""
    bridge = request.app[BRIDGE]
    query = read_query(request, ScreenshotQuery)
    options = build_capture_options(bridge, query.monitor, query.max_edge)
    if query.format is not None:
        options = replace(options, form=query.format)
    picture = await bridge.computer.capture(options, query.region)
    return _respond_with_picture(picture)


class ElementsQuery(BaseModel):
    """The query parameters of a list of elements."""

    window: Annotated[str, Field(max_length=300)] | SkipJsonSchema[None] = Field(
        None,
        description="The id or title of the window, or a part of the title; by default the one "
        "with the keyboard.",
    )
    limit: Annotated[int, Field(ge=1, le=500), DECIMAL] = Field(
        MOST_ELEMENTS, description="Most elements of the list."
    )
    monitor: Annotated[int, Field(ge=0, le=99), DECIMAL] | SkipJsonSchema[None] = Field(
        None, description="The monitor of the picture that boxes refer to; 0 is the main one."
    )
    max_edge: Annotated[int, Field(ge=100, le=8000), DECIMAL] | SkipJsonSchema[None] = Field(
        None, description="Longest edge of that picture in pixels; 1568 by default."
    )


async def get_elements(request: web.Request) -> web.Response:
    """List the elements of a window. Raises ComputerOff."""
    bridge = request.app[BRIDGE]
    query = read_query(request, ElementsQuery)
    options = build_capture_options(bridge, query.monitor, query.max_edge)
    listed = await bridge.computer.list_elements(query.window, query.limit, options)
    body = WindowElementList(
        window=make_window_id(listed.window),
        title=listed.window.title,
        program=listed.window.program,
        elements=[_as_window_element(each, listed.view) for each in listed.elements.elements],
        complete=listed.elements.is_whole,
    )
    return web.json_response(body.model_dump())


def _as_window_element(named: NamedElement, view: View) -> WindowElement:
    element = named.element
    return WindowElement(
        id=named.id,
        role=element.role,
        name=element.name,
        states=list_shown_states(element),
        box=None if element.box is None else to_box(element.box, view),
        value=named.value,
    )


async def run_actions(request: web.Request) -> web.Response:
    """Run actions, after approval if the mode requires it.

    Raises ComputerOff, ComputerBusy, NotApproved, Stopped and DesktopUnavailable.
    """
    bridge = request.app[BRIDGE]
    body = await read_body(request, ActionsBody)
    batch = [_parse_action(action, at) for at, action in enumerate(body.actions)]
    options = build_capture_options(bridge, body.monitor, body.max_edge)
    asker = await identify_asker(request, body.asked_by)
    async with bridge.computer.open_session(asker, options) as session:
        done = await session.act(batch, dry_run=body.dry_run)
    if done.problem is not None:
        raise InvalidRequest(done.problem.message, param=f"actions[0].{done.problem.param}")
    # A dry run executes nothing, so it is never submitted for approval.
    if done.approved_by is None and not body.dry_run:
        raise NotApproved(done.outcomes[0].text)
    outcomes = ActionOutcomes(
        outcomes=[_as_action_outcome(outcome) for outcome in done.outcomes],
        approved_by=done.approved_by,
    )
    return web.json_response(outcomes.model_dump())


async def get_approval_picture(request: web.Request) -> web.Response:
    """Return a screenshot with the pending actions marked. Raises NotFound once it is decided."""
    waiting = _find_waiting(request)
    if waiting.picture is None:
        raise NotFound("There is no picture of these actions.")
    return _respond_with_picture(waiting.picture)


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


def build_capture_options(
    bridge: Bridge, monitor: int | None, max_edge: int | None
) -> CaptureOptions:
    """Build the options of a screenshot: its monitor and its longest edge in pixels.

    Without `max_edge` a picture has the size for older models, which every model accepts.
    """
    settings = bridge.settings
    tier = OLDER
    if max_edge is not None:
        # Enough tokens for a square of that size, so that only the edge limits the picture.
        tier = Tier(max_edge, max_edge * max_edge // _PIXELS_PER_TOKEN + max_edge)
    chosen = settings.computer_monitor if monitor is None else monitor
    return CaptureOptions(tier, None, settings.computer_format, chosen)


def _parse_action(body: ActionBody, at: int) -> Action:
    # The error names a field of the action; the client sent a list of actions.
    try:
        return read_action(body.action, body.model_extra or {})
    except InvalidRequest as error:
        raise InvalidRequest(error.message, param=f"actions[{at}].{error.param}") from error


def _as_action_outcome(outcome: Outcome) -> ActionOutcome:
    picture = outcome.picture
    return ActionOutcome(
        what=outcome.what,
        done=not outcome.failed,
        result=outcome.text,
        risks=list(outcome.risks),
        image=None
        if picture is None
        else f"data:{picture.media_type};base64,{picture.to_base64()}",
    )


def _respond_with_picture(picture: Picture) -> web.Response:
    return web.Response(
        body=picture.data,
        content_type=picture.media_type,
        headers={
            # A picture of the screen must not stay on the disk.
            "Cache-Control": "no-store",
            "x-picture-size": f"{picture.size.width}x{picture.size.height}",
        },
    )


def _as_waiting_batch(waiting: PendingApproval) -> WaitingBatch:
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


_PICTURES = ("image/jpeg", "image/png", "image/webp")
DESKTOP_FAILURES = (400, 403, 409, 503)
"""Invalid request; off or not approved; in use or stopped; no desktop."""

_ACTIONS_EXAMPLE: dict[str, Any] = {"actions": [{"action": "left_click", "coordinate": [640, 360]}]}
_OUTCOMES_EXAMPLE: dict[str, Any] = {
    "outcomes": [
        {
            "what": "Click at (640, 360) in “Notes”",
            "done": True,
            "result": "OK",
            "risks": [],
            "image": None,
        }
    ],
    "approved_by": "mode allowed",
}
_ELEMENTS_EXAMPLE: dict[str, Any] = {
    "window": "w8388611",
    "title": "Notes",
    "program": "notes",
    "elements": [
        {
            "id": "e12ab",
            "role": "button",
            "name": "Save",
            "states": ["default"],
            "box": [600, 340, 679, 371],
            "value": "",
        }
    ],
    "complete": True,
}
_STATUS_EXAMPLE: dict[str, Any] = {
    "mode": "off",
    "until": None,
    "active": False,
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
        "GET",
        "/computer/screenshot",
        get_screenshot,
        "Computer",
        "Take a screenshot, as Claude would get it",
        Answer("A picture.", text=_PICTURES),
        access="token",
        query=ScreenshotQuery,
        failures=DESKTOP_FAILURES,
    ),
    Endpoint(
        "GET",
        "/computer/elements",
        get_elements,
        "Computer",
        "List the buttons, fields and texts of a window",
        Answer("What is on the screen.", WindowElementList, _ELEMENTS_EXAMPLE),
        access="token",
        query=ElementsQuery,
        failures=DESKTOP_FAILURES,
    ),
    Endpoint(
        "POST",
        "/computer/actions",
        run_actions,
        "Computer",
        "Run actions on this computer, if the mode permits them",
        Answer("The outcome of each action.", ActionOutcomes, _OUTCOMES_EXAMPLE),
        access="token",
        body=ActionsBody,
        example=_ACTIONS_EXAMPLE,
        failures=DESKTOP_FAILURES,
    ),
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
        "GET",
        "/computer/approvals/{id}/picture",
        get_approval_picture,
        "Computer",
        "Get a screenshot with the pending actions marked",
        Answer("A picture.", text=_PICTURES),
        access="token",
        failures=(404,),
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
)
