"""A directive as the events of an answer, exactly as the real API sends them."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from typing import Any

from tests.fake_anthropic.rules import rules
from tests.fake_anthropic.script import Directive

HELLO = "Hello from the fake upstream."
Event = dict[str, Any]


def events(directive: Directive, body: dict[str, Any]) -> Iterator[Event]:
    """The whole sequence, from message_start to message_stop."""
    usage = directive.get("usage", {})
    yield _start(body["model"], usage)
    yield {"type": "ping"}
    index = 0
    for index, (block, deltas) in enumerate(_blocks(directive, body)):
        yield {"type": "content_block_start", "index": index, "content_block": block}
        for delta in deltas:
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    yield _end(directive, usage)
    yield {"type": "message_stop"}


def _start(model: str, usage: dict[str, Any]) -> Event:
    counts = {
        "input_tokens": usage.get("input_tokens", 12),
        "cache_creation_input_tokens": usage.get("cache_creation_input_tokens", 0),
        "cache_read_input_tokens": usage.get("cache_read_input_tokens", 0),
        "output_tokens": 1,
        "service_tier": "standard",
    }
    message: Event = {
        "id": f"msg_{uuid.uuid4().hex[:24]}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": counts,
    }
    return {"type": "message_start", "message": message}


def _end(directive: Directive, usage: dict[str, Any]) -> Event:
    reason = directive.get("stop_reason") or ("tool_use" if directive.get("tools") else "end_turn")
    delta: Event = {"stop_reason": reason, "stop_sequence": None}
    if reason == "refusal":
        delta["stop_details"] = {"category": "cyber", "explanation": "I cannot help with that."}
    counts = {"output_tokens": 5, **usage}
    return {"type": "message_delta", "delta": delta, "usage": counts}


def _blocks(directive: Directive, body: dict[str, Any]) -> Iterator[tuple[Event, list[Event]]]:
    if "thinking" in directive:
        yield _thinking(directive["thinking"], body)
    if "text" in directive or not directive.get("tools"):
        words = re.findall(r"\s*\S+", directive.get("text", HELLO))
        deltas = [{"type": "text_delta", "text": word} for word in words]
        yield {"type": "text", "text": ""}, deltas
    for call in directive.get("tools", ()):
        yield _call(call)


def _thinking(text: str, body: dict[str, Any]) -> tuple[Event, list[Event]]:
    model = rules(body["model"])
    shown = (body.get("thinking") or {}).get("display") == "summarized" or (
        model is not None and "enabled" in model.thinking
    )
    words = re.findall(r"\s*\S+", text) if shown else []
    deltas: list[Event] = [{"type": "thinking_delta", "thinking": word} for word in words]
    deltas.append({"type": "signature_delta", "signature": "c2lnbmF0dXJl"})
    return {"type": "thinking", "thinking": "", "signature": ""}, deltas


def _call(call: dict[str, Any]) -> tuple[Event, list[Event]]:
    block = {
        "type": "tool_use",
        "id": call.get("id") or f"toolu_{uuid.uuid4().hex[:24]}",
        "name": call["name"],
        "input": {},
    }
    written = json.dumps(call["input"]) if call.get("input") else ""
    pieces = ["", *re.findall(r".{1,8}", written)]
    return block, [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
