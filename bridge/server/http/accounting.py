"""Closes the account of a request: what it took, what it cost, what became of it."""

from __future__ import annotations

import time
from decimal import Decimal

from aiohttp import web

from bridge.models.prices import calculate_cost, to_micro_dollars
from bridge.models.rules import ECHO
from bridge.server.request_record import Access, path_of
from bridge.server.state import BRIDGE
from bridge.store.ledger import Entry
from bridge.wire.messages import Usage


def close_account(request: web.Request, access: Access, status: int | str, started: float) -> None:
    """What a request or a turn comes to: into the log, the ledger and the metrics.

    `status` is a word where there was no answer to have one; `started` is of `perf_counter`.
    """
    seconds = time.perf_counter() - started
    if access.outcome == "-" and isinstance(status, str):
        access.outcome = "cut"
    access.log(request, status, seconds)
    _book(request, access, seconds)
    request.app[BRIDGE].metrics.observe(path_of(request), access, status, seconds)


def _book(request: web.Request, access: Access, seconds: float) -> None:
    """One row for each request that was to be asked of Claude, be it that it failed."""
    if access.model in ("-", ECHO):
        return
    counted = [_counts(usage) for usage in access.usages if usage]
    # Prices may depend on the length of a prompt, so each answer is priced by itself.
    prices = [calculate_cost(access.model, *counts) for counts in counted]
    known = [price for price in prices if price is not None]
    first = access.first_chunk_seconds
    new, written, read, output = map(sum, zip(*counted, strict=True)) if counted else (0, 0, 0, 0)
    request.app[BRIDGE].ledger.put(
        Entry(
            at=time.time(),
            model=access.model,
            client=access.client,
            backend=access.backend,
            input_tokens=new,
            cache_write_tokens=written,
            cache_read_tokens=read,
            output_tokens=output,
            cost=to_micro_dollars(sum(known, Decimal())) if len(known) == len(prices) else None,
            outcome=access.outcome,
            milliseconds=round(seconds * 1000),
            first_chunk_milliseconds=None if first is None else round(first * 1000),
        )
    )


def _counts(usage: Usage) -> tuple[int, int, int, int]:
    return (
        usage.get("input_tokens") or 0,
        usage.get("cache_creation_input_tokens") or 0,
        usage.get("cache_read_input_tokens") or 0,
        usage.get("output_tokens") or 0,
    )
