"""Switches, keys, sign-in and stop, with the control token."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bridge.keys import KeyChain, Keys, NamedKey
from bridge.server.request_record import Caller
from bridge.server.state import Bridge
from bridge.settings import find_paths
from tests.backends.claude_code.sign_in_stand_in import CODE, PAGE, write_sign_in
from tests.conftest import StartBridge
from tests.fake_anthropic.server import FakeAnthropic


async def post_control(
    bridge: Bridge, path: str, body: Any, read_token: str | None
) -> tuple[int, Any]:
    headers = {} if read_token is None else {"Authorization": f"Bearer {read_token}"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(bridge.url + path, json=body, headers=headers) as answer,
    ):
        return answer.status, await answer.json()


def read_token() -> str:
    return find_paths().control_token.read_text().strip()


async def test_only_its_owner_can_read_the_token_file(
    start_bridge: StartBridge, home: Path
) -> None:
    await start_bridge()
    file = home / "data" / "control-token"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(read_token()) > 40


@pytest.mark.parametrize("given", [None, "", "wrong", "Bearer"])
@pytest.mark.parametrize("path", ["/control/switches", "/control/stop"])
async def test_without_the_token_nothing_changes(
    start_bridge: StartBridge, path: str, given: str | None
) -> None:
    bridge = await start_bridge()
    status, body = await post_control(bridge, path, {"backend": "offline"}, given)
    assert (status, body["error"]["code"]) == (403, "forbidden")
    assert bridge.switches.backend == "auto"
    assert not bridge.stopping


async def test_a_refused_change_changes_nothing(start_bridge: StartBridge) -> None:
    bridge = await start_bridge()
    before = bridge.switches.model_copy()
    change = {"model": "haiku", "backend": "offline", "sign_in": "../gone", "paused": True}
    status, body = await post_control(bridge, "/control/switches", change, read_token())
    assert (status, body["error"]["param"]) == (400, "sign_in")
    assert bridge.switches == before


async def test_the_model_is_switched_from_the_next_request_on(start_bridge: StartBridge) -> None:
    bridge = await start_bridge()
    status, body = await post_control(
        bridge, "/control/switches", {"model": "claude-opus-5-5"}, read_token()
    )
    assert (status, body) == (
        200,
        {
            "model": "claude-opus-5-5",
            "backend": "auto",
            "sign_in": "default",
            "use_for_everything": False,
            "paused": False,
            "computer": {"mode": "off", "until": None},
        },
    )
    assert bridge.active_model == "claude-opus-5-5"


@pytest.mark.parametrize(
    ("patch", "status", "code"),
    [
        ({"model": "claude-opus-99"}, 404, "model_not_found"),
        ({"backend": "magic"}, 400, None),
        ({"colour": "blue"}, 400, None),
    ],
)
async def test_a_wrong_switch_is_rejected(
    start_bridge: StartBridge, patch: Any, status: int, code: str | None
) -> None:
    bridge = await start_bridge()
    answered, body = await post_control(bridge, "/control/switches", patch, read_token())
    assert (answered, body["error"]["code"]) == (status, code)


async def test_offline_makes_the_echo_the_active_model(start_bridge: StartBridge) -> None:
    bridge = await start_bridge()
    await post_control(bridge, "/control/switches", {"backend": "offline"}, read_token())
    assert bridge.active_model == "bridge-echo"


async def test_stop_ends_the_server(start_bridge: StartBridge) -> None:
    bridge = await start_bridge()
    status, body = await post_control(bridge, "/control/stop", {}, read_token())
    assert (status, body) == (202, {"stopping": True, "open_streams": 0, "drain_seconds": 1.0})
    await asyncio.sleep(0.2)
    with pytest.raises(aiohttp.ClientConnectionError):
        await post_control(bridge, "/control/stop", {}, read_token())


async def test_keys_are_reloaded(start_bridge: StartBridge) -> None:
    bridge = await start_bridge(backend="offline")
    chain = KeyChain(find_paths().data)
    keys = (
        Keys().with_key("bridge", NamedKey("a", "cb-x")).with_key("anthropic", NamedKey("b", "y"))
    )
    await asyncio.to_thread(chain.save, keys)
    assert (await post_control(bridge, "/control/reload", {}, "wrong"))[0] == 403
    assert await post_control(bridge, "/control/reload", {}, read_token()) == (
        200,
        {"anthropic": 1, "bridge": 1},
    )
    assert [route.label for route in bridge.selection.list_routes("anthropic")] == ["key b"]


async def ask_model(bridge: Bridge, wanted: str) -> tuple[int, Any]:
    body = {"model": wanted, "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{bridge.url}/v1/chat/completions", json=body) as answer,
    ):
        return answer.status, await answer.json()


async def test_use_for_everything_is_from_the_next_request_on(
    bridge: Bridge, fake: FakeAnthropic
) -> None:
    opus = {"model": "claude-opus-5-5"}
    await post_control(bridge, "/control/switches", opus, read_token())
    assert (await ask_model(bridge, "claude-haiku-5-5"))[1]["model"] == "claude-haiku-5-5"
    status, body = await post_control(
        bridge, "/control/switches", {"use_for_everything": True}, read_token()
    )
    assert (status, body["use_for_everything"]) == (200, True)
    assert (await ask_model(bridge, "claude-haiku-5-5"))[1]["model"] == "claude-opus-5-5"
    assert bridge.resolve("claude-haiku-5-5", Caller()).notices == (
        "model: claude-opus-5-5 is used instead of claude-haiku-5-5 (use_for_everything)",
    )
    assert (await ask_model(bridge, "bridge-echo"))[1]["model"] == "bridge-echo"
    assert (await ask_model(bridge, "claude-nobody-9"))[0] == 404
    await post_control(bridge, "/control/switches", {"use_for_everything": False}, read_token())
    assert (await ask_model(bridge, "claude-haiku-5-5"))[1]["model"] == "claude-haiku-5-5"


async def test_use_for_everything_never_replaces_claude_by_the_echo(
    start_bridge: StartBridge,
) -> None:
    bridge = await start_bridge(backend="offline", use_for_everything=True)
    status, body = await ask_model(bridge, "claude-haiku-5-5")
    assert (status, body["error"]["code"]) == (404, "model_not_found")


async def test_paused_requests_are_rejected_until_resumed(
    start_bridge: StartBridge,
) -> None:
    bridge = await start_bridge(backend="offline")
    await post_control(bridge, "/control/switches", {"paused": True}, read_token())
    status, body = await ask_model(bridge, "bridge-echo")
    assert (status, body["error"]["code"]) == (503, "paused")
    await post_control(bridge, "/control/switches", {"paused": False}, read_token())
    assert (await ask_model(bridge, "bridge-echo"))[0] == 200


async def test_a_key_is_saved_and_used_at_once(
    start_bridge: StartBridge, fake: FakeAnthropic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    bridge = await start_bridge(backend="anthropic")
    assert (await ask_model(bridge, "default"))[0] == 401
    key = {"owner": "anthropic", "secret": " sk-ant-test\n"}
    assert (await post_control(bridge, "/control/keys", key, "wrong"))[0] == 403
    status, body = await post_control(bridge, "/control/keys", key, read_token())
    assert (status, body["anthropic"]) == (200, 1)
    assert "sk-ant-test" not in str(body)
    assert (await ask_model(bridge, "default"))[0] == 200
    kept = await asyncio.to_thread(KeyChain(find_paths().data).load)
    assert [key.secret for key in kept.anthropic] == ["sk-ant-test"]


@pytest.mark.parametrize("secret", ["", "two words", "schlüssel", "a\tb"])
async def test_an_invalid_key_is_not_saved(start_bridge: StartBridge, secret: str) -> None:
    bridge = await start_bridge(backend="offline")
    body = {"owner": "anthropic", "secret": secret}
    status, answer = await post_control(bridge, "/control/keys", body, read_token())
    assert (status, answer["error"]["param"]) == (400, "secret")
    assert (await asyncio.to_thread(KeyChain(find_paths().data).load)) == Keys()


@pytest.mark.parametrize(
    ("code", "state", "words"),
    [
        (CODE, "signed_in", "Signed in to Claude Code."),
        ("wrong", "failed", "Claude Code's sign-in ended with 1: Login failed: Invalid code."),
    ],
)
async def test_signing_in_runs_claude_codes_own_sign_in(
    start_bridge: StartBridge, tmp_path: Path, code: str, state: str, words: str
) -> None:
    cli = write_sign_in(tmp_path / "claude")
    bridge = await start_bridge(backend="offline", claude_cli=str(cli))
    assert (await post_control(bridge, "/control/login", {}, "wrong"))[0] == 403
    _, begun = await post_control(bridge, "/control/login", {}, read_token())
    assert (begun["state"], begun["url"]) == ("waiting", PAGE)
    _, ended = await post_control(bridge, "/control/login", {"code": code}, read_token())
    assert (ended["state"], ended["words"]) == (state, words)


async def test_a_second_stop_interrupts_the_active_requests(
    start_bridge: StartBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.backends.echo.PAUSE_SECONDS", 0.02)
    bridge = await start_bridge(backend="offline", drain_seconds=30)
    running = asyncio.create_task(_receive_interrupted_answer(bridge))
    while bridge.open_streams == 0:
        await asyncio.sleep(0.01)
    bridge.stop_requested.set()
    await asyncio.sleep(0.2)
    assert not running.done(), "one wish lets it finish"
    bridge.stop_now.set()
    assert "stopped before this answer ended" in await asyncio.wait_for(running, 30)


async def _receive_interrupted_answer(bridge: Bridge) -> str:
    messages = [{"role": "user", "content": "word " * 4000}]
    body = {"model": "bridge-echo", "stream": True, "messages": messages}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{bridge.url}/v1/chat/completions", json=body) as answer,
    ):
        return (await answer.content.read()).decode()


async def test_only_callers_with_the_token_get_the_access_key_in_the_snippets(
    start_bridge: StartBridge,
) -> None:
    bridge = await start_bridge(backend="offline")
    assert (await get_connections(bridge, None))["key"] == "any"
    await post_control(
        bridge, "/control/keys", {"owner": "bridge", "secret": "cb-own"}, read_token()
    )
    stranger = await get_connections(bridge, "anybody")
    assert stranger["key"] is None
    assert "cb-own" not in str(stranger)
    connections = await get_connections(bridge, read_token())
    assert (connections["key"], connections["base_url"]) == ("cb-own", f"{bridge.url}/v1")
    assert all("any" not in one["snippet"].split() for one in connections["clients"])
    assert "cb-own" in str(connections["clients"])


async def get_connections(bridge: Bridge, given: str | None) -> Any:
    headers = {} if given is None else {"Authorization": f"Bearer {given}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.get(f"{bridge.url}/connect") as answer,
    ):
        return await answer.json()
