"""A recorded request becomes a test case, without its words unless they are kept."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import aiohttp
import pytest
from PIL import Image

from bridge.server.state import Bridge
from tests.fake_anthropic.script import Drop, Reply, Text, ToolUse, calls, says
from tests.fake_anthropic.server import FakeAnthropic
from tests.inspect.test_cases import play_case
from tests.server.api.inspect.test_exchanges import get, get_last

WORDS = ("Swordfish", "Herring", "Pike", "Carp")


def draw_image() -> str:
    output = io.BytesIO()
    Image.effect_noise((60, 40), 50).convert("RGB").save(output, "PNG")
    return base64.b64encode(output.getvalue()).decode()


TOOL = {
    "type": "function",
    "function": {
        "name": "find_fish",
        "description": "Finds a Carp.",
        "parameters": {
            "type": "object",
            "properties": {"kind": {"type": "string", "description": "Pike or Herring"}},
            "required": ["kind"],
        },
    },
}
BODIES: dict[str, tuple[str, dict[str, Any]]] = {
    "chat": (
        "/v1/chat/completions",
        {
            "model": "gpt-4o",
            "messages": [
                {"role": "system", "content": "Swordfish, be brief."},
                {"role": "user", "content": "A Herring 7391?"},
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [
                        {
                            "id": "call_1",
                            "type": "function",
                            "function": {
                                "name": "find_fish",
                                "arguments": '{"kind": "Pike \\n", "deep": true}',
                            },
                        }
                    ],
                },
                {"role": "tool", "tool_call_id": "call_1", "content": "A Carp."},
            ],
            "tools": [TOOL],
            "seed": 7,
            "verbosity": "low",
            "stop": ["Herring"],
            "max_completion_tokens": 300,
        },
    ),
    "chat with an image": (
        "/v1/chat/completions",
        {
            "model": "default",
            "stream": True,
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "A Pike?"},
                        {
                            "type": "image_url",
                            "image_url": {"url": f"data:image/png;base64,{draw_image()}"},
                        },
                    ],
                }
            ],
        },
    ),
    "messages": (
        "/v1/messages",
        {
            "model": "claude-sonnet-5-5",
            "max_tokens": 300,
            "system": "Swordfish.",
            "messages": [{"role": "user", "content": [{"type": "text", "text": "A Herring?"}]}],
        },
    ),
    "responses": (
        "/v1/responses",
        {
            "model": "default",
            "instructions": "Swordfish.",
            "input": [{"type": "message", "role": "user", "content": "A Herring?"}],
            "reasoning": {"effort": "low"},
            "stream": True,
        },
    ),
    "completions": ("/v1/completions", {"model": "default", "prompt": "A Pike", "suffix": "Carp"}),
}


@pytest.mark.parametrize(
    ("name", "content"), [*((name, "filler") for name in BODIES), ("chat", "kept")]
)
async def test_a_case_is_played(
    bridge: Bridge,
    fake: FakeAnthropic,
    session: aiohttp.ClientSession,
    name: str,
    content: str,
) -> None:
    path, body = BODIES[name]
    answer = (
        calls(ToolUse("find_fish", {"kind": "Pike"})) if "tools" in body else says("A Carp, I say.")
    )
    fake.script(answer)
    async with session.post(path, json=body) as response:
        assert response.status == 200, await response.text()
    id = (await get_last(session))["id"]
    case = await get(session, f"/inspect/exchanges/{id}/case?content={content}")
    text = json.dumps(case)
    assert any(word in text for word in WORDS) is (content == "kept")
    await play_case(bridge, fake, case)
    # The translation is what it asserts.
    case["calls"][0]["request"]["max_tokens"] += 1
    with pytest.raises(AssertionError):
        await play_case(bridge, fake, case)


async def test_arguments_in_pieces_are_filled_as_one_text(
    fake: FakeAnthropic, session: aiohttp.ClientSession
) -> None:
    path, body = BODIES["chat"]
    fake.script(calls(ToolUse("find_fish", {"kind": 'A "Pike" \\ here', "depth": 12})))
    async with session.post(path, json=body):
        pass
    id = (await get_last(session))["id"]
    case = await get(session, f"/inspect/exchanges/{id}/case")
    deltas = [event.get("delta", {}) for event in case["calls"][0]["events"]]
    arguments = "".join(delta.get("partial_json", "") for delta in deltas)
    assert json.loads(arguments) == {"kind": 'X "Xxxx" \\ xxxx', "depth": 12}


@pytest.mark.parametrize(
    ("path", "body", "reason"),
    [
        ("/v1/embeddings", {"model": "x", "input": "Hi"}, "are not translated"),
        ("/v1/messages", {"model": "default"}, "0 calls"),
        (*BODIES["messages"], "one of them failed"),
    ],
)
async def test_what_cannot_be_played(
    fake: FakeAnthropic, session: aiohttp.ClientSession, path: str, body: Any, reason: str
) -> None:
    fake.script(Reply((Text("one two"),), fault=Drop(1)))
    async with session.post(path, json=body):
        pass
    id = (await get_last(session))["id"]
    async with session.get(f"/inspect/exchanges/{id}/case") as answer:
        assert answer.status == 400
        assert reason in (await answer.json())["error"]["message"]
