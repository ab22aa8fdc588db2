"""Record a finished request: log line, ledger row, metrics and last failure."""

from __future__ import annotations

import logging
import time
from decimal import Decimal

from aiohttp import web

from bridge.errors import UPSTREAM_ID, BridgeError, InternalError
from bridge.models.prices import calculate_cost, to_micro_dollars
from bridge.models.rules import ECHO
from bridge.server.request_record import RequestRecord, get_route_path
from bridge.server.state import BRIDGE
from bridge.store.ledger import Entry
from bridge.wire.messages import Usage
from bridge.wire.usage import LastFailure

_log = logging.getLogger(__name__)


def record_request(
    request: web.Request, record: RequestRecord, status: int | str, started: float
) -> None:
    """Write a finished request, or detached work, to the log, the ledger and the metrics.

    `status` is a word if there was no HTTP response; `started` is its start by `perf_counter`.
    """
    seconds = time.perf_counter() - started
    if record.outcome == "-" and isinstance(status, str):
        record.outcome = "cut"
    record.log(request, status, seconds)
    _write_ledger_row(request, record, seconds)
    request.app[BRIDGE].metrics.observe(get_route_path(request), record, status, seconds)


def record_failure(request: web.Request, record: RequestRecord, error: BridgeError) -> None:
    """Note an error in the request's record, and as the last failure that `/usage` shows."""
    record.outcome = error.outcome
    record.upstream_id = error.headers.get(UPSTREAM_ID, "-")
    # Only API calls count: browsers request icons that do not exist.
    if not request.path.startswith("/v1/"):
        return
    # The error's own message is left out, as it may quote the conversation.
    request.app[BRIDGE].last_failure = LastFailure(
        at=time.time(),
        request=record.id,
        path=get_route_path(request),
        status=error.status,
        code=error.outcome,
        summary=error.summary,
        hint=error.hint,
        # The old names of the two fields, for clients of the previous version.
        words=error.summary,
        cure=error.hint,
    )


def as_internal_error(error: Exception, record: RequestRecord) -> InternalError:
    """Log an unexpected exception, and return the error that the client gets instead."""
    _log.error("%s failed inside the bridge", record.id, exc_info=error)
    return InternalError(f"Internal error; the bridge's log has details under {record.id}.")


def _write_ledger_row(request: web.Request, record: RequestRecord, seconds: float) -> None:
    """Write one ledger row per request sent to Claude, including failed ones."""
    if record.model in ("-", ECHO):
        return
    counts = [_count_tokens(usage) for usage in record.usages if usage]
    # Prices may depend on the length of a prompt, so each answer is priced separately.
    prices = [calculate_cost(record.model, *count) for count in counts]
    known = [price for price in prices if price is not None]
    first = record.first_chunk_seconds
    new, written, read, output = map(sum, zip(*counts, strict=True)) if counts else (0, 0, 0, 0)
    request.app[BRIDGE].ledger.put(
        Entry(
            at=time.time(),
            model=record.model,
            client=record.client,
            backend=record.backend,
            input_tokens=new,
            cache_write_tokens=written,
            cache_read_tokens=read,
            output_tokens=output,
            # One answer without a known price makes the sum unknown: never guess a cost.
            cost=to_micro_dollars(sum(known, Decimal())) if len(known) == len(prices) else None,
            outcome=record.outcome,
            milliseconds=round(seconds * 1000),
            first_chunk_milliseconds=None if first is None else round(first * 1000),
        )
    )


def _count_tokens(usage: Usage) -> tuple[int, int, int, int]:
    """Return new input, cache writes, cache reads and output, as upstream counts them."""
    return (
        usage.get("input_tokens") or 0,
        usage.get("cache_creation_input_tokens") or 0,
        usage.get("cache_read_input_tokens") or 0,
        usage.get("output_tokens") or 0,
    )
