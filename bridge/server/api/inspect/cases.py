"""`GET /inspect/exchanges/{id}/case`: a test case of a recorded request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from aiohttp import web
from pydantic import BaseModel, Field

from bridge.errors import InvalidRequest
from bridge.inspect.exchange import Exchange
from bridge.inspect.fields import Translate, Untranslatable
from bridge.inspect.filler import fill_events, fill_value
from bridge.inspect.redaction import redact_value
from bridge.server.answers.retranslate import (
    find_narrowed_rules,
    make_parser,
    read_recorded_body,
    translate_body,
)
from bridge.server.api.inspect.exchanges import find_exchange
from bridge.server.http.endpoint import Answer, Endpoint
from bridge.server.http.query import read_query
from bridge.server.state import BRIDGE, Bridge
from bridge.wire.inspection.case import ExchangeCase, PlayedAnswer
from bridge.wire.json_bytes import decode_json, encode_json

_HEADERS = ("anthropic-version", "anthropic-beta")


class CaseQuery(BaseModel):
    """The query parameters."""

    content: Literal["filler", "kept"] = Field(
        "filler", description="Texts of the same shape, or those of the request itself."
    )


async def export_case(request: web.Request) -> web.Response:
    """Return a case. Raises NotFound, and InvalidRequest for what cannot be played."""
    bridge, query = request.app[BRIDGE], read_query(request, CaseQuery)
    exchange = find_exchange(bridge, request.match_info["id"])
    body = read_recorded_body(exchange)
    _check_playable(exchange, body)
    if query.content == "filler":
        body = await bridge.recorder.work(fill_value, body)
    translate = await _make_translation(bridge, exchange, body)
    case = await bridge.recorder.work(_build_case, exchange, body, translate, query.content)
    # Keys go in either case; a text with one in it is another text then.
    return web.json_response(await bridge.recorder.work(redact_value, case.model_dump()))


def _check_playable(exchange: Exchange, body: Mapping[str, Any]) -> None:
    """Raise NotSupported for a request whose answer depends on more than itself."""
    if exchange.outcome is None:
        raise InvalidRequest("This request has not ended yet.")
    if len(exchange.calls) != 1 or exchange.calls[0].failure is not None:
        raise InvalidRequest(
            "Only a request with one complete answer of Claude's can be played; this one has "
            f"{len(exchange.calls)} calls"
            + (", and one of them failed." if any(c.failure for c in exchange.calls) else ".")
        )
    if body.get("previous_response_id") or exchange.via in ("socket", "background"):
        raise InvalidRequest("A response that continues another one cannot be played alone.")


async def _make_translation(bridge: Bridge, exchange: Exchange, body: dict[str, Any]) -> Translate:
    found = find_narrowed_rules(bridge, exchange)
    if found is None:
        raise InvalidRequest("This request was not sent to Claude.")
    rules, model = found
    parse = await make_parser(bridge, exchange, body, bridge.resolve_name)
    return lambda sent: translate_body(parse, rules, model, sent)


def _build_case(
    exchange: Exchange,
    body: dict[str, Any],
    translate: Translate,
    content: Literal["filler", "kept"],
) -> ExchangeCase:
    """Build the case; it has the request that today's translation makes of the body."""
    # The model that has answered, whatever the switches of another bridge say.
    body = {**body, "model": str(decode_json(exchange.calls[0].body)["model"])}
    try:
        upstream, notices = translate(body)
    except Untranslatable as error:
        raise InvalidRequest(f"This request cannot be translated any more: {error}") from error
    events: Sequence[Any] = [decode_json(moment.data) for moment in exchange.calls[0].list_events()]
    headers = {name.lower(): value for name, value in exchange.request.headers}
    outcome = exchange.outcome
    return ExchangeCase(
        path=exchange.request.path,
        headers={name: headers[name] for name in _HEADERS if name in headers},
        request=body,
        content=content,
        notices=list(dict.fromkeys(notices)),
        calls=[
            PlayedAnswer(
                request=decode_json(encode_json(upstream)),
                events=fill_events(events) if content == "filler" else list(events),
            )
        ],
        outcome=outcome.outcome if outcome is not None else "-",
        status=outcome.status if outcome is not None and isinstance(outcome.status, int) else 200,
    )


_CASE_EXAMPLE: dict[str, Any] = {
    "version": 1,
    "path": "/v1/chat/completions",
    "headers": {},
    "request": {
        "model": "claude-opus-5-5",
        "messages": [{"role": "user", "content": "Xxxx xx 0+0?"}],
        "max_tokens": 2000,
    },
    "content": "filler",
    "notices": ["max_tokens: 2048 is used instead of 2000"],
    "calls": [
        {
            "request": {
                "model": "claude-opus-5-5",
                "max_tokens": 2048,
                "messages": [
                    {"role": "user", "content": [{"type": "text", "text": "Xxxx xx 0+0?"}]}
                ],
                "system": [{"type": "text", "text": "Xx xxxxx."}],
                "thinking": {"type": "adaptive", "display": "summarized"},
                "cache_control": {"type": "ephemeral"},
            },
            "events": [
                {
                    "type": "message_start",
                    "message": {
                        "model": "claude-opus-5-5",
                        "id": "msg_0f6e",
                        "type": "message",
                        "role": "assistant",
                        "content": [],
                        "stop_reason": None,
                        "stop_sequence": None,
                        "stop_details": None,
                        "usage": {
                            "input_tokens": 12,
                            "cache_creation_input_tokens": 0,
                            "cache_read_input_tokens": 0,
                            "output_tokens": 1,
                            "service_tier": "standard",
                        },
                    },
                }
            ],
            "failure": None,
        }
    ],
    "outcome": "stop",
    "status": 200,
}

ROUTES = (
    Endpoint(
        "GET",
        "/inspect/exchanges/{id}/case",
        export_case,
        "Inspect",
        "Make a test case of a recorded request",
        Answer("The case, for `tests/inspect/cases`.", ExchangeCase, _CASE_EXAMPLE),
        access="token",
        query=CaseQuery,
        failures=(400, 404),
    ),
)
