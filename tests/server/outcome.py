"""What a client understands of a response, at any endpoint that answers with Claude's words."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Outcome:
    """What a client understands of a response."""

    status: int
    text: str
    errors: int
    ends: int
    """Marks of a complete answer."""


def understand(response: bytes) -> Outcome:
    """Read a response as a client does. Fails for anything that is not one complete response."""
    assert response.count(b"HTTP/1.1 ") == 1, response
    head, _, body = response.partition(b"\r\n\r\n")
    status = int(head.split()[1])
    if b"chunked" not in head:
        assert f"Content-Length: {len(body)}".encode() in head, response
        return _understand_whole(status, json.loads(body))
    assert body.endswith(b"0\r\n\r\n"), response
    return understand_text(status, _join_chunks(body), stream=True)


def understand_text(status: int, text: bytes, *, stream: bool) -> Outcome:
    """Understand the body of a response, which is a stream of events if it was begun as one."""
    if not stream or status != 200:
        return _understand_whole(status, json.loads(text))
    lines = [line[6:] for line in text.split(b"\n") if line.startswith(b"data: ")]
    events = [line if line == b"[DONE]" else json.loads(line) for line in lines]
    return _understand_stream(status, events)


def _join_chunks(body: bytes) -> bytes:
    data = bytearray()
    while body:
        size, _, rest = body.partition(b"\r\n")
        data += rest[: int(size, 16)]
        body = rest[int(size, 16) + 2 :]
    return bytes(data)


def _understand_whole(status: int, body: Any) -> Outcome:
    if status != 200:
        assert body["error"]["message"]
        return Outcome(status, "", 1, 0)
    if body.get("object") == "response":
        items = [item for item in body["output"] if item["type"] == "message"]
        parts = [part.get("text", "") for item in items for part in item["content"]]
    elif body.get("type") == "message":
        parts = [block["text"] for block in body["content"] if block["type"] == "text"]
        assert body["stop_reason"]
    else:
        choice = body["choices"][-1]
        parts = [choice.get("text") or choice.get("message", {}).get("content") or ""]
        assert choice["finish_reason"]
        ids = [call["id"] for call in choice.get("message", {}).get("tool_calls", ())]
        assert len(set(ids)) == len(ids)
    return Outcome(status, "".join(parts), 0, 1)


def _understand_stream(status: int, events: list[Any]) -> Outcome:
    text, errors, ends, block = "", 0, 0, ""
    for event in events:
        match event:
            case b"[DONE]" | {
                "type": "message_stop" | "response.completed" | "response.incomplete"
            }:
                ends += 1
            case {"type": "error" | "response.failed"} | {"error": {}}:
                errors += 1
            case {"type": "response.output_text.delta", "delta": str(piece)}:
                text += piece
            case {"type": "content_block_start", "content_block": inner}:
                block = inner["type"]
                text += inner["text"] if block == "text" else ""
            case {
                "type": "content_block_delta",
                "delta": {"type": "text_delta", "text": str(piece)},
            } if block == "text":
                text += piece
            case {"choices": [{"index": 0} as choice]}:
                text += choice.get("text") or choice.get("delta", {}).get("content") or ""
            case _:
                pass
    return Outcome(status, text, errors, ends)
