"""The limits of a model as requests show them: listed live, or learned from a rejection."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from typing import Any

import aiohttp
import pytest
from openai import AsyncOpenAI

from bridge.server.state import Bridge
from tests.conftest import StartBridge
from tests.fake_anthropic import catalog
from tests.fake_anthropic import rules as fake_rules
from tests.fake_anthropic.script import Failure, Reply, ToolUse
from tests.fake_anthropic.server import FakeAnthropic

TOOL: Any = {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}
HI: Any = {"role": "user", "content": "Hi"}


async def test_the_live_model_list_takes_precedence(
    fake: FakeAnthropic, start_bridge: StartBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    larger = dataclasses.replace(fake_rules._BY_ID["claude-opus-5-5"], max_tokens=256_000)
    monkeypatch.setattr(catalog, "TABLE", (larger, *fake_rules.TABLE[1:]))
    monkeypatch.setitem(fake_rules._BY_ID, "claude-opus-5-5", larger)
    bridge = await start_bridge()
    while bridge.catalogue.find("claude-opus-5-5") is None:
        await asyncio.sleep(0.01)
    async with AsyncOpenAI(base_url=f"{bridge.url}/v1", api_key="x", max_retries=0) as client:
        await client.chat.completions.create(model="claude-opus-5-5", messages=[HI])
    assert fake.requests[-1].body["max_tokens"] == 128_000


async def test_a_notice_is_logged_once(
    client: AsyncOpenAI, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        await client.chat.completions.create(model="default", messages=[HI], seed=1)
    (line,) = [record.message for record in caplog.records if "notice" in record.message]
    assert line.startswith("req_")
    assert line.endswith("notice: seed ignored: not supported by Claude")


async def test_a_limit_learned_from_a_rejection_is_remembered(
    bridge: Bridge, client: AsyncOpenAI, fake: FakeAnthropic, monkeypatch: pytest.MonkeyPatch
) -> None:
    stricter = dataclasses.replace(
        fake_rules._BY_ID["claude-opus-5"], forced_tools=False, max_tokens=1000
    )
    monkeypatch.setitem(fake_rules._BY_ID, "claude-opus-5", stricter)
    call_add = Reply((ToolUse("add", {}),))
    fake.script(call_add, call_add)
    for _ in range(2):
        answer = await client.chat.completions.create(
            model="claude-opus-5",
            messages=[HI],
            tools=[TOOL],
            tool_choice="required",
            max_tokens=900,
        )
        assert answer.choices[0].finish_reason == "tool_calls"
    statuses = [request.status for request in fake.requests if request.method == "POST"]
    assert statuses == [400, 200, 200]
    assert bridge.find_rules("claude-opus-5", "anthropic").forced_tools is False


async def test_only_one_limit_is_learned_per_request(
    client: AsyncOpenAI, fake: FakeAnthropic, bridge: Bridge
) -> None:
    refusal = "`temperature` is not supported on this model."
    fake.script(Failure(400, message=refusal), Failure(400, message="no, really"))
    body = {"model": "claude-opus-4-6", "messages": [HI], "temperature": 0}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{bridge.url}/v1/chat/completions", json=body) as answer,
    ):
        assert answer.status == 400
        assert (await answer.json())["error"]["message"] == "no, really"


STRICT: Any = {
    "type": "function",
    "function": {
        "name": "f",
        "strict": True,
        "parameters": {
            "type": "object",
            "properties": {"a": {"type": "string"}},
            "required": ["a"],
            "additionalProperties": False,
        },
    },
}
LOOSE: Any = {"type": "function", "function": {"name": "g", "parameters": {"type": "object"}}}
REFUSED = "tools.0.custom.input_schema: JSON schema is invalid"


def build_strict(name: str) -> Any:
    parameters = {**STRICT["function"]["parameters"], "properties": {name: {}}, "required": [name]}
    return {"type": "function", "function": {**STRICT["function"], "parameters": parameters}}


async def ask(bridge: Bridge, *tools: Any, model: str = "claude-opus-5") -> int:
    body = {"model": model, "messages": [HI], "tools": tools}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{bridge.url}/v1/chat/completions", json=body) as answer,
    ):
        return answer.status


def list_sent_strict(fake: FakeAnthropic) -> list[bool]:
    return [tool.get("strict", False) for tool in fake.bodies()[-1]["tools"]]


async def test_a_schema_that_is_refused_without_strict_is_not_asked_again(
    bridge: Bridge, fake: FakeAnthropic
) -> None:
    fake.script(Failure(400, message=REFUSED))
    assert await ask(bridge, LOOSE) == 400
    assert await ask(bridge, STRICT) == 200
    assert list_sent_strict(fake) == [True]
    assert len(fake.bodies()) == 2


async def test_a_correction_that_the_retry_did_not_prove_is_not_kept(
    bridge: Bridge, fake: FakeAnthropic
) -> None:
    fake.script(Failure(400, message=REFUSED), Failure(400, message=REFUSED))
    assert await ask(bridge, STRICT) == 400
    assert await ask(bridge, STRICT) == 200
    assert list_sent_strict(fake) == [True]


async def test_a_refused_schema_is_remembered_for_that_schema_and_model(
    bridge: Bridge, fake: FakeAnthropic
) -> None:
    fake.script(Failure(400, message=REFUSED))
    assert await ask(bridge, STRICT) == 200
    assert list_sent_strict(fake) == [False]
    assert await ask(bridge, STRICT) == 200
    assert list_sent_strict(fake) == [False]
    assert await ask(bridge, build_strict("b")) == 200
    assert list_sent_strict(fake) == [True]
    assert await ask(bridge, STRICT, model="claude-opus-4-8") == 200
    assert list_sent_strict(fake) == [True]


async def test_schemas_that_are_too_much_together_are_enforced_alone(
    bridge: Bridge, fake: FakeAnthropic
) -> None:
    other = build_strict("b")
    other["function"]["name"] = "h"
    fake.script(Failure(400, message="The compiled grammar is too large."))
    assert await ask(bridge, STRICT, other) == 200
    assert list_sent_strict(fake) == [False, False]
    assert await ask(bridge, STRICT, other) == 200
    assert list_sent_strict(fake) == [False, False]
    assert len(fake.bodies()) == 3
    assert await ask(bridge, STRICT) == 200
    assert list_sent_strict(fake) == [True]
