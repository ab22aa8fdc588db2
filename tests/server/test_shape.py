"""Everything the bridge sends matches OpenAI's own types strictly, with all fields."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from bridge.server.state import Bridge
from tests.fake_anthropic.directive import Directive
from tests.fake_anthropic.server import FakeAnthropic

PHENOMENA: dict[str, Directive] = {
    "text": {"text": "Two and two is four."},
    "thinking": {"thinking": "Let me see.", "text": "Four."},
    "tools": {"tools": [{"name": "add", "input": {"a": 1}}, {"name": "now", "input": {}}]},
    "text and a tool": {"text": "Looking.", "tools": [{"name": "add", "input": {"a": 1}}]},
    "refusal": {"text": "I", "stop_reason": "refusal"},
    "max_tokens": {"text": "Cut", "stop_reason": "max_tokens"},
    "window": {"text": "Cut", "stop_reason": "model_context_window_exceeded"},
    "pings": {"text": "one two", "pings": True},
}


async def post(bridge: Bridge, **more: Any) -> str:
    body = {"model": "default", "messages": [{"role": "user", "content": "Go"}], **more}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{bridge.url}/v1/chat/completions", json=body) as answer,
    ):
        assert answer.status == 200
        return await answer.text()


@pytest.mark.parametrize("phenomenon", PHENOMENA)
async def test_a_whole_answer_matches_openais_types(
    bridge: Bridge, fake: FakeAnthropic, phenomenon: str
) -> None:
    fake.default = PHENOMENA[phenomenon]
    answer = json.loads(await post(bridge))
    ChatCompletion.model_validate(answer, strict=True)
    (choice,) = answer["choices"]
    assert {"index", "message", "logprobs", "finish_reason"} <= choice.keys()
    assert {"role", "content", "refusal"} <= choice["message"].keys()


@pytest.mark.parametrize("with_usage", [False, True])
@pytest.mark.parametrize("phenomenon", PHENOMENA)
async def test_every_chunk_matches_openais_types(
    bridge: Bridge, fake: FakeAnthropic, phenomenon: str, with_usage: bool
) -> None:
    fake.default = PHENOMENA[phenomenon]
    options = {"stream_options": {"include_usage": True}} if with_usage else {}
    lines = (await post(bridge, stream=True, **options)).split("\n\n")
    assert lines[-2:] == ["data: [DONE]", ""]
    chunks = [json.loads(line.removeprefix("data: ")) for line in lines[:-2]]
    for chunk in chunks:
        ChatCompletionChunk.model_validate(chunk, strict=True)
        assert ("usage" in chunk) is with_usage
        for choice in chunk["choices"]:
            assert {"index", "delta", "logprobs", "finish_reason"} <= choice.keys()
    ended = [c for chunk in chunks for c in chunk["choices"] if c["finish_reason"]]
    assert len(ended) == 1
    if with_usage:
        assert [chunk["choices"] for chunk in chunks if chunk["usage"]] == [[]]
