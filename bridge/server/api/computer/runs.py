"""`POST /computer/runs`: a task that Claude does on this computer, streamed as events."""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from aiohttp import web

from bridge.agent.as_events import RunEventConverter
from bridge.agent.events import Event
from bridge.backends.batches import map_batches, prepend_batch
from bridge.server.answers.budgets import keep_to_budgets
from bridge.server.answers.computer_use import build_computer_use
from bridge.server.answers.recorded_backend import record_calls
from bridge.server.answers.routing import (
    apply_effort,
    resolve_request,
    select_backend,
    uses_computer,
)
from bridge.server.api.computer.desktop import DESKTOP_FAILURES
from bridge.server.http.accounting import guard_accounting
from bridge.server.http.asker import identify_asker
from bridge.server.http.dialect import COMPUTER
from bridge.server.http.endpoint import Answer, Endpoint
from bridge.server.http.event_stream import write_events
from bridge.server.http.notice_header import build_notice_headers
from bridge.server.http.request_body import read_body
from bridge.server.request_record import RequestRecord, get_record
from bridge.server.state import BRIDGE
from bridge.translate.chat.request import translate_chat
from bridge.wire.chat import ChatRequest
from bridge.wire.computer import RunBody, RunEvent, RunStarted


async def create_run(request: web.Request) -> web.StreamResponse:
    """Run a task until it ends or the client leaves. Raises ComputerOff and ComputerBusy."""
    bridge, record = request.app[BRIDGE], get_record(request)
    body = await read_body(request, RunBody)
    resolved = resolve_request(bridge, record.caller, body.model)
    uses_computer(resolved, is_requested=True)
    record.model = resolved.model
    with bridge.track_answer():
        backend = record_calls(
            await select_backend(bridge, record.caller, resolved.model, resolved.rule)
        )
        model, cheaper = await keep_to_budgets(bridge, record.caller, resolved.model, backend.name)
        record.model, record.backend = model, backend.name
        messages = [{"role": "user", "content": body.prompt}]
        chat = ChatRequest.model_validate({"model": model, "messages": messages, "stream": True})
        translated = translate_chat(
            apply_effort(chat, resolved),
            backend.narrow_rules(bridge.find_rules(model, backend.name)),
            model,
        )
        asker = await identify_asker(request, body.asked_by)
        computer_use = build_computer_use(
            bridge, asker, dry_run=body.dry_run, pauses=body.mouse_moved == "pause"
        )
        async with computer_use.open_run(backend, translated.request) as batches:
            # An error before the first event can still be answered with its HTTP status.
            events = prepend_batch(await anext(batches), batches)
            started = RunStarted(id=f"run_{uuid.uuid4().hex}", model=model).model_dump()
            async with aclosing(_convert_events(started, events, record)) as converted:
                headers = build_notice_headers(record.id, (*resolved.notices, *cheaper))
                return await write_events(request, headers, converted)


async def _convert_events(
    started: dict[str, Any], batches: AsyncGenerator[list[Event], None], record: RequestRecord
) -> AsyncGenerator[list[dict[str, Any]], None]:
    """Yield the events of the API; record usage and outcome when they end."""
    converter = RunEventConverter()
    try:
        yield [started]
        async for converted in map_batches(batches, converter.feed):
            yield converted
    finally:
        with guard_accounting("the token counts"):
            record.set_usages([converter.usage])
        record.outcome = converter.status or record.outcome


_REQUEST_EXAMPLE: dict[str, Any] = {"prompt": "Open the settings and turn on dark mode."}

ROUTES = (
    Endpoint(
        "POST",
        "/computer/runs",
        create_run,
        "Computer",
        "Let Claude do a task on this computer",
        Answer(
            "Events `data: {event}` until `run.finished` or `run.error`.",
            events=RunEvent,
            headers=("x-bridge-notice",),
        ),
        access="token",
        dialect=COMPUTER,
        body=RunBody,
        example=_REQUEST_EXAMPLE,
        is_recorded=True,
        failures=(*DESKTOP_FAILURES, 401, 402, 404, 429, 502, 504),
    ),
)
