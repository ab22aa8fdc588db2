"""Tickets are exchanged for the control token once, and expire."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from bridge.server.state import Bridge
from bridge.store.tickets import MAX_TICKETS, SECONDS, Tickets
from tests.clocks import FakeClocks
from tests.conftest import StartBridge


def test_a_ticket_is_redeemed_once() -> None:
    tickets = Tickets(FakeClocks())
    ticket = tickets.issue()
    assert tickets.redeem(ticket)
    assert not tickets.redeem(ticket)
    assert not tickets.redeem("none")


def test_a_ticket_expires() -> None:
    clocks = FakeClocks()
    tickets = Tickets(clocks)
    ticket = tickets.issue()
    clocks.pass_time(SECONDS)
    assert not tickets.redeem(ticket)


@pytest.mark.parametrize(("change", "seconds"), [("sleep", 10), ("set_wall", -600)])
def test_a_sleep_or_a_changed_clock_ends_a_ticket(change: str, seconds: float) -> None:
    clocks = FakeClocks()
    tickets = Tickets(clocks)
    ticket = tickets.issue()
    getattr(clocks, change)(seconds)
    assert not tickets.redeem(ticket)


def test_the_oldest_of_too_many_tickets_is_invalid() -> None:
    tickets = Tickets(FakeClocks())
    first, *others = [tickets.issue() for _ in range(MAX_TICKETS + 1)]
    assert not tickets.redeem(first)
    assert all(tickets.redeem(ticket) for ticket in others)


async def post(bridge: Bridge, path: str, body: Any, **headers: str) -> tuple[int, Any]:
    async with (
        aiohttp.ClientSession(bridge.url, headers=headers) as session,
        session.post(path, json=body) as answer,
    ):
        return answer.status, await answer.json()


async def test_the_control_token_gets_a_ticket_and_the_ticket_gets_the_token(
    start_bridge: StartBridge,
) -> None:
    bridge = await start_bridge(backend="offline")
    assert (await post(bridge, "/control/tickets", {}))[0] == 403
    bearer = f"Bearer {bridge.control_token}"
    _, ticket = await post(bridge, "/control/tickets", {}, Authorization=bearer)
    status, body = await post(bridge, "/control/tickets/redeem", ticket)
    assert (status, body) == (200, {"token": bridge.control_token})
    status, body = await post(bridge, "/control/tickets/redeem", ticket)
    assert (status, body["error"]["code"]) == (403, "forbidden")
    foreign_page = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    _, ticket = await post(bridge, "/control/tickets", {}, Authorization=bearer)
    assert (await post(bridge, "/control/tickets/redeem", ticket, **foreign_page))[0] == 403
