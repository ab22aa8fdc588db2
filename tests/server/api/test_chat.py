"""Chat completions: the real `openai` client, the bridge, the strict fake upstream."""

from __future__ import annotations

import asyncio
import base64
import gc
import io
import json
import socket
import time
import tracemalloc
from typing import Any

import aiohttp
import openai
import psutil
import pytest
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam
from PIL import Image

from bridge.server.state import Bridge
from tests.conftest import StartBridge
from tests.fake_anthropic.server import FakeAnthropic

MODEL = "claude-sonnet-5-5"
WEATHER: ChatCompletionToolParam = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


def play(**directive: Any) -> list[ChatCompletionMessageParam]:
    """Build a chat whose last words tell the fake upstream what to do."""
    return [{"role": "user", "content": f"Go. <<<{json.dumps(directive)}>>>"}]


async def test_text_is_streamed(client: AsyncOpenAI) -> None:
    stream = await client.chat.completions.create(
        model=MODEL,
        messages=play(text="Two and two is four."),
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = [chunk async for chunk in stream]
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text == "Two and two is four."
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert (chunks[-1].choices, chunks[-1].usage is not None) == ([], True)
    assert {c.id for c in chunks} == {chunks[0].id}


async def test_the_whole_answer_is_the_same(client: AsyncOpenAI) -> None:
    answer = await client.chat.completions.create(
        model=MODEL, messages=play(text="Two and two is four.")
    )
    assert answer.choices[0].message.content == "Two and two is four."
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


async def test_thinking_is_shown_as_reasoning(client: AsyncOpenAI) -> None:
    answer = await client.chat.completions.create(
        model=MODEL, messages=play(thinking="Let me add.", text="Four.")
    )
    message = answer.choices[0].message
    assert message.content == "Four."
    assert (message.model_extra or {})["reasoning_content"] == "Let me add."


async def test_a_tool_call_and_its_result_make_a_round_trip(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    calls = [
        {"name": "weather", "input": {"city": "Oslo"}},
        {"name": "weather", "input": {"city": "Bergen"}},
    ]
    messages = play(tools=calls)
    answer = await client.chat.completions.create(model=MODEL, messages=messages, tools=[WEATHER])
    message = answer.choices[0].message
    assert answer.choices[0].finish_reason == "tool_calls"
    made = [call for call in message.tool_calls or [] if call.type == "function"]
    assert [json.loads(call.function.arguments)["city"] for call in made] == ["Oslo", "Bergen"]
    results: list[ChatCompletionMessageParam] = [
        {"role": "tool", "tool_call_id": call.id, "content": "rain"} for call in made
    ]
    asked: ChatCompletionMessageParam = message.to_dict()  # type: ignore[assignment]  # as people do
    final = await client.chat.completions.create(
        model=MODEL, messages=[*messages, asked, *results], tools=[WEATHER]
    )
    assert final.choices[0].finish_reason == "stop"
    last = fake.requests[-1].body["messages"][-1]
    assert [(b["type"], b["tool_use_id"]) for b in last["content"]] == [
        ("tool_result", made[0].id),
        ("tool_result", made[1].id),
    ]


async def test_system_and_developer_messages_and_an_image_reach_claude(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (8, 6), "red").save(picture, "PNG")
    data = base64.b64encode(picture.getvalue()).decode()
    await client.chat.completions.create(
        model=MODEL,
        messages=[
            {"role": "system", "content": "Be brief."},
            {"role": "developer", "content": "Be kind."},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "What is this?"},
                    {"type": "image_url", "image_url": {"url": f"data:image/jpg;base64,{data}"}},
                ],
            },
        ],
    )
    body = fake.requests[-1].body
    assert [block["text"] for block in body["system"]] == ["Be brief.", "Be kind."]
    image = {"type": "base64", "media_type": "image/png", "data": data}
    assert body["messages"][0]["content"][1] == {"type": "image", "source": image}
    assert body["stream"] is True


@pytest.mark.parametrize(
    ("status", "raised", "code"),
    [
        (400, openai.BadRequestError, None),
        (401, openai.AuthenticationError, "invalid_api_key"),
        (403, openai.PermissionDeniedError, "forbidden"),
        (404, openai.NotFoundError, "not_found"),
        (413, openai.APIStatusError, "request_too_large"),
        (429, openai.RateLimitError, "rate_limit_exceeded"),
        (500, openai.InternalServerError, "upstream_error"),
        (529, openai.InternalServerError, "overloaded"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
async def test_an_upstream_error_has_the_matching_openai_error(
    client: AsyncOpenAI,
    status: int,
    raised: type[openai.APIStatusError],
    code: str | None,
    stream: bool,
) -> None:
    with pytest.raises(raised) as caught:
        await client.chat.completions.create(
            model=MODEL, messages=play(error=status, retry_after=7), stream=stream
        )
    expected = {500: 502, 529: 503}.get(status, status)
    assert (caught.value.status_code, caught.value.code) == (expected, code)
    if status == 429:
        assert caught.value.response.headers["retry-after"] == "7"


@pytest.mark.parametrize("fault", [{"mid_error": 2}, {"drop": 2}])
async def test_a_failure_in_the_middle_of_a_stream_is_an_error_event(
    client: AsyncOpenAI, fault: dict[str, int]
) -> None:
    stream = await client.chat.completions.create(
        model=MODEL, messages=play(text="one two three four five", **fault), stream=True
    )
    text = ""
    with pytest.raises(openai.APIError):
        async for chunk in stream:
            text += chunk.choices[0].delta.content or ""
    assert "one" in text
    assert "five" not in text


@pytest.mark.parametrize("fault", [{"mid_error": 2}, {"drop": 2}])
async def test_a_whole_answer_that_fails_half_way_has_an_error_status(
    client: AsyncOpenAI, fault: dict[str, int]
) -> None:
    with pytest.raises(openai.InternalServerError):
        await client.chat.completions.create(
            model=MODEL, messages=play(text="one two three four five", **fault)
        )


async def test_notices_come_in_a_header(client: AsyncOpenAI) -> None:
    raw = await client.chat.completions.with_raw_response.create(
        model="gpt-5.4", messages=play(text="Hi."), seed=1
    )
    assert raw.headers["x-bridge-notice"] == (
        "model: claude-sonnet-5-5 is used instead of gpt-5.4; seed ignored: not supported by Claude"
    )
    assert raw.headers["x-request-id"].startswith("req_")


async def test_a_client_that_leaves_ends_generation_at_once(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    stream = await client.chat.completions.create(
        model=MODEL, messages=play(text="word " * 500, delay=0.02), stream=True
    )
    await anext(aiter(stream))
    left = time.monotonic()
    await stream.close()
    await fake.wait_closed(1, timeout=30)
    closed_at = fake.requests[-1].closed_at
    assert closed_at is not None
    assert fake.requests[-1].closed_early
    assert closed_at - left < 5


async def abort_request(client: AsyncOpenAI) -> None:
    stream = await client.chat.completions.create(
        model=MODEL, messages=play(text="word " * 500, delay=0.01), stream=True
    )
    await anext(aiter(stream))
    await stream.close()


async def test_200_aborted_requests_leave_nothing_behind(
    client: AsyncOpenAI, fake: FakeAnthropic, bridge: Bridge
) -> None:
    for _ in range(20):
        await abort_request(client)
    await fake.wait_closed(20, timeout=10)
    await asyncio.sleep(0.2)
    gc.collect()
    tasks = len(asyncio.all_tasks())
    sockets = len(psutil.Process().net_connections())
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(200):
        await abort_request(client)
    await fake.wait_closed(220, timeout=20)
    await asyncio.sleep(0.3)
    fake.requests.clear()
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert bridge.open_streams == 0
    assert fake.open_streams == 0
    assert len(asyncio.all_tasks()) <= tasks
    assert len(psutil.Process().net_connections()) <= sockets
    assert grown < 1_000_000


async def test_a_malformed_event_is_an_error_in_the_stream(client: AsyncOpenAI) -> None:
    stream = await client.chat.completions.create(
        model=MODEL, messages=play(text="one two three", malformed=1), stream=True
    )
    with pytest.raises(openai.APIError, match="not JSON"):
        async for _ in stream:
            pass


async def test_a_silent_upstream_is_an_error_in_the_stream(
    start_bridge: StartBridge, fake: FakeAnthropic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    bridge = await start_bridge(upstream_silence_seconds=0.5, keep_alive_seconds=0.1)
    async with aiohttp.ClientSession() as session:
        body = {"model": MODEL, "messages": play(text="one two", hang=1), "stream": True}
        async with session.post(f"{bridge.url}/v1/chat/completions", json=body) as answer:
            lines = (await answer.text()).splitlines()
    assert lines.count(": keep-alive") >= 2
    assert json.loads(lines[-2].removeprefix("data: "))["error"]["code"] == "upstream_timeout"
    assert "data: [DONE]" not in lines


async def test_a_rejected_key_has_a_plain_message(
    start_bridge: StartBridge, fake: FakeAnthropic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-wrong")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    bridge = await start_bridge()
    async with AsyncOpenAI(
        base_url=f"{bridge.url}/v1", api_key="any", max_retries=0
    ) as openai_client:
        with pytest.raises(openai.AuthenticationError, match="Check ANTHROPIC_API_KEY"):
            await openai_client.chat.completions.create(model=MODEL, messages=play(text="Hi"))


async def test_no_connection_to_upstream_has_a_plain_message(
    start_bridge: StartBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", f"http://127.0.0.1:{port}")
    bridge = await start_bridge()
    async with AsyncOpenAI(
        base_url=f"{bridge.url}/v1", api_key="any", max_retries=0
    ) as openai_client:
        with pytest.raises(openai.InternalServerError, match="Cannot connect to Claude's API"):
            await openai_client.chat.completions.create(model=MODEL, messages=play(text="Hi"))


async def test_without_credentials_the_error_has_a_hint(start_bridge: StartBridge) -> None:
    bridge = await start_bridge()
    async with AsyncOpenAI(
        base_url=f"{bridge.url}/v1", api_key="any", max_retries=0
    ) as openai_client:
        with pytest.raises(openai.AuthenticationError, match="set ANTHROPIC_API_KEY") as caught:
            await openai_client.chat.completions.create(model=MODEL, messages=play(text="Hi"))
    assert caught.value.code == "not_signed_in"
