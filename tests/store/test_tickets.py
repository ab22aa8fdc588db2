"""Tickets are exchanged for the control token once, and expire."""

from __future__ import annotations

from typing import Any

import aiohttp

from bridge.server.state import Bridge
from bridge.store.tickets import MAX_TICKETS, SECONDS, Tickets
from tests.conftest import StartBridge


def test_a_ticket_is_redeemed_once() -> None:
    tickets = Tickets(lambda: 0.0)
    ticket = tickets.issue()
    assert tickets.redeem(ticket)
    assert not tickets.redeem(ticket)
    assert not tickets.redeem("none")


def test_a_ticket_expires() -> None:
    now = [0.0]
    tickets = Tickets(lambda: now[0])
    ticket = tickets.issue()
    now[0] = SECONDS
    assert not tickets.redeem(ticket)


def test_the_oldest_of_too_many_tickets_is_invalid() -> None:
    tickets = Tickets(lambda: 0.0)
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
