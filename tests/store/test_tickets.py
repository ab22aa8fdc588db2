"""A ticket is worth the token once, and not for long."""

from __future__ import annotations

from typing import Any

import aiohttp

from bridge.server.state import Bridge
from bridge.store.tickets import MAX_TICKETS, SECONDS, Tickets
from tests.conftest import StartBridge


def test_it_is_taken_once() -> None:
    tickets = Tickets(lambda: 0.0)
    ticket = tickets.issue()
    assert tickets.redeem(ticket)
    assert not tickets.redeem(ticket)
    assert not tickets.redeem("none")


def test_it_does_not_last() -> None:
    now = [0.0]
    tickets = Tickets(lambda: now[0])
    ticket = tickets.issue()
    now[0] = SECONDS
    assert not tickets.redeem(ticket)


def test_there_are_never_many() -> None:
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


async def test_only_who_has_the_token_gets_a_ticket_and_a_page_the_token_for_it(
    start_bridge: StartBridge,
) -> None:
    bridge = await start_bridge(backend="offline")
    assert (await post(bridge, "/control/tickets", {}))[0] == 403
    bearer = f"Bearer {bridge.control_token}"
    _, said = await post(bridge, "/control/tickets", {}, Authorization=bearer)
    status, told = await post(bridge, "/control/tickets/redeem", said)
    assert (status, told) == (200, {"token": bridge.control_token})
    status, told = await post(bridge, "/control/tickets/redeem", said)
    assert (status, told["error"]["code"]) == (403, "forbidden")
    strange = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    _, said = await post(bridge, "/control/tickets", {}, Authorization=bearer)
    assert (await post(bridge, "/control/tickets/redeem", said, **strange))[0] == 403
