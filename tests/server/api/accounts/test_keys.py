"""The saved keys: listed by their labels, replaced and removed, with the control token."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from bridge.keys import KeyChain, Keys, NamedKey
from bridge.server.state import Bridge
from bridge.settings import find_paths
from tests.conftest import StartBridge

SECRET = "cb-a-key-of-a-friend-1234"


async def call(bridge: Bridge, path: str, body: Any = None, token: str | None = None) -> Any:
    """Send a body, or without one a GET; return the status and the answer."""
    bearer = f"Bearer {bridge.control_token if token is None else token}"
    method = "GET" if body is None else "POST"
    async with (
        aiohttp.ClientSession(bridge.url, headers={"Authorization": bearer}) as session,
        session.request(method, path, json=body) as answer,
    ):
        return answer.status, await answer.json()


async def test_keys_are_listed_without_their_secrets_and_removed(
    start_bridge: StartBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = Keys((NamedKey("work", "sk-ant-work-5678"),), (NamedKey("ada", SECRET, True),))
    await asyncio.to_thread(KeyChain(find_paths().data).save, keys)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-environment")
    bridge = await start_bridge(backend="offline")
    work = {"owner": "anthropic", "name": "work", "hint": "…5678", "computer": False}
    ada = {"owner": "bridge", "name": "ada", "hint": "…1234", "computer": True}
    listed = {"keys": [work, ada], "environment": ["ANTHROPIC_API_KEY"]}
    assert await call(bridge, "/control/keys") == (200, listed)
    assert (await call(bridge, "/control/keys", token=SECRET))[0] == 403, (
        "an access key is not enough"
    )

    gone = {"owner": "bridge", "name": "ada"}
    assert (await call(bridge, "/control/keys/remove", gone, token="wrong"))[0] == 403
    assert await call(bridge, "/control/keys/remove", gone) == (200, {**listed, "keys": [work]})
    assert (await asyncio.to_thread(KeyChain(find_paths().data).load)) == Keys(keys.anthropic)
    status, body = await call(bridge, "/control/keys/remove", gone)
    assert (status, body["error"]["message"]) == (404, "There is no saved key “ada” (bridge).")


async def test_a_key_that_cannot_be_checked_offline_is_saved_and_says_so(
    start_bridge: StartBridge,
) -> None:
    bridge = await start_bridge(backend="offline")
    new_key = {"owner": "anthropic", "name": "work", "secret": "sk-ant-test"}
    status, body = await call(bridge, "/control/keys", new_key)
    assert (status, body["check"], body["problem"]) == (200, "unchecked", "offline")
