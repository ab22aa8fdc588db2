"""The same chat through both backends reaches upstream as the same request."""

from __future__ import annotations

import base64
import io
from typing import Any

import pytest
from openai import AsyncOpenAI, BadRequestError
from PIL import Image

from bridge.backends.claude_code.backend import MAX_IMAGE_BYTES
from bridge.models.names import resolve_rules
from bridge.server.state import Bridge
from tests.backends.upstream import without_own
from tests.conftest import StartBridge
from tests.fake_anthropic.server import FakeAnthropic


def picture() -> str:
    written = io.BytesIO()
    Image.effect_noise((60, 40), 80).convert("RGB").save(written, "PNG")
    return "data:image/png;base64," + base64.b64encode(written.getvalue()).decode()


def call(id: str, name: str, arguments: str) -> dict[str, Any]:
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def tool(name: str, **more: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, **more}}


SCHEMA = {"type": "object", "properties": {"a": {"type": "integer", "minimum": 1}}}
LOOK = {
    "role": "user",
    "content": [
        {"type": "text", "text": "Look at this:"},
        {"type": "image_url", "image_url": {"url": picture()}},
    ],
}
CHATS: dict[str, dict[str, Any]] = {
    "one line": {"messages": [{"role": "user", "content": "Hi"}]},
    "system prompts": {
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "developer", "content": [{"type": "text", "text": "Be kind."}]},
            {"role": "user", "content": "Hi"},
        ]
    },
    "a tool loop": {
        "messages": [
            {"role": "system", "content": "Be exact."},
            {"role": "user", "content": "Add and look."},
            {
                "role": "assistant",
                "content": "Both.",
                "tool_calls": [call("c1", "zeta", '{"a": 1}'), call("c2", "alpha", "{}")],
            },
            {"role": "tool", "tool_call_id": "c2", "content": "two"},
            {"role": "tool", "tool_call_id": "c1", "content": [{"type": "text", "text": "one"}]},
            {"role": "assistant", "content": "", "tool_calls": [call("c3", "gone", "[broken")]},
            {"role": "tool", "tool_call_id": "c3", "content": ""},
            {"role": "user", "content": "Go on."},
        ],
        "tools": [
            tool("zeta", description="Last.", parameters=SCHEMA),
            tool("alpha", strict=True),
            tool("mid dle", parameters={"anyOf": [SCHEMA, {"type": "object"}]}),
            {"type": "custom", "custom": {"name": "patch"}},
        ],
        "parallel_tool_calls": False,
    },
    "pictures": {
        "messages": [
            LOOK,
            {"role": "assistant", "tool_calls": [call("c1", "shot", "{}")]},
            {"role": "tool", "tool_call_id": "c1", "content": LOOK["content"]},
        ],
        "tools": [tool("shot")],
    },
    "output": {
        "messages": [{"role": "user", "content": "Hi"}],
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "x", "schema": SCHEMA},
        },
        "stop": ["END", "STOP"],
        "max_completion_tokens": 9000,
        "reasoning_effort": "medium",
    },
    "sampling": {"messages": [{"role": "user", "content": "Hi"}], "temperature": 0.3},
    "no tool now": {
        "messages": [{"role": "user", "content": "Hi"}],
        "tools": [tool("alpha")],
        "tool_choice": "none",
    },
    "web search": {
        "messages": [{"role": "user", "content": "Hi"}],
        "web_search_options": {},
    },
}
MODELS = ("claude-opus-5-5", "claude-sonnet-5", "claude-opus-4-6", "claude-haiku-4-5")


def plain(body: dict[str, Any], model: str) -> dict[str, Any]:
    """Set the defaults that one backend leaves out and the other sends."""
    rules = resolve_rules(model)
    output = {"effort": rules.default_effort, **(body.get("output_config") or {})}
    thinking = body.get("thinking") or {"type": "disabled"}
    compared = without_own(body)
    # Claude Code makes one block of them.
    system = "\n\n".join(block["text"] for block in compared["system"])
    return {**compared, "system": system, "output_config": output, "thinking": thinking}


async def test_both_backends_send_the_same(
    start_bridge: StartBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    monkeypatch.setenv("CLAUDE_CODE_OAUTH_TOKEN", "sk-ant-oat01-made-up")
    async with FakeAnthropic() as by_key, FakeAnthropic() as by_sign_in:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", by_key.url)
        api = await start_bridge(backend="anthropic")
        # Warming up makes what sends to this address.
        await api.selection.warm_active()
        monkeypatch.setenv("ANTHROPIC_BASE_URL", by_sign_in.url)
        claude_code = await start_bridge(backend="claude-code")
        for model in MODELS:
            for name, chat in CHATS.items():
                for bridge in (api, claude_code):
                    async with AsyncOpenAI(base_url=f"{bridge.url}/v1", api_key="x") as client:
                        await client.chat.completions.create(model=model, **chat)
                one, other = (fake.requests[-1].body for fake in (by_key, by_sign_in))
                assert plain(other, model) == plain(one, model), (model, name)


async def test_a_turn_that_claude_code_takes_for_none_is_sent(
    claude_code: Bridge, fake: FakeAnthropic
) -> None:
    messages: Any = [
        {"role": "user", "content": "What is in the file?"},
        {"role": "assistant", "content": "(no content)"},
        {"role": "user", "content": "(no content)"},
    ]
    async with AsyncOpenAI(base_url=f"{claude_code.url}/v1", api_key="x") as client:
        await client.chat.completions.create(model="default", messages=messages)
    turns = [
        "".join(block["text"] for block in message["content"])
        for message in without_own(fake.requests[-1].body)["messages"]
    ]
    assert turns == ["What is in the file?", "(no content)", "(no content)"]


async def test_a_prompt_that_is_too_long_is_refused_as_by_the_api(claude_code: Bridge) -> None:
    """By upstream: Claude Code's own refusal names no status, and knows no newer limits."""
    words: Any = [{"role": "user", "content": "word " * 250_000}]
    async with AsyncOpenAI(base_url=f"{claude_code.url}/v1", api_key="x", max_retries=0) as client:
        with pytest.raises(BadRequestError) as refused:
            await client.chat.completions.create(model="claude-haiku-4-5", messages=words)
    assert refused.value.code == "context_length_exceeded"


async def test_a_long_image_reaches_upstream_as_the_bridge_encoded_it(
    claude_code: Bridge, fake: FakeAnthropic
) -> None:
    noise = Image.effect_noise((900, 900), 90).convert("RGB")
    written = io.BytesIO()
    noise.save(written, "PNG")
    url = "data:image/png;base64," + base64.b64encode(written.getvalue()).decode()
    content: Any = [{"type": "image_url", "image_url": {"url": url}}]
    async with AsyncOpenAI(base_url=f"{claude_code.url}/v1", api_key="x") as client:
        raw = await client.chat.completions.with_raw_response.create(
            model="default", messages=[{"role": "user", "content": content}]
        )
    assert "encoded again" in raw.headers["x-bridge-notice"]
    (sent,) = [
        block["source"]
        for message in without_own(fake.requests[-1].body)["messages"]
        for block in message["content"]
        if block["type"] == "image"
    ]
    assert sent["media_type"] == "image/webp", "Claude Code itself would send a JPEG"
    assert len(base64.b64decode(sent["data"])) <= MAX_IMAGE_BYTES < len(written.getvalue())


async def test_every_call_keeps_its_own_result(claude_code: Bridge, fake: FakeAnthropic) -> None:
    """Claude Code itself takes `call_0_2` for a copy of `call_0`, and replaces its result."""
    messages: Any = [{"role": "user", "content": "Hi"}]
    tools: Any = [tool("alpha")]
    # Clients that count from zero in each turn, and one that numbers its calls twice.
    for id, result in (("call_0", "12 C"), ("call_0", "noon"), ("call_0_1", "seven")):
        called = {"id": id, "type": "function", "function": {"name": "alpha", "arguments": "{}"}}
        messages.append({"role": "assistant", "content": None, "tool_calls": [called]})
        messages.append({"role": "tool", "tool_call_id": id, "content": result})
    async with AsyncOpenAI(base_url=f"{claude_code.url}/v1", api_key="x") as client:
        await client.chat.completions.create(model="default", messages=messages, tools=tools)
    results = [
        block["content"][0]["text"]
        for message in without_own(fake.requests[-1].body)["messages"]
        for block in message["content"]
        if block["type"] == "tool_result"
    ]
    assert results == ["12 C", "noon", "seven"]
