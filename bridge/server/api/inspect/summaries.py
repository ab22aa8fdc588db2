"""Describes recorded exchanges in a list."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bridge.inspect.exchange import Exchange
from bridge.inspect.recorder import Recorder
from bridge.logs import redact
from bridge.server.http.accounting import price_answers
from bridge.translate.stream.usage import list_counts
from bridge.wire.inspection.recorder import ExchangeSummary, RecorderState

_MODEL = re.compile(rb'"model"\s*:\s*"([^"\\]{1,200})"')
_DOLLARS = 1_000_000


def describe_recorder(recorder: Recorder) -> RecorderState:
    """Describe the recorder's state."""
    return RecorderState(
        on=recorder.is_on,
        until=recorder.until,
        exchanges=recorder.count,
        bytes=recorder.size,
        dropped=recorder.dropped,
    )


def summarize(exchange: Exchange, size: int) -> ExchangeSummary:
    """Describe an exchange in short; `size` is that of its content."""
    request, outcome = exchange.request, exchange.outcome
    call = exchange.calls[-1] if exchange.calls else None
    usages = outcome.usages if outcome is not None else ()
    model = outcome.model if outcome is not None else None
    dollars = None
    if usages and model is not None:
        dollars = price_answers(model, usages, [list_counts(usage) for usage in usages])
    return ExchangeSummary(
        id=exchange.id,
        request_id=outcome.request_id if outcome is not None else None,
        at=exchange.at,
        via=exchange.via,
        method=request.method,
        path=redact(request.path),
        client=redact(request.client),
        key=request.key,
        requested_model=_find_model(request.body),
        model=model if model != "-" else None,
        backend=call.backend if call is not None else None,
        running=outcome is None,
        status=outcome.status if outcome is not None else None,
        outcome=outcome.outcome if outcome is not None else None,
        failed=outcome.failed if outcome is not None else False,
        rejected=exchange.is_rejected,
        notices=len(exchange.notices),
        first_chunk_seconds=exchange.written[0].at if exchange.written else None,
        seconds=outcome.seconds if outcome is not None else None,
        input_tokens=outcome.input_tokens if outcome is not None else None,
        output_tokens=outcome.output_tokens if outcome is not None else None,
        cache_read_tokens=_add_up(usages, "cache_read_input_tokens"),
        cache_write_tokens=_add_up(usages, "cache_creation_input_tokens"),
        cost=None if dollars is None else dollars / _DOLLARS,
        bytes=size,
        repeats=exchange.repeats,
    )


def _find_model(body: bytes | bytearray) -> str | None:
    # Not parsed: the list is made often, and a body may be large.
    match = _MODEL.search(body)
    return None if match is None else redact(match[1].decode("utf-8", "replace"))


def _add_up(usages: tuple[Mapping[str, Any], ...], name: str) -> int | None:
    counts = [usage.get(name) or 0 for usage in usages]
    return sum(counts) if counts else None
