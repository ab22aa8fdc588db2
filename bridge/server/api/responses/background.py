"""Start, find and cancel responses that are written in the background.

States of a response, as in OpenAI's API: `queued` until Claude begins, `in_progress` until the
answer is complete, then `completed` or `incomplete` in the store. A failure or a stop of the server
stores it as `failed`, a cancel request as `cancelled`.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

from aiohttp import web

from bridge.agent.backend import ComputerUse
from bridge.errors import BridgeError, InvalidRequest, RateLimited, ShuttingDown
from bridge.server.answers.computer_use import prepare_computer_use, resolve_model
from bridge.server.answers.response import (
    ResponseMemory,
    build_empty_response,
    open_response,
    save_response,
)
from bridge.server.http.accounting import record_failure
from bridge.server.http.detached import record_detached, translate_unexpected_errors
from bridge.server.http.interruption import INTERRUPTED
from bridge.server.http.request_body import LEASE
from bridge.server.state import BRIDGE
from bridge.wire.responses import Response, ResponsesRequest


async def start_background(
    request: web.Request, body: ResponsesRequest, *, large: bool
) -> Response:
    """Start to write a response; return it as queued.

    Raises InvalidRequest with `stream` or without `store`, ModelNotFound, Overloaded, and Forbidden
    for an asker who may not use this computer.
    """
    if body.stream or body.store is False:
        raise InvalidRequest(
            "A background response is stored and read later, so it cannot be streamed and needs "
            "`store`.",
            param="stream" if body.stream else "store",
        )
    bridge = request.app[BRIDGE]
    model = resolve_model(bridge, body.model).model
    # Now, while the client is connected: the task goes on after it has left.
    computer_use = await prepare_computer_use(request, body.model, body.computer_use)
    response: Response = {
        **build_empty_response(body, model),
        "status": "queued",
        "background": True,
    }
    # The task is referenced by `bridge.background`: asyncio itself only has a weak reference.
    # The body is needed until the response is written, so the task has its memory from now on.
    lease = request.pop(LEASE)
    task = asyncio.create_task(_write_response(request, body, response, large, computer_use))
    task.add_done_callback(lambda _: lease.close())
    bridge.background[response["id"]] = (task, response)
    task.add_done_callback(lambda _: bridge.background.pop(response["id"], None))
    return response


def find_running(request: web.Request, id: str) -> Response | None:
    """Return a response that is not finished, without its output so far; else None."""
    entry = request.app[BRIDGE].background.get(id)
    return None if entry is None else entry[1]


async def cancel_background(request: web.Request, id: str) -> bool:
    """Cancel a response, and wait until it is stored as cancelled; return False if not running."""
    entry = request.app[BRIDGE].background.get(id)
    if entry is None:
        return False
    task, _ = entry
    task.cancel()
    # The client reads the response at once, so it must be in the store by then.
    await asyncio.wait([task])
    return True


async def _write_response(
    request: web.Request,
    body: ResponsesRequest,
    response: Response,
    large: bool,
    computer_use: ComputerUse | None,
) -> None:
    bridge = request.app[BRIDGE]
    memory = ResponseMemory(bridge)
    ended: dict[str, Any]
    with record_detached(request) as record:
        try:
            with bridge.track_answer(), translate_unexpected_errors(record):
                begun = open_response(
                    bridge,
                    body,
                    record,
                    memory,
                    large=large,
                    computer_use=computer_use,
                    id=response["id"],
                )
                async with begun as answer:
                    response["status"] = "in_progress"
                    await answer.collect()
                    return
        except BridgeError as error:
            record_failure(request, record, error)
            ended = {"status": "failed", "error": _describe_failure(error)}
        except asyncio.CancelledError:
            # Cancelled by the client, or by the stop of the server, which is an error to report.
            ended = {"status": "cancelled"}
            if bridge.stopping:
                ended = {"status": "failed", "error": _describe_failure(ShuttingDown(INTERRUPTED))}
        save_response(memory, body, cast(Response, {**response, **ended}))


def _describe_failure(error: BridgeError) -> dict[str, str]:
    code = "rate_limit_exceeded" if isinstance(error, RateLimited) else "server_error"
    return {"code": code, "message": error.message}
