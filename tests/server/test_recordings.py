"""Real answers of Claude, recorded, through the bridge to the real client: nothing lost, no more.

What is expected is read off the recording itself, apart from the bridge's own machine.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from openai import AsyncOpenAI

from tests.fake_anthropic.script import Reply, Usage, says
from tests.fake_anthropic.server import FakeAnthropic

RECORDINGS = Path(__file__).parents[3] / "shared" / "recordings" / "anthropic_traffic.jsonl"

pytestmark = pytest.mark.skipif(
    not RECORDINGS.exists(), reason="the recordings lie beside the project only"
)


def exchanges() -> list[dict[str, Any]]:
    if not RECORDINGS.exists():
        return []
    lines = map(json.loads, RECORDINGS.read_text("utf-8").splitlines())
    return [line for line in lines if line["status"] == 200 and "count_tokens" not in line["url"]]


STREAMED = [exchange["response"] for exchange in exchanges() if exchange.get("sse")]
WHOLE = [
    exchange["response"]
    for exchange in exchanges()
    # Only a request for a compaction gets one, and the bridge sends none.
    if not exchange.get("sse") and exchange["response"]["stop_reason"] != "compaction"
]


def events_of(stream: str) -> list[dict[str, Any]]:
    return [json.loads(line[5:]) for line in stream.splitlines() if line.startswith("data:")]


def message_of(events: list[dict[str, Any]]) -> dict[str, Any]:
    """The message a recorded stream spells out, as upstream would have sent it whole."""
    message = dict(events[0]["message"])
    blocks: dict[int, dict[str, Any]] = {}
    for event in events[1:]:
        match event["type"]:
            case "content_block_start":
                blocks[event["index"]] = {**event["content_block"], "json": ""}
            case "content_block_delta":
                block, delta = blocks[event["index"]], event["delta"]
                if delta["type"] == "text_delta":
                    block["text"] += delta["text"]
                elif delta["type"] == "input_json_delta":
                    block["json"] += delta["partial_json"]
                elif delta["type"] == "thinking_delta":
                    block["thinking"] += delta["thinking"]
            case "message_delta":
                message["stop_reason"] = event["delta"]["stop_reason"]
                message["usage"] = {**message["usage"], **_said(event["usage"])}
            case _:
                pass
    for block in blocks.values():
        if block["json"]:
            block["input"] = json.loads(block["json"])
    return {**message, "content": list(blocks.values())}


def _said(usage: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in usage.items() if value is not None}


def stream_of(message: dict[str, Any]) -> str:
    """A whole recorded message as upstream would have streamed it."""
    head = {**message, "content": [], "stop_reason": None}
    events: list[dict[str, Any]] = [{"type": "message_start", "message": head}]
    for index, block in enumerate(message["content"]):
        begun, delta = _begun(block)
        events.append({"type": "content_block_start", "index": index, "content_block": begun})
        if delta is not None:
            events.append({"type": "content_block_delta", "index": index, "delta": delta})
        events.append({"type": "content_block_stop", "index": index})
    ending = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    events.append({"type": "message_delta", "delta": ending, "usage": message["usage"]})
    events.append({"type": "message_stop"})
    return "".join(f"event: {e['type']}\ndata: {json.dumps(e)}\n\n" for e in events)


def _begun(block: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any] | None]:
    match block["type"]:
        case "text":
            return {**block, "text": ""}, {"type": "text_delta", "text": block["text"]}
        case "thinking":
            delta = {"type": "thinking_delta", "thinking": block["thinking"]}
            return {**block, "thinking": ""}, delta
        case "tool_use" | "server_tool_use" | "mcp_tool_use":
            written = json.dumps(block["input"]) if block["input"] else ""
            return {**block, "input": {}}, {"type": "input_json_delta", "partial_json": written}
        case _:
            return block, None


async def answered(client: AsyncOpenAI, fake: FakeAnthropic, stream: str) -> dict[str, Any]:
    """What the real client makes of it: text, reasoning, calls, the end, and usage."""
    fake.script(Reply(raw=stream))
    # A recorded pause is continued; there is no more output then.
    fake.default = says("", usage=Usage(input_tokens=0, output_tokens=0))
    answer = await client.chat.completions.create(
        model="claude-sonnet-5-5", messages=[{"role": "user", "content": "Go"}]
    )
    message, usage = answer.choices[0].message, answer.usage
    assert usage is not None
    assert usage.prompt_tokens_details is not None
    return {
        "text": message.content or "",
        "reasoning": (message.model_extra or {}).get("reasoning_content", ""),
        "calls": [
            (call.id, call.function.name, json.loads(call.function.arguments))
            for call in message.tool_calls or []
            if call.type == "function"
        ],
        "tokens": (usage.prompt_tokens, usage.completion_tokens),
        "cached": usage.prompt_tokens_details.cached_tokens,
    }


def expected(message: dict[str, Any]) -> dict[str, Any]:
    usage, content = message["usage"], message["content"]
    read = usage.get("cache_read_input_tokens") or 0
    written = usage.get("cache_creation_input_tokens") or 0
    return {
        "text": "".join(block["text"] for block in content if block["type"] == "text"),
        "reasoning": "".join(b["thinking"] for b in content if b["type"] == "thinking"),
        "calls": [(b["id"], b["name"], b["input"]) for b in content if b["type"] == "tool_use"],
        "tokens": (usage["input_tokens"] + read + written, usage["output_tokens"]),
        "cached": read,
    }


async def test_every_recorded_stream_arrives_unchanged(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    for stream in STREAMED:
        assert await answered(client, fake, stream) == expected(message_of(events_of(stream)))
    assert len(STREAMED) > 80


async def test_every_recorded_whole_answer_arrives_unchanged(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    for message in WHOLE:
        assert await answered(client, fake, stream_of(message)) == expected(message)
    assert len(WHOLE) > 280
