"""The rows of the endpoint table for this desktop; see `endpoints`."""

from __future__ import annotations

from typing import Any

from bridge.server.api import computer, computer_runs
from bridge.server.http.endpoint import Answer, Endpoint, Parameter
from bridge.wire.computer import (
    ActionOutcomes,
    ActionsBody,
    ComputerStatus,
    ComputerStopped,
    Decided,
    Decision,
    RunBody,
    RunEvent,
)

_PICTURES = ("image/jpeg", "image/png", "image/webp")
_DESKTOP = (400, 403, 409, 503)
"""Switched off, not approved, in use or stopped, not there."""

_ACTIONS: dict[str, Any] = {"actions": [{"action": "left_click", "coordinate": [640, 360]}]}
_DONE: dict[str, Any] = {
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
_OFF: dict[str, Any] = {"mode": "off", "until": None, "active": False, "waiting": []}
_TASK: dict[str, Any] = {"prompt": "Open the settings and turn on dark mode."}


def _up_to(least: int, most: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": least, "maximum": most}


COMPUTER = (
    Endpoint(
        "GET",
        "/computer",
        computer.computer_status,
        "Computer",
        "What Claude may do on this desktop, and what waits for a word",
        Answer("As it is now.", ComputerStatus, _OFF),
        access="token",
    ),
    Endpoint(
        "GET",
        "/computer/screenshot",
        computer.screenshot,
        "Computer",
        "The screen as Claude would see it",
        Answer("A picture.", text=_PICTURES),
        access="token",
        query=(
            Parameter("monitor", "The screen; 0 is the main one.", _up_to(0, 99)),
            Parameter("max_edge", "Pixels of the long edge, 1568 unless said.", _up_to(100, 8000)),
            Parameter(
                "region",
                "A part of it, enlarged: x0,y0,x1,y1 in pixels of the whole picture.",
                {"type": "string", "pattern": "^\\d{1,5}(,\\d{1,5}){3}$"},
            ),
            Parameter(
                "format", "As computer_format says, unless said.", {"enum": ["jpeg", "png", "webp"]}
            ),
        ),
        failures=_DESKTOP,
    ),
    Endpoint(
        "POST",
        "/computer/actions",
        computer.actions,
        "Computer",
        "Do something on this desktop, on the leash",
        Answer("What came of each.", ActionOutcomes, _DONE),
        access="token",
        body=ActionsBody,
        example=_ACTIONS,
        failures=_DESKTOP,
    ),
    Endpoint(
        "POST",
        "/computer/runs",
        computer_runs.run,
        "Computer",
        "Let Claude do a task on this desktop",
        Answer("Events `data: {event}` until `run.finished` or `run.error`.", events=RunEvent),
        access="token",
        body=RunBody,
        example=_TASK,
        failures=(*_DESKTOP, 401, 402, 404, 429, 502, 504),
    ),
    Endpoint(
        "POST",
        "/computer/approvals/{id}",
        computer.decide,
        "Computer",
        "Say yes or no to what waits",
        Answer("It was heard.", Decided),
        access="token",
        body=Decision,
        example={"approved": True},
        failures=(404,),
    ),
    Endpoint(
        "GET",
        "/computer/approvals/{id}/picture",
        computer.approval_picture,
        "Computer",
        "The screen with what would be done marked in it",
        Answer("A picture.", text=_PICTURES),
        access="token",
        failures=(404,),
    ),
    Endpoint(
        "POST",
        "/computer/stop",
        computer.stop_computer,
        "Computer",
        "Stop everything, and switch computer use off",
        Answer("All is at rest.", ComputerStopped, {"stopped": True}),
        access="token",
    ),
)
