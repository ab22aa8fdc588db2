"""Converts a reply to the events that the real API would send."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from typing import Any

from tests.fake_anthropic.checks.binding import sign
from tests.fake_anthropic.rules import rules
from tests.fake_anthropic.script import (
    Block,
    Event,
    RawBlock,
    RedactedThinking,
    Reply,
    ServerCall,
    Text,
    Thinking,
    ToolUse,
    Usage,
    pieces_of,
    words_of,
)

PING: Event = {"type": "ping"}
NewId = Callable[[str], str]


def counting_ids() -> NewId:
    """Return a function that makes ids: `msg_fake_1`, `toolu_fake_2`, …"""
    numbers = count(1)
    return lambda prefix: f"{prefix}_fake_{next(numbers)}"


def events(reply: Reply, body: dict[str, Any], new_id: NewId) -> Iterator[Event]:
    """Yield all events from message_start to message_stop, with the first ping."""
    if reply.raw is not None or reply.events is not None:
        yield from reply.events or _parse_recording(reply.raw or "")
        return
    yield _start(body["model"], reply.usage, new_id("msg"))
    deltas = 0
    blocks = expand(reply.blocks, new_id) if body.get("max_tokens", 1) else ()
    for index, block in enumerate(blocks):
        content, parts = _unfold(block, body, new_id)
        yield {"type": "content_block_start", "index": index, "content_block": content}
        if index == 0:
            yield PING
        for delta in parts:
            deltas += 1
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    yield _end(
        reply, deltas, _find_container(reply, body, new_id), cut=not body.get("max_tokens", 1)
    )
    yield {"type": "message_stop"}


def _parse_recording(raw: str) -> Iterator[Event]:
    """Parse the events of a recorded stream."""
    for line in raw.splitlines():
        if line.startswith("data:"):
            yield json.loads(line.removeprefix("data:"))


def _start(model: str, usage: Usage, id: str) -> Event:
    counts = {
        "input_tokens": usage.input_tokens,
        "cache_creation_input_tokens": usage.cache_creation_input_tokens,
        "cache_read_input_tokens": usage.cache_read_input_tokens,
        "output_tokens": 1,
        "service_tier": "standard",
    }
    message: Event = {
        "model": model,
        "id": id,
        "type": "message",
        "role": "assistant",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "stop_details": None,
        "usage": counts,
    }
    return {"type": "message_start", "message": message}


def _find_container(reply: Reply, body: dict[str, Any], new_id: NewId) -> Event | None:
    """Return the container in which the reply's code ran: the request's, or a new one."""
    names = [block.name for block in reply.blocks if isinstance(block, ServerCall)]
    if not any(name.endswith("code_execution") for name in names):
        return None
    id = body.get("container") or new_id("container")
    return {"id": id, "expires_at": "2026-11-29T12:00:00.000000Z"}


def _end(reply: Reply, deltas: int, container: Event | None, *, cut: bool) -> Event:
    has_calls = any(isinstance(block, ToolUse) for block in reply.blocks)
    reason = reply.stop_reason or ("tool_use" if has_calls else "end_turn")
    delta = {
        "stop_reason": "max_tokens" if cut else reason,
        "stop_sequence": reply.stop_sequence,
        "stop_details": dict(reply.stop_details) if reply.stop_details else None,
        **({"container": container} if container else {}),
    }
    return {"type": "message_delta", "delta": delta, "usage": _build_last_usage(reply, deltas)}


def _build_last_usage(reply: Reply, deltas: int) -> dict[str, Any]:
    usage = reply.usage
    thoughts = [block for block in reply.blocks if isinstance(block, Thinking)]
    thinking = sum(len(words_of(block.text)) for block in thoughts)
    if usage.thinking_tokens is not None:
        thinking = usage.thinking_tokens
    return {
        "input_tokens": usage.input_tokens,
        "cache_creation_input_tokens": usage.cache_creation_input_tokens,
        "cache_read_input_tokens": usage.cache_read_input_tokens,
        "output_tokens": deltas if usage.output_tokens is None else usage.output_tokens,
        "output_tokens_details": {"thinking_tokens": thinking},
        **usage.more,
    }


def expand(blocks: Iterable[Block], new_id: NewId) -> Iterator[Block]:
    """Yield the blocks, with two in the place of each call of a server tool that has a result."""
    for block in blocks:
        if not isinstance(block, ServerCall):
            yield block
            continue
        id = block.id or new_id("srvtoolu" if block.server is None else "mcptoolu")
        use: Event = {"id": id, "name": block.name, "input": {}}
        result: Event = {"tool_use_id": id, "content": block.result}
        if block.server is None:
            use["type"], result["type"] = "server_tool_use", f"{block.name}_tool_result"
        else:
            use |= {"type": "mcp_tool_use", "server_name": block.server}
            result |= {"type": "mcp_tool_result", "is_error": block.is_error}
        pieces = pieces_of(block.input)
        yield RawBlock(use, tuple(_build_deltas("input_json_delta", "partial_json", pieces)))
        if block.result is not None:
            yield RawBlock(result)


def find_unoffered(reply: Reply, body: dict[str, Any]) -> str | None:
    """Return the name of a server tool that the reply calls and the request does not offer."""
    tools = body.get("tools") or ()
    offered = {str(tool.get("name")) for tool in tools if "input_schema" not in tool}
    servers = {tool.get("mcp_server_name") for tool in tools}
    for block in reply.blocks:
        if isinstance(block, ServerCall):
            code = block.name.endswith("code_execution") and block.server is None
            own = "code_execution" if code else block.name
            if own not in offered if block.server is None else block.server not in servers:
                return block.name
    return None


def _unfold(block: Block, body: dict[str, Any], new_id: NewId) -> tuple[Event, list[Event]]:
    """Return the block's start and its deltas."""
    match block:
        case Text(text, pieces):
            parts = words_of(text) if pieces is None else pieces
            return {"type": "text", "text": ""}, _build_deltas("text_delta", "text", parts)
        case Thinking():
            return _start_thinking(block, body)
        case RedactedThinking(data):
            return {"type": "redacted_thinking", "data": data}, []
        case ToolUse():
            return _call(block, new_id)
        case RawBlock(start, deltas):
            return dict(start), list(deltas)
        case ServerCall():
            raise TypeError("a call of a server tool is two blocks; see `expand`")


def _build_deltas(kind: str, field: str, parts: Iterable[str]) -> list[Event]:
    return [{"type": kind, field: part} for part in parts]


def _start_thinking(block: Thinking, body: dict[str, Any]) -> tuple[Event, list[Event]]:
    parts = words_of(block.text) if is_shown(body) else ()
    signature = block.signature if block.signature is not None else sign(body)
    deltas = _build_deltas("thinking_delta", "thinking", parts)
    deltas.append({"type": "signature_delta", "signature": signature})
    return {"type": "thinking", "thinking": "", "signature": ""}, deltas


def is_shown(body: dict[str, Any]) -> bool:
    """Return whether thinking has its text, by `display` or by the model's default."""
    display = (body.get("thinking") or {}).get("display")
    model = rules(body["model"])
    if display is not None or model is None:
        return bool(display == "summarized")
    return model.shows_thinking


def _call(use: ToolUse, new_id: NewId) -> tuple[Event, list[Event]]:
    block: Event = {
        "type": "tool_use",
        "id": use.id or new_id("toolu"),
        "name": use.name,
        "input": {},
        "caller": {"type": "direct"},
    }
    if use.toolset_name is not None:
        block["toolset_name"] = use.toolset_name
    pieces = pieces_of(use.input) if use.pieces is None else use.pieces
    return block, _build_deltas("input_json_delta", "partial_json", pieces)


def collect(sequence: Iterable[Event]) -> Event:
    """Collect the events into the message that a request without `stream` gets."""
    message: Event = {}
    for event in sequence:
        match event["type"]:
            case "message_start":
                message = {**event["message"], "content": []}
            case "content_block_start":
                message["content"].append(dict(event["content_block"]))
            case "content_block_delta":
                _grow(message["content"][event["index"]], event["delta"])
            case "content_block_stop":
                _close(message["content"][event["index"]])
            case "message_delta":
                message.update(event["delta"])
                message["usage"] = {**message["usage"], **event["usage"]}
    return message


def _grow(block: Event, delta: Event) -> None:
    match delta["type"]:
        case "text_delta":
            block["text"] += delta["text"]
        case "thinking_delta":
            block["thinking"] += delta["thinking"]
        case "signature_delta":
            block["signature"] = delta["signature"]
        case "input_json_delta":
            block["_json"] = block.get("_json", "") + delta["partial_json"]
        case "citations_delta":
            block["citations"] = [*(block.get("citations") or ()), delta["citation"]]


def _close(block: Event) -> None:
    written = block.pop("_json", "")
    if written:
        block["input"] = json.loads(written)
