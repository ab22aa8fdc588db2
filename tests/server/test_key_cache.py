"""The keys in the running server: keys that cannot be read are not "no keys"."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bridge.errors import KeyringUnavailable
from bridge.keys import KeyChain, Keys, KeysUnreadable, NamedKey
from bridge.server.key_cache import RETRY_SECONDS, KeyCache
from bridge.server.state import Bridge
from bridge.settings import find_paths
from tests.conftest import StartBridge

OWN = NamedKey("default", "cb-own-key")
WORK = NamedKey("work", "sk-ant-1234567890")


class PlayedChain(KeyChain):
    """A key chain that hangs or fails as the test wants it."""

    def __init__(self, folder: Path, keys: Keys) -> None:
        super().__init__(folder)
        self.save(keys)
        self.failure: KeysUnreadable | None = None
        self.free = threading.Event()
        self.free.set()
        self.loads = 0

    def load(self) -> Keys:
        self.loads += 1
        self.free.wait(20)
        if self.failure is not None:
            raise self.failure
        return super().load()

    def lock(self, *, access_required: bool = True) -> None:
        self.failure = KeysUnreadable("it is locked", "Unlock it.", access_required=access_required)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def start_chain(folder: Path, keys: Keys) -> PlayedChain:
    return await asyncio.to_thread(PlayedChain, folder, keys)


async def test_an_access_key_that_cannot_be_read_lets_nobody_in(tmp_path: Path) -> None:
    chain, clock = await start_chain(tmp_path, Keys(bridge=(OWN,))), Clock()
    cache = KeyCache(chain, clock=clock)
    chain.lock()
    for _ in range(3):
        with pytest.raises(KeyringUnavailable, match=r"requires an access key, but .* locked"):
            await cache.find_access(OWN.secret)
    assert chain.loads == 1, "a keyring may show a dialog for each reading"
    chain.failure = None
    clock.now += RETRY_SECONDS
    assert await cache.find_access(OWN.secret) == OWN.name
    assert await cache.find_access("other") is None


async def test_a_keyring_that_hangs_delays_a_request_but_not_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.server.key_cache.WAIT_SECONDS", 0.2)
    chain = await start_chain(tmp_path, Keys(bridge=(OWN,)))
    cache = KeyCache(chain)
    chain.free.clear()
    for _ in range(2):
        began = time.monotonic()
        with pytest.raises(KeyringUnavailable, match="waiting for the system's keyring"):
            await cache.get_keys(0.2)
        assert time.monotonic() - began < 10
    chain.free.set()
    assert await cache.find_access(OWN.secret) == OWN.name
    assert chain.loads == 1


async def test_without_an_access_key_no_request_waits_for_the_keyring(tmp_path: Path) -> None:
    chain = await start_chain(tmp_path, Keys(anthropic=(WORK,)))
    cache = KeyCache(chain)
    chain.free.clear()
    assert await cache.find_access("anything") == ""
    assert chain.loads == 0
    chain.free.set()
    chain.lock(access_required=False)
    assert await cache.get_keys() == Keys()
    assert cache.problem is not None


async def test_a_reload_that_fails_keeps_the_keys_that_are_known(tmp_path: Path) -> None:
    chain = await start_chain(tmp_path, Keys(bridge=(OWN,), anthropic=(WORK,)))
    cache = KeyCache(chain)
    await cache.reload()
    chain.lock()
    with pytest.raises(KeyringUnavailable):
        await cache.reload()
    assert await cache.find_access(OWN.secret) == OWN.name
    assert await cache.find_access("other") is None
    with pytest.raises(KeyringUnavailable):
        await cache.save_key("anthropic", NamedKey("new", "sk-ant-new"))
    assert (await cache.get_keys()).anthropic == (WORK,)


async def test_a_public_bridge_whose_last_access_key_is_removed_lets_nobody_in(
    tmp_path: Path,
) -> None:
    chain = await start_chain(tmp_path, Keys(bridge=(OWN,)))
    cache = KeyCache(chain, is_public=True)
    assert await cache.find_access(OWN.secret) == OWN.name
    await asyncio.to_thread(chain.update, lambda keys: Keys())
    await cache.reload()
    for secret in (OWN.secret, "", "any"):
        assert await cache.find_access(secret) is None


@pytest.fixture
async def locked_out(start_bridge: StartBridge) -> Bridge:
    """A bridge whose access key is in a file that is empty."""
    await asyncio.to_thread(KeyChain(find_paths().data).save, Keys(bridge=(OWN,)))
    (find_paths().data / "keys.json").write_text("")
    return await start_bridge(backend="offline")


async def fetch(bridge: Bridge, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    method = "GET" if body is None else "POST"
    async with (
        aiohttp.ClientSession(bridge.url, headers=headers) as session,
        session.request(method, path, json=body) as answer,
    ):
        return answer.status, await answer.json()


CHAT = {"model": "bridge-echo", "messages": [{"role": "user", "content": "Hi"}]}


async def test_clients_get_the_reason_in_their_own_format(locked_out: Bridge) -> None:
    for key in ("", "any", OWN.secret):
        status, body = await fetch(
            locked_out, "/v1/chat/completions", CHAT, Authorization=f"Bearer {key}"
        )
        assert (status, body["error"]["code"]) == (503, "keyring_unavailable")
        assert "it is empty" in body["error"]["message"]
        assert "claude-bridge key reset" in body["error"]["message"]
    status, body = await fetch(locked_out, "/v1/messages", {**CHAT, "max_tokens": 9})
    assert (body["type"], body["error"]["type"]) == ("error", "overloaded_error")
    for path in ("/v1/models", "/usage"):
        assert (await fetch(locked_out, path))[0] == 503


async def test_the_user_sees_that_nobody_is_let_in(locked_out: Bridge) -> None:
    status, health = await fetch(locked_out, "/health")
    assert (status, health["status"], health["ready"]) == (200, "needs_setup", False)
    assert health["backend"]["reason"].startswith("the bridge's access key cannot be read: ")
    assert "claude-bridge key reset" in health["backend"]["hint"]
    assert (await fetch(locked_out, "/connect"))[1]["key"] is None


async def test_the_users_own_programs_still_work(locked_out: Bridge) -> None:
    token = {"Authorization": f"Bearer {locked_out.control_token}"}
    assert (await fetch(locked_out, "/v1/chat/completions", CHAT, **token))[0] == 200
    status, body = await fetch(locked_out, "/control/reload", {}, **token)
    assert (status, body["error"]["code"]) == (503, "keyring_unavailable")
    await asyncio.to_thread(KeyChain(find_paths().data).reset)
    assert (await fetch(locked_out, "/control/reload", {}, **token))[0] == 200
    assert (await fetch(locked_out, "/v1/chat/completions", CHAT))[0] == 200
