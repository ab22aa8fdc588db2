"""Switches and stop, for who holds the token."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bridge.keys import KeyChain, Keys, NamedKey
from bridge.server.state import Bridge
from bridge.settings import find_paths
from tests.conftest import StartBridge


async def control(bridge: Bridge, path: str, body: Any, token: str | None) -> tuple[int, Any]:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(bridge.url + path, json=body, headers=headers) as answer,
    ):
        return answer.status, await answer.json()


def token() -> str:
    return find_paths().control_token.read_text().strip()


async def test_the_token_is_in_a_file_only_its_owner_reads(
    start_bridge: StartBridge, home: Path
) -> None:
    await start_bridge()
    file = home / "data" / "control-token"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(token()) > 40


@pytest.mark.parametrize("given", [None, "", "wrong", "Bearer"])
@pytest.mark.parametrize("path", ["/control/switches", "/control/stop"])
async def test_without_the_token_nothing_is_changed(
    start_bridge: StartBridge, path: str, given: str | None
) -> None:
    bridge = await start_bridge()
    status, body = await control(bridge, path, {"backend": "offline"}, given)
    assert (status, body["error"]["code"]) == (403, "forbidden")
    assert bridge.switches.backend == "auto"
    assert not bridge.stopping


async def test_the_model_is_switched_from_the_next_request_on(start_bridge: StartBridge) -> None:
    bridge = await start_bridge()
    status, body = await control(bridge, "/control/switches", {"model": "claude-opus-5-5"}, token())
    assert (status, body) == (200, {"model": "claude-opus-5-5", "backend": "auto"})
    assert bridge.active_model == "claude-opus-5-5"


@pytest.mark.parametrize(
    ("patch", "status", "code"),
    [
        ({"model": "claude-opus-99"}, 404, "model_not_found"),
        ({"backend": "magic"}, 400, None),
        ({"colour": "blue"}, 400, None),
    ],
)
async def test_a_wrong_switch_is_refused(
    start_bridge: StartBridge, patch: Any, status: int, code: str | None
) -> None:
    bridge = await start_bridge()
    answered, body = await control(bridge, "/control/switches", patch, token())
    assert (answered, body["error"]["code"]) == (status, code)


async def test_offline_makes_the_echo_the_active_model(start_bridge: StartBridge) -> None:
    bridge = await start_bridge()
    await control(bridge, "/control/switches", {"backend": "offline"}, token())
    assert bridge.active_model == "bridge-echo"


async def test_stop_ends_the_server(start_bridge: StartBridge) -> None:
    bridge = await start_bridge()
    status, body = await control(bridge, "/control/stop", {}, token())
    assert (status, body) == (202, {"stopping": True, "open_streams": 0})
    await asyncio.sleep(0.2)
    with pytest.raises(aiohttp.ClientConnectionError):
        await control(bridge, "/control/stop", {}, token())


async def test_keys_are_read_anew(start_bridge: StartBridge) -> None:
    bridge = await start_bridge(backend="offline")
    chain = KeyChain(find_paths().data)
    keys = (
        Keys().with_key("bridge", NamedKey("a", "cb-x")).with_key("anthropic", NamedKey("b", "y"))
    )
    await asyncio.to_thread(chain.save, keys)
    assert (await control(bridge, "/control/reload", {}, "wrong"))[0] == 403
    assert await control(bridge, "/control/reload", {}, token()) == (
        200,
        {"anthropic": 1, "bridge": 1},
    )
    assert [road.label for road in bridge.choice.roads("anthropic")] == ["key b"]
