"""`/health`, `/v1/models` and `/`."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from typing import Any

import aiohttp
import anthropic
import pytest
from anthropic import AsyncAnthropic

from bridge import __version__
from bridge.server.state import Bridge
from tests.conftest import StartBridge


async def get_json(url: str, **headers: str) -> Any:
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
        assert answer.status == 200
        return await answer.json()


async def test_without_credentials_health_has_a_hint(start_bridge: StartBridge) -> None:
    bridge = await start_bridge()
    health = await get_json(f"{bridge.url}/health")
    assert (health["status"], health["ready"]) == ("needs_setup", False)
    assert health["backend"]["active"] is None
    assert health["backend"]["reason"] == (
        "not signed in to Claude Code and no Anthropic API key found"
    )
    assert "ANTHROPIC_API_KEY" in health["backend"]["hint"]
    assert "bridge-echo" in health["backend"]["hint"]


async def test_an_unusable_profile_is_reported(
    start_bridge: StartBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_CONFIG_DIR", "/nowhere")
    bridge = await start_bridge()
    health = await get_json(f"{bridge.url}/health")
    assert "/nowhere/configs/default.json" in health["backend"]["reason"]


async def test_with_a_key_the_bridge_is_ready(
    start_bridge: StartBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    bridge = await start_bridge()
    route = {
        "label": "the environment's key",
        "breaker": "closed",
        "free_in": 0,
        "problem": None,
        "credential": "unchecked",
    }
    assert await get_json(f"{bridge.url}/health") == {
        "status": "ready",
        "ready": True,
        "version": __version__,
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("aiohttp", "anthropic", "claude-agent-sdk")},
        },
        "pid": os.getpid(),
        "started_at": bridge.started_at,
        "url": bridge.url,
        "locked": False,
        "model": "claude-sonnet-5-5",
        "backend": {
            "setting": "auto",
            "active": "anthropic",
            "reason": "ANTHROPIC_API_KEY is set, not checked yet",
            "hint": None,
            "cure": None,
        },
        "sign_in": "default",
        "sign_ins": ["default"],
        "use_for_everything": False,
        "paused": False,
        "computer": {"mode": "off", "until": None, "active": False, "paused": False, "waiting": 0},
        "open_streams": 0,
        "routes": [route],
        "roads": [route],
        "storage_problems": [],
        "recorder": {"exchanges": 0, "on": False, "until": None},
    }


async def test_claude_code_is_shown_with_its_sign_in(
    start_bridge: StartBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    bridge = await start_bridge(backend="claude-code")
    health = await get_json(f"{bridge.url}/health")
    assert health["backend"]["reason"] == "not signed in to Claude Code"
    monkeypatch.setenv("CLAUDE_CODE_OAUTH_TOKEN", "sk-ant-oat01-made-up")
    bridge = await start_bridge(backend="auto")
    health = await get_json(f"{bridge.url}/health")
    assert health["ready"]
    assert health["backend"]["active"] == "claude-code"
    assert health["backend"]["reason"] == "signed in to Claude Code (oauth_token)"


async def test_models_lists_upstreams_models_and_the_echo(bridge: Bridge) -> None:
    models = (await get_json(f"{bridge.url}/v1/models"))["data"]
    by_id = {model["id"]: model for model in models}
    assert by_id["bridge-echo"]["owned_by"] == "claude-openai-bridge"
    assert by_id["claude-opus-5-5"]["owned_by"] == "anthropic"
    assert by_id["claude-opus-5-5"]["max_output_tokens"] == 128_000
    assert await get_json(f"{bridge.url}/v1/models/bridge-echo") == by_id["bridge-echo"]


async def test_offline_lists_only_the_echo(start_bridge: StartBridge) -> None:
    bridge = await start_bridge(backend="offline")
    models = (await get_json(f"{bridge.url}/v1/models"))["data"]
    claude = [model["id"] for model in models if "embedding" not in model["id"]]
    assert claude[:2] == ["default", "bridge-echo"]
    assert models[0]["alias_of"] == "bridge-echo"


async def test_unlisted_model_names_are_resolved(bridge: Bridge) -> None:
    model = await get_json(f"{bridge.url}/v1/models/gpt-4o")
    assert (model["id"], model["alias_of"]) == ("gpt-4o", "claude-sonnet-5-5")
    assert model["capabilities"]["reasoning"] is True
    async with aiohttp.ClientSession() as session:
        assert (await session.get(f"{bridge.url}/v1/models/nothing")).status == 404


async def test_anthropics_clients_get_models_in_their_format(bridge: Bridge) -> None:
    async with AsyncAnthropic(base_url=bridge.url, api_key="any") as client:
        listed = [model async for model in client.models.list()]
        opus = await client.models.retrieve("claude-opus-5-5")
        with pytest.raises(anthropic.NotFoundError):
            await client.models.retrieve("claude-none")
    assert opus in listed
    assert opus.display_name == "Claude Opus 5.5"


async def test_programs_get_json_and_browsers_a_page(start_bridge: StartBridge) -> None:
    bridge = await start_bridge()
    assert (await get_json(f"{bridge.url}/"))["base_url"] == f"{bridge.url}/v1"
    async with (
        aiohttp.ClientSession(headers={"Accept": "text/html,*/*"}) as session,
        session.get(f"{bridge.url}/") as answer,
    ):
        assert answer.content_type == "text/html"
        assert "<title>Claude OpenAI Bridge</title>" in await answer.text()
