"""`GET /usage`: the ledger, for the dashboard and the tray."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from aiohttp import web
from pydantic import BaseModel, Field

from bridge.server.http.endpoint import Answer, Endpoint
from bridge.server.http.query import DECIMAL, read_query
from bridge.server.state import BRIDGE
from bridge.store.ledger import DayTotal, Entry, Totals
from bridge.wire.usage import DayUsage, RecentRequest, UsageReport, UsageTotals

_MICRO_DOLLARS = 1_000_000
"""Micro-dollars in one dollar: the ledger adds whole numbers, so that sums are exact."""


class UsageQuery(BaseModel):
    """The query parameters."""

    days: Annotated[int, DECIMAL] = Field(
        30, ge=0, le=400, description="Number of calendar days, including today."
    )
    recent: Annotated[int, DECIMAL] = Field(
        20, ge=0, le=1000, description="Number of latest requests."
    )


async def get_usage(request: web.Request) -> web.Response:
    """Return today's totals, the last days, the latest requests and the last failure."""
    bridge = request.app[BRIDGE]
    query = read_query(request, UsageQuery)
    report = UsageReport(
        today=_as_totals(await bridge.ledger.sum_today()),
        days=[_as_day(total) for total in await bridge.ledger.sum_by_day(query.days)],
        recent=[_as_recent(entry) for entry in await bridge.ledger.list_recent(query.recent)],
        last_failure=bridge.last_failure,
    )
    return web.json_response(asdict(report))


def _as_totals(totals: Totals) -> UsageTotals:
    return UsageTotals(**{**asdict(totals), "cost": totals.cost / _MICRO_DOLLARS})


def _as_day(total: DayTotal) -> DayUsage:
    return DayUsage(
        day=total.day,
        model=total.model,
        backend=total.backend,
        client=total.client,
        **asdict(_as_totals(total.totals)),
    )


def _as_recent(entry: Entry) -> RecentRequest:
    # None means that the price of the model is unknown; zero would mean that it is free.
    cost = None if entry.cost is None else entry.cost / _MICRO_DOLLARS
    return RecentRequest(**{**asdict(entry), "cost": cost})


_TOTALS_EXAMPLE: dict[str, Any] = {
    "requests": 1,
    "input_tokens": 24,
    "cache_write_tokens": 0,
    "cache_read_tokens": 0,
    "output_tokens": 5,
    "cost": 0.000196,
    "unpriced": 0,
}

USAGE_EXAMPLE: dict[str, Any] = {
    "today": _TOTALS_EXAMPLE,
    "days": [
        {
            **_TOTALS_EXAMPLE,
            "day": "2026-11-23",
            "model": "claude-opus-5-5",
            "backend": "anthropic",
            "client": "openai-python",
        }
    ],
    "recent": [
        {
            "at": 1795411201.5,
            "model": "claude-opus-5-5",
            "backend": "anthropic",
            "client": "openai-python",
            "input_tokens": 24,
            "cache_write_tokens": 0,
            "cache_read_tokens": 0,
            "output_tokens": 5,
            "cost": 0.000196,
            "outcome": "stop",
            "milliseconds": 812,
            "first_chunk_milliseconds": 640,
        }
    ],
    "last_failure": None,
}

ROUTES = (
    Endpoint(
        "GET",
        "/usage",
        get_usage,
        "Usage",
        "Requests, tokens and cost (never message content)",
        Answer("Newest first.", UsageReport, USAGE_EXAMPLE),
        access="key",
        query=UsageQuery,
        failures=(400,),
    ),
)
