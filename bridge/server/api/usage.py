"""`GET /usage`: the ledger, for the dashboard and the tray."""

from __future__ import annotations

from dataclasses import asdict

from aiohttp import web

from bridge.errors import InvalidRequest
from bridge.server.state import BRIDGE
from bridge.store.ledger import DayTotal, Entry, Totals
from bridge.wire.usage import DayUsage, RecentRequest, UsageReport, UsageTotals

_MICRO = 1_000_000


async def usage(request: web.Request) -> web.Response:
    """Today, the last days, the latest requests, the last failure."""
    bridge = request.app[BRIDGE]
    days, recent = _number(request, "days", 30, 400), _number(request, "recent", 20, 1000)
    report = UsageReport(
        today=_totals(await bridge.ledger.today()),
        days=[_day(total) for total in await bridge.ledger.by_day(days)],
        recent=[_recent(entry) for entry in await bridge.ledger.recent(recent)],
        last_failure=bridge.last_failure,
    )
    return web.json_response(report.model_dump())


def _number(request: web.Request, name: str, default: int, most: int) -> int:
    said = request.query.get(name, str(default))
    if not (said.isascii() and said.isdecimal() and len(said) < 5 and int(said) <= most):
        raise InvalidRequest(f"Invalid value for {name}: a number up to {most}.", param=name)
    return int(said)


def _totals(totals: Totals) -> UsageTotals:
    return UsageTotals(**{**asdict(totals), "cost": totals.cost / _MICRO})


def _day(total: DayTotal) -> DayUsage:
    named = {"day": total.day, "model": total.model, "backend": total.backend}
    return DayUsage(**named, client=total.client, **_totals(total.totals).model_dump())


def _recent(entry: Entry) -> RecentRequest:
    cost = None if entry.cost is None else entry.cost / _MICRO
    return RecentRequest(**{**asdict(entry), "cost": cost})
