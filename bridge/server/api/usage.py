"""`GET /usage`: the ledger, for the dashboard and the tray."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from aiohttp import web
from pydantic import BaseModel, Field

from bridge.errors import InvalidRequest
from bridge.plan.account import CLAUDE_CODE, AccountPlan
from bridge.plan.words import WINDOW_SECONDS
from bridge.server.http.endpoint import Answer, Endpoint
from bridge.server.http.query import DECIMAL, read_query
from bridge.server.http.request_body import read_body
from bridge.server.state import BRIDGE, Bridge
from bridge.store.ledger import DayTotal, Entry, KeyTotal, Totals
from bridge.wire.control import ExtraUsageChoice
from bridge.wire.usage import (
    DayUsage,
    KeyUsage,
    PlanReport,
    PlanUser,
    RecentRequest,
    UsageReport,
    UsageTotals,
)

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
        plans=await list_plans(bridge),
        plan_users=await _list_plan_users(bridge) if query.days else [],
        keys=[_as_key(total) for total in await bridge.ledger.sum_by_key(query.days)],
        budgets=await bridge.budgets.build_reports(),
    )
    return web.json_response(asdict(report))


async def allow_extra_usage(request: web.Request) -> web.Response:
    """Let requests go on when the plan is used up: until it resets, always, or not any more.

    Raises InvalidRequest if the setting refuses it, and if it is not clear for which account.
    """
    bridge = request.app[BRIDGE]
    choice = await read_body(request, ExtraUsageChoice)
    plan, *others = _choose_plans(bridge, choice)
    for each in (plan, *others):
        each.agree(choice.agreement)
    return web.json_response(asdict(plan.build_report()))


def _choose_plans(bridge: Bridge, choice: ExtraUsageChoice) -> list[AccountPlan]:
    """Return the plans that a choice is for: without an account, the one that needs it.

    To allow no more holds for every account. Raises InvalidRequest.
    """
    if choice.account is not None:
        bridge.check_sign_in(choice.account, param="account")
        return [bridge.plan.for_account(choice.account)]
    in_use, known = bridge.plan.for_account(bridge.switches.sign_in), bridge.plan.list_all()
    if choice.agreement == "no":
        return [in_use, *(plan for plan in known if plan is not in_use)]
    # A sign-in that is not in use may be named by a rule or a request.
    refused = [plan for plan in known if plan.is_refusing]
    if not refused or in_use in refused:
        return [in_use]
    if len(refused) > 1:
        names = " and ".join(f"`{plan.name}`" for plan in refused)
        raise InvalidRequest(
            f"The plans of {names} are used up. Send `account`, or decide on the dashboard.",
            param="account",
        )
    return refused


async def list_plans(bridge: Bridge) -> list[PlanReport]:
    """Report the plans that are known, and that of the active backend."""
    plans = bridge.plan.list_known()
    if not plans and (await bridge.selection.get_status()).active == CLAUDE_CODE:
        plans = [bridge.plan.for_account(bridge.switches.sign_in)]
    return [plan.build_report() for plan in plans]


async def _list_plan_users(bridge: Bridge) -> list[PlanUser]:
    # The ledger does not tell the accounts apart, so this is about the one in use.
    plan = bridge.plan.for_account(bridge.switches.sign_in)
    windows = {window.name: window for window in plan.build_report().windows}
    return [
        PlanUser(
            window=name,
            client=total.client,
            model=total.model,
            requests=total.totals.requests,
            tokens=_count_new_tokens(total.totals),
            cost=total.totals.cost / _MICRO_DOLLARS,
        )
        for name, seconds in WINDOW_SECONDS.items()
        if name in windows
        for total in await bridge.ledger.sum_by_client(
            windows[name].resets_at - seconds, CLAUDE_CODE
        )
    ]


def _count_new_tokens(totals: Totals) -> int:
    return totals.input_tokens + totals.cache_write_tokens + totals.output_tokens


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


def _as_key(total: KeyTotal) -> KeyUsage:
    sums = total.totals
    return KeyUsage(name=total.key, requests=sums.requests, cost=sums.cost / _MICRO_DOLLARS)


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

_PLAN_EXAMPLE: dict[str, Any] = {
    "backend": "claude-code",
    "account": "default",
    "as_of": 1795411201.5,
    "windows": [
        {
            "name": "five_hour",
            "used": 0.62,
            "resets_at": 1795425600.0,
            "label": "Session",
            "empty_at": None,
        },
        {
            "name": "seven_day",
            "used": 0.31,
            "resets_at": 1795824000.0,
            "label": "Week",
            "empty_at": None,
        },
    ],
    "extra_usage": "available",
    "setting": "ask",
    "agreement": "no",
    "agreed_until": None,
    "refusal": None,
    "words": "Session 62 %, resets 16:40 · Week 31 %",
    "alerts": [],
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
            "key": "cursor",
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
    "plans": [_PLAN_EXAMPLE],
    "plan_users": [
        {
            "window": "five_hour",
            "client": "openai-python",
            "model": "claude-opus-5-5",
            "requests": 12,
            "tokens": 48210,
            "cost": 0.91,
        }
    ],
    "keys": [{"name": "cursor", "requests": 1, "cost": 0.000196}],
    "budgets": [
        {
            "dollars": 5.0,
            "per": "day",
            "backend": None,
            "client": None,
            "key": "cursor",
            "spent": 3.104212,
            "unpriced": 0,
            "resets_at": 1795474800.0,
            "at_limit": "claude-haiku-5-5",
            "words": "$3.10 of $5.00 a day for access key “cursor”, resets at 00:00",
        }
    ],
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
    Endpoint(
        "POST",
        "/control/extra-usage",
        allow_extra_usage,
        "Control",
        "Agree, or not, to use that costs money beyond the plan",
        Answer("The plan.", PlanReport, _PLAN_EXAMPLE),
        access="token",
        body=ExtraUsageChoice,
        example={"agreement": "no"},
    ),
)
