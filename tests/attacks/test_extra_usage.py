"""No endpoint uses more than the plan has without the user's consent: nothing is sent to Claude."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bridge.computer.desktop import Window
from bridge.computer.screen.geometry import Rect
from bridge.server.state import Bridge
from tests.computer.fake_desktop import FakeDesktop
from tests.conftest import StartBridge
from tests.fake_anthropic.server import FakeAnthropic

HI: Any = [{"role": "user", "content": "Hi"}]
CODE = "extra_usage_not_agreed"
ENDPOINTS: dict[str, tuple[str, dict[str, Any]]] = {
    "chat": ("/v1/chat/completions", {"messages": HI}),
    "a streamed chat": ("/v1/chat/completions", {"messages": HI, "stream": True}),
    "several choices": ("/v1/chat/completions", {"messages": HI, "n": 3}),
    "a completion": ("/v1/completions", {"prompt": ["Hi", "Ho"]}),
    "a response": ("/v1/responses", {"input": "Hi"}),
    "a streamed response": ("/v1/responses", {"input": "Hi", "stream": True}),
    "a compaction": ("/v1/responses/compact", {"input": "Hi"}),
    "a message": ("/v1/messages", {"messages": HI, "max_tokens": 10}),
    "a chat with computer use": (
        "/v1/chat/completions",
        {"messages": HI, "model": "opus+computer"},
    ),
    "a run": ("/computer/runs", {"prompt": "Hi"}),
}


@pytest.fixture
async def bridge(
    fake: FakeAnthropic,
    start_bridge: StartBridge,
    monkeypatch: pytest.MonkeyPatch,
    pretended: FakeDesktop,
) -> Bridge:
    """A bridge whose plan is used up, where going on would cost money."""
    monkeypatch.setenv("CLAUDE_CODE_OAUTH_TOKEN", "sk-ant-oat01-made-up")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    bridge = await start_bridge(backend="claude-code", claude_spares=0, sign_ins={"work": "/none"})
    fields = {"utilization": 1.0, "resetsAt": time.time() + 3600}
    info = {"unifiedWindows": {"five_hour": fields}, "overageStatus": "allowed"}
    bridge.plan.for_account().note(info)
    pretended.shown.append(Window("Notes", "notes", Rect(0, 0, 1920, 1080), active=True))
    bridge.computer.allow_for(minutes=1)
    return bridge


@pytest.fixture
async def session(bridge: Bridge) -> AsyncIterator[aiohttp.ClientSession]:
    headers = {"Authorization": f"Bearer {bridge.control_token}"}
    async with aiohttp.ClientSession(bridge.url, headers=headers) as session:
        yield session


@pytest.mark.parametrize("name", ENDPOINTS)
async def test_an_endpoint_refuses_it(
    name: str, session: aiohttp.ClientSession, fake: FakeAnthropic
) -> None:
    path, body = ENDPOINTS[name]
    for headers in ({}, {"X-Bridge-Sign-In": "default"}):
        async with session.post(path, json={"model": "opus", **body}, headers=headers) as answer:
            # Anthropic's errors have no code.
            assert "Going on would be extra usage, which costs money" in await answer.text()
    assert fake.requests == []


async def test_a_background_response_and_a_websocket_refuse_it(
    session: aiohttp.ClientSession, fake: FakeAnthropic
) -> None:
    body = {"model": "opus", "input": "Hi"}
    async with session.post("/v1/responses", json={**body, "background": True}) as answer:
        response = await answer.json()
    while response["status"] in ("queued", "in_progress"):
        async with session.get(f"/v1/responses/{response['id']}") as answer:
            response = await answer.json()
    assert "costs money" in response["error"]["message"]
    async with session.ws_connect("/v1/responses") as socket:
        await socket.send_json({"type": "response.create", **body})
        event = await socket.receive_json()
    assert event["error"]["code"] == CODE
    assert fake.requests == []
