"""Record a finished request: log line, ledger row, metrics and last failure.

An answer that was given must not be replaced by an error about its record. So everything here, and
every other code that only counts, runs in `guard_accounting`.
"""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Sequence
from decimal import Decimal
from types import TracebackType

from aiohttp import web

from bridge.connect.programs.row import PROGRAM_HEADER
from bridge.connect.programs.table import identify_program
from bridge.errors import UPSTREAM_ID, BridgeError, InternalError
from bridge.models.prices import calculate_cost, to_micro_dollars
from bridge.models.rules import ECHO
from bridge.server.http.guard import read_credential
from bridge.server.request_record import RequestRecord, get_route_path
from bridge.server.state import BRIDGE, Bridge
from bridge.store.ledger import Entry, parse_client_version
from bridge.translate.stream.usage import TokenCounts, count_hour_writes
from bridge.wire.messages import Usage
from bridge.wire.usage import LastFailure

_log = logging.getLogger(__name__)

_reported: set[str] = set()
"""The places for which a failure was logged, in this process."""


def record_request(request: web.Request, record: RequestRecord, status: int | str) -> None:
    """Write a finished request, or detached work, to the log, the ledger and the metrics.

    `status` is a word if there was no HTTP response.
    What cannot be written is left out; the rest is written all the same.
    """
    seconds = time.perf_counter() - record.started
    if record.outcome == "-" and isinstance(status, str):
        record.outcome = "cut"
    with guard_accounting("the access log"):
        record.log(request, status, seconds)
    with guard_accounting("the ledger"):
        _record_cost(request.app[BRIDGE], record, seconds)
    with guard_accounting("the connected programs"):
        _note_program(request, record)
    with guard_accounting("the metrics"):
        request.app[BRIDGE].metrics.observe(get_route_path(request), record, status, seconds)


def _note_program(request: web.Request, record: RequestRecord) -> None:
    """Note that a program has asked, so that the user sees that it is connected."""
    if record.is_own or record.model == "-":
        return
    name = request.headers.get(PROGRAM_HEADER, "")
    program = identify_program(record.caller.client, read_credential(request), name)
    if program is None:
        return
    # The User-Agent may be that of a library.
    is_own_agent = program == identify_program(record.caller.client, "", "")
    agent = request.headers.get("User-Agent", "") if is_own_agent else ""
    request.app[BRIDGE].sightings.note(program, record, time.time(), parse_client_version(agent))


class AccountingGuard:
    """Logs a failure to record something, the first time for each place, and goes on.

    It has no state, so that there is one for each place and not one for each use.
    """

    __slots__ = ("_place",)

    def __init__(self, place: str) -> None:
        self._place = place

    def __enter__(self) -> None:
        """Begin to record."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        # Whatever it is, the answer is more than its record; a cancellation is no failure.
        if not isinstance(error, Exception):
            return False
        if self._place not in _reported:
            _reported.add(self._place)
            _log.error(
                "Requests are missing in %s, because of an error that is logged only once",
                self._place,
                exc_info=error,
            )
        return True


@functools.cache
def guard_accounting(place: str) -> AccountingGuard:
    """Return the guard of one place: what its block raises is logged, and not raised."""
    return AccountingGuard(place)


def record_failure(request: web.Request, record: RequestRecord, error: BridgeError) -> None:
    """Note an error in the request's record, and as the last failure that `/usage` shows."""
    with guard_accounting("the last failure"):
        _note_failure(request, record, error)


def _note_failure(request: web.Request, record: RequestRecord, error: BridgeError) -> None:
    record.failed = True
    record.outcome = error.outcome
    # An answer that failed later keeps its own.
    record.upstream_id = error.headers.get(UPSTREAM_ID, record.upstream_id)
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


def _record_cost(bridge: Bridge, record: RequestRecord, seconds: float) -> None:
    """Write one ledger row per request sent to Claude, including failed ones, and book its cost."""
    if record.model in ("-", ECHO):
        return
    entry = _build_entry(record, seconds)
    # Both at once: budgets that are read from the ledger later must not have a request twice.
    if bridge.budgets.has_any:
        with guard_accounting("the budgets"):
            bridge.budgets.book(entry)
    bridge.ledger.put(entry)


def _build_entry(record: RequestRecord, seconds: float) -> Entry:
    first = record.first_chunk_seconds
    new, written, read, output = _add_up(record.counts)
    return Entry(
        at=time.time(),
        model=record.model,
        client=record.caller.client,
        key=record.caller.key,
        backend=record.backend,
        input_tokens=new,
        cache_write_tokens=written,
        cache_read_tokens=read,
        output_tokens=output,
        cost=price_answers(record.model, record.usages, record.counts),
        outcome=record.outcome,
        milliseconds=round(seconds * 1000),
        first_chunk_milliseconds=None if first is None else round(first * 1000),
    )


def _add_up(counts: Sequence[TokenCounts]) -> TokenCounts:
    if len(counts) == 1:
        return counts[0]
    new, written, read, output = map(sum, zip(*counts, strict=True)) if counts else (0, 0, 0, 0)
    return new, written, read, output


def price_answers(model: str, usages: Sequence[Usage], counts: Sequence[TokenCounts]) -> int | None:
    """Return micro-dollars; None if any price is unknown: never guess a cost."""
    with guard_accounting("the costs"):
        # Prices may depend on the length of a prompt, so each answer is priced separately.
        prices = [
            calculate_cost(model, *count, cache_write_1h_tokens=count_hour_writes(usage))
            for usage, count in zip(usages, counts, strict=True)
        ]
        known = [price for price in prices if price is not None]
        if len(known) == len(prices):
            return to_micro_dollars(sum(known, Decimal()))
    return None
