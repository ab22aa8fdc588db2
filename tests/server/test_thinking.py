"""Clients drop Claude's thinking; the bridge stores and restores it."""

from __future__ import annotations

from typing import Any

import pytest
from openai import AsyncOpenAI

from tests.conftest import StartBridge
from tests.fake_anthropic.script import Failure, Reply, Text, Thinking, ToolUse, says
from tests.fake_anthropic.server import FakeAnthropic

TOOL: Any = {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}
HI: Any = {"role": "user", "content": "Hi"}
THOUGHT = Reply((Thinking("Let me add."), Text("Adding."), ToolUse("add", {"a": 1})))


async def call(client: AsyncOpenAI, model: str = "claude-opus-5-5", **more: Any) -> list[Any]:
    """Return the conversation after one tool call and its result, as clients store it."""
    answer = await client.chat.completions.create(model=model, messages=[HI], tools=[TOOL], **more)
    message = answer.choices[0].message
    assert message.tool_calls
    turn = {
        "role": "assistant",
        "content": message.content,
        "tool_calls": [one.model_dump() for one in message.tool_calls],
    }
    result = {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "2"}
    return [HI, turn, result]


def list_block_types(fake: FakeAnthropic, message: int = 1) -> list[str]:
    return [block["type"] for block in fake.requests[-1].body["messages"][message]["content"]]


async def test_thinking_is_restored_with_its_signature(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    fake.script(THOUGHT, THOUGHT, says("Done."))
    chat = await call(client)
    again = await client.chat.completions.create(
        model="claude-opus-5-5", messages=chat, tools=[TOOL]
    )
    assert fake.requests[-1].status == 200
    assert list_block_types(fake) == ["thinking", "text", "tool_use"]
    calls = again.choices[0].message.tool_calls or []
    message: Any = {
        "role": "assistant",
        "content": "Adding.",
        "tool_calls": [calls[0].model_dump()],
    }
    result: Any = {"role": "tool", "tool_call_id": calls[0].id, "content": "3"}
    await client.chat.completions.create(
        model="claude-opus-5-5", messages=[*chat, message, result], tools=[TOOL]
    )
    assert fake.requests[-1].status == 200
    assert (
        list_block_types(fake, 1) == list_block_types(fake, 3) == ["thinking", "text", "tool_use"]
    )


@pytest.mark.parametrize("edit", ["model", "system", "tools", "history"])
async def test_thinking_is_left_out_after_an_edit(
    client: AsyncOpenAI, fake: FakeAnthropic, edit: str
) -> None:
    fake.script(THOUGHT, says("Done."))
    chat = await call(client)
    model, tools = "claude-opus-5-5", [TOOL]
    if edit == "model":
        model = "claude-fable-5-2"
    elif edit == "system":
        chat = [{"role": "system", "content": "Be brief."}, *chat]
    elif edit == "tools":
        tools = [TOOL, {"type": "function", "function": {"name": "sub"}}]
    else:
        chat[0] = {"role": "user", "content": "Hello"}
    await client.chat.completions.create(model=model, messages=chat, tools=tools)
    assert fake.requests[-1].status == 200
    assert list_block_types(fake) == ["text", "tool_use"]


async def test_thinking_survives_a_restart(
    fake: FakeAnthropic, start_bridge: StartBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    fake.script(THOUGHT, says("Done."))
    first, second = await start_bridge(thinking_days=7), await start_bridge(thinking_days=7)
    async with AsyncOpenAI(base_url=f"{first.url}/v1", api_key="x", max_retries=0) as client:
        chat = await call(client)
    await first.thinking.close()
    async with AsyncOpenAI(base_url=f"{second.url}/v1", api_key="x", max_retries=0) as client:
        await client.chat.completions.create(model="claude-opus-5-5", messages=chat, tools=[TOOL])
    assert list_block_types(fake) == ["thinking", "text", "tool_use"]


async def test_thinking_that_upstream_rejects_is_removed_and_the_request_repeated(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    refusal = Failure(
        400,
        message="messages.1.content.0: Thinking block is bound to a different conversation.",
    )
    fake.script(THOUGHT, refusal, says("Done."), says("Again."))
    chat = await call(client)
    raw = await client.chat.completions.with_raw_response.create(
        model="claude-opus-5-5", messages=chat, tools=[TOOL]
    )
    assert raw.parse().choices[0].message.content == "Done."
    assert raw.headers["x-bridge-notice"] == (
        "thinking: earlier thinking left out; Claude's API did not accept it"
    )
    assert list_block_types(fake) == ["text", "tool_use"]
    await client.chat.completions.create(model="claude-opus-5-5", messages=chat, tools=[TOOL])
    assert len(fake.requests) - sum(r.method == "GET" for r in fake.requests) == 4


async def test_an_older_model_without_its_earlier_thinking_does_not_think(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    fake.script(Reply((ToolUse("add", {"a": 1}),)), says("Done."))
    chat = await call(client, model="claude-haiku-4-5", reasoning_effort="high")
    assert fake.requests[-1].body["thinking"]["type"] == "enabled"
    raw = await client.chat.completions.with_raw_response.create(
        model="claude-haiku-4-5", messages=chat, tools=[TOOL], reasoning_effort="high"
    )
    assert "thinking" not in fake.requests[-1].body
    assert "thinking: off in this tool loop" in raw.headers["x-bridge-notice"]
