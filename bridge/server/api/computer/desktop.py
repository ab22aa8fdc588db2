"""`/computer/…`: screenshots, elements and actions."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from aiohttp import web
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from bridge.computer.actions import Action, read_action
from bridge.computer.batch import Outcome
from bridge.computer.element_actions.listing import list_shown_states, to_box
from bridge.computer.element_actions.windows import make_window_id
from bridge.computer.elements.base import MOST_ELEMENTS, NamedElement
from bridge.computer.screen.capture import CaptureOptions
from bridge.computer.screen.geometry import View
from bridge.computer.screen.pictures import Format, Picture
from bridge.computer.screen.sizes import OLDER, Tier
from bridge.computer.service import Region
from bridge.errors import InvalidRequest, NotApproved
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
    WindowElement,
    WindowElementList,
)

_PIXELS_PER_TOKEN = 28 * 28


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
    return respond_with_picture(picture)


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


def respond_with_picture(picture: Picture) -> web.Response:
    """Return a response that no browser stores."""
    return web.Response(
        body=picture.data,
        content_type=picture.media_type,
        headers={
            # A picture of the screen must not stay on the disk.
            "Cache-Control": "no-store",
            "x-picture-size": f"{picture.size.width}x{picture.size.height}",
        },
    )


PICTURES = ("image/jpeg", "image/png", "image/webp")

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

ROUTES = (
    Endpoint(
        "GET",
        "/computer/screenshot",
        get_screenshot,
        "Computer",
        "Take a screenshot, as Claude would get it",
        Answer("A picture.", text=PICTURES),
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
)
