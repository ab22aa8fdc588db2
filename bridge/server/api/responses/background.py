"""Start, find and cancel responses that are written in the background.

States of a response, as in OpenAI's API: `queued` until Claude begins, also while `max_streams`
allows no more answers; `in_progress` until the answer is complete, then `completed` or `incomplete`
in the store. A failure or a stop of the server stores it as `failed`, a cancel request as
`cancelled`. A row on disk, without content, tells after a restart what became of a response that
was not complete: see `bridge.store.background_jobs`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, cast

from aiohttp import web

from bridge.agent.backend import ComputerUse
from bridge.errors import (
    BridgeError,
    InvalidRequest,
    RateLimited,
    ShuttingDown,
    StorageUnavailable,
)
from bridge.models.names import ResolvedModel
from bridge.server.answers.computer_use import resolve_with_computer
from bridge.server.answers.response import (
    ResponseMemory,
    build_empty_response,
    limit_store,
    open_response,
    save_response,
)
from bridge.server.http.accounting import record_failure
from bridge.server.http.detached import record_detached, translate_unexpected_errors
from bridge.server.http.interruption import INTERRUPTED
from bridge.server.http.recording.detached import record_whole
from bridge.server.http.request_body import LEASE
from bridge.server.request_record import RequestRecord, get_record
from bridge.server.state import BRIDGE, Bridge
from bridge.store.background_jobs import BackgroundJob, JobStatus
from bridge.store.response_table import StoredResponse
from bridge.wire.responses import Response, ResponseError, ResponsesRequest


async def start_background(
    request: web.Request, body: ResponsesRequest, *, large: bool
) -> tuple[Response, Sequence[str]]:
    """Start to write a response; return it as queued, with notices.

    Raises InvalidRequest with `stream` or with `store: false`, ModelNotFound, TooManyStreams if too
    many wait already, and Forbidden for an asker who may not use this computer.
    """
    if body.stream or body.store is False:
        raise InvalidRequest(
            "A background response is read later, so it cannot be streamed, nor sent with "
            "`store: false`.",
            param="stream" if body.stream else "store",
        )
    bridge = request.app[BRIDGE]
    body, notices = limit_store(bridge, body)
    # Now, while the client is connected: the task goes on after it has left.
    resolved, computer_use = await resolve_with_computer(
        request, get_record(request).caller, body.model, body.computer_use
    )
    response: Response = {
        **build_empty_response(body, resolved.model),
        "status": "queued",
        "background": True,
    }
    # Refused now rather than accepted and failed: the client may wait and try again.
    bridge.check_queue()
    recorded: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
    # The task is referenced by `bridge.background`: asyncio itself only has a weak reference.
    # The body is needed until the response is written, so the task has its memory from now on.
    lease = request.pop(LEASE)
    task = asyncio.create_task(
        _write_response(request, body, resolved, response, recorded, large, computer_use)
    )
    task.add_done_callback(lambda _: lease.close())
    bridge.background[response["id"]] = (task, response)
    task.add_done_callback(lambda _: bridge.background.pop(response["id"], None))
    # If the server stops before the task has begun, this request is interrupted as well.
    task.add_done_callback(lambda _: recorded.cancel())
    queued: Response = {**response}
    # Before the client has the id: from now on, the response is not lost without a trace. Shielded,
    # so that a client that leaves now does not cancel what the task waits for.
    notice = await asyncio.shield(recorded)
    return queued, (*notices, *resolved.notices, *([] if notice is None else [notice]))


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
    # Once: a second cancellation would interrupt the storing of the end.
    if not task.cancelling():
        task.cancel()
    # The client reads the response at once, so it must be in the store by then.
    await asyncio.wait([task])
    return True


async def find_interrupted(request: web.Request, id: str) -> Response | None:
    """Return a response that failed or was cancelled before a restart, without its content."""
    job = await request.app[BRIDGE].responses.get_job(id)
    if job is None:
        return None
    response = build_empty_response(
        ResponsesRequest(model=job.model, background=True), job.model, id
    )
    error: ResponseError | None = None
    if job.code is not None:
        error = {"code": job.code, "message": job.reason or ""}
    return {**response, "created_at": job.created_at, "status": job.status, "error": error}


async def _write_response(
    request: web.Request,
    body: ResponsesRequest,
    resolved: ResolvedModel,
    response: Response,
    recorded: asyncio.Future[str | None],
    large: bool,
    computer_use: ComputerUse | None,
) -> None:
    bridge = request.app[BRIDGE]
    with record_detached(request, "background") as record:
        try:
            recorded.set_result(await bridge.responses.put_job(_describe_job(response)))
            async with bridge.queue_answer():
                with translate_unexpected_errors(record):
                    await _collect_answer(
                        bridge, body, resolved, response, record, large, computer_use
                    )
        except BridgeError as error:
            record_failure(request, record, error)
            await _store_end(request, body, response, "failed", error)
        except asyncio.CancelledError:
            # Cancelled by the client, or by the stop of the server, which is an error to report.
            stopped = ShuttingDown(INTERRUPTED) if bridge.stopping else None
            status: JobStatus = "cancelled" if stopped is None else "failed"
            await _store_end(request, body, response, status, stopped)
        else:
            await bridge.responses.delete_job(response["id"])


async def _collect_answer(
    bridge: Bridge,
    body: ResponsesRequest,
    resolved: ResolvedModel,
    response: Response,
    record: RequestRecord,
    large: bool,
    computer_use: ComputerUse | None,
) -> None:
    memory, id = ResponseMemory(bridge), response["id"]
    begun = open_response(
        bridge, body, resolved, record, memory, large=large, computer_use=computer_use, id=id
    )
    async with begun as answer:
        response["status"] = "in_progress"
        record_whole(await answer.collect(), answer.notices)


async def _store_end(
    request: web.Request,
    body: ResponsesRequest,
    response: Response,
    status: JobStatus,
    error: BridgeError | None = None,
) -> None:
    """Store the end of a response that is not complete, in full and as a row without content."""
    bridge = request.app[BRIDGE]
    # The cancellation may have come while the complete response was written to disk.
    if await _find_complete(bridge, response["id"]) is not None:
        await bridge.responses.delete_job(response["id"])
        return
    ended: dict[str, Any] = {"status": status, "error": error and _describe_failure(error)}
    await save_response(ResponseMemory(bridge), body, cast(Response, {**response, **ended}))
    await bridge.responses.put_job(_describe_job(response, status, error))


async def _find_complete(bridge: Bridge, id: str) -> StoredResponse | None:
    try:
        return await bridge.responses.get(id)
    except StorageUnavailable:
        return None


def _describe_failure(error: BridgeError) -> ResponseError:
    code = "rate_limit_exceeded" if isinstance(error, RateLimited) else "server_error"
    return {"code": code, "message": error.message}


def _describe_job(
    response: Response, status: JobStatus = "in_progress", error: BridgeError | None = None
) -> BackgroundJob:
    code = reason = None
    if error is not None:
        # Not the error's own message, which may quote the request; this one may be on disk.
        code = _describe_failure(error)["code"]
        reason = INTERRUPTED if isinstance(error, ShuttingDown) else error.summary
    return BackgroundJob(
        response["id"], response["model"], response["created_at"], status, code, reason
    )
