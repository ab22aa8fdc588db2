"""`POST /v1/messages` and `/v1/messages/count_tokens`: the format of Anthropic's own API."""

from __future__ import annotations

import functools
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from aiohttp import web

from bridge.backends.base import Batch, EventStream
from bridge.backends.batches import map_batches
from bridge.models.names import ResolvedModel
from bridge.server.answers.attempt import OpenAnswer, open_answer
from bridge.server.answers.record_answer import record_answer
from bridge.server.answers.recorded_backend import record_calls
from bridge.server.answers.routing import resolve_request, resolve_without_computer
from bridge.server.http.dialect import ANTHROPIC
from bridge.server.http.endpoint import ANTHROPIC_HEADERS, CLAUDE_FAILURES, Answer, Endpoint
from bridge.server.http.event_stream import write_events
from bridge.server.http.notice_header import build_notice_headers
from bridge.server.http.request_body import is_large, read_body
from bridge.server.request_record import RequestRecord, get_record
from bridge.server.state import BRIDGE
from bridge.translate.passthrough import (
    MessageCollector,
    adapt_to_model,
    add_named_effort,
    build_count_request,
    pass_through,
)
from bridge.translate.passthrough_schemas import fit_schemas
from bridge.wire.anthropic import CountBody, MessagesBody, TokenCount, WholeMessage
from bridge.wire.json_bytes import encode_ascii_json
from bridge.wire.messages import MessageEvent

_BETA_NOTICE = "anthropic-beta ignored: Claude Code sets its own"


async def create_message(request: web.Request) -> web.StreamResponse:
    """Stream Claude's events as they arrive, or return the message that they add up to."""
    bridge = request.app[BRIDGE]
    body, record = await read_body(request, MessagesBody), get_record(request)
    resolved = resolve_without_computer(bridge, record.caller, body.model)
    effort_notices: tuple[str, ...] = ()
    if resolved.rule_effort is None:
        rules = bridge.find_rules(resolved.model)
        body, effort_notices = add_named_effort(body, resolved.effort, rules)
    translation = functools.partial(
        pass_through, body, request.headers, effort=resolved.rule_effort
    )
    record.model = resolved.model
    with bridge.track_answer():
        # The check of a format loads the validator of JSON schemas.
        heavy = is_large(request) or "format" in (body.output_config or {})
        answer = await open_answer(bridge, record.caller, resolved, translation, heavy=heavy)
        record.note_answer(answer.backend, answer.stream.headers, answer.model)
        notices = [*effort_notices, *_list_notices(request, resolved, answer)]
        headers = build_notice_headers(record.id, notices)
        collector = MessageCollector()
        async with (
            aclosing(answer.stream),
            aclosing(_record_events(record, collector, answer.stream)) as batches,
        ):
            if body.stream:
                return await write_events(request, headers, batches)
            # `_record_events` gives each event to the collector.
            async for _ in batches:
                pass
            message = dict(collector.finish())
            return web.json_bytes_response(message, dumps=encode_ascii_json, headers=headers)


async def count_message_tokens(request: web.Request) -> web.Response:
    """Count the tokens of a prompt, with an Anthropic API key.

    The active backend does not matter. Raises NotSupported without a key.
    """
    bridge = request.app[BRIDGE]
    body, record = await read_body(request, CountBody), get_record(request)
    resolved = resolve_request(bridge, record.caller, body.model)
    backend = record_calls(await bridge.selection.select_for_counting(resolved.model))
    rules = backend.narrow_rules(bridge.find_rules(resolved.model, backend.name))
    counted, changes = adapt_to_model(
        build_count_request(body, request.headers, resolved.model),
        body.model,
        rules,
        resolved.rule_effort,
    )
    fitted = fit_schemas(counted)
    prompt = await backend.count_tokens(fitted.request)
    record.note_answer(backend.name, prompt.headers)
    notices = (*resolved.notices, *changes, *fitted.notices)
    count: TokenCount = {"input_tokens": prompt.tokens}
    return web.json_response(dict(count), headers=build_notice_headers(record.id, notices))


def _list_notices(request: web.Request, resolved: ResolvedModel, answer: OpenAnswer) -> list[str]:
    notices = [*resolved.notices]
    # On that backend Claude Code builds the request, and chooses its betas itself.
    if answer.backend == "claude-code" and "anthropic-beta" in request.headers:
        notices.append(_BETA_NOTICE)
    return [*notices, *answer.notices]


def _record_events(
    record: RequestRecord, collector: MessageCollector, stream: EventStream
) -> AsyncGenerator[Batch, None]:
    """Pass the events on; record the result for the access line and the ledger."""

    def feed(event: MessageEvent) -> Batch:
        collector.feed(event)
        return [event]

    def finish() -> str:
        collector.finish()
        return collector.stop_reason or "-"

    return record_answer(record, map_batches(stream, feed), finish, lambda: [collector.usage])


_COUNT_EXAMPLE: dict[str, Any] = {
    "model": "claude-opus-5-5",
    "messages": [{"role": "user", "content": "What is the capital of France?"}],
}

_TOKENS_EXAMPLE: dict[str, Any] = {"input_tokens": 14}

_REQUEST_EXAMPLE: dict[str, Any] = {**_COUNT_EXAMPLE, "max_tokens": 2000}

_MESSAGE_EXAMPLE: dict[str, Any] = {
    "id": "msg_013Zva2CMHLNnXjNJKqJ2EF",
    "type": "message",
    "role": "assistant",
    "model": "claude-opus-5-5",
    "content": [{"type": "text", "text": "Paris."}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "stop_details": None,
    "usage": {
        "input_tokens": 24,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": 5,
        "output_tokens_details": {"thinking_tokens": 0},
        "service_tier": "standard",
    },
}

ROUTES = (
    Endpoint(
        "POST",
        "/v1/messages",
        create_message,
        "Anthropic",
        "Create a message, in the format of Anthropic's API",
        Answer(
            "The message; with `stream: true` Claude's events as they arrive.",
            WholeMessage,
            _MESSAGE_EXAMPLE,
            events=dict,
            headers=ANTHROPIC_HEADERS,
        ),
        access="key",
        dialect=ANTHROPIC,
        body=MessagesBody,
        example=_REQUEST_EXAMPLE,
        is_recorded=True,
        failures=(*CLAUDE_FAILURES, 529),
    ),
    Endpoint(
        "POST",
        "/v1/messages/count_tokens",
        count_message_tokens,
        "Anthropic",
        "Count the tokens of a message's prompt",
        Answer(
            "The count from Anthropic's API.",
            TokenCount,
            _TOKENS_EXAMPLE,
            headers=ANTHROPIC_HEADERS,
        ),
        access="key",
        dialect=ANTHROPIC,
        body=CountBody,
        example=_COUNT_EXAMPLE,
        is_recorded=True,
        failures=(*CLAUDE_FAILURES, 501, 529),
    ),
)
