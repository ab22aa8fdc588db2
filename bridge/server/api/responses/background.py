"""Responses that are written while nobody waits: started, looked at, cancelled."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from aiohttp import web

from bridge.errors import BridgeError, InvalidRequest, RateLimited, ShuttingDown
from bridge.server.answers.computer_use import resolved_with_hands
from bridge.server.answers.response import Memory, base_of, keep, respond
from bridge.server.http.detached import failures_named, turn
from bridge.server.http.error_help import remember
from bridge.server.http.interruption import INTERRUPTED
from bridge.server.state import BRIDGE
from bridge.wire.responses import Response, ResponsesRequest


def start(request: web.Request, wanted: ResponsesRequest, *, large: bool) -> Response:
    """The response as it is now: queued. Raises InvalidRequest, ModelNotFound or Overloaded."""
    if wanted.stream or wanted.store is False:
        raise InvalidRequest(
            "A response in the background is kept and asked for again: it can neither be streamed "
            "nor forgotten.",
            param="stream" if wanted.stream else "store",
        )
    bridge = request.app[BRIDGE]
    use = wanted.computer_use
    model = resolved_with_hands(bridge, wanted.model, use, "")[0].model
    response: Response = {**base_of(wanted, model), "status": "queued", "background": True}
    task = asyncio.create_task(_write(request, wanted, response, large))
    bridge.background[response["id"]] = (task, response)
    task.add_done_callback(lambda _: bridge.background.pop(response["id"], None))
    return response


def running(request: web.Request, id: str) -> Response | None:
    """A response that is not finished yet, without what is written so far."""
    found = request.app[BRIDGE].background.get(id)
    return None if found is None else found[1]


async def cancel(request: web.Request, id: str) -> bool:
    """Whether it was running; it is kept as cancelled then."""
    found = request.app[BRIDGE].background.get(id)
    if found is None:
        return False
    task, _ = found
    task.cancel()
    await asyncio.wait([task])
    return True


async def _write(
    request: web.Request, wanted: ResponsesRequest, response: Response, large: bool
) -> None:
    bridge = request.app[BRIDGE]
    memory = Memory(bridge)
    ended: dict[str, Any]
    with turn(request) as access:
        try:
            with bridge.answering(), failures_named(access):
                begun = respond(bridge, wanted, access, memory, large=large, id=response["id"])
                async with begun as answer:
                    response["status"] = "in_progress"
                    await answer.whole()
                    return
        except BridgeError as error:
            remember(request, access, error)
            ended = {"status": "failed", "error": _told(error)}
        except asyncio.CancelledError:
            ended = {"status": "cancelled"}
            if bridge.stopping:
                ended = {"status": "failed", "error": _told(ShuttingDown(INTERRUPTED))}
        keep(memory, wanted, cast(Response, {**response, **ended}))


def _told(error: BridgeError) -> dict[str, str]:
    code = "rate_limit_exceeded" if isinstance(error, RateLimited) else "server_error"
    return {"code": code, "message": error.message}
