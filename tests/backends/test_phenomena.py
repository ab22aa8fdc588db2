"""What the echo plays for "say `prove …`", as OpenAI's client sees it."""

from __future__ import annotations

from typing import Any

import pytest
from openai import APIError, AsyncOpenAI, RateLimitError

from bridge.backends.phenomena import END, PHENOMENA
from bridge.server.state import Bridge
from tests.conftest import StartBridge

TOOLS: Any = [
    {"type": "function", "function": {"name": name, "parameters": {"type": "object"}}}
    for name in ("list_files", "read_file")
]


@pytest.fixture
async def bridge(start_bridge: StartBridge, monkeypatch: pytest.MonkeyPatch) -> Bridge:
    monkeypatch.setattr("bridge.backends.phenomena.SILENT_SECONDS", 0.3)
    return await start_bridge(backend="offline", keep_alive_seconds=0.1)


async def ask(bridge: Bridge, name: str) -> tuple[str, str | None, list[str]]:
    """Ask for a phenomenon; return the text, the finish_reason and the names of called tools."""
    async with AsyncOpenAI(base_url=f"{bridge.url}/v1", api_key="any", max_retries=0) as client:
        text, reason, called = "", None, []
        chunks = await client.chat.completions.create(
            model="bridge-echo", stream=True, tools=TOOLS,
            messages=[{"role": "user", "content": f"say `prove {name}`"}],
        )  # fmt: skip
        async for chunk in chunks:
            for choice in chunk.choices:
                text += choice.delta.content or choice.delta.refusal or ""
                reason = choice.finish_reason or reason
                called += [
                    call.function.name
                    for call in choice.delta.tool_calls or ()
                    if call.function and call.function.name
                ]
    return text, reason, called


@pytest.mark.parametrize("name", ["stream", "thinking"])
async def test_a_complete_answer_ends_with_the_mark(bridge: Bridge, name: str) -> None:
    text, reason, called = await ask(bridge, name)
    assert (text.endswith(END), reason, called) == (True, "stop", [])


async def test_two_tools_are_called_at_once(bridge: Bridge) -> None:
    _, reason, called = await ask(bridge, "tools")
    assert (reason, called) == ("tool_calls", ["list_files", "read_file"])


async def test_a_refusal_is_filtered_content(bridge: Bridge) -> None:
    _, reason, _ = await ask(bridge, "refusal")
    assert reason == "content_filter"


@pytest.mark.parametrize("name", ["error", "cut"])
async def test_a_stream_ends_with_an_error_event(bridge: Bridge, name: str) -> None:
    with pytest.raises(APIError, match="The echo plays"):
        await ask(bridge, name)


async def test_a_limit_names_the_pause_and_then_answers(bridge: Bridge) -> None:
    with pytest.raises(RateLimitError) as caught:
        await ask(bridge, "429")
    assert caught.value.response.headers["retry-after"] == "2"
    text, _, _ = await ask(bridge, "429")
    assert text.endswith(END)


async def test_other_messages_are_echoed(bridge: Bridge) -> None:
    assert (await ask(bridge, "nothing"))[0].endswith("say `prove nothing`")
    assert "nothing" not in PHENOMENA
