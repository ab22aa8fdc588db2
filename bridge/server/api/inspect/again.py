"""`/inspect/exchanges/{id}/again`: send a recorded request again, and compare the answers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from aiohttp import web

from bridge.errors import NotFound, NotSupported
from bridge.inspect.answer_text import read_answer
from bridge.inspect.exchange import Exchange
from bridge.logs import redact
from bridge.models.prices import calculate_cost
from bridge.server.answers.again import choose_backend, prepare_repeat, send_again
from bridge.server.api.inspect.exchanges import find_exchange
from bridge.server.api.inspect.summaries import summarize
from bridge.server.http.endpoint import CLAUDE_FAILURES, Answer, Endpoint
from bridge.server.http.request_body import read_body
from bridge.server.request_record import get_record
from bridge.server.state import BRIDGE, Bridge
from bridge.wire.inspection.again import AnswerFigures, Changes, Comparison, Estimate
from bridge.wire.messages import MessagesRequest, keep_counted


async def estimate_again(request: web.Request) -> web.Response:
    """Count what would be sent, and price it. Raises NotFound and InvalidRequest."""
    bridge, changes = request.app[BRIDGE], await read_body(request, Changes)
    exchange = find_exchange(bridge, request.match_info["id"])
    repeat = await prepare_repeat(bridge, exchange, changes)
    backend = await choose_backend(bridge, repeat, get_record(request))
    model = repeat.resolved.model
    rules = backend.narrow_rules(bridge.find_rules(model, backend.name))
    translated = await bridge.heavy_work.run(repeat.translate, rules, model)
    tokens = await _count_prompt(bridge, translated.request)
    outcome = exchange.outcome
    before = outcome.output_tokens if outcome is not None else None
    estimate = Estimate(
        model=model,
        backend=backend.name,
        input_tokens=tokens,
        cost=_price(model, tokens, before),
        most=_price(model, tokens, translated.request.max_tokens),
        words="",
    )
    described = estimate.model_copy(update={"words": _describe_cost(estimate)})
    return web.json_response(described.model_dump())


async def repeat_exchange(request: web.Request) -> web.Response:
    """Send it again, and return both answers. Raises what a request of a client raises."""
    bridge, changes = request.app[BRIDGE], await read_body(request, Changes)
    exchange = find_exchange(bridge, request.match_info["id"])
    repeat = await prepare_repeat(bridge, exchange, changes)
    id = await send_again(bridge, repeat, get_record(request))
    again = bridge.recorder.get(id)
    if again is None:
        raise NotFound("The answer has come, but the recorder has dropped it: it is off or full.")
    body = Comparison(first=_list_figures(bridge, exchange), again=_list_figures(bridge, again))
    return web.json_response(body.model_dump())


async def _count_prompt(bridge: Bridge, request: MessagesRequest) -> int | None:
    """Return the tokens of the prompt; None where there is no counting."""
    backend = await bridge.selection.select_for_counting(request.model)
    try:
        return (await backend.count_tokens(keep_counted(request))).tokens
    except NotSupported:
        return None


def _price(model: str, input_tokens: int | None, output_tokens: int | None) -> float | None:
    if input_tokens is None or output_tokens is None:
        return None
    cost: Decimal | None = calculate_cost(model, input_tokens, 0, 0, output_tokens)
    return None if cost is None else float(cost)


def _describe_cost(estimate: Estimate) -> str:
    """Return what it costs, in words."""
    if estimate.backend == "offline":
        return "The offline echo answers; it costs nothing."
    parts = [f"{estimate.model} answers, by {estimate.backend}."]
    if estimate.input_tokens is None:
        parts.append("The prompt cannot be counted here: counting needs an API key.")
    else:
        parts.append(f"The prompt has {estimate.input_tokens:,} tokens.")
    if estimate.cost is not None:
        parts.append(f"An answer as long as the first costs ${estimate.cost:.4f} at list prices.")
    if estimate.most is not None:
        parts.append(f"The longest that it may be costs ${estimate.most:.2f}.")
    if estimate.backend == "claude-code":
        parts.append("It counts on your plan.")
    return " ".join(parts)


def _list_figures(bridge: Bridge, exchange: Exchange) -> AnswerFigures:
    summary = summarize(exchange, bridge.recorder.get_size(exchange.id))
    return AnswerFigures(
        id=exchange.id,
        model=summary.model,
        backend=summary.backend,
        outcome=summary.outcome,
        text=redact(read_answer(exchange.calls)),
        notices=[redact(notice) for notice in exchange.notices],
        input_tokens=summary.input_tokens,
        output_tokens=summary.output_tokens,
        cache_read_tokens=summary.cache_read_tokens,
        first_chunk_seconds=summary.first_chunk_seconds,
        seconds=summary.seconds,
        cost=summary.cost,
    )


_CHANGES_EXAMPLE: dict[str, Any] = {"model": "claude-haiku-5-5", "effort": "low"}
_ESTIMATE_EXAMPLE: dict[str, Any] = {
    "model": "claude-haiku-5-5",
    "backend": "anthropic",
    "input_tokens": 24,
    "cost": 0.0001,
    "most": 0.16,
    "words": "claude-haiku-5-5 answers, by anthropic. The prompt has 24 tokens.",
}
_FIGURES_EXAMPLE: dict[str, Any] = {
    "id": "12",
    "model": "claude-sonnet-5-5",
    "backend": "anthropic",
    "outcome": "stop",
    "text": "Paris.",
    "notices": ["model: claude-sonnet-5-5 is used instead of gpt-4o"],
    "input_tokens": 24,
    "output_tokens": 5,
    "cache_read_tokens": 0,
    "first_chunk_seconds": 0.81,
    "seconds": 2.4,
    "cost": 0.0001,
}

ROUTES = (
    Endpoint(
        "POST",
        "/inspect/exchanges/{id}/estimate",
        estimate_again,
        "Inspect",
        "Estimate what sending a recorded request again would cost",
        Answer("The estimate.", Estimate, _ESTIMATE_EXAMPLE),
        access="token",
        body=Changes,
        example=_CHANGES_EXAMPLE,
        failures=CLAUDE_FAILURES,
    ),
    Endpoint(
        "POST",
        "/inspect/exchanges/{id}/again",
        repeat_exchange,
        "Inspect",
        "Send a recorded request again, with changes",
        Answer(
            "Both answers.",
            Comparison,
            {"first": _FIGURES_EXAMPLE, "again": {**_FIGURES_EXAMPLE, "id": "13", "notices": []}},
        ),
        access="token",
        body=Changes,
        example=_CHANGES_EXAMPLE,
        failures=CLAUDE_FAILURES,
    ),
)
