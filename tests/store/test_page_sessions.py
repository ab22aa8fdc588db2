"""A page has a session of its own: it ends with the server, and when the page signs out."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from bridge.computer.permission import Permission
from bridge.server.state import Bridge
from bridge.store.page_sessions import MAX_SESSIONS, PageSessions
from tests.conftest import StartBridge

REFUSED = 403


async def call(bridge: Bridge, method: str, path: str, token: str, body: Any = None) -> int:
    if method == "POST":
        body = body or {}
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession(bridge.url, headers=headers) as session,
        session.request(method, path, json=body) as answer,
    ):
        return answer.status


def test_a_session_is_open_until_it_is_ended() -> None:
    sessions = PageSessions()
    first, second = sessions.open(), sessions.open()
    assert sessions.accepts(first)
    assert not any(map(sessions.accepts, ("", first[:-1], f"{first}x", "\udcff", second.upper())))
    assert sessions.end(first)
    assert not sessions.end(first)
    assert not sessions.accepts(first)
    assert sessions.end_all() == 1
    assert not sessions.accepts(second)


def test_the_oldest_of_too_many_sessions_is_ended() -> None:
    sessions = PageSessions()
    first, *others = [sessions.open() for _ in range(MAX_SESSIONS + 1)]
    assert not sessions.accepts(first)
    assert all(map(sessions.accepts, others))


async def test_a_session_is_accepted_where_the_control_token_is(start_bridge: StartBridge) -> None:
    bridge = await start_bridge(backend="offline")
    session = bridge.page_sessions.open()
    assert await call(bridge, "GET", "/computer", session) == 200
    assert await call(bridge, "GET", "/control/login", session) == 200
    switch = {"computer": {"mode": "ask"}}
    assert await call(bridge, "POST", "/control/switches", session, switch) == 200
    assert bridge.computer.permission == Permission("ask")
    assert await call(bridge, "POST", "/computer/stop", session) == 200
    assert bridge.computer.permission == Permission()


@pytest.mark.parametrize("path", ["/control/tickets", "/control/pages"])
async def test_a_page_cannot_open_another_session(start_bridge: StartBridge, path: str) -> None:
    """Otherwise its access would not end when it signs out."""
    bridge = await start_bridge(backend="offline")
    session = bridge.page_sessions.open()
    assert await call(bridge, "POST", path, session, {"page": "/"}) == REFUSED


async def test_a_session_ends_with_sign_out(start_bridge: StartBridge) -> None:
    bridge = await start_bridge(backend="offline")
    first, second, third = (bridge.page_sessions.open() for _ in range(3))
    assert await call(bridge, "POST", "/control/sign-out", first) == 200
    assert await call(bridge, "GET", "/computer", first) == REFUSED
    assert await call(bridge, "POST", "/control/sign-out", first) == REFUSED
    assert await call(bridge, "GET", "/computer", second) == 200
    # With the control token, it ends them all.
    assert await call(bridge, "POST", "/control/sign-out", bridge.control_token) == 200
    for session in (second, third):
        assert await call(bridge, "GET", "/computer", session) == REFUSED
    assert await call(bridge, "GET", "/computer", bridge.control_token) == 200


async def test_a_session_ends_with_the_server(start_bridge: StartBridge) -> None:
    """What a program gets that takes the port of an ended server opens nothing in the next one."""
    first, second = [await start_bridge(backend="offline") for _ in range(2)]
    assert first.control_token == second.control_token
    session = first.page_sessions.open()
    assert await call(first, "GET", "/computer", session) == 200
    assert await call(second, "GET", "/computer", session) == REFUSED
