"""The user's rules, changed and tried while the server runs."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from openai import APIStatusError, AsyncOpenAI

from bridge.compose import make_bridge
from bridge.server.request_record import Caller
from bridge.server.state import Bridge
from bridge.settings import find_paths, load_settings
from tests.conftest import StartBridge

CONFIGURED = {"name": "Cheap", "max_price": 15, "computer": False}
CURSOR = {"name": "Cursor", "client": "cursor*", "model": "gpt-4o", "use_model": "opus"}


@pytest.fixture
async def bridge(start_anthropic: StartBridge) -> Bridge:
    return await start_anthropic(rules=[CONFIGURED])


async def call(bridge: Bridge, body: Any = None, path: str = "/control/rules") -> tuple[int, Any]:
    method = "GET" if body is None else "POST"
    headers = {"Authorization": f"Bearer {bridge.control_token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.request(method, bridge.url + path, json=body) as answer,
    ):
        return answer.status, await answer.json()


async def try_out(bridge: Bridge, client: str, model: str, key: str = "") -> Any:
    body = {"client": client, "model": model, "key": key}
    status, result = await call(bridge, body, "/control/rules/test")
    assert status == 200, result
    return result


async def ask(client: AsyncOpenAI, model: str) -> str:
    messages: Any = [{"role": "user", "content": "Hi"}]
    return (await client.chat.completions.create(model=model, messages=messages)).model


async def test_saved_rules_come_before_those_of_the_settings_with_their_counts(
    bridge: Bridge, client: AsyncOpenAI
) -> None:
    status, body = await call(bridge, {"rules": [{**CURSOR, "client": "openai-python"}]})
    assert status == 200
    assert [(each["rule"]["name"], each["saved"]) for each in body["rules"]] == [
        ("Cursor", True),
        ("Cheap", False),
    ]
    assert await ask(client, "gpt-4o") == "claude-opus-5-5"
    assert await ask(client, "gpt-4o-mini") == "claude-sonnet-5-5"
    assert await ask(client, "GPT-4o") == "claude-opus-5-5"
    with pytest.raises(APIStatusError):
        await ask(client, "opus")
    _, body = await call(bridge)
    assert [each["applied"] for each in body["rules"]] == [2, 2]
    again = await asyncio.to_thread(make_bridge, load_settings(port=0), find_paths())
    assert again.resolve("gpt-4o", Caller("openai-python")).model == "claude-opus-5-5"


async def test_a_wrong_rule_is_named_and_nothing_is_saved(bridge: Bridge) -> None:
    await call(bridge, {"rules": [CURSOR]})
    status, body = await call(bridge, {"rules": [CURSOR, {"name": "B", "effort": "huge"}]})
    assert (status, body["error"]["param"]) == (400, "rules")
    assert (
        "Invalid value for rules: rule 2 (“B”), `effort`: input should be"
        in (body["error"]["message"])
    )
    _, body = await call(bridge)
    assert [each["rule"]["name"] for each in body["rules"]] == ["Cursor", "Cheap"]


async def test_rules_that_refuse_everything_say_why(bridge: Bridge) -> None:
    rules = [
        {"name": "Gone", "client": "gone", "sign_in": "gone"},
        {"name": "Typo", "use_model": "claude-opsu"},
        {"name": "Dear", "use_model": "opus", "max_price": 1},
    ]
    _, body = await call(bridge, {"rules": rules})
    gone, typo, dear, cheap = (each["problem"] for each in body["rules"])
    assert typo.startswith("The rule “Typo” uses `claude-opsu`. The model `claude-opsu` does not")
    assert dear.endswith("and claude-opus-5-5 costs $20.")
    assert gone.endswith("sign-in `gone`, which is not in the setting sign_ins.")
    assert (await try_out(bridge, "gone", "gpt-4o"))["problem"] == gone
    assert cheap is None


async def test_a_request_is_tried_without_sending_it(bridge: Bridge) -> None:
    await call(
        bridge,
        {
            "rules": [
                {**CURSOR, "effort": "none", "backend": "anthropic"},
                {"name": "Server", "key": "server", "backend": "claude-code"},
                {"name": "Typo", "client": "typo", "use_model": "claude-opsu"},
                {"name": "Desk", "client": "talon", "computer": True},
            ]
        },
    )
    assert (await try_out(bridge, "Cursor/1.7 (Linux)", "gpt-4o"))["rule"] == "Cursor"
    assert await try_out(bridge, "Cursor", "gpt-4o") == {
        "rule": "Cursor",
        "model": "claude-opus-5-5",
        "effort": "none",
        "backend": "anthropic",
        "sign_in": None,
        "computer": False,
        "notices": [
            "model: claude-opus-5-5 is used instead of gpt-4o (rule “Cursor”)",
            "effort: the rule “Cursor” asks for none",
        ],
        "problem": None,
    }
    server = await try_out(bridge, "curl", "gpt-4o", "server")
    assert (server["rule"], server["model"], server["backend"]) == (
        "Server",
        "claude-sonnet-5-5",
        None,
    )
    assert "The rule “Server” requires the backend claude-code" in server["problem"]
    typo = await try_out(bridge, "typo", "gpt-4o")
    assert (typo["rule"], typo["model"]) == ("Typo", None)
    assert "uses `claude-opsu`" in typo["problem"]
    assert (await try_out(bridge, "talon", "opus"))["computer"] is True
    forbidden = await try_out(bridge, "curl", "sonnet+computer")
    assert forbidden["problem"] == "The rule “Cheap” does not allow use of this computer."
    assert (await try_out(bridge, "curl", "sonnet-high"))["effort"] == "high"
    echo = await try_out(bridge, "curl", "bridge-echo")
    assert (echo["rule"], echo["backend"]) == (None, "offline")
    _, body = await call(bridge)
    assert {each["applied"] for each in body["rules"]} == {0}


async def test_damaged_rules_refuse_requests_until_rules_are_saved(
    start_anthropic: StartBridge, home: Path
) -> None:
    file = home / "data" / "routing-rules.json"
    await asyncio.to_thread(file.parent.mkdir, parents=True)
    await asyncio.to_thread(file.write_text, "[{]")
    bridge = await start_anthropic()
    _, body = await call(bridge)
    assert "Expecting" in body["unreadable"]
    async with AsyncOpenAI(base_url=f"{bridge.url}/v1", api_key="x", max_retries=0) as client:
        with pytest.raises(APIStatusError) as raised:
            await ask(client, "opus")
        assert (raised.value.status_code, raised.value.code) == (503, "routing_rules_unreadable")
        assert str(file) in raised.value.message
        assert "default" in [model.id async for model in client.models.list()]
        problem = (await try_out(bridge, "curl", "opus"))["problem"]
        assert str(file) in problem
        _, body = await call(bridge, {"rules": []})
        assert body == {"rules": [], "unreadable": None}
        assert await ask(client, "opus") == "claude-opus-5-5"


async def test_a_file_that_cannot_be_written_is_reported(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(bridge.routing, "_path", tmp_path / "file" / "rules.json")
    status, body = await call(bridge, {"rules": [CURSOR]})
    assert (status, body["error"]["code"]) == (503, "storage_unavailable")
    assert [entry.rule.name for entry in bridge.routing.listed] == ["Cheap"]
