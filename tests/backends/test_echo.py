"""The echo, used by the real client without credentials."""

from __future__ import annotations

import asyncio
import io
import json
from base64 import b64encode
from collections.abc import AsyncIterator

import pytest
from openai import AsyncOpenAI, NotFoundError, OpenAI
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam
from PIL import Image

from tests.conftest import StartBridge

ADD: ChatCompletionToolParam = {
    "type": "function",
    "function": {"name": "add", "parameters": {"type": "object", "properties": {}}},
}


@pytest.fixture
async def url(start_bridge: StartBridge) -> str:
    return f"{(await start_bridge()).url}/v1"


@pytest.fixture
async def client(url: str) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=url, api_key="any", max_retries=0) as openai_client:
        yield openai_client


async def test_the_echo_streams_the_message_and_says_it_is_not_claude(client: AsyncOpenAI) -> None:
    stream = await client.chat.completions.create(
        model="bridge-echo", messages=[{"role": "user", "content": "One two\nthree"}], stream=True
    )
    pieces = [chunk.choices[0].delta.content or "" async for chunk in stream]
    assert "".join(pieces) == "[bridge-echo, not Claude] One two\nthree"
    assert len(pieces) > 5


async def test_a_whole_answer_has_no_tokens(client: AsyncOpenAI) -> None:
    answer = await client.chat.completions.create(
        model="bridge-echo", messages=[{"role": "user", "content": "Hi"}]
    )
    assert answer.model == "bridge-echo"
    assert answer.choices[0].message.content == "[bridge-echo, not Claude] Hi"
    assert answer.usage is not None
    assert answer.usage.total_tokens == 0


async def test_the_synchronous_client_can_stream_too(url: str) -> None:
    def ask() -> tuple[str, str | None]:
        with OpenAI(base_url=url, api_key="any", max_retries=0) as client:
            messages: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Hi"}]
            stream = client.chat.completions.create(
                model="bridge-echo",
                messages=messages,
                stream=True,
            )
            streamed = "".join(chunk.choices[0].delta.content or "" for chunk in stream)
            whole = client.chat.completions.create(
                model="bridge-echo",
                messages=messages,
            )
            return streamed, whole.choices[0].message.content

    streamed, whole = await asyncio.to_thread(ask)
    assert streamed == whole == "[bridge-echo, not Claude] Hi"


async def test_a_tool_is_called_when_the_text_says_so(client: AsyncOpenAI) -> None:
    answer = await client.chat.completions.create(
        model="bridge-echo",
        messages=[{"role": "user", "content": 'Please call add with {"a": 1, "b": [2]}.'}],
        tools=[ADD],
    )
    assert answer.choices[0].finish_reason == "tool_calls"
    call = (answer.choices[0].message.tool_calls or [])[0]
    assert call.type == "function"
    assert (call.function.name, json.loads(call.function.arguments)) == ("add", {"a": 1, "b": [2]})


async def test_no_tool_is_called_without_its_name(client: AsyncOpenAI) -> None:
    answer = await client.chat.completions.create(
        model="bridge-echo", messages=[{"role": "user", "content": "Add it up"}], tools=[ADD]
    )
    assert answer.choices[0].finish_reason == "stop"


async def test_the_echo_describes_images(client: AsyncOpenAI) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (64, 48)).save(picture, "PNG")
    url = f"data:image/png;base64,{b64encode(picture.getvalue()).decode()}"
    answer = await client.chat.completions.create(
        model="bridge-echo",
        messages=[{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}],
    )
    assert answer.choices[0].message.content == (
        "[bridge-echo, not Claude] (image: PNG, 64x48 pixels)"
    )


async def test_the_echo_never_answers_for_claude(start_bridge: StartBridge) -> None:
    bridge = await start_bridge(backend="offline")
    async with AsyncOpenAI(base_url=f"{bridge.url}/v1", api_key="any", max_retries=0) as client:
        with pytest.raises(NotFoundError, match="bridge-echo"):
            await client.chat.completions.create(
                model="claude-opus-5-5", messages=[{"role": "user", "content": "Hi"}]
            )
        answer = await client.chat.completions.create(
            model="gpt-5.4", messages=[{"role": "user", "content": "Hi"}]
        )
    assert answer.model == "bridge-echo"
