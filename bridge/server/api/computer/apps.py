"""`/computer/apps`: what Claude may do in each program, as the user decided."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, TypeVar

from aiohttp import web

from bridge.computer.apps.app import App as Program
from bridge.computer.apps.levels import Level
from bridge.computer.apps.store import AppDecision
from bridge.errors import NotFound, SettingsError, StorageUnavailable
from bridge.server.http.endpoint import Answer, Endpoint
from bridge.server.http.request_body import read_body
from bridge.server.state import BRIDGE, Bridge
from bridge.wire.computer import AppChange, AppForgotten
from bridge.wire.computer_status import App, Apps

DECIDED_BY = "you"

_Result = TypeVar("_Result")


async def list_apps(request: web.Request) -> web.Response:
    """Return the programs that the user decided on. Raises StorageUnavailable."""
    return await _respond_with_apps(request.app[BRIDGE])


async def change_app(request: web.Request) -> web.Response:
    """Change what Claude may do in a program; return all programs.

    Raises NotFound for one without a decision, and StorageUnavailable.
    """
    bridge, id = request.app[BRIDGE], request.match_info["id"]
    change = await read_body(request, AppChange)
    decision = await _use_file(lambda: bridge.computer.apps.find(id))
    if decision is None:
        raise _build_missing_error(id)
    await remember_apps(bridge, (decision.app,), change.level)
    return await _respond_with_apps(bridge)


async def forget_app(request: web.Request) -> web.Response:
    """Forget the decision on a program. Raises NotFound and StorageUnavailable."""
    bridge, id = request.app[BRIDGE], request.match_info["id"]
    if await _use_file(lambda: bridge.computer.apps.forget(id)) is None:
        raise _build_missing_error(id)
    return web.json_response(AppForgotten(id=id).model_dump())


async def remember_apps(bridge: Bridge, apps: tuple[Program, ...], level: Level) -> None:
    """Remember a decision of the user. Raises StorageUnavailable."""
    await _use_file(lambda: bridge.computer.apps.remember(apps, level, DECIDED_BY))


async def _use_file(use: Callable[[], _Result]) -> _Result:
    try:
        return await asyncio.to_thread(use)
    except SettingsError as error:
        raise StorageUnavailable(f"The decisions on apps cannot be used: {error}.") from error


async def _respond_with_apps(bridge: Bridge) -> web.Response:
    decisions = await _use_file(bridge.computer.apps.list_decisions)
    return web.json_response(
        asdict(Apps(apps=[_describe_decision(decision) for decision in decisions]))
    )


def _describe_decision(decision: AppDecision) -> App:
    app = decision.app
    return App(
        id=app.id,
        name=app.name,
        path=app.place,
        level=decision.level,
        at=decision.at,
        by=decision.by,
    )


def _build_missing_error(id: str) -> NotFound:
    return NotFound(f"There is no decision on an app {id[:100]}.")


_EXAMPLE: dict[str, Any] = {
    "apps": [
        {
            "name": "firefox",
            "path": "/usr/lib/firefox/firefox",
            "id": "0123456789abcdef",
            "level": "click",
            "at": 1764547200.0,
            "by": DECIDED_BY,
        }
    ]
}

ROUTES = (
    Endpoint(
        "GET",
        "/computer/apps",
        list_apps,
        "Computer",
        "List what Claude may do in each program",
        Answer("The programs that were decided on.", Apps, _EXAMPLE),
        access="token",
        failures=(503,),
    ),
    Endpoint(
        "POST",
        "/computer/apps/{id}",
        change_app,
        "Computer",
        "Change what Claude may do in a program",
        Answer("The programs that were decided on.", Apps),
        access="token",
        body=AppChange,
        example={"level": "view"},
        failures=(404, 503),
    ),
    Endpoint(
        "DELETE",
        "/computer/apps/{id}",
        forget_app,
        "Computer",
        "Forget what Claude may do in a program, which is asked about again",
        Answer("It is forgotten.", AppForgotten),
        access="token",
        failures=(404, 503),
    ),
)
