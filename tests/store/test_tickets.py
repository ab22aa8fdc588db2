"""Tickets are exchanged for a session once, by the page they are for, and expire."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from bridge.server.state import Bridge
from bridge.store.tickets import MAX_TICKETS, SECONDS, Tickets
from tests.clocks import FakeClocks
from tests.conftest import StartBridge


def test_a_ticket_is_redeemed_once() -> None:
    tickets = Tickets(FakeClocks())
    ticket = tickets.issue("/")
    assert tickets.redeem(ticket, "/")
    assert not tickets.redeem(ticket, "/")
    assert not tickets.redeem("none", "/")


def test_a_ticket_expires() -> None:
    clocks = FakeClocks()
    tickets = Tickets(clocks)
    ticket = tickets.issue("/")
    clocks.pass_time(SECONDS)
    assert not tickets.redeem(ticket, "/")


@pytest.mark.parametrize(("change", "seconds"), [("sleep", 10), ("set_wall", -600)])
def test_a_sleep_or_a_changed_clock_ends_a_ticket(change: str, seconds: float) -> None:
    clocks = FakeClocks()
    tickets = Tickets(clocks)
    ticket = tickets.issue("/")
    getattr(clocks, change)(seconds)
    assert not tickets.redeem(ticket, "/")


def test_the_oldest_of_too_many_tickets_is_invalid() -> None:
    tickets = Tickets(FakeClocks())
    first, *others = [tickets.issue("/") for _ in range(MAX_TICKETS + 1)]
    assert not tickets.redeem(first, "/")
    assert all(tickets.redeem(ticket, "/") for ticket in others)


async def post(bridge: Bridge, path: str, body: Any, **headers: str) -> tuple[int, Any]:
    async with (
        aiohttp.ClientSession(bridge.url, headers=headers) as session,
        session.post(path, json=body) as answer,
    ):
        return answer.status, await answer.json()


@pytest.mark.parametrize("page", ["/setup", "/setup?x=1#approval"])
async def test_a_ticket_gets_a_session_once_for_the_page_that_it_is_for(
    start_bridge: StartBridge, page: str
) -> None:
    bridge = await start_bridge(backend="offline")
    assert (await post(bridge, "/control/tickets", {"page": page}))[0] == 403
    bearer = f"Bearer {bridge.control_token}"
    redeem = "/control/tickets/redeem"

    async def create_ticket() -> Any:
        status, body = await post(bridge, "/control/tickets", {"page": page}, Authorization=bearer)
        assert status == 200
        return body

    ticket = await create_ticket()
    status, body = await post(bridge, redeem, {**ticket, "page": "/setup"})
    assert status == 200
    assert bridge.page_sessions.accepts(body["token"])
    assert body["token"] != bridge.control_token
    status, body = await post(bridge, redeem, {**ticket, "page": "/setup"})
    assert (status, body["error"]["code"]) == (403, "forbidden")
    for other in ({"page": "/"}, {"page": "/setup/"}, {}):
        assert (await post(bridge, redeem, {**await create_ticket(), **other}))[0] == 403
    foreign_page = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    body = {**await create_ticket(), "page": "/setup"}
    assert (await post(bridge, redeem, body, **foreign_page))[0] == 403


async def test_of_two_browsers_that_redeem_a_ticket_at_once_one_gets_a_session(
    start_bridge: StartBridge,
) -> None:
    bridge = await start_bridge(backend="offline")
    body = {"ticket": bridge.tickets.issue("/")}
    answers = [post(bridge, "/control/tickets/redeem", body) for _ in range(20)]
    statuses = [status for status, _ in await asyncio.gather(*answers)]
    assert sorted(statuses) == [200, *[403] * 19]


async def test_a_ticket_leads_to_pages_of_the_bridge_only(start_bridge: StartBridge) -> None:
    bridge = await start_bridge(backend="offline")
    bearer = f"Bearer {bridge.control_token}"
    for page in ("", "/docs", "//evil.example", "http://x/"):
        body = {"page": page}
        assert (await post(bridge, "/control/tickets", body, Authorization=bearer))[0] == 400
