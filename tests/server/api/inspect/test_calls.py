"""What a backend did for a request: its tries, and what Claude Code was given."""

from __future__ import annotations

import json

import aiohttp
import pytest

from bridge.server.state import Bridge
from tests.conftest import StartBridge
from tests.fake_anthropic.script import Failure, Hang, Reply, Text, says
from tests.fake_anthropic.server import FakeAnthropic
from tests.server.api.inspect.test_exchanges import CHAT, get_last


def open_session(bridge: Bridge) -> aiohttp.ClientSession:
    bridge.recorder.turn_on(30)
    headers = {"Authorization": f"Bearer {bridge.control_token}"}
    return aiohttp.ClientSession(bridge.url, headers=headers)


async def test_tries_inside_a_backend_are_in_the_time_line(
    fake: FakeAnthropic, start_anthropic: StartBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.resilience.policy.RetryPolicy.compute_delay", lambda *_: 0.0)
    bridge = await start_anthropic(retries=2)
    fake.script(Failure(529, message="Overloaded"), Failure(500, message="Oh."), says("Four."))
    async with open_session(bridge) as session:
        async with session.post("/v1/chat/completions", json=CHAT) as answer:
            assert answer.status == 200
        detail = await get_last(session)
    tries = [step["what"] for step in detail["timeline"] if "; tried again" in step["what"]]
    assert len(tries) == 2, detail["timeline"]
    assert "Overloaded" in tries[0]
    assert "Oh." in tries[1]
    assert tries[0].endswith("; tried again after 0.0 s")
    assert (len(detail["calls"]), detail["calls"][0]["failure"]) == (1, None)


async def test_a_silent_upstream_is_named(
    fake: FakeAnthropic, start_anthropic: StartBridge
) -> None:
    bridge = await start_anthropic(upstream_silence_seconds=1)
    fake.script(Reply((Text("one two three"),), fault=Hang(2)))
    async with open_session(bridge) as session:
        async with session.post("/v1/chat/completions", json={**CHAT, "stream": True}) as answer:
            await answer.read()
        detail = await get_last(session)
        assert detail["calls"][0]["failure"]
        (call,) = bridge.recorder.list_exchanges()[0].calls
        assert call.failure is not None
        assert call.failure.ending == "silent"


async def test_what_claude_code_was_given(fake: FakeAnthropic, claude_code: Bridge) -> None:
    fake.default = says("Four.")
    async with open_session(claude_code) as session:
        async with session.post("/v1/chat/completions", json=CHAT) as answer:
            assert answer.status == 200, await answer.text()
        detail = await get_last(session)
    (call,) = detail["calls"]
    assert call["backend"] == "claude-code"
    given = json.loads(call["given"])
    assert "--input-format=stream-json" in given["arguments"]
    assert "What is 2+2?" in json.dumps(given["messages"])
    assert "Be brief." in json.dumps(given["messages"])
    # The body is what the bridge made of the client's request.
    assert json.loads(call["body"])["messages"][0]["role"] == "user"
