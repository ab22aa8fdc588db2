"""`GET /inspect/exchanges/{id}/case`: a test case of recorded requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from aiohttp import web
from pydantic import BaseModel, Field

from bridge.errors import InvalidRequest
from bridge.inspect.answer_shape import fill_shape, list_answer
from bridge.inspect.conversation import has_answer, list_conversation
from bridge.inspect.exchange import Ending, Exchange, Failure, UpstreamCall
from bridge.inspect.fields import Translate, Untranslatable
from bridge.inspect.filler import fill_events, fill_json_text, fill_value
from bridge.inspect.redaction import redact_value
from bridge.inspect.streamed_keys import replace_split_keys
from bridge.server.answers.retranslate import (
    TRANSLATED,
    make_parser,
    translate_body,
)
from bridge.server.api.inspect.exchanges import find_exchange
from bridge.server.http.endpoint import Answer, Endpoint
from bridge.server.http.query import read_query
from bridge.server.state import BRIDGE, Bridge
from bridge.wire.inspection.case import CaseStep, Content, ExchangeCase, PlayedAnswer, PlayedError
from bridge.wire.json_bytes import decode_json, encode_json

_HEADERS = ("anthropic-version", "anthropic-beta")
_COUNTS = ("/v1/messages/count_tokens", "/v1/responses/input_tokens")
"""Endpoints whose answer is a number that upstream counts: no text of the same shape has it."""


class CaseQuery(BaseModel):
    """The query parameters."""

    content: Content = Field(
        "filler", description="Texts of the same shape, or those of the request itself."
    )
    scope: Literal["request", "conversation"] = Field(
        "request", description="Whether the earlier requests of its conversation come first."
    )


@dataclass(frozen=True, slots=True)
class _Source:
    """A recorded request that becomes a step."""

    exchange: Exchange
    body: Any
    """As it is to be sent; a text if it is not JSON."""
    translate: Translate | None
    """Today's translation, if it alone makes the request to Claude."""
    continues: int | None


async def export_case(request: web.Request) -> web.Response:
    """Return a case. Raises NotFound, and InvalidRequest for what cannot be played."""
    bridge, query = request.app[BRIDGE], read_query(request, CaseQuery)
    exchange = find_exchange(bridge, request.match_info["id"])
    exchanges = [exchange]
    if query.scope == "conversation":
        earlier = [e for e in bridge.recorder.list_exchanges() if int(e.id) < int(exchange.id)]
        exchanges = await bridge.recorder.work(list_conversation, earlier, exchange)
    sources: list[_Source] = []
    for each in exchanges:
        _check_playable(each)
        before = [source.exchange for source in sources]
        sources.append(await _prepare_source(bridge, each, before, query.content))
    case = await bridge.recorder.work(_build_case, sources, query.content)
    # Keys go in either case; a text with one in it is another text then.
    return web.json_response(await bridge.recorder.work(redact_value, case.model_dump()))


def _check_playable(exchange: Exchange) -> None:
    """Raise InvalidRequest for a request that needs more than an upstream to be played."""
    if exchange.outcome is None:
        raise InvalidRequest(f"Request {exchange.id} has not ended yet.")
    if exchange.is_rejected:
        raise InvalidRequest(
            f"Request {exchange.id} was rejected before its body was read, so it cannot be played."
        )
    if exchange.request.path.startswith("/computer/"):
        raise InvalidRequest("Requests that use this computer cannot be played.")
    backends = {call.backend for call in exchange.calls}
    if "offline" in backends or (len(exchange.calls) > 1 and backends != {"anthropic"}):
        raise InvalidRequest(
            f"Only answers of Claude's API can be played; request {exchange.id} has one of "
            f"{' and '.join(sorted(backends))}."
        )


async def _prepare_source(
    bridge: Bridge, exchange: Exchange, before: Sequence[Exchange], content: Content
) -> _Source:
    """Prepare a request to be sent again: it names the model that has answered."""
    try:
        body = decode_json(exchange.request.body)
    except ValueError:
        text = exchange.request.body.decode("utf-8", "replace")
        body = text if content == "kept" else await bridge.recorder.work(fill_json_text, text)
        return _Source(exchange, body, None, None)
    if not isinstance(body, dict):
        return _Source(exchange, body if content == "kept" else fill_value(body), None, None)
    if body.get("computer_use") or str(body.get("model")).strip().endswith("+computer"):
        raise InvalidRequest("Requests that use this computer cannot be played.")
    # A message on a WebSocket and a response in the background are requests like any other.
    body = {name: value for name, value in body.items() if name not in ("generate", "background")}
    if exchange.via == "socket":
        if body.pop("type", None) != "response.create":
            raise InvalidRequest(
                f"Request {exchange.id} was no response.create on its WebSocket, so it cannot be "
                "played."
            )
        body["stream"] = True
    continues = _find_continued(body, before)
    if content == "filler":
        body = await bridge.recorder.work(fill_value, body)
    if exchange.calls:
        body["model"] = str(decode_json(exchange.calls[0].body)["model"])
    translate = None
    if len(exchange.calls) == 1 and not before and exchange.request.path in TRANSLATED:
        translate = await _make_translation(bridge, exchange, body)
    return _Source(exchange, body, translate, continues)


def _find_continued(body: Mapping[str, Any], before: Sequence[Exchange]) -> int | None:
    """Return the index of the exchange whose response is continued; None without one."""
    id = body.get("previous_response_id")
    if not isinstance(id, str):
        return None
    for index, exchange in enumerate(before):
        if has_answer(exchange, id):
            return index
    raise InvalidRequest(
        "This response continues another one. Export it with the requests before it "
        "(scope=conversation); they must be recorded, too."
    )


async def _make_translation(bridge: Bridge, exchange: Exchange, body: dict[str, Any]) -> Translate:
    # What Claude Code has answered is played by the API.
    model = str(body["model"])
    rules = bridge.selection.narrow_rules("anthropic", bridge.find_rules(model, "anthropic"))
    parse = await make_parser(bridge, exchange, body, bridge.resolve_name)
    return lambda sent: translate_body(parse, rules, model, sent)


def _build_case(sources: Sequence[_Source], content: Content) -> ExchangeCase:
    return ExchangeCase(content=content, steps=[_build_step(source, content) for source in sources])


def _build_step(source: _Source, content: Content) -> CaseStep:
    exchange, outcome = source.exchange, source.exchange.outcome
    calls = [_build_call(call, content) for call in exchange.calls]
    for call, recorded_call in zip(calls[:-1], exchange.calls, strict=False):
        # Its words are the API's own: from them, the bridge has learned what to send next.
        if call.error is not None and recorded_call.failure is not None:
            call.error = _build_error(recorded_call.failure, "kept")
    notices = [n for n in exchange.notices if not (calls and n.startswith("model:"))]
    if source.translate is not None:
        try:
            upstream, translated = _translate(source.translate, source.body)
        except Untranslatable as error:
            raise InvalidRequest(f"This request cannot be translated any more: {error}") from error
        recorded = decode_json(exchange.calls[0].body)
        if _has_thinking(recorded) and not _has_thinking(upstream):
            raise InvalidRequest(
                "Claude got its earlier thinking with this request. Export it with the requests "
                "before it (scope=conversation); they must be recorded, too."
            )
        # Without that thinking, the bridge turns thinking off in the middle of a tool loop.
        if ("thinking" in recorded) == ("thinking" in upstream):
            # The header of an error has none.
            notices = translated if exchange.notices else []
            exact = {"request": decode_json(encode_json(upstream)), "compare": "exact"}
            calls = [calls[0].model_copy(update=exact)]
    headers = {name.lower(): value for name, value in exchange.request.headers}
    status = outcome.status if outcome is not None else None
    return CaseStep(
        path=exchange.request.path,
        headers={name: headers[name] for name in _HEADERS if name in headers},
        request=source.body,
        continues=source.continues,
        notices=notices,
        calls=calls,
        outcome=outcome.outcome if outcome is not None else "-",
        status=status if isinstance(status, int) else 200,
        answer=None if exchange.request.path in _COUNTS else list_answer(exchange, content),
    )


def _has_thinking(body: Mapping[str, Any]) -> bool:
    blocks = [block for message in body["messages"] for block in message["content"]]
    return any(isinstance(block, dict) and block.get("type") == "thinking" for block in blocks)


def _translate(translate: Translate, body: Any) -> tuple[Mapping[str, Any], list[str]]:
    upstream, notices = translate(body)
    return upstream, list(dict.fromkeys(notices))


def _build_call(call: UpstreamCall, content: Content) -> PlayedAnswer:
    request = decode_json(call.body)
    request.pop("stream", None)
    # A count has no events.
    datas = replace_split_keys([moment.data for moment in call.list_events()])
    decoded: list[Any] = [decode_json(data) for data in datas]
    events = [event for event in decoded if "type" in event]
    failure = call.failure
    return PlayedAnswer(
        request=fill_shape(request) if content == "filler" else request,
        compare="shape" if content == "filler" else "exact",
        failures=[
            error for retry in call.retries if (error := _build_error(retry, content)) is not None
        ],
        events=fill_events(events) if content == "filler" else events,
        ending=failure.ending if failure is not None else _choose_ending(events),
        error=_build_error(failure, content) if failure is not None else None,
    )


def _choose_ending(events: Sequence[Any]) -> Ending:
    """Return how an answer ended whose connection did not fail."""
    return "complete" if not events or events[-1]["type"] == "message_stop" else "broken"


def _build_error(failure: Failure, content: Content) -> PlayedError | None:
    if not failure.original:
        return None
    original = decode_json(failure.original)
    body = fill_value(original["body"]) if content == "filler" else original["body"]
    return PlayedError(status=original["status"], body=body)


_CASE_EXAMPLE: dict[str, Any] = {
    "version": 2,
    "content": "filler",
    "steps": [
        {
            "path": "/v1/chat/completions",
            "headers": {},
            "request": {
                "model": "claude-opus-5-5",
                "messages": [{"role": "user", "content": "Xxxx xx 0+0?"}],
                "max_tokens": 2000,
            },
            "continues": None,
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
                    "compare": "exact",
                    "failures": [],
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
                    "ending": "complete",
                    "error": None,
                }
            ],
            "outcome": "stop",
            "status": 200,
            "answer": [
                {
                    "id": "*",
                    "object": "chat.completion",
                    "created": "*",
                    "model": "claude-opus-5-5",
                    "choices": [
                        {
                            "index": 0,
                            "message": {
                                "role": "assistant",
                                "content": "Xxxx.",
                                "refusal": None,
                                "annotations": [],
                            },
                            "logprobs": None,
                            "finish_reason": "stop",
                        }
                    ],
                    "usage": {
                        "prompt_tokens": 12,
                        "completion_tokens": 6,
                        "total_tokens": 18,
                        "prompt_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
                        "completion_tokens_details": {"reasoning_tokens": 0},
                    },
                    "service_tier": "default",
                }
            ],
        }
    ],
}

ROUTES = (
    Endpoint(
        "GET",
        "/inspect/exchanges/{id}/case",
        export_case,
        "Inspect",
        "Make a test case of recorded requests",
        Answer("The case, for `tests/inspect/cases`.", ExchangeCase, _CASE_EXAMPLE),
        access="token",
        query=CaseQuery,
        failures=(400, 404),
    ),
)
