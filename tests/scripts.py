"""Anthropic's stream events, built by hand: what upstream says, as a test wants to read it."""

from __future__ import annotations

from typing import Any

from bridge.wire.messages import MessageEvent, MessageStart, Usage

STOP: MessageEvent = {"type": "message_stop"}
PING: MessageEvent = {"type": "ping"}


def start(**usage: Any) -> MessageStart:
    """`message_start` with these token counts."""
    counts: Usage = {"input_tokens": 12, "output_tokens": 1, **usage}  # type: ignore[typeddict-item]  # a test may say any count
    return {
        "type": "message_start",
        "message": {"id": "msg_1", "model": "claude-sonnet-5-5", "usage": counts},
    }


def block(index: int, content: dict[str, Any], *deltas: dict[str, Any]) -> list[MessageEvent]:
    """A whole content block: start, deltas, stop."""
    events: list[MessageEvent] = [
        {"type": "content_block_start", "index": index, "content_block": content}
    ]
    for delta in deltas:
        events.append({"type": "content_block_delta", "index": index, "delta": delta})
    return [*events, {"type": "content_block_stop", "index": index}]


def text(index: int, *pieces: str) -> list[MessageEvent]:
    deltas = [{"type": "text_delta", "text": piece} for piece in pieces]
    return block(index, {"type": "text", "text": ""}, *deltas)


def thinking(index: int, *pieces: str) -> list[MessageEvent]:
    deltas = [{"type": "thinking_delta", "thinking": piece} for piece in pieces]
    signature = {"type": "signature_delta", "signature": "c2ln"}
    return block(index, {"type": "thinking", "thinking": ""}, *deltas, signature)


def tool(index: int, id: str, name: str, *pieces: str) -> list[MessageEvent]:
    deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
    return block(index, {"type": "tool_use", "id": id, "name": name, "input": {}}, *deltas)


def end(stop_reason: str, **more: Any) -> list[MessageEvent]:
    """`message_delta` and `message_stop`; `usage=…` and `stop_details=…` where they matter."""
    usage = more.pop("usage", {"output_tokens": 5})
    delta = {"stop_reason": stop_reason, **more}
    return [{"type": "message_delta", "delta": delta, "usage": usage}, STOP]  # type: ignore[typeddict-item]  # any reason, known or not
