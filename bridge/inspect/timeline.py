"""The steps of an exchange with their times."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.inspect.exchange import Exchange, UpstreamCall


@dataclass(frozen=True, slots=True)
class Step:
    """What happened, in seconds since the request was accepted."""

    at: float
    what: str


def build_timeline(exchange: Exchange) -> list[Step]:
    """Return the steps in the order of time, without the single events."""
    steps = [Step(0.0, "Request accepted")]
    if exchange.request.read_at is not None:
        steps.append(Step(exchange.request.read_at, "Body read"))
    for number, call in enumerate(exchange.calls, 1):
        name = call.backend if len(exchange.calls) == 1 else f"{call.backend} ({number})"
        steps += _list_call_steps(call, name)
    if exchange.written:
        steps.append(Step(exchange.written[0].at, "First chunk written"))
        if len(exchange.written) > 1:
            steps.append(Step(exchange.written[-1].at, "Last chunk written"))
    if exchange.outcome is not None:
        steps.append(Step(exchange.outcome.seconds, f"Ended: {exchange.outcome.outcome}"))
    return sorted(steps, key=lambda step: step.at)


def _list_call_steps(call: UpstreamCall, name: str) -> list[Step]:
    steps = [Step(call.sent_at, f"Translated, and sent to {name}")]
    if call.opened_at is not None:
        steps.append(Step(call.opened_at, f"Answer of {name} opened"))
    if call.batches:
        steps.append(Step(call.batches[0].at, f"First event of {name}"))
    for retry in call.retries:
        what = f"{name} by {retry.route} failed: {retry.reason}; {retry.following}"
        steps.append(Step(retry.at, what))
    if call.ended_at is not None:
        ending = f"failed: {call.failure.reason}" if call.failure else "complete"
        steps.append(Step(call.ended_at, f"Answer of {name} {ending}"))
    return steps
