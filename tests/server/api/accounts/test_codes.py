"""A code unlocks a page of this computer; only the user can get one."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bridge.server.http.peer.base import Peer
from bridge.server.state import Bridge
from tests.conftest import StartBridge
from tests.server.api.accounts.test_keys import call
from tests.server.http.test_asker import FakeFinder
from tests.store.test_tickets import post

REDEEM = "/control/codes/redeem"


@pytest.fixture
async def bridge(start_bridge: StartBridge) -> Bridge:
    return await start_bridge(backend="offline")


async def test_a_code_gets_a_session_once(bridge: Bridge) -> None:
    status, issued = await call(bridge, "/control/codes", {})
    assert (status, issued["seconds"]) == (200, 300)
    status, body = await post(bridge, REDEEM, {"code": issued["code"].lower()})
    assert status == 200
    assert bridge.page_sessions.accepts(body["token"])
    assert body["token"] != bridge.control_token
    status, body = await post(bridge, REDEEM, {"code": issued["code"]})
    assert (status, body["error"]["code"]) == (403, "forbidden")


@pytest.mark.parametrize("token", ["", "wrong", "session"])
async def test_only_the_control_token_gets_a_code(bridge: Bridge, token: str) -> None:
    """A page could otherwise unlock others, which stay unlocked when it signs out."""
    sent = bridge.page_sessions.open() if token == "session" else token
    assert (await call(bridge, "/control/codes", {}, token=sent))[0] == 403


async def test_pages_of_other_sites_cannot_try_codes(bridge: Bridge) -> None:
    body = {"code": bridge.unlock_codes.issue()}
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert (await post(bridge, REDEEM, body, **headers))[0] == 403
    assert (await post(bridge, REDEEM, body, Host="evil.example"))[0] == 403
    assert (await post(bridge, REDEEM, body))[0] == 200, "none of these was an attempt"


async def test_five_wrong_codes_make_the_right_one_worthless(bridge: Bridge) -> None:
    code = bridge.unlock_codes.issue()
    wrong = [post(bridge, REDEEM, {"code": "2222-2222"}) for _ in range(5)]
    assert {status for status, _ in await asyncio.gather(*wrong)} == {403}
    assert (await post(bridge, REDEEM, {"code": code}))[0] == 403


@pytest.mark.parametrize("peer", [Peer("1001", is_own_user=False), None], ids=["other", "unknown"])
async def test_programs_of_other_users_cannot_try_codes(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch, peer: Peer | None
) -> None:
    finder = FakeFinder()
    monkeypatch.setattr("bridge.server.http.peer.find._open_finder", lambda: finder)
    code = bridge.unlock_codes.issue()
    finder.peer = peer
    for typed in ("2222-2222",) * 5 + (code,):
        status, body = await post(bridge, REDEEM, {"code": typed})
        assert (status, "of the user who runs" in body["error"]["message"]) == (403, True)
    finder.peer = Peer("0", is_own_user=False)
    assert (await post(bridge, REDEEM, {"code": code}))[0] == 200, "none of these was an attempt"
    asked = finder.asked
    assert (await post(bridge, REDEEM, {"code": code}))[0] == 403
    assert finder.asked == asked, "without a valid code, the system is not asked"


async def test_other_computers_cannot_try_codes(
    start_bridge: StartBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    bridge = await start_bridge(backend="offline")
    monkeypatch.setattr("aiohttp.web.Request.get_extra_info", lambda *_: ("192.168.1.7", 50_000))
    body: Any = {"code": bridge.unlock_codes.issue()}
    status, answer = await post(bridge, REDEEM, body)
    assert (status, "own computer only" in answer["error"]["message"]) == (403, True)
    monkeypatch.setattr(
        "aiohttp.web.Request.get_extra_info", lambda *_: ("::ffff:127.0.0.1", 50_000, 0, 0)
    )
    assert (await post(bridge, REDEEM, body))[0] == 200
